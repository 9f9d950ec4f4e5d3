# SPDX-License-Identifier: Apache-2.0
"""Is the log what the record says, and what its heads signed? The whole of it.

Every entry is held against the record, every root that is kept against the entries,
and every head against the tree as it was at its size. That the record's own content
matches its commitments, `events` checks.
"""

import hmac
from collections.abc import Iterator
from itertools import takewhile, zip_longest

from gateway.records.events import Damage
from gateway.records.log import Entry
from gateway.records.store import StoreReader
from protocols.tlog import checkpoint
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import LogError
from protocols.tlog.generation import FIRST, as_of, generation_of
from protocols.tlog.merkle import HASH_SIZE, Frontier, leaf_hash
from protocols.tlog.note import Verifier
from protocols.tlog.tiles import HEIGHT, WIDTH, Tile, tiles_of

MOST_TOLD = 20
"""Entries that differ are told one by one up to here."""
_NOTHING = Entry(-1, b"")


def check_log(store: StoreReader, key: Verifier) -> list[Damage]:
    """Everything that does not fit; an empty list is a sound log."""
    size = store.log_size()
    heads, unbelieved = _heads(store, key)
    return [*_differing(store, size), *_grown(store, size, heads), *unbelieved]


def _differing(store: StoreReader, size: int) -> Iterator[Damage]:
    told, erased = 0, store.erased()
    entries, recorded_ones = store.log_entries(size), store.recorded_entries(size)
    left = (one for one in entries if one.place + 1 not in erased)
    within = takewhile(lambda one: one.place < size, recorded_ones)
    there = (one for one in within if one.place + 1 not in erased)
    for kept, recorded in zip_longest(left, there, fillvalue=_NOTHING):
        if kept == recorded:
            continue
        told += 1
        seq = max(kept.place, recorded.place) + 1
        if told > MOST_TOLD:
            yield Damage(seq, b"", "the log and the record differ from here on")
            return
        what = "the log holds another commitment than the record"
        if kept is _NOTHING or recorded is _NOTHING:
            what = "it is missing in the record or in the log"
        yield Damage(seq, b"", what)


def _grown(
    store: StoreReader, size: int, heads: dict[int, Checkpoint]
) -> Iterator[Damage]:
    """Grow the tree anew: are the kept roots its roots, and the heads its heads?"""
    tree = Frontier()
    roots: dict[int, bytearray] = {}
    for entry in store.log_entries(size):
        for level, _, found in tree.add(leaf_hash(entry.commitment)):
            if level and level % HEIGHT == 0:
                roots.setdefault(level // HEIGHT, bytearray()).extend(found)
        head = heads.get(tree.size)
        if head is not None and not hmac.compare_digest(head.root, tree.root()):
            yield Damage(tree.size, b"", "the head of this size signs another tree")
    if tree.size != size:
        yield Damage(tree.size + 1, b"", "the log ends before its newest head")
        return
    for tile in tiles_of(size):
        if tile.level and store.log_tile(tile) != _part(roots[tile.level], tile):
            last = min(size, (tile.number + 1) * WIDTH ** (tile.level + 1))
            yield Damage(last, b"", "a root that the log keeps is not the entries'")


def _heads(
    store: StoreReader, key: Verifier
) -> tuple[dict[int, Checkpoint], list[Damage]]:
    """The heads that the log's key signed, by size; and what is wrong with others.

    After a restore that is the log before it and the one that goes on since.
    """
    believed, others = {}, []
    logs = {FIRST, *(one.generation for one in store.restores())}
    for head in store.log_heads():
        try:
            origin = checkpoint.read(head.note)[0].origin
            signed = checkpoint.verify(head.note, (as_of(key, origin),))[0]
        except LogError as error:
            said = f"its head is not believed: {error}"
            others.append(Damage(head.size, b"", said))
            continue
        if generation_of(origin) not in logs:
            others.append(Damage(head.size, b"", "its head is of a log unheard of"))
        if signed.size != head.size:
            others.append(Damage(head.size, b"", "its head is of another size"))
        believed[head.size] = signed
    return believed, others


def _part(roots: bytearray, tile: Tile) -> bytes:
    start = tile.number * WIDTH * HASH_SIZE
    return bytes(roots[start : start + tile.width * HASH_SIZE])
