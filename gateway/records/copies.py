# SPDX-License-Identifier: Apache-2.0
"""Copies (副本) of residents' information, and the flags that keep them back.

Tied both ways: one linkage code (符号), one addressee number (団体内統合宛名番号)
(R-141). At rest a copy is one sealed value, its flag included: who is protected is
itself a secret. It is found by keyed tags. The only way to change copies is
`import_copies` (R-145): each row's format is checked first (R-146), then the whole
file is taken in one transaction, with the record of who imported it. A running
daemon's next look sees it.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.records.base import Reads, Row, to_micros
from gateway.records.copy_rows import CopyRow, check_rows, decode_row, encode_row
from gateway.records.errors import ImportRefused
from gateway.records.event import Event, EventKind, prepare
from gateway.records.events import EventWrites
from gateway.records.opening import writing
from gateway.records.sealed import StoreKeys

RESIDENT_RECORD: Final = "resident_record_information"
"""住民票関係情報: the kind of information that this affair provides."""
EVERY_COPY: Final = "SELECT addressee_tag, code_tag, flag_version, sealed FROM copies"

__all__ = ["Copy", "CopyReads", "ImportRefused", "import_copies"]


@dataclass(frozen=True, slots=True)
class ResidentRecord:
    """The content of one copy: 住民基本台帳法第7条第4号."""

    head_of_household: bool = field(repr=False)
    head_name: str = field(repr=False)
    relationship: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Copy:
    """What a provider holds of one subject."""

    addressee_number: str = field(repr=False)
    linkage_code: str = field(repr=False)
    kinds: Mapping[str, ResidentRecord] = field(repr=False)
    """By the id of the kind of information; empty where nothing is held."""
    suppressed: bool = field(repr=False)
    """自動応答不可フラグ: a person looks before anything is answered."""
    flag_version: int
    """Rises whenever the flag or the content changes."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    rows: int
    changed: int
    """New, or with another flag, code or content than before."""
    removed: int


class CopyReads(Reads):
    """Looking up copies."""

    __slots__ = ()

    def copy_by_code(self, code: str) -> Copy | None:
        """The copy of the subject with that linkage code."""
        tag = self._keys.lookup_tag("code", code)
        return self._copy(f"{EVERY_COPY} WHERE code_tag = ?", tag)

    def copy_by_addressee(self, number: str) -> Copy | None:
        """The copy of the subject with that addressee number."""
        tag = self._keys.lookup_tag("addressee", number)
        return self._copy(f"{EVERY_COPY} WHERE addressee_tag = ?", tag)

    def copy_version(self, code: str) -> int | None:
        """The `flag_version` of that subject's copy, without opening it."""
        tag = self._keys.lookup_tag("code", code)
        row = self._one("SELECT flag_version FROM copies WHERE code_tag = ?", tag)
        return None if row is None else int(row[0])

    def copy_count(self) -> int:
        """How many copies are held."""
        return int(self._all("SELECT count(*) FROM copies")[0][0])

    def _copy(self, sql: str, tag: bytes) -> Copy | None:
        row = self._one(sql, tag)
        if row is None:
            return None
        return _as_copy(unsealed(row, self._keys), row[2])


def import_copies(
    path: Path,
    key: bytes,
    rows: Iterable[bytes],
    *,
    at: datetime,
    operator: str,
    replace: bool = False,
) -> Imported:
    """Take in a JSON Lines file of copies, or nothing of it.

    Copies that are not in the file stay, unless ``replace``. Raises `ImportRefused`
    for the first row that is wrong, `StoreUnavailable`, `StoreMismatch`.
    """
    checked = check_rows(rows)
    keys = StoreKeys(key)
    with writing(path, keys) as db:
        return _Import(db, keys, at, operator).run(checked, replace)


class _Import:
    """One import, inside its transaction."""

    def __init__(
        self, db: sqlite3.Connection, keys: StoreKeys, at: datetime, operator: str
    ) -> None:
        self._db = db
        self._keys = keys
        self._at = at
        self._operator = operator
        self._old: dict[bytes, CopyRow] = {
            row[0]: unsealed(row, keys) for row in db.execute(EVERY_COPY)
        }

    def run(self, rows: list[CopyRow], replace: bool) -> Imported:
        tagged = [
            (self._keys.lookup_tag("addressee", row.addressee_number), row)
            for row in rows
        ]
        present = {tag for tag, _ in tagged}
        gone = [tag for tag in self._old if replace and tag not in present]
        new = {
            number: (tag, row)
            for number, (tag, row) in enumerate(tagged, 1)
            if self._old.get(tag) != row
        }
        done = Imported(len(rows), len(new), len(gone))
        version = self._note(done)
        # All old rows go before the first new one comes: codes may change places.
        self._delete(gone)
        self._delete([tag for tag, _ in new.values()])
        for number, (tag, row) in new.items():
            self._insert(number, tag, row, version)
        return done

    def _delete(self, tags: Iterable[bytes]) -> None:
        self._db.executemany(
            "DELETE FROM copies WHERE addressee_tag = ?", ((tag,) for tag in tags)
        )

    def _insert(self, number: int, tag: bytes, row: CopyRow, version: int) -> None:
        code_tag = self._keys.lookup_tag("code", row.linkage_code)
        bound = _bound(tag, code_tag, version)
        sealed = self._keys.seal("copies", bound, encode_row(row))
        try:
            self._db.execute(
                "INSERT INTO copies (addressee_tag, code_tag, flag_version, sealed)"
                " VALUES (?, ?, ?, ?)",
                (tag, code_tag, version, sealed),
            )
        except sqlite3.IntegrityError:
            fault = "its linkage code belongs to another addressee's copy"
            raise ImportRefused(number, fault) from None

    def _note(self, done: Imported) -> int:
        """The record of the import; its number is the version of what it changes."""
        number = self._db.execute(
            "INSERT INTO imports (at, operator, rows, changed, removed)"
            " VALUES (?, ?, ?, ?, ?)",
            (
                to_micros(self._at),
                self._operator,
                done.rows,
                done.changed,
                done.removed,
            ),
        ).lastrowid
        assert number is not None
        event = Event(
            kind=EventKind.IMPORTED,
            at=self._at,
            direction="local",
            operator=self._operator,
            detail=f"import {number} of copies: {done.rows} rows, "
            f"{done.changed} changed, {done.removed} removed",
        )
        EventWrites(self._db, self._keys).record(prepare(event))
        return number


def unsealed(row: Row, keys: StoreKeys) -> CopyRow:
    """A row of `EVERY_COPY` as it was imported; raises `StoreDamaged`."""
    addressee_tag, code_tag, version, sealed = row
    bound = _bound(addressee_tag, code_tag, version)
    return decode_row(keys.open("copies", bound, sealed))


def _bound(addressee_tag: bytes, code_tag: bytes, version: int) -> bytes:
    return addressee_tag + code_tag + version.to_bytes(8)


def _as_copy(row: CopyRow, flag_version: int) -> Copy:
    record = row.resident_record_information
    kinds = {}
    if record is not None:
        kinds[RESIDENT_RECORD] = ResidentRecord(
            record.head_of_household, record.head_name, record.relationship
        )
    return Copy(
        addressee_number=row.addressee_number,
        linkage_code=row.linkage_code,
        kinds=kinds,
        suppressed=row.suppressed,
        flag_version=flag_version,
    )
