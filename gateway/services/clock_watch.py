# SPDX-License-Identifier: Apache-2.0
"""Sees when the machine's clock is moved under a running station.

Messages and permits are judged by the wall clock; peers whose clocks are a minute apart
refuse each other. So once a second the wall clock is compared with the monotonic one:
what moved between two looks is a jump (a time server's correction, a virtual machine
that slept, or a hand). A clock that stands before the newest record is told of as long
as it does: it went back, perhaps while the station was down.

Two clocks that are apart show in messages that are refused as from the future (SK-M07):
by us, if the peer's is before ours; by the peer, if ours is. Both ends hear of it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.services.clock import Clock
from protocols.limits import MAX_SKEW

log = logging.getLogger(__name__)

JUMP: Final = timedelta(seconds=5)
"""What no slewing clock gains or loses between two looks."""
REMEMBERED: Final = 3600.0
"""Seconds for which a jump is told of, and clocks that are apart."""
FROM_THE_FUTURE: Final = "SK-M07"


@dataclass(frozen=True, slots=True)
class Jump:
    """The clock was moved by so much, up to this moment of it."""

    by: timedelta
    to: datetime


class ClockWatch:
    """One process's clock."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._wall, self._steady = clock(), monotonic()
        self._last: Jump | None = None
        self._seen = 0.0
        self.jumps = 0
        self._apart: dict[str, float] = {}

    async def look(self) -> None:
        """Compare the clocks with the last look."""
        wall, steady = self._clock(), self._monotonic()
        by = (wall - self._wall) - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = wall, steady
        if abs(by) >= JUMP:
            self.jumps += 1
            self._last, self._seen = Jump(by, wall), steady
            log.warning("the clock was moved by %.0f s", by.total_seconds())

    def refused(self, direction: str) -> None:
        """A message from the future was refused: ``in`` by us, ``out`` by a peer."""
        self._apart[direction] = self._monotonic()

    @property
    def apart(self) -> frozenset[str]:
        """In which directions that was so within the last hour."""
        since = self._monotonic() - REMEMBERED
        return frozenset(way for way, at in self._apart.items() if at > since)

    @property
    def jump(self) -> Jump | None:
        """The last jump, for an hour."""
        fresh = self._monotonic() - self._seen < REMEMBERED
        return self._last if fresh else None


def is_behind(now: datetime, newest_record: datetime | None) -> bool:
    """Whether the clock stands before what is on record already."""
    return newest_record is not None and now < newest_record - MAX_SKEW
