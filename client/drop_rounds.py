# SPDX-License-Identifier: Apache-2.0
"""Round after round of one drop folder, until it is told to stop.

A round takes and hands in what is there, looks at what waits, fetches what arrived and
erases what has lain for its time. What goes wrong with the station, the folder or the
disk ends the round, is logged once in the same words, and is tried again later, each
time a little later; what has lain for its time is erased all the same. Erasing stops
while this machine's clock runs away from the time that really passes: a clock that
jumped must not erase what nobody has read.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from client.drop import DONE, NOT_TAKEN, Drop
from client.errors import InsideError, SettingsRefused
from client.folder import Folder, FolderRefused
from client.inside import Inside
from client.settings import Seconds, Station, read
from client.waiting import Arrivals, Ends
from protocols.header import TokenBytes

log = logging.getLogger(__name__)

Hours = Annotated[int, msgspec.Meta(ge=1, le=720)]
"""Thirty days at most: what came for a city must not lie about for longer."""
DRIFT: Final = timedelta(minutes=10)
LONGEST: Final = 60.0
"""Seconds between two rounds while something is wrong."""


class DropTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The table ``[drop]``."""

    folder: Path
    convention: Literal["rename", "ready"] = "rename"
    """How a system says that a file is whole: by its name, or by ``NAME.xml.ready``."""
    poll_seconds: Seconds = 1.0
    keep_done_hours: Hours = 72
    """What was handed in, or refused, is kept so long."""
    keep_out_hours: Hours = 168
    """What a system was told and did not take away is kept so long."""


class DropSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole settings file of a drop."""

    station: Station
    drop: DropTable


def load(path: Path) -> DropSettings:
    """Read it; raises `SettingsRefused`."""
    settings = read(path, DropSettings)
    if settings.drop.poll_seconds > LONGEST:
        raise SettingsRefused(f"{path}: drop.poll_seconds: at most {LONGEST:.0f}")
    return settings


class Rounds:
    """One drop at work."""

    def __init__(
        self,
        settings: DropSettings,
        station: Inside,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        token_bytes: TokenBytes,
    ) -> None:
        table = settings.drop
        self.folder = Folder(table.folder)
        self._table = table
        ready = table.convention == "ready"
        self._drop = Drop(self.folder, station, clock, token_bytes, ready=ready)
        self._ends = Ends(self.folder, station, clock, monotonic)
        self._arrivals = Arrivals(self.folder, station)
        self._clock, self._monotonic = clock, monotonic
        self._began = clock(), monotonic()
        self.waiting = 0
        """Ends that are still to come, after the last round."""
        self._recovered = False
        self._said = ""
        self._moved = False
        """Whether the clock was away from the time that passed, at the last look."""

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Rounds until ``stopped``, which waits for so long, says so."""
        wait = self._table.poll_seconds
        while not stopped(wait):
            good = self.round(lambda: stopped(0))
            wait = self._table.poll_seconds if good else min(LONGEST, wait * 2)

    def round(self, stopping: Callable[[], bool] = lambda: False) -> bool:
        """One round, cut short if it is to stop; False if something went wrong."""
        wrong = [_trouble(self.folder.check)]
        if not wrong[0]:
            work = partial(self._work, stopping)
            wrong = [_trouble(step) for step in (work, self._sweep)]
        self._say("; ".join(filter(None, wrong)))
        return not any(wrong)

    def _work(self, stopping: Callable[[], bool]) -> None:
        """All that needs the station."""
        if not self._recovered:
            self._recover()
        while self._drop.take() and not stopping():
            self._drop.hand_in()
        self._drop.hand_in()
        self.waiting = self._ends.look()
        self._arrivals.fetch()

    def _recover(self) -> None:
        self._drop.recover()
        self._ends.recover()
        self._arrivals.recover()
        self._recovered = True

    def _sweep(self) -> None:
        now, table = self._clock(), self._table
        passed = timedelta(seconds=self._monotonic() - self._began[1])
        before = self._moved
        self._moved = abs(now - self._began[0] - passed) > DRIFT
        if self._moved:
            if not before:
                log.error("the clock was moved: nothing is erased until a new start")
            return
        for part, hours in (
            (DONE, table.keep_done_hours),
            (NOT_TAKEN, table.keep_done_hours),
            ("out", table.keep_out_hours),
        ):
            old = self.folder.older(part, now - timedelta(hours=hours))
            for name in old:
                self.folder.erase(part, name)
            if old:
                log.warning("%s: %d erased after %d hours", part, len(old), hours)

    def _say(self, text: str) -> None:
        """Log what is wrong, once in the same words."""
        if text != self._said:
            if text:
                log.error("%s; it is tried again", text)
            else:
                log.info("it works again")
            self._said = text


def _trouble(step: Callable[[], None]) -> str:
    """What went wrong in a step; empty if nothing did."""
    try:
        step()
    except (InsideError, FolderRefused, OSError) as error:
        return f"{type(error).__name__}: {_told(error)}"
    return ""


def _told(error: Exception) -> str:
    """Without the names that an `OSError` would show."""
    return (error.strerror or "") if isinstance(error, OSError) else str(error)
