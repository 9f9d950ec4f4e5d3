# SPDX-License-Identifier: Apache-2.0
"""個人番号: asked of J-LIS, matched, checked, designated. Nothing here makes one.

asked -> answered -> designated. The answer comes by way of the CS and has to name the
resident record code that the request gave (R-009); the mayor designates it once the CS
was asked whether number and person belong together (R-055). A resident who is newly
notified of a number is extracted for the card centre then and there (R-013).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from simulators.register.basis import Cause, Confirmation, Operator, decided
from simulators.register.books import Books, Signed
from simulators.register.duties import Duties
from simulators.register.errors import (
    EntryRefused,
    Fault,
    NotAllowed,
    NotNow,
    NotThere,
    Rule,
)
from simulators.register.events import Events
from simulators.register.format_checks import number_is_valid
from simulators.register.inward import Inward
from simulators.register.outbox import Outbox
from simulators.register.owed import NumberGenerationRequest, SendingDestination
from simulators.register.reasons import Reason
from simulators.register.record import Change, ResidentRecord
from simulators.register.store import Store
from simulators.store import instant

TOKEN: int = 16
"""Bytes of the number of a request, and of a batch."""


class Numbers:
    """Requests for individual numbers, and what became of them."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        token_bytes: Callable[[int], bytes],
        books: Books,
        outbox: Outbox,
        duties: Duties,
        inward: Inward,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._token_bytes = token_bytes
        self._books = books
        self._outbox = outbox
        self._duties = duties
        self._inward = inward
        self._events = events

    def ask(self, record: ResidentRecord) -> str:
        """Write a request down; in the transaction of what wants the number."""
        if self.open(record.number):
            raise EntryRefused(Fault("record", Rule.OPEN_ENTRY))
        reference = self._token_bytes(TOKEN).hex()
        change = record.individual_number is not None
        self._store.run(
            "INSERT INTO number_requests VALUES (?, ?, ?, ?, ?, 'asked', NULL)",
            reference,
            record.number,
            record.resident_record_code,
            (Reason.NUMBER_CHANGED if change else Reason.NUMBER_DESIGNATED).value,
            instant(self._clock()),
        )
        request = NumberGenerationRequest(
            request=reference,
            resident_record_code=record.resident_record_code,
            for_a_change=change,
        )
        self._outbox.owe(request, f"request {reference}", record.number)
        return reference

    def open(self, record: int) -> tuple[str, ...]:
        """The requests for this record that were not yet designated."""
        rows = self._store.rows(
            "SELECT reference FROM number_requests WHERE record = ?"
            " AND state != 'designated' ORDER BY at, reference",
            record,
        )
        return tuple(row[0] for row in rows)

    def receive(self, request: str, code: str, number: str, via: str) -> None:
        """J-LIS answered. The same answer again changes nothing.

        Raises `WrongSource`, `NotThere`, `NotNow`, and `EntryRefused` where the answer
        is about another person or no number of the simulation.
        """
        self._inward.admit(via, "jlis")
        row = self._row(request)
        if row[1] != code:
            self._events.happened("answer for another person", about=request)
            raise EntryRefused(Fault("resident_record_code", Rule.OTHER_PERSON))
        if not number_is_valid(number):
            raise EntryRefused(Fault("individual_number", Rule.NUMBER))
        if row[3] != "asked":
            if row[4] == number:
                return
            raise NotNow("this request was answered otherwise")
        with self._store.transaction():
            self._store.run(
                "UPDATE number_requests SET state = 'answered', number = ?"
                " WHERE reference = ?",
                number,
                request,
            )
            self._events.happened("number generated", about=request)

    def designate(
        self, request: str, by: Operator, checked_by: Operator, check: Confirmation
    ) -> None:
        """個人番号の指定, by two people, after the check by way of the CS."""
        record_number, _, reason, state, number = self._row(request)
        if state != "answered":
            raise NotNow("no number was generated for this, or it is designated")
        if by.name == checked_by.name:
            raise NotAllowed("nobody checks what he enters himself")
        if not (check.confirmed and check.reference):
            raise EntryRefused(Fault("check", Rule.NUMBER_UNPROVEN))
        before = self._books.record(record_number)
        today = self._books.today
        change = Change(
            before=before,
            after=replace(before, individual_number=number),
            reason=Reason(reason),
            on=today,
            notified=today,
        )
        basis = decided(request, today, Cause.NOTICE)
        with self._store.transaction():
            written = self._books.write(change, Signed(None, basis, by, checked_by))
            self._duties.of(written)
            self._store.run(
                "UPDATE number_requests SET state = 'designated', number = NULL"
                " WHERE reference = ?",
                request,
            )
            self._extract(written.change.after)
            about = f"record {record_number}"
            self._events.happened("number designated", by.name, about)

    def _extract(self, record: ResidentRecord) -> None:
        """送付先情報, of residents only (R-012)."""
        if not record.present or record.individual_number is None:
            return
        batch = self._token_bytes(TOKEN).hex()
        destination = SendingDestination(
            batch=batch,
            resident_record_code=record.resident_record_code,
            individual_number=record.individual_number,
            name=record.name,
            furigana=record.furigana,
            born=record.born,
            sex=record.sex,
            postal_code=record.home.postal_code,
            address=record.home.text,
            extracted=self._clock().replace(microsecond=0),
        )
        self._outbox.owe(destination, f"extract {batch}", record.number)

    def _row(self, request: str) -> tuple[int, str, str, str, str]:
        row = self._store.row(
            "SELECT record, code, reason, state, number FROM number_requests"
            " WHERE reference = ?",
            request,
        )
        if row is None:
            raise NotThere("there is no such request")
        return (row[0], row[1], row[2], row[3], row[4])
