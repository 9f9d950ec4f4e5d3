# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree of RFC 6962, section 2.1: roots, audit paths, consistency proofs.

A tree of ``n`` leaves is cut at the largest power of two below ``n``, again and again.
So every tree consists of complete subtrees that never change once they are full:
*level* ``l``, *index* ``i`` is the one over ``2**l`` leaves from ``i * 2**l`` on.
Whoever has those (`Hashes`) can prove everything; a proof is checked without them
(RFC 9162, sections 2.1.3.2 and 2.1.4.2 give the ways that are gone here).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from protocols.tlog.errors import NotConsistent, NotProven

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()
MAX_SIZE: Final = 2**63 - 1
"""Leaves of a tree: the greatest number that every tool of this format takes."""
_LEAF: Final = b"\0"
_NODE: Final = b"\1"

Hashes: TypeAlias = Callable[[int, int], bytes]
"""Level and index of a complete subtree, to its root."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees that lie beside each other."""
    return hashlib.sha256(_NODE + left + right).digest()


class Frontier:
    """A tree that grows at its right end: its complete subtrees, the largest first."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Go on from a size and its peaks, the largest first."""
        self.size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count():
            raise ValueError("a tree has one peak for each bit of its size")

    @classmethod
    def of(cls, size: int, hashes: Hashes) -> "Frontier":
        """The frontier of a stored tree."""
        return cls(size, [hashes(*piece) for piece in _pieces(0, size)])

    def copy(self) -> "Frontier":
        """The same tree, that grows by itself."""
        return Frontier(self.size, self._peaks)

    def add(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Append a leaf's hash; gives each subtree that is complete now."""
        level, index, found = 0, self.size, leaf
        yield level, index, found
        while index & 1:
            found = node_hash(self._peaks.pop(), found)
            level, index = level + 1, index >> 1
            yield level, index, found
        self._peaks.append(found)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaves' hashes, and keep what is needed to go on."""
        for leaf in leaves:
            for _ in self.add(leaf):
                pass

    def root(self) -> bytes:
        """The tree's root as it is now."""
        return _folded(self._peaks)


def root(size: int, hashes: Hashes) -> bytes:
    """The root of a stored tree of that size."""
    return _over(0, size, hashes) if size else EMPTY_ROOT


# -- proofs ------------------------------------------------------------------------


def inclusion(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """The audit path of a leaf, from its sibling up (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("a leaf lies in its tree")
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + _cut(high - low)
        if index < middle:
            path.append(_over(middle, high, hashes))
            high = middle
        else:
            path.append(_over(low, middle, hashes))
            low = middle
    return path[::-1]


def consistency(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """That a tree of ``new`` leaves begins with that of ``old`` (RFC 6962, 2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError("a tree grows")
    if old in (0, new):
        return []
    path, low, high = [], 0, new
    while high != old:
        middle = low + _cut(high - low)
        if old <= middle:
            path.append(_over(middle, high, hashes))
            high = middle
        else:
            path.append(_over(low, middle, hashes))
            low = middle
    if low:
        path.append(_over(low, high, hashes))
    return path[::-1]


def check_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], wanted: bytes
) -> None:
    """Raise `NotProven` unless the path leads from the leaf's hash to the root."""
    if not 0 <= index < size:
        raise NotProven("the entry's place lies outside of the tree")
    here, last, found = index, size - 1, leaf
    for other in path:
        if last == 0:
            raise NotProven("the path is longer than the tree is high")
        if here & 1 or here == last:
            found = node_hash(other, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, other)
        here, last = here >> 1, last >> 1
    if last or not hmac.compare_digest(found, wanted):
        raise NotProven("the path does not lead to the root")


def check_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Raise `NotConsistent` unless the newer tree begins with the older one."""
    if not 0 <= old <= new:
        raise NotConsistent("the newer tree is smaller than the older one")
    if old in (0, new):
        _trivial(old, old_root, new, new_root, path)
        return
    rest = iter(path)
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    start = old_root if here == 0 else next(rest, b"")
    ours = theirs = start
    for other in rest:
        if last == 0:
            raise NotConsistent("the proof is longer than the tree is high")
        if here & 1 or here == last:
            ours, theirs = node_hash(other, ours), node_hash(other, theirs)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            theirs = node_hash(theirs, other)
        here, last = here >> 1, last >> 1
    alike = hmac.compare_digest(ours, old_root), hmac.compare_digest(theirs, new_root)
    if last or not all(alike):
        raise NotConsistent("the newer tree does not begin with the older one")


def _trivial(
    old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """An empty tree begins every tree, and each begins itself: nothing to prove."""
    wanted = EMPTY_ROOT if old == 0 else new_root
    if path or not hmac.compare_digest(old_root, wanted):
        raise NotConsistent("two trees of the same size are the same tree")
    if new == 0 and not hmac.compare_digest(new_root, EMPTY_ROOT):
        raise NotConsistent("an empty tree has one root")


# -- ranges ------------------------------------------------------------------------


def _cut(size: int) -> int:
    """The largest power of two below ``size``, which is at least two."""
    return 1 << ((size - 1).bit_length() - 1)


def _pieces(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees of a range that the tree's cuts leave."""
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def _over(low: int, high: int, hashes: Hashes) -> bytes:
    """The root over a range that the tree's cuts leave."""
    return _folded([hashes(*piece) for piece in _pieces(low, high)])


def _folded(peaks: Sequence[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = node_hash(peak, found)
    return found
