# SPDX-License-Identifier: Apache-2.0
"""Is a store's file whole? SQLite's own look at every page and index of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.records.connection import store_errors
from gateway.records.manifest import BadBackup
from gateway.records.opening import checked_reader
from gateway.records.sealed import StoreKeys


def must_be_whole(path: Path, keys: StoreKeys) -> None:
    """Raises `BadBackup`, `StoreUnavailable` or `StoreMismatch`."""
    with closing(checked_reader(path, keys)) as reader:
        try:
            found = reader.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite3.Error:
            with store_errors():
                raise
    if found != "ok":
        raise BadBackup(f"{path}: is damaged: {found}")
