# SPDX-License-Identifier: Apache-2.0
"""A small network with real certificates, and ends of links that tests can hold."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, deferLater
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from pki import tls
from pki.authority import Authority, build
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.plan import read
from pki.serials import RevocationReason
from pki.trust import Identity, Purpose, TrustStore

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
CITY = StationName("102024", "intermediate_server")
TOWN = StationName("102016", "intermediate_server")
LATE = StationName("100005", "intermediate_server")
PLAN = """
[network]
name = "links"
test = true
""" + "".join(
    f"""
[[station]]
organisation = "{station.organisation}"
role = "{station.role}"
name = "{station.organisation}"
purposes = ["tls", "signing"]
"""
    for station in (CITY, TOWN, LATE)
)


class Network:
    """An authority with three stations; it is ``at`` until the test moves it."""

    def __init__(self, directory: Path, at: datetime = NOON) -> None:
        build(read(PLAN), directory, at)
        self.layout = Layout(directory)
        self.now = at
        self.trust = TrustStore.load(self.layout.chain, self.layout.crl)

    def identify(self, certificate: x509.Certificate) -> Identity:
        return self.trust.check(certificate, Purpose.TLS, self.now)

    def server(self, station: StationName, **options: int) -> SSL.Context:
        return self._context(tls.server_context, station, Purpose.TLS, options)

    def client(
        self, station: StationName, purpose: Purpose = Purpose.TLS, **options: int
    ) -> SSL.Context:
        return self._context(tls.client_context, station, purpose, options)

    def certificate(self, station: StationName) -> x509.Certificate:
        return load_certificate(self.layout.certificate(station, Purpose.TLS))

    def revoke(self, station: StationName) -> None:
        """Take a certificate back, and have every user of `trust` know it."""
        authority = Authority.open(self.layout.directory)
        serial = authority.serial_of(self.certificate(station))
        authority.revoke(serial, RevocationReason.KEY_COMPROMISE, self.now)
        self.trust.reload()

    def _context(self, make, station, purpose, options) -> SSL.Context:
        return make(
            self.layout.key(station, purpose),
            self.layout.certificate(station, purpose),
            self.layout.chain,
            lambda certificate: True,
            **options,
        )


class ClockedReactor:
    """The real reactor's sockets with a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.callLater = self.clock.callLater
        self.seconds = self.clock.seconds
        self.connectTCP = reactor.connectTCP


async def until(condition) -> None:
    """Let the reactor run until ``condition()`` holds; to wait in vain is to fail."""
    end = reactor.seconds() + 10
    while not condition():
        assert reactor.seconds() < end, "the awaited did not happen"
        await deferLater(reactor, 0)


@implementer(IOpenSSLClientConnectionCreator)
@dataclass
class _Caller:
    context: SSL.Context

    def clientConnectionForTLS(self, protocol):
        return SSL.Connection(self.context, None)


class Probe(Protocol):
    """A client that writes what it is told and keeps what it gets."""

    def __init__(self) -> None:
        self.got = b""
        self.lost: Deferred[None] = Deferred()
        self.open = False

    def connectionMade(self) -> None:
        self.open = True

    def dataReceived(self, data: bytes) -> None:
        self.got += data

    def connectionLost(self, reason) -> None:
        self.open = False
        self.reason = reason
        self.lost.callback(None)

    async def read(self, ending: bytes) -> bytes:
        """What came, once it ends so; it is forgotten then."""
        await until(lambda: self.got.endswith(ending) or not self.open)
        got, self.got = self.got, b""
        return got


async def probe(port: int, context: SSL.Context | None) -> Probe:
    """Connect to this machine's port; with TLS if there is a context."""
    factory = Factory.forProtocol(Probe)
    factory.noisy = False
    if context is not None:
        factory = TLSMemoryBIOFactory(_Caller(context), True, factory)
    made = await TCP4ClientEndpoint(reactor, "127.0.0.1", port).connect(factory)
    return made if context is None else made.wrappedProtocol
