# SPDX-License-Identifier: Apache-2.0
"""Fictional residents into an empty register, as a stream.

Written in batches, each whole or not at all, and how far it went is written with it: an
interrupted load of the same residents goes on where it stopped. What is loaded owes no
message: it is how the register stood when it began.

The generator has no registered domiciles, so they are made up here: six households in
ten have theirs in the city, the others where they came from, if they came.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from simulators.register.books import HISTORY, PUT, columns_of
from simulators.register.errors import EntryRefused, NotNow
from simulators.register.events import Events
from simulators.register.format_checks import format_faults
from simulators.register.reasons import Reason
from simulators.register.record import SPACE, Domicile, Home, ResidentRecord
from simulators.register.store import Store, encoded
from simulators.register.supplement import ADD, columns, own_line
from simulators.residents import Resident
from simulators.residents.moves import ChangeReason
from simulators.residents.record import SEX_CODES
from simulators.store import instant

BATCH: Final = 2_000
"""Residents written at once; the memory a load needs does not grow with the city."""
OPERATOR: Final = "SIMOPERATOR"
TERMINAL: Final = "SIMTERMINAL"
REASONS: Final = {
    ChangeReason.MOVED_IN: Reason.MOVED_IN,
    ChangeReason.MOVED_WITHIN: Reason.MOVED_WITHIN,
    ChangeReason.BORN: Reason.BORN,
}
_HERE: Final = 6


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many residents this load wrote, and how many there were before it."""

    written: int
    before: int


class Loading:
    """The first filling of a register."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        towns: dict[str, str],
        municipality: str,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._towns = towns
        self._municipality = municipality
        self._events = events

    def load(
        self, residents: Iterable[Resident], told: Callable[[int], object] | None = None
    ) -> Loaded:
        """Write residents who are not in the register yet; ``told`` hears how many are.

        Raises `NotNow` where the register was changed since the last load, and
        `EntryRefused` for a resident that does not fit, such as one of another city.
        """
        before = self.loaded()
        if self.is_over():
            raise NotNow("the register has entries: only a fresh one is filled")
        rest = islice(residents, before, None)
        written = 0
        holder = _Holder()
        while batch := list(islice(rest, BATCH)):
            with self._store.transaction():
                self._write([self._record(one, holder) for one in batch])
                written += len(batch)
                self._remember(before + written)
            if told is not None:
                told(before + written)
        self._events.happened("loaded", about=f"{written} residents")
        return Loaded(written, before)

    def is_over(self) -> bool:
        """Whether the register was worked with: nobody is loaded any more."""
        return bool(self._store.value("SELECT 1 FROM entries LIMIT 1"))

    def loaded(self) -> int:
        """How many residents were loaded so far."""
        sql = "SELECT value FROM settings WHERE name = 'loaded'"
        return int(self._store.value(sql) or 0)

    def _remember(self, count: int) -> None:
        self._store.run(
            "INSERT INTO settings VALUES ('loaded', ?1)"
            " ON CONFLICT (name) DO UPDATE SET value = ?1",
            str(count),
        )

    def _record(self, one: Resident, holder: "_Holder") -> ResidentRecord:
        record = record_of(one, self._store.count("record"), holder.of(one))
        faults = format_faults(record, self._towns)
        if faults:
            raise EntryRefused(*faults)
        return record

    def _write(self, records: list[ResidentRecord]) -> None:
        now = instant(self._clock())
        self._store.many(PUT, map(columns_of, records))
        self._store.many(HISTORY, (_history(one, now) for one in records))
        self._store.many(
            ADD,
            (
                (*columns(own_line(one, self._municipality)), now)
                for one in records
                if one.domicile and one.domicile.municipality == self._municipality
            ),
        )
        highest = max(one.household for one in records)
        self._store.run(
            "INSERT INTO counters VALUES ('household', ?1)"
            " ON CONFLICT (name) DO UPDATE SET value = max(value, ?1)",
            highest,
        )


class _Holder:
    """筆頭者: the head of each household, who comes first."""

    def __init__(self) -> None:
        self._household = -1
        self._name = ""

    def of(self, one: Resident) -> str:
        if one.household != self._household:
            self._household, self._name = one.household, one.kanji_name
        return self._name


def record_of(one: Resident, number: int, holder: str) -> ResidentRecord:
    """The record of a fictional resident: the same 40 fields come out of it again."""
    address, _, building = one.address.partition(SPACE)
    history = one.history
    origin = history.origin
    former = one.former_surname
    return ResidentRecord(
        number=number,
        household=one.household + 1,
        relationship=one.relationship,
        resident_record_code=one.resident_record_code,
        old_resident_record_code=one.old_resident_record_code,
        code_used_from=one.record_code_used_from,
        individual_number=one.individual_number,
        name=one.kanji_name,
        furigana=one.kana_name,
        former_surname=None if former is None else former.kanji,
        former_surname_furigana=None if former is None else former.kana,
        born=one.born,
        sex=SEX_CODES[one.sex],
        home=Home(
            town_code=one.town.code,
            postal_code=one.town.postal_code,
            address=address,
            building=building or None,
        ),
        became_resident=history.became_resident,
        address_established=history.address_established,
        previous_municipality=None if origin is None else origin.municipality,
        previous_address=None if origin is None else origin.address,
        domicile=_domicile(one, address, holder),
        reason=REASONS[history.reason],
        changed=history.address_established,
        notified=history.notified,
        operator=OPERATOR,
        terminal=TERMINAL,
        sequence=1,
        recorded=history.recorded,
    )


def _domicile(one: Resident, address: str, holder: str) -> Domicile:
    origin = one.history.origin
    if origin is None or one.household % 10 < _HERE:
        return Domicile(municipality=one.municipality_code, text=address, holder=holder)
    return Domicile(
        municipality=origin.municipality,
        text=origin.address.partition(SPACE)[0],
        holder=holder,
    )


def _history(record: ResidentRecord, now: str) -> tuple[Any, ...]:
    happened: date = record.changed
    return (
        record.number,
        None,
        record.reason.value,
        happened.isoformat(),
        now,
        OPERATOR,
        OPERATOR,
        "loaded",
        encoded(record),
    )
