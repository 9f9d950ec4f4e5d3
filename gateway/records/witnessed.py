# SPDX-License-Identifier: Apache-2.0
"""What this station remembers as a witness of its peers' logs.

One row for each log: the newest head that we co-signed. It is durable before the
co-signature leaves, and only grows; what does not grow from it is not co-signed.
"""

from datetime import datetime

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros


class Witnessed(msgspec.Struct, frozen=True):
    """The newest head of one log that we co-signed."""

    origin: str
    size: int
    root: bytes
    at: datetime
    note: bytes
    """As the log had signed it: evidence, should it ever show another tree."""


class WitnessedWrites(Writes):
    """A witness's memory, inside a transaction."""

    __slots__ = ()

    def witnessed_now(self, origin: str) -> Witnessed | None:
        """What is remembered, as it stands in this transaction."""
        rows = self._all(
            "SELECT origin, size, root, at, note FROM witnessed_logs WHERE origin = ?",
            origin,
        )
        return _witnessed(rows[0]) if rows else None

    def put_witnessed(self, found: Witnessed) -> None:
        """Remember a newer head. That it follows, the caller has checked."""
        self._changes(
            "INSERT INTO witnessed_logs (origin, size, root, at, note)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET"
            " size = excluded.size, root = excluded.root, at = excluded.at,"
            " note = excluded.note",
            found.origin,
            found.size,
            found.root,
            to_micros(found.at),
            found.note,
        )


class WitnessedReads(Reads):
    """A witness's memory."""

    __slots__ = ()

    def witnessed_as(self, origin: str) -> Witnessed | None:
        """What is remembered of one log."""
        row = self._one(
            "SELECT origin, size, root, at, note FROM witnessed_logs WHERE origin = ?",
            origin,
        )
        return None if row is None else _witnessed(row)

    def witnessed(self) -> list[Witnessed]:
        """Every log that we ever co-signed."""
        rows = self._all(
            "SELECT origin, size, root, at, note FROM witnessed_logs ORDER BY origin"
        )
        return [_witnessed(row) for row in rows]


def _witnessed(row: Row) -> Witnessed:
    return Witnessed(row[0], row[1], row[2], from_micros(row[3]), row[4])
