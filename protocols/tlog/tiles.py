# SPDX-License-Identifier: Apache-2.0
"""How a tree lies in files: C2SP tlog-tiles.

A *tile* at level ``l`` holds up to 256 hashes beside each other, each over 256**l
leaves; one that is not full yet is *partial*, and its width stands in its path. Tiles
of level 0 hold leaf hashes. What lies between two levels is worked out from the tile
below. An *entry bundle* holds the entries under one tile of level 0.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from protocols.tlog.errors import HashMissing, Malformed
from protocols.tlog.merkle import HASH_SIZE, node_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MAX_LEVEL: Final = 63 // HEIGHT
MAX_ENTRY: Final = 0xFFFF
"""Bytes of one entry: its length is written in two."""
ENTRIES: Final = "entries"
KEPT: Final = 256
"""Tiles that a reader keeps: enough for the way from any leaf to the root, often."""
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9]\d?)/"
    r"(?P<index>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?",
    re.ASCII,
)


class Tile(NamedTuple):
    """Which tile, and how many of its hashes there are."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the log's prefix."""
        return _path(str(self.level), self.number, self.width)

    @property
    def bundle(self) -> str:
        """Where the entries under a tile of level 0 lie."""
        return _path(ENTRIES, self.number, self.width)


def tile_at(path: str) -> tuple[Tile, bool]:
    """The tile of a path, and whether its entries are meant; `Malformed` otherwise."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise Malformed("this is no path of a tile")
    entries = found["level"] == ENTRIES
    level = 0 if entries else int(found["level"])
    index = int(found["index"].replace("x", "").replace("/", ""))
    width = int(found["width"] or WIDTH)
    tile = Tile(level, index, width)
    if path != (tile.bundle if entries else tile.path) or level > MAX_LEVEL:
        raise Malformed("this is no path of a tile")
    return tile, entries


def tiles_of(size: int, since: int = 0) -> Iterator[Tile]:
    """Tiles that a tree of ``size`` leaves has and one of ``since`` had not."""
    level = 0
    while size >> (HEIGHT * level):
        there, before = size >> (HEIGHT * level), since >> (HEIGHT * level)
        for index in range(before // WIDTH, there // WIDTH):
            yield Tile(level, index)
        if there % WIDTH and there != before:
            yield Tile(level, there // WIDTH, there % WIDTH)
        level += 1


def width_of(level: int, index: int, size: int) -> int:
    """How many hashes a tile has in a tree of that size; 0 if it is not there."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - index * WIDTH))


class TileHashes:
    """The complete subtrees of a tree of fixed size, read from its tiles.

    ``fetch`` gives a tile's bytes, all of its hashes and no others; it is `HashMissing`
    where it gives anything else. A tile is fetched once while it is in use.
    """

    def __init__(self, size: int, fetch: Callable[[Tile], bytes]) -> None:
        self.size = size
        self._fetch = fetch
        self._tile = lru_cache(maxsize=KEPT)(self._read)

    def __call__(self, level: int, index: int) -> bytes:
        """The root of one complete subtree (`merkle.Hashes`)."""
        if (index + 1) << level > self.size:
            raise HashMissing("that subtree is not complete at this size")
        height, above = level // HEIGHT, level % HEIGHT
        first = index << above
        data = self._tile(height, first // WIDTH)
        start = (first % WIDTH) * HASH_SIZE
        return subtree(data[start : start + (HASH_SIZE << above)])

    def _read(self, level: int, index: int) -> bytes:
        width = width_of(level, index, self.size)
        data = self._fetch(Tile(level, index, width))
        if len(data) != width * HASH_SIZE:
            raise HashMissing("a tile has not the hashes that the size promises")
        return data


def subtree(data: bytes) -> bytes:
    """The root over hashes that lie beside each other; a power of two of them."""
    level = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
    while len(level) > 1:
        level = [node_hash(*pair) for pair in zip(level[::2], level[1::2], strict=True)]
    return level[0]


# -- entries -----------------------------------------------------------------------


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle holds them; `ValueError` for one that is too long."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise ValueError("an entry has at most 65,535 bytes")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def read_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; `Malformed` if it ends within one or has too many."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data) or len(entries) == WIDTH:
            raise Malformed("a bundle ends with its last entry, the 256th at most")
        entries.append(data[at + 2 : end])
        at = end
    return entries


def _path(level: str, index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    place = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{place}{partial}"
