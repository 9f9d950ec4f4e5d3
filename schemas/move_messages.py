# SPDX-License-Identifier: Apache-2.0
"""What municipalities tell each other, CS to CS: moves, wide-area issue, supplements.

No prefecture and no national server sees any of it. Each of these begins or ends in a
register: inside an organisation the same payload goes between register and CS.

Two of them are marked ※特定個人情報を含まない (R-091), the request to send again and
the move-in notice: they name the person by resident record code and name, and have no
place for an individual number.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from schemas.shape import Personal, many, shaped


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Mover(Personal):
    """One person of those who move out together."""

    resident_record_code: str
    individual_number: str
    kanji_name: str
    furigana_name: str
    former_surname_kanji: str | None = None
    date_of_birth: date
    sex: str
    head_name: str
    relationship: str
    """続柄: to that head of household."""
    registered_domicile: str | None = None
    """本籍; foreign residents have none."""
    domicile_head_name: str | None = None
    """筆頭者."""


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
    """戸籍の附票: where somebody lives, told to where their family register is kept."""

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
