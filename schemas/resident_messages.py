# SPDX-License-Identifier: Apache-2.0
"""The resident identity record (本人確認情報), and the messages that carry it.

`IdentityRecord` has the 40 fields of `record_fields` under their English names. A
register hands it to its municipal CS as `IdentityInformationUpdate`; the CS notifies
the prefecture of eight of them with `IdentityInformationUpdateNotice`. All is personal:
none of it is in any repr.

What the prefecture is told, it passes on to the national server unchanged (第30条の7).
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final, Self, TypeAlias

from schemas.shape import Personal, shaped


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityRecord(Personal):
    """The 40 fields, in the order of the list; None where a field is absent."""

    resident_record_code: str
    kanji_name: str
    name_external_character_count: int
    furigana_name: str
    unvoiced_kana_name: str
    date_of_birth: date
    sex: str
    municipality_code: str
    oaza_aza_code: str
    postal_code: str
    address: str
    address_external_character_count: int
    individual_number: str
    date_became_resident: date
    date_address_established: date
    notification_date: date
    previous_municipality_code: str | None = None
    previous_address: str | None = None
    previous_address_external_character_count: int | None = None
    relationship: str
    change_reason: str
    change_date: date
    change_reason_detail: str | None = None
    old_resident_record_code: str | None = None
    resident_record_code_use_date: date | None = None
    request_management_number: str | None = None
    operator_id: str
    operation_terminal_id: str
    update_sequence_number: int
    abnormal_update_sequence_number: int | None = None
    update_prohibited_flag: bool
    planned_person_flag: bool
    exclusive_lock_flag: bool
    external_character_flag: bool
    record_status_flag: str
    timestamp: datetime
    former_surname_kanji: str | None = None
    former_surname_external_character_count: int | None = None
    former_surname_furigana: str | None = None
    former_surname_external_character_change_serial: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EightItems(Personal):
    """本人確認情報 as it leaves a city: these eight items and no others (R-078)."""

    resident_record_code: str
    kanji_name: str
    date_of_birth: date
    sex: str
    address: str
    individual_number: str
    change_reason: str
    change_date: date

    @classmethod
    def of(cls, record: IdentityRecord) -> Self:
        """What of ``record`` a server is to know; the rest stays in the city."""
        return cls(**{each.name: getattr(record, each.name) for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class IdentityInformationUpdate:
    """The resident register to its municipal CS: the record as it now stands."""

    record: IdentityRecord


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class IdentityInformationUpdateNotice(EightItems):
    """Municipal CS to prefecture, and prefecture to national server."""


ResidentPayload: TypeAlias = IdentityInformationUpdate | IdentityInformationUpdateNotice

MESSAGES: Final = (
    shaped("identity_information_update", IdentityInformationUpdate),
    shaped("identity_information_update_notice", IdentityInformationUpdateNotice),
)
