# SPDX-License-Identifier: Apache-2.0
"""What a provider sends the requester: the information, or that there is none.

The contents of 住民票関係情報 are the matters of 住民基本台帳法第7条第4号: whether the
subject is the head of the household, else the head's name and the relationship to the
head. Readers, writers and reprs follow the same laws as in `linkage_messages`.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from schemas import forms
from schemas.forms import leaf
from schemas.payload import document
from schemas.shape import Message
from schemas.xml import Element, tag

LAPSE_TEXT: Final = "期限までに情報は提供されませんでした。"
"""The text of every lapse: nothing in it tells whether or why somebody was found."""

_RESIDENT_RECORD: Final = "resident_record_information"


@dataclass(frozen=True, slots=True)
class ResidentRecordInformation:
    """住民票関係情報 of one subject."""

    head_of_household: bool = field(repr=False)
    head_name: str = field(repr=False)
    relationship: str = field(repr=False)
    """続柄: to the head of the household."""


@dataclass(frozen=True, slots=True)
class InformationProvision:
    """Provider to requester: one attribute for each kind of information provided."""

    item_no: int
    layout_version: str
    resident_record_information: ResidentRecordInformation = field(repr=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The ids of the kinds of information in it."""
        return (_RESIDENT_RECORD,)


def read_information_provision(element: Element) -> InformationProvision:
    found = forms.fields(element)
    record = forms.fields(element.find(tag(_RESIDENT_RECORD)))
    return InformationProvision(
        item_no=int(found["item_no"]),
        layout_version=found["layout_version"],
        resident_record_information=ResidentRecordInformation(
            head_of_household=forms.flag_of(record["head_of_household"]),
            head_name=record["head_name"],
            relationship=record["relationship"],
        ),
    )


def write_information_provision(value: InformationProvision) -> bytes:
    record = value.resident_record_information
    return document(
        "information_provision",
        leaf("item_no", str(value.item_no)),
        leaf("layout_version", value.layout_version),
        forms.node(
            _RESIDENT_RECORD,
            leaf("head_of_household", forms.flag(record.head_of_household)),
            leaf("head_name", record.head_name),
            leaf("relationship", record.relationship),
        ),
    )


@dataclass(frozen=True, slots=True)
class ProvisionLapse:
    """Provider to requester: nothing was provided, and no word about why."""

    item_no: int
    text: ClassVar[str] = LAPSE_TEXT


def read_provision_lapse(element: Element) -> ProvisionLapse:
    return ProvisionLapse(int(forms.fields(element)["item_no"]))


def write_provision_lapse(value: ProvisionLapse) -> bytes:
    return document(
        "provision_lapse",
        leaf("item_no", str(value.item_no)),
        leaf("text", value.text),
    )


ProvisionPayload: TypeAlias = InformationProvision | ProvisionLapse

MESSAGES: Final = (
    Message(
        "information_provision",
        InformationProvision,
        read_information_provision,
        write_information_provision,
    ),
    Message(
        "provision_lapse", ProvisionLapse, read_provision_lapse, write_provision_lapse
    ),
)
