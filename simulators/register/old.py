# SPDX-License-Identifier: Apache-2.0
"""旧住民票: what the system before the renewal held, to be looked up and issued.

Loaded once, never changed: a record here is lines of text as the old system printed
them. It is found by the same keys as a present one, and the look-up is on record.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import msgspec

from simulators.register.basis import Operator
from simulators.register.errors import NotAllowed
from simulators.register.inquiries import Inquiries
from simulators.register.search import Query, is_enough
from simulators.register.silent import Silent
from simulators.register.store import Store, encoded


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
        """Take them over from the old system, all or none."""
        with self._store.transaction():
            self._store.many(
                "INSERT INTO old_records VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (
                        one.number,
                        one.resident_record_code,
                        one.name,
                        one.born.isoformat(),
                        one.address,
                        encoded(one.lines),
                    )
                    for one in records
                ),
            )

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
        return tuple(
            OldRecord(
                number=row[0],
                resident_record_code=row[1],
                name=row[2],
                born=date.fromisoformat(row[3]),
                address=row[4],
                lines=msgspec.json.decode(row[5], type=tuple[str, ...]),
            )
            for row in rows
        )
