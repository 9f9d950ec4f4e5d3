# SPDX-License-Identifier: Apache-2.0
"""The file of one system of the city; it says whose it is.

Every system has the same three tables beside its own: what happened, who looked at
whom, and what is owed to others.
"""

from pathlib import Path
from typing import Final

from simulators.city.reasons import StoreFault
from simulators.store import FileStore

_COMMON: Final = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE history (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL,
    by TEXT NOT NULL, about TEXT NOT NULL, code TEXT NOT NULL) STRICT;
CREATE TABLE looks (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL,
    place TEXT NOT NULL, affair TEXT NOT NULL, person TEXT NOT NULL,
    items TEXT NOT NULL, code TEXT NOT NULL) STRICT;
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, receiver TEXT NOT NULL,
    kind TEXT NOT NULL, by TEXT NOT NULL, body BLOB,
    state TEXT NOT NULL, code TEXT NOT NULL, sent_as TEXT NOT NULL) STRICT;
"""


class Store(FileStore):
    """One open file."""

    application = 0x5E150003

    def __init__(self, path: Path | None, system: str, schema: str) -> None:
        """Open or make it; None keeps it in memory. Raises `StoreFault`."""
        super().__init__(path, f"{_COMMON} {schema}")
        try:
            self._settle(system)
        except BaseException:
            self.close()
            raise

    def fault(self, text: str) -> StoreFault:
        return StoreFault(text)

    def _settle(self, system: str) -> None:
        """A new file is this system's; another's is not opened."""
        with self.transaction():
            known = self.value("SELECT value FROM settings WHERE name = 'system'")
            if known is None:
                self.run("INSERT INTO settings VALUES ('system', ?)", system)
            elif known != system:
                raise self.fault("the file is another system's")
