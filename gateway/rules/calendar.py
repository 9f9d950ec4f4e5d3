# SPDX-License-Identifier: Apache-2.0
"""When is a station open? Its week, its holidays (閉庁日), its maintenance windows.

Laws:

- Days and times of day are Japan's, which has no summer time; every answer is a moment.
- Maintenance closes, whatever the day; a holiday closes the whole day; else the week
  says when it is open.
- There is always a next opening: a calendar that opens on no day of the week is none.
- A *business day* is one on which it is open at all. What is due "by closing" is due at
  the end of that day's last hour.

Pure: the same calendar, the same moment, the same answer. A clock that jumps finds
the answer of the moment that it jumped to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import pairwise
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")
DAY: Final = timedelta(days=1)
DAY_MINUTES: Final = 24 * 60
LONGEST_LOOK: Final = 400
"""Days that are looked ahead for the end of an opening, and back for the last one."""

Span = tuple[int, int]
"""Minutes of a day, from the first to before the last."""
ALL_DAY: Final[tuple[Span, ...]] = ((0, DAY_MINUTES),)


class Why(StrEnum):
    """What decides about a moment."""

    HOURS = "hours"
    HOLIDAY = "holiday"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A time in which the station takes nothing that it need not take."""

    begins: datetime
    ends: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A time without change: open or closed from one moment to before another."""

    begins: datetime
    ends: datetime
    is_open: bool
    why: Why
    """What closes it at its beginning; `HOURS` where it is open."""

    def holds(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Calendar:
    """One station's calendar. Made by `gateway.calendar_file`, which checks it."""

    week: tuple[tuple[Span, ...], ...] = (ALL_DAY,) * 7
    """For Monday to Sunday, when it is open: in order, apart from each other."""
    holidays: Mapping[date, str] = field(default_factory=dict)
    yearly: frozenset[tuple[int, int]] = frozenset()
    """Month and day of what is a holiday in every year, such as 年末年始."""
    maintenance: tuple[Maintenance, ...] = ()
    listed_until: date | None = None
    """The last day of which the list of national holidays speaks; None without one."""

    def is_holiday(self, day: date) -> bool:
        return day in self.holidays or (day.month, day.day) in self.yearly

    def window(self, at: datetime) -> Window:
        """What holds at a moment, and until when: that a closed one ends is certain.

        The end of an open one is where it closes, or far ahead.
        """
        day = _day_of(at)
        found = next(part for part in self.parts(day) if part.holds(at))
        ends = found.ends
        for part in self._after(found):
            far = part.is_open and part.begins - at > LONGEST_LOOK * DAY
            if part.is_open != found.is_open or far:
                break
            ends = part.ends
        return Window(found.begins, ends, found.is_open, found.why)

    def next_opening(self, at: datetime) -> datetime:
        """The first moment from ``at`` on at which it is open."""
        found = self.window(at)
        return at if found.is_open else found.ends

    def closing(self, day: date) -> datetime | None:
        """When it closes for the day; None where it is not open on that day."""
        parts = [part.ends for part in self.parts(day) if part.is_open]
        return parts[-1] if parts else None

    def is_business_day(self, day: date) -> bool:
        return self.closing(day) is not None

    def by_closing(self, at: datetime, days: int) -> datetime:
        """The closing of the ``days``-th business day after that of ``at``; from 1."""
        day = _day_of(at)
        closing = None
        while days > 0 or closing is None:
            day += DAY
            closing = self.closing(day)
            days -= closing is not None
        return closing

    def add_business_time(self, at: datetime, time_open: timedelta) -> datetime:
        """The moment by which it has been open for so long since ``at``."""
        left = time_open
        for part in self._from(at):
            begins = max(part.begins, at)
            if part.is_open and part.ends - begins >= left:
                return begins + left
            if part.is_open:
                left -= part.ends - begins
        raise AssertionError("there is always a next opening")

    def business_time(self, begins: datetime, ends: datetime) -> timedelta:
        """For how long it is open between two moments."""
        total = timedelta(0)
        for part in self._from(begins):
            if part.begins >= ends:
                break
            if part.is_open:
                total += min(part.ends, ends) - max(part.begins, begins)
        return total

    def last_open(self, before: datetime) -> datetime | None:
        """The last moment up to ``before`` by which somebody could still act.

        None where it was closed for longer than anybody looks back.
        """
        day = _day_of(before)
        for back in range(LONGEST_LOOK):
            for part in reversed(self.parts(day - back * DAY)):
                if part.is_open and part.begins < before:
                    return min(part.ends, before)
        return None

    def parts(self, day: date) -> list[Window]:
        """A whole day, cut where anything may change."""
        begins = datetime.combine(day, time(), JST)
        ends = begins + DAY
        spans = () if self.is_holiday(day) else self.week[day.weekday()]
        cuts = {begins, ends}
        cuts.update(begins + timedelta(minutes=m) for span in spans for m in span)
        closed = [m for m in self.maintenance if m.begins < ends and m.ends > begins]
        cuts.update(
            cut for m in closed for cut in (m.begins, m.ends) if begins < cut < ends
        )
        opened = [tuple(begins + timedelta(minutes=m) for m in span) for span in spans]
        return [
            self._part(a, b, day, opened, closed) for a, b in pairwise(sorted(cuts))
        ]

    def _part(
        self,
        begins: datetime,
        ends: datetime,
        day: date,
        opened: list[tuple[datetime, ...]],
        closed: list[Maintenance],
    ) -> Window:
        if any(one.begins <= begins < one.ends for one in closed):
            return Window(begins, ends, False, Why.MAINTENANCE)
        if self.is_holiday(day):
            return Window(begins, ends, False, Why.HOLIDAY)
        is_open = any(first <= begins < last for first, last in opened)
        return Window(begins, ends, is_open, Why.HOURS)

    def _from(self, at: datetime) -> Iterator[Window]:
        """Every part from that of ``at`` on, without end."""
        day = _day_of(at)
        while True:
            yield from (part for part in self.parts(day) if part.ends > at)
            day += DAY

    def _after(self, found: Window) -> Iterator[Window]:
        return (part for part in self._from(found.ends))


def _day_of(at: datetime) -> date:
    """The day of a moment in Japan."""
    return at.astimezone(JST).date()


def jst(day: date, minutes: int) -> datetime:
    """That minute of that day in Japan."""
    return datetime.combine(day, time(), JST) + timedelta(minutes=minutes)
