# SPDX-License-Identifier: Apache-2.0
"""Strangers cannot fill the record: the first is written in full, others counted."""

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.task import deferLater

from gateway.records.event import EventKind
from gateway.services import links as module
from gateway.services.links import CODES, OTHERS, Links, code_of
from gateway.services.tls_link import LinkFault
from pki.trust import Reason, Untrusted
from protocols.refusals import refusal
from tests.gateway.world import CORE, MINUTE, OTHER, PROVIDER, REQUESTER, SECOND

in_reactor = pytest_twisted.ensureDeferred
SOURCE = "192.0.2.1"


@pytest.fixture
def station(works_at):
    return works_at(PROVIDER)


@pytest.fixture
def links(station):
    return Links(station.station, station.clock)


def rows(station):
    """What is on record of refused links: source, code, text."""
    found = [stored.event for stored in station.events(EventKind.LINK_REFUSED)]
    return [(event.peer, event.code, event.detail) for event in found]


@in_reactor
async def test_the_first_refusal_of_a_source_is_written_at_once(station, links):
    links.refused(SOURCE, "expired")
    await links.write()
    assert rows(station) == [(SOURCE, "SK-L03", refusal("SK-L03").en)]


@in_reactor
async def test_what_follows_in_the_minute_is_counted_and_written_at_its_end(
    station, links
):
    links.refused(SOURCE, "expired")
    await links.write()
    for _ in range(500):
        links.refused(SOURCE, "expired")
    station.now += MINUTE - SECOND
    await links.write()
    assert len(rows(station)) == 1
    station.now += SECOND
    await links.write()
    await links.write()
    told = refusal("SK-L03").en
    assert [row[2] for row in rows(station)] == [told, f"{told} (500)"]


@in_reactor
async def test_every_source_and_every_reason_has_a_row_of_its_own(station, links):
    links.refused(SOURCE, "expired")
    links.refused(SOURCE, "revoked")
    links.refused("192.0.2.2", "expired")
    await links.write()
    assert {row[:2] for row in rows(station)} == {
        (SOURCE, "SK-L03"),
        (SOURCE, "SK-L04"),
        ("192.0.2.2", "SK-L03"),
    }


@in_reactor
async def test_after_a_quiet_minute_a_source_is_new_again(station, links):
    for _ in range(2):
        links.refused(SOURCE, "expired")
        await links.write()
        station.now += MINUTE
        await links.write()
    assert [row[2] for row in rows(station)] == [refusal("SK-L03").en] * 2


@in_reactor
async def test_beyond_a_bound_sources_share_one_row(station, links, monkeypatch):
    monkeypatch.setattr(module, "MAX_SOURCES", 20)
    for number in range(20 + 300):
        links.refused(f"source {number}", "expired")
    await links.write()
    written = rows(station)
    assert len(written) == 20 + 1
    (shared,) = [row for row in written if row[0] == OTHERS]
    assert shared[2].endswith("(300)")


@in_reactor
async def test_nothing_refused_nothing_written(station, links):
    await links.write()
    assert rows(station) == []


@in_reactor
async def test_without_a_store_the_count_goes_on_and_is_written_later(station, links):
    station.lose_store()
    links.refused(SOURCE, "expired")
    await links.write()
    links.refused(SOURCE, "expired")
    station.find_store()
    await until_written(station, links)
    assert rows(station) == [(SOURCE, "SK-L03", f"{refusal('SK-L03').en} (2)")]


async def until_written(station, links):
    """The journal tries a store that failed only now and then."""
    for _ in range(100):
        await links.write()
        if rows(station):
            return
        await deferLater(reactor, 0.1)


# --- codes ----------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [reason.name.lower() for reason in Reason])
def test_every_reason_to_distrust_has_its_code(reason):
    assert reason in CODES


@pytest.mark.parametrize("fault", [fault.value for fault in LinkFault])
def test_every_fault_of_a_link_has_a_code_of_links(fault):
    assert code_of(fault).startswith("SK-L")


def test_a_fault_of_http_is_told_from_one_of_tls():
    assert code_of("http_malformed") == "SK-L09"
    assert code_of("not_tls") == "SK-L07"


@given(st.text())
def test_any_word_has_a_code_that_the_table_knows(word):
    assert refusal(code_of(word)).code.startswith("SK-L")


# --- who may connect ------------------------------------------------------------------


def test_only_those_this_listener_is_for_may_connect(world, links):
    links.must_be_known(world.identity(CORE), {CORE, REQUESTER})
    with pytest.raises(Untrusted) as caught:
        links.must_be_known(world.identity(OTHER), {CORE, REQUESTER})
    assert caught.value.reason is Reason.NOT_ADMITTED
