# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL's errors as this room knows them: SQLite's, and without any value."""

import sqlite3
from typing import Final

import psycopg

from gateway.records.connection import ServerFault
from gateway.records.errors import Reason

_REASONS: Final = {
    "53100": Reason.FULL,
    "25006": Reason.READ_ONLY,
    "42501": Reason.READ_ONLY,
    "55P03": Reason.LOCKED,
    "40001": Reason.LOCKED,
    "40P01": Reason.LOCKED,
    "57014": Reason.LOCKED,
    "58030": Reason.DISK,
    "3D000": Reason.MISSING,
}
_CLASSES: Final = {
    "08": Reason.SERVER,
    "28": Reason.SERVER,
    "53": Reason.SERVER,
    "57": Reason.SERVER,
    "XX": Reason.DAMAGED,
}


def translated(error: psycopg.Error) -> sqlite3.Error:
    """An error as this room knows it, without any value that stands in it."""
    state = error.sqlstate or ""
    if isinstance(error, psycopg.IntegrityError):
        return sqlite3.IntegrityError(error.diag.message_primary or "")
    reason = _REASONS.get(state) or _CLASSES.get(state[:2])
    if reason is None and not state and isinstance(error, psycopg.OperationalError):
        reason = Reason.SERVER
    if reason is not None:
        return ServerFault(reason)
    return sqlite3.OperationalError(f"{state}: {error.diag.message_primary}")
