# SPDX-License-Identifier: Apache-2.0
"""本人確認情報 as it comes out of a resident record: 40 fields, for the CS.

`content` is what two sides can compare: everything of the 40 but the marks that each
side makes for itself (who wrote it, when, how often). A change of the record changes
the identity information exactly where `content` differs; only then is the CS told.
"""

from typing import Any

from schemas.messages import IdentityRecord
from schemas.reconciliation import COMPARED, compared
from simulators.register.reasons import REMOVAL_STATUS, Removed
from simulators.register.record import ResidentRecord
from simulators.residents.characters import external_count, unvoiced


def identity_of(record: ResidentRecord, municipality: str) -> IdentityRecord:
    """The 40 fields of a record that has an individual number.

    One that has none yet has no identity information to tell; asking for it is a
    fault of ours.
    """
    if record.individual_number is None:
        raise ValueError("a record without an individual number has no identity record")
    return IdentityRecord(
        individual_number=record.individual_number,
        municipality_code=municipality,
        **_person(record),
        **_stay(record),
        **_marks(record),
        **_former_surname(record),
    )


def content(record: ResidentRecord) -> tuple[Any, ...]:
    """What of the record the identity information tells, its marks left out."""
    return (
        record.resident_record_code,
        record.old_resident_record_code,
        record.code_used_from,
        record.individual_number,
        record.name,
        record.furigana,
        record.former_surname,
        record.former_surname_furigana,
        record.born,
        record.sex,
        record.home,
        record.became_resident,
        record.address_established,
        record.previous_municipality,
        record.previous_address,
        record.relationship,
        record.updates_prohibited,
        record.removal and record.removal.by,
    )


def different(ours: IdentityRecord, theirs: IdentityRecord) -> tuple[str, ...]:
    """The names of the compared fields in which two identity records differ."""
    pairs = zip(COMPARED, compared(ours), compared(theirs), strict=True)
    return tuple(name for name, one, other in pairs if one != other)


def _person(record: ResidentRecord) -> dict[str, Any]:
    return {
        "resident_record_code": record.resident_record_code,
        "old_resident_record_code": record.old_resident_record_code,
        "resident_record_code_use_date": record.code_used_from,
        "kanji_name": record.name,
        "name_external_character_count": external_count(record.name),
        "furigana_name": record.furigana,
        "unvoiced_kana_name": unvoiced(record.furigana),
        "date_of_birth": record.born,
        "sex": record.sex,
        "relationship": record.relationship,
    }


def _stay(record: ResidentRecord) -> dict[str, Any]:
    previous = record.previous_address
    return {
        "oaza_aza_code": record.home.town_code,
        "postal_code": record.home.postal_code,
        "address": record.home.text,
        "address_external_character_count": external_count(record.home.text),
        "date_became_resident": record.became_resident,
        "date_address_established": record.address_established,
        "previous_municipality_code": record.previous_municipality,
        "previous_address": previous,
        "previous_address_external_character_count": (
            None if previous is None else external_count(previous)
        ),
    }


def _marks(record: ResidentRecord) -> dict[str, Any]:
    return {
        "notification_date": record.notified,
        "change_reason": record.reason.value,
        "change_date": record.changed,
        "change_reason_detail": record.detail,
        "operator_id": record.operator,
        "operation_terminal_id": record.terminal,
        "update_sequence_number": max(record.sequence, 1),
        "update_prohibited_flag": record.updates_prohibited,
        "planned_person_flag": False,
        "exclusive_lock_flag": False,
        "external_character_flag": _has_external(record),
        "record_status_flag": REMOVAL_STATUS[_removed(record)],
        "timestamp": record.recorded.replace(microsecond=0),
    }


def _removed(record: ResidentRecord) -> Removed | None:
    return None if record.removal is None else record.removal.by


def _has_external(record: ResidentRecord) -> bool:
    texts = (
        record.name,
        record.home.text,
        record.previous_address or "",
        record.former_surname or "",
    )
    return any(map(external_count, texts))


def _former_surname(record: ResidentRecord) -> dict[str, Any]:
    former = record.former_surname
    if former is None:
        return {}
    return {
        "former_surname_kanji": former,
        "former_surname_external_character_count": external_count(former),
        "former_surname_furigana": record.former_surname_furigana,
        "former_surname_external_character_change_serial": 0,
    }
