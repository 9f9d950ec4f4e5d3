# SPDX-License-Identifier: Apache-2.0
"""What a person decided about a message that is owed, and the station's part of it."""

from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.records.outbox_acts import GivenUp
from gateway.services.outbox import Outbox
from gateway.services.peer import PeerUnreachable
from tests.gateway.services.network import until
from tests.gateway.services.posts import Post, answer_in, inquiry_in
from tests.gateway.words import NUMBER, inquiry_message
from tests.gateway.world import COPIES, CORE, HOUR, NOON, PROVIDER, REQUESTER, SECOND
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred
pytestmark = pytest.mark.usefixtures("no_bugs")
BY = GivenUp("運用 花子", "the peer asked for it", NOON)


class OneSender:
    """The post of a station that has one peer."""

    def __init__(self, sender):
        self._sender = sender

    def carried(self, peer):
        return self._sender.carried

    def offer(self, sent):
        self._sender.offer(sent)


@pytest.fixture
def requester(works_at):
    return works_at(REQUESTER, retry_first=60.0, retry_longest=600.0)


@pytest.fixture
def look(requester, to_core):
    """The round that reads what is due."""
    post = OneSender(to_core.sender)
    return Outbox(requester.station, post, requester.clock).look


def give_up(works, sent):
    return works.write(lambda tx: tx.give_up(sent.message_id, BY))


@in_reactor
async def test_what_was_given_up_is_settled_so_and_not_sent(requester, to_core, look):
    sent = await inquiry_in(requester)
    assert give_up(requester, sent)
    await look()
    row = await to_core.settled(sent, "given_up")
    assert to_core.peer.posted == []
    assert row.envelope == b""
    (stored,) = requester.events(EventKind.FAILED)
    event = stored.event
    assert (event.code, event.operator, event.detail) == (
        "SK-T08",
        BY.operator,
        BY.reason,
    )


@in_reactor
async def test_what_depends_on_it_hears_of_it_as_of_an_expiry(requester, to_core, look):
    sent = await inquiry_in(requester)
    give_up(requester, sent)
    await look()
    await to_core.settled(sent, "given_up")
    kept = requester.store.inquiry(NUMBER)
    assert (kept.state, kept.code) == ("refused", "SK-T08")


@in_reactor
async def test_an_order_that_the_core_gave_up_is_told_to_the_requester(world, works_at):
    core = works_at(CORE)
    await core.post(inquiry_message(world))
    (sent,) = core.offered
    post = Post(world, core, PROVIDER)
    give_up(core, sent)
    post.sender.offer(sent)
    await post.settled(sent, "given_up")
    await until(lambda: len(core.offered) == 2)
    assert core.offered[-1].message_type == "inquiry_refusal"
    assert core.store.transaction(NUMBER).outcome == "refused"


@in_reactor
async def test_a_message_in_memory_is_not_tried_again_after_it_was_given_up(
    requester, to_core
):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    to_core.peer.fail(PeerUnreachable("refused"))
    _, seconds = await to_core.postponed(sent, 1)
    give_up(requester, sent)
    to_core.clock.advance(seconds)
    await to_core.settled(sent, "given_up")
    assert len(to_core.peer.posted) == 1


@in_reactor
async def test_a_receipt_that_comes_first_stands(world, works_at):
    provider = works_at(PROVIDER, *COPIES)
    post = Post(world, provider, REQUESTER)
    sent = await answer_in(provider)
    post.sender.offer(sent)
    await post.asked()
    give_up(provider, sent)
    post.peer.answer(post.peer.receipt(sent))
    await post.settled(sent, "delivered")
    assert len(provider.events(EventKind.RECEIPTED)) == 1
    assert provider.events(EventKind.FAILED) == []


@in_reactor
async def test_given_up_while_on_its_way_it_is_settled_when_that_failed(
    requester, to_core, look
):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    await to_core.asked()
    give_up(requester, sent)
    to_core.peer.fail(PeerUnreachable("refused"))
    await until(lambda: not to_core.sender.carried)
    await look()
    await to_core.settled(sent, "given_up")
    assert len(to_core.peer.posted) == 1


@in_reactor
async def test_a_fault_while_it_is_settled_waits_longer_each_time_and_is_told_once(
    requester, to_core, look, own_fault, monkeypatch
):
    def broken(*_):
        raise KeyError

    sent = await inquiry_in(requester)
    give_up(requester, sent)
    monkeypatch.setattr(type(requester.role), "failed", broken)
    await look()
    row, seconds = await to_core.postponed(sent, 1)
    assert seconds >= 30.0
    assert row.next_at > requester.now
    await look()
    to_core.clock.advance(seconds)
    await to_core.postponed(sent, 2)
    assert requester.codes(EventKind.FAILED) == ["SK-T06"]


@in_reactor
async def test_what_is_retried_goes_at_the_next_look_with_the_same_bytes(
    requester, to_core, look
):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    to_core.peer.fail(PeerUnreachable("refused"))
    await to_core.postponed(sent, 1)
    await look()
    assert len(to_core.peer.posted) == 1, "it waits"
    requester.write(lambda tx: tx.try_now(sent.message_id, requester.now))
    await look()
    await to_core.asked(2)
    assert to_core.peer.posted == [sent.envelope] * 2
    assert to_core.clock.getDelayedCalls() == [], "and not once more in a minute"


@in_reactor
async def test_nothing_is_put_off_beyond_the_moment_at_which_its_end_is_told(
    requester, to_core
):
    sent = await inquiry_in(requester)
    requester.now = sent.deadline - SECOND
    to_core.sender.offer(sent)
    to_core.peer.fail(PeerUnreachable("refused"))
    row, seconds = await to_core.postponed(sent, 1)
    assert seconds == 2.0
    assert row.next_at == sent.deadline + SECOND
    requester.now = row.next_at
    to_core.clock.advance(seconds)
    await to_core.settled(sent, "expired")


@in_reactor
async def test_an_end_is_told_though_something_older_about_the_person_waits(
    requester, to_core, look
):
    older = await inquiry_in(requester)
    older = replace(older, message_id=bytes(15) + b"1", person_tag="ab" * 16)
    newer = replace(
        older, message_id=bytes(15) + b"2", deadline=NOON + timedelta(minutes=1)
    )
    for one in (older, newer):
        requester.write(lambda tx, one=one: tx.enqueue(one))
    requester.write(lambda tx: tx.postpone(older.message_id, 1, NOON + HOUR, "SK-T01"))
    requester.now = newer.deadline + SECOND
    await look()
    await to_core.settled(newer, "expired")
    assert requester.store.outgoing(older.message_id).state == "waiting"
    await to_core.asked(2)  # the inquiry, and the older one, whose turn it is
