# SPDX-License-Identifier: Apache-2.0
"""The register's file, with its schema, its counters and what it says to SQLite's no.

`trial` runs something and takes it back, so that an entry is tried out at the terminal
by the same rules that later write it.
"""

import sqlite3
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from simulators.register.errors import EntryRefused, Fault, Rule, StoreFault
from simulators.store import FileStore


class Taken(Exception):
    """Another row has this key already."""


class Store(FileStore):
    """One open register."""

    application = 0x5E150001
    version = 2

    def __init__(self, path: Path | None) -> None:
        """Open or make it; None keeps it in memory. Raises `StoreFault`."""
        self.folder = None if path is None else path.parent
        """Where the file lies; None for a register in memory."""
        schema = (files("simulators.register") / "schema.sql").read_text("utf-8")
        super().__init__(path, schema)

    def fault(self, text: str) -> StoreFault:
        return StoreFault(text)

    def translated(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.IntegrityError):
            return Taken(str(error))
        if isinstance(error, sqlite3.Error):
            return super().translated(error)
        return EntryRefused(Fault("value", Rule.FORMAT))

    def count(self, name: str, start: int = 1) -> int:
        """The next number of a counter that never goes back."""
        found: int = self.value(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name)"
            " DO UPDATE SET value = value + 1 RETURNING value",
            name,
            start,
        )
        return found

    def trial(self, work: Callable[[], Any]) -> Any:
        """Do it, give what came of it, and take it back."""
        with self.transaction():
            self.run("SAVEPOINT trial")
            try:
                return work()
            finally:
                self.run("ROLLBACK TO trial")
                self.run("RELEASE trial")


def encoded(value: Any) -> bytes:
    """A value as it is kept; text that is no Unicode is refused."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise EntryRefused(Fault("value", Rule.FORMAT)) from None
