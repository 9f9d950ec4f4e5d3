# SPDX-License-Identifier: Apache-2.0
"""An SQLite file of a simulator: its owner's alone, changed whole or not at all.

One connection for all threads of a process, one at a time. Transactions join: what is
begun inside another is part of it. What is committed is on the disk. Long readings go
by pages and hold nothing open in between. Each simulator says by which mark it knows
its own files, and by which errors of its own it tells what SQLite does not do.
"""

import os
import sqlite3
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar, Final, TypeAlias

PAGE: Final = 500
"""Rows that a long reading holds at a time."""
BUSY_SECONDS: Final = 10.0
"""How long another process may hold the file."""
CACHE_KIB: Final = 8_192
"""Of the file in memory, at most."""

Row: TypeAlias = tuple[Any, ...]


class FileStore(ABC):
    """One open file, or none: then all is in memory, and gone with the process."""

    application: ClassVar[int]
    """In the file's head: which simulator's it is."""
    version: ClassVar[int] = 1

    def __init__(self, path: Path | None, schema: str = "") -> None:
        """Open the file, or make it with this schema; raises `fault`."""
        self._lock = RLock()
        self._depth = 0
        if path is not None:
            self._only_the_owners(path)
        with self._translated():
            self._db = sqlite3.connect(
                ":memory:" if path is None else path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
        try:
            self._prepare(schema)
        except BaseException:
            self._db.close()
            raise

    @abstractmethod
    def fault(self, text: str) -> Exception:
        """The simulator's own error for a file that cannot be used."""

    def translated(self, error: Exception) -> Exception:
        """The simulator's own error for one of SQLite; none repeats a value."""
        return self.fault("the file cannot be read or written")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # -- reading -------------------------------------------------------------------

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row, or None."""
        with self._lock, self._translated():
            found: Row | None = self._db.execute(sql, values).fetchone()
        return found

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows: for what is known to be few."""
        with self._lock, self._translated():
            return self._db.execute(sql, values).fetchall()

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

    # -- writing -------------------------------------------------------------------

    def run(self, sql: str, *values: Any) -> int:
        """Write; the number of the new row."""
        with self._lock, self._translated():
            return self._db.execute(sql, values).lastrowid or 0

    def changed(self, sql: str, *values: Any) -> int:
        """Write; how many rows it changed."""
        with self._lock, self._translated():
            return self._db.execute(sql, values).rowcount

    def many(self, sql: str, values: Iterable[Sequence[Any]]) -> int:
        """The same statement for each of the values; how many rows it changed."""
        with self._lock, self._translated():
            return self._db.executemany(sql, values).rowcount

    def script(self, sql: str) -> None:
        """Several statements without values: all of them, or none."""
        with self._lock:
            try:
                with self._translated():
                    self._db.executescript(f"BEGIN IMMEDIATE; {sql} COMMIT;")
            except BaseException:
                self._take_back()
                raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing; other threads wait."""
        with self._lock:
            if self._depth == 0:
                self.run("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._take_back()
                raise
            self._depth -= 1
            if self._depth == 0:
                self._commit()

    def _commit(self) -> None:
        try:
            self.run("COMMIT")
        except BaseException:
            self._take_back()
            raise

    def _take_back(self) -> None:
        """Roll back; of some errors SQLite has done so itself."""
        with self._translated():
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    # -- opening -------------------------------------------------------------------

    def _prepare(self, schema: str) -> None:
        """Know the file as ours, or make it so; another's is left as it is."""
        mark = self.value("PRAGMA application_id"), self.value("PRAGMA user_version")
        new = not any(mark) and not self.value("SELECT count(*) FROM sqlite_schema")
        if not new and mark != (self.application, self.version):
            raise self.fault("the file is another program's, or of another version")
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "trusted_schema = OFF",
            f"cache_size = -{CACHE_KIB}",
        ):
            self.run(f"PRAGMA {pragma}")
        if new:
            self.script(
                f"{schema} PRAGMA application_id = {self.application};"
                f" PRAGMA user_version = {self.version};"
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self.translated(error) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise self.translated(error) from None

    def _only_the_owners(self, path: Path) -> None:
        flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(path, flags, 0o600)
        except OSError:
            raise self.fault("the file cannot be opened or made") from None
        try:
            mode = os.fstat(handle).st_mode
        finally:
            os.close(handle)
        if not stat.S_ISREG(mode):
            raise self.fault("the path is that of something else than a file")
        if mode & 0o077:
            raise self.fault("others than its owner may use the file: chmod 600 it")


def instant(moment: datetime) -> str:
    """A moment as it is kept: sorts by time; one without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment has a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
