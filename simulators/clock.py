# SPDX-License-Identifier: Apache-2.0
"""What time it is for a simulator, and whom it believes at that time.

Simulators go by their network's clock, as the stations do; a network that was made
before there was one goes by the machine's.

`ssl` judges certificates by the machine's clock and cannot be told another. So where a
network has its own clock, OpenSSL's look at the time is off, and each handshake ends
with a `Belief` instead: one cannot be had without the other.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from pki.errors import PkiError
from pki.layout import Layout
from pki.network_clock import Move, NetworkClock
from pki.trust import Purpose, TrustStore

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""

Belief = Callable[[x509.Certificate], object]
"""Raises a `PkiError` where the other end's certificate is not believed now."""

NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h, which `ssl` does not name."""


def machine() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


def clock_of(pki: Layout) -> Clock:
    """The clock of a network, by its authority's folder; raises a `PkiError`."""
    if not pki.clock.exists():
        return machine
    return NetworkClock(pki.clock, TrustStore.load(pki.chain, pki.crl), machine)


def follow(clock: Clock, work: Callable[[], object]) -> None:
    """Have ``work`` done at each move of a network's clock, before the new time counts.

    Where it fails for a file, what was there before goes on until its own end.
    """

    def moved(_: Move) -> None:
        with suppress(PkiError, OSError):
            work()

    if isinstance(clock, NetworkClock):
        clock.moved.append(moved)


def problem_of(clock: Clock) -> str:
    """Why a network's clock cannot be believed any more; empty while it can."""
    return clock.problem if isinstance(clock, NetworkClock) else ""


def belief_of(trust: TrustStore, clock: Clock) -> Belief | None:
    """Who may be at the other end of a link, where the time is not the machine's."""
    if not isinstance(clock, NetworkClock):
        return None
    return lambda certificate: trust.check(certificate, Purpose.TLS, clock())


def context(protocol: int, belief: Belief | None) -> ssl.SSLContext:
    """TLS that trusts nobody yet, and judges the time by ``belief`` if there is one."""
    if belief is None:
        return ssl.SSLContext(protocol)
    made = _Context(protocol)
    made.belief = belief
    made.verify_flags |= NO_CHECK_TIME
    return made


class _Socket(ssl.SSLSocket):
    """One link of a `_Context`."""

    def do_handshake(self, block: bool = False) -> None:
        """The handshake, then the belief; raises `ssl.SSLError` if it does not hold."""
        super().do_handshake(block)
        try:
            _hold(self)
        except ssl.SSLError:
            self.close()
            raise


class _Object(ssl.SSLObject):
    """One link of a `_Context` that somebody else carries."""

    def do_handshake(self) -> None:
        """As `_Socket.do_handshake`."""
        super().do_handshake()
        _hold(self)


def _hold(link: ssl.SSLSocket | ssl.SSLObject) -> None:
    """Raises `ssl.SSLCertVerificationError` where the other end is not believed."""
    made = link.context
    assert isinstance(made, _Context)
    try:
        der = link.getpeercert(binary_form=True)
        made.belief(x509.load_der_x509_certificate(der or b""))
    except (PkiError, ValueError) as error:
        raise ssl.SSLCertVerificationError(str(error)) from None


class _Context(ssl.SSLContext):
    belief: Belief
    sslsocket_class = _Socket
    sslobject_class = _Object
