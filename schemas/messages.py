# SPDX-License-Identifier: Apache-2.0
"""The index of messages: for each type its value class, its reader and its writer.

`read_payload` is the way in for bytes that a peer sent, `write_payload` the way out.
The classes live in one module for each part of the document, and every such module ends
with a table of its messages; this one joins the tables. The classes of the first flows
that were built can be imported from here too, all others from their module.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from schemas import (
    card_messages,
    inside_messages,
    linkage_messages,
    move_messages,
    number_messages,
    provision_messages,
    register_messages,
    resident_messages,
    search_messages,
    stream_messages,
)
from schemas.card_messages import CardPayload
from schemas.errors import NotWritable, UnknownType
from schemas.inside_messages import (
    InformationInquiryRequest,
    InquiryStatus,
    InsidePayload,
    SubmissionAccepted,
    SubmissionRefused,
    SubmissionStatus,
)
from schemas.linkage_messages import (
    InformationInquiry,
    InformationInquiryAcceptance,
    InquiryRefusal,
    LinkagePayload,
    PermitNotice,
    PermitRenewal,
    PermitRenewalRequest,
    ProvisionNotice,
    ProvisionNoticeEntry,
    ProvisionOrder,
)
from schemas.move_messages import MovePayload
from schemas.number_messages import NumberPayload
from schemas.payload import must_be_valid, validate
from schemas.provision_messages import (
    LAPSE_TEXT,
    InformationProvision,
    ProvisionLapse,
    ProvisionPayload,
    ResidentRecordInformation,
)
from schemas.register_messages import RegisterPayload
from schemas.resident_messages import (
    EightItems,
    IdentityInformationUpdate,
    IdentityInformationUpdateNotice,
    IdentityRecord,
    ResidentPayload,
)
from schemas.search_messages import SearchPayload
from schemas.shape import Message
from schemas.stream_messages import StreamPayload

Payload: TypeAlias = (
    CardPayload
    | InsidePayload
    | LinkagePayload
    | MovePayload
    | NumberPayload
    | ProvisionPayload
    | RegisterPayload
    | ResidentPayload
    | SearchPayload
    | StreamPayload
)
"""The value of any message."""

MESSAGES: Final[Mapping[str, Message]] = MappingProxyType(
    {
        message.name: message
        for part in (
            resident_messages,
            search_messages,
            number_messages,
            move_messages,
            stream_messages,
            card_messages,
            register_messages,
            linkage_messages,
            provision_messages,
            inside_messages,
        )
        for message in part.MESSAGES
    }
)
"""Every message type, by name."""

_NAMES: Final = {message.value: name for name, message in MESSAGES.items()}

__all__ = [
    "LAPSE_TEXT",
    "MESSAGES",
    "EightItems",
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
    value: Payload = MESSAGES[name].read(element)
    return value


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
