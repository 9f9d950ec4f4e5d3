# SPDX-License-Identifier: Apache-2.0
"""Asks every peer what a restored station forgot, and opens it when all have told.

Starts with a station whose store says that it is closed; looks every few seconds; ends
with the opening. Each page is durable, with what follows from it, before the next is
asked for, so that a station that is killed goes on where it was. A peer that is away is
asked again; for one that cannot answer, a person decides (`sekisho restore decide`).

Asked is every station of the master whose role has anything to do with ours. What none
of them has on record happened to nobody else.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, Protocol

from msgspec.structs import replace
from twisted.internet.defer import Deferred, DeferredSemaphore, gatherResults

from gateway.log_key import origin_of
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.restoring import (
    ANSWERED,
    ASKED,
    SETTLED,
    PeerTold,
    Restore,
)
from gateway.records.transaction import Transaction
from gateway.roles.role import Role
from gateway.services.clock import Clock
from gateway.services.learning import Learner
from gateway.services.peer_errors import PeerError
from gateway.services.reopening import Reopening
from gateway.services.runtime import CMS, Runtime, apply
from gateway.station import Station
from pki.names import StationName
from protocols import reconcile
from protocols.envelope import digest
from protocols.errors import AnswerInvalid
from protocols.header import wire_time
from protocols.http import Response
from protocols.reconcile import NONCE_SIZE, TARGET, Answered, Asked
from protocols.tlog import checkpoint
from protocols.tlog.errors import LogError
from protocols.tlog.generation import as_of, base_of
from protocols.tlog.note import Verifier
from schemas.catalogue import ROWS

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Peers that are asked at the same time."""


class Client(Protocol):
    """What is needed of a client of one peer."""

    def post(self, path: str, content_type: str, body: bytes) -> Deferred[Response]: ...


class NotTold(Exception):
    """A peer did not tell what it has on record; the text says why."""


class Reconciling:
    """One station's. Does nothing while the station is not closed by a restore."""

    def __init__(
        self,
        runtime: Runtime,
        role: Role,
        client_of: Callable[[StationName], Client | None],
        key: Verifier,
        clock: Clock,
    ) -> None:
        """``key`` is that of our own log: what we signed once, we believe."""
        self._runtime = runtime
        self._key = key
        self._station: Station = runtime.station
        self._client_of = client_of
        self._clients: dict[StationName, Client] = {}
        self._clock = clock
        self._learner = Learner(self._station, role)
        self._reopening = Reopening(runtime, role, clock)

    async def look(self) -> None:
        """Ask whoever has not told everything; open once nobody is left."""
        store = self._station.store
        restore = store.closed_restore()
        if restore is None:
            return
        waited = self._waited()
        if waited:
            await self._list(waited)
            places = DeferredSemaphore(AT_ONCE)
            asked = [places.run(self._begin, one, restore) for one in waited]
            await gatherResults(asked)
        if not self._waited():
            await self._reopening.open(restore)

    def _waited(self) -> list[PeerTold]:
        """Who has not told everything, and about whom nobody has decided."""
        known = self._station.store.peers_told()
        return [
            known.get(str(name), PeerTold(str(name)))
            for name in peers_of(self._station)
            if str(name) not in known or known[str(name)].state not in SETTLED
        ]

    async def _list(self, waited: list[PeerTold]) -> None:
        """So that a person sees whom the station waits for."""
        known, now = self._station.store.peers_told(), self._clock()
        new = [one for one in waited if one.peer not in known]

        def work(tx: Transaction) -> None:
            for one in new:
                tx.put_peer_told(one, now)

        if new:
            await self._station.store.commit(work)

    def _begin(self, told: PeerTold, restore: Restore) -> Deferred[None]:
        return Deferred.fromCoroutine(self._ask(told, restore))

    async def _ask(self, told: PeerTold, restore: Restore) -> None:
        """All that one peer has to tell, or why it does not."""
        peer = StationName.parse(told.peer)
        try:
            while told.state == ASKED:
                told = await self._page(peer, told, restore)
        except (NotTold, PeerError, AnswerInvalid) as error:
            problem = _problem(error)
            if problem != told.problem:
                log.warning(
                    "%s: not reconciled with %s yet: %s",
                    self._station.name,
                    peer,
                    problem,
                )
                kept, now = replace(told, problem=problem), self._clock()
                await self._station.store.commit(lambda tx: tx.put_peer_told(kept, now))

    async def _page(
        self, peer: StationName, told: PeerTold, restore: Restore
    ) -> PeerTold:
        """One page, asked for, learned from and kept; how far the peer is then."""
        now, station = self._clock(), self._station
        asked = Asked(
            nonce=station.token_bytes(NONCE_SIZE),
            sender=station.name,
            receiver=peer,
            at=wire_time(now),
            since=wire_time(restore.since),
            place=told.place,
        )
        body = reconcile.write_request(asked, station.keys.signer)
        raw = await self._post(peer, body)
        now = self._clock()
        page = reconcile.read_answer(raw, digest(body), peer, station.directory, now)
        if page.place is not None and page.place <= told.place:
            raise NotTold("its pages do not go on")
        further = replace(
            told,
            state=ANSWERED if page.place is None else ASKED,
            place=told.place if page.place is None else page.place,
            messages=told.messages + len(page.entries),
            problem="",
        )
        await self._keep(peer, page, raw, further, restore, now)
        return further

    async def _post(self, peer: StationName, body: bytes) -> bytes:
        client = self._clients.get(peer) or self._client_of(peer)
        if client is None:
            raise NotTold("the master has no address of it")
        self._clients[peer] = client
        answer = await client.post(TARGET, CMS, body)
        if answer.status != 200 or answer.content_type != CMS:
            raise NotTold(f"it answered {answer.status}")
        return answer.body

    async def _keep(
        self,
        peer: StationName,
        page: Answered,
        raw: bytes,
        further: PeerTold,
        restore: Restore,
        now: datetime,
    ) -> None:
        lesson = self._learner.lesson(peer, page, now)
        told = self._told(peer, page, raw, restore, now)
        token_bytes = self._station.token_bytes
        records = [prepare(one, token_bytes) for one in (told, *lesson.events)]
        ready = [(plan, self._runtime.pack(plan.drafts, now)) for plan in lesson.plans]

        def work(tx: Transaction) -> None:
            for record in records:
                tx.record(record)
            for change in lesson.changes:
                change(tx)
            for plan, packed in ready:
                apply(tx, plan, (), packed)
            tx.put_peer_told(further, now)

        await self._station.store.commit(work)

    def _told(
        self,
        peer: StationName,
        page: Answered,
        raw: bytes,
        restore: Restore,
        now: datetime,
    ) -> Event:
        """The page itself, with the peer's signature, and what it saw of our logs."""
        seen = [f"{origin} at {size}" for origin, size in self._heads(page)]
        saw = f"; it co-signed {', '.join(seen)}" if seen else ""
        return Event(
            kind=EventKind.LEARNED,
            at=now,
            direction="local",
            peer=str(peer),
            detail=(
                f"{len(page.entries)} messages on this peer's record since "
                f"{restore.since:%Y-%m-%dT%H:%M:%SZ}{saw}"
            ),
            evidence={"answer": raw},
        )

    def _heads(self, page: Answered) -> Iterator[tuple[str, int]]:
        """Heads of our own logs that the peer has: we had signed them, or they are
        not told of. They say how much was lost."""
        first = origin_of(self._station.name)
        for note in page.heads:
            try:
                head = checkpoint.read(note)[0]
                if base_of(head.origin) != first:
                    continue
                checkpoint.verify(note, (as_of(self._key, head.origin),))
            except LogError:
                continue
            yield head.origin, head.size


def peers_of(station: Station) -> list[StationName]:
    """Every other station whose role has messages to exchange with ours."""
    own = station.name
    roles = {
        other
        for row in ROWS.values()
        for pair in row.outside
        for mine, other in (pair, pair[::-1])
        if mine == own.role
    }
    return [
        name
        for name in sorted(station.directory.peers, key=str)
        if name != own and name.role in roles
    ]


def closed_by_restore(station: Station) -> str:
    """Why a restored station is closed, for its operator; empty where it is open."""
    if not station.facts.restored.closed:
        return ""
    try:
        told = station.store.peers_told().values()
    except StoreUnavailable as error:
        return str(error)
    waited = sum(one.state not in SETTLED for one in told)
    return (
        f"closed: {waited} of {len(told)} peers have not told what they have on "
        "record: see 'sekisho restore status'"
    )


def _problem(error: Exception) -> str:
    if isinstance(error, NotTold):
        return str(error)
    if isinstance(error, AnswerInvalid):
        return "its answer is not signed by it, or answers something else"
    return f"it cannot be reached: {getattr(error, 'reason', error)}"
