# SPDX-License-Identifier: Apache-2.0
"""The messages of information linkage (情報連携) to and from the core.

Order of an inquiry: `InformationInquiry` to the core, answered by
`InformationInquiryAcceptance`; `ProvisionOrder` to the provider; what the provider
sends the requester (`provision_messages`); `ProvisionNotice` to the core. A release
after answer-by asks with `PermitRenewalRequest` and gets `PermitRenewal`, while the
requester gets `PermitNotice`. An order that its provider refuses ends the inquiry, and
`InquiryRefusal` tells the requester.

A reader takes the element that `payload.validate` gave back; the only thing that it
may still refuse is base64 (`forms.base64_of`). A writer gives a valid payload or raises
`NotWritable`. What tells about a person, or would help to, is kept out of every repr.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, TypeAlias

from schemas import forms
from schemas.forms import leaf
from schemas.payload import document
from schemas.shape import Message
from schemas.xml import Element


@dataclass(frozen=True, slots=True)
class InformationInquiry:
    """Requester to core: may this be asked (提供の求め)?"""

    item_no: int
    kinds: tuple[str, ...]
    provider: str
    """The organisation asked."""
    subject_code: str = field(repr=False)
    """The subject's linkage code (符号) as the requester knows it."""
    sealing_certificate_digest: bytes
    """SHA-256 of the certificate for which the answer is to be sealed."""


def read_information_inquiry(element: Element) -> InformationInquiry:
    found = forms.fields(element)
    return InformationInquiry(
        item_no=int(found["item_no"]),
        kinds=forms.texts(element, "kind"),
        provider=found["provider"],
        subject_code=found["subject_code"],
        sealing_certificate_digest=bytes.fromhex(found["sealing_certificate_digest"]),
    )


def write_information_inquiry(value: InformationInquiry) -> bytes:
    return document(
        "information_inquiry",
        leaf("item_no", str(value.item_no)),
        forms.leaves("kind", value.kinds),
        leaf("provider", value.provider),
        leaf("subject_code", value.subject_code),
        leaf("sealing_certificate_digest", value.sealing_certificate_digest.hex()),
    )


@dataclass(frozen=True, slots=True)
class InformationInquiryAcceptance:
    """Core to requester, at once: in progress, under the permit of this digest."""

    permit_digest: bytes
    answer_by: datetime
    release_by: datetime
    status: ClassVar[str] = "in_progress"


def read_information_inquiry_acceptance(
    element: Element,
) -> InformationInquiryAcceptance:
    found = forms.fields(element)
    return InformationInquiryAcceptance(
        permit_digest=bytes.fromhex(found["permit_digest"]),
        answer_by=forms.moment_of(found["answer_by"]),
        release_by=forms.moment_of(found["release_by"]),
    )


def write_information_inquiry_acceptance(
    value: InformationInquiryAcceptance,
) -> bytes:
    return document(
        "information_inquiry_acceptance",
        leaf("permit_digest", value.permit_digest.hex()),
        leaf("status", value.status),
        leaf("answer_by", forms.moment(value.answer_by)),
        leaf("release_by", forms.moment(value.release_by)),
    )


@dataclass(frozen=True, slots=True)
class ProvisionOrder:
    """Core to provider: provide this, under this permit, along this route."""

    permit: bytes = field(repr=False)
    route: bytes = field(repr=False)
    requester_header: bytes = field(repr=False)
    """The requester's signed header, as it was."""
    subject_code: str = field(repr=False)
    """The subject's linkage code as the provider knows it."""
    subject_salt: bytes = field(repr=False)
    """Opens the permit's commitment to that code."""


def read_provision_order(element: Element) -> ProvisionOrder:
    found = forms.fields(element)
    return ProvisionOrder(
        permit=forms.base64_of(found["permit"]),
        route=forms.base64_of(found["route"]),
        requester_header=forms.base64_of(found["requester_header"]),
        subject_code=found["subject_code"],
        subject_salt=bytes.fromhex(found["subject_salt"]),
    )


def write_provision_order(value: ProvisionOrder) -> bytes:
    return document(
        "provision_order",
        leaf("permit", forms.base64(value.permit)),
        leaf("route", forms.base64(value.route)),
        leaf("requester_header", forms.base64(value.requester_header)),
        leaf("subject_code", value.subject_code),
        leaf("subject_salt", value.subject_salt.hex()),
    )


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

    entries: tuple[ProvisionNoticeEntry, ...]


def read_provision_notice(element: Element) -> ProvisionNotice:
    return ProvisionNotice(
        tuple(
            ProvisionNoticeEntry(
                processing_number=bytes.fromhex(found["processing_number"]),
                outcome=found["outcome"],
                at=forms.moment_of(found["at"]),
            )
            for found in map(forms.fields, element)
        )
    )


def write_provision_notice(value: ProvisionNotice) -> bytes:
    return document(
        "provision_notice",
        *(
            forms.node(
                "entry",
                leaf("processing_number", entry.processing_number.hex()),
                leaf("outcome", entry.outcome),
                leaf("at", forms.moment(entry.at)),
            )
            for entry in value.entries
        ),
    )


@dataclass(frozen=True, slots=True)
class PermitRenewalRequest:
    """Provider to core: a person released the answer after answer-by."""

    reason: ClassVar[str] = "release_after_answer_by"


def read_permit_renewal_request(_element: Element) -> PermitRenewalRequest:
    return PermitRenewalRequest()


def write_permit_renewal_request(value: PermitRenewalRequest) -> bytes:
    return document("permit_renewal_request", leaf("reason", value.reason))


@dataclass(frozen=True, slots=True)
class PermitRenewal:
    """Core to provider, at once: a new permit and route, same processing number."""

    permit: bytes = field(repr=False)
    route: bytes = field(repr=False)


def read_permit_renewal(element: Element) -> PermitRenewal:
    found = forms.fields(element)
    return PermitRenewal(
        permit=forms.base64_of(found["permit"]),
        route=forms.base64_of(found["route"]),
    )


def write_permit_renewal(value: PermitRenewal) -> bytes:
    return document(
        "permit_renewal",
        leaf("permit", forms.base64(value.permit)),
        leaf("route", forms.base64(value.route)),
    )


@dataclass(frozen=True, slots=True)
class PermitNotice:
    """Core to requester: an answer may come under the permit of this digest."""

    permit_digest: bytes


def read_permit_notice(element: Element) -> PermitNotice:
    return PermitNotice(bytes.fromhex(forms.fields(element)["permit_digest"]))


def write_permit_notice(value: PermitNotice) -> bytes:
    return document("permit_notice", leaf("permit_digest", value.permit_digest.hex()))


@dataclass(frozen=True, slots=True)
class InquiryRefusal:
    """Core to requester: the inquiry ends here, its provider did not take the order."""

    code: str
    """Why, by the provider's refusal."""


def read_inquiry_refusal(element: Element) -> InquiryRefusal:
    return InquiryRefusal(forms.fields(element)["code"])


def write_inquiry_refusal(value: InquiryRefusal) -> bytes:
    return document("inquiry_refusal", leaf("code", value.code))


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
    Message(
        "information_inquiry",
        InformationInquiry,
        read_information_inquiry,
        write_information_inquiry,
    ),
    Message(
        "information_inquiry_acceptance",
        InformationInquiryAcceptance,
        read_information_inquiry_acceptance,
        write_information_inquiry_acceptance,
    ),
    Message(
        "provision_order", ProvisionOrder, read_provision_order, write_provision_order
    ),
    Message(
        "provision_notice",
        ProvisionNotice,
        read_provision_notice,
        write_provision_notice,
    ),
    Message(
        "permit_renewal_request",
        PermitRenewalRequest,
        read_permit_renewal_request,
        write_permit_renewal_request,
    ),
    Message("permit_renewal", PermitRenewal, read_permit_renewal, write_permit_renewal),
    Message("permit_notice", PermitNotice, read_permit_notice, write_permit_notice),
    Message(
        "inquiry_refusal", InquiryRefusal, read_inquiry_refusal, write_inquiry_refusal
    ),
)
