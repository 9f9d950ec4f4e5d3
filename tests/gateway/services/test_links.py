# SPDX-License-Identifier: Apache-2.0
"""Strangers cannot fill the record: the first is written in full, others counted."""

import re

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.task import deferLater

from gateway.records.event import EventKind
from gateway.services.links import (
    CODES,
    OTHERS,
    SINGLES,
    SINGLES_A_MINUTE,
    Links,
    code_of,
)
from gateway.services.tls_link import LinkFault
from pki.trust import Reason, Untrusted
from protocols.refusals import refusal
from tests.gateway.world import CORE, MINUTE, OTHER, PROVIDER, REQUESTER, SECOND

in_reactor = pytest_twisted.ensureDeferred
SOURCE = "192.0.2.1"
EXPIRED = f"{refusal('SK-L03').en}: expired"


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
    assert rows(station) == [(SOURCE, "SK-L03", EXPIRED)]


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
    assert [row[2] for row in rows(station)] == [EXPIRED, f"{EXPIRED} (500)"]


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
    assert [row[2] for row in rows(station)] == [EXPIRED] * 2


@in_reactor
async def test_beyond_a_bound_sources_share_one_row(station, links):
    for number in range(SINGLES + 300):
        links.refused(f"source {number}", "expired")
    await links.write()
    written = rows(station)
    assert len(written) == SINGLES + 1
    (shared,) = [row for row in written if row[0] == OTHERS]
    assert shared[2].endswith("(300)")


@in_reactor
async def test_thousands_of_addresses_for_an_hour_are_a_bounded_number_of_rows(
    station, links
):
    """Every address is a new one, every ten seconds, under every code."""
    reasons = [reason.name.lower() for reason in Reason]
    caused = 0
    for tick in range(6 * 60):
        for number in range(50):
            reason = reasons[number % len(reasons)]
            links.refused(f"2001:db8:{tick:x}:{number:x}::1", reason)
            caused += 1
        await links.write()
        station.now += 10 * SECOND
    for _ in range(2):
        station.now += MINUTE
        await links.write()
    written = rows(station)
    codes = {row[1] for row in written}
    most = 2 * (SINGLES + 60 * SINGLES_A_MINUTE) + 2 * 62 * len(codes)
    assert len(written) <= most < caused / 8
    assert sum(counted(row) for row in written) == caused


@in_reactor
async def test_all_addresses_of_one_ipv6_network_are_one_source(station, links):
    for number in range(100):
        links.refused(f"2001:db8:1:2::{number:x}", "expired")
    await links.write()
    assert rows(station) == [("2001:db8:1:2::/64", "SK-L03", f"{EXPIRED} (100)")]


@in_reactor
async def test_a_station_has_its_own_row_whatever_strangers_do(station, links):
    for number in range(10 * SINGLES):
        links.refused(f"source {number}", "http_malformed")
    links.refused(str(REQUESTER), "http_malformed")
    await links.write()
    (own,) = [row for row in rows(station) if row[0] == str(REQUESTER)]
    assert own[1:] == ("SK-L09", f"{refusal('SK-L09').en}: http_malformed")


def counted(row) -> int:
    """How many refusals a row tells of."""
    told = re.search(r"\((\d+)\)$", row[2])
    return int(told[1]) if told else 1


@in_reactor
async def test_the_exact_cause_is_told_also_where_the_code_is_the_same(station, links):
    for reason in ("http_no_length", "http_bare_newline"):
        links.refused(SOURCE, reason)
    await links.write()
    told = refusal("SK-L09").en
    assert [row[2] for row in rows(station)] == [
        f"{told}: http_no_length",
        f"{told}: http_bare_newline",
    ]


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
    assert rows(station) == [(SOURCE, "SK-L03", f"{EXPIRED} (2)")]


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
