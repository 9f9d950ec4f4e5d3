# SPDX-License-Identifier: Apache-2.0
"""One thing that happened at a station, and the commitment to it.

An event is written as canonical JSON: one spelling for one event, keys in order,
evidence by its SHA-256. A record commits to those bytes under a random salt, because
without it a tag or a number could be guessed from the commitment. `prepare` does all
of that before the commit, so that a receipt can carry the commitment of the record
that will stand when the receipt leaves.
"""

import enum
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.records.base import Value, from_hex, to_micros
from gateway.records.errors import StoreDamaged

TokenBytes = Callable[[int], bytes]
LABEL: Final = b"sekisho record v1"
"""Keeps a commitment from being mistaken for any other digest of this project."""
SALT_SIZE: Final = 32
RECORD_ID_SIZE: Final = 16
_FORMAT: Final = 1


class EventKind(enum.StrEnum):
    """What happened."""

    ATTEMPTED = "attempted"
    """The intent to send, durable before the first byte leaves."""
    SENT = "sent"
    RECEIVED = "received"
    REPEATED = "repeated"
    """The same bytes again: answered as before, and nothing else."""
    REFUSED = "refused"
    HELD = "held"
    RELEASED = "released"
    """A named person released exactly the held content."""
    DECLINED = "declined"
    """A named person refused the held content."""
    LAPSED = "lapsed"
    FETCHED = "fetched"
    """One of our own systems read what had come for it."""
    ERASED = "erased"
    """It is gone from here: taken over by its system, or its time was over."""
    WITHDRAWN = "withdrawn"
    """Taken back before it left."""
    RECEIPTED = "receipted"
    """The peer's signed receipt came: it took the message over."""
    ANSWERED = "answered"
    """The peer answered at once with a sealed reply."""
    FAILED = "failed"
    LINK_REFUSED = "link_refused"
    """Somebody did not prove at the TLS link who they are."""
    IMPORTED = "imported"
    OPERATOR = "operator"
    """A person at the station did something, such as to export the copies."""
    RESTORED = "restored"
    """The store came back from a backup, or the station opened after that."""
    LEARNED = "learned"
    """A peer told it after a restore; this station's own record of it was lost."""


Verdict = tuple[str, str, str]
"""Rule id, name of the check, outcome."""


class Event(msgspec.Struct, frozen=True):
    """What is known of it. No field holds personal data; ids and digests are hex."""

    kind: EventKind
    at: datetime
    direction: str
    """``in``, ``out`` or ``local``."""
    peer: str = ""
    """``organisation/role``; an address where the peer did not prove its name."""
    message_type: str = ""
    message_id: str = ""
    header_digest: str = ""
    processing_number: str = ""
    item_no: int | None = None
    kinds: tuple[str, ...] = ()
    person_tag: str = ""
    permit_digest: str = ""
    code: str = ""
    verdicts: tuple[Verdict, ...] = ()
    operator: str = ""
    detail: str = ""
    evidence: Mapping[str, bytes] = {}
    """What peers signed; for a stored event, empty: see `StoredEvent`."""

    def __repr__(self) -> str:
        return f"Event({self.kind}, {self.direction}, {self.message_type})"

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an event's moment is an aware datetime")


class _Canonical(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event as the commitment covers it. Fields stand in alphabetical order."""

    at: datetime
    code: str
    detail: str
    direction: str
    evidence: dict[str, str]
    format: int
    header_digest: str
    item_no: int | None
    kind: EventKind
    kinds: tuple[str, ...]
    message_id: str
    message_type: str
    operator: str
    peer: str
    permit_digest: str
    person_tag: str
    processing_number: str
    verdicts: tuple[Verdict, ...]


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(_Canonical)


class Prepared(msgspec.Struct, frozen=True):
    """An event that is ready to be recorded, with everything computed."""

    event: Event
    record_id: bytes
    salt: bytes
    canonical: bytes
    commitment: bytes
    columns: tuple[Value, ...]
    """The part of the row that is not sealed, as the one INSERT takes it."""
    evidence: bytes
    """msgpack; empty where nobody signed anything."""

    def __repr__(self) -> str:
        return f"Prepared({self.record_id.hex()})"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the store gives it back."""

    seq: int
    record_id: bytes
    commitment: bytes
    event: Event
    evidence_digests: Mapping[str, str]
    """Name and SHA-256 (hex) of each piece of evidence."""


def canonical(event: Event) -> bytes:
    """The one spelling of ``event``."""
    return _ENCODER.encode(
        _Canonical(
            at=event.at.astimezone(UTC),
            code=event.code,
            detail=event.detail,
            direction=event.direction,
            evidence={
                name: hashlib.sha256(data).hexdigest()
                for name, data in event.evidence.items()
            },
            format=_FORMAT,
            header_digest=event.header_digest,
            item_no=event.item_no,
            kind=event.kind,
            kinds=event.kinds,
            message_id=event.message_id,
            message_type=event.message_type,
            operator=event.operator,
            peer=event.peer,
            permit_digest=event.permit_digest,
            person_tag=event.person_tag,
            processing_number=event.processing_number,
            verdicts=event.verdicts,
        )
    )


def read_canonical(data: bytes) -> tuple[Event, dict[str, str]]:
    """The event and the digests of its evidence; raises `StoreDamaged`."""
    try:
        read = _DECODER.decode(data)
        values = {
            name: getattr(read, name)
            for name in _Canonical.__struct_fields__
            if name not in ("evidence", "format")
        }
        event = Event(**values)
        at = event.at.astimezone(UTC)
        return msgspec.structs.replace(event, at=at), read.evidence
    except (msgspec.DecodeError, TypeError, ValueError, OverflowError):
        raise StoreDamaged("an event") from None


def commitment(salt: bytes, canonical_bytes: bytes) -> bytes:
    """What a receipt promises: this record, and no other, stands in the store."""
    return hashlib.sha256(LABEL + salt + canonical_bytes).digest()


def prepare(event: Event, token_bytes: TokenBytes = os.urandom) -> Prepared:
    """Everything about a record that can be known before it is committed.

    Raises `ValueError` where an id or digest of ``event`` is not hex.
    """
    # Ids that begin with the time lie side by side in the index: fewer pages to sync.
    begins = moment_id(to_micros(event.at))
    record_id = begins + token_bytes(RECORD_ID_SIZE - len(begins))
    salt = token_bytes(SALT_SIZE)
    data = canonical(event)
    promise = commitment(salt, data)
    columns = (record_id, *search_columns(event), promise)
    evidence = dict(event.evidence)
    signed = msgspec.msgpack.encode(evidence) if evidence else b""
    return Prepared(event, record_id, salt, data, promise, columns, signed)


def moment_id(at: int) -> bytes:
    """What the id of a record of that moment (microseconds) begins with.

    It is the moment's millisecond, so that ids sort as their moments do.
    """
    return max(0, at // 1000).to_bytes(6)


def search_columns(event: Event) -> tuple[Value, ...]:
    """What a record can be found by, as columns."""
    return (
        to_micros(event.at),
        event.kind.value,
        event.direction,
        event.peer,
        event.message_type,
        from_hex(event.message_id),
        from_hex(event.processing_number),
        from_hex(event.person_tag),
        event.code,
    )
