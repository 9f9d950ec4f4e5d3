# SPDX-License-Identifier: Apache-2.0
"""A peer's log as it may be shown to a witness: as it grew, and as it did not."""

from dataclasses import dataclass
from functools import cached_property

from gateway.log_key import LogKey, origin_of
from pki.keystore import load_ed25519_key
from pki.names import StationName
from pki.profiles import Purpose
from protocols.http import Request
from protocols.tlog import merkle
from protocols.tlog.witness import Request as Asked
from tests.gateway.world import World
from tests.protocols.tlog.grown import Tree

SIZE = 40
TARGET = "/v1/witness/add-checkpoint"
TREE, FORKED = Tree(SIZE), Tree(SIZE, lambda number: b"another %d" % number)


@dataclass(frozen=True)
class PeersLog:
    """The log of one station of the small network, under its real key."""

    world: World
    name: StationName

    @cached_property
    def key(self) -> LogKey:
        path = self.world.layout.key(self.name, Purpose.RECORD)
        return LogKey(origin_of(self.name), load_ed25519_key(path))

    def head(self, size: int, *, forked: bool = False) -> bytes:
        tree = FORKED if forked else TREE
        return self.key.head(size, merkle.root(size, tree))

    def request(self, old: int, new: int, *, forked: bool = False) -> Request:
        """What is posted to a witness that co-signed the first ``old`` entries."""
        tree = FORKED if forked else TREE
        path = tuple(merkle.consistency(old, new, tree))
        return posted(Asked(old, path, self.head(new, forked=forked)).encode())


def posted(body: bytes, method: str = "POST") -> Request:
    """A request of these bytes."""
    return Request(method, TARGET, "text/plain", body, True)
