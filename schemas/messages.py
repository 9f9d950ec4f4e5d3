# SPDX-License-Identifier: Apache-2.0
"""The index of messages: for each type its value class, its reader and its writer.

`read_payload` is the way in for bytes that a peer sent, `write_payload` the way out.
The classes live in one module per network; this one names them all.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from schemas.errors import NotWritable, UnknownType
from schemas.inside_messages import (
    InformationInquiryRequest,
    InquiryStatus,
    SubmissionAccepted,
    SubmissionRefused,
    SubmissionStatus,
    read_information_inquiry_request,
    read_inquiry_status,
    read_submission_accepted,
    read_submission_refused,
    read_submission_status,
    write_information_inquiry_request,
    write_inquiry_status,
    write_submission_accepted,
    write_submission_refused,
    write_submission_status,
)
from schemas.linkage_messages import (
    InformationInquiry,
    InformationInquiryAcceptance,
    InquiryRefusal,
    PermitNotice,
    PermitRenewal,
    PermitRenewalRequest,
    ProvisionNotice,
    ProvisionNoticeEntry,
    ProvisionOrder,
    read_information_inquiry,
    read_information_inquiry_acceptance,
    read_inquiry_refusal,
    read_permit_notice,
    read_permit_renewal,
    read_permit_renewal_request,
    read_provision_notice,
    read_provision_order,
    write_information_inquiry,
    write_information_inquiry_acceptance,
    write_inquiry_refusal,
    write_permit_notice,
    write_permit_renewal,
    write_permit_renewal_request,
    write_provision_notice,
    write_provision_order,
)
from schemas.payload import must_be_valid, validate
from schemas.provision_messages import (
    LAPSE_TEXT,
    InformationProvision,
    ProvisionLapse,
    ResidentRecordInformation,
    read_information_provision,
    read_provision_lapse,
    write_information_provision,
    write_provision_lapse,
)
from schemas.resident_messages import (
    IdentityInformationUpdate,
    IdentityInformationUpdateNotice,
    IdentityRecord,
    read_identity_information_update,
    read_identity_information_update_notice,
    write_identity_information_update,
    write_identity_information_update_notice,
)

Payload: TypeAlias = (
    IdentityInformationUpdate
    | IdentityInformationUpdateNotice
    | InformationInquiryRequest
    | InformationInquiry
    | InformationInquiryAcceptance
    | ProvisionOrder
    | InformationProvision
    | ProvisionLapse
    | ProvisionNotice
    | PermitRenewalRequest
    | PermitRenewal
    | PermitNotice
    | InquiryRefusal
    | SubmissionAccepted
    | SubmissionRefused
    | InquiryStatus
    | SubmissionStatus
)
"""The value of any message."""


class Message(NamedTuple):
    """What the index knows of one message type."""

    value: type[Payload]
    read: Callable[[Any], Payload]
    write: Callable[[Any], bytes]


MESSAGES: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "identity_information_update": Message(
            IdentityInformationUpdate,
            read_identity_information_update,
            write_identity_information_update,
        ),
        "identity_information_update_notice": Message(
            IdentityInformationUpdateNotice,
            read_identity_information_update_notice,
            write_identity_information_update_notice,
        ),
        "information_inquiry_request": Message(
            InformationInquiryRequest,
            read_information_inquiry_request,
            write_information_inquiry_request,
        ),
        "information_inquiry": Message(
            InformationInquiry, read_information_inquiry, write_information_inquiry
        ),
        "information_inquiry_acceptance": Message(
            InformationInquiryAcceptance,
            read_information_inquiry_acceptance,
            write_information_inquiry_acceptance,
        ),
        "provision_order": Message(
            ProvisionOrder, read_provision_order, write_provision_order
        ),
        "information_provision": Message(
            InformationProvision,
            read_information_provision,
            write_information_provision,
        ),
        "provision_lapse": Message(
            ProvisionLapse, read_provision_lapse, write_provision_lapse
        ),
        "provision_notice": Message(
            ProvisionNotice, read_provision_notice, write_provision_notice
        ),
        "permit_renewal_request": Message(
            PermitRenewalRequest,
            read_permit_renewal_request,
            write_permit_renewal_request,
        ),
        "permit_renewal": Message(
            PermitRenewal, read_permit_renewal, write_permit_renewal
        ),
        "permit_notice": Message(PermitNotice, read_permit_notice, write_permit_notice),
        "inquiry_refusal": Message(
            InquiryRefusal, read_inquiry_refusal, write_inquiry_refusal
        ),
        "submission_accepted": Message(
            SubmissionAccepted, read_submission_accepted, write_submission_accepted
        ),
        "submission_refused": Message(
            SubmissionRefused, read_submission_refused, write_submission_refused
        ),
        "inquiry_status": Message(
            InquiryStatus, read_inquiry_status, write_inquiry_status
        ),
        "submission_status": Message(
            SubmissionStatus, read_submission_status, write_submission_status
        ),
    }
)
"""Every message type, by name."""

_NAMES: Final = {message.value: name for name, message in MESSAGES.items()}

__all__ = [
    "LAPSE_TEXT",
    "MESSAGES",
    "IdentityInformationUpdate",
    "IdentityInformationUpdateNotice",
    "IdentityRecord",
    "InformationInquiry",
    "InformationInquiryAcceptance",
    "InformationInquiryRequest",
    "InformationProvision",
    "InquiryRefusal",
    "InquiryStatus",
    "Message",
    "NotWritable",
    "Payload",
    "PermitNotice",
    "PermitRenewal",
    "PermitRenewalRequest",
    "ProvisionLapse",
    "ProvisionNotice",
    "ProvisionNoticeEntry",
    "ProvisionOrder",
    "ResidentRecordInformation",
    "SubmissionAccepted",
    "SubmissionRefused",
    "SubmissionStatus",
    "UnknownType",
    "read_payload",
    "type_name",
    "write_known",
    "write_payload",
]


def read_payload(name: str, data: bytes) -> Payload:
    """The value of a payload of type `name`.

    Raises `UnknownType` where there is no such type, `XmlRefused` where the bytes are
    not a valid payload of it.
    """
    element = validate(name, data)
    return MESSAGES[name].read(element)


def type_name(value: Payload) -> str:
    """The message type whose value this is."""
    return _NAMES[type(value)]


def write_payload(value: Payload) -> bytes:
    """The payload of `value`, valid against its XSD; raises `NotWritable`."""
    name = type_name(value)
    data = MESSAGES[name].write(value)
    must_be_valid(name, data)
    return data


def write_known(value: Payload) -> bytes:
    """As `write_payload`, for a value of which nothing can be invalid.

    That is one of numbers, digests, times and fixed words alone, or whose texts a
    schema passed before: they were read from a message, or imported as a copy. The
    XSD is not asked again, which on the way of an answer costs as much as a signature.
    """
    return MESSAGES[type_name(value)].write(value)
