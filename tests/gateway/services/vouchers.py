# SPDX-License-Identifier: Apache-2.0
"""A station's log with its witnesses, all in one process and without a socket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from twisted.internet.defer import Deferred, fail, succeed

from gateway.config import Proof
from gateway.records.event import Event, EventKind, prepare
from gateway.services.cosigners import Cosigners
from gateway.services.link_host import Answer
from gateway.services.merger import Merger
from gateway.services.peer_errors import PeerUnreachable
from gateway.services.witness import Witness
from pki.names import StationName
from protocols.http import Response
from tests.gateway.services.logs import PeersLog, posted
from tests.gateway.works import Works
from tests.gateway.world import CORE, PROVIDER, REQUESTER, SECOND_PROVIDER

NAMES = (CORE, SECOND_PROVIDER, REQUESTER)


@dataclass
class Asking:
    """A client of one witness: what is posted is handed to the witness itself."""

    told: Witness
    by: Any
    away: bool = False
    instead: Answer | None = None
    asked: list[bytes] = field(default_factory=list)

    def post(self, path: str, content_type: str, body: bytes) -> Deferred[Response]:
        self.asked.append(body)
        if self.away:
            return fail(PeerUnreachable("connection_refused"))
        if self.instead is not None:
            return succeed(_response(self.instead))
        answer = Deferred.fromCoroutine(self.told.post(posted(body), self.by))
        return answer.addCallback(_response)


def _response(answer: Answer) -> Response:
    return Response(answer.status, answer.content_type, answer.body, True)


@dataclass
class Watched:
    """A provider whose log is co-signed by up to three others."""

    own: Works
    others: dict[StationName, Works]
    clients: dict[StationName, Asking]
    merger: Merger
    cosigners: Cosigners

    def set(self, **proof: Any) -> None:
        """Change the table [proof] of its configuration."""
        config = self.own.station.config
        changed = replace(config.proof, **proof)
        self.own.station.config = replace(config, proof=changed)

    async def record(self, count: int = 1) -> None:
        """Record something, and take it into the log."""
        for _ in range(count):
            event = Event(EventKind.RECEIVED, self.own.now, "in")
            record = prepare(event)
            await self.own.store.commit(lambda tx, record=record: tx.record(record))
        await self.merger.look()


def watched(works_at: Callable[..., Works], *, quorum: int = 2) -> Watched:
    """The provider and its three witnesses, each with a store of its own."""
    own = works_at(PROVIDER)
    others = {name: works_at(name) for name in NAMES}
    key = PeersLog(own.world, PROVIDER).key
    by = own.world.identity(PROVIDER)
    clients = {}
    for name, works in others.items():
        told = Witness(works.station, PeersLog(own.world, name).key, works.clock)
        clients[name] = Asking(told, by)
    made = Watched(
        own,
        others,
        clients,
        Merger(own.store, key, own.clock),
        Cosigners(own.station, key, clients.get, own.clock),
    )
    made.set(witnesses=tuple(map(str, NAMES)), quorum=quorum)
    assert isinstance(own.station.config.proof, Proof)
    return made
