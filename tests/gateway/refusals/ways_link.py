# SPDX-License-Identifier: Apache-2.0
"""Into the refusals of links: over real TLS, at a listener joined as the daemon's."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import succeed
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import Clock

from gateway.services.links import Links
from gateway.services.listener import Answer, HttpListener, ListenerSettings
from gateway.services.server_link import CLOSE_SECONDS
from gateway.services.witness import Witness
from pki import tls
from pki.issuance import Issuer
from pki.keystore import load_certificate, load_p256_key
from pki.names import StationName
from pki.profiles import PROFILES
from pki.trust import Identity, Purpose
from tests.gateway.refusals.scene import CutOff, Scene, Way
from tests.gateway.services.logs import PeersLog
from tests.gateway.services.network import (
    CITY,
    LATE,
    NOON,
    TOWN,
    Network,
    Probe,
    probe,
    until,
)
from tests.gateway.works import Works
from tests.gateway.world import CORE, PROVIDER
from tests.pki.drafts import Draft, names, usages

SETTINGS = ListenerSettings(
    max_connections=8, idle_seconds=60, request_seconds=20, handshake_seconds=10
)
POST = b"POST /v1/messages HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Gate:
    """A station's outside listener."""

    network: Network
    works: Works
    links: Links
    known: tuple[StationName, ...] = (TOWN, LATE)
    clock: Clock = field(default_factory=Clock)
    reasons: list[str] = field(default_factory=list)
    port: int = 0

    def identify(self, certificate: Certificate) -> Identity:
        identity = self.network.identify(certificate)
        self.links.must_be_known(identity, self.known)
        return identity

    def refused(self, host: str, reason: str) -> None:
        self.links.refused(host, reason)
        self.reasons.append(reason)


@asynccontextmanager
async def _gate(scene: Scene) -> AsyncIterator[Gate]:
    works = scene.works_at(PROVIDER)
    network = Network(scene.folder / "authority")
    gate = Gate(network, works, Links(works.station, works.clock))
    listener = HttpListener(
        SETTINGS,
        network.server(CITY),
        gate.identify,
        lambda request, identity: succeed(Answer(200, "text/plain", b"let in")),
        gate.refused,
        gate.clock,
    )
    endpoint = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    gate.port = (await listener.listen(endpoint)).getHost().port
    try:
        yield gate
    finally:
        stopping = listener.stop(1)
        gate.clock.pump([1, CLOSE_SECONDS + 1])
        await stopping
        await until(lambda: listener.connections == 0)


Caller = Callable[[Gate], Any]


def _turned_away(caller: Caller, said: bytes = POST) -> Way:
    """Call with the TLS context that ``caller`` makes, and say something."""

    async def way(scene: Scene) -> CutOff:
        async with _gate(scene) as gate:
            link = await probe(gate.port, caller(gate))
            link.transport.write(said)
            return await _told(gate, link)

    return way


async def _told(gate: Gate, link: Probe) -> CutOff:
    await link.lost
    await until(lambda: gate.reasons)
    await gate.links.write()
    return CutOff(gate.works, link.got)


def _nobody(gate: Gate) -> SSL.Context:
    return SSL.Context(SSL.TLS_CLIENT_METHOD)


def _another_authority(gate: Gate) -> SSL.Context:
    directory = gate.network.layout.directory
    context = Network(directory.with_name("other")).client(TOWN)
    context.set_verify(SSL.VERIFY_NONE)
    return context


def _after(moved: timedelta) -> Caller:
    def caller(gate: Gate) -> SSL.Context:
        gate.network.now = NOON + moved
        return gate.network.client(TOWN)

    return caller


def _revoked(gate: Gate) -> SSL.Context:
    gate.network.revoke(LATE)
    return gate.network.client(LATE)


def _for_signing(gate: Gate) -> SSL.Context:
    return gate.network.client(TOWN, Purpose.SIGNING)


def _not_admitted(gate: Gate) -> SSL.Context:
    gate.known = (LATE,)
    return gate.network.client(TOWN)


def _older_tls(gate: Gate) -> SSL.Context:
    old = gate.network.client(TOWN, minimum=tls.TLS1_2)
    old.set_max_proto_version(tls.TLS1_2)
    return old


def _not_as_planned(gate: Gate) -> SSL.Context:
    """A certificate that the real authority signed, and that names two stations."""
    layout = gate.network.layout
    issuer = Issuer(
        load_p256_key(layout.issuing_key), load_certificate(layout.issuing_certificate)
    )
    key = load_p256_key(layout.key(TOWN, Purpose.TLS))
    draft = Draft(
        key=key.public_key(),
        usages=usages(*PROFILES[Purpose.TLS].usages),
        names=names(TOWN.uri, CITY.uri),
    )
    path = Path(layout.directory) / "two-names.crt"
    path.write_bytes(draft.signed(issuer).public_bytes(Encoding.PEM))
    return tls.client_context(
        layout.key(TOWN, Purpose.TLS), path, layout.chain, lambda certificate: True
    )


async def _silent(scene: Scene) -> CutOff:
    """Somebody who connects and never begins the handshake."""
    async with _gate(scene) as gate:
        link = await probe(gate.port, None)
        await until(gate.clock.getDelayedCalls)
        gate.clock.advance(SETTINGS.handshake_seconds)
        return await _told(gate, link)


async def _two_trees(scene: Scene) -> CutOff:
    """A peer that shows its witness two logs of the same length."""
    works, log = scene.works_at(PROVIDER), PeersLog(scene.world, CORE)
    told = Witness(works.station, PeersLog(scene.world, PROVIDER).key, works.clock)
    await told.post(log.request(0, 2), scene.world.identity(CORE))
    asked = log.request(2, 2, forked=True)
    answer = await told.post(asked, scene.world.identity(CORE))
    return CutOff(works, answer.body)


WAYS: Mapping[str, Way] = {
    "SK-L01": _turned_away(_nobody),
    "SK-L02": _turned_away(_another_authority),
    "SK-L03": _turned_away(_after(timedelta(days=500))),
    "SK-L04": _turned_away(_revoked),
    "SK-L05": _turned_away(_for_signing),
    "SK-L06": _turned_away(_not_admitted),
    "SK-L07": _turned_away(_older_tls),
    "SK-L08": _turned_away(_after(timedelta(days=8))),
    "SK-L09": _turned_away(
        lambda gate: gate.network.client(TOWN), b"POST / HTTP/1.1\r\nHost: h\r\n\r\n"
    ),
    "SK-L10": _turned_away(_not_as_planned),
    "SK-L11": _silent,
    "SK-L12": _two_trees,
}
