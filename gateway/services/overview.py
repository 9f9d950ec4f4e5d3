# SPDX-License-Identifier: Apache-2.0
"""Everything that can be told about one station, gathered for whoever asks.

Metrics, health and status are three ways to say what stands here, so that they cannot
contradict each other. Every few seconds a thread looks at the store (`look`); all else
is read from the running parts when it is asked for. Holds no content and no number of
a person, because nothing here ever sees one.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twisted.internet.threads import deferToThreadPool

from gateway.records.errors import RecordsError
from gateway.records.measured import MeasuredStore
from gateway.records.survey import Room, Standing, room, survey
from gateway.services.calendar_watch import CalendarWatch
from gateway.services.certificates import Certificates
from gateway.services.clock import Clock
from gateway.services.clock_watch import FROM_THE_FUTURE, ClockWatch
from gateway.services.counters import Counters
from gateway.services.freshness import Freshness
from gateway.services.listener import HttpListener
from gateway.services.master_watch import MasterWatch
from gateway.services.patch_watch import PatchWatch
from gateway.services.peer import PeerClient
from gateway.services.revocation import Revocation
from gateway.station import Station

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that goes out of time."""

    name: str
    begins: datetime
    ends: datetime


@dataclass(slots=True)
class Overview:
    """One station as it stands."""

    station: Station
    store: MeasuredStore
    key: bytes = field(repr=False)
    certificates: Certificates
    revocation: Revocation
    counters: Counters
    clock: Clock
    clock_watch: ClockWatch
    clients: Sequence[PeerClient]
    calendars: CalendarWatch | None = None
    master: MasterWatch | None = None
    patches: PatchWatch | None = None
    freshness: Freshness | None = None
    listeners: dict[str, HttpListener] = field(default_factory=dict)
    """By the name of their table in the configuration."""
    since: datetime = field(init=False)
    stopping: bool = False
    standing: Standing | None = None
    """The store at the last look; None before the first, and while it has none."""
    room: Room | None = None
    successes: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By peer and direction, when a message last went well."""
    _counted: int | None = None

    def __post_init__(self) -> None:
        self.since = self.clock()

    async def look(self, reactor: Any) -> None:
        """Look at the store, in a thread that may wait for the disk."""
        path = self.station.config.store.path
        pool = reactor.getThreadPool()
        try:
            self.room = await deferToThreadPool(reactor, pool, room, path)
            found: Standing = await deferToThreadPool(
                reactor, pool, survey, path, self.key, self._counted
            )
        except (RecordsError, OSError) as error:
            if self.standing is not None:
                log.error("%s: cannot be looked at: %s", self.station.name, error)
            self.standing = None
            return
        self._counted = found.happened.until
        self.counters.recorded(found.happened.counts)
        for one in found.happened.counts:
            if one.code == FROM_THE_FUTURE:
                self.clock_watch.refused(one.direction)
        self.successes.update(found.happened.successes)
        self.standing = found

    def endings(self) -> list[Ending]:
        """Every certificate that this station works with, and until when."""
        issuing, root = self.station.directory.trust.authorities
        found = {
            "tls": self.certificates.identity.certificate,
            **self.certificates.fixed,
            "issuing": issuing,
            "root": root,
        }
        return [
            Ending(name, one.not_valid_before_utc, one.not_valid_after_utc)
            for name, one in found.items()
        ]

    @property
    def list_ends(self) -> datetime:
        """When the revocation list in use goes out of time."""
        return self.station.directory.trust.list_ends
