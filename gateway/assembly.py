# SPDX-License-Identifier: Apache-2.0
"""Builds a station and joins its parts. Decides nothing.

The only place where rooms meet: rules and roles get their station, the runtime gets
role and sender, listeners get handlers, and the overview sees them all. A station has
its own keys, listeners, store and senders, and shares nothing with another but the
reactor and the clock.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred

from gateway import log_key
from gateway.around import Around
from gateway.config import Config
from gateway.following import Following
from gateway.loading import ROLES, load_station
from gateway.records.measured import MeasuredStore
from gateway.returning import Returning
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.municipal_cs import MunicipalCs
from gateway.roles.role import Role
from gateway.running import Running
from gateway.services.admin import AdminListener, Pages
from gateway.services.certificates import Certificates
from gateway.services.consistency import Consistency
from gateway.services.counters import Counters
from gateway.services.cs_inside import CsInside
from gateway.services.eraser import Eraser
from gateway.services.found import Found
from gateway.services.holds import Holds
from gateway.services.inside import Inside as InsideService
from gateway.services.keeping import Keeper
from gateway.services.links import Links
from gateway.services.listener import HttpListener, ListenerSettings
from gateway.services.merger import Merger
from gateway.services.notices import Notices
from gateway.services.outbox import Outbox
from gateway.services.overview import Overview
from gateway.services.peer import PeerClient
from gateway.services.post import Post
from gateway.services.revocation import Revocation
from gateway.services.rounds import Round, Rounds
from gateway.services.runtime import Runtime
from gateway.services.sender import Sender
from gateway.services.sweeper import Sweeper
from gateway.services.trust_watch import TrustWatch
from gateway.station import (
    Station,
)
from gateway.vouching import Vouching
from pki.keystore import load_secret
from pki.names import StationName
from pki.trust import Identity, Purpose

__all__ = ["Around", "start"]

OUTSIDE = "outside"
"""The listener for peers, as counters and the overview name it."""
HOLD_INTERVAL = 0.2
CHECK_INTERVAL = 0.5
"""Seconds between two looks for decisions: a clerk should not wait for the machine."""
OUTBOX_INTERVAL = 0.5
"""A person who has a message tried again sees it tried within a second."""
LINK_INTERVAL = 1.0
FILE_INTERVAL = 1.0
LOG_INTERVAL = 1.0
"""Between two heads of the record's log: a record is provable after so long."""
SWEEP_INTERVAL = 60.0
SURVEY_INTERVAL = 5.0
"""Between two looks at the store for metrics and status: below every scrape's."""


async def start(config: Config, around: Around) -> Running:
    """Bring one station up: its listeners are open when this returns.

    Raises why it cannot be; then nothing of it is left open.
    """
    station = load_station(config, around.clock, around.reactor)
    try:
        running = _Making(station, around).running()
    except BaseException:
        station.store.close()
        raise
    try:
        await running.open()
    except BaseException:
        await running.stop()
        raise
    return running


class _Making:
    """One station's parts, on their way to each other."""

    def __init__(self, station: Station, around: Around) -> None:
        self._station = station
        self._clock, self._clock_watch = around.clock, around.clock_watch
        self._reactor = around.reactor
        config, trust = station.config, station.directory.trust
        self._certificates = Certificates(config, trust, around.clock)
        self._revocation = Revocation(trust, config.keys.crl)
        self._counters = Counters()
        self._clients: list[PeerClient] = []
        """Grows as peers are first needed."""
        own = self._certificates.fixed
        self._following = Following(station, own, self._clients, around.clock)
        self._links = Links(station, around.clock)
        key = log_key.load(config, station.store.log_generation())
        self._merger = Merger(station.store, key, around.clock)
        self._vouching = Vouching(station, key, self._client, around)
        self._role: Role = ROLES[config.station.role](station)
        self._post = Post(self._sender)
        self._runtime = Runtime(
            station,
            self._role,
            around.clock,
            self._post.offer,
            partial(self._cut_off, OUTSIDE),
        )
        self._returning = Returning(
            self._runtime,
            self._role,
            self._client,
            key,
            around.clock,
            partial(self._cut_off, OUTSIDE),
        )

    def running(self) -> Running:
        """All of it, joined."""
        overview = self._overview()
        admin = None
        if self._station.config.admin is not None:
            admin = AdminListener(Pages(overview), self._reactor)
        work = list(self._returning.rounds(self._rounds(overview)))
        rounds = Rounds(work, self._counters, self._reactor)
        return Running(
            self._station,
            overview,
            self._post,
            self._clients,
            admin,
            rounds,
            self._merger,
            self._reactor,
        )

    def _overview(self) -> Overview:
        store = self._station.store
        assert isinstance(store, MeasuredStore)  # `load_station` opened it
        return Overview(
            station=self._station,
            store=store,
            key=load_secret(self._station.config.store.key),
            certificates=self._certificates,
            revocation=self._revocation,
            calendars=self._following.calendars,
            master=self._following.master,
            patches=self._following.patches,
            freshness=self._vouching.freshness,
            counters=self._counters,
            clock=self._clock,
            clock_watch=self._clock_watch,
            clients=self._clients,
            listeners=dict(self._listeners()),
        )

    def _listeners(self) -> Iterator[tuple[str, HttpListener]]:
        known = self._station.directory
        take = self._returning.outside(partial(self._vouching.post, self._runtime))
        yield OUTSIDE, self._listener(OUTSIDE, known, take)
        if self._station.config.inside is not None:
            inside = self._inside()
            allowed = self._station.config.inside.names()
            handle = self._returning.inside(inside.handle)
            yield "inside", self._listener("inside", allowed, handle)

    def _inside(self) -> InsideService | CsInside:
        if isinstance(self._role, MunicipalCs):
            return CsInside(self._runtime, self._role, self._clock)
        assert isinstance(self._role, IntermediateServer)
        return InsideService(self._runtime, self._role, self._clock)

    def _listener(self, name: str, known: Any, handle: Any) -> HttpListener:
        links = self._links

        def identify(certificate: Any) -> Identity:
            identity = self._believed(certificate)
            links.must_be_known(identity, known)
            return identity

        limits = self._station.config.limits
        settings = ListenerSettings(
            max_connections=limits.connections,
            idle_seconds=limits.idle_seconds,
            request_seconds=limits.request_seconds,
            handshake_seconds=limits.handshake_seconds,
            max_unproven=limits.unproven_connections,
            max_per_station=limits.station_connections,
        )
        return HttpListener(
            settings,
            self._certificates.server,
            identify,
            lambda request, identity: Deferred.fromCoroutine(handle(request, identity)),
            partial(self._cut_off, name),
            self._reactor,
        )

    def _cut_off(self, listener: str, source: str, reason: str) -> None:
        self._counters.refused(listener, reason)
        self._links.refused(source, reason)

    def _believed(self, certificate: Any) -> Identity:
        trust = self._station.directory.trust
        return trust.check(certificate, Purpose.TLS, self._clock())

    def _sender(self, peer: StationName) -> Sender:
        return Sender(
            peer,
            Found(peer, partial(self._client, peer)),
            self._station,
            self._role,
            self._runtime,
            self._clock,
            self._reactor,
        )

    def _client(self, peer: StationName) -> PeerClient | None:
        known = self._station.directory.peer(peer)
        if known is None or known.endpoint is None:
            return None
        limits = self._station.config.limits
        client = PeerClient(
            self._reactor,
            known.endpoint.host,
            known.endpoint.port,
            self._certificates.client,
            self._believed,
            expected=peer,
            max_connections=limits.peer_connections,
            timeout=limits.request_seconds,
        )
        self._clients.append(client)
        return client

    def _rounds(self, overview: Overview) -> Iterator[Round]:
        station, clock, timing = self._station, self._clock, self._station.config.timing
        outbox = Outbox(station, self._post, clock)
        sweeper = Sweeper(station, clock)

        async def survey() -> None:
            await overview.look(self._reactor)

        yield Round("outbox", OUTBOX_INTERVAL, outbox.look)
        yield Round("links", LINK_INTERVAL, self._links.write)
        yield Round("log", LOG_INTERVAL, self._merger.look)
        yield from self._vouching.rounds()
        yield Round("sweeper", SWEEP_INTERVAL, sweeper.sweep)
        eraser = Eraser(station, clock, self._clock_watch)
        yield Round("eraser", SWEEP_INTERVAL, eraser.look)
        trust = TrustWatch(
            self._revocation, lambda: (*overview.listeners.values(), *self._clients)
        )
        yield Round("revocation", timing.trust_every, trust.look)
        yield from self._following.rounds()
        yield Round("certificates", FILE_INTERVAL, self._certificates.look)
        yield Round("survey", SURVEY_INTERVAL, survey)
        if isinstance(self._role, IntermediateServer):
            holds = Holds(self._runtime, self._role, clock)
            yield Round("holds", HOLD_INTERVAL, holds.look)
            notices = Notices(self._runtime, clock)
            yield Round("notices", timing.notice_every, notices.tell)
        if isinstance(self._role, MunicipalCs):
            checks = Consistency(self._runtime, self._role)
            yield Round("consistency", CHECK_INTERVAL, checks.go_on)
            keeper = Keeper(station, clock, self._clock_watch)
            yield Round("keeping", SWEEP_INTERVAL, keeper.look)
