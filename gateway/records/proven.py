# SPDX-License-Identifier: Apache-2.0
"""What others have said of the log: who co-signed its heads, and when they stood.

A head that the quorum of witnesses co-signed cannot be taken back unseen; one that a
time-stamp covers stood at that moment, whoever holds our keys now. An event is *proven*
once it lies under a head that is both. Nothing may be erased before.

Stamps are one chain, from the first on: each covers a head together with the stamp
before it, so that a newer one vouches for all of the older ones, in the manner of
RFC 4998. They stay for ever, as the log does.
"""

from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros
from gateway.records.errors import StoreDamaged

_STAMPS: Final = "SELECT number, size, at, until, cosigned, note, token FROM log_stamps"


class Cosigned(msgspec.Struct, frozen=True):
    """The newest head that the quorum of witnesses co-signed."""

    size: int
    at: datetime
    """When the quorum had signed: the time of the signature that completed it."""
    note: bytes
    """The head with the signatures of its log and of the witnesses."""


class Stamp(msgspec.Struct, frozen=True):
    """One link of the chain of time-stamps."""

    number: int
    """From 1 on, without a gap."""
    size: int
    at: datetime
    """When the head stood, as the time-stamp authority says."""
    until: datetime
    """The end of the authority's certificate: a newer stamp has to cover this one."""
    cosigned: bool
    """Whether the head bears the co-signatures of the quorum."""
    note: bytes
    token: bytes
    """RFC 3161; what it covers is told in `gateway.records.stamp_chain`."""


class Seen(msgspec.Struct, frozen=True):
    """What one of our witnesses has co-signed."""

    witness: str
    """``organisation/role``."""
    size: int
    at: datetime


class ProvenWrites(Writes):
    """What others said, inside a transaction."""

    __slots__ = ()

    def put_cosigned(self, found: Cosigned) -> None:
        """Keep a head that the quorum co-signed; an older one is `StoreDamaged`."""
        newest = self._all("SELECT size FROM log_cosigned")
        if any(row[0] > found.size for row in newest):
            raise StoreDamaged("a co-signed head that is older than the newest")
        self._changes(
            "INSERT INTO log_cosigned (one, size, at, note) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (one) DO UPDATE SET"
            " size = excluded.size, at = excluded.at, note = excluded.note",
            1,
            found.size,
            to_micros(found.at),
            found.note,
        )

    def believe_clock(self, size: int, at: datetime, operator: str) -> None:
        """Keep that a person takes the clock as right, whatever older heads say."""
        self._changes(
            "INSERT INTO log_clock (size, at, operator) VALUES (?, ?, ?)"
            " ON CONFLICT (size) DO UPDATE SET"
            " at = excluded.at, operator = excluded.operator",
            size,
            to_micros(at),
            operator,
        )

    def put_seen(self, seen: Seen) -> None:
        """Keep what one witness co-signed."""
        self._changes(
            "INSERT INTO log_witnesses (witness, size, at) VALUES (?, ?, ?)"
            " ON CONFLICT (witness) DO UPDATE SET"
            " size = excluded.size, at = excluded.at",
            seen.witness,
            seen.size,
            to_micros(seen.at),
        )

    def put_stamp(self, stamp: Stamp) -> None:
        """Append a link; `StoreDamaged` unless it follows the last one."""
        last = self._all("SELECT number, size FROM log_stamps ORDER BY number DESC")
        number, size = last[0] if last else (0, 0)
        if stamp.number != number + 1 or stamp.size < size:
            raise StoreDamaged("a time-stamp that does not follow the one before")
        self._changes(
            "INSERT INTO log_stamps (number, size, at, until, cosigned, note, token)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            stamp.number,
            stamp.size,
            to_micros(stamp.at),
            to_micros(stamp.until),
            int(stamp.cosigned),
            stamp.note,
            stamp.token,
        )


class ProvenReads(Reads):
    """What others have said of this log."""

    __slots__ = ()

    def proven_size(self) -> int:
        """How many events lie under a head that is time-stamped and co-signed.

        0 where none is, so also where no witness or no authority is configured.
        """
        row = self._one("SELECT max(size) FROM log_stamps WHERE cosigned = ?", 1)
        return 0 if row is None or row[0] is None else int(row[0])

    def cosigned(self) -> Cosigned | None:
        """The newest head that the quorum co-signed; None before the first."""
        row = self._one("SELECT size, at, note FROM log_cosigned")
        return None if row is None else Cosigned(row[0], from_micros(row[1]), row[2])

    def first_event_at(self) -> datetime | None:
        """When the oldest event that is still here was recorded."""
        row = self._one("SELECT at FROM events ORDER BY seq LIMIT 1")
        return None if row is None else from_micros(row[0])

    def clock_believed(self) -> int:
        """Up to which size a person said that heads bear wrong times; 0: nobody did."""
        row = self._one("SELECT max(size) FROM log_clock")
        return 0 if row is None or row[0] is None else int(row[0])

    def seen_by(self) -> list[Seen]:
        """What each witness co-signed last, by its name."""
        rows = self._all("SELECT witness, size, at FROM log_witnesses ORDER BY witness")
        return [Seen(row[0], row[1], from_micros(row[2])) for row in rows]

    def stamps(self) -> list[Stamp]:
        """The whole chain, the oldest first."""
        return [_stamp(row) for row in self._all(f"{_STAMPS} ORDER BY number")]

    def last_stamp(self) -> Stamp | None:
        """The newest link; None before the first."""
        row = self._one(f"{_STAMPS} ORDER BY number DESC LIMIT 1")
        return None if row is None else _stamp(row)


def _stamp(row: Row) -> Stamp:
    number, size, at, until, cosigned, note, token = row
    return Stamp(
        number, size, from_micros(at), from_micros(until), bool(cosigned), note, token
    )
