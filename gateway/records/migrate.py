# SPDX-License-Identifier: Apache-2.0
"""Brings a store to the newest schema: numbered SQL files, applied in order.

The number of the last file applied is the database's `user_version`. Each file is one
transaction, so that a store is always at a whole number. Before a store that holds
anything is changed, a copy is laid beside it. A store that is newer than this program
is refused, because what an old program would do to it is unknown. A store in
PostgreSQL is brought up by `postgres_schema`.
"""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway.records.connection import (
    Database,
    transaction,
)
from gateway.records.errors import StoreMismatch
from gateway.records.postgres_schema import bring_up, server_version
from gateway.records.statements import SCHEMA, schema_files, statements

Step = Callable[[Database], None]
"""What moves rows where SQL cannot, within the transaction of its file."""
APPLICATION_ID: Final = 0x53454B49
"""Marks the file as ours ("SEKI"), as SQLite's header provides."""


def newest(directory: Path = SCHEMA) -> int:
    """The number of the newest schema that this program knows."""
    return max(number for number, _ in schema_files(directory))


def version_of(db: Database) -> int:
    """The schema of a store; raises `StoreMismatch` for another program's file."""
    if not isinstance(db, sqlite3.Connection):
        return server_version(db)
    version = _pragma(db, "user_version")
    mark = _pragma(db, "application_id")
    tables = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if mark != APPLICATION_ID and (mark or version or tables):
        raise StoreMismatch("the file is a database of another program")
    return version


def migrate(
    db: Database,
    path: Path,
    directory: Path = SCHEMA,
    steps: Mapping[int, Step] = MappingProxyType({}),
) -> None:
    """Apply what ``db`` lacks; raises `StoreMismatch` where it is newer than we.

    ``steps`` follow the files of their numbers; a new store needs none.
    """
    version = version_of(db)
    target = newest(directory)
    if version > target:
        raise StoreMismatch(
            f"the store has schema {version}, this program knows {target}: update it"
        )
    if not isinstance(db, sqlite3.Connection):
        bring_up(db, version, directory)
        return
    if 0 < version < target:
        _back_up(db, path.with_name(f"{path.name}.schema-{version}"))
    for number, file in schema_files(directory):
        if number > version:
            sql = file.read_text(encoding="utf-8")
            _apply(db, number, sql, steps.get(number))


def require_current(db: Database) -> None:
    """Raises `StoreMismatch` unless the store has exactly our schema."""
    version, target = version_of(db), newest()
    if version == 0:
        raise StoreMismatch("nothing is in the store: bring back its newest backup")
    if version != target:
        raise StoreMismatch(
            f"the store has schema {version}, this program reads {target}: "
            "start its station once with this version, or update"
        )


def _apply(db: Database, number: int, sql: str, step: Step | None) -> None:
    with transaction(db):
        if _pragma(db, "user_version") >= number:
            return
        for statement in statements(sql):
            db.execute(statement)
        if step is not None:
            step(db)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {number}")


def _back_up(db: Database, target: Path) -> None:
    target.unlink(missing_ok=True)
    db.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)


def _pragma(db: Database, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
