# SPDX-License-Identifier: Apache-2.0
"""旧住民票: what the system before the renewal held, to be looked up and issued.

Loaded once, never changed: a record here is lines of text as the old system printed
them. The code stands beside the lines and in none of them, so that no copy shows it. A
record is found by the same keys as a present one, and the look-up is on record.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from simulators.register.basis import Operator
from simulators.register.errors import (
    EntryRefused,
    Fault,
    NotAllowed,
    NotNow,
    NotThere,
    Rule,
)
from simulators.register.format_checks import code_is_valid
from simulators.register.inquiries import Inquiries
from simulators.register.search import Query, is_enough
from simulators.register.silent import Silent
from simulators.register.store import Store, Taken, encoded

_NUMBER: Final = re.compile(r"\d{11}")
"""As long as a resident record code or longer, in digits of any width."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OldRecord(Silent):
    """One record of the old system."""

    number: int
    resident_record_code: str
    name: str
    born: date
    address: str
    lines: tuple[str, ...]


class OldRecords:
    """The records of the old system."""

    def __init__(self, store: Store, inquiries: Inquiries) -> None:
        self._store = store
        self._inquiries = inquiries

    def load(self, records: Iterable[OldRecord]) -> None:
        """Take them over from the old system, all or none.

        Raises `EntryRefused` for a code of another realm and for a line with a number
        of a person in it, `NotNow` for a record that is here.
        """
        rows = [_columns(one) for one in records]
        try:
            with self._store.transaction():
                sql = "INSERT INTO old_records VALUES (?, ?, ?, ?, ?, ?)"
                self._store.many(sql, rows)
        except Taken:
            raise NotNow("this old record is here") from None

    def record(self, number: int) -> OldRecord:
        """One of them; raises `NotThere`."""
        row = self._store.row("SELECT * FROM old_records WHERE number = ?", number)
        if row is None:
            raise NotThere("there is no such old record")
        return _record(*row)

    def find(self, query: Query, by: Operator, purpose: str) -> tuple[OldRecord, ...]:
        """What matches code, name, date of birth and beginning of the address."""
        if not is_enough(query) or query.individual_number or query.reading:
            self._inquiries.record(by, purpose, query.keys, "refused")
            raise NotAllowed("old records are found by code, name, address and birth")
        born = None if query.born is None else query.born.isoformat()
        rows = self._store.rows(
            "SELECT * FROM old_records WHERE (?1 IS NULL OR code = ?1)"
            " AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR born = ?3)"
            " AND (?4 IS NULL OR substr(address, 1, length(?4)) = ?4) ORDER BY number",
            query.resident_record_code,
            query.name,
            born,
            query.address,
        )
        self._inquiries.record(by, purpose, query.keys, f"old: {len(rows)}")
        return tuple(_record(*row) for row in rows)


def _columns(one: OldRecord) -> tuple[Any, ...]:
    if not code_is_valid(one.resident_record_code):
        raise EntryRefused(Fault("resident_record_code", Rule.NUMBER))
    if any(map(_NUMBER.search, one.lines)):
        raise EntryRefused(Fault("lines", Rule.NUMBER))
    return (
        one.number,
        one.resident_record_code,
        one.name,
        one.born.isoformat(),
        one.address,
        encoded(one.lines),
    )


def _record(
    number: int, code: str, name: str, born: str, address: str, lines: bytes
) -> OldRecord:
    return OldRecord(
        number=number,
        resident_record_code=code,
        name=name,
        born=date.fromisoformat(born),
        address=address,
        lines=msgspec.json.decode(lines, type=tuple[str, ...]),
    )
