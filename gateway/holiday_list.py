# SPDX-License-Identifier: Apache-2.0
"""Reads the Cabinet Office's list of national holidays (内閣府「国民の祝日」CSV).

The file is published every February for the year after; it is not part of this program
and may be put beside a calendar as it comes: Shift_JIS, two columns, a line of
headings, dates without leading zeros. A copy saved as UTF-8 is read, too.
"""

import csv
import re
from datetime import date
from pathlib import Path
from typing import Final

HEADINGS: Final = ("国民の祝日・休日月日", "国民の祝日・休日名称")
LARGEST: Final = 1024 * 1024
_DATE: Final = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})", re.ASCII)


class HolidayListRefused(Exception):
    """The file is not the Cabinet Office's list, or is damaged.

    The text says where. Fetch it anew from the Cabinet Office's page and put it there
    unchanged.
    """


def read(path: Path) -> dict[date, str]:
    """Every holiday of the list; raises `HolidayListRefused`."""
    lines = list(csv.reader(_text(path).splitlines()))
    if not lines or tuple(lines[0]) != HEADINGS:
        raise HolidayListRefused(
            f"{path.name}: line 1 is not {','.join(HEADINGS)}; put the Cabinet "
            "Office's file there unchanged"
        )
    found: dict[date, str] = {}
    for number, cells in enumerate(lines[1:], 2):
        if not any(cells):
            continue
        day = _day(cells)
        if day is None or day in found:
            raise HolidayListRefused(
                f"{path.name}: line {number} is no day and its name, or a day twice; "
                "put the Cabinet Office's file there unchanged"
            )
        found[day] = cells[1]
    if not found:
        raise HolidayListRefused(f"{path.name}: names no day; fetch it anew")
    return found


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        said = f"{path.name}: cannot be read ({error.strerror})"
        raise HolidayListRefused(said) from None
    if len(data) > LARGEST:
        raise HolidayListRefused(f"{path.name}: is no such list: over {LARGEST} bytes")
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise HolidayListRefused(f"{path.name}: is neither Shift_JIS nor UTF-8")


def _day(cells: list[str]) -> date | None:
    found = _DATE.fullmatch(cells[0]) if len(cells) == 2 and cells[1] else None
    if found is None:
        return None
    try:
        day = date(*map(int, found.groups()))
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2199 else None
