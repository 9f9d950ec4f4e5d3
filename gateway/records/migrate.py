# SPDX-License-Identifier: Apache-2.0
"""Brings a store to the newest schema: numbered SQL files, applied in order.

The number of the last file applied is the database's `user_version`. Each file is one
transaction, so that a store is always at a whole number. Before a store that holds
anything is changed, a copy is laid beside it. A store that is newer than this program
is refused, because what an old program would do to it is unknown.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.records.connection import transaction
from gateway.records.errors import StoreMismatch

SCHEMA: Final = Path(__file__).parent / "schema"
APPLICATION_ID: Final = 0x53454B49
"""Marks the file as ours ("SEKI"), as SQLite's header provides."""


def newest(directory: Path = SCHEMA) -> int:
    """The number of the newest schema that this program knows."""
    return max(number for number, _ in _files(directory))


def version_of(db: sqlite3.Connection) -> int:
    """The schema of a store; raises `StoreMismatch` for another program's file."""
    version = _pragma(db, "user_version")
    mark = _pragma(db, "application_id")
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if mark != APPLICATION_ID and (mark or version or tables):
        raise StoreMismatch("the file is a database of another program")
    return version


def migrate(db: sqlite3.Connection, path: Path, directory: Path = SCHEMA) -> None:
    """Apply what ``db`` lacks; raises `StoreMismatch` where it is newer than we."""
    version = version_of(db)
    target = newest(directory)
    if version > target:
        raise StoreMismatch(
            f"the store has schema {version}, this program knows {target}: update it"
        )
    if 0 < version < target:
        _back_up(db, path.with_name(f"{path.name}.schema-{version}"))
    for number, file in _files(directory):
        if number > version:
            _apply(db, number, file.read_text(encoding="utf-8"))


def require_current(db: sqlite3.Connection) -> None:
    """Raises `StoreMismatch` unless the store has exactly our schema."""
    version, target = version_of(db), newest()
    if version != target:
        raise StoreMismatch(
            f"the store has schema {version}, this program reads {target}: "
            "start its station once with this version, or update"
        )


def _files(directory: Path) -> list[tuple[int, Path]]:
    return sorted((int(file.stem), file) for file in directory.glob("[0-9]*.sql"))


def _apply(db: sqlite3.Connection, number: int, sql: str) -> None:
    with transaction(db):
        if _pragma(db, "user_version") >= number:
            return
        for statement in _statements(sql):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")


def _statements(sql: str) -> Iterator[str]:
    """One at a time: `executescript` would commit behind our back."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _back_up(db: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)
    db.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
