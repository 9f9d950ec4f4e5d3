# SPDX-License-Identifier: Apache-2.0
"""What a person sees of the outbox and decides about it, in the store."""

from datetime import timedelta

from gateway.records.outbox_acts import GivenUp
from gateway.records.store import Store
from tests.gateway.records.helpers import CORE, NOON, Turns, number, outgoing

BY = GivenUp("運用 花子", "the peer asked for it", NOON)
LATER = NOON + timedelta(hours=1)


def enqueue(store: Store, turns: Turns, *values: int, **changes: object) -> None:
    for value in values:
        row = outgoing(value, **changes)
        turns.wait(store.commit(lambda tx, row=row: tx.enqueue(row)))


def due(store: Store) -> list[bytes]:
    return [out.message_id for out in store.due(NOON, 100)]


def test_what_waits_is_seen_in_pages_without_its_content(
    store: Store, turns: Turns
) -> None:
    enqueue(store, turns, 3, 1, 2)
    enqueue(store, turns, 4, peer=CORE)
    turns.wait(store.commit(lambda tx: tx.settle(number(1), "delivered", b"receipt")))
    first = store.owed(limit=2)
    assert [one.message_id for one in first] == [number(3), number(2)]
    rest = store.owed(after=first[-1].turn)
    assert [one.message_id for one in rest] == [number(4)]
    assert [one.message_id for one in store.owed(peer=CORE)] == [number(4)]
    settled = store.owed(settled=True)[1]
    assert (settled.message_id, settled.state, settled.size) == (
        number(1),
        "delivered",
        0,
    )
    assert first[0].size == len(outgoing(3).envelope)


def test_what_is_tried_now_is_due_at_once(store: Store, turns: Turns) -> None:
    enqueue(store, turns, 1, next_at=LATER)
    assert due(store) == []
    assert turns.wait(store.commit(lambda tx: tx.try_now(number(1), NOON)))
    assert due(store) == [number(1)]
    assert not turns.wait(store.commit(lambda tx: tx.try_now(number(2), NOON)))


def test_what_was_given_up_is_due_whoever_is_before_it(
    store: Store, turns: Turns
) -> None:
    """So that the station settles it; and it is decided once."""
    enqueue(store, turns, 1, 2, next_at=LATER, person_tag="ab" * 16)
    assert turns.wait(store.commit(lambda tx: tx.give_up(number(2), BY)))
    assert due(store) == [number(2)]
    assert store.given_up(number(2)) == BY
    assert store.given_up(number(1)) is None
    found = store.owed_one(number(2))
    assert found is not None
    assert found.given_up == BY
    assert not turns.wait(store.commit(lambda tx: tx.give_up(number(2), BY)))
    assert not turns.wait(store.commit(lambda tx: tx.try_now(number(2), NOON)))


def test_what_is_settled_is_decided_no_more(store: Store, turns: Turns) -> None:
    enqueue(store, turns, 1)
    turns.wait(store.commit(lambda tx: tx.settle(number(1), "expired")))
    assert not turns.wait(store.commit(lambda tx: tx.give_up(number(1), BY)))
    assert store.owed_one(number(5)) is None


def test_an_end_is_due_whoever_is_before_it(store: Store, turns: Turns) -> None:
    enqueue(store, turns, 1, next_at=LATER, person_tag="ab" * 16)
    over = NOON - timedelta(seconds=1)
    enqueue(store, turns, 2, deadline=over, person_tag="ab" * 16)
    assert due(store) == [number(2)]


def test_a_decision_goes_with_its_message(store: Store, turns: Turns) -> None:
    enqueue(store, turns, 1, 2)
    for value in (1, 2):
        turns.wait(store.commit(lambda tx, v=value: tx.give_up(number(v), BY)))
    turns.wait(store.commit(lambda tx: tx.settle(number(1), "given_up")))
    past = NOON + timedelta(days=2)
    turns.wait(store.commit(lambda tx: tx.forget_settled(past)))
    assert turns.wait(store.commit(lambda tx: tx.forget_given_up())) == 1
    assert store.given_up(number(1)) is None
    assert store.given_up(number(2)) == BY
