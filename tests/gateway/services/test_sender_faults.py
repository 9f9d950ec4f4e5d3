# SPDX-License-Identifier: Apache-2.0
"""A sender in trouble of its own: told once, without values, and it goes on after."""

import logging

import pytest
import pytest_twisted

from gateway.records import connection
from gateway.records.event import EventKind
from tests.gateway.services.network import until
from tests.gateway.services.posts import answer_in
from tests.gateway.world import (
    COPIES,
    PROVIDER,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred
pytestmark = pytest.mark.usefixtures("no_bugs")


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER, *COPIES, retry_first=1.0, retry_longest=8.0)


# --- faults of our own ----------------------------------------------------------------


@pytest.mark.usefixtures("own_fault")
@in_reactor
async def test_a_fault_of_our_own_is_recorded_once_and_waits_longer_each_time(
    provider, to_requester
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    for attempts in range(1, 6):
        to_requester.peer.fail(KeyError("高崎　太郎"))
        row, seconds = await to_requester.postponed(sent, attempts)
        assert (row.state, row.last_code) == ("waiting", "SK-T06")
        longest = min(8.0, 2.0**attempts)
        assert longest / 2 <= seconds <= longest
        to_requester.clock.advance(seconds)
        await to_requester.asked(attempts + 1)
    assert provider.codes(EventKind.FAILED) == ["SK-T06"]
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await to_requester.settled(sent, "delivered")


@pytest.mark.usefixtures("own_fault")
@in_reactor
async def test_a_fault_of_our_own_is_told_by_its_place_and_without_values(
    provider, to_requester, caplog
):
    sent = replace(await answer_in(provider), context=b"\xc1 no context")
    to_requester.sender.offer(sent)
    await to_requester.postponed(sent, 1)
    (stored,) = provider.events(EventKind.FAILED)
    for told in (stored.event.detail, caplog.text):
        assert "DecodeError in gateway.roles.intermediate:" in told
        assert "Traceback" not in told
    assert to_requester.peer.posted == []


@pytest.mark.usefixtures("own_fault")
@in_reactor
async def test_a_fault_on_one_message_holds_up_no_other(provider, to_requester):
    sent = await answer_in(provider)
    bad = replace(sent, message_id=bytes(16), context=b"\xc1")
    to_requester.sender.offer(bad)
    to_requester.sender.offer(sent)
    await to_requester.asked(1)
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await to_requester.settled(sent, "delivered")


@pytest.mark.usefixtures("own_fault")
@in_reactor
async def test_a_fault_that_cannot_be_recorded_leaves_the_message_where_it_was(
    provider, to_requester, caplog
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    provider.lose_store()
    to_requester.peer.fail(KeyError("高崎　太郎"))
    await to_requester.sender.stop()
    provider.find_store()
    assert "StoreUnavailable in gateway." in caplog.text
    assert "高崎" not in caplog.text
    row = provider.store.outgoing(sent.message_id)
    assert (row.state, row.attempts) == ("waiting", 0)


# --- no store -------------------------------------------------------------------------


@in_reactor
async def test_without_a_store_nothing_leaves_and_afterwards_it_goes_on(
    provider, to_requester, caplog, monkeypatch
):
    monkeypatch.setattr(connection, "LOOK_SECONDS", 0.0)
    sent = await answer_in(provider)
    provider.lose_store()
    with caplog.at_level(logging.ERROR):
        to_requester.sender.offer(sent)
        await until(to_requester.clock.getDelayedCalls)
    assert to_requester.peer.posted == []
    assert "store unavailable" in caplog.text
    provider.find_store()
    await to_requester.passing(lambda: to_requester.peer.posted)
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await to_requester.settled(sent, "delivered")


@in_reactor
async def test_an_answer_that_cannot_be_recorded_is_asked_for_again(
    provider, to_requester
):
    """The peer answers the same bytes the same way; nothing is lost by asking."""
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    provider.lose_store()
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await until(to_requester.clock.getDelayedCalls)
    provider.find_store()
    assert provider.store.outgoing(sent.message_id).state == "waiting"
    assert provider.store.notices(10) == []
