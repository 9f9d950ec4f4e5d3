# SPDX-License-Identifier: Apache-2.0
"""戸籍の附票: where people whose registered domicile is in this city have lived.

A change of an address or a name is told to where the family register is: to another
municipality by way of the CS, to our own family register system directly. What other
municipalities tell of people with their domicile here is added to ours. A name that
does not agree goes back as a mismatch (住民基本台帳法第19条第2項), such as a
character that only one side has: nothing is guessed, nothing is made equal.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from simulators.register.books import Books, Written
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.events import Events
from simulators.register.format_checks import code_is_valid, is_line
from simulators.register.inward import Inward
from simulators.register.outbox import Outbox
from simulators.register.owed import (
    SupplementInformation,
    SupplementMismatch,
    SupplementUpdate,
)
from simulators.register.record import ResidentRecord
from simulators.register.silent import Silent
from simulators.register.store import Store
from simulators.store import instant

_TOLD_OF = ("name", "born", "home", "domicile", "resident_record_code")


@dataclass(frozen=True, slots=True, repr=False)
class Line(Silent):
    """One address of a person whose domicile is here."""

    number: int
    resident_record_code: str
    name: str
    born: date
    address: str
    municipality: str
    since: date


class Supplement:
    """The supplement of the family register, and its messages."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        books: Books,
        outbox: Outbox,
        inward: Inward,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._outbox = outbox
        self._inward = inward
        self._events = events

    def note(self, written: Written, cause: str) -> None:
        """What a change of a record means for the family register."""
        before, after = written.change.before, written.change.after
        if after.domicile is None or not after.present:
            return
        if before is not None and all(
            getattr(before, name) == getattr(after, name) for name in _TOLD_OF
        ):
            return
        information = SupplementInformation(
            municipality=after.domicile.municipality,
            resident_record_code=after.resident_record_code,
            name=after.name,
            born=after.born,
            sex=after.sex,
            domicile=after.domicile,
            address=after.home.text,
            since=after.address_established,
            change_reason=written.change.reason.value,
            change_date=written.change.on,
        )
        owner = f"{cause}/{after.number}"
        if after.domicile.municipality == self._books.municipality:
            self._add(information, self._books.municipality, owner, after.number)
        else:
            self._outbox.owe(information, owner, after.number)

    def receive(
        self, information: SupplementInformation, source: str, via: str
    ) -> tuple[str, ...]:
        """Take what another municipality tells of somebody with the domicile here.

        Gives the fields that do not agree with the supplement; then the sender is told,
        and nothing is taken. Raises `WrongSource`, `EntryRefused`.
        """
        self._inward.admit(via, source)
        if information.municipality != self._books.municipality:
            raise EntryRefused(Fault("municipality", Rule.OTHER_PERSON))
        if not code_is_valid(information.resident_record_code):
            raise EntryRefused(Fault("resident_record_code", Rule.NUMBER))
        if not is_line(information.address):
            raise EntryRefused(Fault("address", Rule.FORMAT))
        fields = self._disagreeing(information)
        with self._store.transaction():
            cause = f"supplement {self._store.count('supplement')}"
            if fields:
                self._tell_mismatch(information, source, fields, cause)
            else:
                self._add(information, source, cause, None)
                self._events.happened("supplement received", about=source)
        return fields

    def receive_mismatch(
        self, code: str, fields: Iterable[str], source: str, via: str
    ) -> None:
        """What we told ``source`` does not fit its family register: a person decides.

        Raises `WrongSource`, and `EntryRefused` for somebody who never lived here.
        """
        self._inward.admit(via, source)
        record = self._books.by_code(code)
        if record is None:
            raise EntryRefused(Fault("resident_record_code", Rule.NOT_PRESENT))
        about = f"record {record.number} {source} {' '.join(fields)}"
        self._events.happened("supplement mismatch told", about=about)

    def lines(self, code: str) -> tuple[Line, ...]:
        """Every address of one person, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM supplements WHERE code = ? ORDER BY number"
        return tuple(_line(*row) for row in self._store.rows(sql, code))

    def all(self) -> Iterator[Line]:
        """The data of everybody whose domicile is here (function 7), as a stream."""
        sql = (
            f"SELECT {_COLUMNS} FROM supplements WHERE number > ?"
            " ORDER BY number LIMIT ?"
        )
        return (_line(*row) for row in self._store.pages(sql, (0,)))

    def _disagreeing(self, information: SupplementInformation) -> tuple[str, ...]:
        lines = self.lines(information.resident_record_code)
        if not lines:
            return ("resident_record_code",)
        last = lines[-1]
        return tuple(
            name
            for name in ("name", "born")
            if getattr(last, name) != getattr(information, name)
        )

    def _tell_mismatch(
        self,
        information: SupplementInformation,
        source: str,
        fields: tuple[str, ...],
        cause: str,
    ) -> None:
        mismatch = SupplementMismatch(
            municipality=source,
            resident_record_code=information.resident_record_code,
            name=information.name,
            born=information.born,
            domicile=information.domicile,
            fields=fields,
        )
        self._outbox.owe(mismatch, cause)
        self._events.happened("supplement mismatch", about=" ".join(fields))

    def _add(
        self,
        information: SupplementInformation,
        municipality: str,
        cause: str,
        record: int | None,
    ) -> None:
        line = _line_of(information, municipality)
        self._store.run(ADD, *columns(line), instant(self._clock()))
        update = SupplementUpdate(
            resident_record_code=information.resident_record_code,
            name=information.name,
            born=information.born,
            sex=information.sex,
            domicile=information.domicile,
            address=information.address,
            municipality=municipality,
            since=information.since,
            change_reason=information.change_reason,
            change_date=information.change_date,
        )
        self._outbox.owe(update, cause, record)


_COLUMNS = "number, code, name, born, address, municipality, since"
ADD = (
    "INSERT INTO supplements (code, name, born, address, municipality, since, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def columns(line: Line) -> tuple[str, ...]:
    """A line as the store keeps it, without its number and moment."""
    return (
        line.resident_record_code,
        line.name,
        line.born.isoformat(),
        line.address,
        line.municipality,
        line.since.isoformat(),
    )


def own_line(record: ResidentRecord, municipality: str) -> Line:
    """The line that a resident's own record makes."""
    return Line(
        number=0,
        resident_record_code=record.resident_record_code,
        name=record.name,
        born=record.born,
        address=record.home.text,
        municipality=municipality,
        since=record.address_established,
    )


def _line_of(information: SupplementInformation, source: str) -> Line:
    return Line(
        number=0,
        resident_record_code=information.resident_record_code,
        name=information.name,
        born=information.born,
        address=information.address,
        municipality=source,
        since=information.since,
    )


def _line(
    number: int, code: str, name: str, born: str, address: str, place: str, since: str
) -> Line:
    return Line(
        number,
        code,
        name,
        date.fromisoformat(born),
        address,
        place,
        date.fromisoformat(since),
    )
