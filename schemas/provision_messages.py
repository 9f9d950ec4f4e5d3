# SPDX-License-Identifier: Apache-2.0
"""What a provider sends the requester: the information, or that there is none.

The contents of 住民票関係情報 are the matters of 住民基本台帳法第7条第4号: whether the
subject is the head of the household, else the head's name and the relationship to the
head. Reprs follow the same law as in `linkage_messages`.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from schemas.shape import shaped

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


@dataclass(frozen=True, slots=True)
class ProvisionLapse:
    """Provider to requester: nothing was provided, and no word about why."""

    item_no: int
    text: ClassVar[str] = LAPSE_TEXT


ProvisionPayload: TypeAlias = InformationProvision | ProvisionLapse

MESSAGES: Final = (
    shaped("information_provision", InformationProvision),
    shaped("provision_lapse", ProvisionLapse),
)
