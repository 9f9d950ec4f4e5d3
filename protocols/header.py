# SPDX-License-Identifier: Apache-2.0
"""The header of a message: who says what to whom, until when, about which bytes.

It holds no personal data, so that it can be kept for years as evidence; the payload
is bound to it by a salted digest (docs/protocol.md, section 4). A `Header` that
exists is well formed: sizes, names and times were read in one step.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final

import msgspec

from pki import der
from pki.errors import PkiError
from pki.names import StationName
from protocols import limits
from protocols.errors import Unreadable

VERSION: Final = 1

_VERSION: Final = der.encode(VERSION)
_TIME_BYTES: Final = 6
_RANDOM_BYTES: Final = limits.MESSAGE_ID_SIZE - _TIME_BYTES

YEARS: Final = range(2000, 9999)
"""Years of a time on the wire: whatever a rule adds to it is still a time."""

TokenBytes = Callable[[int], bytes]
"""Where randomness comes from: ``os.urandom``, or a test's own."""


@der.sequence
class _InReplyTo:
    message_id: Annotated[bytes, der.Size.exact(limits.MESSAGE_ID_SIZE)]
    header_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]


@der.sequence
class _MessageHeader:
    version: int
    message_id: Annotated[bytes, der.Size.exact(limits.MESSAGE_ID_SIZE)]
    message_type: str
    sender: str
    receiver: str
    processing_number: Annotated[bytes | None, der.Implicit(0)]
    created: der.GeneralizedTime
    expires: der.GeneralizedTime
    in_reply_to: Annotated[_InReplyTo | None, der.Implicit(1)]
    permit_digest: Annotated[bytes | None, der.Implicit(2)]
    sealing_certificate_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    content_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]


class InReplyTo(msgspec.Struct, frozen=True, gc=False):
    """What a reply answers: the request's id and the digest of its signed header."""

    message_id: bytes
    header_digest: bytes


class Header(msgspec.Struct, frozen=True, gc=False):
    """One message's header (ASN.1 `MessageHeader`). Times are UTC, whole seconds."""

    message_id: bytes
    message_type: str
    sender: StationName
    receiver: StationName
    created: datetime
    expires: datetime
    sealing_certificate: bytes
    """SHA-256 of the receiver's sealing certificate."""
    content_digest: bytes
    """SHA-256 of salt and payload."""
    processing_number: bytes | None = None
    in_reply_to: InReplyTo | None = None
    permit_digest: bytes | None = None

    def encode(self) -> bytes:
        """The DER of this header, as the declared structure would be written.

        Raises `ValueError` for an identifier or a digest of another length.
        """
        reply = self.in_reply_to
        return der.tlv(
            der.SEQUENCE,
            _VERSION,
            der.octets(self.message_id, limits.MESSAGE_ID_SIZE),
            der.text(self.message_type),
            der.text(str(self.sender)),
            der.text(str(self.receiver)),
            _optional(0x80, self.processing_number, limits.PROCESSING_NUMBER_SIZE),
            der.generalized(self.created),
            der.generalized(self.expires),
            b""
            if reply is None
            else der.tlv(
                0xA1,
                der.octets(reply.message_id, limits.MESSAGE_ID_SIZE),
                der.octets(reply.header_digest, limits.DIGEST_SIZE),
            ),
            _optional(0x82, self.permit_digest, limits.DIGEST_SIZE),
            der.octets(self.sealing_certificate, limits.DIGEST_SIZE),
            der.octets(self.content_digest, limits.DIGEST_SIZE),
        )

    @classmethod
    def decode(cls, data: bytes) -> "Header":
        """Read DER; raises `Unreadable` (SK-U06) on anything that is not a header."""
        try:
            raw = der.decode(_MessageHeader, data)
            return cls._from_raw(raw)
        except (PkiError, ValueError):
            raise Unreadable("SK-U06") from None

    @classmethod
    def _from_raw(cls, raw: _MessageHeader) -> "Header":
        if raw.version != VERSION:
            raise Unreadable("SK-U06")
        reply = raw.in_reply_to
        return cls(
            message_id=raw.message_id,
            message_type=raw.message_type,
            sender=station_named(raw.sender),
            receiver=station_named(raw.receiver),
            created=whole_second(raw.created.as_datetime()),
            expires=whole_second(raw.expires.as_datetime()),
            sealing_certificate=raw.sealing_certificate_digest,
            content_digest=raw.content_digest,
            processing_number=_sized(
                raw.processing_number, limits.PROCESSING_NUMBER_SIZE
            ),
            in_reply_to=None
            if reply is None
            else InReplyTo(reply.message_id, reply.header_digest),
            permit_digest=_sized(raw.permit_digest, limits.DIGEST_SIZE),
        )


@lru_cache(maxsize=4096)
def station_named(text: str) -> StationName:
    """`StationName.parse`, remembered: the same few stations write all the time."""
    return StationName.parse(text)


def whole_second(moment: datetime) -> datetime:
    """A time as the wire has it: UTC, no fraction, in `YEARS`; raises ValueError."""
    if moment.microsecond:
        raise ValueError("a time on the wire has no fraction of a second")
    if moment.year not in YEARS:
        raise ValueError("a time on the wire is of this age")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def wire_time(moment: datetime) -> datetime:
    """``moment`` cut to the whole second that the wire can carry."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0)


def content_digest(salt: bytes, payload: bytes) -> bytes:
    """The digest that binds a payload to its header."""
    return hashlib.sha256(salt + payload).digest()


def new_id(at: datetime, token_bytes: TokenBytes = os.urandom) -> bytes:
    """A fresh identifier of 16 bytes: for a message, a transaction, a permit, a route.

    It begins with the milliseconds since 1970, as UUIDs of version 7 do (RFC 9562
    5.7), so that what is made together lies together in every store's index; 80 random
    bits follow. Readers take the whole as a name and look for nothing in it.
    """
    milliseconds = int(at.timestamp() * 1000)
    return milliseconds.to_bytes(_TIME_BYTES) + token_bytes(_RANDOM_BYTES)


def expiry(created: datetime, lifetime: timedelta) -> datetime:
    """When a message made at ``created`` ends, never later than the protocol allows."""
    return wire_time(created + min(lifetime, limits.MAX_LIFETIME))


def _optional(tag: int, value: bytes | None, size: int) -> bytes:
    return b"" if value is None else der.octets(value, size, tag)


def _sized(value: bytes | None, size: int) -> bytes | None:
    if value is not None and len(value) != size:
        raise Unreadable("SK-U06")
    return value
