# SPDX-License-Identifier: Apache-2.0
"""What the store keeps beside events, as values: one class for each kind of row.

Stations are written ``organisation/role``; ids, numbers and digests are raw bytes.
What tells about a person is sealed at rest and does not show in a repr.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec

WAITING: Final = "waiting"
SETTLED: Final = frozenset({"delivered", "refused", "expired", "withdrawn", "given_up"})
"""States in which nothing more is owed for a message."""

OPEN: Final = "open"
DECISIONS: Final = frozenset({"released", "refused"})
"""What a person can decide about a hold."""
HOLD_ENDS: Final = DECISIONS | {"lapsed", "withdrawn"}

IN_PROGRESS: Final = "in_progress"
INQUIRY_ENDS: Final = frozenset({"refused", "lapsed", "provided"})
OUTCOMES: Final = frozenset({"provided", "lapsed", "refused"})


def known(value: str, allowed: frozenset[str]) -> str:
    """``value`` if it is one of ``allowed``; else a `ValueError`, a fault of ours."""
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {sorted(allowed)}")
    return value


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that was taken over, and how it was answered."""

    header_digest: bytes
    answer: bytes = field(repr=False)


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A message that is owed to a peer."""

    message_id: bytes
    peer: str
    message_type: str
    envelope: bytes
    """The same bytes at every attempt."""
    header_digest: bytes
    processing_number: bytes | None
    created: datetime
    deadline: datetime
    guard_code: str | None = None
    """The linkage code whose flag is read again before each attempt."""
    guard_version: int | None = None
    context: bytes = b""
    """What the role needs to know again; opaque here."""
    attempts: int = 0
    next_at: datetime | None = None
    """Not before this moment; at once where None."""
    last_code: str = ""
    """What the last attempt ended with."""
    state: str = WAITING
    answer: bytes | None = None
    handed_by: str = ""
    """The system of ours that handed in what it came from; empty if none did."""
    person_tag: str = ""
    """About whom it is: what is about one person leaves in its order."""

    def __repr__(self) -> str:
        return f"Outgoing({self.message_type} to {self.peer}, {self.state})"


@dataclass(frozen=True, slots=True)
class Hold:
    """An answer that waits for a person, with exactly what would be sent."""

    hold_id: str
    processing_number: bytes
    opened: datetime
    answer_by: datetime
    release_by: datetime
    requester: str
    item_no: int
    kinds: tuple[str, ...]
    person_tag: str
    subject_code: str = field(repr=False)
    payload: bytes = field(repr=False)
    payload_digest: bytes
    """SHA-256 of `payload`: a decision is bound to it."""
    flag_version: int
    permit: bytes = field(repr=False)
    route: bytes = field(repr=False)
    evidence: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    state: str = OPEN
    operator: str = ""
    reason: str = ""
    decided: datetime | None = None
    done: bool = False
    """Whether the decision was carried out."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Requester: what was asked under a processing number, and what came of it."""

    processing_number: bytes
    item_no: int
    kinds: tuple[str, ...]
    provider: str
    """The organisation asked."""
    addressee_number: str = field(repr=False)
    created: datetime
    permit_digests: tuple[bytes, ...] = ()
    """Of the permits that the core announced."""
    state: str = IN_PROGRESS
    code: str = ""
    answer: bytes | None = field(default=None, repr=False)
    """The envelope as it came, sealed for this station."""
    asked_by: str = ""
    """The inside system that asked, and that alone may have the answer."""


@dataclass(frozen=True, slots=True)
class CoreTransaction:
    """Core: one permit transaction."""

    processing_number: bytes
    requester: str
    provider: str
    item_no: int
    kinds: tuple[str, ...]
    permit_digest: bytes
    permit: bytes = field(repr=False)
    """The content of the newest permit, for a renewal."""
    created: datetime
    release_by: datetime
    outcome: str = ""
    """Empty until the provider told it."""
    outcome_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Provider: an outcome that the core was not told yet."""

    id: int
    processing_number: bytes
    outcome: str
    at: datetime
