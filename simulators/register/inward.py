# SPDX-License-Identifier: Apache-2.0
"""What other municipalities send by way of the CS: move-out certificates, arrivals.

A move-out certificate (転出証明書情報) waits for the person; it is gone on the day
after the thirtieth from the planned move-out, or once it was used; one that was asked
for again after that counts for the day on which it comes. An arrival
(転入通知) says that somebody moved in elsewhere; it may come before the move-out was
notified here, and then it waits for a person to decide (職権消除). A source whose data
are bad is isolated: nothing of it is taken until it is restored; the others go on.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum
from typing import Final

import msgspec

from schemas.systems import CS
from simulators.register.books import JAPAN, Books
from simulators.register.errors import EntryRefused, Fault, NotNow, Rule, WrongSource
from simulators.register.events import Events
from simulators.register.format_checks import code_is_valid, number_is_valid
from simulators.register.owed import MoveInNotice, MoveOutCertificateInformation
from simulators.register.record import ResidentRecord
from simulators.register.store import Store, Taken, encoded
from simulators.store import instant

KEPT_DAYS: Final = 30
"""After the planned day of the move-out; the thirtieth day itself still counts."""


class Arrival(Enum):
    """What a move-in notice of another municipality means here."""

    SETTLED = "settled"
    """The move-out was notified, or has taken place."""
    UNANNOUNCED = "unannounced"
    """Nobody notified a move-out here: somebody has to decide."""
    UNKNOWN = "unknown"
    """No record of this person was ever here."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """How many move-out certificates were erased for their age."""

    count: int


class Inward:
    """Messages that come in; only by way of the CS."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        books: Books,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._events = events

    def admit(self, via: str, source: str) -> None:
        """Whether something may come in at all; raises `WrongSource`."""
        if via != CS:
            raise WrongSource("this comes by way of the CS only")
        if self.is_isolated(source):
            self._events.happened("refused from an isolated source", about=source)
            raise WrongSource("the source is isolated")

    def is_isolated(self, source: str) -> bool:
        """Whether nothing is taken of this municipality."""
        sql = "SELECT 1 FROM isolated WHERE source = ?"
        return bool(self._store.value(sql, source))

    def isolate(self, source: str, by: str) -> None:
        """Take nothing of this municipality until it is restored."""
        with self._store.transaction():
            self._store.run(
                "INSERT INTO isolated VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                source,
                by,
                instant(self._clock()),
            )
            self._events.happened("source isolated", by, source)

    def restore(self, source: str, by: str) -> None:
        """Take what this municipality sends again."""
        with self._store.transaction():
            self._store.run("DELETE FROM isolated WHERE source = ?", source)
            self._events.happened("source restored", by, source)

    def receive_certificate(
        self, information: MoveOutCertificateInformation, via: str
    ) -> int:
        """Keep a move-out certificate; the same one again has the same number."""
        self.admit(via, information.origin)
        faults = _certificate_faults(information, self._books.municipality)
        if faults:
            raise EntryRefused(*faults)
        body = encoded(information)
        digest = hashlib.sha256(body).hexdigest()
        sql = "SELECT number FROM certificates_in WHERE digest = ? AND state = 'waits'"
        known: int | None = self._store.value(sql, digest)
        if known is not None:
            return known
        with self._store.transaction():
            self._store.run(
                "DELETE FROM certificates_in WHERE digest = ? AND state = 'lapsed'",
                digest,
            )
            try:
                number = self._store.run(
                    "INSERT INTO certificates_in (source, planned, at, state, digest,"
                    " body) VALUES (?, ?, ?, 'waits', ?, ?)",
                    information.origin,
                    information.planned.isoformat(),
                    instant(self._clock()),
                    digest,
                    body,
                )
            except Taken:
                raise NotNow("this move-out certificate was used") from None
            self._events.happened("move-out certificate received", about=str(number))
        return number

    def certificate(self, number: int) -> MoveOutCertificateInformation:
        """A certificate that waits and has not lapsed; raises `EntryRefused`."""
        sql = (
            "SELECT body FROM certificates_in"
            " WHERE number = ? AND state = 'waits' AND (planned >= ? OR at >= ?)"
        )
        body = self._store.value(sql, number, *self._oldest())
        if body is None:
            raise EntryRefused(Fault("certificate", Rule.NO_CERTIFICATE))
        return msgspec.json.decode(body, type=MoveOutCertificateInformation)

    def certificate_of(self, code: str) -> int | None:
        """The certificate that names this resident record code, if one waits."""
        sql = "SELECT number, body FROM certificates_in WHERE state = 'waits'"
        for number, body in self._store.rows(sql):
            found = msgspec.json.decode(body, type=MoveOutCertificateInformation)
            if code in {person.resident_record_code for person in found.persons}:
                return int(number)
        return None

    def used(self, number: int) -> None:
        """The move-in was done: its content goes."""
        self._store.run(
            "UPDATE certificates_in SET state = 'used', body = NULL WHERE number = ?",
            number,
        )

    def expire(self) -> Lapsed:
        """Erase what nobody came for within thirty days of the planned day."""
        with self._store.transaction():
            due = self._store.rows(
                "UPDATE certificates_in SET state = 'lapsed', body = NULL"
                " WHERE state = 'waits' AND planned < ? AND at < ? RETURNING number",
                *self._oldest(),
            )
            for (number,) in due:
                self._events.happened("move-out certificate erased", about=str(number))
        return Lapsed(len(due))

    def receive_move_in_notice(
        self, notice: MoveInNotice, source: str, via: str
    ) -> Arrival:
        """Somebody moved in at ``source``; taken in once."""
        self.admit(via, source)
        if not code_is_valid(notice.resident_record_code):
            raise EntryRefused(Fault("resident_record_code", Rule.NUMBER))
        record = self._books.by_code(notice.resident_record_code)
        arrival = _meaning(record)
        with self._store.transaction():
            self._store.run(
                "INSERT INTO arrivals (source, code, moved_on, at, state)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                source,
                notice.resident_record_code,
                notice.moved_on.isoformat(),
                instant(self._clock()),
                arrival.value,
            )
            about = "" if record is None else f"record {record.number}"
            self._events.happened(f"arrival elsewhere: {arrival.value}", about=about)
        return arrival

    def arrived_elsewhere(self, record: ResidentRecord) -> bool:
        """Whether a notice says that this resident has arrived in another place."""
        sql = "SELECT 1 FROM arrivals WHERE code = ? AND moved_on >= ?"
        day = record.became_resident.isoformat()
        return bool(self._store.value(sql, record.resident_record_code, day))

    def _oldest(self) -> tuple[str, str]:
        """The oldest planned day that still counts, and when today began."""
        today = self._books.today
        began = datetime.combine(today, time.min, JAPAN)
        return (today - timedelta(days=KEPT_DAYS)).isoformat(), instant(began)


def _meaning(record: ResidentRecord | None) -> Arrival:
    if record is None:
        return Arrival.UNKNOWN
    if record.present and record.leaving is None:
        return Arrival.UNANNOUNCED
    return Arrival.SETTLED


def _certificate_faults(
    information: MoveOutCertificateInformation, here: str
) -> list[Fault]:
    faults = []
    if information.destination != here:
        faults.append(Fault("destination", Rule.UNKNOWN_CODE))
    if information.origin == here:
        faults.append(Fault("origin", Rule.UNKNOWN_CODE))
    if not information.persons:
        faults.append(Fault("persons", Rule.MISSING))
    for person in information.persons:
        if not code_is_valid(person.resident_record_code):
            faults.append(Fault("resident_record_code", Rule.NUMBER))
        if not number_is_valid(person.individual_number):
            faults.append(Fault("individual_number", Rule.NUMBER))
    return faults
