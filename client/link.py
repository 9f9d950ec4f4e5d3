# SPDX-License-Identifier: Apache-2.0
"""One link to one station: mutual TLS 1.3, one question at a time, its answer whole.

Made when the first question is asked; kept for `LONGEST`, so that authority, revocation
list and own certificate are read anew at least that often; ended by any fault. Before
a byte of a question leaves, `pki.trust` has said that the other end is the station
that is meant: no server name is compared, a station is known by its certificate.

HTTP is read by the same strict reader that stations use for each other.
"""

import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from client.errors import (
    NotAdmitted,
    NotBelieved,
    NotReached,
    NotUnderstood,
    SettingsRefused,
)
from client.settings import Station
from pki.errors import PkiError
from pki.keystore import read_private
from pki.network_clock import NetworkClock
from pki.passphrase import from_file
from pki.trust import Purpose, TrustStore
from protocols.http import ClientConnection, HttpRefused, Response

Clock = Callable[[], datetime]
LONGEST: Final = 300.0
"""Seconds that one link is used: a revocation counts by then at the latest."""
_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME: `pki.trust` judges the time, by the network's clock."""
_CHUNK: Final = 64 * 1024


def machine() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


class Link:
    """See the module. Belongs to one thread."""

    def __init__(
        self,
        station: Station,
        clock: Clock = machine,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._station = station
        self._clock = clock
        self._monotonic = monotonic
        self._socket: ssl.SSLSocket | None = None
        self._http = ClientConnection()
        self._made = 0.0

    def ask(self, method: str, target: str, body: bytes, kind: str = "") -> Response:
        """Ask, and give the whole answer. Raises an `InsideError`.

        A kept link that the station had closed meanwhile is replaced once: whatever
        is asked here may be asked twice.
        """
        if self._monotonic() - self._made > LONGEST:
            self.close()
        kept = self._socket is not None
        try:
            return self._once(method, target, body, kind)
        except NotReached:
            if not kept:
                raise
        return self._once(method, target, body, kind)

    def close(self) -> None:
        """End the link; the next question makes a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _once(self, method: str, target: str, body: bytes, kind: str) -> Response:
        until = self._monotonic() + self._station.timeout_seconds
        try:
            link = self._socket or self._connect()
            asked = self._http.request(method, target, kind, body, self._station.host)
            link.settimeout(max(0.001, until - self._monotonic()))
            link.sendall(asked)
            answer = self._receive(link, until)
        except HttpRefused as refused:
            self.close()
            if refused.reason == "cut_short":
                raise NotReached("the link ended before the answer was whole") from None
            raise NotUnderstood(f"no HTTP of ours: {refused.reason}") from None
        except (OSError, ValueError) as error:
            self.close()
            raise _broken(error) from None
        except BaseException:
            self.close()
            raise
        if not answer.keep_alive:
            self.close()
        return answer

    def _receive(self, link: ssl.SSLSocket, until: float) -> Response:
        while True:
            left = until - self._monotonic()
            if left <= 0:
                raise TimeoutError
            link.settimeout(left)
            for event in self._http.receive(link.recv(_CHUNK)):
                if isinstance(event, Response):
                    return event
                raise ConnectionError

    def _connect(self) -> ssl.SSLSocket:
        """A link to the station that is meant, and to no other."""
        station = self._station
        try:
            trust = TrustStore.load(station.chain, station.crl)
            context = _context(station)
            now = self._now(trust)
        except PkiError as error:
            raise SettingsRefused(str(error)) from None
        plain = socket.create_connection(
            (station.host, station.port), station.timeout_seconds
        )
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = context.wrap_socket(plain)
        except BaseException:
            plain.close()
            raise
        self._socket, self._http = link, ClientConnection()
        self._made = self._monotonic()
        der = link.getpeercert(binary_form=True) or b""
        _believe(trust, x509.load_der_x509_certificate(der), station, now)
        return link

    def _now(self, trust: TrustStore) -> datetime:
        if self._station.clock is None:
            return self._clock()
        return NetworkClock(self._station.clock, trust, self._clock)()


def _context(station: Station) -> ssl.SSLContext:
    """Our certificate, their authority; raises a `PkiError` where a file is not right.

    The key's file is looked at first: one that others may read is not used.
    """
    read_private(station.key)
    words = station.passphrase_file
    passphrase = None if words is None else from_file(words)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_flags |= _NO_CHECK_TIME
    try:
        context.load_verify_locations(station.chain)
        # A locked key without its words: an empty one, so that nobody is asked.
        context.load_cert_chain(station.certificate, station.key, passphrase or b"")
    except (ssl.SSLError, OSError, ValueError):
        text = "chain, certificate and key are not readable, or do not fit"
        raise SettingsRefused(f"station.certificate: {text}") from None
    return context


def _believe(
    trust: TrustStore, shown: x509.Certificate, station: Station, now: datetime
) -> None:
    try:
        identity = trust.check(shown, Purpose.TLS, now)
    except PkiError as error:
        raise NotBelieved(str(error)) from None
    if identity.station != station.station:
        raise NotBelieved(f"{identity.station} answers there, not {station.name}")


def _broken(error: OSError | ValueError) -> NotReached | NotAdmitted | NotBelieved:
    """What a fault of the line means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotBelieved("the certificate shown is not of this network's authority")
    if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
        return NotAdmitted("the station does not take this system's certificate")
    return NotReached(f"the station is not reached ({type(error).__name__})")
