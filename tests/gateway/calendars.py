# SPDX-License-Identifier: Apache-2.0
"""Calendars for tests."""

from datetime import date, datetime

from gateway.rules.calendar import JST, Calendar, Maintenance

MORNING, AFTERNOON = (8 * 60 + 30, 12 * 60), (13 * 60, 17 * 60 + 15)
WHOLE = (8 * 60 + 30, 17 * 60 + 15)
OFFICE = Calendar(week=((WHOLE,),) * 5 + ((),) * 2)
"""Weekdays from 08:30 to 17:15."""
NEW_YEAR = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
FILE = """\
holidays = [2030-03-18]
yearly_holidays = ["12-29", "12-30", "12-31", "01-01", "01-02", "01-03"]

[hours]
monday = ["08:30-12:00", "13:00-17:15"]
tuesday = ["08:30-17:15"]

[[maintenance]]
from = 2030-01-12T17:00:00
until = 2030-01-13T09:00:00
reason = "年次改版"

[[maintenance]]
from = 2030-02-12T17:00:00
until = 2030-02-13T09:00:00
"""


def at(text: str) -> datetime:
    """A moment in Japan, `2030-01-07 08:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=JST)


def maintained(begins: str, ends: str) -> Maintenance:
    return Maintenance(at(begins), at(ends))


def day(text: str) -> date:
    return date.fromisoformat(text)
