# SPDX-License-Identifier: Apache-2.0
"""A peer's SQLite file: its owner's alone, changed whole or not at all.

One connection for all threads of a station, one at a time. Transactions join: what is
begun inside another is part of it. Each part of a peer brings its own tables (`part`),
so that the parts which a system has are the tables which its file has. Long readings go
by pages and hold nothing open in between.
"""

import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from threading import RLock
from typing import Any, Final, Self, TypeAlias

from simulators.peers.errors import StoreFault

APPLICATION: Final = 0x5E150002
"""In the file's head: this is a peer of ours."""
VERSION: Final = 1
PAGE: Final = 500
"""Rows that a long reading holds at a time."""
BUSY_SECONDS: Final = 10.0
CACHE_KIB: Final = 8_192
"""Of the file in memory, at most."""

Row: TypeAlias = tuple[Any, ...]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Store:
    """One open file, or none: then all is in memory, and gone with the process."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._lock = RLock()
        self._depth = 0

    @classmethod
    def open(cls, path: Path | None) -> Self:
        """Open or make the file; raises `StoreFault` where it cannot be used."""
        if path is not None:
            _only_the_owners(path)
        try:
            db = sqlite3.connect(
                ":memory:" if path is None else path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            store = cls(db)
            store._prepare()
        except sqlite3.Error:
            raise StoreFault("the file cannot be used as a peer's store") from None
        return store

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def part(self, name: str) -> None:
        """See that the tables of one part are there."""
        sql = (files("simulators.peers") / f"{name}.sql").read_text("utf-8")
        with self._lock:
            self._db.executescript(f"BEGIN IMMEDIATE; {sql} COMMIT;")

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        with self._lock:
            found: Row | None = self._db.execute(sql, values).fetchone()
        return found

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows: for what is known to be few."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def pages(self, sql: str, start: Any, *values: Any) -> Iterator[Row]:
        """Rows of any number, in the order of their first column.

        ``sql`` takes the values, then the last row's first column (``start`` at
        first), then how many rows to give.
        """
        last = start
        while True:
            page = self.rows(sql, *values, last, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def run(self, sql: str, *values: Any) -> int:
        """Write; how many rows it changed."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def add(self, sql: str, *values: Any) -> int:
        """Write one row; its number."""
        with self._lock:
            return self._db.execute(sql, values).lastrowid or 0

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> int:
        """The same statement for each of the values; how many rows it changed."""
        with self._lock:
            return self._db.executemany(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing; other threads wait."""
        with self._lock:
            if self._depth == 0:
                self._begin()
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
                self._db.execute("COMMIT")

    def _begin(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise StoreFault("the file is in use, or cannot be written") from None

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA trusted_schema = OFF")
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        application = self.value("PRAGMA application_id")
        version = self.value("PRAGMA user_version")
        if (application, version) == (APPLICATION, VERSION):
            return
        if application or version or self.value("SELECT count(*) FROM sqlite_schema"):
            raise StoreFault("the file is not a peer's store of this version")
        self._db.execute(f"PRAGMA application_id = {APPLICATION}")
        self._db.execute(f"PRAGMA user_version = {VERSION}")


def micros(moment: datetime) -> int:
    """A moment as it is kept; one without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a zone")
    return (moment - _EPOCH) // _MICROSECOND


def _only_the_owners(path: Path) -> None:
    flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o600)
    except OSError:
        raise StoreFault("the file cannot be opened or made") from None
    with suppress(OSError), os.fdopen(handle, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise StoreFault("others than its owner may use the file: chmod 600 it")
