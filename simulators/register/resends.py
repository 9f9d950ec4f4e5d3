# SPDX-License-Identifier: Apache-2.0
"""転出証明書情報 once more: it did not come where it was to, or was erased there.

The municipality of the move-in asks by code, name and day of birth (F23-03-N, without
an individual number). It is answered where this person notified a move-out to that very
municipality, with the whole of what the notification said; else nothing goes.
"""

from datetime import date

from simulators.register.books import Books
from simulators.register.effects_leaving import moving_person
from simulators.register.events import Events
from simulators.register.inward import Inward
from simulators.register.outbox import Outbox
from simulators.register.owed import MoveOutCertificateInformation
from simulators.register.reasons import Reason
from simulators.register.record import ResidentRecord
from simulators.register.store import Store


class Resends:
    """Answers to requests to send again."""

    def __init__(
        self,
        store: Store,
        books: Books,
        outbox: Outbox,
        inward: Inward,
        events: Events,
    ) -> None:
        self._store = store
        self._books = books
        self._outbox = outbox
        self._inward = inward
        self._events = events

    def receive(self, code: str, name: str, born: date, source: str, via: str) -> bool:
        """Whether the information goes once more; raises `WrongSource`."""
        self._inward.admit(via, source)
        record = self._books.by_code(code)
        if record is None or (record.name, record.born) != (name, born):
            return self._nobody(source)
        leaving = record.leaving
        if leaving is None or leaving.municipality != source:
            return self._nobody(source)
        reference, movers = self._notified(record)
        heads = [one.name for one in movers if one.is_head]
        information = MoveOutCertificateInformation(
            certificate=reference,
            origin=self._books.municipality,
            destination=source,
            planned=leaving.on,
            previous_address=record.home.text,
            destination_address=leaving.address,
            persons=tuple(
                moving_person(one, heads[0] if heads else self._books.head_name(one))
                for one in movers
                if one.individual_number is not None
            ),
        )
        with self._store.transaction():
            cause = f"resend {self._store.count('resend')}"
            self._outbox.owe(information, cause)
            self._events.happened("sent once more", about=source)
        return True

    def _nobody(self, source: str) -> bool:
        self._events.happened("nothing to send once more", about=source)
        return False

    def _notified(self, record: ResidentRecord) -> tuple[str, list[ResidentRecord]]:
        """The notification that a move-out rests on, and everybody whom it named."""
        reference: str = self._store.value(
            "SELECT basis FROM history WHERE record = ? AND reason IN (?, ?)"
            " ORDER BY number DESC LIMIT 1",
            record.number,
            Reason.LEAVING.value,
            Reason.MOVED_OUT.value,
        )
        rows = self._store.rows(
            "SELECT DISTINCT record FROM history WHERE basis = ? AND reason IN (?, ?)"
            " ORDER BY record",
            reference,
            Reason.LEAVING.value,
            Reason.MOVED_OUT.value,
        )
        return reference, [self._books.record(row[0]) for row in rows]
