# SPDX-License-Identifier: Apache-2.0
"""What peers sent for our own systems, until those fetch it or its time is over.

A message was verified when it came, and its signed header is evidence in the record;
here its payload waits, sealed under the store's own key, so that it can be read for as
long as it may be kept, whatever becomes of its sender's certificate. Fetched, it is
gone: an arrival is a hand-over, not a file.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros
from gateway.records.sealed import StoreKeys

SWEEP = 1000
"""Rows erased in one work: a sweep must not hold up messages."""

_TABLE = "arrivals"
_COLUMNS = "message_id, sender, message_type, for_role, answers, at, until, sealed"


class Head(NamedTuple):
    """What an arrival is, without what it says: nothing is opened for it."""

    message_id: bytes
    sender: str
    message_type: str


class Arrival(msgspec.Struct, frozen=True):
    """One payload that waits to be fetched."""

    message_id: bytes
    sender: str
    """organisation/role"""
    message_type: str
    for_role: str
    """The role of the system that may fetch it."""
    payload: bytes
    at: datetime
    until: datetime
    """After it nobody fetches it any more, and it is erased."""
    answers: bytes = b""
    """The id of the message of ours that it answers; empty if of none."""

    def __repr__(self) -> str:
        return f"Arrival({self.message_type} from {self.sender})"


class ArrivalWrites(Writes):
    """Coming and going, inside a transaction."""

    __slots__ = ()

    def arrive(self, arrival: Arrival) -> bool:
        """Keep it for its system. False if another is here under its id."""
        kept = self._changes(
            f"INSERT INTO arrivals ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            arrival.message_id,
            arrival.sender,
            arrival.message_type,
            arrival.for_role,
            arrival.answers,
            to_micros(arrival.at),
            to_micros(arrival.until),
            self._keys.seal(_TABLE, arrival.message_id, arrival.payload),
        )
        return kept == 1

    def take_arrival(self, message_id: bytes, role: str) -> bool:
        """Its system has it: erase it here. False if it is not that system's."""
        gone = self._changes(
            "DELETE FROM arrivals WHERE message_id = ? AND for_role = ?",
            message_id,
            role,
        )
        return gone == 1

    def erase_arrivals(self, message_ids: Sequence[bytes]) -> int:
        """Erase those; how many were still here."""
        return sum(
            self._changes("DELETE FROM arrivals WHERE message_id = ?", one)
            for one in message_ids
        )


class ArrivalReads(Reads):
    """What waits."""

    __slots__ = ()

    def arrivals(self, role: str, now: datetime, limit: int = 100) -> list[Head]:
        """The oldest that wait for the system of ``role`` and are in time."""
        rows = self._all(
            "SELECT message_id, sender, message_type FROM arrivals"
            " WHERE for_role = ? AND until >= ? ORDER BY at, message_id LIMIT ?",
            role,
            to_micros(now),
            limit,
        )
        return [Head(*row) for row in rows]

    def arrival(self, message_id: bytes, role: str, now: datetime) -> Arrival | None:
        """One that waits for the system of ``role``."""
        row = self._one(
            f"SELECT {_COLUMNS} FROM arrivals WHERE message_id = ? AND for_role = ?"
            " AND until >= ?",
            message_id,
            role,
            to_micros(now),
        )
        return None if row is None else _arrival(row, self._keys)

    def arrival_answering(
        self, message_id: bytes, role: str, now: datetime
    ) -> Arrival | None:
        """What answers a message of ours, for the system that asked."""
        row = self._one(
            f"SELECT {_COLUMNS} FROM arrivals WHERE answers = ? AND for_role = ?"
            " AND until >= ?",
            message_id,
            role,
            to_micros(now),
        )
        return None if row is None else _arrival(row, self._keys)

    def overdue_arrivals(self, now: datetime, limit: int = SWEEP) -> list[Head]:
        """Those whose time is over: to be erased, and that recorded."""
        rows = self._all(
            "SELECT message_id, sender, message_type FROM arrivals"
            " WHERE until < ? ORDER BY until LIMIT ?",
            to_micros(now),
            limit,
        )
        return [Head(*row) for row in rows]


def _arrival(row: Row, keys: StoreKeys) -> Arrival:
    return Arrival(
        message_id=row[0],
        sender=row[1],
        message_type=row[2],
        for_role=row[3],
        answers=row[4],
        at=from_micros(row[5]),
        until=from_micros(row[6]),
        payload=keys.open(_TABLE, row[0], row[7]),
    )
