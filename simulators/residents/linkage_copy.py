# SPDX-License-Identifier: Apache-2.0
"""Copies (副本) of residents for an intermediate server, as JSON Lines.

One row per resident, in the words of 住民基本台帳法第7条第4号: of a head the fact, of
anybody else the head's name and the relationship. Names are in JIS X 0213, external
characters replaced (`simulators.residents.characters`). The file holds no individual
number and no resident record code: an intermediate server must not have them.
"""

import json
from collections.abc import Callable, Container, Iterable
from os import PathLike
from typing import TypedDict

from simulators.residents.characters import substitute
from simulators.residents.resident import Resident


class ResidentRecordInformation(TypedDict):
    """住民票関係情報, as far as the linkage network carries it here."""

    head_of_household: bool
    head_name: str
    relationship: str


class CopyRow(TypedDict):
    """One line of the file."""

    addressee_number: str
    linkage_code: str
    suppressed: bool
    """自動応答不可: no answer without a person's decision."""
    resident_record_information: ResidentRecordInformation


def copy_row(
    resident: Resident, head: Resident, code: str, suppressed: bool
) -> CopyRow:
    """The row of ``resident`` in the household of ``head``."""
    head_name, _ = substitute(head.kanji_name)
    return {
        "addressee_number": resident.addressee_number,
        "linkage_code": code,
        "suppressed": suppressed,
        "resident_record_information": {
            "head_of_household": resident.is_head,
            "head_name": head_name,
            "relationship": resident.relationship,
        },
    }


def write_copies(
    path: str | PathLike[str],
    residents: Iterable[Resident],
    code_of: Callable[[Resident], str],
    flagged: Container[str],
) -> int:
    """Write a row per resident to ``path``, replacing it; how many were written.

    ``residents`` come as `generate` gives them, each head before the household;
    ``flagged`` holds the addressee numbers that are suppressed. Raises ValueError
    where a resident comes without the head, leaving the rows before.
    """
    written = 0
    head: Resident | None = None
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for resident in residents:
            if resident.is_head:
                head = resident
            if head is None or _home(head) != _home(resident):
                raise ValueError("a household must begin with its head")
            suppressed = resident.addressee_number in flagged
            row = copy_row(resident, head, code_of(resident), suppressed)
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
            file.write("\n")
            written += 1
    return written


def _home(resident: Resident) -> tuple[str, int]:
    return resident.municipality_code, resident.household
