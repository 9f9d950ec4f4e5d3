# SPDX-License-Identifier: Apache-2.0
"""住民基本台帳の照会: by code, by number, or by two of the four items.

The four items are name, address, sex and date of birth; sex narrows a search and does
not count (R-066). A name is compared as it is written, code point by code point, or by
its reading made unvoiced; an address from its beginning. A day of birth finds also
those of whose day only a part is known, where it could be this one. At most `MOST` are
shown: more is told as too many, so that nobody leafs through the city.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

from simulators.register.basis import Operator
from simulators.register.births import could_be
from simulators.register.books import decode
from simulators.register.errors import NotAllowed
from simulators.register.inquiries import Inquiries
from simulators.register.record import ResidentRecord
from simulators.register.silent import Silent
from simulators.register.store import Store
from simulators.residents.characters import unvoiced

MOST: Final = 50
"""Records that one search shows."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Query(Silent):
    """What is searched for; what is None is not asked."""

    resident_record_code: str | None = None
    individual_number: str | None = None
    name: str | None = None
    reading: str | None = None
    """The name by its reading; counts as the name."""
    address: str | None = None
    """The address, or its beginning."""
    born: date | None = None
    sex: str | None = None
    removed: bool = False
    """Removed records too."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of what is asked."""
        return tuple(name for name in _KEYS if getattr(self, name) is not None)


@dataclass(frozen=True, slots=True, repr=False)
class Found(Silent):
    """All records that match, and the conditions they match."""

    query: Query
    records: tuple[ResidentRecord, ...]


@dataclass(frozen=True, slots=True)
class TooMany:
    """More than can be shown match; ask more narrowly."""

    most: int = MOST


Outcome: TypeAlias = Found | TooMany

_KEYS: Final = (
    "resident_record_code",
    "individual_number",
    "name",
    "reading",
    "address",
    "born",
    "sex",
)
_END: Final = "\U0010ffff"


class Search:
    """The search of the terminal."""

    def __init__(self, store: Store, inquiries: Inquiries) -> None:
        self._store = store
        self._inquiries = inquiries

    def find(self, query: Query, by: Operator, purpose: str) -> Outcome:
        """What matches, recorded before it is shown.

        Raises `NotAllowed` where the keys do not suffice; that is on record as well.
        """
        if not is_enough(query):
            self._inquiries.record(by, purpose, query.keys, "refused")
            raise NotAllowed(
                "a search needs the code, the number, or two of name, address and"
                " date of birth"
            )
        records = self._matching(query)
        if len(records) > MOST:
            self._inquiries.record(by, purpose, query.keys, "too many")
            return TooMany()
        seen = [record.number for record in records]
        self._inquiries.record(by, purpose, query.keys, "shown", seen)
        return Found(query, tuple(records))

    def _matching(self, query: Query) -> list[ResidentRecord]:
        conditions, values = _conditions(query)
        sql = (
            f"SELECT body FROM records WHERE {' AND '.join(conditions)}"
            " ORDER BY number LIMIT ?"
        )
        return [decode(row[0]) for row in self._store.rows(sql, *values, MOST + 1)]


def is_enough(query: Query) -> bool:
    """Whether a search by these keys may be made."""
    if any(value == "" for value in (getattr(query, key) for key in _KEYS)):
        return False
    if query.resident_record_code is not None or query.individual_number is not None:
        return True
    named = query.name is not None or query.reading is not None
    return named + (query.address is not None) + (query.born is not None) >= 2


_COLUMNS: Final[Mapping[str, str]] = {
    "resident_record_code": "code = ?",
    "individual_number": "individual_number = ?",
    "name": "name = ?",
    "reading": "kana = ?",
    "sex": "sex = ?",
}


def _conditions(query: Query) -> tuple[list[str], list[Any]]:
    conditions, values = [], []
    for key, condition in _COLUMNS.items():
        value = getattr(query, key)
        if value is not None:
            conditions.append(condition)
            values.append(_compared(key, value))
    if query.born is not None:
        conditions.append("born IN (?, ?, ?, ?)")
        values += could_be(query.born)
    if query.address is not None:
        conditions.append("address >= ? AND address < ?")
        values += [query.address, query.address + _END]
    if not query.removed:
        conditions.append("present")
    return conditions, values


def _compared(key: str, value: Any) -> Any:
    return unvoiced(value) if key == "reading" else value
