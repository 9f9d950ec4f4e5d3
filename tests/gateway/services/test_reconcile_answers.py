# SPDX-License-Identifier: Apache-2.0
"""Who is told what is on record: a peer about itself, when it asks by its own hand."""

from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.event import Event, EventKind, prepare
from gateway.records.witnessed import Witnessed
from gateway.services.link_host import NoMessage
from gateway.services.reconcile_answers import TARGET, ReconcileAnswers
from gateway.services.runtime import CMS
from protocols import reconcile as wire
from protocols.envelope import digest
from protocols.http import Request
from protocols.reconcile import Asked
from tests.gateway.services.posts import inquiry_in
from tests.gateway.services.restored import SINCE, Town
from tests.gateway.words import NUMBER
from tests.gateway.world import (
    COPIES,
    CORE,
    NOON,
    OTHER,
    PROVIDER,
    REQUESTER,
    take_in,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def town(works_at):
    made = Town({name: works_at(name) for name in (CORE, PROVIDER, REQUESTER)})
    take_in(made.stations[PROVIDER].path, *COPIES)
    return made


def asked(world, by, receiver=CORE, **changes):
    good = Asked(b"n" * 16, by, receiver, NOON, SINCE)
    return wire.write_request(replace(good, **changes), world.signer(by))


async def ask(works, body, by, **changes):
    request = Request("POST", TARGET, CMS, body, True)
    door = ReconcileAnswers(works.station, works.clock, works.links.refused)
    return await door.post(replace(request, **changes), works.world.identity(by))


async def page(works, by, **changes):
    body = asked(works.world, by, works.station.name, **changes)
    found = await ask(works, body, by)
    assert (found.status, found.content_type) == (200, CMS)
    directory = works.station.directory
    name = works.station.name
    return wire.read_answer(found.body, digest(body), name, directory, NOON)


async def all_provided(town):
    await inquiry_in(town.stations[REQUESTER])
    await town.settle()


@in_reactor
async def test_a_provider_is_told_of_its_orders_with_permit_and_receipt(town):
    await all_provided(town)
    found = await page(town.stations[CORE], PROVIDER)
    orders = [one for one in found.entries if one.message_type == "provision_order"]
    assert [one.taken for one in orders] == [False, True]
    whole = orders[-1]
    assert (whole.sent, whole.processing_number, whole.third) == (
        True,
        NUMBER,
        REQUESTER,
    )
    assert whole.permit
    assert whole.receipt


@in_reactor
async def test_nobody_is_told_of_messages_that_are_not_its_own(town):
    await all_provided(town)
    found = await page(town.stations[CORE], OTHER)
    assert found.entries == ()


@in_reactor
async def test_a_requester_is_not_shown_the_permit(town):
    await all_provided(town)
    found = await page(town.stations[CORE], REQUESTER)
    assert found.entries
    assert {one.permit for one in found.entries} == {b""}


@in_reactor
async def test_what_is_older_than_was_asked_for_is_not_told(town):
    await all_provided(town)
    since = NOON + timedelta(seconds=1)
    found = await page(town.stations[CORE], PROVIDER, since=since)
    assert found.entries == ()


@in_reactor
async def test_it_is_on_record_once_that_a_peer_begins_to_ask(town):
    core = town.stations[CORE]
    await page(core, PROVIDER)
    await page(core, PROVIDER, place=1)
    (told,) = core.events(EventKind.RESTORED)
    assert (told.event.peer, told.event.direction) == (str(PROVIDER), "in")


@in_reactor
async def test_a_peer_is_shown_the_heads_of_its_own_logs_that_we_co_signed(town):
    core = town.stations[CORE]
    own = "sekisho.invalid/102024/intermediate_server"
    for origin in (own, f"{own}/7", "sekisho.invalid/Q00001/intermediate_server"):
        seen = Witnessed(origin, 3, bytes(32), NOON, origin.encode())
        core.write(lambda tx, seen=seen: tx.put_witnessed(seen))
    found = await page(core, PROVIDER)
    assert found.heads == (own.encode(), f"{own}/7".encode())


def test_pages_follow_each_other_without_a_gap(works_at):
    core = works_at(CORE)
    for number in range(5):
        event = Event(
            EventKind.RECEIVED,
            NOON + timedelta(seconds=number),
            "in",
            str(PROVIDER),
            message_id=bytes([number] * 16).hex(),
        )
        core.write(lambda tx, event=event: tx.record(prepare(event)))
    for limit, most in ((2, 9), (9, 2), (2, 3), (5, 5)):
        place, found = 0, []
        while place is not None:
            ids, place = core.store.shared_events(
                str(PROVIDER), SINCE, place, limit, most
            )
            found += ids
        assert found == [one.record_id for one in core.events()]


@in_reactor
@pytest.mark.parametrize(
    ("by", "changes"),
    [
        (PROVIDER, {"sender": OTHER}),
        (PROVIDER, {"receiver": OTHER}),
        (PROVIDER, {"at": NOON - timedelta(days=1)}),
        (OTHER, {}),
    ],
)
async def test_who_does_not_ask_for_itself_and_now_is_told_nothing(town, by, changes):
    core = town.stations[CORE]
    body = asked(core.world, PROVIDER, **changes)
    found = await ask(core, body, by)
    assert found.status == 400
    await core.links.write()
    assert core.events()[-1].event.peer == str(by)
    assert NoMessage.RECONCILING in core.events()[-1].event.detail


@in_reactor
async def test_another_method_or_type_is_no_request(town):
    core = town.stations[CORE]
    assert (await ask(core, b"", PROVIDER, method="GET")).status == 405
    assert (await ask(core, b"", PROVIDER, content_type="text/xml")).status == 415


@in_reactor
async def test_without_its_store_a_station_says_come_again(town):
    core = town.stations[CORE]
    core.lose_store()
    body = asked(core.world, PROVIDER)
    assert (await ask(core, body, PROVIDER)).status == 503
    core.find_store()
