# SPDX-License-Identifier: Apache-2.0
"""Many persons at once: the consistency check, and sending destinations.

**Consistency check.** One run is a manifest and its batches, all under one check id. A
city of 370,000 is 925 batches of at most `BATCH`, which fit in a payload however long
their names are; each is an envelope of its own, sent and receipted by itself, so
that a run goes on where it was cut. The manifest may come before or after them; what
the run holds is used when all are there and the digest fits. The result comes in parts,
in the same manner, and names records by their code, items by their name, and never a
value.

**Sending destinations.** A CS edits nothing on the way (R-083): what it sends holds
the bytes of what it got. `SendingDestinationNotice.extract` is a payload of the type
`sending_destination_extract`, as it came.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final, TypeAlias

from schemas.resident_messages import EightItems
from schemas.shape import Base64, Personal, many, shaped

BATCH: Final = 400
"""Persons in one message of the consistency check."""
MAX_DIFFERENCES: Final = 1_000
"""In one part of a result."""
MAX_DESTINATIONS: Final = 150
"""Persons in one extract: in base64, it has to fit in a notice."""


def digest_of(payloads: Iterable[bytes]) -> bytes:
    """What a manifest says of its batches: SHA-256 over the SHA-256 of each, in order.

    Takes a stream; holds one payload at a time.
    """
    whole = sha256()
    for payload in payloads:
        whole.update(sha256(payload).digest())
    return whole.digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyCheckManifest:
    """CS to prefectural and national server: what this run consists of."""

    check_id: bytes
    municipality_code: str
    taken_at: datetime
    """The moment of which the records are."""
    batches: int
    records: int
    digest: bytes
    """`digest_of` the payloads of the batches, by their number."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConsistencyCheckInformation(Personal):
    """One batch: for each person the eight items, and no others (R-078)."""

    check_id: bytes
    batch: int
    """From 1."""
    persons: tuple[EightItems, ...] = many("person")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Difference(Personal):
    """One record that is not the same on both sides."""

    resident_record_code: str
    finding: str
    """`differs`, `only_sent`, or `only_kept` by the server."""
    differing: tuple[str, ...] = many("differing_item")
    """The names of the items that differ."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConsistencyCheckResult(Personal):
    """Server to CS: one part of what it found."""

    check_id: bytes
    part: int
    parts: int
    compared: int
    equal: int
    differences: tuple[Difference, ...] = many("difference")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Destination(Personal):
    """Where one person is sent the notice of a number and the form for a card."""

    resident_record_code: str
    individual_number: str
    kanji_name: str
    furigana_name: str
    date_of_birth: date
    sex: str
    postal_code: str
    address: str
    destination_postal_code: str | None = None
    destination_address: str | None = None
    """Where it goes if not to the address."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SendingDestinationExtract(Personal):
    """Register to CS: those who are to be told of a number."""

    batch_id: bytes
    municipality_code: str
    extracted: datetime
    destinations: tuple[Destination, ...] = many("destination")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SendingDestinationNotice(Personal):
    """CS to card management system: the extract, byte for byte."""

    batch_id: bytes
    extract: Base64


StreamPayload: TypeAlias = (
    ConsistencyCheckManifest
    | ConsistencyCheckInformation
    | ConsistencyCheckResult
    | SendingDestinationExtract
    | SendingDestinationNotice
)

MESSAGES: Final = (
    shaped("consistency_check_manifest", ConsistencyCheckManifest),
    shaped("consistency_check_information", ConsistencyCheckInformation),
    shaped("consistency_check_result", ConsistencyCheckResult),
    shaped("sending_destination_extract", SendingDestinationExtract),
    shaped("sending_destination_notice", SendingDestinationNotice),
)
