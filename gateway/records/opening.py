# SPDX-License-Identifier: Apache-2.0
"""Opening a store file only if it is this program's, this version's and this key's.

A reader never changes the file, a writer never its schema: only `bring_up_to_date`
does, when a station starts. A file without content is not a store unless a new one
was asked for: an emptied store must not pass for a fresh one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.records.connection import (
    create_file,
    open_reader,
    open_writer,
    store_errors,
    transaction,
)
from gateway.records.errors import StoreMismatch
from gateway.records.migrate import migrate, require_current, version_of
from gateway.records.sealed import StoreKeys


def bring_up_to_date(path: Path, keys: StoreKeys, *, create: bool) -> None:
    """Give the store our schema; with ``create`` also make one where there is none.

    Raises `StoreUnavailable` or `StoreMismatch`; then nothing was changed.
    """
    if create:
        create_file(path)
    with closing(open_writer(path)) as db, store_errors():
        if version_of(db) > 0:
            _check_key(db, keys)
        elif not create:
            raise StoreMismatch(f"{path}: is an empty file, not a store")
        migrate(db, path)
        with transaction(db):
            db.execute(
                "INSERT INTO settings (name, value) VALUES ('key check', ?)"
                " ON CONFLICT DO NOTHING",
                (keys.check_value(),),
            )


def checked_writer(path: Path, keys: StoreKeys) -> sqlite3.Connection:
    """A writing connection; raises `StoreUnavailable` or `StoreMismatch`."""
    return _checked(open_writer(path), keys)


def checked_reader(path: Path, keys: StoreKeys) -> sqlite3.Connection:
    """A reading connection; raises `StoreUnavailable` or `StoreMismatch`."""
    return _checked(open_reader(path), keys)


@contextmanager
def writing(path: Path, keys: StoreKeys) -> Iterator[sqlite3.Connection]:
    """One transaction on a connection of its own, durable when it is left."""
    with closing(checked_writer(path, keys)) as db, transaction(db):
        yield db


def _checked(db: sqlite3.Connection, keys: StoreKeys) -> sqlite3.Connection:
    try:
        with store_errors():
            require_current(db)
            _check_key(db, keys)
    except BaseException:
        db.close()
        raise
    return db


def _check_key(db: sqlite3.Connection, keys: StoreKeys) -> None:
    sql = "SELECT value FROM settings WHERE name = 'key check'"
    row = db.execute(sql).fetchone()
    if row is not None and row[0] != keys.check_value():
        raise StoreMismatch("the store was made with another key file")
