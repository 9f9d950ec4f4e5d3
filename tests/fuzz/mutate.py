# SPDX-License-Identifier: Apache-2.0
"""Changes that keep DER whole: an element is changed, and every length around it.

A fuzzer that turns single bytes is refused at the first length that no longer fits.
Here one element is changed, dropped, doubled or moved, and the rest is written anew
around it. Now and then bytes are changed without regard to what they are, because the
lengths are a parser's business, too.
"""

import random
from typing import Final

from tests.pki import forge
from tests.pki.forge import Node

BLIND: Final = 4
"""One change in so many looks at no structure."""
NOTABLE: Final = (b"\0", b"\x7f", b"\x80", b"\xff", b"\0\0", b"\xff\xff\xff\xff")


def mutated(data: bytes, max_size: int, seed: int) -> bytes:
    """The mutator as libFuzzer calls it."""
    draw = random.Random(seed)
    tree = None if draw.randrange(BLIND) == 0 else _read(data)
    if tree is None:
        return _blind(data, draw)[:max_size]
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        _change(tree, draw)
    return tree.write()[:max_size]


def _read(data: bytes) -> Node | None:
    try:
        return forge.read(data)
    except (ValueError, IndexError, RecursionError):
        return None


def _change(tree: Node, draw: random.Random) -> None:
    nodes = list(tree.walk())
    node = draw.choice(nodes)
    if not node.parts and draw.randrange(4):
        node.octets = _blind(node.octets, draw)
        return
    how = draw.randrange(4)
    if how == 0 or not node.parts:
        node.tag = draw.choice([other.tag for other in nodes])
    elif how == 1:
        node.parts.pop(draw.randrange(len(node.parts)))
    elif how == 2:
        draw.shuffle(node.parts)
    else:
        place = draw.randrange(len(node.parts) + 1)
        node.insert(place, _copy(draw.choice(nodes)))


def _copy(node: Node) -> Node:
    """As it is written now, so that no element comes to hold itself."""
    return Node(node.tag, spelled=node.write())


def _blind(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data) + 1)
    to = min(len(data), at + draw.randrange(1, 9))
    how = draw.randrange(5)
    if how == 0 and at < len(data):
        flipped = data[at] ^ 1 << draw.randrange(8)
        return data[:at] + bytes((flipped,)) + data[at + 1 :]
    if how == 1:
        return data[:at] + data[to:]
    if how == 2:
        return data[:at] + data[at:to] + data[at:]
    if how == 3:
        return data[:at] + draw.choice(NOTABLE) + data[to:]
    return data[:at] + draw.randbytes(draw.randrange(1, 5)) + data[to:]
