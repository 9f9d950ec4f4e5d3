# SPDX-License-Identifier: Apache-2.0
"""SQLite as this store uses it: how a file is opened, and what its errors mean.

Write-ahead log with full synchronisation: a commit that returned survives the power
switch. A file is never created by opening it; `create_file` does that, for its owner
only. Every SQLite error that speaks of the store and not of a statement becomes
`StoreUnavailable` here.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, Self

from gateway.records.errors import Reason, StoreMismatch, StoreUnavailable
from gateway.records.postgres_place import Place, told_place

SQLITE: Final = sqlite3.sqlite_version
"""The version of the library that keeps stores."""

OLDEST_SQLITE: Final = (3, 37, 0)
"""The first version with STRICT tables."""
BUSY_SECONDS: Final = 5.0
"""How long to wait for another process's transaction: an import of 100,000 copies."""
STATEMENTS: Final = 256
"""Prepared statements kept for each connection; more than there are in this room."""
CHECKPOINT_PAGES: Final = 4000
"""Write-ahead log (16 MB) after which its pages are moved into the main file."""

LOOK_SECONDS: Final = 0.02
"""How long a look at a store's files is good for; each commit looks anyway."""

SMALLEST: Final = 512
"""Bytes of the smallest database there can be."""

_WRITER_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    "temp_store = MEMORY",
    "foreign_keys = ON",
    "trusted_schema = OFF",
)
_READER_PRAGMAS: Final = ("query_only = ON", "trusted_schema = OFF")

_REASONS: Final = {
    sqlite3.SQLITE_FULL: Reason.FULL,
    sqlite3.SQLITE_READONLY: Reason.READ_ONLY,
    sqlite3.SQLITE_PERM: Reason.READ_ONLY,
    sqlite3.SQLITE_AUTH: Reason.READ_ONLY,
    sqlite3.SQLITE_BUSY: Reason.LOCKED,
    sqlite3.SQLITE_LOCKED: Reason.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Reason.LOCKED,
    sqlite3.SQLITE_CORRUPT: Reason.DAMAGED,
    sqlite3.SQLITE_NOTADB: Reason.DAMAGED,
    sqlite3.SQLITE_FORMAT: Reason.DAMAGED,
    sqlite3.SQLITE_CANTOPEN: Reason.READ_ONLY,
    sqlite3.SQLITE_IOERR: Reason.DISK,
    sqlite3.SQLITE_NOMEM: Reason.DISK,
}


class Cursor(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """What this room uses of a connection: SQLite's own is one, `postgres` another."""

    @property
    def in_transaction(self) -> bool:
        """Whether one is open."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Run one statement."""

    def close(self) -> None:
        """Let go of the store."""

    def set_authorizer(self, allowed: Callable[..., int], /) -> object:
        """Have each access asked about, where the database can do that."""


class ServerFault(sqlite3.OperationalError):
    """The database server does not do what it should; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def create_file(path: Path) -> None:
    """An empty file for a new store, readable by its owner only."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError:
        raise StoreUnavailable(Reason.READ_ONLY) from None


def open_writer(path: Path) -> Database:
    """A connection that writes durably; begin and commit are the caller's."""
    return _open(path, "rw", _WRITER_PRAGMAS, same_thread=False)


def open_reader(path: Path) -> Database:
    """A connection that cannot write. Each statement sees the newest commit."""
    return _open(path, "ro", _READER_PRAGMAS, same_thread=True)


def _open(
    path: Path, mode: str, pragmas: tuple[str, ...], *, same_thread: bool
) -> Database:
    with store_errors():
        if _is_small(path):
            # SQLite would take it for an empty database.
            place = told_place(path)
            if place is None:
                raise StoreUnavailable(Reason.DAMAGED)
            return _server(place, writes=mode == "rw")
        db = _connect(path, mode, same_thread=same_thread)
        try:
            for pragma in pragmas:
                db.execute(f"PRAGMA {pragma}").fetchall()
        except BaseException:
            db.close()
            raise
        return db


def _connect(path: Path, mode: str, *, same_thread: bool) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreMismatch(
            f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or later is needed"
        )
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=same_thread,
        cached_statements=STATEMENTS,
    )


def _server(place: Place, *, writes: bool) -> Database:
    try:
        from gateway.records.postgres import Server
    except ImportError:
        raise StoreMismatch(
            "the store is in PostgreSQL: install sekisho[postgresql]"
        ) from None
    return Server(place, writes=writes)


def _is_small(path: Path) -> bool:
    """Whether it is no SQLite database, but may say where the store is."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise StoreUnavailable(Reason.MISSING) from None
    except OSError:
        raise StoreUnavailable(Reason.READ_ONLY) from None
    return 0 < size < SMALLEST


def reason_of(error: sqlite3.Error) -> Reason | None:
    """Why the store failed; None where the statement was at fault, not the store."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return error.reason if isinstance(error, ServerFault) else None
    if code == sqlite3.SQLITE_READONLY_DBMOVED:
        return Reason.REMOVED
    return _REASONS.get(code & 0xFF)


@contextmanager
def store_errors() -> Iterator[None]:
    """Translate SQLite's errors about the store; leave those about a statement."""
    try:
        yield
    except sqlite3.Error as error:
        reason = reason_of(error)
        if reason is None:
            raise
        raise StoreUnavailable(reason) from error


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """All that is done inside, or nothing of it."""
    with store_errors():
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")


@dataclass(frozen=True, slots=True)
class FileSet:
    """Which files a store is: the main file, its write-ahead log, its shared index."""

    path: Path
    identities: tuple[tuple[int, int] | None, ...]

    @classmethod
    def of(cls, path: Path) -> Self:
        """The files that are there now."""
        return cls(path, _identities(path))

    def is_unchanged(self) -> bool:
        """Whether the same files still lie at the same place."""
        return _identities(self.path) == self.identities


class Files:
    """Whether a store's files are still those that were opened."""

    __slots__ = ("_looked", "_monotonic", "_opened")

    def __init__(self, path: Path, monotonic: Callable[[], float]) -> None:
        self._opened = FileSet.of(path)
        self._monotonic = monotonic
        self._looked = monotonic()

    def are_there(self) -> bool:
        """Look now."""
        there = self._opened.is_unchanged()
        if there:
            self._looked = self._monotonic()
        return there

    def were_there(self) -> bool:
        """What the last look saw, if it is good yet; else look now."""
        fresh = 0 <= self._monotonic() - self._looked < LOOK_SECONDS
        return fresh or self.are_there()


def _identities(path: Path) -> tuple[tuple[int, int] | None, ...]:
    return tuple(_identity(f"{path}{suffix}") for suffix in ("", "-wal", "-shm"))


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino
