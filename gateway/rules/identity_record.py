# SPDX-License-Identifier: Apache-2.0
"""Are the numbers and characters of an identity record what they should be?

The schema has seen that the record has its fields (R-025); here are the rules that a
schema cannot say: check digits in this network's realm, and external characters that
are counted as they stand.
"""

from typing import Any

from gateway.rules.resident import numbers_fault
from protocols.identifiers import Realm, local_government_code_is_valid


def fault(record: Any, realm: Realm) -> str:
    """The inner code of the first fault; empty where there is none."""
    return (
        numbers_fault(record, realm)
        or _municipality(record.municipality_code)
        or _municipality(record.previous_municipality_code)
    )


def _municipality(code: str | None) -> str:
    if not code or local_government_code_is_valid(code):
        return ""
    return "SK-X03"
