# SPDX-License-Identifier: Apache-2.0
"""The messages of information linkage (情報連携) to and from the core.

Order of an inquiry: `InformationInquiry` to the core, answered by
`InformationInquiryAcceptance`; `ProvisionOrder` to the provider; what the provider
sends the requester (`provision_messages`); `ProvisionNotice` to the core. A release
after answer-by asks with `PermitRenewalRequest` and gets `PermitRenewal`, while the
requester gets `PermitNotice`. An order that its provider refuses ends the inquiry, and
`InquiryRefusal` tells the requester.

The only thing that a reader may still refuse is base64 (`forms.base64_of`). What tells
about a person, or would help to, is kept out of every repr.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, TypeAlias

from schemas.shape import Base64, many, shaped


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationInquiry:
    """Requester to core: may this be asked (提供の求め)?"""

    item_no: int
    kinds: tuple[str, ...] = many("kind")
    provider: str
    """The organisation asked."""
    subject_code: str = field(repr=False)
    """The subject's linkage code (符号) as the requester knows it."""
    sealing_certificate_digest: bytes
    """SHA-256 of the certificate for which the answer is to be sealed."""
    layout_version: str | None = None
    """版番号: of the layouts in which it is asked and answered; None is the first."""


@dataclass(frozen=True, slots=True)
class InformationInquiryAcceptance:
    """Core to requester, at once: in progress, under the permit of this digest."""

    permit_digest: bytes
    status: ClassVar[str] = "in_progress"
    answer_by: datetime
    release_by: datetime


@dataclass(frozen=True, slots=True)
class ProvisionOrder:
    """Core to provider: provide this, under this permit, along this route."""

    permit: Base64 = field(repr=False)
    route: Base64 = field(repr=False)
    requester_header: Base64 = field(repr=False)
    """The requester's signed header, as it was."""
    subject_code: str = field(repr=False)
    """The subject's linkage code as the provider knows it."""
    subject_salt: bytes = field(repr=False)
    """Opens the permit's commitment to that code."""


@dataclass(frozen=True, slots=True)
class ProvisionNoticeEntry:
    """How one transaction ended, and when."""

    processing_number: bytes
    outcome: str
    """`provided`, `lapsed`, or `refused` where the requester did not take it."""
    at: datetime


@dataclass(frozen=True, slots=True)
class ProvisionNotice:
    """Provider to core, in batches: how transactions ended."""

    entries: tuple[ProvisionNoticeEntry, ...] = many("entry")


@dataclass(frozen=True, slots=True)
class PermitRenewalRequest:
    """Provider to core: a person released the answer after answer-by."""

    reason: ClassVar[str] = "release_after_answer_by"


@dataclass(frozen=True, slots=True)
class PermitRenewal:
    """Core to provider, at once: a new permit and route, same processing number."""

    permit: Base64 = field(repr=False)
    route: Base64 = field(repr=False)


@dataclass(frozen=True, slots=True)
class PermitNotice:
    """Core to requester: an answer may come under the permit of this digest."""

    permit_digest: bytes


@dataclass(frozen=True, slots=True)
class InquiryRefusal:
    """Core to requester: the inquiry ends here, its provider did not take the order."""

    code: str
    """Why, by the provider's refusal."""


LinkagePayload: TypeAlias = (
    InformationInquiry
    | InformationInquiryAcceptance
    | ProvisionOrder
    | ProvisionNotice
    | PermitRenewalRequest
    | PermitRenewal
    | PermitNotice
    | InquiryRefusal
)

MESSAGES: Final = (
    shaped("information_inquiry", InformationInquiry),
    shaped("information_inquiry_acceptance", InformationInquiryAcceptance),
    shaped("provision_order", ProvisionOrder),
    shaped("provision_notice", ProvisionNotice),
    shaped("permit_renewal_request", PermitRenewalRequest),
    shaped("permit_renewal", PermitRenewal),
    shaped("permit_notice", PermitNotice),
    shaped("inquiry_refusal", InquiryRefusal),
)
