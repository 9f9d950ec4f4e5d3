# SPDX-License-Identifier: Apache-2.0
"""One link that a peer opened to us: from its TCP connection to its end.

Life: *proving* (the TLS handshake and the look at the certificate), then *idle*,
*receiving* a request and *answering* it, over and over, at last *closing*. One request
is answered at a time, in the order of arrival; while requests wait behind it, nothing
more is read from the peer. The identity is asked for again before every request, and
at each look that the listener is told to take, so that a peer revoked since the
handshake is cut off whatever it does: idle, in the middle of a request, or waiting for
an answer, which then does not leave.

Only a whole request reaches the handler, and only its answer goes back. A handler that
fails is answered with 500, an empty body and the end of the link.
"""

import logging
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final, cast

from cryptography import x509
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IHandshakeListener, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from gateway.services.link_host import Answer, LinkHost
from gateway.services.tls_link import (
    Examination,
    Line,
    LinkFault,
    peer_certificate,
    tls_fault,
    untrusted_word,
)
from pki.trust import Identity, Untrusted
from protocols.http import (
    CONTINUE,
    Closed,
    ContinueExpected,
    HttpRefused,
    Request,
    ServerConnection,
    ServerEvent,
)

log = logging.getLogger(__name__)

CLOSE_SECONDS: Final = 2.0
"""For the peer's goodbye where no answer is on its way; a last answer gets longer."""


class Wait(Enum):
    """What a link waits for."""

    PROOF = "proof"
    REQUEST = "request"
    REST_OF_REQUEST = "rest of request"
    ANSWER = "answer"
    READER = "reader"
    """The peer asks but does not read: its answers fill the buffers."""
    END = "end"
    NOTHING = "nothing"
    """An answer was given; what comes next is about to be seen."""


_BUSY: Final = frozenset({Wait.ANSWER, Wait.END})
_SLOW: Final = {
    Wait.PROOF: LinkFault.HANDSHAKE_TIMEOUT,
    Wait.REST_OF_REQUEST: LinkFault.SLOW_REQUEST,
    Wait.READER: LinkFault.SLOW_READER,
}


@implementer(IHandshakeListener, IPushProducer)
class ServerLink(Protocol):
    """See the module. Made by the listener, never reused."""

    _line: Line

    def __init__(self, host: LinkHost, ended: Callable[["ServerLink"], None]) -> None:
        self._host = host
        self._ended = ended
        self._http = ServerConnection()
        self._queue: deque[ServerEvent | HttpRefused] = deque()
        self._certificate: x509.Certificate | None = None
        self._wait = Wait.PROOF
        self._source = ""
        self._choked = False
        self._paused = False
        self._working = False
        self._stopping = False
        self.examination = Examination(host.objection)

    # -- what the transport tells ------------------------------------------------

    def connectionMade(self) -> None:
        self._line = cast(Line, self.transport)
        self._source = self._line.getPeer().host
        self._line.setTcpNoDelay(True)
        self._host.deadlines.set(self, self._host.settings.handshake_seconds)

    def handshakeCompleted(self) -> None:
        self._certificate = peer_certificate(self._line.getHandle())
        identity = self._identified()
        if identity is None:
            return
        self._source = str(identity.station)
        if not self._host.proved(self, identity.station):
            self._cut(LinkFault.TOO_MANY_CONNECTIONS)
            return
        self._line.registerProducer(self, True)
        self._rest(Wait.REQUEST)

    def dataReceived(self, data: bytes) -> None:
        if self._wait is Wait.END:
            return
        try:
            self._queue += self._http.receive(data)
        except HttpRefused as refused:
            self._queue += (*refused.before, refused)
        self._host.holds(self, self._http.held)
        self._work()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._host.deadlines.leave(self)
        fault = self.examination.reason or tls_fault(reason)
        if self._wait is Wait.PROOF:
            fault = fault or LinkFault.HANDSHAKE_ABANDONED
        if fault is not None and self._wait is not Wait.END:
            self._host.refused(self._source, fault)
        self._wait = Wait.END
        self._queue.clear()
        self._ended(self)

    def pauseProducing(self) -> None:
        """The buffers towards the peer are full: answer nothing more for now."""
        self._choked = True

    def resumeProducing(self) -> None:
        """The peer has read: go on."""
        self._choked = False
        self._work()

    def stopProducing(self) -> None:
        """The connection is lost; `connectionLost` follows."""

    def deadline_passed(self) -> None:
        """What is waited for did not happen in time."""
        if self._wait is Wait.REQUEST:
            self._close()
        elif self._wait is Wait.END:
            self._line.abortConnection()
        else:
            self._cut(_SLOW[self._wait])

    # -- what the listener tells -------------------------------------------------

    def stop(self) -> None:
        """End the link: now, or after the answer to the request in hand."""
        self._stopping = True
        if self._wait is Wait.PROOF:
            self.abort()
        elif self._wait not in _BUSY:
            self._close()

    def look_again(self) -> None:
        """Cut the link if its peer is believed no more; one not proven is let be."""
        if self._wait not in (Wait.PROOF, Wait.END):
            self._identified()

    def push_out(self) -> None:
        """Make room for another: this one was not proven, or holds on to memory."""
        self._cut(LinkFault.TOO_MANY_CONNECTIONS)

    def abort(self) -> None:
        """End the link at once."""
        self._wait = Wait.END
        self._line.abortConnection()

    # -- one request after another -----------------------------------------------

    def _work(self) -> None:
        """Do what waits, until an answer or the peer is waited for."""
        if self._working:
            return
        self._working = True
        try:
            while self._queue and not self._choked and self._wait not in _BUSY:
                self._take(self._queue.popleft())
        finally:
            self._working = False
        self._pause(bool(self._queue))
        if self._wait in _BUSY:
            return
        if self._choked:
            self._rest(Wait.READER)
        elif self._http.midway:
            self._rest(Wait.REST_OF_REQUEST)
        else:
            self._rest(Wait.REQUEST)

    def _take(self, event: ServerEvent | HttpRefused) -> None:
        match event:
            case Request():
                self._ask(event)
            case ContinueExpected():
                self._line.write(CONTINUE)
            case HttpRefused():
                self._host.refused(self._source, f"http_{event.reason}")
                self._answer(Answer(event.status, "", b""), last=True)
            case Closed():
                self._close()

    def _ask(self, request: Request) -> None:
        identity = self._identified()
        if identity is None:
            return
        self._wait = Wait.ANSWER
        self._host.deadlines.clear(self)
        last = not request.keep_alive
        answering = maybeDeferred(self._host.handler, request, identity)
        writing = answering.addCallback(self._answer, last)
        writing.addErrback(self._failed).addCallback(self._answered)

    def _answer(self, answer: Answer, last: bool) -> None:
        if self._wait is Wait.END:
            return
        last = last or self._stopping
        self._line.write(
            self._http.respond(
                answer.status, answer.content_type, answer.body, close=last
            )
        )
        if last:
            self._close(self._host.settings.request_seconds)

    def _failed(self, failure: Failure) -> None:
        """Log where the handler failed. What it worked on may be in the message."""
        where = "".join(f"{frame[0]}, line {frame[2]}" for frame in failure.frames[-1:])
        log.error("a handler failed: %s in %s", type(failure.value).__name__, where)
        self._answer(Answer(500, "", b""), last=True)

    def _answered(self, _: None) -> None:
        if self._wait is Wait.ANSWER:
            self._wait = Wait.NOTHING
        self._work()

    # -- waiting and ending ------------------------------------------------------

    def _identified(self) -> Identity | None:
        """Who the peer is, asked anew; None: the link is cut."""
        if self._certificate is None:
            self._cut(LinkFault.NO_CLIENT_CERTIFICATE)
            return None
        try:
            return self._host.identify(self._certificate)
        except Untrusted as error:
            self._cut(untrusted_word(error))
            return None

    def _rest(self, wait: Wait) -> None:
        """Wait for the peer. Going on waiting for the same thing gains no time."""
        if wait is self._wait:
            return
        self._wait = wait
        settings = self._host.settings
        idle = wait is Wait.REQUEST
        seconds = settings.idle_seconds if idle else settings.request_seconds
        self._host.deadlines.set(self, seconds)

    def _pause(self, pause: bool) -> None:
        if pause is not self._paused and self._wait is not Wait.END:
            self._paused = pause
            if pause:
                self._line.pauseProducing()
            else:
                self._line.resumeProducing()

    def _cut(self, reason: str) -> None:
        self._host.refused(self._source, reason)
        self.abort()

    def _close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Say goodbye, and wait a little for the peer's."""
        self._pause(False)
        self._wait = Wait.END
        self._queue.clear()
        self._host.deadlines.set(self, seconds)
        self._line.unregisterProducer()
        self._line.loseConnection()
