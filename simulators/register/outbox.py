# SPDX-License-Identifier: Apache-2.0
"""What is owed waits here: made with the change, handed over in order, then forgotten.

A message is written in the transaction of the change that owes it, under a cause that
can owe once. What one receiver is told about one record leaves in the order of the
changes, and `delivered` takes it in that order only; what is about no record of ours is
in order among itself. Nothing else waits: not for what its receiver refused, which
stays with the code of the refusal for a person to look at, and not for somebody who has
no number yet. What is delivered is kept as type, time and digest; its content goes,
since the register holds it anyway.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from simulators.register.errors import NotNow, NotThere
from simulators.register.owed import BY_NUMBER, NAMES, TYPES, Message, Owed
from simulators.register.store import Store, encoded
from simulators.store import instant


@dataclass(frozen=True, slots=True)
class Sent:
    """A message without its content, as the outbox remembers it."""

    number: int
    receiver: str
    type: str
    record: int | None
    delivered: bool
    code: str
    """Why its receiver refused it; empty where it did not."""
    sent_as: str
    """By which id its receiver knows it, where it gave one."""


class Outbox:
    """The messages that the register owes."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def owe(self, message: Message, cause: str, record: int | None = None) -> int:
        """Write a message down; within the transaction of what owes it."""
        name = NAMES[type(message)]
        body = encoded(message)
        return self._store.run(
            "INSERT INTO outbox (place, cause, receiver, type, record, at, digest,"
            " body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self._store.count("place"),
            f"{cause}:{name}",
            TYPES[name][1],
            name,
            record,
            instant(self._clock()),
            hashlib.sha256(body).hexdigest(),
            body,
        )

    def owes(self, cause: str) -> bool:
        """Whether this cause has made something owed, delivered or not."""
        sql = "SELECT 1 FROM outbox WHERE cause >= ? AND cause < ? LIMIT 1"
        return bool(self._store.value(sql, f"{cause}:", f"{cause};"))

    def next(self, receiver: str) -> Owed | None:
        """The oldest message that this receiver can be given now."""
        row = self._store.row(
            "SELECT number, receiver, type, body FROM outbox AS one"
            " WHERE receiver = ? AND delivered_at IS NULL AND code IS NULL"
            " AND (type NOT IN (?, ?) OR EXISTS (SELECT 1 FROM records"
            " WHERE number = one.record AND individual_number IS NOT NULL))"
            " ORDER BY place LIMIT 1",
            receiver,
            *BY_NUMBER,
        )
        return None if row is None else _owed(*row)

    def waiting(self, receiver: str, most: int = 100) -> tuple[Owed, ...]:
        """What this receiver has not taken, oldest first."""
        rows = self._store.rows(
            "SELECT number, receiver, type, body FROM outbox"
            " WHERE receiver = ? AND delivered_at IS NULL AND code IS NULL"
            " ORDER BY place LIMIT ?",
            receiver,
            most,
        )
        return tuple(_owed(*row) for row in rows)

    def receivers(self) -> tuple[str, ...]:
        """The systems that something waits for."""
        sql = (
            "SELECT DISTINCT receiver FROM outbox"
            " WHERE delivered_at IS NULL AND code IS NULL"
        )
        return tuple(sorted(row[0] for row in self._store.rows(sql)))

    def delivered(self, number: int, sent_as: str = "") -> None:
        """The receiver took it over. Told twice, it is done once.

        Raises `NotNow` where an older one about the same record waits for the receiver.
        """
        if self._must_be_next(number):
            self._store.run(
                "UPDATE outbox SET delivered_at = ?, body = NULL, sent_as = ?"
                " WHERE number = ?",
                instant(self._clock()),
                sent_as,
                number,
            )

    def refused(self, number: int, code: str) -> None:
        """The receiver will not take it, and why; raises as `delivered` does."""
        if self._must_be_next(number):
            sql = "UPDATE outbox SET code = ? WHERE number = ?"
            self._store.run(sql, code, number)

    def offer_again(self, number: int) -> None:
        """Let a refused message wait again, behind the others; raises `NotNow`."""
        with self._store.transaction():
            changed = self._store.changed(
                "UPDATE outbox SET code = NULL, place = ? WHERE number = ?"
                " AND code IS NOT NULL",
                self._store.count("place"),
                number,
            )
            if not changed:
                raise NotNow("no message of this number was refused")

    def sent(
        self, type_name: str | None = None, after: int = 0, most: int = -1
    ) -> tuple[Sent, ...]:
        """Everything that was ever owed, or all of one type, in its order."""
        rows = self._store.rows(
            "SELECT number, receiver, type, record, delivered_at IS NOT NULL,"
            " coalesce(code, ''), coalesce(sent_as, '') FROM outbox"
            " WHERE (?1 IS NULL OR type = ?1) AND number > ?2 ORDER BY place LIMIT ?3",
            type_name,
            after,
            most,
        )
        return tuple(Sent(*(*row[:4], bool(row[4]), *row[5:])) for row in rows)

    def _must_be_next(self, number: int) -> bool:
        """Whether it still waits; raises `NotThere`, and `NotNow` out of turn."""
        row = self._store.row(
            "SELECT delivered_at IS NULL AND code IS NULL, EXISTS (SELECT 1"
            " FROM outbox AS other WHERE other.receiver = one.receiver"
            " AND other.delivered_at IS NULL AND other.code IS NULL"
            " AND other.record IS one.record AND other.place < one.place)"
            " FROM outbox AS one WHERE number = ?",
            number,
        )
        if row is None:
            raise NotThere("there is no such message")
        waits, is_behind = row
        if waits and is_behind:
            raise NotNow("an older message about this record waits for the receiver")
        return bool(waits)


def _owed(number: int, receiver: str, name: str, body: bytes) -> Owed:
    message: Any = msgspec.json.decode(body, type=TYPES[name][0])
    return Owed(number, receiver, name, message)
