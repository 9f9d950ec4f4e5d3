# SPDX-License-Identifier: Apache-2.0
"""The answers: a signed receipt, a signed refusal, or a sealed reply.

A receipt names the signed header that was taken over and commits to the receiver's
record; a refusal names the bytes that were posted, which is all that can be said of
something unreadable. An answer that does not fit what was sent has no effect
(`AnswerInvalid`): the message is offered again.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from cryptography.hazmat.primitives import hashes

from pki import der
from pki.cms import Signed, Signer, parse_signed
from pki.errors import CmsError, PkiError
from pki.names import StationName
from pki.oids import ID_CT_RECEIPT, ID_CT_REFUSAL
from pki.sealing import Opener
from pki.trust import Purpose
from protocols import limits
from protocols.directory import Directory
from protocols.envelope import Opened, digest, unpack
from protocols.errors import AnswerInvalid, Unreadable
from protocols.header import station_named, whole_second
from protocols.refusals import REFUSALS, RefusalClass

VERSION: Final = 1
WIRE_CODES: Final = frozenset(
    row.wire
    for row in REFUSALS.values()
    if row.kind in (RefusalClass.UNREADABLE, RefusalClass.READABLE)
)
"""The codes that a signed refusal may give: the list is closed."""


@der.sequence
class _Receipt:
    version: int
    message_id: Annotated[bytes, der.Size.exact(limits.MESSAGE_ID_SIZE)]
    header_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    receiver: str
    at: der.GeneralizedTime
    record_commitment: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]


@der.sequence
class _Refusal:
    version: int
    request_digest: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    header_digest: Annotated[bytes | None, der.Implicit(0)]
    receiver: str
    at: der.GeneralizedTime
    code: str
    rule: Annotated[str | None, der.Implicit(1)]
    retry: bool
    record_commitment: Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]
    retry_after: Annotated[der.GeneralizedTime | None, der.Implicit(2)]


@dataclass(frozen=True, slots=True)
class Receipt:
    """ "Taken over": from now on the message is the receiver's business."""

    message_id: bytes
    header_digest: bytes
    receiver: StationName
    at: datetime
    record_commitment: bytes


@dataclass(frozen=True, slots=True)
class SignedRefusal:
    """ "Not taken": with the code that this sender may know."""

    request_digest: bytes
    """SHA-256 of the posted bytes."""
    header_digest: bytes | None
    receiver: StationName
    at: datetime
    code: str
    rule: str
    retry: bool
    record_commitment: bytes
    retry_after: datetime | None = None
    """When the receiver opens again; None where it is not closed."""


Answer = Receipt | SignedRefusal | Opened
"""What a sender can be told; `Opened` is a sealed reply."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What was sent: an answer must fit it."""

    envelope_digest: bytes
    message_id: bytes
    header_digest: bytes
    receiver: StationName


def write_receipt(receipt: Receipt, signer: Signer) -> bytes:
    """The signed receipt."""
    raw = _Receipt(
        version=VERSION,
        message_id=receipt.message_id,
        header_digest=receipt.header_digest,
        receiver=str(receipt.receiver),
        at=der.GeneralizedTime(receipt.at),
        record_commitment=receipt.record_commitment,
    )
    return signer.sign(der.encode(raw), ID_CT_RECEIPT, receipt.at)


def write_refusal(refusal: SignedRefusal, signer: Signer) -> bytes:
    """The signed refusal; raises `ValueError` for a code that no peer may learn."""
    if refusal.code not in WIRE_CODES:
        raise ValueError("a code that never leaves its station")
    after = refusal.retry_after
    raw = _Refusal(
        version=VERSION,
        request_digest=refusal.request_digest,
        header_digest=refusal.header_digest,
        receiver=str(refusal.receiver),
        at=der.GeneralizedTime(refusal.at),
        code=refusal.code,
        rule=refusal.rule or None,
        retry=refusal.retry,
        record_commitment=refusal.record_commitment,
        retry_after=None if after is None else der.GeneralizedTime(after),
    )
    return signer.sign(der.encode(raw), ID_CT_REFUSAL, refusal.at)


def read(
    data: bytes,
    offered: Offered,
    opener: Opener,
    directory: Directory,
    at: datetime,
) -> Answer:
    """Verify an answer to ``offered``; raises `AnswerInvalid` (SK-T04)."""
    try:
        signed = parse_signed(data)
    except CmsError:
        return _reply(data, offered, opener, directory, at)
    _from_receiver(signed, offered, directory, at)
    try:
        if signed.content_type == ID_CT_RECEIPT:
            return _receipt(signed.content, offered)
        if signed.content_type == ID_CT_REFUSAL:
            return _refusal(signed.content, offered)
    except (PkiError, ValueError):
        raise AnswerInvalid("SK-T04") from None
    raise AnswerInvalid("SK-T04")


def _from_receiver(
    signed: Signed, offered: Offered, directory: Directory, at: datetime
) -> None:
    try:
        identity = directory.signer(signed, Purpose.SIGNING, at)
    except Unreadable:
        raise AnswerInvalid("SK-T04") from None
    if identity.station != offered.receiver:
        raise AnswerInvalid("SK-T04")


def read_receipt(content: bytes) -> Receipt:
    """What the signed content of a receipt says, whoever signed it.

    Raises `PkiError` or `ValueError`. Does not ask whether it is about a message of
    ours: `read` does.
    """
    raw = der.decode(_Receipt, content)
    if raw.version != VERSION:
        raise ValueError("a receipt of another version")
    return Receipt(
        message_id=raw.message_id,
        header_digest=raw.header_digest,
        receiver=station_named(raw.receiver),
        at=whole_second(raw.at.as_datetime()),
        record_commitment=raw.record_commitment,
    )


def read_refusal(content: bytes) -> SignedRefusal:
    """What the signed content of a refusal says, whoever signed it.

    Raises `PkiError` or `ValueError`. Does not ask whether it is about a message of
    ours: `read` does.
    """
    raw = der.decode(_Refusal, content)
    if raw.version != VERSION or raw.code not in WIRE_CODES:
        raise ValueError("a refusal of another version, or a code that is none")
    if raw.header_digest is not None and len(raw.header_digest) != limits.DIGEST_SIZE:
        raise ValueError("a digest of another length")
    after = raw.retry_after
    if after is not None and not raw.retry:
        raise ValueError("a time for what may not be offered again")
    return SignedRefusal(
        request_digest=raw.request_digest,
        header_digest=raw.header_digest,
        receiver=station_named(raw.receiver),
        at=whole_second(raw.at.as_datetime()),
        code=raw.code,
        rule=raw.rule or "",
        retry=raw.retry,
        record_commitment=raw.record_commitment,
        retry_after=None if after is None else whole_second(after.as_datetime()),
    )


def _receipt(content: bytes, offered: Offered) -> Receipt:
    found = read_receipt(content)
    fits = (
        hmac.compare_digest(found.header_digest, offered.header_digest)
        and found.message_id == offered.message_id
        and found.receiver == offered.receiver
    )
    if not fits:
        raise AnswerInvalid("SK-T04")
    return found


def _refusal(content: bytes, offered: Offered) -> SignedRefusal:
    found = read_refusal(content)
    fits = (
        hmac.compare_digest(found.request_digest, offered.envelope_digest)
        and found.header_digest in (None, offered.header_digest)
        and found.receiver == offered.receiver
    )
    if not fits:
        raise AnswerInvalid("SK-T04")
    return found


def _reply(
    data: bytes,
    offered: Offered,
    opener: Opener,
    directory: Directory,
    at: datetime,
) -> Opened:
    try:
        opened = unpack(data, opener, directory, at)
    except Unreadable:
        raise AnswerInvalid("SK-T04") from None
    reply_to = opened.header.in_reply_to
    fits = (
        reply_to is not None
        and reply_to.message_id == offered.message_id
        and hmac.compare_digest(reply_to.header_digest, offered.header_digest)
        and opened.signer.station == offered.receiver
        and opened.header.sender == offered.receiver
        and opened.header.receiver == StationName.of_certificate(opener.certificate)
        and opened.header.sealing_certificate
        == opener.certificate.fingerprint(hashes.SHA256())
        and opened.header.created <= at + limits.MAX_SKEW
        and at <= opened.header.expires + limits.MAX_SKEW
    )
    if not fits:
        raise AnswerInvalid("SK-T04")
    return opened


def offered(
    envelope: bytes, opened_by: StationName, header_digest: bytes, message_id: bytes
) -> Offered:
    """What `read` needs to know of a message that was sent."""
    return Offered(digest(envelope), message_id, header_digest, opened_by)
