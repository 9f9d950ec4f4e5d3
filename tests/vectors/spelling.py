# SPDX-License-Identifier: Apache-2.0
"""The same message in other spellings: BER, more or fewer bytes, other wrappings.

Each shape is made of a signed and of a sealed message. Most of the BER is good BER: a
reader that is free with it sees the same message.
"""

import base64
from collections.abc import Callable, Iterator
from typing import Final

from pki import der
from tests.pki import forge
from tests.pki.forge import Node
from tests.vectors.vector import Make, Maker, Vector

Where = Callable[[Node], Node]
DEPTH: Final = 400
"""Levels of an element in an element; a reader by recursion notices."""


def indefinite(written: bytes) -> bytes:
    """The element without a length, ended by two zeros."""
    return written[:1] + b"\x80" + _content(written) + b"\0\0"


def long_length(written: bytes) -> bytes:
    """The element with four octets of length."""
    content = _content(written)
    return written[:1] + b"\x84" + len(content).to_bytes(4) + content


def one_more(written: bytes) -> bytes:
    """A short element with one octet of length too many."""
    return written[:1] + b"\x81" + written[1:]


def in_pieces(written: bytes) -> bytes:
    """A string of octets in two pieces."""
    content = _content(written)
    half = len(content) // 2
    pieces = forge.octet_string(content[:half]), forge.octet_string(content[half:])
    return Node(written[0] | 0x20, parts=list(pieces)).write()


def padded(written: bytes) -> bytes:
    """A number with an octet of zeros before it."""
    content = b"\0" + _content(written)
    return written[:1] + bytes((len(content),)) + content


def long_tag(written: bytes) -> bytes:
    """The tag in the form for numbers above 30."""
    return bytes((written[0] | 0x1F, written[0] & 0x1F)) + written[1:]


def as_sequence(written: bytes) -> bytes:
    return b"\x30" + written[1:]


def respelled(
    good: Callable[[], bytes], where: Where, how: Callable[[bytes], bytes]
) -> Make:
    """The message with one element in another spelling."""

    def make() -> bytes:
        tree = forge.read(good())
        node = where(tree)
        node.spelled = how(node.write())
        return tree.write()

    return make


def _content(written: bytes) -> bytes:
    return written[2 + (written[1] & 0x7F if written[1] & 0x80 else 0) :]


def _nested(depth: int) -> bytes:
    written = b"\5\0"
    for _ in range(depth):
        written = der.tlv(der.SEQUENCE, written)
    return written


def _pem(data: bytes) -> bytes:
    text = base64.encodebytes(data)
    return b"-----BEGIN CMS-----\n" + text + b"-----END CMS-----\n"


def around(make: Maker, good: Callable[[], bytes]) -> Iterator[Vector]:
    """Bytes before, behind and instead of the message."""
    for name, shape, how in (
        ("followed-by-zero", "one octet 00 follows", lambda g: g + b"\0"),
        ("followed-by-newline", "a line end follows", lambda g: g + b"\n"),
        ("followed-by-end", "an end of contents follows", lambda g: g + b"\0\0"),
        ("followed-by-null", "an empty element follows", lambda g: g + b"\5\0"),
        ("twice-over", "the message is there twice", lambda g: g + g),
        ("preceded", "one octet 00 comes before", lambda g: b"\0" + g),
        ("cut-by-one", "the last octet is missing", lambda g: g[:-1]),
        ("cut-in-half", "the second half is missing", lambda g: g[: len(g) // 2]),
        ("first-octet", "only the first octet is there", lambda g: g[:1]),
        ("empty", "nothing is there", lambda g: b""),
        ("pem", "the message is in PEM", _pem),
        ("base64", "the message is in base64", base64.b64encode),
        (
            "length-of-4-gb",
            "it says that it is 4 GB long",
            lambda g: g[:1] + b"\x84\xff\xff\xff\xff" + _content(g),
        ),
        (
            "length-of-9-octets",
            "its length takes nine octets",
            lambda g: (
                g[:1] + b"\x89" + bytes(7) + len(_content(g)).to_bytes(2) + _content(g)
            ),
        ),
        (
            "length-reserved",
            "its length begins with the reserved octet FF",
            lambda g: g[:1] + b"\xff" + g[1:],
        ),
        ("deep", f"{DEPTH} sequences in each other", lambda g: _nested(DEPTH)),
        (
            "endless",
            f"{DEPTH} sequences begun without a length and never ended",
            lambda g: b"\x30\x80" * DEPTH,
        ),
    ):
        yield make.by_shape(name, shape, lambda how=how: how(good()))


def inside(
    make: Maker,
    good: Callable[[], bytes],
    places: tuple[tuple[str, str, Where, Callable[[bytes], bytes], str], ...],
) -> Iterator[Vector]:
    """One element in another spelling, each."""
    for name, shape, where, how, place in places:
        yield make.by_shape(
            f"ber-{name}", shape, respelled(good, where, how), place=place
        )
