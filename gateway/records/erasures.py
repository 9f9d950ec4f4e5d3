# SPDX-License-Identifier: Apache-2.0
"""What was erased of the record after its seven years, and what is left of it.

An erasure takes one month. It is itself an event, and what that event says is kept here
in the clear, salt and all, for ever: the leaf that commits to it stands in the log, so
that nobody can add an erasure afterwards to explain records that they removed. Left
are the entries of the log, and which entry was which record's (ids name nobody).
"""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Writes, maybe_moment
from gateway.records.event import (
    Event,
    Prepared,
    commitment,
    moment_id,
    read_canonical,
)
from gateway.records.extent import Erased, Extent, Measure, read_extent
from gateway.records.month_keys import MonthKeys
from gateway.records.months import Month
from protocols.tlog.merkle import HASH_SIZE
from protocols.tlog.tiles import WIDTH

ROWS: Final = "rows"
KEY: Final = "key"
DONE: Final = "done"
"""What is to be done next: delete rows, destroy the key, nothing."""
_ID_SIZE: Final = 16
_PLACE_SIZE: Final = 8
_ROW_SIZE: Final = _ID_SIZE + _PLACE_SIZE
_SELECT: Final = "SELECT number, seq, salt, canonical, step FROM erasures"
_FIRST: Final = (
    "SELECT at, record_id FROM events WHERE record_id >= ? ORDER BY record_id LIMIT 1"
)
_NO_END: Final = 2**62
_PAGE: Final = 4096
_TILE: Final = "SELECT hashes FROM log_tiles WHERE level = ? AND number = ?"

_NEXT: Final = (
    "SELECT record_id, seq FROM events WHERE record_id >= ? AND record_id < ?"
    " AND seq < ? ORDER BY record_id LIMIT ?"
)
_ASKED_THEN: Final = (
    "SELECT processing_number FROM inquiries"
    " WHERE created >= ? AND created < ? AND state <> 'in_progress'"
)
_BESIDE: Final = (
    f"DELETE FROM announced WHERE processing_number IN ({_ASKED_THEN})",
    "DELETE FROM inquiries"
    " WHERE created >= ? AND created < ? AND state <> 'in_progress'",
    "DELETE FROM holds WHERE opened >= ? AND opened < ? AND done = 1",
    "DELETE FROM transactions WHERE created >= ? AND created < ? AND outcome <> ''",
)
_BLOCK: Final = 256
"""Ids in one row: looked up by its first one."""


class Erasure(msgspec.Struct, frozen=True):
    """One erasure, as its own event tells of it."""

    number: int
    seq: int
    """Of that event."""
    salt: bytes
    canonical: bytes
    """Of that event."""
    step: str
    event: Event
    extent: Extent

    @property
    def commitment(self) -> bytes:
        """The entry of the log that proves it."""
        return commitment(self.salt, self.canonical)


class ErasureWrites(Writes):
    """An erasure goes on, inside a transaction."""

    __slots__ = ()

    def note_erasure(self, prepared: Prepared, extent: Extent) -> None:
        """What begins now; its event was recorded in this transaction."""
        sql = "SELECT seq FROM events WHERE record_id = ?"
        ((seq,),) = self._all(sql, prepared.record_id)
        begins, ends = extent.month.span()
        self._changes(
            "INSERT INTO erasures (seq, month, begins, ends, salt, canonical, step)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            seq,
            str(extent.month),
            begins,
            ends,
            prepared.salt,
            prepared.canonical,
            ROWS,
        )

    def may_erase(self, extent: Extent) -> bool:
        """Whether nobody else has begun, or even ended, the same erasure meanwhile."""
        begun = "SELECT 1 FROM erasures WHERE month = ? AND step <> ?"
        there = "SELECT 1 FROM events WHERE seq = ?"
        return not self._all(begun, str(extent.month), DONE) and all(
            self._all(there, seq) for one in extent.ranges for seq in one
        )

    def note_step(self, number: int, step: str) -> None:
        """What is to be done next."""
        sql = "UPDATE erasures SET step = ? WHERE number = ?"
        self._changes(sql, step, number)

    def erase_rows(self, erasure: "Erasure", after: bytes, most: int) -> bytes | None:
        """Delete the next rows that it takes, behind an id; the last id looked at.

        None where nothing is left. What they were is overwritten with zeros; which
        entry was whose is kept.
        """
        begins, ends = (moment_id(one) for one in erasure.extent.month.span())
        rows = self._all(_NEXT, max(after, begins), ends, erasure.seq, most)
        taken = Erased(erasure.extent.ranges)
        gone = [(record_id, seq) for record_id, seq in rows if seq in taken]
        with self._overwriting():
            for _, seq in gone:
                self._changes("DELETE FROM event_finds WHERE seq = ?", seq)
                self._changes("DELETE FROM events WHERE seq = ?", seq)
        for place in range(0, len(gone), _BLOCK):
            self.keep_ids(erasure.number, gone[place : place + _BLOCK])
        return rows[-1][0] + b"\x00" if rows else None

    def erase_linkage(self, erasure: "Erasure") -> None:
        """What was kept beside the record of transactions of that month, settled."""
        span = erasure.extent.month.span()
        with self._overwriting():
            for sql in _BESIDE:
                self._changes(sql, *span)

    def keep_ids(self, number: int, gone: Iterable[tuple[bytes, int]]) -> None:
        """Which entry was which record's; ids ascending, with their numbers."""
        packed = b"".join(one + seq.to_bytes(_PLACE_SIZE) for one, seq in gone)
        self._changes(
            "INSERT INTO erased_ids (erasure, first_id, ids) VALUES (?, ?, ?)",
            number,
            packed[:_ID_SIZE],
            packed,
        )


class ErasureReads(Reads):
    """What was erased."""

    __slots__ = ()

    def month_keys(self) -> MonthKeys:
        """The keys of the months of this store."""
        return self._keys.months

    def erasures(self) -> list[Erasure]:
        """Every erasure, the first one first; raises `StoreDamaged`."""
        return [_erasure(row) for row in self._all(f"{_SELECT} ORDER BY number")]

    def unfinished_erasures(self) -> list[Erasure]:
        """What was begun and is to be ended."""
        sql = f"{_SELECT} WHERE step <> ? ORDER BY number"
        return [_erasure(row) for row in self._all(sql, DONE)]

    def erased(self) -> Erased:
        """What is gone by erasures that the log proves; others count for nothing."""
        return Erased(
            one
            for erasure in self.erasures()
            if self.entry_of(erasure.seq) == erasure.commitment
            for one in erasure.extent.ranges
        )

    def recorded_months(self) -> list[Month]:
        """The months that something of the record lies in, in order."""
        found: list[Month] = []
        begins = b""
        while (row := self._one(_FIRST, begins)) is not None:
            found.append(Month.of_micros(row[0]))
            begins = max(moment_id(found[-1].span()[1]), row[1] + b"\x00")
        return found

    def numbers_of(self, month: Month) -> "array[int]":
        """The numbers of a month's records, ascending."""
        found = array("q")
        begins, ends = (moment_id(one) for one in month.span())
        while rows := self._all(_NEXT, begins, ends, _NO_END, _PAGE):
            found.extend(seq for _, seq in rows)
            begins = rows[-1][0] + b"\x00"
        return array("q", sorted(found))

    def are_left(self, first: int, last: int) -> bool:
        """Whether any record of these numbers is here."""
        sql = "SELECT 1 FROM events WHERE seq BETWEEN ? AND ? LIMIT 1"
        return self._one(sql, first, last) is not None

    def extent_of(self, month: Month) -> Extent:
        """What an erasure of that month would take, all of which is in the log."""
        measure = Measure(month)
        for seq, entry in self.entries_of(self.numbers_of(month)):
            measure.add(seq, entry)
        return measure.extent()

    def entries_of(self, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """What the log holds for records, by their ascending numbers."""
        tile, hashes = -1, b""
        for seq in numbers:
            number, place = divmod(seq - 1, WIDTH)
            if number != tile:
                row = self._one(_TILE, 0, number)
                tile, hashes = number, b"" if row is None else row[0]
            yield seq, hashes[place * HASH_SIZE : (place + 1) * HASH_SIZE]

    def proven_moment(self) -> datetime | None:
        """The newest moment that an authority told for a head that is co-signed too.

        No clock of ours can run ahead of it. None before the first.
        """
        row = self._one("SELECT max(at) FROM log_stamps WHERE cosigned = ?", 1)
        return None if row is None else maybe_moment(row[0])

    def entry_of(self, seq: int) -> bytes:
        """What the log commits to for a record; of one that is not in it, its own."""
        number, place = divmod(seq - 1, WIDTH)
        row = self._one(_TILE, 0, number)
        kept = b"" if row is None else row[0][place * HASH_SIZE :][:HASH_SIZE]
        if kept:
            return bytes(kept)
        row = self._one("SELECT commitment FROM events WHERE seq = ?", seq)
        return b"" if row is None else bytes(row[0])

    def erased_record(self, record_id: bytes) -> tuple[int, Erasure] | None:
        """The number that an erased record had, and what erased it."""
        sql = (
            "SELECT ids FROM erased_ids WHERE erasure = ? AND first_id <= ?"
            " ORDER BY first_id DESC LIMIT 1"
        )
        for erasure in self.erasures():
            row = self._one(sql, erasure.number, record_id)
            seq = 0 if row is None else _found(row[0], record_id)
            if seq:
                return seq, erasure
        return None


def _found(ids: bytes, record_id: bytes) -> int:
    for place in range(0, len(ids), _ROW_SIZE):
        if ids[place : place + _ID_SIZE] == record_id:
            return int.from_bytes(ids[place + _ID_SIZE : place + _ROW_SIZE])
    return 0


def _erasure(row: Row) -> Erasure:
    number, seq, salt, canonical, step = row
    event, _ = read_canonical(canonical)
    return Erasure(number, seq, salt, canonical, step, event, read_extent(event))
