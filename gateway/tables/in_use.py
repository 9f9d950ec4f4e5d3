# SPDX-License-Identifier: Apache-2.0
"""The tables as a station asks them: is this a municipality, what stands for this 外字?

A kind of which no version is in force on the day is not asked: everything is then as it
would be without tables. Pure, once read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway.tables.folder import rows, versions
from gateway.tables.kinds import text
from schemas.charset import characters, unwritable

Dated = tuple[date, frozenset[str]]
DatedMap = tuple[date, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Tables:
    """What is in force, day by day."""

    municipalities: tuple[Dated, ...] = ()
    """Codes, by the day from which they are in force, the first day first."""
    characters: tuple[DatedMap, ...] = field(default=(), repr=False)
    """Substitutes by external character, likewise."""

    def knows_municipality(self, code: str, on: date) -> bool:
        """Whether the code is in the list in force; true where there is no list."""
        past = [codes for begins, codes in self.municipalities if begins <= on]
        return not past or code in past[-1]

    def mapped(self, written: str, on: date) -> str:
        """The text with each external character by its official substitute.

        A character that the table does not have stays: who asks sees that it cannot
        be written. Nothing else of a text is touched.
        """
        past = [table for begins, table in self.characters if begins <= on]
        if not past or unwritable(written) is None:
            return written
        table = past[-1]
        return "".join(_substitute(one, table) for one in characters(written))


NO_TABLES: Final = Tables()


def read(folder: Path | None) -> Tables:
    """Every version under ``folder``; raises `TablesRefused` if one was changed."""
    if folder is None:
        return NO_TABLES
    found = versions(folder)
    codes = [
        (one.about.effective, frozenset(row[0] for row in rows(one)))
        for one in found
        if one.about.kind == "municipalities"
    ]
    drawn = [
        (one.about.effective, MappingProxyType(_substitutes(rows(one))))
        for one in found
        if one.about.kind == "characters"
    ]
    return Tables(tuple(codes), tuple(drawn))


def _substitutes(found: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    return {text(row[1]): row[3] for row in found if row[3]}


def _substitute(character: str, table: Mapping[str, str]) -> str:
    if unwritable(character) is None:
        return character
    return table.get(character, character)
