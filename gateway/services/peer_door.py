# SPDX-License-Identifier: Apache-2.0
"""Where a peer is reached, and how it is known when it is reached.

The peer is known by its certificate alone: the station that it names, and perhaps the
very certificates that a route or the master names. Its host name and address only say
where to knock; whoever holds them gains nothing.
"""

from collections.abc import Callable
from typing import Any, Final

from cryptography import x509
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    HostnameEndpoint,
    TCP4ClientEndpoint,
    TCP6ClientEndpoint,
)
from twisted.internet.error import ConnectionRefusedError, DNSLookupError, TimeoutError
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

from gateway.services.client_link import CONNECT_SECONDS, ClientLink, Owner
from gateway.services.deadlines import Deadlines
from gateway.services.peer_errors import PeerUnreachable
from gateway.services.tls_link import Contexts, Identify, beginner, untrusted_word
from pki.names import StationName
from pki.trust import Untrusted

AcceptFingerprint = Callable[[bytes], bool]
"""Whether a certificate with this SHA-256 is one that the route or master names."""


_FAULTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ConnectionRefusedError, "connection_refused"),
    (TimeoutError, "connect_timeout"),
    (DNSLookupError, "name_unknown"),
)


class PeerDoor:
    """One peer's endpoint."""

    def __init__(
        self,
        reactor: Any,
        host: str,
        port: int,
        context: Contexts,
        identify: Identify,
        expected: StationName,
        accept_fingerprint: AcceptFingerprint | None,
    ) -> None:
        self._reactor = reactor
        self._context = context
        self._identify = identify
        self.expected = expected
        self._accept_fingerprint = accept_fingerprint
        self.move(host, port)

    def move(self, host: str, port: int) -> None:
        """New links go there; those that stand have proved whose they are."""
        self._endpoint = _endpoint(self._reactor, host, port)
        self._host = f"[{host}]:{port}" if isIPv6Address(host) else f"{host}:{port}"

    def connect(self, owner: Owner, deadlines: Deadlines) -> Deferred[Any]:
        """Open one link for ``owner``. Fires at the TCP connection; not proven then."""
        wrapped: Any = _Links(
            lambda: ClientLink(owner, self.objection, self._host, deadlines)
        )
        factory = TLSMemoryBIOFactory(beginner(self._context), True, wrapped)
        factory.protocol = TLSMemoryBIOProtocol  # our writes are gathered already
        connecting: Deferred[Any] = self._endpoint.connect(factory)
        return connecting

    def objection(self, certificate: x509.Certificate) -> str | None:
        """Why the holder of this certificate is not the peer, in one word; None: is."""
        try:
            identity = self._identify(certificate)
        except Untrusted as error:
            return untrusted_word(error)
        if identity.station != self.expected:
            return "another_station"
        accept = self._accept_fingerprint
        if accept is not None and not accept(identity.fingerprint):
            return "another_certificate"
        return None


def unreachable(failure: Failure) -> PeerUnreachable:
    """Why no TCP connection could be made, in one word."""
    for kind, reason in _FAULTS:
        if isinstance(failure.value, kind):
            return PeerUnreachable(reason)
    return PeerUnreachable("connect_failed")


class _Links(Factory):
    """What Twisted wants for making one protocol."""

    noisy = False

    def __init__(self, make: Callable[[], ClientLink]) -> None:
        self._make = make

    def buildProtocol(self, addr: IAddress | None) -> ClientLink:
        return self._make()


def _endpoint(reactor: Any, host: str, port: int) -> Any:
    """A literal address is not looked up; a name is, and its addresses are raced."""
    if isIPAddress(host):
        return TCP4ClientEndpoint(reactor, host, port, timeout=CONNECT_SECONDS)
    if isIPv6Address(host):
        return TCP6ClientEndpoint(  # type: ignore[no-untyped-call]
            reactor, host, port, timeout=CONNECT_SECONDS
        )
    return HostnameEndpoint(reactor, host, port, timeout=CONNECT_SECONDS)
