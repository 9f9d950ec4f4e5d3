# SPDX-License-Identifier: Apache-2.0
"""保存本人確認情報ファイル: whom a server keeps, matched by resident record code.

- A notice that was written before the one which is kept changes nothing (R-076 matches;
  time decides). Which came first is no matter.
- Somebody who has moved on is not taken away by the municipality that was left: its
  move-out, or a change of a day before the move, changes nothing.
- A new resident record code is the same person where the notice says so: then the
  individual number tells who it was.
- Whoever died or was naturalised is no member of the file (R-011): kept, and never
  answered.
- A search has two of name, address and date of birth, sex not counted (R-066). Items
  are compared as they are written; an answer holds whom the key fits, and nobody else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any, Final

from schemas.people import FourItems
from schemas.resident_messages import EightItems
from simulators.peers.errors import NotTaken
from simulators.peers.store import Store
from simulators.register.reasons import Reason
from simulators.store import Row

TOO_FEW_ITEMS: Final = "SK-J01"

NO_MEMBERS: Final = (Reason.DIED.value, Reason.NATURALISED.value)
LEAVING: Final = frozenset(
    one.value
    for one in (Reason.MOVED_OUT, Reason.MOVED_ABROAD, Reason.REMOVED_EX_OFFICIO)
)
"""What only the municipality where somebody lives can say of him."""

ITEMS: Final = tuple(each.name for each in fields(EightItems))
COLUMNS: Final = ", ".join(ITEMS)
_DATES: Final = frozenset({"date_of_birth", "change_date"})
_KEEP: Final = (
    f"INSERT OR REPLACE INTO persons ({COLUMNS}, municipality, told)"
    f" VALUES ({', '.join('?' * (len(ITEMS) + 2))})"
)
_MEMBER: Final = "change_reason NOT IN (?, ?)"


class Effect(StrEnum):
    """What a notice did, in the words of the history."""

    NEW = "new"
    CHANGED = "changed"
    THE_SAME = "the same"
    NEW_CODE = "new code"
    OLDER = "older than what is kept"
    MOVED_ON = "moved on"

    @property
    def counts(self) -> bool:
        """Whether it is the newest that is known of the person."""
        return self not in (Effect.OLDER, Effect.MOVED_ON)


class PersonFile:
    """The file of one server."""

    def __init__(self, store: Store) -> None:
        store.part("persons")
        self._store = store

    # -- in ------------------------------------------------------------------------

    def tell(self, person: EightItems, municipality: str, told: int) -> Effect:
        """Take a notice that was written at ``told``, in its transaction."""
        sql = f"SELECT {COLUMNS}, municipality, told FROM persons"
        code = person.resident_record_code
        row = self._store.row(f"{sql} WHERE resident_record_code = ?", code)
        renamed = None
        if row is None and person.change_reason == Reason.CODE_CHANGED.value:
            sql += " WHERE individual_number = ? ORDER BY told DESC LIMIT 1"
            row = renamed = self._store.row(sql, person.individual_number)
        effect = _effect(row, person, municipality, told)
        if not effect.counts:
            return effect
        if renamed is not None:
            self._store.run(
                "DELETE FROM persons WHERE resident_record_code = ?", renamed[0]
            )
            effect = Effect.NEW_CODE
        self._store.run(_KEEP, *row_of(person), municipality, told)
        return effect

    def load(self, people: Iterable[tuple[EightItems, str]], told: int) -> int:
        """Take people in, each with a municipality, whatever is kept of them."""
        rows = ((*row_of(one), municipality, told) for one, municipality in people)
        with self._store.transaction():
            return self._store.many(_KEEP, rows)

    # -- out -----------------------------------------------------------------------

    def find(self, key: Any, limit: int) -> list[EightItems]:
        """Whom a key fits, by code; raises `NotTaken` for one that says too little."""
        conditions, values = _conditions(key)
        sql = (
            f"SELECT {COLUMNS} FROM persons WHERE {' AND '.join(conditions)}"
            f" AND {_MEMBER} ORDER BY resident_record_code LIMIT ?"
        )
        return [
            person_of(r) for r in self._store.rows(sql, *values, *NO_MEMBERS, limit)
        ]

    def only(self, key: Any) -> EightItems | None:
        """Whom a key fits, if it is one; raises `NotTaken` as `find`."""
        found = self.find(key, 2)
        return found[0] if len(found) == 1 else None

    def by_code(self, code: str) -> EightItems | None:
        """Whoever is kept under this code, a member or not."""
        sql = f"SELECT {COLUMNS} FROM persons WHERE resident_record_code = ?"
        row = self._store.row(sql, code)
        return None if row is None else person_of(row)

    def has_number(self, number: str) -> bool:
        """Whether anybody has, or had last, this individual number."""
        sql = "SELECT 1 FROM persons WHERE individual_number = ?"
        return self._store.row(sql, number) is not None

    def other_than(self, person: EightItems | None) -> EightItems | None:
        """Somebody else, for a fault."""
        code = "" if person is None else person.resident_record_code
        sql = f"SELECT {COLUMNS} FROM persons WHERE resident_record_code <> ? LIMIT 1"
        row = self._store.row(sql, code)
        return None if row is None else person_of(row)

    def everybody(self) -> Iterator[EightItems]:
        """All of them in the order of their codes, as a stream."""
        sql = (
            f"SELECT {COLUMNS} FROM persons WHERE resident_record_code > ?"
            " ORDER BY resident_record_code LIMIT ?"
        )
        return map(person_of, self._store.pages(sql, ("",)))

    def __len__(self) -> int:
        count: int = self._store.value("SELECT count(*) FROM persons")
        return count


def is_enough(items: FourItems) -> bool:
    """Whether two of the four items are named, sex not counted (R-066)."""
    counted = (items.kanji_name, items.address, items.date_of_birth)
    return sum(item is not None for item in counted) >= 2


def row_of(person: EightItems) -> tuple[str, ...]:
    """A person as the columns of a row."""
    values = (getattr(person, name) for name in ITEMS)
    return tuple(v.isoformat() if isinstance(v, date) else v for v in values)


def person_of(row: Row) -> EightItems:
    """The first columns of a row as a person."""
    told = dict(zip(ITEMS, row, strict=False))
    return person_from(told)


def person_from(told: Mapping[str, str]) -> EightItems:
    """Texts by name as a person; raises `KeyError` and `ValueError`."""
    return EightItems(
        **{  # type: ignore[arg-type]
            name: date.fromisoformat(told[name]) if name in _DATES else told[name]
            for name in ITEMS
        }
    )


def _effect(
    row: Row | None, person: EightItems, municipality: str, told: int
) -> Effect:
    if row is None:
        return Effect.NEW
    kept, kept_at, kept_told = person_of(row), row[-2], row[-1]
    elsewhere = kept_at and municipality and kept_at != municipality
    before = person.change_date < kept.change_date
    if elsewhere and (before or person.change_reason in LEAVING):
        return Effect.MOVED_ON
    if told < kept_told:
        return Effect.OLDER
    same = row_of(kept) == row_of(person)  # a notice is of a type of its own
    return Effect.THE_SAME if same else Effect.CHANGED


def _conditions(key: Any) -> tuple[list[str], list[str]]:
    """What a row must be; a key is one of code, number and items (R-065)."""
    items: FourItems | None = key.four_items
    if items is not None:
        if not is_enough(items):
            raise NotTaken(TOO_FEW_ITEMS)
        asked = {each.name: getattr(items, each.name) for each in fields(items)}
    else:
        number = getattr(key, "individual_number", None)
        asked = {
            "resident_record_code": key.resident_record_code,
            "individual_number": number,
        }
    said = {name: value for name, value in asked.items() if value is not None}
    values = [v.isoformat() if isinstance(v, date) else v for v in said.values()]
    return [f"{name} = ?" for name in said], values
