# SPDX-License-Identifier: Apache-2.0
"""What a register and its municipal CS hold against each other of one person (R-082).

Of the 40 fields of identity information all are compared but the marks that tell of a
change and not of the person: who wrote it, when, how often. The digest is the SHA-256
of the JSON array of those values, in the order of the record's fields, without spaces:
days as YYYY-MM-DD, what is absent as null. Two sides that hold the same have the same
digest; it is for the two that hold the person anyway, and hides nothing from a third.
"""

import hashlib
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

import msgspec

from schemas.resident_messages import IdentityRecord

MARKS: Final = frozenset(
    {
        "change_reason",
        "change_date",
        "change_reason_detail",
        "notification_date",
        "request_management_number",
        "operator_id",
        "operation_terminal_id",
        "update_sequence_number",
        "abnormal_update_sequence_number",
        "timestamp",
    }
)
"""Fields of the 40 that tell of a change and not of the person."""

COMPARED: Final = tuple(
    field.name for field in fields(IdentityRecord) if field.name not in MARKS
)
"""The fields that are held against each other, in their order."""

_values: Final = attrgetter(*COMPARED)


def compared(record: IdentityRecord) -> tuple[Any, ...]:
    """The values of the compared fields, in the order of the list."""
    found: tuple[Any, ...] = _values(record)
    return found


def digest_of(record: IdentityRecord) -> bytes:
    """What both sides make of the same person."""
    return hashlib.sha256(msgspec.json.encode(compared(record))).digest()
