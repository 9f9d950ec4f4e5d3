# SPDX-License-Identifier: Apache-2.0
"""One listening service: takes links, lets proven peers ask, gives answers in order.

Starts with `HttpListener.listen`; takes TLS links from those whose certificate
``identify`` believes; hands each request with its identity to the handler, one at a
time for each link; ends with `HttpListener.stop`, which lets the requests in hand
finish. Decides nothing about messages and keeps none.

Whoever is too slow, too many or not believed is cut off, and ``link_refused`` is told
who it was and one stable word: a reason of `Untrusted`, a `LinkFault`, or ``http_``
with an `HttpFault`. Who: the station, once a link is proven; an address before, because
a certificate that somebody shows is not yet his.
"""

from typing import Any, Final, cast

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred, succeed
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Factory
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol

from gateway.services.crowd import Bounds, Crowd
from gateway.services.deadlines import Deadlines, Timer, call_off
from gateway.services.link_host import (
    Answer,
    Handler,
    LinkHost,
    LinkRefused,
    ListenerSettings,
)
from gateway.services.server_link import ServerLink
from gateway.services.tls_link import Contexts, Identify, LinkFault, beginner
from gateway.services.unfinished import Unfinished
from pki.names import StationName
from protocols.http import Request

__all__ = ["Answer", "Handler", "HttpListener", "ListenerSettings", "Request"]

STOP_SECONDS: Final = 10.0
"""For requests in hand when a listener is told to stop."""


class HttpListener(Factory):
    """See the module. One for each address that a station listens on."""

    noisy = False

    def __init__(
        self,
        settings: ListenerSettings,
        context: Contexts,
        identify: Identify,
        handler: Handler,
        link_refused: LinkRefused,
        clock: Timer,
    ) -> None:
        self._context = context
        self._clock = clock
        self._crowd = Crowd(_bounds(settings), clock.seconds, self._push_out)
        self._unfinished = Unfinished(settings.max_unfinished, self._push_out)
        self._host = LinkHost(
            settings,
            identify,
            handler,
            link_refused,
            Deadlines(clock),
            self._proved,
            self._unfinished.holds,
        )
        self._links: set[ServerLink] = set()
        self._ports: list[Any] = []
        self._stopping = False
        self._drained: list[Deferred[None]] = []
        self.turned_away = 0
        """Connections that were closed because there were too many."""

    @property
    def connections(self) -> int:
        """Links that are open now, those that are still being proven included."""
        return len(self._links)

    @property
    def unproven(self) -> int:
        """Of the open links, those that have not shown who they are."""
        return self._crowd.unproven

    def tls_factory(self) -> TLSMemoryBIOFactory:
        """What a TCP port needs to take links for this listener."""
        return _TlsFactory(self, self._context)

    def listen(self, endpoint: IStreamServerEndpoint) -> Deferred[IListeningPort]:
        """Take links at ``endpoint`` until `stop`."""
        port: Any = endpoint  # zope's interface has no types for mypy
        listening: Deferred[IListeningPort] = port.listen(self.tls_factory())
        return listening.addCallback(self._listening)

    def buildProtocol(self, addr: IAddress | None) -> ServerLink:
        link = ServerLink(self._host, self._ended)
        self._links.add(link)
        self._crowd.came(link, _address(addr))
        return link

    def has_room(self, addr: IAddress | None) -> bool:
        """Whether one more link is taken; a refusal is counted and told."""
        if self._stopping:
            return False
        if self._crowd.has_room(_address(addr)):
            return True
        self.turned_away += 1
        self._host.refused(_address(addr), LinkFault.TOO_MANY_CONNECTIONS)
        return False

    def look_again(self) -> None:
        """Cut every link whose peer is believed no more."""
        for link in tuple(self._links):
            link.look_again()

    def stop(self, seconds: float = STOP_SECONDS) -> Deferred[None]:
        """Take no more links and requests, finish those in hand; fires at the end.

        What is not finished after ``seconds`` is cut off.
        """
        self._stopping = True
        for link in tuple(self._links):
            link.stop()
        ends = [maybeDeferred(port.stopListening) for port in self._ports]
        self._ports.clear()
        hurry = self._clock.callLater(seconds, self._abort)
        stopped = gatherResults([*ends, self._empty()])
        return stopped.addCallback(lambda _: call_off(hurry))

    def _listening(self, port: IListeningPort) -> IListeningPort:
        self._ports.append(port)
        return port

    def _proved(self, link: ServerLink, station: StationName) -> bool:
        allowed = self._crowd.proved(link, station)
        self.turned_away += not allowed
        return allowed

    def _push_out(self, link: ServerLink) -> None:
        self.turned_away += 1
        link.push_out()

    def _ended(self, link: ServerLink) -> None:
        self._links.discard(link)
        self._crowd.left(link)
        self._unfinished.left(link)
        if not self._links:
            waiting, self._drained = self._drained, []
            for drained in waiting:
                drained.callback(None)

    def _empty(self) -> Deferred[None]:
        if not self._links:
            return succeed(None)
        self._drained.append(Deferred())
        return self._drained[-1]

    def _abort(self) -> None:
        for link in tuple(self._links):
            link.abort()


class _TlsFactory(TLSMemoryBIOFactory):
    """TLS around a listener's links, unless there is no room for one more."""

    protocol = TLSMemoryBIOProtocol
    """Not the kind that gathers small writes: an answer is one write already."""

    def __init__(self, listener: HttpListener, context: Contexts) -> None:
        super().__init__(beginner(context), False, cast(IProtocolFactory, listener))
        self._listener = listener

    def buildProtocol(  # type: ignore[override]  # None: the port hangs up
        self, addr: IAddress | None
    ) -> TLSMemoryBIOProtocol | None:
        if not self._listener.has_room(addr):
            return None
        return super().buildProtocol(addr)


def _bounds(settings: ListenerSettings) -> Bounds:
    return Bounds(
        all=settings.max_connections,
        unproven=settings.max_unproven,
        per_station=settings.max_per_station,
    )


def _address(addr: IAddress | None) -> str:
    return getattr(addr, "host", "")
