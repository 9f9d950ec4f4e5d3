# SPDX-License-Identifier: Apache-2.0
"""DER seen element by element, with offsets: where is the first thing that it forbids?

Only for explanations. The daemon's reader (``pki/der.py``) says *that* bytes are not
DER; this one says where and what. Work is bounded: depth, and number of elements.
Content is never shown, but for object identifiers and short numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from asn1crypto import core

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 4000
MAX_PLAIN: Final = 65_536
"""Bytes that may hold any number of elements: a slow reader takes half a second."""
MAX_LINES: Final = 120
"""Lines of a listing: a signed header has about fifty."""

_CONSTRUCTED: Final = 0x20
_LONG_TAG: Final = 0x1F
_INDEFINITE: Final = 0x80
_NAMES: Final = {
    0x01: "BOOLEAN",
    0x02: "INTEGER",
    0x03: "BIT STRING",
    0x04: "OCTET STRING",
    0x05: "NULL",
    0x06: "OBJECT IDENTIFIER",
    0x0C: "UTF8String",
    0x13: "PrintableString",
    0x17: "UTCTime",
    0x18: "GeneralizedTime",
    0x30: "SEQUENCE",
    0x31: "SET",
}
_ALWAYS_WHOLE: Final = frozenset(tag | _CONSTRUCTED for tag in _NAMES if tag < 0x20)
"""Tags of simple types in the constructed form, which DER forbids."""


class NotDer(Exception):
    """Bytes are not DER, from one place on; says where and what stands there.

    Whoever wrote the file used another encoding, or it was changed or cut on the way.
    """

    def __init__(self, at: int, text: str) -> None:
        super().__init__(f"at byte {at}: {text}")
        self.at = at


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag octet and where it, its content and its end are."""

    at: int
    tag: int
    content: int
    end: int

    @property
    def constructed(self) -> bool:
        return bool(self.tag & _CONSTRUCTED)

    @property
    def name(self) -> str:
        """The type as ASN.1 calls it."""
        if self.tag >> 6 == 2:
            return f"[{self.tag & _LONG_TAG}]"
        return _NAMES.get(self.tag, f"tag {self.tag:#04x}")


def read(data: bytes, at: int, end: int) -> Element:
    """The element that begins at ``at``; raises `NotDer`."""
    if at + 2 > end:
        raise NotDer(at, "cut off in the middle of an element")
    tag, first = data[at], data[at + 1]
    if tag & _LONG_TAG == _LONG_TAG:
        raise NotDer(at, "a tag number above 30, which nothing here uses")
    if tag in _ALWAYS_WHOLE:
        raise NotDer(at, f"a {_NAMES[tag ^ _CONSTRUCTED]} in pieces (BER)")
    if first == _INDEFINITE:
        raise NotDer(at, "an indefinite length (BER)")
    size = first & 0x7F if first & 0x80 else 0
    content = at + 2 + size
    if content > end:
        raise NotDer(at, "cut off in the middle of a length")
    length = int.from_bytes(data[at + 2 : content]) if size else first
    if size and (length < 0x80 or data[at + 2] == 0):
        raise NotDer(at, "a length with more octets than it needs (BER)")
    if length > end - content:
        over = length - (end - content)
        raise NotDer(at, f"says {length} bytes, {over} more than there are")
    return Element(at, tag, content, content + length)


def walk(data: bytes) -> Iterator[tuple[int, Element]]:
    """Depth and element, in order of the file; raises `NotDer` where DER ends.

    Stops without a word after `MAX_ELEMENTS`.
    """
    yield from islice(_walk(data, 0, len(data), 0), MAX_ELEMENTS)


def _walk(data: bytes, at: int, end: int, depth: int) -> Iterator[tuple[int, Element]]:
    while at < end:
        if depth == 0 and at:
            raise NotDer(at, f"{end - at} bytes after the end of the structure")
        element = read(data, at, end)
        _look_at(data, element)
        yield depth, element
        if element.constructed:
            if depth >= MAX_DEPTH:
                raise NotDer(at, f"nested deeper than {MAX_DEPTH}")
            yield from _walk(data, element.content, element.end, depth + 1)
            if element.tag == 0x31:
                _look_at_order(data, element)
        at = element.end


def _look_at(data: bytes, element: Element) -> None:
    """What DER says of simple values."""
    octets = data[element.content : min(element.end, element.content + 2)]
    if element.tag == 0x02 and not _is_short(octets):
        raise NotDer(element.at, "an INTEGER with more octets than it needs, or none")
    if element.tag == 0x01 and octets not in (b"\0", b"\xff"):
        raise NotDer(element.at, "a BOOLEAN that is neither 00 nor FF")


def _is_short(octets: bytes) -> bool:
    """Whether a number's first two octets are both needed (or it has but one)."""
    if len(octets) < 2:
        return bool(octets)
    return (octets[0], octets[1] >= 0x80) not in ((0x00, False), (0xFF, True))


def _look_at_order(data: bytes, element: Element) -> None:
    at, before = element.content, b""
    while at < element.end:
        member = read(data, at, element.end)
        encoded = data[at : member.end]
        if encoded < before:
            raise NotDer(at, "a SET whose members are not in order")
        at, before = member.end, encoded


def fault(data: bytes) -> NotDer | None:
    """The first thing that DER forbids; None where there is none (in the bound)."""
    try:
        for _ in walk(data):
            pass
    except NotDer as found:
        return found
    return None


def is_simple(data: bytes) -> bool:
    """Whether readers slower than this one may be asked: few elements, or few bytes."""
    if len(data) <= MAX_PLAIN:
        return True
    try:
        return sum(1 for _ in walk(data)) < MAX_ELEMENTS
    except NotDer:
        return False


def tags(data: bytes, at_most: int = 6) -> tuple[int, ...]:
    """Tag octets of the first elements in the outermost one, read with patience.

    To recognise what something was meant to be: lengths of the outermost element are
    not looked at, and what cannot be read ends the list.
    """
    at, found = _inside(data), list[int]()
    while at < len(data) and len(found) < at_most:
        found.append(data[at])
        try:
            at = read(data, at, len(data)).end
        except NotDer:
            break
    return tuple(found)


def first_oid(data: bytes) -> str:
    """The object identifier that the outermost element begins with; empty if none."""
    try:
        element = read(data, _inside(data), len(data))
    except NotDer:
        return ""
    return dotted(data[element.at : element.end]) if element.tag == 0x06 else ""


def _inside(data: bytes) -> int:
    """Where the content of the outermost element begins, whatever its length says."""
    return 2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0)


def listing(data: bytes, mark: int | None = None) -> tuple[str, ...]:
    """The structure line by line; an arrow at the element that begins at ``mark``."""
    lines = [_TITLE]
    try:
        for depth, element in walk(data):
            if len(lines) > MAX_LINES:
                lines.append("        …")
                break
            arrow = ">" if element.at == mark else " "
            said = f"{'  ' * depth}{element.name}{_value(data, element)}"
            lines.append(
                f"{arrow}{element.at:>7} {element.end - element.at:>7}  {said}"
            )
    except NotDer as found:
        lines.append(f">{found.at:>7}          {str(found).partition(': ')[2]}")
    return tuple(lines)


_TITLE: Final = "   byte  length  element"


def _value(data: bytes, element: Element) -> str:
    octets = data[element.content : element.end]
    if element.tag == 0x06:
        return f" {dotted(data[element.at : element.end])}"
    if element.tag == 0x02 and len(octets) <= 4:
        return f" {int.from_bytes(octets, signed=True)}"
    return "" if element.constructed else f" ({len(octets)} bytes)"


def dotted(encoded: bytes) -> str:
    """An object identifier as text; a question mark where it is none."""
    try:
        return str(core.ObjectIdentifier.load(encoded).dotted)
    except (ValueError, IndexError, TypeError):
        return "?"
