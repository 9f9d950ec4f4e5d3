# SPDX-License-Identifier: Apache-2.0
"""Is it open now? Asked for every message, so the answer is kept while it holds.

Two comparisons while nothing changes; the calendar itself is only asked when a window
ends, when the clock jumps out of it, or when another calendar is followed. Without a
calendar it is always open.

What a closed station still takes: whatever answers something that it asked, reports
what has happened already, or goes on with what was begun. Refusing that would lose it,
or leave others waiting. What asks it to begin something waits (`ASKING`).
"""

from datetime import UTC, datetime
from typing import Final

from gateway.rules.calendar import Calendar, Why, Window

ASKING: Final = frozenset(
    {
        "information_inquiry",
        "provision_order",
        "wide_area_issuance_request",
        "move_out_certificate_resend_request",
    }
)
"""Types that ask their receiver to begin something."""

ALWAYS: Final = Window(
    datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), True, Why.HOURS
)
_NEVER: Final = (ALWAYS.begins, ALWAYS.begins)


class Hours:
    """One station's calendar at work; it may be followed by another one."""

    __slots__ = ("_begins", "_ends", "_open", "_window", "calendar")

    def __init__(self, calendar: Calendar | None = None) -> None:
        self.follow(calendar)

    def follow(self, calendar: Calendar | None) -> None:
        """Go by this calendar from now on; None: always open."""
        self.calendar = calendar
        self._keep(ALWAYS if calendar is None else Window(*_NEVER, False, Why.HOURS))

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at a moment."""
        if self._begins <= at < self._ends:
            return self._open
        return self.window(at).is_open

    def window(self, at: datetime) -> Window:
        """What holds at a moment, and until when."""
        if self.calendar is not None and not self._window.holds(at):
            self._keep(self.calendar.window(at))
        return self._window

    def next_opening(self, at: datetime) -> datetime:
        """The first moment from ``at`` on at which it is open."""
        found = self.window(at)
        return at if found.is_open else found.ends

    def _keep(self, window: Window) -> None:
        self._window = window
        self._begins, self._ends = window.begins, window.ends
        self._open = window.is_open
