# SPDX-License-Identifier: Apache-2.0
"""Are the numbers and characters of an identity record what they should be?

The schema has seen that the record has its fields (R-025); here are the rules that a
schema cannot say: check digits in this network's realm, and external characters that
are counted as they stand.
"""

from collections.abc import Callable
from typing import Any

from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    local_government_code_is_valid,
    resident_record_code_is_valid,
)

_Valid = Callable[[str, Realm], bool]


def fault(record: Any, realm: Realm) -> str:
    """The inner code of the first fault; empty where there is none."""
    return (
        _number(record.resident_record_code, resident_record_code_is_valid, realm)
        or _number(record.individual_number, individual_number_is_valid, realm)
        or _number(
            record.old_resident_record_code, resident_record_code_is_valid, realm
        )
        or _municipality(record.municipality_code)
        or _municipality(record.previous_municipality_code)
    )


def _number(text: str | None, valid: _Valid, realm: Realm) -> str:
    if not text or valid(text, realm):
        return ""
    other = Realm.STANDARD if realm is Realm.SIMULATION else Realm.SIMULATION
    return "SK-X04" if valid(text, other) else "SK-X03"


def _municipality(code: str | None) -> str:
    if not code or local_government_code_is_valid(code):
        return ""
    return "SK-X03"
