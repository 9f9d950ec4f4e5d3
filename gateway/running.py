# SPDX-License-Identifier: Apache-2.0
"""One station at work, from its open listeners to its closed store.

The stop, in this order because each step may still need the next one's part: (1) no
new links, requests, rounds and sends; (2) requests in hand are answered, and messages
on their way get their answers, both within `FINISH_SECONDS`; (3) what is recorded of
them is durable and in the log, and the store is closed; (4) nobody is told about it any
more. What a peer does not answer in time stays in the outbox.
"""

import errno
from dataclasses import dataclass, field
from typing import Any

from twisted.internet.defer import gatherResults
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint
from twisted.internet.error import CannotListenError

from gateway.config import ConfigRefused
from gateway.services.admin import AdminListener
from gateway.services.clock_moves import ClockMoves
from gateway.services.merger import Merger
from gateway.services.overview import Overview
from gateway.services.peer import PeerClient
from gateway.services.post import Post
from gateway.services.rounds import Rounds
from gateway.station import Station

FINISH_SECONDS = 3.0
"""For what is in flight at a stop, in and out at once."""

BACKLOG = 1024
"""Connections that wait to be accepted: a peer whose first packet is dropped, because
strangers fill a short queue, tries again only after a second."""
_MENDS = {
    errno.EADDRINUSE: "another program listens there; end it, or choose another port",
    errno.EACCES: "this user may not listen there; choose a port from 1024 on",
    errno.EADDRNOTAVAIL: "this machine has no such address; see 'ip address'",
}
"""What an operator does where a port cannot be had."""


@dataclass(slots=True)
class Running:
    """One station at work, with what must be stopped again."""

    station: Station
    overview: Overview
    post: Post
    clients: list[PeerClient]
    admin: AdminListener | None
    rounds: Rounds
    merger: Merger
    reactor: Any
    moves: ClockMoves = field(init=False)

    def __post_init__(self) -> None:
        clock, hurry = self.overview.clock, self.rounds.hurry
        self.moves = ClockMoves(self.station, clock, self.reload, hurry)

    async def open(self) -> None:
        """Listen everywhere, then begin; raises `ConfigRefused` for a taken port."""
        self.moves.begin()
        if self.overview.master is not None:
            await self.overview.master.begin()
        for name, address in self.station.config.listeners():
            kind = TCP6ServerEndpoint if ":" in address.host else TCP4ServerEndpoint
            endpoint = kind(
                self.reactor, address.port, backlog=BACKLOG, interface=address.host
            )
            listener: Any = self.overview.listeners.get(name, self.admin)
            try:
                await listener.listen(endpoint)
            except CannotListenError as error:
                cause: int = getattr(error.socketError, "errno", 0) or 0
                mend = _MENDS.get(cause, "it cannot be listened on")
                raise ConfigRefused(
                    f"{name}.port: {address.host} port {address.port}: {mend}"
                ) from None
        self.rounds.start()

    async def stop(self) -> None:
        """See the module."""
        self.overview.stopping = True
        self.moves.end()
        rounds, sent = self.rounds.stop(), self.post.stop()
        listeners = self.overview.listeners.values()
        await gatherResults(
            [one.stop(FINISH_SECONDS) for one in listeners]
            + [one.close(FINISH_SECONDS) for one in self.clients]
        )
        await sent
        await rounds
        await self.merger.close_store()
        if self.admin is not None:
            await self.admin.stop()

    def reload(self) -> None:
        """Read certificates, chain and revocation list again, now, and the master."""
        self.overview.revocation.reload()
        self.overview.certificates.reload()
        if self.overview.master is not None:
            self.overview.master.reload()
