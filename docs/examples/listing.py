# SPDX-License-Identifier: Apache-2.0
"""DER as a reader likes it: every element on a line, with its bytes and its name.

Names are given in the order in which elements begin. What is long and shown elsewhere
is cut, and says how much was.
"""

from collections.abc import Iterator, Sequence

from pki import oids

_NAMES = {
    value: name.lower().replace("_", "-")
    for name, value in vars(oids).items()
    if isinstance(value, str) and value[0].isdigit()
}
_TEXTS = (0x0C, 0x17, 0x18)
_OID = 0x06
_SHORT = 4
"""Bytes of content that stand on the element's own line."""
_WIDE = 24
"""Bytes of content on one line."""
_LONG = 96
"""Bytes of content that are shown of one element."""


def listing(data: bytes, names: Sequence[str]) -> str:
    """One line or more for each element of ``data``; a name for each is wanted."""
    waiting = iter(names)
    lines = list(_element(data, 0, len(data), 0, waiting))
    left = list(waiting)
    if left:
        raise ValueError(f"names that stand for nothing: {left}")
    return "\n".join(lines) + "\n"


def _element(
    data: bytes, start: int, end: int, depth: int, names: Iterator[str]
) -> Iterator[str]:
    while start < end:
        head, length = _head(data, start)
        inside = start + head
        shown = data[start:inside].hex(" ")
        first = f"{start:04x}  {'  ' * depth}{shown}"
        content = data[inside : inside + length]
        name = next(names)
        if data[start] & 0x20:
            yield f"{first:<32}  {name}"
            yield from _element(data, inside, inside + length, depth + 1, names)
        else:
            short = len(content) <= _SHORT
            first = f"{first} {content.hex(' ')}" if short else first
            yield f"{first:<32}  {name}{_meaning(data[start], content)}"
            yield from () if short else _bytes(content, depth)
        start = inside + length


def _head(data: bytes, start: int) -> tuple[int, int]:
    length = data[start + 1]
    if length < 0x80:
        return 2, length
    octets = length & 0x7F
    return 2 + octets, int.from_bytes(data[start + 2 : start + 2 + octets], "big")


def _meaning(tag: int, content: bytes) -> str:
    if tag in _TEXTS:
        return f" = {content.decode()}"
    if tag == _OID:
        dotted = _dotted(content)
        return f" = {_NAMES.get(dotted, dotted)}"
    if tag == 0x02 and len(content) <= 4:
        return f" = {int.from_bytes(content, 'big', signed=True)}"
    if tag == 0x01:
        return f" = {'TRUE' if content != bytes(1) else 'FALSE'}"
    return ""


def _bytes(content: bytes, depth: int) -> Iterator[str]:
    shown = content[:_LONG] if len(content) > _LONG + _WIDE else content
    for at in range(0, len(shown), _WIDE):
        yield f"{'':4}  {'  ' * depth}  {shown[at : at + _WIDE].hex(' ')}"
    if len(shown) < len(content):
        yield f"{'':4}  {'  ' * depth}  ... {len(content)} bytes in all"


def _dotted(content: bytes) -> str:
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
