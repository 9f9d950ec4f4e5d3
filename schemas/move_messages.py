# SPDX-License-Identifier: Apache-2.0
"""What municipalities tell each other, CS to CS: moves, wide-area issue, supplements.

No prefecture and no national server sees any of it. Each of these begins or ends in a
register: inside an organisation the same payload goes between register and CS.

Two of them are marked ※特定個人情報を含まない (R-091), the request to send again and
the move-in notice: they name the person by resident record code and name, and have no
place for an individual number.

A day of birth of which a part is unknown (不詳) is told as the day that is taken in its
place, the first of what is known, and beside it what of it is unknown.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from schemas.shape import Personal, many, shaped


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ForeignResident(Personal):
    """What the record of a foreign resident has in place of a domicile.

    住民基本台帳法第30条の45.
    """

    nationality: str
    """国籍・地域: three capital letters."""
    residence_status: str
    """在留資格, or 特別永住者."""
    residence_card_number: str
    stay_until: date | None = None
    """在留期間の満了の日; none for those who stay without an end."""
    alias: str | None = None
    """通称."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Mover(Personal):
    """One person of those who move out together.

    A Japanese has domicile, its municipality and its head (住民基本台帳法第7条第5号); a
    foreign resident has the items of a foreign resident instead.
    """

    resident_record_code: str
    individual_number: str
    kanji_name: str
    furigana_name: str
    former_surname_kanji: str | None = None
    former_surname_furigana: str | None = None
    date_of_birth: date
    date_of_birth_unknown: str | None = None
    """`day`, `month` (and day) or `all`."""
    sex: str
    head_name: str
    relationship: str
    """続柄: to that head of household."""
    registered_domicile: str | None = None
    """本籍; foreign residents have none."""
    domicile_municipality_code: str | None = None
    """Where the family register is kept."""
    domicile_head_name: str | None = None
    """筆頭者."""
    foreign_resident: ForeignResident | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveOutCertificateInformation(Personal):
    """転出証明書情報: where they leave to where they go, for 30 days after the day."""

    certificate_number: str
    address: str
    """From where they move."""
    new_municipality_code: str
    new_address: str
    planned_move_out_date: date
    movers: tuple[Mover, ...] = many("mover")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveOutCertificateResendRequest(Personal):
    """Where they arrive to where they left: it did not come, or it was erased."""

    resident_record_code: str
    kanji_name: str
    date_of_birth: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MoveInNotice(Personal):
    """転入通知: where they arrived to where they left, once they are registered."""

    resident_record_code: str
    kanji_name: str
    date_of_birth: date
    address: str
    """From where they came."""
    new_municipality_code: str
    new_address: str
    move_in_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WideAreaIssuanceRequest(Personal):
    """広域交付: somebody asks here for a copy of a record that is kept there."""

    request_management_number: str
    resident_record_code: str
    """Of the person who asks, confirmed before."""
    whole_household: bool
    show_relationship: bool
    show_resident_record_code: bool
    show_individual_number: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class HouseholdMember(Personal):
    """What the copy shows of one person; the last three only where asked for."""

    kanji_name: str
    date_of_birth: date
    date_of_birth_unknown: str | None = None
    sex: str
    address: str
    date_became_resident: date
    relationship: str | None = None
    resident_record_code: str | None = None
    individual_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WideAreaIssuanceReply(Personal):
    """What to print; nobody where it is not to be issued, and no word about why."""

    request_management_number: str
    members: tuple[HouseholdMember, ...] = many("member")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FamilyRegisterSupplementInformation(Personal):
    """戸籍の附票: where somebody lives, told to where their family register is kept.

    The resident record code is a matter of the supplement (住民基本台帳法第17条第7号).
    """

    resident_record_code: str
    registered_domicile: str
    domicile_head_name: str
    kanji_name: str
    date_of_birth: date
    sex: str
    address: str
    date_address_established: date
    change_reason: str
    change_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FamilyRegisterSupplementUpdate(Personal):
    """CS to register to family-register system: what another municipality told."""

    municipality_code: str
    """Of the municipality that told it."""
    resident_record_code: str
    registered_domicile: str
    domicile_head_name: str
    kanji_name: str
    date_of_birth: date
    sex: str
    address: str
    date_address_established: date
    change_reason: str
    change_date: date


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FamilyRegisterSupplementMismatch(Personal):
    """Back to where they live: what was told does not fit the family register."""

    resident_record_code: str
    registered_domicile: str
    domicile_head_name: str
    kanji_name: str
    date_of_birth: date
    differing: tuple[str, ...] = many("differing_item")
    """The names of the elements that do not fit."""


MovePayload: TypeAlias = (
    MoveOutCertificateInformation
    | MoveOutCertificateResendRequest
    | MoveInNotice
    | WideAreaIssuanceRequest
    | WideAreaIssuanceReply
    | FamilyRegisterSupplementInformation
    | FamilyRegisterSupplementUpdate
    | FamilyRegisterSupplementMismatch
)

MESSAGES: Final = (
    shaped("move_out_certificate_information", MoveOutCertificateInformation),
    shaped("move_out_certificate_resend_request", MoveOutCertificateResendRequest),
    shaped("move_in_notice", MoveInNotice),
    shaped("wide_area_issuance_request", WideAreaIssuanceRequest),
    shaped("wide_area_issuance_reply", WideAreaIssuanceReply),
    shaped(
        "family_register_supplement_information", FamilyRegisterSupplementInformation
    ),
    shaped("family_register_supplement_update", FamilyRegisterSupplementUpdate),
    shaped("family_register_supplement_mismatch", FamilyRegisterSupplementMismatch),
)
