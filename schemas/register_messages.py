# SPDX-License-Identifier: Apache-2.0
"""What a changed residence record sets going in its city, and the ministry's notice.

One change is three messages, because three systems may see three things (１０－①②):

- the common platform, which only passes it on to affairs (R-033): addressee number and
  the matters of 住民基本台帳法第7条第4号;
- the addressee system, which ties numbers to persons: the individual number and the
  four items beside them;
- the intermediate server, whose copy this changes: what the platform sees, in JIS X
  0213. It never meets an individual number.

An affair (事務) is named by its item of the table of 番号法. A business system asks the
addressee system and the platform under such an item, for one person, and is given what
that affair may have: the items named in the question and no others.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from schemas.card_messages import CertificateItem
from schemas.people import AddresseeKey
from schemas.provision_messages import ResidentRecordInformation
from schemas.shape import Personal, many, shaped


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResidentRecordChange(Personal):
    """Register to common platform: what affairs of the city may be given."""

    addressee_number: str
    update_sequence_number: int
    change_reason: str
    change_date: date
    resident_record_information: ResidentRecordInformation


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NumberedResidentRecordChange(Personal):
    """Register to addressee system: who this is, and what is to be copied."""

    business_addressee_number: str
    """The register's own number for the person."""
    individual_number: str
    kanji_name: str
    furigana_name: str
    date_of_birth: date
    sex: str
    postal_code: str
    address: str
    update_sequence_number: int
    change_reason: str
    change_date: date
    resident_record_information: ResidentRecordInformation


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResidentRecordCopy(Personal):
    """Addressee system to intermediate server: the copy (副本) of one person."""

    addressee_number: str
    update_sequence_number: int
    layout_version: str
    resident_record_information: ResidentRecordInformation


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddresseeInquiry(Personal):
    """Business system to addressee system: these items of this person, please."""

    affair_item: str
    key: AddresseeKey
    wanted: tuple[str, ...] = many("wanted_item")
    """The names of the elements that the reply is to have."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AddresseeReply(Personal):
    """The items asked for that the affair may have; none of a stranger."""

    affair_item: str
    addressee_number: str | None = None
    individual_number: str | None = None
    kanji_name: str | None = None
    furigana_name: str | None = None
    date_of_birth: date | None = None
    sex: str | None = None
    postal_code: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CommonPlatformFetch(Personal):
    """Business system to common platform: what this affair may have of this person."""

    affair_item: str
    addressee_number: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CommonPlatformReply(Personal):
    """As the register told it last; nothing where the platform holds nothing."""

    affair_item: str
    addressee_number: str
    update_sequence_number: int | None = None
    resident_record_information: ResidentRecordInformation | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ForeignResidentNotice(Personal):
    """Link terminal to the Ministry of Justice: a foreign resident's record changed."""

    residence_card_number: str
    roman_name: str
    kanji_name: str | None = None
    date_of_birth: date
    sex: str
    nationality: str
    """国籍・地域: three capital letters."""
    municipality_code: str
    address: str
    change_reason: str
    change_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ForeignResidentChangeNotice(Personal):
    """Ministry of Justice to link terminal: what changed of a foreign resident."""

    municipality_code: str
    residence_card_number: str
    """The card that the register knows."""
    new_residence_card_number: str | None = None
    roman_name: str | None = None
    nationality: str | None = None
    residence_status: str | None = None
    stay_until: date | None = None
    change_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BusinessLinkageData(Personal):
    """Business system to addressee system: what it holds for information linkage."""

    affair_item: str
    kind: str
    """A kind of information of the matching list."""
    addressee_number: str
    update_sequence_number: int
    layout_version: str
    items: tuple[CertificateItem, ...] = many("item")


RegisterPayload: TypeAlias = (
    ResidentRecordChange
    | NumberedResidentRecordChange
    | ResidentRecordCopy
    | AddresseeInquiry
    | AddresseeReply
    | CommonPlatformFetch
    | CommonPlatformReply
    | ForeignResidentNotice
    | ForeignResidentChangeNotice
    | BusinessLinkageData
)

MESSAGES: Final = (
    shaped("resident_record_change", ResidentRecordChange),
    shaped("numbered_resident_record_change", NumberedResidentRecordChange),
    shaped("resident_record_copy", ResidentRecordCopy),
    shaped("addressee_inquiry", AddresseeInquiry),
    shaped("addressee_reply", AddresseeReply),
    shaped("common_platform_fetch", CommonPlatformFetch),
    shaped("common_platform_reply", CommonPlatformReply),
    shaped("foreign_resident_notice", ForeignResidentNotice),
    shaped("foreign_resident_change_notice", ForeignResidentChangeNotice),
    shaped("business_linkage_data", BusinessLinkageData),
)
