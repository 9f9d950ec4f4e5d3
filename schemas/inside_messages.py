# SPDX-License-Identifier: Apache-2.0
"""What a station and the other systems of its organisation say to each other.

A business system posts an `InformationInquiryRequest` and gets `SubmissionAccepted` or
`SubmissionRefused`; asked later, the station says `InquiryStatus`, or
`SubmissionStatus` of a message that it was to pass on. These payloads never
leave the organisation. Readers, writers and reprs follow the same laws as in
`linkage_messages`.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from schemas import forms
from schemas.forms import leaf
from schemas.payload import document
from schemas.shape import Message
from schemas.xml import Element


@dataclass(frozen=True, slots=True)
class InformationInquiryRequest:
    """Business system to its station: please ask this of that provider (照会依頼)."""

    item_no: int
    kinds: tuple[str, ...]
    addressee_number: str = field(repr=False)
    """団体内統合宛名番号: whom it is about."""
    provider: str
    """The organisation to ask."""


def read_information_inquiry_request(element: Element) -> InformationInquiryRequest:
    found = forms.fields(element)
    return InformationInquiryRequest(
        item_no=int(found["item_no"]),
        kinds=forms.texts(element, "kind"),
        addressee_number=found["addressee_number"],
        provider=found["provider"],
    )


def write_information_inquiry_request(value: InformationInquiryRequest) -> bytes:
    return document(
        "information_inquiry_request",
        leaf("item_no", str(value.item_no)),
        forms.leaves("kind", value.kinds),
        leaf("addressee_number", value.addressee_number),
        leaf("provider", value.provider),
    )


@dataclass(frozen=True, slots=True)
class SubmissionAccepted:
    """Station to system: taken over; what to ask for it by, where there is such."""

    message_id: bytes | None = None
    processing_number: bytes | None = None


def read_submission_accepted(element: Element) -> SubmissionAccepted:
    found = {name: bytes.fromhex(text) for name, text in forms.fields(element).items()}
    return SubmissionAccepted(
        message_id=found.get("message_id"),
        processing_number=found.get("processing_number"),
    )


def write_submission_accepted(value: SubmissionAccepted) -> bytes:
    return document(
        "submission_accepted",
        _identifier("message_id", value.message_id),
        _identifier("processing_number", value.processing_number),
    )


def _identifier(name: str, value: bytes | None) -> str:
    return "" if value is None else leaf(name, value.hex())


@dataclass(frozen=True, slots=True)
class SubmissionRefused:
    """Station to system: refused, by which rules, and what to do about it."""

    code: str
    rules: tuple[str, ...]
    text_ja: str
    text_en: str
    what_to_do: str
    retry: bool


def read_submission_refused(element: Element) -> SubmissionRefused:
    found = forms.fields(element)
    return SubmissionRefused(
        code=found["code"],
        rules=forms.texts(element, "rule"),
        text_ja=found["text_ja"],
        text_en=found["text_en"],
        what_to_do=found["what_to_do"],
        retry=forms.flag_of(found["retry"]),
    )


def write_submission_refused(value: SubmissionRefused) -> bytes:
    return document(
        "submission_refused",
        leaf("code", value.code),
        forms.leaves("rule", value.rules),
        leaf("text_ja", value.text_ja),
        leaf("text_en", value.text_en),
        leaf("what_to_do", value.what_to_do),
        leaf("retry", forms.flag(value.retry)),
    )


@dataclass(frozen=True, slots=True)
class InquiryStatus:
    """Station to system: how far an inquiry has come."""

    processing_number: bytes
    status: str
    """`in_progress`, `refused`, `lapsed` or `provided`."""
    code: str | None = None
    """Why, where the core refused it."""


def read_inquiry_status(element: Element) -> InquiryStatus:
    found = forms.fields(element)
    return InquiryStatus(
        processing_number=bytes.fromhex(found["processing_number"]),
        status=found["status"],
        code=found.get("code"),
    )


def write_inquiry_status(value: InquiryStatus) -> bytes:
    return document(
        "inquiry_status",
        leaf("processing_number", value.processing_number.hex()),
        leaf("status", value.status),
        "" if value.code is None else leaf("code", value.code),
    )


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """Station to system: what became of a message that it was to pass on."""

    message_id: bytes
    status: str
    """`waiting`, `delivered`, `refused`, `expired` or `withdrawn`."""
    code: str | None = None
    """Why it is not delivered (yet), where there is a code for that."""


def read_submission_status(element: Element) -> SubmissionStatus:
    found = forms.fields(element)
    return SubmissionStatus(
        message_id=bytes.fromhex(found["message_id"]),
        status=found["status"],
        code=found.get("code"),
    )


def write_submission_status(value: SubmissionStatus) -> bytes:
    return document(
        "submission_status",
        leaf("message_id", value.message_id.hex()),
        leaf("status", value.status),
        "" if value.code is None else leaf("code", value.code),
    )


InsidePayload: TypeAlias = (
    InformationInquiryRequest
    | SubmissionAccepted
    | SubmissionRefused
    | InquiryStatus
    | SubmissionStatus
)

MESSAGES: Final = (
    Message(
        "information_inquiry_request",
        InformationInquiryRequest,
        read_information_inquiry_request,
        write_information_inquiry_request,
    ),
    Message(
        "submission_accepted",
        SubmissionAccepted,
        read_submission_accepted,
        write_submission_accepted,
    ),
    Message(
        "submission_refused",
        SubmissionRefused,
        read_submission_refused,
        write_submission_refused,
    ),
    Message("inquiry_status", InquiryStatus, read_inquiry_status, write_inquiry_status),
    Message(
        "submission_status",
        SubmissionStatus,
        read_submission_status,
        write_submission_status,
    ),
)
