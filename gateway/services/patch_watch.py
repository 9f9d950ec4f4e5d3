# SPDX-License-Identifier: Apache-2.0
"""Follows the list of advisories, and says which patches this process lacks.

Looks every few seconds, and reads the file when it is another one than before. A list
that cannot be used leaves the old one in use and is told. Which list and which versions
a person confirmed last is read from the store: a list that nobody confirmed counts, but
that nobody did is told too.
"""

import logging
from datetime import date, datetime

from gateway import patches
from gateway.config import Config
from gateway.patches import NONE, Advisories, AdvisoriesRefused
from gateway.records.errors import RecordsError
from gateway.records.patches import Confirmation
from gateway.records.store import StoreReader
from gateway.rules.calendar import JST
from gateway.rules.patches import Open
from gateway.services.clock import Clock
from gateway.services.file_watch import stamp

log = logging.getLogger(__name__)


class PatchWatch:
    """One station's."""

    def __init__(self, config: Config, store: StoreReader, clock: Clock) -> None:
        self._rules = config.patches
        self._store = store
        self._clock = clock
        self._seen: object = ()
        self._listed: Advisories = NONE
        self._overdue: frozenset[str] = frozenset()
        self.problem = ""
        """Why the list that lies there is not in use; empty where it is."""
        self.open: list[Open] = []
        """The advisories that are not met, the first due first."""
        self.confirmed: Confirmation | None = None
        """What a person confirmed last."""
        self._read()

    async def look(self) -> None:
        """One round."""
        self._read()
        overdue = frozenset(one.advisory.id for one in self.overdue())
        for one in sorted(overdue - self._overdue):
            log.error("a patch is overdue: %s; see 'sekisho gateway patches show'", one)
        self._overdue = overdue

    @property
    def is_confirmed(self) -> bool:
        """Whether a person confirmed these versions, held against this list."""
        made = self.confirmed
        return made is not None and (
            (made.list_digest, made.versions)
            == (self._listed.digest, dict(patches.versions()))
        )

    @property
    def digest(self) -> bytes:
        """SHA-256 of the list in use; empty where there is none."""
        return self._listed.digest

    @property
    def has_list(self) -> bool:
        """Whether there is anything that versions are held against."""
        return bool(self._listed.digest)

    def overdue(self) -> list[Open]:
        """Those of the open ones whose last day is over."""
        today = _day(self._clock())
        return [one for one in self.open if one.is_overdue(today)]

    def _read(self) -> None:
        path = self._rules.advisories
        found = None if path is None else stamp(path)
        if found != self._seen:
            self._seen = found
            self._follow()
        try:
            self.confirmed = self._store.patches_confirmed()
        except RecordsError as error:
            log.error("who confirmed the patches cannot be read: %s", error)

    def _follow(self) -> None:
        try:
            self._listed = patches.read(self._rules.advisories)
        except AdvisoriesRefused as error:
            self.problem = str(error)
            log.error("the list of advisories is not used: %s", error)
            return
        self.problem = ""
        self.open = patches.open_ones(self._listed, self._rules)


def _day(now: datetime) -> date:
    return now.astimezone(JST).date()
