# SPDX-License-Identifier: Apache-2.0
"""住民票の写し等: issued to the person or the household, each issue on record.

An application names what is wanted, by whom and for what. Whoever has no right to a
copy, and whoever asks for a protected person without being that person, hears the same
words. The individual number stands on a copy only where the person or the household
asked for it; not on that of a pre-revision record.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final

from simulators.register.archive import Archive
from simulators.register.basis import Operator, is_reference
from simulators.register.books import Books
from simulators.register.errors import EntryRefused, Fault, NotAllowed, NotThere, Rule
from simulators.register.events import Events
from simulators.register.record import ResidentRecord
from simulators.register.silent import Silent
from simulators.register.store import Store
from simulators.store import instant


class Paper(Enum):
    """What can be issued."""

    HOUSEHOLD = "copy for the whole household"
    """世帯全員の写し."""
    PERSON = "copy for one person"
    """一部の写し."""
    STATEMENT = "statement of entered matters"
    """住民票記載事項証明書."""
    REMOVED = "removed record"
    """除票の写し."""
    PRE_REVISION = "pre-revision record"
    """改製原住民票の写し."""


class Capacity(Enum):
    """As what somebody applies."""

    SELF = "self"
    HOUSEHOLD = "member of the same household"
    AGENT = "agent of the person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """交付申請, by its number; the identity of who brings it was confirmed."""

    reference: str
    paper: Paper
    record: int
    capacity: Capacity
    applicant: int | None = None
    """The applicant's own record; None for an agent."""
    letter_of_attorney: bool = False
    with_number: bool = False
    with_code: bool = False
    with_domicile: bool = False
    with_relationship: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page(Silent):
    """What a copy says of one person; what was not asked for is None."""

    name: str
    furigana: str
    former_surname: str | None
    alias: str | None
    born: str
    """As it is read: 不詳 where it is not known."""
    sex: str
    address: str
    became_resident: date
    address_established: date
    previous_address: str | None
    relationship: str | None
    domicile: str | None
    individual_number: str | None
    resident_record_code: str | None
    removed_on: date | None


@dataclass(frozen=True, slots=True, repr=False)
class Certificate(Silent):
    """A paper as it was issued."""

    serial: str
    paper: Paper
    issued: datetime
    pages: tuple[Page, ...]


NO_RIGHT: Final = "there is nothing that could be issued on this application"
"""Said to everybody alike: no right, protected, or no such record."""
SERIAL: Final = 8
_NUMBERED: Final = frozenset({Paper.HOUSEHOLD, Paper.PERSON, Paper.REMOVED})


class Certificates:
    """The counter that issues copies."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        token_bytes: Callable[[int], bytes],
        books: Books,
        archive: Archive,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._token_bytes = token_bytes
        self._books = books
        self._archive = archive
        self._events = events

    def issue(self, application: Application, by: Operator) -> Certificate:
        """Issue what is applied for; raises `NotAllowed` or `EntryRefused`."""
        if not (is_reference(application.reference) and is_reference(by.name)):
            raise EntryRefused(Fault("reference", Rule.MISSING))
        records = self._records(application)
        if not records or not self._may_have(application, records):
            self._events.happened("issue refused", by.name, application.reference)
            raise NotAllowed(NO_RIGHT)
        if application.with_number and application.paper not in _NUMBERED:
            raise EntryRefused(Fault("with_number", Rule.NOT_ON_THE_FORM))
        serial = self._token_bytes(SERIAL).hex()
        pages = tuple(_page(record, application) for record in records)
        with self._store.transaction():
            self._record(serial, application, by)
            self._events.happened("issued", by.name, f"record {application.record}")
        return Certificate(serial, application.paper, self._clock(), pages)

    def issued(self) -> int:
        """How many papers were issued."""
        found: int = self._store.value("SELECT count(*) FROM issues")
        return found

    def _records(self, application: Application) -> tuple[ResidentRecord, ...]:
        try:
            record = self._books.record(application.record)
        except NotThere:
            return ()
        match application.paper:
            case Paper.HOUSEHOLD if record.present:
                return tuple(self._books.household(record.household))
            case Paper.PERSON | Paper.STATEMENT if record.present:
                return (record,)
            case Paper.REMOVED if not record.present:
                return (record,)
            case Paper.PRE_REVISION:
                return self._archive.pre_revision(record.number)
            case _:
                return ()

    def _may_have(
        self, application: Application, records: Iterable[ResidentRecord]
    ) -> bool:
        """The person, or somebody of the household, or the person's agent (R-016)."""
        today = self._books.today
        wanted = self._books.record(application.record)
        shown = [wanted, *records]
        own = self._own_records(application)
        for record in shown:
            current = self._books.record(record.number)
            if current.protected(today) and current.number not in own:
                return False
        match application.capacity:
            case Capacity.SELF:
                return wanted.number in own
            case Capacity.HOUSEHOLD:
                return wanted.household in self._households(own)
            case Capacity.AGENT:
                return application.letter_of_attorney and not application.with_number

    def _own_records(self, application: Application) -> frozenset[int]:
        """Every record, also removed ones, of the person who applies."""
        if application.applicant is None:
            return frozenset()
        rows = self._store.rows(
            "SELECT number FROM records WHERE code ="
            " (SELECT code FROM records WHERE number = ?)",
            application.applicant,
        )
        return frozenset(row[0] for row in rows)

    def _households(self, own: frozenset[int]) -> frozenset[int]:
        records = map(self._books.record, own)
        return frozenset(one.household for one in records if one.present)

    def _record(self, serial: str, application: Application, by: Operator) -> None:
        self._store.run(
            "INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            serial,
            application.paper.value,
            application.record,
            application.reference,
            application.capacity.value,
            int(application.with_number),
            by.name,
            by.terminal,
            instant(self._clock()),
        )


def _page(record: ResidentRecord, wanted: Application) -> Page:
    domicile = record.domicile if wanted.with_domicile else None
    return Page(
        name=record.name,
        furigana=record.furigana,
        former_surname=record.former_surname,
        alias=record.alias,
        born=record.born_text,
        sex=record.sex,
        address=record.home.text,
        became_resident=record.became_resident,
        address_established=record.address_established,
        previous_address=record.previous_address,
        relationship=record.relationship if wanted.with_relationship else None,
        domicile=None if domicile is None else domicile.text,
        individual_number=record.individual_number if wanted.with_number else None,
        resident_record_code=record.resident_record_code if wanted.with_code else None,
        removed_on=None if record.removal is None else record.removal.on,
    )
