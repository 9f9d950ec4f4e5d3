# SPDX-License-Identifier: Apache-2.0
"""The Merkle log over the record: what of it is kept, and how it grows.

Every event is one entry, its commitment, in the order of the events: entry ``n`` is the
event ``n + 1``. Kept are the commitments and the roots over each 256 of them, and over
each 256 of those; everything else is worked out. A tree grows in the transaction that
keeps its new head, so that what is stored is always a whole tree under its head.

Nothing here is put right by itself: an entry that is missing or does not follow is
`StoreDamaged`, and whoever runs the station decides.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final, NamedTuple

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros
from gateway.records.errors import StoreDamaged
from gateway.records.jst import JST
from protocols.tlog.merkle import HASH_SIZE, Frontier, leaf_hash
from protocols.tlog.tiles import HEIGHT, WIDTH, Tile, TileHashes

MOST: Final = 4096
"""Events that join the tree in one transaction: some 5 ms of the reactor's time."""
_NEW: Final = "SELECT seq, commitment FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
_TILE: Final = "SELECT hashes FROM log_tiles WHERE level = ? AND number = ?"


class Head(msgspec.Struct, frozen=True):
    """A checkpoint as it was signed."""

    size: int
    at: datetime
    note: bytes


class Entry(NamedTuple):
    """What of an event the log commits to."""

    place: int
    commitment: bytes


class LogWrites(Writes):
    """The tree grows, inside a transaction."""

    __slots__ = ()

    def grow(self, tree: Frontier, most: int = MOST) -> Frontier:
        """Append the next events to a tree; the tree as it is then.

        ``tree`` is the stored one, and stays as it is. Raises `StoreDamaged` where an
        event is missing, or where the store holds another tree.
        """
        grown = tree.copy()
        added: dict[int, list[bytes]] = {}
        for seq, commitment in self._all(_NEW, tree.size, most):
            if seq != grown.size + 1 or len(commitment) != HASH_SIZE:
                raise StoreDamaged(f"the record before event {seq}")
            added.setdefault(0, []).append(commitment)
            for level, _, found in grown.add(leaf_hash(commitment)):
                if level and level % HEIGHT == 0:
                    added.setdefault(level // HEIGHT, []).append(found)
        for level, hashes in added.items():
            self._append(level, tree.size >> (HEIGHT * level), hashes)
        return grown

    def put_head(self, head: Head) -> None:
        """Keep a tree's head: the newest of its day.

        Its time is never before the last one's, unless a person said that that was
        wrong: so a clock that went back shows, also after a restart.
        """
        newest = self._all(
            "SELECT day, size, at FROM log_heads ORDER BY day DESC LIMIT 1"
        )
        day = max(_day_of(head.at), *(row[0] for row in newest), 0)
        if any(row[1] > head.size for row in newest):
            raise StoreDamaged("a head of the log that is older than the newest")
        at = max(to_micros(head.at), *(row[2] for row in self._not_doubted(newest)), 0)
        self._changes(
            "INSERT INTO log_heads (day, size, at, note) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (day) DO UPDATE SET"
            " size = excluded.size, at = excluded.at, note = excluded.note",
            day,
            head.size,
            at,
            head.note,
        )

    def _not_doubted(self, newest: list[Row]) -> list[Row]:
        """Those whose time stands: nobody said that the clock was wrong then."""
        said = self._all("SELECT max(size) FROM log_clock")[0][0] or 0
        return [row for row in newest if row[1] > said]

    def _append(self, level: int, place: int, hashes: list[bytes]) -> None:
        while hashes:
            number, filled = divmod(place, WIDTH)
            here, hashes = hashes[: WIDTH - filled], hashes[WIDTH - filled :]
            before = self._all(_TILE, level, number)
            data = before[0][0] if before else b""
            if len(data) != filled * HASH_SIZE:
                raise StoreDamaged("a tile of the log")
            self._changes(
                "INSERT INTO log_tiles (level, number, hashes) VALUES (?, ?, ?)"
                " ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes",
                level,
                number,
                data + b"".join(here),
            )
            place += len(here)


class LogReads(Reads):
    """What the log holds."""

    __slots__ = ()

    def log_head(self) -> Head | None:
        """The newest head; None before the first."""
        row = self._one(
            "SELECT size, at, note FROM log_heads ORDER BY day DESC LIMIT 1"
        )
        return None if row is None else _head(row)

    def log_heads(self) -> list[Head]:
        """The newest head of each day, the oldest first."""
        rows = self._all("SELECT size, at, note FROM log_heads ORDER BY day")
        return [_head(row) for row in rows]

    def log_size(self) -> int:
        """How many events have joined the tree."""
        head = self.log_head()
        return 0 if head is None else head.size

    def last_event(self) -> int:
        """The number of the newest event; 0 before the first."""
        row = self._one("SELECT seq FROM events ORDER BY seq DESC LIMIT 1")
        return 0 if row is None else int(row[0])

    def log_hashes(self, size: int) -> TileHashes:
        """Complete subtrees of the tree of that size (`merkle.Hashes`)."""
        return TileHashes(size, self.log_tile)

    def log_tile(self, tile: Tile) -> bytes:
        """A tile as others read it: at level 0, leaf hashes. Empty if it is not here.

        A tile of which the store holds more is given as it was at the smaller size.
        """
        data = self._tile_bytes(tile)
        if tile.level:
            return data
        return b"".join(leaf_hash(one) for one in _split(data))

    def log_bundle(self, tile: Tile) -> list[bytes]:
        """The entries under a tile of level 0."""
        return list(_split(self._tile_bytes(Tile(0, tile.number, tile.width))))

    def log_entries(self, size: int) -> Iterator[Entry]:
        """Every entry of the tree of that size, a tile at a time."""
        for first in range(0, size, WIDTH):
            tile = Tile(0, first // WIDTH, min(WIDTH, size - first))
            for place, commitment in enumerate(self.log_bundle(tile)):
                yield Entry(first + place, commitment)

    def recorded_entries(self, size: int) -> Iterator[Entry]:
        """The same, as the record itself has it: what there should be."""
        after = 0
        while rows := self._all(_NEW, after, min(MOST, size - after)):
            yield from (Entry(seq - 1, commitment) for seq, commitment in rows)
            after = rows[-1][0]
            if after >= size:
                return

    def _tile_bytes(self, tile: Tile) -> bytes:
        row = self._one(_TILE, tile.level, tile.number)
        return b"" if row is None else bytes(row[0][: tile.width * HASH_SIZE])


def _head(row: Row) -> Head:
    return Head(row[0], from_micros(row[1]), row[2])


def _day_of(at: datetime) -> int:
    return (at.astimezone(JST).date() - date(1970, 1, 1)).days


def _split(data: bytes) -> Iterable[bytes]:
    return (data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE))
