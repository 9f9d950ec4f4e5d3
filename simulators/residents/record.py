# SPDX-License-Identifier: Apache-2.0
"""The identity record (本人確認情報) of a resident: forty named fields, in their order.

The layout of the real network is not public; names and order are those of the source
document, values are ours: dates and times as XML Schema writes them, sexes and reasons
as codes of our own, counts in decimal. A field that may be absent and has nothing to
say is left out.
"""

from collections.abc import Mapping
from typing import Final

from simulators.residents.characters import external_count, unvoiced
from simulators.residents.moves import ChangeReason
from simulators.residents.resident import Resident
from simulators.residents.tables import Sex

SEX_CODES: Final[Mapping[Sex, str]] = {Sex.MALE: "1", Sex.FEMALE: "2"}

REASON_CODES: Final[Mapping[ChangeReason, str]] = {
    ChangeReason.MOVED_IN: "S01",
    ChangeReason.MOVED_WITHIN: "S02",
    ChangeReason.BORN: "S03",
}
"""Codes of the simulation; the official ones are not public."""


def identity_record(
    resident: Resident,
    *,
    update_sequence_number: int = 1,
    operator_id: str = "SIMOPERATOR",
    operation_terminal_id: str = "SIMTERMINAL",
) -> dict[str, str]:
    """The fields of ``resident``, ready to be written as XML elements in this order."""
    history = resident.history
    fields = {
        **_person(resident),
        "date_became_resident": history.became_resident.isoformat(),
        "date_address_established": history.address_established.isoformat(),
        "notification_date": history.notified.isoformat(),
        **_previous(resident),
        "relationship": resident.relationship,
        "change_reason": REASON_CODES[history.reason],
        "change_date": history.address_established.isoformat(),
        **_old_code(resident),
        "resident_record_code_use_date": resident.record_code_used_from.isoformat(),
        "operator_id": operator_id,
        "operation_terminal_id": operation_terminal_id,
        "update_sequence_number": str(update_sequence_number),
        "update_prohibited_flag": "false",
        "planned_person_flag": "false",
        "exclusive_lock_flag": "false",
        "external_character_flag": "false",
        "record_status_flag": "0",
        "timestamp": history.recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **_former_surname(resident),
    }
    if any(fields.get(counter, "0") != "0" for counter in _COUNTERS):
        fields["external_character_flag"] = "true"
    return fields


_COUNTERS: Final = (
    "name_external_character_count",
    "address_external_character_count",
    "previous_address_external_character_count",
    "former_surname_external_character_count",
)


def _person(resident: Resident) -> dict[str, str]:
    return {
        "resident_record_code": resident.resident_record_code,
        "kanji_name": resident.kanji_name,
        "name_external_character_count": str(external_count(resident.kanji_name)),
        "furigana_name": resident.kana_name,
        "unvoiced_kana_name": unvoiced(resident.kana_name),
        "date_of_birth": resident.born.isoformat(),
        "sex": SEX_CODES[resident.sex],
        "municipality_code": resident.municipality_code,
        "oaza_aza_code": resident.town.code,
        "postal_code": resident.town.postal_code,
        "address": resident.address,
        "address_external_character_count": str(external_count(resident.address)),
        "individual_number": resident.individual_number,
    }


def _previous(resident: Resident) -> dict[str, str]:
    """Where the person moved in from; nothing for those born here."""
    origin = resident.history.origin
    if origin is None:
        return {}
    return {
        "previous_municipality_code": origin.municipality,
        "previous_address": origin.address,
        "previous_address_external_character_count": str(
            external_count(origin.address)
        ),
    }


def _old_code(resident: Resident) -> dict[str, str]:
    old = resident.old_resident_record_code
    return {} if old is None else {"old_resident_record_code": old}


def _former_surname(resident: Resident) -> dict[str, str]:
    former = resident.former_surname
    if former is None:
        return {}
    return {
        "former_surname_kanji": former.kanji,
        "former_surname_external_character_count": str(external_count(former.kanji)),
        "former_surname_furigana": former.kana,
        "former_surname_external_character_change_serial": "0",
    }
