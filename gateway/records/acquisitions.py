# SPDX-License-Identifier: Apache-2.0
"""Linkage codes (符号) that are being got: which processing number stands for whom.

Law: 番号法第21条の2第3項, nobody keeps the number (取得番号) longer than it is needed.
It is sealed here while the code is waited for, and erased in the transaction that ties
the code; of what is over a keyed tag tells for a while that the code came. If none
comes in time, all of it goes. No individual number is ever kept here.
"""

from datetime import datetime

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros
from gateway.records.sealed import StoreKeys

SWEEP = 1000
"""Rows forgotten in one work: a sweep must not hold up messages."""

TAG_SIZE = 16
"""Bytes of a tag, which our own systems may ask by as by a message's id."""

_TABLE = "acquisitions"


class Acquisition(msgspec.Struct, frozen=True):
    """One code that is being got, or was."""

    until: datetime
    processing_number: bytes = b""
    """Empty once the code came."""
    addressee_number: str = ""

    @property
    def is_open(self) -> bool:
        """Whether its code is still waited for."""
        return bool(self.processing_number)

    def __repr__(self) -> str:
        return f"Acquisition(until {self.until}, {'open' if self.is_open else 'over'})"


class AcquisitionWrites(Writes):
    """Beginning and ending, inside a transaction."""

    __slots__ = ()

    def open_acquisition(self, made: Acquisition, subject_tag: bytes) -> None:
        """A code is waited for, under a new processing number."""
        tag = _tag(self._keys, made.processing_number)
        plain = msgspec.msgpack.encode((made.processing_number, made.addressee_number))
        self._changes(
            "INSERT INTO acquisitions (tag, subject_tag, until, sealed)"
            " VALUES (?, ?, ?, ?)",
            tag,
            subject_tag,
            to_micros(made.until),
            self._keys.seal(_TABLE, tag, plain),
        )

    def end_acquisition(self, processing_number: bytes) -> bool:
        """The code came: the number is erased. False if none was waited for."""
        ended = self._changes(
            "UPDATE acquisitions SET sealed = NULL"
            " WHERE tag = ? AND sealed IS NOT NULL",
            _tag(self._keys, processing_number),
        )
        return ended == 1

    def forget_acquisition(self, tag: bytes) -> bool:
        """Its time is over. True if its code was still waited for."""
        rows = self._all("DELETE FROM acquisitions WHERE tag = ? RETURNING sealed", tag)
        return bool(rows) and rows[0][0] is not None


class AcquisitionReads(Reads):
    """Looking."""

    __slots__ = ()

    def acquisition(self, known_by: bytes) -> Acquisition | None:
        """What stands under a processing number or its tag, open or over."""
        row = self._one(
            "SELECT tag, until, sealed FROM acquisitions WHERE tag IN (?, ?)",
            _tag(self._keys, known_by),
            known_by,
        )
        return None if row is None else _acquisition(row, self._keys)

    def acquisition_tag(self, processing_number: bytes) -> bytes:
        """What may stand for the number where it is kept for long, as in a record."""
        return _tag(self._keys, processing_number)

    def open_acquisition_of(
        self, subject_tag: bytes, now: datetime
    ) -> Acquisition | None:
        """The newest that is open for what was handed in."""
        row = self._one(
            "SELECT tag, until, sealed FROM acquisitions"
            " WHERE subject_tag = ? AND sealed IS NOT NULL AND until >= ?"
            " ORDER BY until DESC",
            subject_tag,
            to_micros(now),
        )
        return None if row is None else _acquisition(row, self._keys)

    def overdue_acquisitions(self, now: datetime, limit: int = SWEEP) -> list[bytes]:
        """The tags of those whose time is over."""
        rows = self._all(
            "SELECT tag FROM acquisitions WHERE until < ? ORDER BY until LIMIT ?",
            to_micros(now),
            limit,
        )
        return [row[0] for row in rows]

    def subject_tag(self, addressee_number: str, individual_number: str) -> bytes:
        """What tells one hand-in from another, and nothing else."""
        return self._keys.lookup_tag(_TABLE, f"{addressee_number} {individual_number}")


def _tag(keys: StoreKeys, processing_number: bytes) -> bytes:
    return keys.lookup_tag("processing number", processing_number.hex())[:TAG_SIZE]


def _acquisition(row: Row, keys: StoreKeys) -> Acquisition:
    tag, until, sealed = row
    if sealed is None:
        return Acquisition(from_micros(until))
    plain = keys.open(_TABLE, tag, sealed)
    number, addressee = msgspec.msgpack.decode(plain, type=tuple[bytes, str])
    return Acquisition(from_micros(until), number, addressee)
