# SPDX-License-Identifier: Apache-2.0
"""Are the numbers and characters of an identity record what they should be?

The schema has seen that the record has its fields (R-025); here are the rules that a
schema cannot say: check digits in this network's realm, external characters (外字) that
are counted as they stand, and a municipality that the official list has, where the
station was given one.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from gateway.rules.resident import numbers_fault
from protocols.identifiers import Realm, local_government_code_is_valid
from schemas.charset import wrong_counts

Known = Callable[[str, date], bool]
"""Whether there is a municipality with this code on a day, by the official list."""


def fault(record: Any, realm: Realm, known: Known = lambda code, day: True) -> str:
    """The inner code of the first fault; empty where there is none.

    Of a previous municipality only the check digit is asked: it may be gone since.
    """
    found = (
        numbers_fault(record, realm)
        or _municipality(record.municipality_code)
        or _municipality(record.previous_municipality_code)
        or ("SK-X07" if wrong_counts(record) else "")
    )
    if found or known(record.municipality_code, record.change_date):
        return found
    return "SK-X06"


def _municipality(code: str | None) -> str:
    if not code or local_government_code_is_valid(code):
        return ""
    return "SK-X03"
