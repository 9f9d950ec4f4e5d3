# SPDX-License-Identifier: Apache-2.0
"""Shapes of CMS that no station takes, made out of a good message.

Each changes one thing, at a known place of the DER, and leaves the rest true, so that
a reader which overlooks the one thing would read the message. Nothing here shares code
with the reader that must refuse them.
"""

from collections.abc import Callable, Mapping
from typing import Final

from asn1crypto import parser

from pki import der
from pki.der import OCTET_STRING, SEQUENCE, SET, tlv

Change = Callable[[bytes], bytes]
"""From one element, tag and all, to what stands in its place; nothing, too."""

_ENVELOPED: Final = (1, 0)
_RECIPIENTS: Final = (*_ENVELOPED, 1)
_POINT: Final = (*_RECIPIENTS, 0, 1, 0, 1)
_AGREEMENT: Final = (*_RECIPIENTS, 0, 2, 0)
_CIPHER: Final = (*_ENVELOPED, 2, 1)
_TAG: Final = (*_ENVELOPED, 3)
_SIGNERS: Final = (1, 0, 3)
_SIGNER: Final = (*_SIGNERS, 0)
_SHORT_TAG: Final = 12
_ATTRIBUTE: Final = tlv(
    SEQUENCE, der.oid("1.2.840.113549.1.9.15"), tlv(SET, tlv(SEQUENCE))
)
"""S/MIME capabilities, none: an attribute that means nothing here."""


def edit(data: bytes, path: tuple[int, ...], change: Change) -> bytes:
    """``data`` with the element at ``path`` changed, and all lengths right again."""
    if not path:
        return change(data)
    parts = children(data)
    parts[path[0]] = edit(parts[path[0]], path[1:], change)
    return tlv(data[0], *parts)


def children(data: bytes) -> list[bytes]:
    """The elements inside one element."""
    content: bytes = parser.parse(data)[4]
    found = []
    while content:
        _, _, _, head, inside, tail = parser.parse(content)
        found.append(content[: len(head) + len(inside) + len(tail)])
        content = content[len(found[-1]) :]
    return found


def enclosed(signed_header: bytes, salt: bytes, payload: bytes) -> bytes:
    """What is sealed: the signed header, the salt and the payload."""
    parts = (tlv(OCTET_STRING, each) for each in (signed_header, salt, payload))
    return tlv(SEQUENCE, *parts)


def _content(data: bytes) -> bytes:
    return bytes(parser.parse(data)[4])


def _twice(data: bytes) -> bytes:
    """A set with its one element twice."""
    return tlv(data[0], *children(data) * 2)


def _with(element: bytes) -> Change:
    """One more element behind the others."""
    return lambda data: tlv(data[0], *children(data), element)


def _instead(element: bytes) -> Change:
    return lambda data: element


def _algorithm(dotted: str) -> bytes:
    return tlv(SEQUENCE, der.oid(dotted))


def _off_the_curve(point: bytes) -> bytes:
    return point[:-1] + bytes((point[-1] ^ 1,))


def _short_tag(envelope: bytes) -> bytes:
    """The first 12 bytes of the tag, and the parameters that say so."""
    mac = _content(children(children(children(envelope)[1])[0])[3])
    cut = edit(envelope, _TAG, _instead(tlv(OCTET_STRING, mac[:_SHORT_TAG])))
    return edit(cut, (*_CIPHER, 1, 1), _instead(b""))


SEALED: Final[Mapping[str, Change]] = {
    "a byte behind it": lambda envelope: envelope + b"\0",
    "a length without end": lambda envelope: (
        envelope[:1] + b"\x80" + _content(envelope) + b"\0\0"
    ),
    "a length that is longer than it need be": lambda envelope: (
        envelope[:1]
        + b"\x84"
        + len(_content(envelope)).to_bytes(4, "big")
        + _content(envelope)
    ),
    "two recipients": lambda envelope: edit(envelope, _RECIPIENTS, _twice),
    "a tag of 12 bytes": _short_tag,
    "unauthenticated attributes": lambda envelope: edit(
        envelope, _ENVELOPED, _with(tlv(0xA2, _ATTRIBUTE))
    ),
    "a point off the curve": lambda envelope: edit(envelope, _POINT, _off_the_curve),
    "a key derived with SHA-1": lambda envelope: edit(
        envelope, _AGREEMENT, _instead(der.oid("1.3.133.16.840.63.0.2"))
    ),
    "AES in CBC mode": lambda envelope: edit(
        envelope, (*_CIPHER, 0), _instead(der.oid("2.16.840.1.101.3.4.1.42"))
    ),
    "a cipher that nobody knows": lambda envelope: edit(
        envelope, (*_CIPHER, 0), _instead(der.oid("2.25.1"))
    ),
    "enveloped without authentication": lambda envelope: edit(
        envelope, (0,), _instead(der.oid("1.2.840.113549.1.7.3"))
    ),
    "a bit of the content turned": lambda envelope: (
        envelope[:-30] + bytes((envelope[-30] ^ 1,)) + envelope[-29:]
    ),
    "cut in the middle": lambda envelope: envelope[: len(envelope) // 2],
    "twice": lambda envelope: envelope * 2,
}
"""What can be done to an envelope from outside."""

SIGNED: Final[Mapping[str, Change]] = {
    "two signers": lambda signed: edit(signed, _SIGNERS, _twice),
    "no signer": lambda signed: edit(signed, _SIGNERS, lambda data: tlv(data[0])),
    "unsigned attributes": lambda signed: edit(
        signed, _SIGNER, _with(tlv(0xA1, _ATTRIBUTE))
    ),
    "a digest by SHA-1": lambda signed: edit(
        signed, (*_SIGNER, 2), _instead(_algorithm("1.3.14.3.2.26"))
    ),
    "a signature over SHA-1": lambda signed: edit(
        signed, (*_SIGNER, 4), _instead(_algorithm("1.2.840.10045.4.1"))
    ),
    "a digest that nobody knows": lambda signed: edit(
        signed, (*_SIGNER, 2), _instead(_algorithm("2.25.1"))
    ),
    "a byte behind the signature": lambda signed: signed + b"\0",
    "a signature with a bit turned": lambda signed: edit(
        signed, (*_SIGNER, 5), lambda data: data[:-1] + bytes((data[-1] ^ 1,))
    ),
    "a certificate inside": lambda signed: edit(
        signed, (1, 0, 2), lambda data: data + tlv(0xA0, tlv(SEQUENCE))
    ),
}
"""What a sender can do to the signed header before it is sealed."""
