# SPDX-License-Identifier: Apache-2.0
"""本人確認情報ファイル: the 40 fields of a resident identity record.

Names and order are the assessment document's (別添２ by way of 別添３). Their types,
lengths and which of them may be absent are this project's own assumptions, and stand
as such in the list. In a payload the fields are elements named by `english_name`, in
this order; a field that may be absent is left out, never empty.
"""

from dataclasses import dataclass
from typing import Final

from schemas.reference import rows

OPTIONAL: Final = frozenset({17, 18, 19, 23, 24, 25, 26, 30, 37, 38, 39, 40})
"""What not everybody has: a former address, code or surname, a detail, a request."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the record."""

    no: int
    japanese: str
    english_name: str
    meaning: str
    datatype: str
    """What it holds, in words; the XSD says it exactly."""
    assumption_note: str
    optional: bool


FIELDS: Final = tuple(
    Field(
        no=int(line["no"]),
        japanese=line["japanese"],
        english_name=line["english_name"],
        meaning=line["meaning"],
        datatype=line["datatype"],
        assumption_note=line["assumption_note"],
        optional=int(line["no"]) in OPTIONAL,
    )
    for line in rows("resident_identity_record_fields")
)
"""The 40 fields, in the order of the document."""
