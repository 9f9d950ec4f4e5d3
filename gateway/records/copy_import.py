# SPDX-License-Identifier: Apache-2.0
"""A file of copies into the store, all of it or nothing, however long it is.

Three steps, so that neither memory nor the lock of the store grows with the file. The
rows are checked and sealed one by one, beside what is held of each, into a temporary
table that has no name on the disk; no lock is held meanwhile. Then one transaction
looks again at those whose copy a message has changed since, and moves all in. What is
cut off has changed nothing, and is done again.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from gateway.records.base import to_micros
from gateway.records.connection import (
    Database,
    store_errors,
    transaction,
)
from gateway.records.copy_rows import CopyRow, check_rows
from gateway.records.copy_table import (
    EVERY_COPY,
    NO_MESSAGE,
    Laid,
    addressee_tag,
    columns_of,
    next_version,
    read_row,
)
from gateway.records.errors import ImportRefused
from gateway.records.event import Event, EventKind, prepare
from gateway.records.finds import FindWrites
from gateway.records.opening import checked_reader, checked_writer
from gateway.records.sealed import StoreKeys

TOLD_EVERY: Final = 1_000
"""Rows between two words on how far it is."""
CACHE_KIB: Final = 32_768
"""Of the store, and of the temporary table, in memory at most: the indexes of a city,
which are written in no order."""
_PRAGMAS: Final = (
    "temp_store = FILE",
    f"main.cache_size = -{CACHE_KIB}",
    f"temp.cache_size = -{CACHE_KIB}",
)
_COMING: Final = """
CREATE TEMP TABLE coming (
    number        INTEGER PRIMARY KEY, -- of the row in the file
    addressee_tag BLOB NOT NULL UNIQUE,
    code_tag      BLOB UNIQUE,
    flag_version  INTEGER NOT NULL,
    sealed        BLOB NOT NULL,
    sequence      INTEGER NOT NULL,
    changed       INTEGER NOT NULL,    -- it is not as what is held
    seen_version  INTEGER,             -- of what was held; null: nothing
    seen_sequence INTEGER,
    codeless      INTEGER NOT NULL     -- the file names no code: one that is tied stays
) STRICT
"""
_COLUMNS: Final = "addressee_tag, code_tag, flag_version, sealed, sequence"
_PUT: Final = (
    f"INSERT INTO coming VALUES ({', '.join('?' * 10)}) ON CONFLICT DO NOTHING"
)
_HELD: Final = f"{EVERY_COPY} WHERE addressee_tag = ?"
_STALE: Final = (
    "SELECT coming.number, coming.codeless, coming.addressee_tag, coming.code_tag,"
    " coming.flag_version, coming.sealed, coming.sequence FROM coming LEFT JOIN copies"
    " ON copies.addressee_tag = coming.addressee_tag"
    " WHERE copies.flag_version IS NOT coming.seen_version"
    " OR copies.sequence IS NOT coming.seen_sequence"
)
_DROP: Final = (
    "DELETE FROM copies WHERE NOT EXISTS"
    " (SELECT 1 FROM coming WHERE coming.addressee_tag = copies.addressee_tag)"
)
_TAKEN: Final = (
    "SELECT min(number) FROM coming JOIN copies ON copies.code_tag = coming.code_tag"
    " WHERE coming.changed = 1"
)
_MOVE: Final = (
    f"INSERT INTO copies ({_COLUMNS}) SELECT {_COLUMNS} FROM coming WHERE changed = 1"
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    rows: int
    changed: int
    """New, or with another flag, code or content than before."""
    removed: int


def import_copies(
    path: Path,
    key: bytes,
    rows: Iterable[bytes],
    *,
    at: datetime,
    operator: str,
    replace: bool = False,
    told: Callable[[int], object] = lambda _: None,
) -> Imported:
    """Take in a JSON Lines file of copies, or nothing of it.

    Copies that are not in the file stay, unless ``replace``. ``told`` hears now and
    then how many rows were looked at. Raises `ImportRefused` for the first row that is
    wrong, `StoreUnavailable`, `StoreMismatch`.
    """
    keys = StoreKeys(key)
    with closing(checked_writer(path, keys)) as db:
        coming = _Coming(db, keys)
        with closing(checked_reader(path, keys)) as held:
            coming.take(check_rows(rows), held, told)
        with transaction(db):
            coming.look_again()
            done = _move_in(db, replace)
            _note(db, keys, done, at, operator)
    return done


class _Coming:
    """The rows of one file, on their way in."""

    def __init__(self, db: Database, keys: StoreKeys) -> None:
        self._db = db
        self._keys = keys
        with transaction(db):
            self._version = next_version(db)
        with store_errors():
            for pragma in _PRAGMAS:
                db.execute(f"PRAGMA {pragma}")
            db.execute(_COMING)

    def take(
        self,
        copies: Iterable[CopyRow],
        held: Database,
        told: Callable[[int], object],
    ) -> None:
        """Lay each ready; raises `ImportRefused`."""
        with store_errors():
            self._db.execute("BEGIN")  # of the temporary table alone: nobody waits
            for number, copy in enumerate(copies, 1):
                self._lay(number, copy, held)
                if number % TOLD_EVERY == 0:
                    told(number)
            self._db.execute("COMMIT")

    def look_again(self) -> None:
        """Those whose copy was changed while the file was read: by what is held now."""
        rows = self._db.execute(_STALE).fetchall()
        if rows:
            self._version = next_version(self._db)
        for number, codeless, *laid in rows:
            copy = read_row(tuple(laid), self._keys).copy
            if codeless:
                copy = msgspec.structs.replace(copy, linkage_code=None)
            self._db.execute("DELETE FROM coming WHERE number = ?", (number,))
            self._lay(number, copy, self._db)

    def _lay(self, number: int, copy: CopyRow, held: Database) -> None:
        """One row, beside what is held of its person; a code that is tied stays."""
        tag = addressee_tag(self._keys, copy.addressee_number)
        row = held.execute(_HELD, (tag,)).fetchone()
        old = None if row is None else read_row(row, self._keys)
        codeless = copy.linkage_code is None
        if codeless and old is not None:
            code = old.copy.linkage_code
            copy = msgspec.structs.replace(copy, linkage_code=code)
        sequence = NO_MESSAGE if old is None else old.sequence
        columns = columns_of(self._keys, Laid(copy, self._version, sequence))
        changed = old is None or old.copy != copy
        seen = (None, None) if old is None else (old.version, old.sequence)
        values = (number, *columns, changed, *seen, codeless)
        if not self._db.execute(_PUT, values).rowcount:
            sql = "SELECT 1 FROM coming WHERE addressee_tag = ?"
            same = self._db.execute(sql, (tag,)).fetchone()
            twice = "linkage code" if same is None else "addressee number"
            raise ImportRefused(number, f"its {twice} came before")


def _move_in(db: Database, replace: bool) -> Imported:
    """What is laid ready takes its place; raises `ImportRefused`."""
    removed = 0
    if replace:
        removed = db.execute(_DROP).rowcount
    # All old rows go before the first new one comes: codes may change places.
    db.execute(
        "DELETE FROM copies WHERE addressee_tag IN"
        " (SELECT addressee_tag FROM coming WHERE changed = 1)"
    )
    (number,) = db.execute(_TAKEN).fetchone()
    if number is not None:
        fault = "its linkage code belongs to another addressee's copy"
        raise ImportRefused(number, fault)
    changed = db.execute(_MOVE).rowcount
    (rows,) = db.execute("SELECT count(*) FROM coming").fetchone()
    return Imported(rows, changed, removed)


def _note(
    db: Database, keys: StoreKeys, done: Imported, at: datetime, operator: str
) -> None:
    """The record of the import."""
    (number,) = db.execute(
        "INSERT INTO imports (at, operator, rows, changed, removed)"
        " VALUES (?, ?, ?, ?, ?) RETURNING number",
        (to_micros(at), operator, done.rows, done.changed, done.removed),
    ).fetchall()[0]
    event = Event(
        kind=EventKind.IMPORTED,
        at=at,
        direction="local",
        operator=operator,
        detail=f"import {number} of copies: {done.rows} rows, "
        f"{done.changed} changed, {done.removed} removed",
    )
    FindWrites(db, keys).record(prepare(event))
