# SPDX-License-Identifier: Apache-2.0
"""A copy of the register's file, for the day on which the file is lost (R-245).

Whole and of one moment, its owner's alone, made for a reason that is on record (R-202).
A register that is opened on the copy says the same: `digest` is that of every record
and of every state that it ever had.
"""

import hashlib
import os
from pathlib import Path

from simulators.register.basis import Operator, is_reference
from simulators.register.errors import NotAllowed, StoreFault
from simulators.register.events import Events
from simulators.register.store import Store

_ALL = {
    "records": "SELECT number, body FROM records WHERE number > ? ORDER BY 1 LIMIT ?",
    "history": "SELECT number, body FROM history WHERE number > ? ORDER BY 1 LIMIT ?",
}


class Backup:
    """Makes copies, and says what a register holds."""

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events

    def make(self, path: Path, reason: str, by: Operator) -> str:
        """Copy the register to a file that is not there yet; the digest of it.

        Raises `NotAllowed` without a reason, `StoreFault` where it cannot be written.
        """
        if not is_reference(reason):
            raise NotAllowed("a copy needs a reason")
        self._events.happened("copied", by.name, reason)
        try:
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
            os.close(os.open(path, flags, 0o600))
        except OSError:
            raise StoreFault("the copy cannot be made there") from None
        try:
            self._store.run("VACUUM INTO ?", str(path))
        except StoreFault:
            path.unlink()
            raise
        return self.digest()

    def digest(self) -> str:
        """SHA-256 of every record and every state of it, in order."""
        hashed = hashlib.sha256()
        for name, sql in _ALL.items():
            hashed.update(name.encode())
            for number, body in self._store.pages(sql, (0,)):
                hashed.update(number.to_bytes(8, "big") + hashlib.sha256(body).digest())
        return hashed.hexdigest()
