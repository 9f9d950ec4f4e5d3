# SPDX-License-Identifier: Apache-2.0
"""The register's SQLite file: opened for its owner only, changed whole or not at all.

Transactions join: what is begun inside another is part of it. `trial` runs something
and takes it back, so that an entry is tried out at the terminal by the same rules that
later write it. Long readings go by pages and hold nothing open, so that writing goes on
between them.
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from simulators.register.errors import EntryRefused, Fault, Rule, StoreFault

VERSION: Final = 1
APPLICATION: Final = 0x5E150001
"""In the file's head: this is a register of ours."""
PAGE: Final = 500
"""Rows that a long reading holds at a time."""
BUSY_SECONDS: Final = 5.0

Row: TypeAlias = tuple[Any, ...]


class Taken(Exception):
    """Another row has this key already."""


class Store:
    """One open register."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._depth = 0

    @classmethod
    def open(cls, path: Path | None) -> "Store":
        """Open or make the file; None keeps the register in memory.

        Raises `StoreFault` where the file is not ours, or is not its owner's alone.
        """
        if path is not None:
            _only_the_owners(path)
        with _translated():
            db = sqlite3.connect(
                ":memory:" if path is None else path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            with _translated():
                store = cls(db)
                store._prepare()
        except BaseException:
            db.close()
            raise
        return store

    def close(self) -> None:
        self._db.close()

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        found: Row | None = self._execute(sql, values).fetchone()
        return found

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows: for what is known to be few."""
        return self._execute(sql, values).fetchall()

    def pages(self, sql: str, start: Sequence[Any], *values: Any) -> Iterator[Row]:
        """Rows of any number, in the order of their first columns.

        ``sql`` takes the values, then the last row's first columns (``start`` at
        first), then how many rows to give.
        """
        last = tuple(start)
        while True:
            page = self.rows(sql, *values, *last, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1][: len(last)]

    def run(self, sql: str, *values: Any) -> int:
        """Write; gives the number of the new row. Raises `Taken`."""
        return self._execute(sql, values).lastrowid or 0

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """The same statement for each of the values."""
        with _translated():
            self._db.executemany(sql, values)

    def count(self, name: str, start: int = 1) -> int:
        """The next number of a counter that never goes back."""
        found: int = self.value(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name)"
            " DO UPDATE SET value = value + 1 RETURNING value",
            name,
            start,
        )
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing."""
        if self._depth == 0:
            self._begin()
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._end("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._end("COMMIT")

    def trial(self, work: Callable[[], Any]) -> Any:
        """Do it, give what came of it, and take it back."""
        with self.transaction():
            self._db.execute("SAVEPOINT trial")
            try:
                return work()
            finally:
                self._db.execute("ROLLBACK TO trial")
                self._db.execute("RELEASE trial")

    def _execute(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        with _translated():
            return self._db.execute(sql, values)

    def _end(self, sql: str) -> None:
        """Commit or roll back; a failed commit is rolled back, as far as it can be."""
        try:
            with _translated():
                self._db.execute(sql)
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _begin(self) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise StoreFault("the register is in use, or cannot be written") from None

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA trusted_schema = OFF")
        application = self.value("PRAGMA application_id")
        version = self.value("PRAGMA user_version")
        if (application, version) == (APPLICATION, VERSION):
            return
        if application or version or self.value("SELECT count(*) FROM sqlite_schema"):
            raise StoreFault("the file is not a register of this version")
        schema = (files("simulators.register") / "schema.sql").read_text("utf-8")
        self._db.executescript(
            f"BEGIN; {schema} PRAGMA application_id = {APPLICATION};"
            f" PRAGMA user_version = {VERSION}; COMMIT;"
        )


@contextmanager
def _translated() -> Iterator[None]:
    """SQLite's errors in the register's words; none of them repeats a value."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Taken(str(error)) from None
    except (OverflowError, UnicodeEncodeError):
        raise EntryRefused(Fault("value", Rule.FORMAT)) from None
    except sqlite3.Error as error:
        raise StoreFault("the register's file cannot be read or written") from error


def encoded(value: Any) -> bytes:
    """A value as it is kept; text that is no Unicode is refused."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise EntryRefused(Fault("value", Rule.FORMAT)) from None


def instant(moment: datetime) -> str:
    """A moment as it is kept: sorts by time, and a clock without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


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
