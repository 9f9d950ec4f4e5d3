# SPDX-License-Identifier: Apache-2.0
"""Faults on demand, for rehearsals: the register misbehaves on purpose, on record.

A message goes out twice, or two in the wrong order; identity information that looks
right and is wrong goes to the CS, and is told anew when it is repaired, with 異常時更新
順番号; a name gets a form of a character that the other network does not have. The
register itself stays right: what is spoiled is what is told, so a consistency check
finds it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from schemas.messages import IdentityInformationUpdate, IdentityRecord
from simulators.register.basis import Cause, Operator, decided
from simulators.register.books import Books
from simulators.register.entries import Entries
from simulators.register.errors import EntryRefused, Fault, NotNow, Rule
from simulators.register.events import AUTOMATIC, Events
from simulators.register.forms import Amendment, MinorCorrection
from simulators.register.identity import identity_of
from simulators.register.outbox import Outbox
from simulators.register.reasons import Reason
from simulators.register.store import Store
from simulators.store import instant

SELECTOR = "\U000e0100"
"""A variation selector: behind a character it asks for one form of it. JIS X 0213, the
linkage side's set, has none; the resident record keeps it."""


class Rehearsal:
    """Faults that somebody asks for."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        books: Books,
        outbox: Outbox,
        entries: Entries,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._outbox = outbox
        self._entries = entries
        self._events = events

    def send_twice(self, message: int) -> int:
        """Queue a waiting message a second time, byte for byte."""
        with self._store.transaction():
            self._waiting_place(message)
            copy = self._store.run(
                "INSERT INTO outbox (place, cause, receiver, type, record, at, digest,"
                " body) SELECT ?, cause || ' again ' || ?, receiver, type, record, at,"
                " digest, body FROM outbox WHERE number = ?",
                self._store.count("place"),
                self._store.count("again"),
                message,
            )
            self._events.happened("sent twice on purpose", about=f"message {message}")
        return copy

    def swap(self, one: int, other: int) -> None:
        """Let two waiting messages of one receiver change places."""
        with self._store.transaction():
            first, second = self._waiting_place(one), self._waiting_place(other)
            if first[1] != second[1]:
                raise NotNow("the two messages are for two receivers")
            for message, place in ((one, second[0]), (other, first[0])):
                sql = "UPDATE outbox SET place = ? WHERE number = ?"
                self._store.run(sql, place, message)
            about = f"message {one} message {other}"
            self._events.happened("swapped on purpose", about=about)

    def tell_wrongly(self, records: Iterable[int]) -> int:
        """Tell the CS something of these residents that looks right and is wrong."""
        count = 0
        with self._store.transaction():
            for record in records:
                message = self._tell(record, spoiled)
                self._store.run(
                    "INSERT INTO spoiled (message, record) VALUES (?, ?)",
                    message,
                    record,
                )
                count += 1
            self._events.happened("told wrongly on purpose", about=f"{count} records")
        return count

    def repair(self, by: Operator) -> int:
        """Tell the CS again what is right, of everybody who was told wrongly."""
        with self._store.transaction():
            rows = self._store.rows(
                "UPDATE spoiled SET repaired_at = ? WHERE repaired_at IS NULL"
                " RETURNING record",
                instant(self._clock()),
            )
            records = sorted({record for (record,) in rows})
            for record in records:
                self._tell(record, lambda right: right)
            self._events.happened("repaired", by.name, f"{len(records)} records")
        return len(records)

    def write_rarely(self, record: int, by: Operator, checked_by: Operator) -> int:
        """Write the first character of a name in a form that only this side has."""
        name = self._books.present(record).name
        amendment = Amendment(name=f"{name[0]}{SELECTOR}{name[1:]}")
        today = self._books.today
        reference = f"REHEARSAL-{self._store.count('rehearsal')}"
        form = MinorCorrection(
            basis=decided(reference, today, Cause.MAINTENANCE),
            record=record,
            changed_on=today,
            amendment=amendment,
        )
        entry = self._entries.enter(form, by)
        self._entries.check(entry, checked_by, reference)
        self._events.happened("written rarely on purpose", AUTOMATIC, f"entry {entry}")
        return entry

    def _tell(
        self, number: int, change: Callable[[IdentityRecord], IdentityRecord]
    ) -> int:
        """As a correction, and newer than what the CS holds; so is what comes next."""
        order = self._store.count("abnormal")
        record = self._books.told_once_more(number)
        if record.individual_number is None:
            raise EntryRefused(Fault("individual_number", Rule.MISSING))
        identity = replace(
            change(identity_of(record, self._books.municipality)),
            change_reason=Reason.CORRECTED.value,
            abnormal_update_sequence_number=order,
        )
        update = IdentityInformationUpdate(identity)
        return self._outbox.owe(update, f"abnormal {order}", number)

    def _waiting_place(self, message: int) -> tuple[int, str]:
        sql = (
            "SELECT place, receiver FROM outbox"
            " WHERE number = ? AND delivered_at IS NULL"
        )
        row = self._store.row(sql, message)
        if row is None:
            raise NotNow("this message does not wait")
        return (row[0], row[1])


def spoiled(record: IdentityRecord) -> IdentityRecord:
    """Valid in every field, and wrong: born a day earlier, another postal code."""
    return replace(
        record,
        date_of_birth=record.date_of_birth - timedelta(days=1),
        postal_code=record.postal_code[::-1],
    )
