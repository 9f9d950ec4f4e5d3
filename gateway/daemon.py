# SPDX-License-Identifier: Apache-2.0
"""Builds a process's stations and joins their parts. Decides nothing.

The only place where rooms meet: rules and roles get their station, the runtime gets
role and sender, listeners get handlers. One process may hold several stations; each
has its own keys, listeners, store and senders, and shares nothing but the reactor.
"""

import logging
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet import task
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.python.failure import Failure

from gateway import config as configs
from gateway.config import Config, ConfigRefused
from gateway.records.store import Store
from gateway.roles.core_role import CoreSystem
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.municipal_cs import MunicipalCs
from gateway.roles.role import Role
from gateway.services.clock import Clock, system_clock
from gateway.services.holds import Holds
from gateway.services.inside import Inside
from gateway.services.links import Links
from gateway.services.listener import HttpListener, ListenerSettings
from gateway.services.notices import Notices
from gateway.services.notify import Notifier
from gateway.services.outbox import Outbox
from gateway.services.peer import PeerClient
from gateway.services.post import Post
from gateway.services.revocation import Revocation
from gateway.services.runtime import Runtime
from gateway.services.sender import Sender
from gateway.services.sweeper import Sweeper
from gateway.station import Station, load_codes, load_directory, load_keys
from pki import tls
from pki.keystore import load_secret
from pki.names import StationName
from pki.trust import Identity, Purpose, TrustStore

log = logging.getLogger(__name__)

ROLES: dict[str, Any] = {
    "information_provision_network_system": CoreSystem,
    "intermediate_server": IntermediateServer,
    "municipal_cs": MunicipalCs,
}
"""The roles that this daemon plays; every other system is a simulator's business."""

HOLD_INTERVAL = 0.2
"""Seconds between two looks for decisions: a clerk should not wait for the machine."""
OUTBOX_INTERVAL = 1.0
FINISH_SECONDS = 2.0
"""For what is in flight at a stop: once for those who ask us, once for those we ask."""
LINK_INTERVAL = 1.0
CRL_INTERVAL = 1.0
SWEEP_INTERVAL = 60.0


@dataclass(slots=True)
class Running:
    """One station at work, with what must be stopped again."""

    station: Station
    post: Post
    clients: list[PeerClient]
    listeners: list[HttpListener]
    loops: list[task.LoopingCall]

    async def stop(self) -> None:
        """Take nothing new, finish what is in flight, then close the store.

        What a peer does not answer in time stays in the outbox.
        """
        for loop in self.loops:
            loop.stop()
        sent = self.post.stop()
        await gatherResults([one.stop(FINISH_SECONDS) for one in self.listeners])
        await gatherResults([one.close(FINISH_SECONDS) for one in self.clients])
        await sent
        self.station.store.close()


def load_station(config: Config, clock: Clock, reactor: Any) -> Station:
    """Read everything that a station needs; raises what is wrong with it."""
    if config.station.role not in ROLES:
        known = ", ".join(sorted(ROLES))
        raise ConfigRefused(f"{config.station.name}: role must be one of {known}")
    directory = load_directory(config, clock())
    keys, codes = load_keys(config), load_codes(config)
    key = load_secret(config.store.key)
    store = Store.open(config.store.path, key, reactor.callFromThread)
    return Station(config, keys, directory, store, codes)


async def start(config: Config, clock: Clock, reactor: Any) -> Running:
    """Bring one station up: its listeners are open when this returns."""
    station = load_station(config, clock, reactor)
    role: Role = ROLES[config.station.role](station)
    clients: list[PeerClient] = []
    links = Links(station, clock)

    def make_sender(peer: StationName) -> Sender | None:
        client = _client(station, peer, clock, reactor)
        if client is None:
            return None
        clients.append(client)
        return Sender(peer, client, station, role, runtime, clock, reactor)

    post = Post(make_sender)
    runtime = Runtime(station, role, clock, post.offer)
    running = Running(station, post, clients, [], [])
    running.listeners.append(await _outside(runtime, links, clock, reactor))
    if config.inside is not None:
        cs = role if isinstance(role, MunicipalCs) else None
        inside = Inside(runtime, cs, clock)
        running.listeners.append(await _inside(inside, station, links, clock, reactor))
    running.loops.extend(_loops(runtime, role, post, links, clock, reactor))
    return running


def _loops(
    runtime: Runtime, role: Role, post: Post, links: Links, clock: Clock, reactor: Any
) -> Iterable[task.LoopingCall]:
    timing = runtime.station.config.timing
    yield _every(OUTBOX_INTERVAL, Outbox(runtime.station, post, clock).look, reactor)
    yield _every(LINK_INTERVAL, links.write, reactor)
    yield _every(SWEEP_INTERVAL, Sweeper(runtime.station, clock).sweep, reactor)
    trust, crl = runtime.station.directory.trust, runtime.station.config.keys.crl
    yield _every(CRL_INTERVAL, Revocation(trust, crl).look, reactor)
    if isinstance(role, IntermediateServer):
        yield _every(HOLD_INTERVAL, Holds(runtime, role, clock).look, reactor)
        yield _every(timing.notice_every, Notices(runtime, clock).tell, reactor)


def _every(seconds: float, work: Any, reactor: Any) -> task.LoopingCall:
    loop = task.LoopingCall(lambda: Deferred.fromCoroutine(_guarded(work)))
    loop.clock = reactor
    loop.start(seconds, now=True)
    return loop


async def _guarded(work: Any) -> None:
    """A fault in one round must not end all later rounds."""
    try:
        await work()
    except Exception:
        log.exception("a background task failed; it goes on with its next round")


async def _outside(
    runtime: Runtime, links: Links, clock: Clock, reactor: Any
) -> HttpListener:
    station = runtime.station
    known = station.directory.peers

    def identify(certificate: Any) -> Identity:
        identity = station.directory.trust.check(certificate, Purpose.TLS, clock())
        links.must_be_known(identity, known)
        return identity

    listener = _listener(station, identify, runtime.post, links, reactor)
    address = station.config.outside
    await listener.listen(_endpoint(address.host, address.port, reactor))
    return listener


async def _inside(
    inside: Inside, station: Station, links: Links, clock: Clock, reactor: Any
) -> HttpListener:
    address = station.config.inside
    assert address is not None
    allowed = address.names()

    def identify(certificate: Any) -> Identity:
        identity = station.directory.trust.check(certificate, Purpose.TLS, clock())
        links.must_be_known(identity, allowed)
        return identity

    listener = _listener(station, identify, inside.handle, links, reactor)
    await listener.listen(_endpoint(address.host, address.port, reactor))
    return listener


def _endpoint(host: str, port: int, reactor: Any) -> Any:
    kind = TCP6ServerEndpoint if ":" in host else TCP4ServerEndpoint
    return kind(reactor, port, interface=host)


def _listener(
    station: Station, identify: Any, handle: Any, links: Links, reactor: Any
) -> HttpListener:
    limits = station.config.limits
    base = station.config.keys.directory
    context = tls.server_context(
        base / "tls.key", base / "tls.crt", station.config.keys.chain, _asked_later
    )
    settings = ListenerSettings(
        max_connections=limits.connections,
        idle_seconds=limits.idle_seconds,
        request_seconds=limits.request_seconds,
        handshake_seconds=limits.handshake_seconds,
    )
    return HttpListener(
        settings,
        context,
        identify,
        lambda request, identity: Deferred.fromCoroutine(handle(request, identity)),
        links.refused,
        reactor,
    )


def _asked_later(certificate: object) -> bool:
    """Never the last word: each link puts its own examination in this place."""
    return False


def _client(
    station: Station, peer: StationName, clock: Clock, reactor: Any
) -> PeerClient | None:
    known = station.directory.peer(peer)
    if known is None or known.endpoint is None:
        return None
    base = station.config.keys.directory
    context = tls.client_context(
        base / "tls.key", base / "tls.crt", station.config.keys.chain, _asked_later
    )
    trust: TrustStore = station.directory.trust
    return PeerClient(
        reactor,
        known.endpoint.host,
        known.endpoint.port,
        context,
        lambda certificate: trust.check(certificate, Purpose.TLS, clock()),
        expected=peer,
        max_connections=station.config.limits.peer_connections,
        timeout=station.config.limits.request_seconds,
    )


def run(paths: Sequence[Path], clock: Clock = system_clock) -> None:
    """Run the stations of ``paths`` until a signal stops them.

    Raises `ConfigRefused`, a `PkiError` or `RecordsError` if one cannot start; then
    none is left running.
    """
    from twisted.internet import reactor

    process = _Process([configs.load(path) for path in paths], clock, reactor)
    process.run()


class _Process:
    """One process and its stations, from the first signal to the last."""

    def __init__(self, loaded: Sequence[Config], clock: Clock, reactor: Any) -> None:
        self._configs = loaded
        self._clock = clock
        self._reactor = reactor
        self._running: list[Running] = []
        self._notifier = Notifier.from_environment()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Until the reactor stops; raises why it could not start."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._reactor.addSystemEventTrigger(
            "before", "shutdown", lambda: Deferred.fromCoroutine(self._stop())
        )
        self._reactor.callWhenRunning(
            lambda: Deferred.fromCoroutine(self._start()).addErrback(self._failed)
        )
        self._reactor.run()
        if self._failure is not None:
            raise self._failure

    async def _start(self) -> None:
        for config in self._configs:
            self._running.append(await start(config, self._clock, self._reactor))
            log.info("%s: ready", config.station.name)
        self._notifier.tell("READY=1")

    async def _stop(self) -> None:
        self._notifier.tell("STOPPING=1")
        await gatherResults(
            [Deferred.fromCoroutine(one.stop()) for one in self._running]
        )

    def _failed(self, failure: Failure) -> None:
        self._failure = failure.value
        self._reactor.stop()
