# SPDX-License-Identifier: Apache-2.0
"""The SQLite file of one system: its owner's alone, changed whole or not at all.

Every system has the same three tables beside its own: what happened, who looked at
whom, and what is owed to others.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from simulators.city.reasons import StoreFault

VERSION: Final = "1"
_COMMON: Final = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE history (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL,
    by TEXT NOT NULL, about TEXT NOT NULL, code TEXT NOT NULL) STRICT;
CREATE TABLE looks (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL,
    place TEXT NOT NULL, affair TEXT NOT NULL, person TEXT NOT NULL,
    items TEXT NOT NULL, code TEXT NOT NULL) STRICT;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, receiver TEXT NOT NULL,
    kind TEXT NOT NULL, by TEXT NOT NULL, body BLOB,
    state TEXT NOT NULL, code TEXT NOT NULL) STRICT;
"""

Row: TypeAlias = tuple[Any, ...]


class Store:
    """One open file."""

    def __init__(self, path: Path | None, system: str, schema: str) -> None:
        """Open or make it; None keeps it in memory. Raises `StoreFault`."""
        if path is not None:
            _only_the_owners(path)
        try:
            self._db = sqlite3.connect(
                ":memory:" if path is None else path,
                isolation_level=None,
                check_same_thread=False,
            )
            self._depth = 0
            self._prepare(system, schema)
        except sqlite3.Error:
            raise StoreFault("the file cannot be used as a store") from None

    def close(self) -> None:
        self._db.close()

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        found: Row | None = self._done(sql, values).fetchone()
        return found

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        return self._done(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> int:
        """Write; gives the number of a new row."""
        return self._done(sql, values).lastrowid or 0

    def changed(self, sql: str, *values: Any) -> int:
        """Write; gives how many rows it was."""
        return self._done(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing; one inside another is part of it."""
        if self._depth == 0:
            self._done("BEGIN IMMEDIATE", ())
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._done("COMMIT", ())

    def _done(self, sql: str, values: Row) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except (sqlite3.Error, OverflowError):
            raise StoreFault("the store cannot read or write this") from None

    def _prepare(self, system: str, schema: str) -> None:
        self._db.execute("PRAGMA trusted_schema = OFF")
        known = self.value("SELECT count(*) FROM sqlite_schema")
        if known == 0:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(f"BEGIN; {_COMMON} {schema} COMMIT;")
            self.run("INSERT INTO settings VALUES ('system', ?)", system)
            self.run("INSERT INTO settings VALUES ('version', ?)", VERSION)
            return
        found: dict[str, str] = dict(self.rows("SELECT name, value FROM settings"))
        if (found.get("system"), found.get("version")) != (system, VERSION):
            raise StoreFault("the file is another system's, or of another version")


def instant(moment: datetime) -> str:
    """A moment as it is kept: sorts by time; one without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _only_the_owners(path: Path) -> None:
    flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o600)
    except OSError:
        raise StoreFault("the file cannot be opened or made") from None
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise StoreFault("others than its owner may use the file: chmod 600 it")
