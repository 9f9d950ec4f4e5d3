# SPDX-License-Identifier: Apache-2.0
"""Opening a store file only if it is this program's, this version's and this key's.

A reader never changes the file, a writer never its schema: only `bring_up_to_date`
does, when a station starts. A file without content is not a store unless a new one
was asked for: an emptied store must not pass for a fresh one.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.records.connection import (
    Database,
    create_file,
    open_reader,
    open_writer,
    store_errors,
    transaction,
)
from gateway.records.errors import StoreMismatch
from gateway.records.key_folder import has_sealed, must_fit, tell_folder, told_folder
from gateway.records.migrate import migrate, require_current, version_of
from gateway.records.months import key_folder
from gateway.records.sealed import StoreKeys
from gateway.records.sealing import SCHEMA as SEALED
from gateway.records.sealing import seal_events


def bring_up_to_date(
    path: Path, keys: StoreKeys, *, create: bool, months: Path | None = None
) -> None:
    """Give the store our schema; with ``create`` also make one where there is none.

    ``months`` is the folder of the keys of its months; one that is not there is taken
    only where the store tells of none that is.
    Raises `StoreUnavailable` or `StoreMismatch`; then nothing was changed. Or
    `MonthKeyFault`, where a month of the record does not open.
    """
    if create:
        create_file(path)
    with closing(open_writer(path)) as db, store_errors():
        if version_of(db) > 0:
            _check_key(db, keys)
            told = told_folder(db, path)
            moved = months is not None and months.is_dir()
            months = months if moved or told is None else told
        elif not create:
            raise StoreMismatch(f"{path}: is empty, and no store")
        folder = months or key_folder(path)
        keys.months.lie_in(folder)
        if not has_sealed(db):
            keys.months.make_folder()
        migrate(db, path, steps={SEALED: lambda db: seal_events(db, keys)})
        must_fit(db, keys.months)
        with transaction(db):
            tell_folder(db, path, folder)
            db.execute(
                "INSERT INTO settings (name, value) VALUES ('key check', ?)"
                " ON CONFLICT DO NOTHING",
                (keys.check_value(),),
            )


def checked_writer(path: Path, keys: StoreKeys) -> Database:
    """A writing connection; raises `StoreUnavailable` or `StoreMismatch`."""
    return _checked(open_writer(path), path, keys)


def checked_reader(path: Path, keys: StoreKeys) -> Database:
    """A reading connection; raises `StoreUnavailable` or `StoreMismatch`."""
    return _checked(open_reader(path), path, keys)


@contextmanager
def writing(path: Path, keys: StoreKeys) -> Iterator[Database]:
    """One transaction on a connection of its own, durable when it is left."""
    with closing(checked_writer(path, keys)) as db, transaction(db):
        yield db


def _checked(db: Database, path: Path, keys: StoreKeys) -> Database:
    try:
        with store_errors():
            require_current(db)
            _check_key(db, keys)
            keys.months.lie_in(told_folder(db, path) or key_folder(path))
    except BaseException:
        db.close()
        raise
    return db


def _check_key(db: Database, keys: StoreKeys) -> None:
    sql = "SELECT value FROM settings WHERE name = 'key check'"
    row = db.execute(sql).fetchone()
    if row is not None and row[0] != keys.check_value():
        raise StoreMismatch("the store was made with another key file")
