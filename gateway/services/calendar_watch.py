# SPDX-License-Identifier: Apache-2.0
"""Follows the calendar files when they change: holidays are added while it works.

Looks in intervals. Files that cannot be used change nothing: the calendars in use stay,
the fault is told, and the files are tried again at every change. What counts is how
they stood before they were read: what changes meanwhile is read again at the next look,
and so is a list of holidays that is named for the first time.
"""

import logging
from contextlib import suppress
from pathlib import Path

from gateway.calendar_file import CalendarRefused
from gateway.calendars import Calendars, peer_files, read
from gateway.config import Config
from gateway.services.file_watch import Stamp, stamps

log = logging.getLogger(__name__)


class CalendarWatch:
    """One station's calendar files."""

    def __init__(self, config: Config, calendars: Calendars) -> None:
        self._config = config
        self._calendars = calendars
        self._seen = self._stamps()
        self.problem = ""
        """Why the files are not what is followed; empty where they are."""

    async def look(self) -> None:
        """Follow the files if they are others than before."""
        found = self._stamps()
        if found != self._seen:
            self._seen = found
            self._follow()

    def _follow(self) -> None:
        try:
            self._calendars.follow(read(self._config))
        except CalendarRefused as error:
            self.problem = str(error)
            log.error("the calendars in use stay: %s", error)
        else:
            self.problem = ""
            log.info("the calendars were read again")

    def _stamps(self) -> tuple[tuple[Path, ...], tuple[Stamp, ...]]:
        files = set(self._calendars.files)
        if self._config.calendar is not None:
            files.add(self._config.calendar)
        with suppress(CalendarRefused):  # a lost folder: its files' stamps say so
            files.update(peer_files(self._config.peer_calendars))
        named = tuple(sorted(files))
        return named, stamps(named)
