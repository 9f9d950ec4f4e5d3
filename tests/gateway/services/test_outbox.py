# SPDX-License-Identifier: Apache-2.0
"""What is due is read back from the store: after a crash, and from other processes."""

from datetime import timedelta

import pytest
import pytest_twisted

from gateway.dispatch import Draft
from gateway.services.outbox import BATCH, Outbox
from tests.gateway.words import outgoing
from tests.gateway.world import CORE, NOON, PROVIDER, REQUESTER, SECOND
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred


class Kept:
    """A post that keeps what it is offered."""

    def __init__(self):
        self.offered = []
        self.in_memory = set()

    def carried(self, peer):
        return self.in_memory

    def offer(self, sent):
        self.offered.append(sent)


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER)


@pytest.fixture
def post():
    return Kept()


@pytest.fixture
def outbox(provider, post):
    return Outbox(provider.station, post, provider.clock)


def owe(provider, number, to=CORE, **changes):
    sent = outgoing(Draft("provision_notice", to, b""), message_id=number.to_bytes(16))
    sent = replace(sent, **changes)
    provider.write(lambda tx: tx.enqueue(sent))
    return sent


@in_reactor
async def test_what_another_process_or_life_left_there_is_offered(
    provider, post, outbox
):
    one, other = owe(provider, 1), owe(provider, 2, REQUESTER)
    await outbox.look()
    assert {sent.message_id for sent in post.offered} == {
        one.message_id,
        other.message_id,
    }
    assert {sent.peer for sent in post.offered} == {str(CORE), str(REQUESTER)}


@in_reactor
async def test_what_is_offered_is_whole(provider, post, outbox):
    owe(
        provider,
        1,
        envelope=b"the same bytes",
        guard_code="00" * 16,
        guard_version=7,
        context=b"context",
    )
    await outbox.look()
    (sent,) = post.offered
    assert sent.envelope == b"the same bytes"
    assert (sent.guard_code, sent.guard_version) == ("00" * 16, 7)
    assert sent.context == b"context"


@in_reactor
async def test_what_was_put_off_is_not_due_before_its_time(provider, post, outbox):
    sent = owe(provider, 1)
    later = NOON + timedelta(seconds=30)
    provider.write(lambda tx: tx.postpone(sent.message_id, 3, later, "SK-T01"))
    provider.now = later - SECOND
    await outbox.look()
    assert post.offered == []
    provider.now = later
    await outbox.look()
    (due,) = post.offered
    assert (due.attempts, due.last_code) == (3, "SK-T01")


@in_reactor
async def test_what_is_settled_is_not_offered_again(provider, post, outbox):
    sent = owe(provider, 1)
    provider.write(lambda tx: tx.settle(sent.message_id, "delivered"))
    await outbox.look()
    assert post.offered == []


def owe_many(provider, numbers, to=CORE):
    def work(tx):
        for number in numbers:
            draft = Draft("provision_notice", to, b"")
            tx.enqueue(outgoing(draft, message_id=number.to_bytes(16)))

    provider.write(work)


@in_reactor
async def test_a_look_is_bounded_for_each_peer(provider, post, outbox):
    """A peer that is down and owed much holds up no other."""
    owe_many(provider, range(BATCH + 10))
    owe_many(provider, range(1000, 1003), REQUESTER)
    await outbox.look()
    peers = [sent.peer for sent in post.offered]
    assert peers.count(str(CORE)) == BATCH
    assert peers.count(str(REQUESTER)) == 3


@in_reactor
async def test_what_is_in_memory_already_leaves_room_for_the_rest(
    provider, post, outbox
):
    owe_many(provider, range(BATCH + 10))
    post.in_memory = {number.to_bytes(16) for number in range(BATCH)}
    await outbox.look()
    offered = {sent.message_id for sent in post.offered}
    assert offered == {n.to_bytes(16) for n in range(BATCH, BATCH + 10)}
