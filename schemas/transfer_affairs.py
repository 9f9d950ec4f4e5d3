# SPDX-License-Identifier: Apache-2.0
"""The 43 affairs (事務) of the city that are given residence-record information.

別紙２ and 別紙３ of the assessment document, by item (項) of the table of 番号法: an
affair that is not listed is given nothing (R-036). What every one of them may have of a
person is the same, 住民票関係情報; nothing else is passed on through the common
platform. The wording stands unchanged, with the departments that handle the affair.

These items are of another table than those of the matching list, and the numbers are
not to be joined.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from schemas.reference import rows

KIND: Final = "resident_record_information"
"""What an affair may have: the id of the kind of information."""


@dataclass(frozen=True, slots=True)
class Affair:
    """One affair of the two annexes."""

    item_no: str
    """Text, for there is a 82の2."""
    affair: str
    """In short; several items can share it."""
    departments: tuple[str, ...]
    """関係課: who handles it."""
    law_wording: str
    annex: int
    """2: given to the board of education and the like; 3: moved within the office."""
    sub_affairs: tuple[str, ...]

    @property
    def legal_basis(self) -> str:
        """番号法 and the item of its table."""
        return f"番号法第9条第1項 別表 項{self.item_no}"


AFFAIRS: Final[Mapping[str, Affair]] = MappingProxyType(
    {
        line["item_no"]: Affair(
            item_no=line["item_no"],
            affair=line["affair"],
            departments=tuple(line["departments"].split("、")),
            law_wording=line["law_wording"],
            annex=int(line["annex"]),
            sub_affairs=tuple(line["sub_affairs"].splitlines()),
        )
        for line in rows("internal_transfer_affairs")
    }
)
"""The 43 affairs, by item number."""
