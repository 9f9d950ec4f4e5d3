# SPDX-License-Identifier: Apache-2.0
"""The envelope: a signed header and its payload, sealed for one receiver.

`pack` and `unpack` are each other's mirror. Order of unpacking and why: unseal first
(only the receiver can), then who signed (before a byte of the payload is looked at),
then the header, then the digest that binds the payload to it. Whatever fails, the
peer learns one code; the inner code goes into the record.
"""

import hashlib
import hmac
import os
from datetime import datetime
from typing import Annotated

import msgspec

from pki import der
from pki.cms import Signer, parse_signed
from pki.errors import CmsError
from pki.oids import ID_CT_HEADER
from pki.sealing import Opener, Recipient
from pki.trust import Identity, Purpose
from protocols import limits
from protocols.directory import Directory
from protocols.errors import Unreadable
from protocols.header import Header, InReplyTo, TokenBytes, content_digest


@der.sequence
class _Content:
    signed_header: bytes
    salt: Annotated[bytes, der.Size.exact(limits.SALT_SIZE)]
    payload: bytes


class Opened(msgspec.Struct, frozen=True):
    """A message whose seal and signature held. Its rules are not checked yet."""

    header: Header
    signed_header: bytes
    """The DER of the header's SignedData: the evidence that is kept."""
    header_digest: bytes
    """SHA-256 of `signed_header`: what receipts, replies and permits refer to."""
    signer: Identity
    payload: bytes

    def __repr__(self) -> str:
        return f"Opened({self.header!r})"

    def reference(self) -> InReplyTo:
        """How a reply names this message."""
        return InReplyTo(self.header.message_id, self.header_digest)


class Packed(msgspec.Struct, frozen=True):
    """A message ready to leave."""

    header: Header
    signed_header: bytes
    header_digest: bytes
    envelope: bytes

    def __repr__(self) -> str:
        return f"Packed({self.header!r})"


class Unpacked(msgspec.Struct, frozen=True):
    """What came out of a seal, before anybody is believed."""

    signed_header: bytes
    salt: bytes
    payload: bytes

    def __repr__(self) -> str:
        return "Unpacked()"


def digest(data: bytes) -> bytes:
    """SHA-256, the one digest of this protocol."""
    return hashlib.sha256(data).digest()


def pack(
    header: Header,
    payload: bytes,
    salt: bytes,
    signer: Signer,
    recipient: Recipient,
    at: datetime,
    token_bytes: TokenBytes = os.urandom,
) -> Packed:
    """Sign ``header`` and seal it with ``payload`` for ``recipient``.

    The header must already carry the digests of ``salt`` + ``payload`` and of the
    recipient's certificate: `gateway.dispatch` and the simulators' peer see to that.
    """
    signed_header = signer.sign(header.encode(), ID_CT_HEADER, at)
    content = der.tlv(
        der.SEQUENCE,
        der.tlv(der.OCTET_STRING, signed_header),
        der.tlv(der.OCTET_STRING, salt),
        der.tlv(der.OCTET_STRING, payload),
    )
    envelope = recipient.seal(content, token_bytes)
    return Packed(header, signed_header, digest(signed_header), envelope)


def unseal(data: bytes, opener: Opener) -> Unpacked:
    """Open the seal and read the three parts; raises `Unreadable`."""
    if len(data) > limits.MAX_ENVELOPE:
        raise Unreadable("SK-U01")
    try:
        plain = opener.open(data)
    except CmsError:
        raise Unreadable("SK-U02") from None
    try:
        content = der.decode(_Content, plain)
    except CmsError:
        raise Unreadable("SK-U01") from None
    return Unpacked(content.signed_header, content.salt, content.payload)


def read_signed_header(
    signed_header: bytes, directory: Directory, at: datetime
) -> tuple[Header, Identity]:
    """Verify a signed header by itself, as permits and evidence carry it."""
    try:
        signed = parse_signed(signed_header)
    except CmsError:
        raise Unreadable("SK-U01") from None
    if signed.content_type != ID_CT_HEADER:
        raise Unreadable("SK-U01")
    signer = directory.signer(signed, Purpose.SIGNING, at)
    return Header.decode(signed.content), signer


def unpack(data: bytes, opener: Opener, directory: Directory, at: datetime) -> Opened:
    """Open and verify one envelope; raises `Unreadable` with the exact inner code."""
    parts = unseal(data, opener)
    header, signer = read_signed_header(parts.signed_header, directory, at)
    _must_be_bound(parts, header)
    return Opened(
        header=header,
        signed_header=parts.signed_header,
        header_digest=digest(parts.signed_header),
        signer=signer,
        payload=parts.payload,
    )


def recall(data: bytes, opener: Opener, header_digest: bytes) -> bytes:
    """The payload of an envelope that was verified when it came.

    ``header_digest`` is what was kept of its signed header then. Asks of nobody's
    certificate: it was believed at that moment, and what came of it since (expiry,
    renewal, revocation) says nothing about what had arrived. Raises `Unreadable`
    where it is not the same envelope, or not sealed for ``opener``.
    """
    parts = unseal(data, opener)
    if not hmac.compare_digest(digest(parts.signed_header), header_digest):
        raise Unreadable("SK-U03")
    try:
        signed = parse_signed(parts.signed_header)
    except CmsError:
        raise Unreadable("SK-U01") from None
    _must_be_bound(parts, Header.decode(signed.content))
    return parts.payload


def _must_be_bound(parts: Unpacked, header: Header) -> None:
    bound = content_digest(parts.salt, parts.payload)
    if not hmac.compare_digest(bound, header.content_digest):
        raise Unreadable("SK-U07")
