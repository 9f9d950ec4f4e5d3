# SPDX-License-Identifier: Apache-2.0
"""Trees for tests: every complete subtree by level and index, and RFC 6962 as it says.

The definition is written down here word for word, recursive and slow, to hold the
quick ways against.
"""

import hashlib

from protocols.tlog.merkle import Frontier, leaf_hash


def entry(number):
    return b"entry %d" % number


class Tree:
    """A tree of so many entries, and what a store would keep of it."""

    def __init__(self, size, entry=entry):
        self.size = size
        self.stored = {}
        self.frontier = Frontier()
        for number in range(size):
            for level, index, found in self.frontier.add(leaf_hash(entry(number))):
                self.stored[level, index] = found

    def __call__(self, level, index):
        return self.stored[level, index]


def hashes_of(tile, tree):
    """What a tile of the tree holds."""
    first = tile.number * 256
    return b"".join(tree(8 * tile.level, first + at) for at in range(tile.width))


def defined_root(entries):
    """MTH of RFC 6962, section 2.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = cut(len(entries))
    halves = defined_root(entries[:k]) + defined_root(entries[k:])
    return hashlib.sha256(b"\1" + halves).digest()


def defined_path(m, entries):
    """PATH of RFC 6962, section 2.1.1."""
    if len(entries) == 1:
        return []
    k = cut(len(entries))
    if m < k:
        return [*defined_path(m, entries[:k]), defined_root(entries[k:])]
    return [*defined_path(m - k, entries[k:]), defined_root(entries[:k])]


def defined_proof(m, entries, whole=True):
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if m == len(entries):
        return [] if whole else [defined_root(entries)]
    k = cut(len(entries))
    if m <= k:
        return [*defined_proof(m, entries[:k], whole), defined_root(entries[k:])]
    return [*defined_proof(m - k, entries[k:], False), defined_root(entries[:k])]


def cut(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k
