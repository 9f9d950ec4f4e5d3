# SPDX-License-Identifier: Apache-2.0
"""A station as its watchers see it, without sockets: what `assembly` would join."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from twisted.internet import reactor

from gateway.records.measured import MeasuredStore
from gateway.records.survey import survey
from gateway.services.certificates import Certificates
from gateway.services.clock_watch import ClockWatch
from gateway.services.counters import Counters
from gateway.services.overview import Overview
from gateway.services.revocation import Revocation
from pki.names import StationName
from pki.trust import TrustStore
from tests.gateway.world import NOON, PROVIDER, STORE_KEY, World, new_store


@dataclass
class Listening:
    """A listener's numbers."""

    connections: int = 0
    unproven: int = 0
    turned_away: int = 0


@dataclass
class Watched:
    """A station, and a hand on its clock."""

    now: datetime = NOON
    steady: float = 0.0
    outside: Listening = field(default_factory=Listening)
    path: Path = Path()
    overview: Overview = None  # type: ignore[assignment]

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.steady

    def look(self) -> None:
        """What the survey's thread does, at once."""
        of = self.overview
        found = survey(self.path, STORE_KEY, of._counted)
        of._counted = found.happened.until
        of.counters.recorded(found.happened.counts)
        of.successes.update(found.happened.successes)
        of.standing = found


def watched(world: World, folder: Path, name: StationName = PROVIDER) -> Watched:
    """A station with an empty store; whoever made it closes its store."""
    made = Watched(path=new_store(folder))
    store = MeasuredStore.open(made.path, STORE_KEY, reactor.callFromThread)
    station = world.station(name, store, folder)
    station.directory.trust = TrustStore.load(world.layout.chain, world.layout.crl)
    trust = station.directory.trust
    made.overview = Overview(
        station=station,
        store=store,
        key=STORE_KEY,
        certificates=Certificates(station.config, trust, made.clock),
        revocation=Revocation(trust, world.layout.crl),
        counters=Counters(),
        clock=made.clock,
        clock_watch=ClockWatch(made.clock, made.monotonic),
        clients=[],
        listeners={"outside": made.outside},  # type: ignore[dict-item]
    )
    return made
