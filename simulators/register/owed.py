# SPDX-License-Identifier: Apache-2.0
"""What the register owes other systems, as values; the names are those of the flows.

`identity_information_update` is the schemas' own value. The others are of this package:
what the step needs and no more. An individual number is only in those that say so here,
and in none of those that the document marks ※特定個人情報を含まない (R-091).
"""

from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from schemas.messages import IdentityInformationUpdate
from schemas.systems import ADDRESSEE, CS, FAMILY_REGISTER, PLATFORM, STORES
from simulators.register.births import Unknown
from simulators.register.record import Domicile, Foreign
from simulators.register.silent import Silent


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResidentRecordChange(Silent):
    """住民票変更情報 for the common platform: no individual number."""

    record: int
    household: int
    name: str
    furigana: str
    born: date
    sex: str
    postal_code: str
    address: str
    relationship: str
    head_name: str
    """Of the household; the person's own name where nobody is left in it."""
    sequence: int
    """How many changes of this person the house was told of, this one included."""
    change_reason: str
    change_date: date
    removed_on: date | None
    protected: bool
    """支援措置 holds."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NumberedResidentRecordChange(Silent):
    """The same for the addressee system, which ties it to the individual number."""

    individual_number: str
    change: ResidentRecordChange


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveInNotice(Silent):
    """転入通知 to the municipality that was left: no individual number."""

    municipality: str
    resident_record_code: str
    name: str
    born: date
    previous_address: str
    address: str
    moved_on: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MovingPerson(Silent):
    """One person of a move-out certificate; the number goes with it."""

    resident_record_code: str
    individual_number: str
    name: str
    furigana: str
    born: date
    born_unknown: Unknown | None = None
    sex: str
    relationship: str
    head_name: str
    domicile: Domicile | None = None
    foreign: Foreign | None = None
    former_surname: str | None = None
    former_surname_furigana: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveOutCertificateInformation(Silent):
    """転出証明書情報."""

    certificate: str
    """Its number: that of the notification."""
    origin: str
    destination: str
    planned: date
    previous_address: str
    destination_address: str
    persons: tuple[MovingPerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NumberGenerationRequest(Silent):
    """個人番号の生成要求: by the resident record code."""

    request: str
    resident_record_code: str
    for_a_change: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SupplementInformation(Silent):
    """戸籍の附票情報 for the municipality of the registered domicile."""

    municipality: str
    """Whose family register it is about."""
    resident_record_code: str
    name: str
    born: date
    sex: str
    domicile: Domicile
    address: str
    since: date
    change_reason: str
    change_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SupplementUpdate(Silent):
    """The same for our own family register system."""

    resident_record_code: str
    name: str
    born: date
    sex: str
    domicile: Domicile
    address: str
    municipality: str
    """Of the address."""
    since: date
    change_reason: str
    change_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SupplementMismatch(Silent):
    """What of a supplement notice does not agree with the family register (19条2項)."""

    municipality: str
    """Who sent the notice."""
    resident_record_code: str
    name: str
    born: date
    domicile: Domicile
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WideAreaPage(Silent):
    """What a wide-area copy says of one person; what was not asked for is None."""

    name: str
    born: date
    born_unknown: Unknown | None
    sex: str
    address: str
    became_resident: date
    relationship: str | None
    resident_record_code: str | None
    individual_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WideAreaCopy(Silent):
    """広域交付: what the municipality that asked is to print; nobody, where nothing."""

    municipality: str
    request: str
    pages: tuple[WideAreaPage, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SendingDestination(Silent):
    """送付先情報 of one person to whom a number was newly given."""

    batch: str
    resident_record_code: str
    individual_number: str
    name: str
    furigana: str
    born: date
    sex: str
    postal_code: str
    address: str
    extracted: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardStatusNotice(Silent):
    """交付, 廃止, 回収, 一時停止, 一時停止解除 or 返還 of a card."""

    resident_record_code: str
    card: str
    event: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardContinuedUse(Silent):
    """継続利用 of the card with which somebody moved in."""

    resident_record_code: str
    card: str
    name: str
    address: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CertificateSerial(Silent):
    """Serial of the user-authentication certificate: no individual number."""

    record: int
    serial: str
    usable: bool
    valid_until: date
    """The certificate's last day; where it is not usable, the day of this notice."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentifierCodeRequest(Silent):
    """符号の取得要求, handed on as it came from the addressee system (F1-11-2)."""

    processing_number: str
    individual_number: str


Message: TypeAlias = (
    IdentityInformationUpdate
    | ResidentRecordChange
    | NumberedResidentRecordChange
    | MoveInNotice
    | MoveOutCertificateInformation
    | NumberGenerationRequest
    | SupplementInformation
    | SupplementUpdate
    | SupplementMismatch
    | WideAreaCopy
    | SendingDestination
    | CardStatusNotice
    | CardContinuedUse
    | CertificateSerial
    | IdentifierCodeRequest
)

TYPES: Final = MappingProxyType(
    {
        "identity_information_update": (IdentityInformationUpdate, CS),
        "resident_record_change": (ResidentRecordChange, PLATFORM),
        "numbered_resident_record_change": (NumberedResidentRecordChange, ADDRESSEE),
        "move_in_notice": (MoveInNotice, CS),
        "move_out_certificate_information": (MoveOutCertificateInformation, CS),
        "individual_number_generation_request": (NumberGenerationRequest, CS),
        "family_register_supplement_information": (SupplementInformation, CS),
        "family_register_supplement_update": (SupplementUpdate, FAMILY_REGISTER),
        "family_register_supplement_mismatch": (SupplementMismatch, CS),
        "wide_area_issuance_reply": (WideAreaCopy, CS),
        "sending_destination_extract": (SendingDestination, CS),
        "card_status_notice": (CardStatusNotice, CS),
        "card_management_information_update_request": (CardContinuedUse, CS),
        "user_certificate_serial_notice": (CertificateSerial, STORES),
        "personal_identifier_code_request": (IdentifierCodeRequest, CS),
    }
)
"""Each type: its value, and the system that it is handed to first."""

NAMES: Final = MappingProxyType({value: name for name, (value, _) in TYPES.items()})
"""The type of a value."""

BY_NUMBER: Final = (NAMES[ResidentRecordChange], NAMES[CertificateSerial])
"""What names a person by the addressee number: nobody has one who has no individual
number yet, and these wait for it."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One message that waits for its receiver."""

    number: int
    receiver: str
    type: str
    message: Message
