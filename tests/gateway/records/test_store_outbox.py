# SPDX-License-Identifier: Apache-2.0
"""What is owed stays owed until it is settled, once."""

import sqlite3
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from twisted.python.failure import Failure

from gateway.records.errors import StoreDamaged
from gateway.records.rows import SETTLED, Outgoing
from gateway.records.store import Store
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import (
    CODE,
    NOON,
    PROVIDER,
    Turns,
    number,
    outgoing,
)


def enqueue(store: Store, turns: Turns, *rows: Outgoing) -> None:
    for row in rows:
        turns.wait(store.commit(partial(Transaction.enqueue, out=row)))


def due_ids(store: Store, seconds: int, **options: object) -> list[int]:
    found = store.due(NOON + timedelta(seconds=seconds), 100, **options)  # type: ignore[arg-type]
    return [int.from_bytes(out.message_id) for out in found]


def test_an_owed_message_is_given_back_as_it_was(store: Store, turns: Turns) -> None:
    enqueue(store, turns, outgoing(1), outgoing(2, guard_code=None, context=b""))
    first = store.outgoing(number(1))
    assert first == outgoing(1, next_at=NOON)
    second = store.outgoing(number(2))
    assert second is not None
    assert (second.guard_code, second.context) == (None, b"")
    assert store.outgoing(number(3)) is None


def test_a_message_is_owed_once(store: Store, turns: Turns) -> None:
    enqueue(store, turns, outgoing(1))
    found = turns.outcome(store.commit(lambda tx: tx.enqueue(outgoing(1))))
    assert isinstance(found, Failure)
    assert isinstance(found.value, sqlite3.IntegrityError)


def test_messages_fall_due_in_their_order(store: Store, turns: Turns) -> None:
    later = NOON + timedelta(seconds=10)
    enqueue(store, turns, outgoing(1, next_at=later), outgoing(2), outgoing(3))
    assert due_ids(store, 0) == [2, 3]
    assert due_ids(store, 10) == [2, 3, 1]
    assert due_ids(store, 10, exclude=[number(2)]) == [3, 1]
    assert due_ids(store, 10, peer=PROVIDER) == []
    assert len(store.due(later, 2)) == 2
    assert [o.message_id for o in store.due(later, 1, exclude={number(2)})] == [
        number(3)
    ]


def test_what_is_about_one_person_falls_due_one_after_the_other(
    store: Store, turns: Turns
) -> None:
    later = NOON + timedelta(seconds=10)
    rows = [
        outgoing(1, person_tag="a", next_at=later),
        outgoing(2, person_tag="a"),
        outgoing(3, person_tag="a", peer=PROVIDER),
        outgoing(4, person_tag="b"),
        outgoing(5),
    ]
    enqueue(store, turns, *rows)
    assert due_ids(store, 0) == [3, 4, 5]
    assert [store.is_its_turn(one) for one in rows] == [True, False, True, True, True]
    settled = turns.wait(store.commit(lambda tx: tx.settle(number(1), "delivered")))
    assert settled
    assert due_ids(store, 0) == [2, 3, 4, 5]
    behind = turns.wait(store.commit(lambda tx: tx.next_about(rows[1].peer, "a")))
    assert behind.message_id == number(2)


@pytest.mark.parametrize("code", ["SK-M12", "SK-T07"])
def test_what_its_peer_put_off_holds_up_nothing_and_is_nobodys_next(
    store: Store, turns: Turns, code: str
) -> None:
    put_off, held, last = (outgoing(n, person_tag="a") for n in (1, 2, 3))
    enqueue(store, turns, put_off, held, last)
    later = NOON + timedelta(hours=1)
    turns.wait(store.commit(lambda tx: tx.postpone(number(1), 1, later, code)))
    assert store.is_its_turn(held)
    assert not store.is_its_turn(last)
    assert due_ids(store, 0) == [2]
    behind = turns.wait(store.commit(lambda tx: tx.next_about(held.peer, "a")))
    assert behind.message_id == number(2)


def test_what_could_not_be_delivered_holds_up_what_is_newer(
    store: Store, turns: Turns
) -> None:
    first, second = (outgoing(n, person_tag="a") for n in (1, 2))
    enqueue(store, turns, first, second)
    later = NOON + timedelta(seconds=10)
    turns.wait(store.commit(lambda tx: tx.postpone(number(1), 1, later, "SK-T01")))
    assert store.is_its_turn(first)
    assert not store.is_its_turn(second)
    assert due_ids(store, 0) == []
    assert due_ids(store, 10) == [1]


def test_a_postponed_message_waits_for_its_time(store: Store, turns: Turns) -> None:
    enqueue(store, turns, outgoing(1))
    later = NOON + timedelta(seconds=30)
    assert turns.wait(
        store.commit(lambda tx: tx.postpone(number(1), 3, later, "SK-T01"))
    )
    assert due_ids(store, 29) == []
    assert store.next_due() == later
    (again,) = store.due(later, 10)
    assert (again.attempts, again.last_code) == (3, "SK-T01")
    assert again.envelope == outgoing(1).envelope, "the same bytes again"


@pytest.mark.parametrize("state", sorted(SETTLED))
def test_a_message_is_settled_once_and_never_due_again(
    store: Store, turns: Turns, state: str
) -> None:
    enqueue(store, turns, outgoing(1))
    settle = store.commit(lambda tx: tx.settle(number(1), state, b"receipt"))
    assert turns.wait(settle)
    again = store.commit(lambda tx: tx.settle(number(1), "delivered", b"other"))
    assert not turns.wait(again)
    postponed = store.commit(lambda tx: tx.postpone(number(1), 1, NOON))
    assert not turns.wait(postponed)
    assert due_ids(store, 100) == []
    assert store.next_due() is None
    settled = store.outgoing(number(1))
    assert settled is not None
    assert (settled.state, settled.answer) == (state, b"receipt")


@pytest.mark.parametrize("state", sorted(SETTLED))
def test_what_is_settled_keeps_neither_its_envelope_nor_what_it_was_for(
    store: Store, turns: Turns, state: str
) -> None:
    enqueue(store, turns, outgoing(1), outgoing(2))
    turns.wait(store.commit(lambda tx: tx.settle(number(1), state, b"receipt")))
    settled = store.outgoing(number(1))
    assert settled is not None
    assert (settled.envelope, settled.guard_code, settled.context) == (b"", None, b"")
    assert settled.header_digest == outgoing(1).header_digest
    assert store.outgoing(number(2)) == outgoing(2, next_at=NOON)


def test_what_was_never_owed_is_not_settled(store: Store, turns: Turns) -> None:
    assert not turns.wait(store.commit(lambda tx: tx.settle(number(1), "refused")))


def test_a_state_that_does_not_exist_undoes_the_work(
    store: Store, turns: Turns
) -> None:
    enqueue(store, turns, outgoing(1))
    found = turns.outcome(store.commit(lambda tx: tx.settle(number(1), "lost")))
    assert isinstance(found, Failure)
    assert store.outgoing_counts() == {"waiting": 1}


def test_what_waits_is_counted(store: Store, turns: Turns) -> None:
    enqueue(store, turns, outgoing(1), outgoing(2, peer=PROVIDER), outgoing(3))
    turns.wait(store.commit(lambda tx: tx.settle(number(1), "delivered")))
    assert store.outgoing_counts() == {"waiting": 2, "delivered": 1}
    assert store.waiting_by_peer() == {PROVIDER: 1, outgoing(3).peer: 1}


def test_only_settled_messages_past_their_deadline_are_dropped(
    store: Store, turns: Turns
) -> None:
    enqueue(store, turns, outgoing(1), outgoing(2))
    turns.wait(store.commit(lambda tx: tx.settle(number(1), "delivered")))
    deadline = outgoing(1).deadline
    forget = store.commit(lambda tx: tx.forget_settled(deadline))
    assert turns.wait(forget) == 0
    later = deadline + timedelta(days=9)
    assert turns.wait(store.commit(lambda tx: tx.forget_settled(later))) == 1
    assert store.outgoing_counts() == {"waiting": 1}


def test_whose_flag_is_looked_at_cannot_be_read_in_the_file(
    store: Store, turns: Turns, store_path: Path
) -> None:
    enqueue(store, turns, outgoing(1, context=b"personal context"))
    assert CODE not in repr(outgoing(1))
    for file in store_path.parent.glob("*.sqlite*[!s]"):
        content = file.read_bytes()
        assert CODE.encode() not in content
        assert b"personal context" not in content


def test_a_sealed_part_moved_to_another_message_is_found(
    store: Store, turns: Turns, store_path: Path
) -> None:
    enqueue(store, turns, outgoing(1), outgoing(2))
    db = sqlite3.connect(store_path)
    db.execute(
        "UPDATE outbox SET sealed = (SELECT sealed FROM outbox WHERE message_id = ?)",
        (number(1),),
    )
    db.commit()
    db.close()
    assert store.outgoing(number(1)) is not None
    with pytest.raises(StoreDamaged):
        store.outgoing(number(2))
