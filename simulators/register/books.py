# SPDX-License-Identifier: Apache-2.0
"""The register's records as they stand, and the one way to change them.

`write` holds a change against the checks, puts the new state in place of the old, and
adds the row of history, all or nothing. Nothing else writes a record. The marks of the
identity information (reason, day, operator, update number) are set here, exactly where
the identity information itself changed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Final

import msgspec

from simulators.register.basis import Basis, Operator
from simulators.register.births import known
from simulators.register.errors import EntryRefused, Fault, NotThere, Rule
from simulators.register.format_checks import format_faults
from simulators.register.identity import content
from simulators.register.logic_checks import change_faults
from simulators.register.reasons import Reason, Removed
from simulators.register.record import Change, ResidentRecord
from simulators.register.store import Store, Taken, encoded
from simulators.residents.characters import unvoiced
from simulators.store import instant

JAPAN: Final = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class Signed:
    """Who answers for a change: entered by one, checked by another."""

    entry: int | None
    basis: Basis
    entered_by: Operator
    checked_by: Operator


@dataclass(frozen=True, slots=True, repr=False)
class Written:
    """A change as it was written."""

    history: int
    change: Change
    told: bool
    """Whether the identity information changed, and can be told."""


class Books:
    """Records, households and towns of one register."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], municipality: str
    ) -> None:
        self._store = store
        self._clock = clock
        self.municipality = municipality
        rows = store.rows("SELECT code, address FROM towns")
        self.towns: dict[str, str] = dict(rows)

    @property
    def now(self) -> datetime:
        return self._clock()

    @property
    def today(self) -> date:
        """The day in Japan."""
        return self._clock().astimezone(JAPAN).date()

    def record(self, number: int) -> ResidentRecord:
        """A record, present or removed; raises `NotThere`."""
        body = self._store.value("SELECT body FROM records WHERE number = ?", number)
        if body is None:
            raise NotThere("there is no such record")
        return decode(body)

    def present(self, number: int, field: str = "record") -> ResidentRecord:
        """A present resident's record; raises `EntryRefused`."""
        body = self._store.value("SELECT body FROM records WHERE number = ?", number)
        record = None if body is None else decode(body)
        if record is None or not record.present:
            raise EntryRefused(Fault(field, Rule.NOT_PRESENT))
        return record

    def by_code(self, code: str) -> ResidentRecord | None:
        """The newest record of a resident record code."""
        sql = "SELECT body FROM records WHERE code = ? ORDER BY number DESC LIMIT 1"
        body = self._store.value(sql, code)
        return None if body is None else decode(body)

    def household(self, number: int) -> list[ResidentRecord]:
        """The present members of a household."""
        sql = "SELECT body FROM records WHERE household = ? AND present ORDER BY number"
        return [decode(row[0]) for row in self._store.rows(sql, number)]

    def head_name(self, record: ResidentRecord) -> str:
        """The head of somebody's household, or that person where nobody is left."""
        heads = [one for one in self.household(record.household) if one.is_head]
        return heads[0].name if heads else record.name

    def states(self, record: int) -> int:
        """How many states a record has had."""
        sql = "SELECT count(*) FROM history WHERE record = ?"
        found: int = self._store.value(sql, record)
        return found

    def in_town(self, code: str) -> list[ResidentRecord]:
        """Who lives in one town of the city."""
        sql = "SELECT body FROM records WHERE town = ? AND present ORDER BY number"
        return [decode(row[0]) for row in self._store.rows(sql, code)]

    def foreign(self) -> Iterator[ResidentRecord]:
        """Present foreign residents, one after the other."""
        sql = (
            "SELECT number, body FROM records WHERE present AND is_foreign"
            " AND number > ? ORDER BY number LIMIT ?"
        )
        for _, body in self._store.pages(sql, (0,)):
            yield decode(body)

    def leaving(self, until: date) -> list[ResidentRecord]:
        """Present residents whose planned move-out has come."""
        sql = "SELECT body FROM records WHERE leaving <= ? ORDER BY number"
        return [decode(row[0]) for row in self._store.rows(sql, until.isoformat())]

    def all(self, *, present: bool = True) -> Iterator[ResidentRecord]:
        """Present residents, or removed records, one after the other."""
        sql = (
            "SELECT number, body FROM records WHERE present = ? AND number > ?"
            " ORDER BY number LIMIT ?"
        )
        for row in self._store.pages(sql, (0,), int(present)):
            yield decode(row[1])

    def new_household(self) -> int:
        return self._store.count("household")

    def new_record(self) -> int:
        return self._store.count("record")

    def write(self, change: Change, signed: Signed) -> Written:
        """Check and write one change; raises `EntryRefused`."""
        faults = format_faults(change.after, self.towns)
        faults += change_faults(change, self.today)
        faults += self._conflicts(change)
        if _is_prohibited(change):
            faults.append(Fault("record", Rule.UPDATES_PROHIBITED))
        if faults:
            raise EntryRefused(*faults)
        told, after = self._marked(change, signed)
        self.put(after)
        number = self.add_history(change, after, signed)
        return Written(number, replace(change, after=after), told)

    def told_once_more(self, number: int) -> ResidentRecord:
        """A record that is told without a change of it: with the next update number.

        The number is a mark; no state of the history is added or altered.
        """
        record = self.record(number)
        record = replace(record, sequence=record.sequence + 1)
        self.put(record)
        return record

    def put(self, record: ResidentRecord) -> None:
        """Put a record in place, unchecked; nobody else does but the loader."""
        try:
            self._store.run(PUT, *columns_of(record))
        except Taken as taken:
            field = "individual_number" if "individual" in str(taken) else "code"
            raise EntryRefused(Fault(field, Rule.HELD_BY_ANOTHER)) from None

    def add_history(self, change: Change, after: ResidentRecord, signed: Signed) -> int:
        """The numbered row that keeps this state."""
        return self._store.run(
            HISTORY,
            after.number,
            signed.entry,
            change.reason.value,
            change.on.isoformat(),
            instant(self._clock()),
            signed.entered_by.name,
            signed.checked_by.name,
            signed.basis.reference,
            encoded(after),
        )

    def _marked(self, change: Change, signed: Signed) -> tuple[bool, ResidentRecord]:
        """The new state with the marks of the change, where there is one to tell."""
        before, after = change.before, change.after
        known = after.individual_number is not None and not _goes_on(after)
        different = before is None or content(before) != content(after)
        if before is not None and not different:
            return False, after
        if known:
            after = replace(after, sequence=after.sequence + 1)
        if before is not None and before.individual_number is None and known:
            return known, replace(after, recorded=self._clock())
        marked = replace(
            after,
            reason=change.reason,
            changed=change.on,
            notified=change.notified,
            detail=change.detail,
            operator=signed.entered_by.name,
            terminal=signed.entered_by.terminal,
            recorded=self._clock(),
        )
        return known, marked

    def _conflicts(self, change: Change) -> list[Fault]:
        """Codes and numbers that another resident has."""
        after = change.after
        if not after.present:
            return []
        rows = self._store.rows(
            "SELECT code = ?1, individual_number = ?2 FROM records WHERE present"
            " AND number != ?3 AND (code = ?1 OR individual_number = ?2)",
            after.resident_record_code,
            after.individual_number,
            after.number,
        )
        if not rows:
            return []
        same_code = any(row[0] for row in rows)
        if same_code and change.before is None:
            return [Fault("resident_record_code", Rule.ALREADY_PRESENT)]
        field = "resident_record_code" if same_code else "individual_number"
        return [Fault(field, Rule.HELD_BY_ANOTHER)]


def _is_prohibited(change: Change) -> bool:
    """A prohibition stands until it is lifted, whoever wants to change the record."""
    before = change.before
    return (
        before is not None
        and before.updates_prohibited
        and change.reason is not Reason.FLAGGED
    )


def _goes_on(record: ResidentRecord) -> bool:
    """A naturalised person's foreign record goes; the new one tells of the person."""
    return record.removal is not None and record.removal.by is Removed.NATURALISED


def _day_of_leaving(record: ResidentRecord) -> str | None:
    if record.leaving is None or not record.present:
        return None
    return record.leaving.on.isoformat()


def decode(body: bytes) -> ResidentRecord:
    """A record as the store keeps it."""
    return msgspec.json.decode(body, type=ResidentRecord)


PUT: Final = f"INSERT INTO records VALUES ({', '.join('?' * 15)})" + (
    " ON CONFLICT (number) DO UPDATE SET (household, present, code,"
    " individual_number, name, kana, born, sex, address, town, domicile, is_foreign,"
    " leaving, body) = (excluded.household, excluded.present, excluded.code,"
    " excluded.individual_number, excluded.name, excluded.kana, excluded.born,"
    " excluded.sex, excluded.address, excluded.town, excluded.domicile,"
    " excluded.is_foreign, excluded.leaving, excluded.body)"
)
HISTORY: Final = (
    "INSERT INTO history (record, entry, reason, happened, written, entered_by,"
    " checked_by, basis, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def columns_of(record: ResidentRecord) -> tuple[object, ...]:
    return (
        record.number,
        record.household,
        int(record.present),
        record.resident_record_code,
        record.individual_number,
        record.name,
        unvoiced(record.furigana),
        known(record.born, record.born_unknown),
        record.sex,
        record.home.text,
        record.home.town_code,
        record.domicile and record.domicile.municipality,
        int(record.foreign is not None),
        _day_of_leaving(record),
        encoded(record),
    )
