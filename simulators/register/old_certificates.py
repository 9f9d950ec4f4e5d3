# SPDX-License-Identifier: Apache-2.0
"""旧住民票: copies of the removed and pre-revision records of before the renewal.

They go to whom the others go (R-016): the person, a member of the same household as it
is now, an agent with a letter. Who the person is today is known by the code: by every
code that a record of this register ever had. Whoever is protected gets a copy and
nobody else does; and all who have no right hear the same words. Somebody who has had no
record since the renewal is confirmed at the counter, and has no household here. A copy
shows the lines as they were printed, and so neither code nor individual number.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from simulators.register.basis import Operator, is_reference
from simulators.register.books import Books
from simulators.register.certificates import NO_RIGHT, SERIAL, Capacity
from simulators.register.errors import EntryRefused, Fault, NotAllowed, NotThere, Rule
from simulators.register.events import Events
from simulators.register.old import OldRecord, OldRecords
from simulators.register.record import ResidentRecord
from simulators.register.silent import Silent
from simulators.register.store import Store
from simulators.store import instant

KIND: Final = "old record"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldApplication:
    """交付申請, by its number; the identity of who brings it was confirmed."""

    reference: str
    old_record: int
    capacity: Capacity
    applicant: int | None = None
    """The applicant's own record; None for an agent, and for a person who has had none
    since the renewal."""
    letter_of_attorney: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class OldCopy(Silent):
    """A copy as it was issued."""

    serial: str
    issued: datetime
    lines: tuple[str, ...]
    records: tuple[int, ...]
    """The person's records in this register."""


class OldCertificates:
    """The counter for them."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        token_bytes: Callable[[int], bytes],
        books: Books,
        old: OldRecords,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._token_bytes = token_bytes
        self._books = books
        self._old = old
        self._events = events

    def issue(self, application: OldApplication, by: Operator) -> OldCopy:
        """Issue what is applied for; raises `NotAllowed` or `EntryRefused`."""
        if not (is_reference(application.reference) and is_reference(by.name)):
            raise EntryRefused(Fault("reference", Rule.MISSING))
        try:
            old = self._old.record(application.old_record)
            person = self._person(old)
            allowed = self._may_have(application, person)
        except NotThere:
            allowed = False
        if not allowed:
            self._events.happened("issue refused", by.name, application.reference)
            raise NotAllowed(NO_RIGHT)
        serial = self._token_bytes(SERIAL).hex()
        with self._store.transaction():
            self._record(serial, application, by)
            about = f"old record {application.old_record}"
            self._events.happened("issued", by.name, about)
        records = tuple(one.number for one in person)
        return OldCopy(serial, self._clock(), old.lines, records)

    def _person(self, old: OldRecord) -> Sequence[ResidentRecord]:
        """Every record here of the person, whose code may have been changed since."""
        rows = self._store.rows(
            "SELECT number FROM records WHERE code IN (SELECT code FROM records"
            " WHERE number IN (SELECT record FROM history WHERE ?1 IN"
            " (json_extract(CAST(body AS TEXT), '$.resident_record_code'),"
            " json_extract(CAST(body AS TEXT), '$.old_resident_record_code'))))"
            " ORDER BY number",
            old.resident_record_code,
        )
        return [self._books.record(row[0]) for row in rows]

    def _may_have(
        self, application: OldApplication, person: Sequence[ResidentRecord]
    ) -> bool:
        own = application.applicant in {one.number for one in person}
        today = self._books.today
        if any(one.protected(today) for one in person) and not own:
            return False
        match application.capacity:
            case Capacity.SELF:
                return own or (application.applicant is None and not person)
            case Capacity.HOUSEHOLD:
                return self._household_of(application) in {
                    one.household for one in person if one.present
                }
            case Capacity.AGENT:
                return application.letter_of_attorney

    def _household_of(self, application: OldApplication) -> int | None:
        if application.applicant is None:
            return None
        applicant = self._books.record(application.applicant)
        return applicant.household if applicant.present else None

    def _record(self, serial: str, application: OldApplication, by: Operator) -> None:
        self._store.run(
            "INSERT INTO issues VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)",
            serial,
            KIND,
            application.old_record,
            application.reference,
            application.capacity.value,
            by.name,
            by.terminal,
            instant(self._clock()),
        )
