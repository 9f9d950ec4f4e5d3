# SPDX-License-Identifier: Apache-2.0
"""What a store keeps of its own restoring: closed until opened, step by step."""

from datetime import timedelta

import pytest

from gateway.records.event import Event, EventKind, prepare
from gateway.records.proven import Cosigned, Seen
from gateway.records.restoring import (
    ANSWERED,
    ASKED,
    DECIDED,
    PeerTold,
    Restore,
)
from gateway.records.told_numbers import NumberTold
from tests.gateway.records.helpers import NOON, hold, number, outgoing
from tests.values import replace

CORE = "C00001/information_provision_network_system"
PEER = "Q00001/intermediate_server"
RESTORE = Restore(
    generation=7,
    at=NOON,
    made=NOON - timedelta(hours=1),
    since=NOON - timedelta(hours=2),
    operator="復元 一郎",
    log="sekisho.invalid/102024/intermediate_server",
    size=3,
    root=bytes(32),
)
TOLD = NumberTold(number(1), PEER, "", 28, ("kind",), asked=True, at=NOON)


@pytest.fixture
def do(store, turns):
    """One work, done when this returns."""

    return lambda change: turns.wait(store.commit(change))


def test_a_store_that_was_never_restored_is_open(store):
    assert store.closed_restore() is None
    assert store.log_generation() == 1


def test_it_is_closed_until_it_is_opened_once(store, do):
    do(lambda tx: tx.close_restored(RESTORE))
    assert store.closed_restore() == RESTORE
    assert do(lambda tx: tx.open_restored(7, NOON))
    assert not do(lambda tx: tx.open_restored(7, NOON))
    assert store.closed_restore() is None
    assert store.last_restore().opened == NOON
    assert store.log_generation() == 7


def test_a_later_restore_begins_anew(store, do):
    do(lambda tx: tx.close_restored(RESTORE))
    do(lambda tx: tx.put_peer_told(PeerTold(PEER, ANSWERED), NOON))
    do(lambda tx: tx.put_number_told(TOLD))
    do(lambda tx: tx.put_cosigned(Cosigned(3, NOON, b"a head")))
    do(lambda tx: tx.put_seen(Seen(PEER, 3, NOON)))
    do(lambda tx: tx.close_restored(replace(RESTORE, generation=8)))
    assert store.peers_told() == {}
    assert store.numbers_told() == []
    assert (store.cosigned(), store.seen_by()) == (None, [])
    assert [one.generation for one in store.restores()] == [7, 8]


def test_a_peer_is_as_far_as_it_said_last(store, do):
    do(lambda tx: tx.put_peer_told(PeerTold(PEER, problem="away"), NOON))
    do(lambda tx: tx.put_peer_told(PeerTold(PEER, ASKED, 200, 200), NOON))
    do(lambda tx: tx.put_peer_told(PeerTold(PEER, ANSWERED, 200, 207), NOON))
    told = store.peers_told()[PEER]
    assert (told.state, told.place, told.messages) == (ANSWERED, 200, 207)
    assert told.problem == ""


def test_what_a_person_decided_stands(store, do):
    decided = PeerTold(PEER, DECIDED, operator="復元 一郎", reason="gone")
    do(lambda tx: tx.put_peer_told(decided, NOON))
    do(lambda tx: tx.put_peer_told(PeerTold(PEER, ANSWERED, 9, 9), NOON))
    assert store.peers_told()[PEER].operator == "復元 一郎"


@pytest.mark.parametrize(
    ("peer", "state", "until"),
    [(CORE, DECIDED, NOON), (CORE, ANSWERED, None), (PEER, DECIDED, None)],
)
def test_permits_are_forgotten_where_the_core_was_decided_about(
    store, do, peer, state, until
):
    do(lambda tx: tx.put_peer_told(PeerTold(peer, state), NOON))
    assert store.permits_forgotten_until() == until


def test_what_peers_say_of_a_number_comes_together(store, do):
    other = NumberTold(
        number(1), "", "P/x", taken=True, outcome="provided", permit=b"p", at=NOON
    )
    do(lambda tx: tx.put_number_told(TOLD))
    do(lambda tx: tx.put_number_told(other))
    (found,) = store.numbers_told()
    assert (found.requester, found.provider) == (PEER, "P/x")
    assert (found.item_no, found.kinds) == (28, ("kind",))
    assert (found.asked, found.taken, found.outcome) == (True, True, "provided")
    assert found.permit == b"p"


def test_what_was_said_first_is_not_said_anew(store, do):
    lie = NumberTold(number(1), "L/l", "L/l", 99, outcome="refused", at=NOON)
    do(lambda tx: tx.put_number_told(TOLD))
    do(lambda tx: tx.put_number_told(lie))
    (found,) = store.numbers_told()
    assert (found.requester, found.item_no) == (PEER, 28)


def test_numbers_are_given_page_by_page_and_gone_once_it_is_open(store, do):
    do(lambda tx: tx.close_restored(RESTORE))
    for one in range(5):
        told = NumberTold(number(one), at=NOON)
        do(lambda tx, told=told: tx.put_number_told(told))
    first = store.numbers_told(limit=3)
    rest = store.numbers_told(first[-1].number, 3)
    assert [one.number for one in (*first, *rest)] == [number(n) for n in range(5)]
    do(lambda tx: tx.open_restored(7, NOON))
    assert store.numbers_told() == []


def test_what_a_requester_has_nobody_answers_again(store, do):
    held = hold(processing_number=number(1), requester=PEER)
    waits = outgoing(
        1,
        peer=PEER,
        message_type="information_provision",
        processing_number=number(1),
    )
    do(lambda tx: tx.open_hold(held))
    do(lambda tx: tx.enqueue(waits))
    do(lambda tx: tx.end_answering(number(1), "L/l"))
    assert [one.state for one in store.holds_of(number(1))] == ["open"]
    assert store.outgoing(waits.message_id).state == "waiting"
    do(lambda tx: tx.end_answering(number(1), PEER))
    assert [one.state for one in store.holds_of(number(1))] == ["withdrawn"]
    assert store.outgoing(waits.message_id).state == "withdrawn"


def test_shared_are_the_messages_of_one_peer_that_were_taken_over(store, do):
    def happened(kind, message_type="", peer=PEER, at=NOON):
        event = Event(kind, at, "out", peer, message_type)
        do(lambda tx: tx.record(prepare(event)))

    happened(EventKind.RECEIPTED)
    happened(EventKind.ATTEMPTED)
    happened(EventKind.ATTEMPTED, "provision_order")
    happened(EventKind.REFUSED)
    happened(EventKind.RECEIVED, peer=CORE)
    happened(EventKind.RECEIVED, at=NOON - timedelta(seconds=1))
    happened(EventKind.HELD)
    ids, place = store.shared_events(PEER, NOON, 0, 9)
    assert [store.event(one).seq for one in ids] == [1, 3, 7]
    assert place is None


def test_what_is_older_costs_no_look(store, do):
    """The page begins where that time begins, found by an index."""
    long_ago = NOON - timedelta(days=900)
    for at in (long_ago, long_ago, long_ago, NOON):
        event = Event(EventKind.RECEIVED, at, "in", PEER)
        do(lambda tx, event=event: tx.record(prepare(event)))
    ids, place = store.shared_events(PEER, NOON, 0, 9, most=1)
    assert [store.event(one).seq for one in ids] == [4]
    assert place is None
