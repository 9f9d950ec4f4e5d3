# SPDX-License-Identifier: Apache-2.0
"""What two stations have on record of each other: asked by one that was restored.

A station that came back from a backup has forgotten what happened since. It asks every
peer, page by page, and gets a signed answer: which messages between the two the peer
has on record, and the newest heads of the asking station's own logs that the peer has
co-signed. No personal data: ids, digests, types, and what a receipt or a permit says
that the asking station (or the core) had signed itself.

The asking station's own signatures in an answer are proof; the rest is the peer's word.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from pki import der
from pki.cms import Signed, Signer, parse_signed
from pki.errors import CmsError, PkiError
from pki.names import StationName
from pki.oids import ID_CT_RECONCILE_ANSWER, ID_CT_RECONCILE_REQUEST
from pki.trust import Purpose
from protocols import limits
from protocols.directory import Directory
from protocols.errors import AnswerInvalid, Unreadable
from protocols.header import station_named, whole_second

VERSION: Final = 1
TARGET: Final = "/v1/reconcile"
NONCE_SIZE: Final = 16
MAX_ENTRIES: Final = 200
"""Messages of one answer: some 300 KB at the most."""
MAX_REQUEST: Final = 4096
MAX_HEADS: Final = 64
MAX_PIECE: Final = 16 * 1024
"""Bytes of a receipt, a permit or a head."""
OUTCOMES: Final = frozenset({"", "provided", "lapsed", "refused"})

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_Id = Annotated[bytes, der.Size.exact(limits.MESSAGE_ID_SIZE)]
_Digest = Annotated[bytes, der.Size.exact(limits.DIGEST_SIZE)]


@der.sequence
class _Request:
    version: int
    nonce: Annotated[bytes, der.Size.exact(NONCE_SIZE)]
    sender: str
    receiver: str
    at: der.GeneralizedTime
    since: der.GeneralizedTime
    place: int


@der.sequence
class _Entry:
    sent: bool
    taken: bool
    message_type: str
    message_id: _Id
    header_digest: _Digest
    at: der.GeneralizedTime
    processing_number: Annotated[bytes | None, der.Implicit(0)]
    third: Annotated[str | None, der.Implicit(1)]
    item_no: Annotated[int | None, der.Implicit(2)]
    kinds: list[str]
    permit_digest: Annotated[bytes | None, der.Implicit(3)]
    permit: Annotated[bytes | None, der.Implicit(4)]
    receipt: Annotated[bytes | None, der.Implicit(5)]
    outcome: str


@der.sequence
class _Answer:
    version: int
    request_digest: _Digest
    sender: str
    receiver: str
    at: der.GeneralizedTime
    heads: list[bytes]
    entries: list[_Entry]
    place: Annotated[int | None, der.Implicit(0)]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a page."""

    nonce: bytes
    sender: StationName
    receiver: StationName
    at: datetime
    since: datetime
    """From when on, by the clock of the one that is asked."""
    place: int = 0
    """Where the page begins: 0, and then what the page before said."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message between the two, as the answering station has it on record."""

    sent: bool
    """Whether it sent the message; else it received it."""
    taken: bool
    """Whether the receiver has signed that it took the message over."""
    message_type: str
    message_id: bytes
    header_digest: bytes
    at: datetime
    """When it received the message, or the answer to it."""
    processing_number: bytes | None = None
    third: StationName | None = None
    """The third party of that transaction, where the answering station knows it."""
    item_no: int | None = None
    kinds: tuple[str, ...] = ()
    permit_digest: bytes | None = None
    permit: bytes = b""
    """The signed permit, where it is the provider's or the core's to see."""
    receipt: bytes = b""
    """What the asking station had signed for it."""
    outcome: str = ""
    """What became of the transaction, as the answering station knows it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One page."""

    request_digest: bytes
    sender: StationName
    receiver: StationName
    at: datetime
    heads: tuple[bytes, ...]
    """Of the asking station's logs, as it had signed them."""
    entries: tuple[Entry, ...]
    place: int | None
    """Where the next page begins; None: there is none."""


def write_request(asked: Asked, signer: Signer) -> bytes:
    """The signed request."""
    raw = _Request(
        version=VERSION,
        nonce=asked.nonce,
        sender=str(asked.sender),
        receiver=str(asked.receiver),
        at=der.GeneralizedTime(asked.at),
        since=der.GeneralizedTime(asked.since),
        place=asked.place,
    )
    return signer.sign(der.encode(raw), ID_CT_RECONCILE_REQUEST, asked.at)


def read_request(data: bytes, directory: Directory, at: datetime) -> Asked:
    """Verify and read a request; raises `Unreadable`.

    That its signer is who asks over the link, and that it is for us, the caller sees.
    """
    if len(data) > MAX_REQUEST:
        raise Unreadable("SK-U01")
    signed = _parsed(data, ID_CT_RECONCILE_REQUEST)
    signer = directory.signer(signed, Purpose.SIGNING, at)
    try:
        raw = der.decode(_Request, signed.content)
        asked = Asked(
            nonce=raw.nonce,
            sender=station_named(raw.sender),
            receiver=station_named(raw.receiver),
            at=whole_second(raw.at.as_datetime()),
            since=whole_second(raw.since.as_datetime()),
            place=raw.place,
        )
    except (PkiError, ValueError):
        raise Unreadable("SK-U06") from None
    fits = raw.version == VERSION and 0 <= asked.place < 2**63
    if not fits or signer.station != asked.sender:
        raise Unreadable("SK-U06")
    if abs(asked.at - at) > limits.MAX_SKEW:
        raise Unreadable("SK-U06")
    return asked


def write_answer(answered: Answered, signer: Signer) -> bytes:
    """The signed answer."""
    place = answered.place
    raw = _Answer(
        version=VERSION,
        request_digest=answered.request_digest,
        sender=str(answered.sender),
        receiver=str(answered.receiver),
        at=der.GeneralizedTime(answered.at),
        heads=list(answered.heads),
        entries=[_entry(one) for one in answered.entries],
        place=place,
    )
    return signer.sign(der.encode(raw), ID_CT_RECONCILE_ANSWER, answered.at)


def read_answer(
    data: bytes,
    request_digest: bytes,
    peer: StationName,
    directory: Directory,
    at: datetime,
) -> Answered:
    """Verify and read the answer to a request; raises `AnswerInvalid` (SK-T04)."""
    try:
        signed = _parsed(data, ID_CT_RECONCILE_ANSWER)
        signer = directory.signer(signed, Purpose.SIGNING, at)
        raw = der.decode(_Answer, signed.content)
        found = Answered(
            request_digest=raw.request_digest,
            sender=station_named(raw.sender),
            receiver=station_named(raw.receiver),
            at=whole_second(raw.at.as_datetime()),
            heads=tuple(map(_piece, raw.heads)),
            entries=tuple(map(_read_entry, raw.entries)),
            place=raw.place,
        )
    except (Unreadable, PkiError, ValueError):
        raise AnswerInvalid("SK-T04") from None
    fits = (
        raw.version == VERSION
        and found.request_digest == request_digest
        and signer.station == found.sender == peer
        and len(found.entries) <= MAX_ENTRIES
        and len(found.heads) <= MAX_HEADS
        and (found.place is None or 0 < found.place < 2**63)
    )
    if not fits:
        raise AnswerInvalid("SK-T04")
    return found


def _parsed(data: bytes, content_type: str) -> Signed:
    try:
        signed = parse_signed(data)
    except CmsError:
        raise Unreadable("SK-U01") from None
    if signed.content_type != content_type:
        raise Unreadable("SK-U01")
    return signed


def _entry(one: Entry) -> _Entry:
    return _Entry(
        sent=one.sent,
        taken=one.taken,
        message_type=one.message_type,
        message_id=one.message_id,
        header_digest=one.header_digest,
        at=der.GeneralizedTime(one.at),
        processing_number=one.processing_number,
        third=None if one.third is None else str(one.third),
        item_no=one.item_no,
        kinds=list(one.kinds),
        permit_digest=one.permit_digest,
        permit=one.permit or None,
        receipt=one.receipt or None,
        outcome=one.outcome,
    )


def _read_entry(raw: _Entry) -> Entry:
    """Raises `ValueError` for what no station of ours would write."""
    number, digest = raw.processing_number, raw.permit_digest
    if number is not None and len(number) != limits.PROCESSING_NUMBER_SIZE:
        raise ValueError("a processing number of another length")
    if digest is not None and len(digest) != limits.DIGEST_SIZE:
        raise ValueError("a digest of another length")
    words = (raw.message_type, *raw.kinds)
    if not all(_WORD.fullmatch(one) for one in words) or raw.outcome not in OUTCOMES:
        raise ValueError("a type, a kind or an outcome that is none")
    item = 1 if raw.item_no is None else raw.item_no
    if len(raw.kinds) > limits.MAX_KINDS or not 0 < item < 2**31:
        raise ValueError("too many kinds, or an item that is none")
    return Entry(
        sent=raw.sent,
        taken=raw.taken,
        message_type=raw.message_type,
        message_id=raw.message_id,
        header_digest=raw.header_digest,
        at=whole_second(raw.at.as_datetime()),
        processing_number=number,
        third=None if raw.third is None else station_named(raw.third),
        item_no=raw.item_no,
        kinds=tuple(raw.kinds),
        permit_digest=digest,
        permit=_piece(raw.permit or b""),
        receipt=_piece(raw.receipt or b""),
        outcome=raw.outcome,
    )


def _piece(data: bytes) -> bytes:
    if len(data) > MAX_PIECE:
        raise ValueError("a piece that is larger than any")
    return data
