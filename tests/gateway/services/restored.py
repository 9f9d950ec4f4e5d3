# SPDX-License-Identifier: Apache-2.0
"""A small network in memory of which one station is lost and comes back.

Every station is real but for its sockets: what a client posts is handed to the other
station's own handler. A station that is not in the network is one that is away.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock

from gateway.records.restoring import Restore
from gateway.services.peer_errors import PeerUnreachable
from gateway.services.reconcile_answers import TARGET, ReconcileAnswers
from gateway.services.reconciling import Reconciling
from gateway.services.runtime import CMS
from gateway.services.sender import Sender
from pki.names import StationName
from protocols.http import Request, Response
from protocols.tlog.note import Kind, Verifier
from tests.gateway.services.network import until
from tests.gateway.works import Works, works
from tests.gateway.world import NOON

LOG = Verifier("sekisho.invalid/102024/intermediate_server", Kind.LOG, bytes(32))
SINCE = NOON - timedelta(minutes=10)


@dataclass
class Town:
    """Stations at work, by name."""

    stations: dict[StationName, Works] = field(default_factory=dict)
    asked: list[tuple[StationName, bytes]] = field(default_factory=list)
    """Who was asked what it has on record."""
    altered: dict[StationName, object] = field(default_factory=dict)
    """What is done to the answer of a station on its way."""

    def handle(self, caller: StationName, name: StationName):
        """A client of ``caller``'s for one peer."""
        town = self

        class Line:
            def post(self, path, content_type, body):
                there = town.stations.get(name)
                if there is None:
                    return fail(PeerUnreachable("refused"))
                if path == TARGET:
                    town.asked.append((name, body))
                request = Request("POST", path, content_type, body, True)
                return Deferred.fromCoroutine(town._answer(there, caller, request))

        return Line()

    async def _answer(self, there, caller, request):
        identity = there.world.identity(caller)
        if request.target == TARGET:
            door = ReconcileAnswers(there.station, there.clock, there.links.refused)
            found = await door.post(request, identity)
            change = self.altered.get(there.station.name)
            body = found.body if change is None else change(found.body)
            return Response(found.status, found.content_type, body, True)
        found = await there.runtime.post(request, identity)
        return Response(found.status, found.content_type, found.body, True)

    async def carry(self, name: StationName, limit: int = 9) -> None:
        """Deliver what a station owes until it owes nothing, or as many messages."""
        there = self.stations[name]
        while there.offered and limit:
            limit -= 1
            sent = there.offered.pop(0)
            peer = StationName.parse(sent.peer)
            sender = Sender(
                peer,
                self.handle(name, peer),
                there.station,
                there.role,
                there.runtime,
                there.clock,
                Clock(),
            )
            sender.offer(sent)
            await until(lambda s=sender: not s.carried)

    async def settle(self) -> None:
        """Everybody delivers everything."""
        while any(one.offered for one in self.stations.values()):
            for name in self.stations:
                await self.carry(name)


def closed(there: Works) -> Works:
    """The station has come back from a backup that was made at noon."""
    restore = Restore(
        generation=2,
        at=NOON,
        made=NOON,
        since=SINCE,
        operator="復元 一郎",
        log="sekisho.invalid/102024/intermediate_server",
        size=0,
        root=b"",
    )
    there.write(lambda tx: tx.close_restored(restore))
    there.station.facts.restored.closed = True
    return there


def empty_again(world, name, folder) -> Works:
    """A station with nothing in its store: the backup was made before all of it."""
    folder.mkdir()
    return closed(works(world, name, folder))


async def reconcile(town: Town, there: Works) -> None:
    """One round of a closed station."""
    name = there.station.name
    round_ = Reconciling(
        there.runtime,
        there.role,
        lambda peer: town.handle(name, peer),
        LOG,
        there.clock,
    )
    await round_.look()


__all__ = ["CMS", "LOG", "SINCE", "Town", "closed", "empty_again", "reconcile"]
