# SPDX-License-Identifier: Apache-2.0
"""What a station and the other systems of its organisation say to each other.

A business system posts an `InformationInquiryRequest` and gets `SubmissionAccepted` or
`SubmissionRefused`; asked later, the station says `InquiryStatus`, or
`SubmissionStatus` of a message that it was to pass on. These payloads never
leave the organisation. Reprs follow the same law as in `linkage_messages`.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from schemas.shape import many, shaped


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationInquiryRequest:
    """Business system to its station: please ask this of that provider (照会依頼)."""

    item_no: int
    kinds: tuple[str, ...] = many("kind")
    addressee_number: str = field(repr=False)
    """団体内統合宛名番号: whom it is about."""
    provider: str
    """The organisation to ask."""


@dataclass(frozen=True, slots=True)
class SubmissionAccepted:
    """Station to system: taken over; what to ask for it by, where there is such."""

    message_id: bytes | None = None
    processing_number: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRefused:
    """Station to system: refused, by which rules, and what to do about it."""

    code: str
    rules: tuple[str, ...] = many("rule")
    text_ja: str
    text_en: str
    what_to_do: str
    retry: bool


@dataclass(frozen=True, slots=True)
class InquiryStatus:
    """Station to system: how far an inquiry has come."""

    processing_number: bytes
    status: str
    """`in_progress`, `refused`, `lapsed` or `provided`."""
    code: str | None = None
    """Why, where the core refused it."""


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """Station to system: what became of a message that it was to pass on."""

    message_id: bytes
    status: str
    """`waiting`, `delivered`, `refused`, `expired`, `withdrawn` or `given_up`."""
    code: str | None = None
    """Why it is not delivered (yet), where there is a code for that."""


InsidePayload: TypeAlias = (
    InformationInquiryRequest
    | SubmissionAccepted
    | SubmissionRefused
    | InquiryStatus
    | SubmissionStatus
)

MESSAGES: Final = (
    shaped("information_inquiry_request", InformationInquiryRequest),
    shaped("submission_accepted", SubmissionAccepted),
    shaped("submission_refused", SubmissionRefused),
    shaped("inquiry_status", InquiryStatus),
    shaped("submission_status", SubmissionStatus),
)
