# SPDX-License-Identifier: Apache-2.0
"""DER: the one door to the ASN.1 machinery of the ``cryptography`` package.

``cryptography.hazmat.asn1`` reads and writes declared structures in Rust, about ten
times faster than anything in Python, and reads DER only: indefinite and long-winded
lengths, unsorted sets, unknown fields and bytes after the end are refused. It stands
outside that package's compatibility promise, so nobody else imports it: if it changes,
this file changes. `decode` keeps the promise of the room: any bytes in, a value or a
`DerError` out.

For output on the hot path `tlv` joins bytes that are DER already, and `frame` says what
stands around them; they sort nothing and check nothing, so whoever uses them has a test
that reads the result back. What a structure declares of one length, `octets` writes.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

from cryptography.hazmat.asn1 import (
    TLV,
    BitString,
    Default,
    Explicit,
    GeneralizedTime,
    Implicit,
    Null,
    SetOf,
    Size,
    UTCTime,
    decode_der,
    encode_der,
    sequence,
)
from cryptography.x509 import ObjectIdentifier as OID

from pki.errors import DerError

__all__ = [
    "INTEGER",
    "OCTET_STRING",
    "OID",
    "SEQUENCE",
    "SET",
    "TLV",
    "BitString",
    "Default",
    "Explicit",
    "GeneralizedTime",
    "Implicit",
    "Null",
    "SetOf",
    "Size",
    "UTCTime",
    "decode",
    "encode",
    "frame",
    "generalized",
    "header",
    "moment",
    "octets",
    "oid",
    "part",
    "sequence",
    "text",
    "time",
    "tlv",
]

INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
SEQUENCE: Final = 0x30
SET: Final = 0x31

_KIND = re.compile(r"kind: (\w+)")
_UTC_TIME: Final = 0x17
_UTC_TIME_TAG: Final = bytes((_UTC_TIME,))
_GENERALIZED_TIME: Final = 0x18
_UTF8_STRING: Final = 0x0C
_LONG: Final = 0x80
"""From here on a length takes more than one octet."""
_UTC_TIME_YEARS: Final = range(1950, 2050)

T = TypeVar("T")
Layer: TypeAlias = tuple[int, bytes, bytes]
"""A tag, and what stands in the element before and after the layer inside it."""


def decode(cls: type[T], data: bytes) -> T:
    """The value of ``data``, all of it; raises `DerError` on anything else."""
    try:
        return decode_der(cls, data)
    except (ValueError, OverflowError) as refused:
        raise _refusal(cls, refused) from None


def part(element: TLV, cls: type[T]) -> T:
    """The value of one open element of a structure; raises `DerError`."""
    try:
        value: T = element.parse(cls)
    except (ValueError, OverflowError) as refused:
        raise _refusal(cls, refused) from None
    return value


def encode(value: object) -> bytes:
    """The one encoding of a declared structure or simple value."""
    return encode_der(value)


def oid(dotted: str) -> bytes:
    """The encoding of an object identifier."""
    return encode_der(OID(dotted))


def header(tag: int, length: int) -> bytes:
    """Tag and length octets, as short as they can be."""
    if length < _LONG:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def tlv(tag: int, *contents: bytes) -> bytes:
    """One element around contents that are DER already."""
    content = contents[0] if len(contents) == 1 else b"".join(contents)
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    return header(tag, size) + content


def octets(value: bytes, size: int, tag: int = OCTET_STRING) -> bytes:
    """An octet string of just so many bytes; `ValueError` for any other number."""
    if len(value) != size:
        raise ValueError(f"{len(value)} bytes where {size} belong")
    return tlv(tag, value)


def frame(length: int, *layers: Layer) -> tuple[bytes, bytes]:
    """What stands before and behind a content of ``length`` bytes in such elements."""
    heads: list[bytes] = []
    tails: list[bytes] = []
    for tag, before, after in layers:
        head = header(tag, len(before) + length + len(after)) + before
        length += len(head) + len(after)
        heads.append(head)
        tails.append(after)
    heads.reverse()
    return b"".join(heads), b"".join(tails)


def time(at: datetime) -> bytes:
    """A Time of RFC 5652 and RFC 5280: UTCTime up to 2049, then GeneralizedTime.

    Parts of a second are cut off, as both RFCs demand. A naive ``at`` is the caller's
    fault (`ValueError`).
    """
    if at.utcoffset() is None:
        raise ValueError("a moment must say its time zone")
    at = at.astimezone(UTC)
    if at.year in _UTC_TIME_YEARS:
        return tlv(_UTC_TIME, f"{at:%y%m%d%H%M%SZ}".encode())
    return tlv(_GENERALIZED_TIME, f"{at.year:04}{at:%m%d%H%M%SZ}".encode())


@lru_cache(maxsize=256)
def generalized(at: datetime) -> bytes:
    """A GeneralizedTime of a whole second; ``at`` is aware (`ValueError`)."""
    if at.utcoffset() is None or at.microsecond:
        raise ValueError("a moment must say its time zone, and be a whole second")
    at = at.astimezone(UTC)
    return tlv(_GENERALIZED_TIME, f"{at.year:04}{at:%m%d%H%M%SZ}".encode())


@lru_cache(maxsize=1024)
def text(value: str) -> bytes:
    """A UTF8String; for the few words that are written all the time."""
    return tlv(_UTF8_STRING, value.encode())


def moment(element: TLV) -> datetime:
    """The aware moment of a Time that `time` would write just so; raises `DerError`.

    Refused: parts of a second, and a GeneralizedTime for a year that UTCTime can say.
    """
    if element.tag_bytes == _UTC_TIME_TAG:
        return part(element, UTCTime).as_datetime()
    at = part(element, GeneralizedTime).as_datetime()
    if at.microsecond or at.year in _UTC_TIME_YEARS:
        raise DerError("Time: not the one form for this moment", "Time")
    return at


def _refusal(cls: type[object], refused: Exception) -> DerError:
    """Says which structure and what kind of fault, never the bytes themselves."""
    kind = _KIND.search(str(refused))
    text = kind[1] if kind else "a count, length or value out of its range"
    return DerError(f"{cls.__name__}: {text}", cls.__name__)
