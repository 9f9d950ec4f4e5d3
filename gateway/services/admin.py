# SPDX-License-Identifier: Apache-2.0
"""The admin listener: metrics, health and status, on this machine's loopback only.

    GET /metrics   Prometheus' text format
    GET /health    200 while the reactor turns (is the process alive?)
    GET /ready     200 while nothing fails, 503 otherwise; the body names each check
    GET /status    all of it, as JSON

Reading only: nothing can be changed here, and nothing that is told is secret to a user
of this machine. One request for each connection, few connections, little time: whoever
holds one open costs nobody anything. Answers until the station has stopped, so that
the last scrape still tells why it is not ready.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

import msgspec
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from gateway.services import health
from gateway.services.link_host import Answer
from gateway.services.metrics import CONTENT_TYPE, Metrics
from gateway.services.overview import Overview
from gateway.services.status import status
from gateway.services.tls_link import Line
from protocols.http import HttpRefused, Request, ServerConnection

log = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 16
"""Prometheus, a probe and a person, several times over."""
SECONDS: Final = 10.0
"""For one connection, from its first byte to its last."""
JSON: Final = "application/json"
NOT_FOUND: Final = Answer(404, "text/plain", b"GET /metrics /health /ready /status\n")
ONLY_GET: Final = Answer(405, "text/plain", b"GET only\n")


class Pages:
    """What is answered to each path."""

    def __init__(self, of: Overview) -> None:
        self._of = of
        self._metrics = Metrics(of)
        self._pages: Mapping[str, Callable[[], Answer]] = {
            "/metrics": self._numbers,
            "/health": self._alive,
            "/ready": self._ready,
            "/status": self._status,
        }

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        page = self._pages.get(request.target.partition("?")[0])
        if page is None:
            return NOT_FOUND
        if request.method != "GET":
            return ONLY_GET
        try:
            return page()
        except Exception:
            log.exception("%s cannot be answered", request.target.partition("?")[0])
            return Answer(500, "", b"")

    def _numbers(self) -> Answer:
        return Answer(200, CONTENT_TYPE, self._metrics.text())

    def _alive(self) -> Answer:
        return _json(200, {"alive": True, "station": str(self._of.station.name)})

    def _ready(self) -> Answer:
        found = health.checks(self._of)
        ready = health.is_ready(found)
        named = [{"name": c.name, "state": c.state, "said": c.said} for c in found]
        return _json(200 if ready else 503, {"ready": ready, "checks": named})

    def _status(self) -> Answer:
        return _json(200, status(self._of))


class AdminListener(Factory):
    """Takes connections until it is told to stop."""

    noisy = False

    def __init__(self, pages: Pages, reactor: Any) -> None:
        self.pages = pages
        self.reactor = reactor
        self.links: set[_Link] = set()
        self._port: Any = None

    async def listen(self, endpoint: Any) -> None:
        """Take connections at ``endpoint``."""
        self._port = await endpoint.listen(self)

    def buildProtocol(self, addr: IAddress | None) -> "_Link | None":
        return _Link(self) if len(self.links) < MAX_CONNECTIONS else None

    def stop(self) -> Deferred[Any]:
        """Take no more, and cut off who is still there."""
        for link in tuple(self.links):
            link.abort()
        if self._port is None:  # another listener could not be opened
            return succeed(None)
        return maybeDeferred(self._port.stopListening)


class _Link(Protocol):
    """One connection, for one request."""

    def __init__(self, listener: AdminListener) -> None:
        self._listener = listener
        self._http = ServerConnection()
        self._answered = False

    def connectionMade(self) -> None:
        self._listener.links.add(self)
        self._end = self._listener.reactor.callLater(SECONDS, self.abort)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._listener.links.discard(self)
        if self._end.active():
            self._end.cancel()

    def dataReceived(self, data: bytes) -> None:
        if self._answered:
            return
        try:
            events = self._http.receive(data)
        except HttpRefused as refused:
            self._answer(Answer(refused.status, "", b""))
            return
        for event in events:
            if isinstance(event, Request):
                self._answer(self._listener.pages.answer(event))
                return

    def abort(self) -> None:
        """End it now."""
        cast(Line, self.transport).abortConnection()

    def _answer(self, answer: Answer) -> None:
        self._answered = True
        line = cast(Line, self.transport)
        line.write(
            self._http.respond(
                answer.status, answer.content_type, answer.body, close=True
            )
        )
        line.loseConnection()


def _json(code: int, value: object) -> Answer:
    return Answer(code, JSON, msgspec.json.encode(value) + b"\n")
