# SPDX-License-Identifier: Apache-2.0
"""Inquiries, the core's transactions and notices: each ends once."""

import sqlite3
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from twisted.python.failure import Failure

from gateway.records.errors import StoreDamaged
from gateway.records.rows import Inquiry
from gateway.records.store import Store
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import (
    NOON,
    Turns,
    core_transaction,
    digest,
    inquiry,
    number,
)


def ask(store: Store, turns: Turns, one: Inquiry) -> None:
    turns.wait(store.commit(lambda tx: tx.open_inquiry(one)))


def test_an_inquiry_is_given_back_as_it_was(store: Store, turns: Turns) -> None:
    ask(store, turns, inquiry(1))
    assert store.inquiry(number(1)) == inquiry(1)
    assert store.inquiry(number(2)) is None
    assert store.inquiries() == [inquiry(1)]
    assert store.inquiries("provided") == []


def test_a_processing_number_is_asked_under_once(store: Store, turns: Turns) -> None:
    ask(store, turns, inquiry(1))
    found = turns.outcome(store.commit(lambda tx: tx.open_inquiry(inquiry(1))))
    assert isinstance(found, Failure)
    assert isinstance(found.value, sqlite3.IntegrityError)


def test_announced_permits_are_kept_in_their_order(store: Store, turns: Turns) -> None:
    ask(store, turns, inquiry(1, permit_digests=(digest(5),)))

    def work(tx: Transaction) -> list[bool]:
        return [tx.announce(number(1), digest(n)) for n in (4, 5, 6)]

    assert turns.wait(store.commit(work)) == [True, False, True]
    found = store.inquiry(number(1))
    assert found is not None
    assert found.permit_digests == (digest(5), digest(4), digest(6))


def test_a_permit_for_an_inquiry_that_nobody_made_is_not_announced(
    store: Store, turns: Turns
) -> None:
    found = turns.outcome(store.commit(lambda tx: tx.announce(number(1), digest(1))))
    assert isinstance(found, Failure)
    assert isinstance(found.value, sqlite3.IntegrityError)


@pytest.mark.parametrize(
    ("state", "code", "answer"),
    [("provided", "", b"envelope"), ("lapsed", "", None), ("refused", "SK-P01", None)],
)
def test_an_inquiry_ends_once(
    store: Store, turns: Turns, state: str, code: str, answer: bytes | None
) -> None:
    ask(store, turns, inquiry(1))
    end = store.commit(lambda tx: tx.finish_inquiry(number(1), state, code, answer))
    assert turns.wait(end)
    again = store.commit(lambda tx: tx.finish_inquiry(number(1), "lapsed"))
    assert not turns.wait(again)
    assert store.inquiry(number(1)) == inquiry(1, state=state, code=code, answer=answer)


def test_whom_an_inquiry_is_about_cannot_be_read_in_the_file(
    store: Store, turns: Turns, store_path: Path
) -> None:
    ask(store, turns, inquiry(1))
    assert inquiry(1).addressee_number not in repr(inquiry(1))
    for file in store_path.parent.glob("*.sqlite*[!s]"):
        assert inquiry(1).addressee_number.encode() not in file.read_bytes()


def test_an_addressee_moved_to_another_inquiry_is_found(
    store: Store, turns: Turns, store_path: Path
) -> None:
    ask(store, turns, inquiry(1))
    ask(store, turns, inquiry(2))
    db = sqlite3.connect(store_path)
    db.execute(
        "UPDATE inquiries SET sealed = (SELECT sealed FROM inquiries"
        " WHERE processing_number = ?)",
        (number(1),),
    )
    db.commit()
    db.close()
    with pytest.raises(StoreDamaged):
        store.inquiry(number(2))


def test_a_core_transaction_is_given_back_as_it_was(store: Store, turns: Turns) -> None:
    opened = store.commit(lambda tx: tx.open_transaction(core_transaction(1)))
    assert turns.wait(opened)
    assert store.transaction(number(1)) == core_transaction(1)
    assert store.transaction(number(2)) is None
    assert store.transactions() == [core_transaction(1)]


def test_a_processing_number_is_one_transactions(store: Store, turns: Turns) -> None:
    both = [
        store.commit(lambda tx: tx.open_transaction(core_transaction(1)))
        for _ in range(2)
    ]
    assert [turns.wait(one) for one in both] == [True, False]


def test_a_renewal_changes_the_permit_until_the_transaction_ends(
    store: Store, turns: Turns
) -> None:
    def renew(value: int) -> bool:
        return turns.wait(
            store.commit(
                lambda tx: tx.renew_transaction(number(1), digest(value), b"p")
            )
        )

    assert not renew(2)
    turns.wait(store.commit(lambda tx: tx.open_transaction(core_transaction(1))))
    assert renew(2)
    close = store.commit(lambda tx: tx.close_transaction(number(1), "provided", NOON))
    turns.wait(close)
    assert not renew(3)
    found = store.transaction(number(1))
    assert found is not None
    assert (found.permit_digest, found.permit) == (digest(2), b"p")


def test_the_first_outcome_of_a_transaction_stands(store: Store, turns: Turns) -> None:
    turns.wait(store.commit(lambda tx: tx.open_transaction(core_transaction(1))))
    for outcome in ("lapsed", "provided"):
        close = partial(
            Transaction.close_transaction,
            processing_number=number(1),
            outcome=outcome,
            at=NOON,
        )
        turns.wait(store.commit(close))
    assert store.transaction(number(1)) == core_transaction(
        1, outcome="lapsed", outcome_at=NOON
    )


def test_notices_are_told_once_and_oldest_first(store: Store, turns: Turns) -> None:
    def add(tx: Transaction) -> None:
        for value in (1, 2, 3):
            at = NOON + timedelta(seconds=value)
            tx.add_notice(number(value), "provided", at)

    def take(tx: Transaction) -> list[bytes]:
        taken = tx.take_notices(2)
        tx.drop_notices([notice.id for notice in taken])
        return [notice.processing_number for notice in taken]

    turns.wait(store.commit(add))
    assert len(store.notices(100)) == 3
    assert store.notices(1)[0].at == NOON + timedelta(seconds=1)
    taken = [turns.wait(store.commit(take)) for _ in range(3)]
    assert taken == [[number(1), number(2)], [number(3)], []]
    assert store.notices(100) == []


def test_notices_of_a_message_that_was_not_made_stay(
    store: Store, turns: Turns
) -> None:
    turns.wait(store.commit(lambda tx: tx.add_notice(number(1), "lapsed", NOON)))

    def take(tx: Transaction) -> None:
        tx.drop_notices([notice.id for notice in tx.take_notices(10)])
        raise LookupError

    turns.outcome(store.commit(take))
    assert len(store.notices(100)) == 1
