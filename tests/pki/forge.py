# SPDX-License-Identifier: Apache-2.0
"""A forger's bench: DER taken apart into a tree, changed anywhere, put together again.

Written without the reader of ``pki/der.py``, so that it neither shares its faults
nor keeps its rules: it writes whatever it is told. Reads only definite lengths and tags
of one octet, which is all that our messages have.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pki import der
from tests.pki import mangle


@dataclass(slots=True)
class Node:
    """One element: constructed with ``parts``, or primitive with ``octets``."""

    tag: int
    octets: bytes = b""
    parts: list["Node"] = field(default_factory=list)
    spelled: bytes | None = None
    """What is written instead of the element, if anything."""

    def __getitem__(self, index: int) -> "Node":
        return self.parts[index]

    def at(self, *path: int) -> "Node":
        """The element reached by one index a floor."""
        node = self
        for index in path:
            node = node[index]
        return node

    def insert(self, index: int, *nodes: "Node") -> None:
        self.parts[index:index] = nodes

    def write(self) -> bytes:
        if self.spelled is not None:
            return self.spelled
        content = b"".join(part.write() for part in self.parts) or self.octets
        return bytes((self.tag,)) + _length(len(content)) + content

    def walk(self) -> Iterator["Node"]:
        yield self
        for part in self.parts:
            yield from part.walk()


def read(data: bytes) -> Node:
    """The tree of one element, which must be all of ``data``."""
    (node,) = _elements(data)
    return node


def in_ber(data: bytes) -> Iterator[Node]:
    """The tree of ``data``, each time with one element as only BER would write it."""
    for index, node in enumerate(read(data).walk()):
        spellings = mangle.ber(node.write())
        for spelling in spellings:
            tree = read(data)
            list(tree.walk())[index].spelled = spelling
            yield tree


def oid(dotted: str) -> Node:
    return read(der.oid(dotted))


def integer(value: int) -> Node:
    return Node(0x02, bytes((value,)))


def octet_string(octets: bytes) -> Node:
    return Node(0x04, octets)


def sequence(*parts: Node) -> Node:
    return Node(0x30, parts=list(parts))


NULL = Node(0x05)

Where = Callable[[Node], Node]
Change = Callable[[Node], object]


def to(where: Where, octets: bytes | Callable[[bytes], bytes]) -> Change:
    """The change that gives a primitive element other octets."""

    def change(tree: Node) -> None:
        node = where(tree)
        node.octets = octets(node.octets) if callable(octets) else octets

    return change


def put(where: Where, index: int, node: Node) -> Change:
    """The change that adds an element inside another."""
    return lambda tree: where(tree).insert(index, node)


def twice(where: Where) -> Change:
    """The change that repeats the first element inside another."""
    return lambda tree: where(tree).insert(0, where(tree)[0])


def drop(where: Where, index: int) -> Change:
    """The change that takes an element out of another."""
    return lambda tree: where(tree).parts.pop(index)


def _elements(data: bytes) -> Iterator[Node]:
    while data:
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[2:start], "big")
        content, data = data[start : start + length], data[start + length :]
        if tag & 0x20:
            yield Node(tag, parts=list(_elements(content)))
        else:
            yield Node(tag, content)


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets
