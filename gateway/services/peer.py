# SPDX-License-Identifier: Apache-2.0
"""One client for each peer endpoint: questions in, answers out, over kept links.

Starts empty; opens links as questions come, no more than it may; keeps them while they
are used; ends with `PeerClient.close`. A question waits for a free link in a bounded
queue, in order, and has one deadline for all of it. It is put a second time only if its
link, which had served before, ended before a byte of the answer came: our messages are
made so that the same bytes twice are one message.

If a link fails that never gave an answer, and none that did is left, what waits fails
with it: an outbox behind it knows better when to try again than a queue does.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from gateway.services.client_link import ClientLink, Question, Stage
from gateway.services.deadlines import Deadlines, call_off
from gateway.services.peer_door import AcceptFingerprint, PeerDoor, unreachable
from gateway.services.peer_errors import (
    PeerBusy,
    PeerClosed,
    PeerError,
    PeerRefusesUs,
    PeerSilent,
    PeerTalksNonsense,
    PeerUnreachable,
    PeerUnsendable,
    PeerUntrusted,
)
from gateway.services.tls_link import Contexts, Identify
from pki.names import StationName
from protocols.http import HttpRefused, Response
from protocols.http_limits import MAX_BODY

__all__ = [
    "PeerBusy",
    "PeerClient",
    "PeerClosed",
    "PeerError",
    "PeerRefusesUs",
    "PeerSilent",
    "PeerTalksNonsense",
    "PeerUnreachable",
    "PeerUnsendable",
    "PeerUntrusted",
    "Response",
]

MAX_WAITING: Final = 256
"""Questions that wait for a free link: more are better off in the outbox."""

ANSWER_SECONDS: Final = 30.0
"""From `post` to the whole answer, unless said otherwise."""


class _Call:
    """One question on its way through the client; one deadline for all of it."""

    __slots__ = ("answer", "late", "link", "question", "retried")

    def __init__(
        self,
        question: Question,
        late: Callable[["_Call"], None],
        dropped: Callable[["_Call"], None],
    ) -> None:
        self.question = question
        self.answer: Deferred[Response] = Deferred(lambda _: dropped(self))
        self.link: ClientLink | None = None
        self.retried = False
        self.late = late

    def deadline_passed(self) -> None:
        self.late(self)


class PeerClient:
    """See the module."""

    def __init__(
        self,
        reactor: Any,
        host: str,
        port: int,
        context: Contexts,
        identify: Identify,
        expected: StationName,
        accept_fingerprint: AcceptFingerprint | None = None,
        *,
        max_connections: int = 8,
        timeout: float = ANSWER_SECONDS,
    ) -> None:
        """``identify`` is asked within each handshake and before each question. It must
        find ``expected``; ``accept_fingerprint`` may name the certificates.
        """
        self.door = PeerDoor(
            reactor, host, port, context, identify, expected, accept_fingerprint
        )
        self._reactor = reactor
        self._max = max_connections
        self._timeout = timeout
        self._deadlines = Deadlines(reactor)
        self._waiting: deque[_Call] = deque()
        self._opening: set[Deferred[Any]] = set()
        self._links: dict[ClientLink, _Call | None] = {}
        self._free: list[ClientLink] = []
        self._closing = False
        self._goodbyes: list[Deferred[None]] = []

    @property
    def connections(self) -> int:
        """Links that are open or being opened."""
        return len(self._links) + len(self._opening)

    def post(self, path: str, content_type: str, body: bytes) -> Deferred[Response]:
        """Ask the peer; fires with its answer, or fails with a `PeerError`.

        Whether the peer took the question is unknown after any `PeerError` but
        `PeerUntrusted`, `PeerBusy` and `PeerUnsendable`: then nothing was sent.
        """
        if self._closing:
            return fail(PeerClosed("closing"))
        if len(body) > MAX_BODY:
            return fail(PeerUnsendable("body_too_large"))
        if len(self._waiting) >= MAX_WAITING:
            return fail(PeerBusy("queue_full"))
        call = _Call(Question(path, content_type, body), self._late, self._dropped)
        self._deadlines.set(call, self._timeout)
        self._waiting.append(call)
        self._fill()
        return call.answer

    def look_again(self) -> None:
        """End every link whose other end is trusted no more."""
        for link in tuple(self._links):
            link.look_again()

    def close(self, seconds: float = 0.0) -> Deferred[None]:
        """Ask nothing more; fires when all links are gone.

        Questions on their way get ``seconds`` for their answers; those that wait fail.
        """
        self._closing = True
        self._fail_waiting(PeerClosed("closing"))
        for connecting in tuple(self._opening):
            connecting.cancel()
        self._free.clear()
        for link in tuple(self._links):
            if link.stage is Stage.FREE:
                link.close()
            elif link.stage is Stage.PROVING or not seconds:
                link.end(PeerClosed("closing"))
        if not self.connections:
            return succeed(None)
        hurry = self._reactor.callLater(seconds, self._hurry)
        self._goodbyes.append(Deferred())
        return self._goodbyes[-1].addCallback(lambda _: call_off(hurry))

    # -- what links tell ---------------------------------------------------------

    def link_made(self, link: ClientLink) -> None:
        self._links[link] = None

    def link_free(self, link: ClientLink) -> None:
        while self._waiting and link.stage is Stage.FREE:
            self._ask(link, self._waiting.popleft())
        if self._closing and link.stage is Stage.FREE:
            link.close()
        elif link.stage is Stage.FREE:
            self._free.append(link)

    def link_answered(self, link: ClientLink, response: Response) -> None:
        call = self._take(link)
        if link.stage is Stage.FREE:  # before the answer: it may bring a question
            self.link_free(link)
        if call is not None:
            self._deadlines.leave(call)
            call.answer.callback(response)

    def link_ended(self, link: ClientLink, error: PeerError) -> None:
        call = self._take(link)
        del self._links[link]
        if link in self._free:
            self._free.remove(link)
        if call is not None and link.stale and not call.retried and not self._closing:
            self._retry(call)
        elif call is not None:
            self._fail(call, error)
        if not (link.answers or link.closing or isinstance(error, PeerSilent)):
            self._given_up(error)
        self._moved()

    # -- links and questions brought together ------------------------------------

    def _fill(self) -> None:
        """Use free links, and open as many as are wanted and allowed."""
        while self._waiting and self._free:
            self.link_free(self._free.pop())
        coming = len(self._opening) + sum(
            link.stage is Stage.PROVING for link in self._links
        )
        wanted = min(len(self._waiting) - coming, self._max - self.connections)
        for _ in range(wanted):
            connecting = self.door.connect(self, self._deadlines)
            self._opening.add(connecting)
            connecting.addCallbacks(
                self._opened, self._unopened, (connecting,), {}, (connecting,), {}
            )

    def _opened(self, _: object, connecting: Deferred[Any]) -> None:
        self._opening.discard(connecting)

    def _unopened(self, failure: Failure, connecting: Deferred[Any]) -> None:
        self._opening.discard(connecting)
        self._given_up(unreachable(failure))
        self._moved()

    def _ask(self, link: ClientLink, call: _Call) -> None:
        self._links[link] = call
        call.link = link
        try:
            link.ask(call.question)
        except HttpRefused as refused:
            self._take(link)
            self._fail(call, PeerUnsendable(refused.reason))

    def _take(self, link: ClientLink) -> _Call | None:
        """The question that is on its way over ``link`` is so no more."""
        call, self._links[link] = self._links[link], None
        if call is not None:
            call.link = None
        return call

    def _retry(self, call: _Call) -> None:
        """Over a new link: the others that are free have likely ended as well."""
        call.retried = True
        free, self._free = self._free, []
        for link in free:
            link.close()
        self._waiting.appendleft(call)

    def _given_up(self, error: PeerError) -> None:
        """A link came to nothing. Without another that works, neither will the next."""
        if not any(link.answers for link in self._links):
            self._fail_waiting(error)

    def _moved(self) -> None:
        """A link has gone: open another if wanted, or see whether all are gone."""
        if not self._closing:
            self._fill()
        elif not self.connections:
            goodbyes, self._goodbyes = self._goodbyes, []
            for gone in goodbyes:
                gone.callback(None)

    def _hurry(self) -> None:
        for link in tuple(self._links):
            link.end(PeerClosed("closing"))

    # -- how a call ends ---------------------------------------------------------

    def _late(self, call: _Call) -> None:
        """The time for an answer is over."""
        link = call.link
        if link is not None:
            error: PeerError = PeerSilent("no_answer")
        elif any(link.answers for link in self._links):
            error = PeerSilent("no_free_link")
        else:
            error = PeerUnreachable("connect_timeout")
        self._withdraw(call, error)
        self._fail(call, error)

    def _withdraw(self, call: _Call, error: PeerError) -> None:
        """Take a question out, wherever it is. A link cannot forget one: it ends."""
        self._deadlines.leave(call)
        if call.link is None:
            self._waiting.remove(call)
        else:
            link = call.link
            self._take(link)
            link.end(error)

    def _dropped(self, call: _Call) -> None:
        """The asker cancelled; its Deferred fails by itself."""
        self._withdraw(call, PeerSilent("cancelled"))

    def _fail(self, call: _Call, error: PeerError) -> None:
        self._deadlines.leave(call)
        call.answer.errback(type(error)(error.reason))

    def _fail_waiting(self, error: PeerError) -> None:
        waiting, self._waiting = self._waiting, deque()
        for call in waiting:
            self._fail(call, error)
