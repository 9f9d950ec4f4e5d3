# SPDX-License-Identifier: Apache-2.0
"""Moves a stopped station's store from SQLite to PostgreSQL, or back.

The target is a new store at a new path; the source stays as it is, and only the
station's configuration, which a person changes, says which of the two is the station's.
Before the target stands, its record is checked as `sekisho records verify` does. Killed
midway, the move leaves the source as it was; beside the target's
place lies a file whose name ends with `.unfinished`; its tables, in PostgreSQL too, are
empty, and the next attempt takes them.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from gateway.records.connection import (
    Database,
    create_file,
    open_writer,
    store_errors,
    transaction,
)
from gateway.records.key_folder import tell_folder, told_folder
from gateway.records.migrate import migrate, version_of
from gateway.records.months import key_folder
from gateway.records.moving import MoveRefused, Sum, copy_all
from gateway.records.opening import checked_writer
from gateway.records.postgres_place import Place, tell_place, told_place
from gateway.records.postgres_schema import as_server
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader

Check = Callable[[StoreReader], str]
"""What is wrong with a record and its log; empty where nothing is."""
UNFINISHED: Final = ".unfinished"


def move(
    path: Path, key: bytes, target: Path, place: Place | None, check: Check
) -> dict[str, Sum]:
    """Copy the store at ``path`` to the new path ``target``; what each table held.

    With ``place``, into that schema of PostgreSQL; else into an SQLite file. Raises
    `MoveRefused`, `StoreUnavailable`, `StoreMismatch`.
    """
    if target.exists():
        raise MoveRefused(f"{target}: exists already and is not overwritten")
    if (told_place(path) is None) == (place is None):
        raise MoveRefused("the store is in such a database already")
    keys = StoreKeys(key)
    with _alone(path, keys) as source, _new(target, place) as made:
        folder = told_folder(source, path) or key_folder(path)
        with store_errors(), transaction(made):
            copied = copy_all(source, made)
            tell_folder(made, target, folder)
            if fault := check(StoreReader(made, keys)):
                raise MoveRefused(fault)
    _stand(target, place)
    return copied


@contextmanager
def _alone(path: Path, keys: StoreKeys) -> Iterator[Database]:
    """The source, in a transaction that keeps every other writer out."""
    with closing(checked_writer(path, keys)) as looked:
        looked.execute("SELECT count(*) FROM settings").fetchall()
    if Path(f"{path}-wal").exists():
        raise MoveRefused("somebody has the store open: stop the station first")
    with closing(checked_writer(path, keys)) as db, transaction(db):
        if not isinstance(db, sqlite3.Connection) and not as_server(db).is_alone():
            raise MoveRefused("somebody has the store open: stop the station first")
        yield db


@contextmanager
def _new(target: Path, place: Place | None) -> Iterator[Database]:
    """An empty store of our schema, that is not at its path yet."""
    beside = target.with_name(f"{target.name}{UNFINISHED}")
    beside.unlink(missing_ok=True)
    if place is None:
        create_file(beside)
    else:
        tell_place(beside, place)
    with closing(open_writer(beside)) as db:
        if version_of(db) and db.execute("SELECT 1 FROM settings LIMIT 1").fetchone():
            beside.unlink()
            raise MoveRefused(f"schema {place and place.schema}: holds a store already")
        migrate(db, beside)
        yield db


def _stand(target: Path, place: Place | None) -> None:
    """Give the finished store its name, on the disk; replaces nothing."""
    beside = target.with_name(f"{target.name}{UNFINISHED}")
    try:
        os.link(beside, target)
    except OSError as error:
        raise MoveRefused(f"{target}: {error.strerror}") from None
    beside.unlink()
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
