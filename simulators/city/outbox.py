# SPDX-License-Identifier: Apache-2.0
"""What a system owes others: written with the change that owes it, sent in order.

For each receiver messages leave in the order in which they were owed. What was
delivered is kept as type and time; its content goes. What its receiver refused stays as
such, with the code, for a person to look at; it does not hold up what comes after it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from simulators.city.faults import Fault, Faults
from simulators.city.reasons import Reason, Refused
from simulators.city.store import Store
from simulators.store import instant


@dataclass(frozen=True, slots=True)
class Owed:
    """One message that waits for its receiver."""

    number: int
    receiver: str
    kind: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as the outbox remembers it, without its content."""

    number: int
    receiver: str
    kind: str
    by: str
    """Who, or which system, caused it."""
    state: str
    """`waiting`, `delivered` or `refused`."""
    code: str
    sent_as: str
    """Under which id its receiver knows it, where it gave one."""


class Outbox:
    """The messages of one system."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], faults: Faults
    ) -> None:
        self._store = store
        self._clock = clock
        self._faults = faults

    def owe(self, receiver: str, kind: str, body: bytes, by: str) -> int:
        """Write a message down, in the transaction of what owes it."""
        return self._store.run(
            "INSERT INTO outbox (at, receiver, kind, by, body, state, code, sent_as)"
            " VALUES (?, ?, ?, ?, ?, 'waiting', '', '')",
            instant(self._clock()),
            receiver,
            kind,
            by,
            body,
        )

    def receivers(self) -> tuple[str, ...]:
        """Those for whom something waits."""
        sql = "SELECT DISTINCT receiver FROM outbox WHERE state = 'waiting' ORDER BY 1"
        return tuple(row[0] for row in self._store.rows(sql))

    def next(self, receiver: str) -> Owed | None:
        """The oldest message that waits for this receiver."""
        order = "DESC" if self._faults.happens(Fault.NEWEST_FIRST) else "ASC"
        row = self._store.row(
            "SELECT number, receiver, kind, body FROM outbox WHERE receiver = ?"
            f" AND state = 'waiting' ORDER BY number {order}",
            receiver,
        )
        return None if row is None else Owed(*row)

    def waiting(self, number: int) -> Owed:
        """A message that waits; raises `Refused` where there is no such."""
        row = self._store.row(
            "SELECT number, receiver, kind, body FROM outbox"
            " WHERE number = ? AND state = 'waiting'",
            number,
        )
        if row is None:
            raise Refused(Reason.NOT_NOW)
        return Owed(*row)

    def settle(
        self, number: int, state: str, code: str = "", sent_as: str = ""
    ) -> None:
        """Its receiver took it over, or refused it."""
        if state == "delivered" and self._faults.happens(Fault.SENDS_TWICE):
            return
        body = "NULL" if state == "delivered" else "body"
        self._store.run(
            f"UPDATE outbox SET state = ?, code = ?, sent_as = ?, body = {body}"
            " WHERE number = ?",
            state,
            code,
            sent_as,
            number,
        )

    def offer_again(self, number: int) -> None:
        """Let a refused message wait again, once its cause is mended."""
        changed = self._store.changed(
            "UPDATE outbox SET state = 'waiting', code = ''"
            " WHERE number = ? AND state = 'refused'",
            number,
        )
        if not changed:
            raise Refused(Reason.NOT_NOW)

    def sent(self, kind: str = "") -> tuple[Sent, ...]:
        """Everything that was ever owed, or all of one type, in order."""
        rows = self._store.rows(
            "SELECT number, receiver, kind, by, state, code, sent_as FROM outbox"
            " WHERE ?1 = '' OR kind = ?1 ORDER BY number",
            kind,
        )
        return tuple(Sent(*row) for row in rows)

    def is_known_as(self, kind: str, sent_as: str) -> bool:
        """Whether a receiver took a message of this type over under this id."""
        sql = "SELECT 1 FROM outbox WHERE kind = ? AND sent_as = ?"
        return bool(sent_as and self._store.value(sql, kind, sent_as))
