# SPDX-License-Identifier: Apache-2.0
"""Stations at work in a test: real stores, real roles, a clock that the test moves.

No socket is opened: what a listener would give in is given in by hand, and what a
sender would carry away is kept here.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twisted.internet import reactor

from gateway.records.event import EventKind, StoredEvent
from gateway.records.rows import Outgoing
from gateway.records.store import Store, commit_once
from gateway.roles.core_role import CoreSystem
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.municipal_cs import MunicipalCs
from gateway.services.cs_inside import CsInside
from gateway.services.inside import Inside
from gateway.services.links import Links
from gateway.services.listener import Answer, Request
from gateway.services.runtime import CMS, MESSAGES, Runtime
from gateway.station import Station
from pki.names import StationName
from protocols import answers
from protocols.answers import Offered
from protocols.envelope import Packed, digest
from tests.gateway.world import CORE, CS, NEIGHBOUR, NOON, STORE_KEY, World, new_store

ROLES = {CORE: CoreSystem, CS: MunicipalCs, NEIGHBOUR: MunicipalCs}


@dataclass
class Works:
    """One station at work."""

    world: World
    station: Station
    path: Path
    now: datetime = NOON
    offered: list[Outgoing] = field(default_factory=list)
    """What was handed to a sender; each was in the store by then."""

    def __post_init__(self) -> None:
        make = ROLES.get(self.station.name, IntermediateServer)
        self.role: Any = make(self.station)
        self.links = Links(self.station, self.clock)
        self.runtime = Runtime(
            self.station, self.role, self.clock, self._offer, self.links.refused
        )

    def _offer(self, outgoing: Outgoing) -> None:
        assert self.store.outgoing(outgoing.message_id), "offered before it was durable"
        self.offered.append(outgoing)

    def clock(self) -> datetime:
        return self.now

    @property
    def store(self) -> Store:
        return self.station.store

    async def post(self, packed: Packed | bytes, by: StationName | None = None) -> Any:
        """What the outside listener answers to a message, posted ``by`` its sender."""
        if isinstance(packed, Packed):
            by = by or packed.header.sender
            packed = packed.envelope
        assert by is not None
        request = Request("POST", MESSAGES, CMS, packed, True)
        return await self.runtime.post(request, self.world.identity(by))

    def read(self, packed: Packed, answer: Answer) -> answers.Answer:
        """An answer as the sender of ``packed`` verifies it."""
        sent = Offered(
            digest(packed.envelope),
            packed.header.message_id,
            packed.header_digest,
            self.station.name,
        )
        opener = self.world.keys(packed.header.sender).opener
        directory = self.world.directory
        return answers.read(answer.body, sent, opener, directory, self.now)

    def events(self, *kinds: EventKind) -> list[StoredEvent]:
        """What this station has on record, of these kinds or of all."""
        return [
            stored
            for stored in self.store.all_events()
            if not kinds or stored.event.kind in kinds
        ]

    def codes(self, *kinds: EventKind) -> list[str]:
        """The codes on record."""
        return [stored.event.code for stored in self.events(*kinds)]

    def write(self, work: Any) -> Any:
        """One work on the store, as another process would do it."""
        return commit_once(self.path, STORE_KEY, work)

    def lose_store(self) -> None:
        """Take the store's file away under the running station."""
        self.path.rename(self.path.with_suffix(".away"))

    def find_store(self) -> None:
        """Put it back."""
        self.path.with_suffix(".away").rename(self.path)


def works(world: World, name: StationName, folder: Path, **timing: float) -> Works:
    """A station with an empty store; whoever made it closes the store."""
    path = new_store(folder)
    store = Store.open(path, STORE_KEY, reactor.callFromThread)
    return Works(world, world.station(name, store, folder, **timing), path)


def age_the_master(works: Works) -> None:
    """Its master is past its greatest age from now on."""
    old = replace(works.station.facts, longest=timedelta(days=-1))
    works.station._facts = old


def inside_of(works: Works) -> Inside | CsInside:
    """The inside listener that the daemon gives to a station of that role."""
    if isinstance(works.role, MunicipalCs):
        return CsInside(works.runtime, works.role, works.clock)
    return Inside(works.runtime, works.role, works.clock)
