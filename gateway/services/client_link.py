# SPDX-License-Identifier: Apache-2.0
"""One link that we opened to a peer, for as many requests as it lasts.

Life: *proving* (the TLS handshake and the look at the certificate), then *free* and
*asking* by turns, at last *ended*. One request is on its way at a time. Nothing is
written before the other end is proven to be the peer, and that is looked at again
before every request, and whenever the owner says so: nothing goes to a peer that was
revoked since, and nothing is waited for from it.

Owns no request: it gives the answer, or the way in which it ended, to its owner.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol, cast

from cryptography import x509
from twisted.internet import protocol
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.services.deadlines import Deadlines
from gateway.services.peer_errors import (
    PeerError,
    PeerRefusesUs,
    PeerTalksNonsense,
    PeerUnreachable,
    PeerUntrusted,
)
from gateway.services.tls_link import (
    Examination,
    Line,
    LinkFault,
    Objection,
    peer_certificate,
    tls_fault,
)
from protocols.http import (
    ClientConnection,
    ClientEvent,
    HttpFault,
    HttpRefused,
    Response,
)

CONNECT_SECONDS: Final = 10.0
"""For a peer to prove itself: several round trips of the slowest line, and a retry."""

IDLE_SECONDS: Final = 30.0
"""A free link is kept so long. Below what listeners allow, so that the asking end
closes and no question crosses a goodbye."""

CLOSE_SECONDS: Final = 2.0
"""For the peer's goodbye."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request as it goes on the wire."""

    path: str
    content_type: str
    body: bytes = field(repr=False)


class Owner(Protocol):
    """Whom a link tells what happens to it."""

    def link_made(self, link: "ClientLink") -> None:
        """There is a TCP connection; the peer is about to be proven."""

    def link_free(self, link: "ClientLink") -> None:
        """The link is proven, and nothing is on its way."""

    def link_answered(self, link: "ClientLink", response: Response) -> None:
        """The question was answered. The link is free, or `link_ended` follows."""

    def link_ended(self, link: "ClientLink", error: PeerError) -> None:
        """The link is gone; a question on its way has no answer, for this cause."""


class Stage(Enum):
    """Where a link is in its life."""

    PROVING = "proving"
    FREE = "free"
    ASKING = "asking"
    ENDED = "ended"


@implementer(IHandshakeListener)
class ClientLink(protocol.Protocol):
    """See the module. Made by `PeerClient`, never reused."""

    _line: Line

    def __init__(
        self, owner: Owner, objection: Objection, host: str, deadlines: Deadlines
    ) -> None:
        self._owner = owner
        self._objection = objection
        self._host = host
        self._deadlines = deadlines
        self._http = ClientConnection()
        self._certificate: x509.Certificate | None = None
        self._cause: PeerError | None = None
        self._answer_begun = False
        self.stage = Stage.PROVING
        self.answers = 0
        """How many answers came over this link."""
        self.closing = False
        """It was told to end in good order."""
        self.examination = Examination(objection)

    @property
    def stale(self) -> bool:
        """The link served before, and ended before it began to answer this question.

        So it is when the peer closed it while it was free and its end crossed our
        question, or when its certificate is not believed any more. The question may be
        put again over a new link.
        """
        ended_by_us = isinstance(self._cause, PeerUntrusted)
        return (
            self.answers > 0
            and not self._answer_begun
            and (self._cause is None or ended_by_us)
        )

    def ask(self, question: Question) -> None:
        """Send one request over this free link, unless its peer is trusted no more.

        Raises `HttpRefused` for what cannot be written; the link is still free then.
        """
        data = self._http.request(
            "POST", question.path, question.content_type, question.body, self._host
        )
        self.stage = Stage.ASKING
        self._answer_begun = False
        self._deadlines.clear(self)
        if self._trusted():
            self._line.write(data)

    def look_again(self) -> None:
        """End the link if its peer is trusted no more; one not proven is let be.

        A question on its way may have been taken: that is no `PeerUntrusted`.
        """
        if self.stage is Stage.FREE:
            self._trusted()
        elif self.stage is Stage.ASKING and (reason := self._distrust()) is not None:
            self.end(PeerUnreachable(reason))

    def close(self) -> None:
        """End a free link in good order; `link_ended` follows when it has."""
        self.closing = True
        self.stage = Stage.ENDED
        self._deadlines.set(self, CLOSE_SECONDS)
        self._line.loseConnection()

    def end(self, error: PeerError) -> None:
        """End the link at once, for this cause; `link_ended` follows."""
        self._cause = self._cause or error
        self.stage = Stage.ENDED
        self._line.abortConnection()

    def deadline_passed(self) -> None:
        """The peer did not prove itself, or was not needed, or did not say goodbye."""
        if self.stage is Stage.FREE:
            self.close()
        else:
            self.end(PeerUnreachable(LinkFault.HANDSHAKE_TIMEOUT))

    # -- what the transport tells ------------------------------------------------

    def connectionMade(self) -> None:
        self._line = cast(Line, self.transport)
        self._line.setTcpNoDelay(True)
        self._deadlines.set(self, CONNECT_SECONDS)
        self._owner.link_made(self)

    def handshakeCompleted(self) -> None:
        self._certificate = peer_certificate(self._line.getHandle())
        if self._trusted():
            self._rest()
            self._owner.link_free(self)

    def dataReceived(self, data: bytes) -> None:
        if self.stage is Stage.ENDED:
            return
        self._answer_begun = True
        fault: HttpRefused | None = None
        events: Iterable[ClientEvent]
        try:
            events = self._http.receive(data)
        except HttpRefused as refused:
            events, fault = refused.before, refused
        for event in events:
            if isinstance(event, Response):
                self._answered(event, fault)
        if fault is not None:
            self.end(PeerTalksNonsense(fault.reason))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._deadlines.leave(self)
        self.stage = Stage.ENDED
        self._owner.link_ended(self, self._cause or self._lost(reason))

    # -- in between --------------------------------------------------------------

    def _trusted(self) -> bool:
        """Whether the other end is the peer, now. If not, the link ends."""
        reason = self._distrust()
        if reason is not None:
            self.end(PeerUntrusted(reason))
        return reason is None

    def _distrust(self) -> str | None:
        """Why the other end is not the peer, now; None: it is."""
        if self._certificate is None:
            return LinkFault.MALFORMED_CERTIFICATE
        return self._objection(self._certificate)

    def _answered(self, response: Response, fault: HttpRefused | None) -> None:
        """Give the answer on, when it is clear whether the link goes on after it."""
        self.answers += 1
        self._rest()
        if fault is not None:
            self.stage = Stage.ENDED
        elif not response.keep_alive:
            self.close()
        self._owner.link_answered(self, response)

    def _rest(self) -> None:
        self.stage = Stage.FREE
        self._deadlines.set(self, IDLE_SECONDS)

    def _lost(self, reason: Failure) -> PeerError:
        """What the loss of the connection means, if no cause was found before it."""
        if self.examination.reason is not None:
            return PeerUntrusted(self.examination.reason)
        fault = tls_fault(reason)
        if fault is LinkFault.PEER_REFUSES_US:
            return PeerRefusesUs(fault)
        if fault is not None:
            return PeerTalksNonsense(fault)
        if self._answer_begun:
            return PeerTalksNonsense(HttpFault.CUT_SHORT.reason)
        return PeerUnreachable("connection_lost")
