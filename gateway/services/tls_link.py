# SPDX-License-Identifier: Apache-2.0
"""The TLS of one link: how it is begun, who is let in, and why it failed.

OpenSSL proves that the chain ends at this network's root; *who* the other end is, and
whether that is acceptable now, is asked within the handshake, so that a refusal is a
TLS alert and not a silent hang-up. The cause of a failure is kept as one short stable
word: OpenSSL's own texts change from version to version.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, Protocol

from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
)
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from pki.trust import Identity, Untrusted

Identify = Callable[[x509.Certificate], Identity]
"""Who a certificate is; raises `Untrusted`. Cheap enough to ask for every message."""

Contexts = SSL.Context | Callable[[], SSL.Context]
"""The context of every new connection, or who gives the one that counts now."""

Objection = Callable[[x509.Certificate], str | None]
"""Why a certificate is not let in now, in one word; None: it is."""


class LinkFault(StrEnum):
    """Why there is no link, if the certificate was not the reason.

    For that the words are the reasons of `Untrusted`, whoever found them, OpenSSL in
    building the chain or `pki.trust`.
    """

    NO_CLIENT_CERTIFICATE = "no_client_certificate"
    MALFORMED_CERTIFICATE = "malformed_certificate"
    CHAIN_REFUSED = "chain_refused"
    EXAMINATION_FAILED = "examination_failed"
    """The look at the certificate failed by a fault of ours; nobody is let in by it."""
    NO_COMMON_ALGORITHM = "no_common_algorithm"
    TLS_VERSION = "tls_version"
    NOT_TLS = "not_tls"
    PEER_REFUSES_US = "peer_refuses_us"
    """The other end answered with an alert: our certificate, or our terms."""
    HANDSHAKE_FAILED = "handshake_failed"
    HANDSHAKE_TIMEOUT = "handshake_timeout"
    HANDSHAKE_ABANDONED = "handshake_abandoned"
    """The other end hung up before the link stood; port scanners do."""
    TOO_MANY_CONNECTIONS = "too_many_connections"
    SLOW_REQUEST = "slow_request"
    SLOW_READER = "slow_reader"


_CODES = SSL.X509VerificationCodes
_EE_KEY_TOO_SMALL, _CA_KEY_TOO_SMALL, _CA_MD_TOO_WEAK = 66, 67, 68
_SIGNATURE_ALGORITHM_MISMATCH = 78
"""Of openssl/x509_vfy.h, where pyOpenSSL does not name them."""
_CHAIN: Final[Mapping[int, str]] = {
    _CODES.ERR_UNABLE_TO_GET_ISSUER_CERT: "unknown_authority",
    _CODES.ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unknown_authority",
    _CODES.ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unknown_authority",
    _CODES.ERR_DEPTH_ZERO_SELF_SIGNED_CERT: "unknown_authority",
    _CODES.ERR_SELF_SIGNED_CERT_IN_CHAIN: "unknown_authority",
    _CODES.ERR_CERT_UNTRUSTED: "unknown_authority",
    _CODES.ERR_INVALID_CA: "unknown_authority",
    _CODES.ERR_PATH_LENGTH_EXCEEDED: "unknown_authority",
    _CODES.ERR_CERT_SIGNATURE_FAILURE: "bad_signature",
    _SIGNATURE_ALGORITHM_MISMATCH: "bad_signature",
    _EE_KEY_TOO_SMALL: "weak_algorithm",
    _CA_KEY_TOO_SMALL: "weak_algorithm",
    _CA_MD_TOO_WEAK: "weak_algorithm",
    _CODES.ERR_CERT_HAS_EXPIRED: "expired",
    _CODES.ERR_CERT_NOT_YET_VALID: "not_yet_valid",
    _CODES.ERR_CERT_REVOKED: "revoked",
    _CODES.ERR_INVALID_PURPOSE: "wrong_purpose",
    _CODES.ERR_UNHANDLED_CRITICAL_EXTENSION: "bad_profile",
    _CODES.ERR_UNABLE_TO_GET_CRL: "stale_revocation",
    _CODES.ERR_CRL_HAS_EXPIRED: "stale_revocation",
    _CODES.ERR_CRL_NOT_YET_VALID: "stale_revocation",
}
"""OpenSSL's verdict on a chain, by its error number."""

_TEXTS: Final = (
    ("did not return a certificate", LinkFault.NO_CLIENT_CERTIFICATE),
    ("http request", LinkFault.NOT_TLS),
    ("https proxy request", LinkFault.NOT_TLS),
    ("wrong version number", LinkFault.NOT_TLS),
    ("packet length too long", LinkFault.NOT_TLS),
    ("bad record type", LinkFault.NOT_TLS),
    ("alert protocol version", LinkFault.TLS_VERSION),
    ("unsupported protocol", LinkFault.TLS_VERSION),
    ("version too low", LinkFault.TLS_VERSION),
    ("no shared", LinkFault.NO_COMMON_ALGORITHM),
    ("no suitable", LinkFault.NO_COMMON_ALGORITHM),
    ("alert", LinkFault.PEER_REFUSES_US),
)
"""What OpenSSL's reason contains, tried in this order."""


def untrusted_word(error: Untrusted) -> str:
    """The reason of an `Untrusted` as records have it."""
    return error.reason.name.lower()


def tls_fault(failure: Failure) -> LinkFault | None:
    """Why TLS failed, from a lost connection's reason; None if it was not TLS."""
    error = failure.value
    if not isinstance(error, SSL.Error):
        return None
    queue = error.args[0] if error.args else ()
    reason = str(queue[-1][-1]).lower() if isinstance(queue, list) and queue else ""
    for text, fault in _TEXTS:
        if text in reason:
            return fault
    return LinkFault.HANDSHAKE_FAILED


def peer_certificate(connection: SSL.Connection) -> x509.Certificate | None:
    """The other end's certificate, once the handshake is done."""
    return connection.get_peer_certificate(as_cryptography=True)


class Line(Protocol):
    """What is used of a TLS transport, with types (zope's interfaces have none)."""

    def getPeer(self) -> IPv4Address | IPv6Address: ...

    def getHandle(self) -> SSL.Connection: ...

    def setTcpNoDelay(self, enabled: bool) -> None: ...

    def registerProducer(self, producer: object, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...

    def write(self, data: bytes) -> None: ...

    def loseConnection(self) -> None: ...

    def abortConnection(self) -> None: ...


class Examination:
    """The look at the other end's certificate within one handshake.

    It stands in for the check that the context was made with, for this connection
    only: it asks the same, and it knows which connection it was asked for.
    """

    __slots__ = ("_objection", "reason")

    def __init__(self, objection: Objection) -> None:
        self._objection = objection
        self.reason: str | None = None
        """Why the certificate was turned away; None while it was not."""

    def __call__(
        self,
        connection: SSL.Connection,
        certificate: crypto.X509,
        error: int,
        depth: int,
        chain_holds: int,
    ) -> bool:
        """OpenSSL's verification callback, called from the root down to depth 0."""
        if not chain_holds:
            self.reason = _CHAIN.get(error, LinkFault.CHAIN_REFUSED)
        elif depth == 0:
            self.reason = LinkFault.EXAMINATION_FAILED
            self.reason = self._look(certificate)
        return self.reason is None

    def _look(self, certificate: crypto.X509) -> str | None:
        try:
            parsed = certificate.to_cryptography()
        except ValueError:
            return LinkFault.MALFORMED_CERTIFICATE
        return self._objection(parsed)


@implementer(IOpenSSLServerConnectionCreator, IOpenSSLClientConnectionCreator)
class TlsBeginner:
    """Begins TLS on a new connection of either kind.

    The wrapped protocol must have an ``examination``. No server name is sent (SNI) and
    no host name is compared: a station is named by the URI in its certificate, wherever
    it is reached.
    """

    def __init__(self, context: Contexts) -> None:
        self._context = context

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        return self._connection(protocol)

    def clientConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        return self._connection(protocol)

    def _connection(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        context = self._context() if callable(self._context) else self._context
        connection = SSL.Connection(context, None)
        connection.set_verify(
            SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
            protocol.wrappedProtocol.examination,
        )
        return connection


def beginner(context: Contexts) -> Any:
    """A `TlsBeginner`, as both kinds of zope interface that Twisted asks for."""
    return TlsBeginner(context)
