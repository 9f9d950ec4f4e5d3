# SPDX-License-Identifier: Apache-2.0
"""Messages and permits: each once, whoever comes at the same time."""

from datetime import timedelta

from twisted.internet.defer import Deferred

from gateway.records.rows import Seen
from gateway.records.store import Store
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import (
    NOON,
    PROVIDER,
    REQUESTER,
    Turns,
    digest,
    number,
)

UNTIL = NOON + timedelta(hours=25)


def remember(
    store: Store, turns: Turns, message: int, answer: bytes, sender: str = REQUESTER
) -> Seen | None:
    def work(tx: Transaction) -> Seen | None:
        return tx.remember(sender, number(message), digest(message), answer, UNTIL)

    return turns.wait(store.commit(work))


def test_a_message_is_remembered_once_and_the_first_answer_stands(
    store: Store, turns: Turns
) -> None:
    assert store.seen(REQUESTER, number(1)) is None
    assert remember(store, turns, 1, b"first") is None
    earlier = remember(store, turns, 1, b"second")
    assert earlier == Seen(digest(1), b"first")
    assert store.seen(REQUESTER, number(1)) == earlier


def test_two_senders_may_use_one_message_id(store: Store, turns: Turns) -> None:
    assert remember(store, turns, 1, b"one") is None
    assert remember(store, turns, 1, b"two", PROVIDER) is None
    assert store.seen(PROVIDER, number(1)) == Seen(digest(1), b"two")


def test_of_two_at_the_same_time_one_is_the_first(store: Store, turns: Turns) -> None:
    def work(answer: bytes) -> "Deferred[Seen | None]":
        return store.commit(
            lambda tx: tx.remember(REQUESTER, number(1), digest(1), answer, UNTIL)
        )

    both = [work(b"one"), work(b"two")]
    found = [turns.wait(one) for one in both]
    assert found == [None, Seen(digest(1), b"one")]


def test_a_message_is_forgotten_after_its_time_and_not_before(
    store: Store, turns: Turns
) -> None:
    remember(store, turns, 1, b"answer")
    forget = store.commit(lambda tx: tx.forget_seen(UNTIL))
    assert turns.wait(forget) == 0
    later = UNTIL + timedelta(microseconds=1)
    forget = store.commit(lambda tx: tx.forget_seen(later))
    assert turns.wait(forget) == 1
    assert store.seen(REQUESTER, number(1)) is None


def test_a_sweep_forgets_a_bounded_number_at_once(store: Store, turns: Turns) -> None:
    for message in range(5):
        remember(store, turns, message, b"answer")
    later = UNTIL + timedelta(days=1)
    counts = [
        turns.wait(store.commit(lambda tx: tx.forget_seen(later, limit=2)))
        for _ in range(4)
    ]
    assert counts == [2, 2, 1, 0]


def use(store: Store, turns: Turns, permit_id: int) -> bool:
    def work(tx: Transaction) -> bool:
        return tx.use_permit(number(permit_id), number(9), UNTIL)

    return turns.wait(store.commit(work))


def test_a_permit_is_used_once(store: Store, turns: Turns) -> None:
    assert not store.permit_used(number(1))
    assert use(store, turns, 1)
    assert store.permit_used(number(1))
    assert not use(store, turns, 1)
    assert use(store, turns, 2)


def test_of_two_uses_at_the_same_time_one_succeeds(store: Store, turns: Turns) -> None:
    def attempt() -> "Deferred[bool]":
        return store.commit(lambda tx: tx.use_permit(number(1), number(9), UNTIL))

    both = [attempt(), attempt()]
    assert [turns.wait(one) for one in both] == [True, False]


def test_a_use_that_its_work_undoes_was_no_use(store: Store, turns: Turns) -> None:
    def work(tx: Transaction) -> None:
        tx.use_permit(number(1), number(9), UNTIL)
        raise LookupError

    turns.outcome(store.commit(work))
    assert use(store, turns, 1)


def test_a_used_permit_is_forgotten_only_after_its_time(
    store: Store, turns: Turns
) -> None:
    use(store, turns, 1)
    assert turns.wait(store.commit(lambda tx: tx.forget_permits(UNTIL))) == 0
    later = UNTIL + timedelta(seconds=1)
    assert turns.wait(store.commit(lambda tx: tx.forget_permits(later))) == 1
