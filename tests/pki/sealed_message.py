# SPDX-License-Identifier: Apache-2.0
"""A sealed message to try things on: made, opened, and changed at a known place."""

from collections.abc import Callable

from pki.sealing import Opener, Recipient
from tests.pki import forge
from tests.pki.forge import Node
from tests.pki.keys import sealing

PLAIN = b"<payload>one</payload>"


def seal(plain: bytes = PLAIN) -> bytes:
    return Recipient(sealing().certificate).seal(plain)


def opener() -> Opener:
    return Opener(sealing().key, sealing().certificate)


GOOD = seal()
OPENER = opener()


def enveloped(tree: Node) -> Node:
    return tree.at(1, 0)


def agreement(tree: Node) -> Node:
    return tree.at(1, 0, 1, 0)


def point(tree: Node) -> Node:
    return agreement(tree).at(1, 0, 1)


def encrypted_key(tree: Node) -> Node:
    return agreement(tree).at(3, 0)


def content_info(tree: Node) -> Node:
    return tree.at(1, 0, 2)


def forged(change: Callable[[Node], object]) -> bytes:
    """A message with one change, the key agreement and the tag still true."""
    tree = forge.read(GOOD)
    change(tree)
    return tree.write()
