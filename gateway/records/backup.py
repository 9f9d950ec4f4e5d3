# SPDX-License-Identifier: Apache-2.0
"""A copy of a store as it stands at one moment, while its station goes on.

The copy is one file, whole and closed: SQLite copies it page by page within one reading
transaction, so nothing that is written meanwhile tears it. It is readable by its owner
only, and what is sealed in the store is sealed in it: without the store's key it tells
no person. It gets its name when it is complete and on the disk, never before.

The sending-destination file is not backed up (R-098): no extract is in the copy, and no
message that carries one. Whoever restores it has an empty file; the register hands in
again what was not sent.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.records.connection import Database, store_errors
from gateway.records.destinations import NOTICE
from gateway.records.errors import RecordsError
from gateway.records.opening import checked_reader
from gateway.records.sealed import StoreKeys


class BackupRefused(RecordsError):
    """No copy was made; nothing was overwritten.

    The name is taken, or the folder cannot be written, or its disk is full. Choose
    another name, or make room.
    """


def back_up(path: Path, key: bytes, target: Path) -> int:
    """Copy the store at ``path`` to the new file ``target``; how many bytes it has.

    Raises `BackupRefused`, or what `StoreReader.open` raises of the store.
    """
    if target.exists():
        raise BackupRefused(f"{target}: exists already and is not overwritten")
    keys = StoreKeys(key)
    beside = target.with_name(f".{target.name}.new")
    with closing(checked_reader(path, keys)) as source:
        try:
            beside.unlink(missing_ok=True)
            os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            _copy(source, beside)
            os.link(beside, target)  # unlike a rename, it replaces nothing
        except (OSError, sqlite3.Error, RecordsError) as error:
            raise BackupRefused(f"{target}: {_cause(error)}") from None
        finally:
            beside.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(source: Database, target: Path) -> None:
    with closing(sqlite3.connect(target, isolation_level=None)) as copy, store_errors():
        assert isinstance(source, sqlite3.Connection)  # `gateway.backup` refuses others
        source.backup(copy)
        _leave_out_destinations(copy)
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()
    descriptor = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _leave_out_destinations(copy: sqlite3.Connection) -> None:
    copy.execute("PRAGMA secure_delete = ON").fetchall()
    copy.execute("BEGIN IMMEDIATE")
    copy.execute("DELETE FROM destination_persons")
    copy.execute("DELETE FROM destinations")
    carrying = "DELETE FROM outbox WHERE state = 'waiting' AND message_type = ?"
    copy.execute(carrying, (NOTICE,))
    copy.execute("COMMIT")


def _cause(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error) if isinstance(error, RecordsError) else type(error).__name__
