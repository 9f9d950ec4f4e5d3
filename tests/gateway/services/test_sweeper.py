# SPDX-License-Identifier: Apache-2.0
"""What is past its time is forgotten; what may still be asked for is not."""

import logging
from datetime import timedelta

import pytest
import pytest_twisted

from gateway.dispatch import Draft
from gateway.records.arrivals import Head
from gateway.records.event import EventKind
from gateway.services.sweeper import SETTLED_DAYS, Sweeper
from protocols import limits
from tests.gateway.words import inquiry_message, order, outgoing
from tests.gateway.world import COPIES, CORE, DAY, NOON, PROVIDER, SECOND

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER, *COPIES)


@pytest.fixture
def sweeper(provider):
    return Sweeper(provider.station, provider.clock)


@in_reactor
async def test_a_duplicate_is_known_as_long_as_its_message_lives(world, works_at):
    """Once it is forgotten, its own time refuses it: there is no moment between."""
    core = works_at(CORE)
    packed = inquiry_message(world)
    await core.post(packed)
    sender, message_id = str(packed.header.sender), packed.header.message_id
    sweeper = Sweeper(core.station, core.clock)
    core.now = packed.header.expires + limits.MAX_SKEW
    await sweeper.sweep()
    assert (await core.post(packed)).status == 200
    core.now += limits.MAX_SKEW + SECOND
    await sweeper.sweep()
    assert core.store.seen(sender, message_id) is None
    answer = await core.post(packed)
    assert core.read(packed, answer).code == "SK-M06"


@in_reactor
async def test_a_used_permit_is_known_as_long_as_it_could_be_used(
    world, provider, sweeper
):
    made = order(world)
    await provider.post(made.message())
    provider.now = made.permit.release_by + limits.MAX_SKEW
    await sweeper.sweep()
    assert provider.station.permit_used(made.permit.permit_id)
    provider.now += SECOND
    await sweeper.sweep()
    assert not provider.station.permit_used(made.permit.permit_id)


@in_reactor
async def test_an_inside_system_may_ask_for_a_week_what_became_of_it(provider, sweeper):
    sent = outgoing(Draft("provision_notice", CORE, b""), deadline=NOON + DAY)
    provider.write(lambda tx: tx.enqueue(sent))
    provider.write(lambda tx: tx.settle(sent.message_id, "delivered"))
    provider.now = sent.deadline + SETTLED_DAYS
    await sweeper.sweep()
    assert provider.store.outgoing(sent.message_id) is not None
    provider.now += limits.MAX_SKEW + SECOND
    await sweeper.sweep()
    assert provider.store.outgoing(sent.message_id) is None


@in_reactor
async def test_what_is_still_owed_is_never_forgotten(provider, sweeper):
    sent = outgoing(Draft("provision_notice", CORE, b""))
    provider.write(lambda tx: tx.enqueue(sent))
    provider.now = NOON + timedelta(days=400)
    await sweeper.sweep()
    assert provider.store.outgoing(sent.message_id).state == "waiting"


@in_reactor
async def test_what_was_taken_over_meanwhile_is_not_recorded_as_erased(
    provider, sweeper, monkeypatch
):
    head = Head(bytes(16), "112020/municipal_cs", "move_in_notice")
    reads = type(provider.store)
    monkeypatch.setattr(reads, "overdue_arrivals", lambda *_: [head])
    await sweeper.sweep()
    assert provider.events(EventKind.ERASED) == []


@in_reactor
async def test_no_record_is_swept(world, provider, sweeper):
    await provider.post(order(world).message())
    before = len(provider.events())
    provider.now = NOON + timedelta(days=400)
    await sweeper.sweep()
    assert len(provider.events()) == before
    assert provider.store.verify_events() == []


@in_reactor
async def test_without_a_store_nothing_is_swept_and_nothing_breaks(
    provider, sweeper, caplog
):
    provider.lose_store()
    with caplog.at_level(logging.ERROR):
        await sweeper.sweep()
    assert "nothing is swept" in caplog.text
    provider.find_store()
