# SPDX-License-Identifier: Apache-2.0
"""All senders of one station; makes one for a peer when it is first needed.

Lives as long as the station. Gives every committed message to its peer's sender, and
owns none of them.
"""

import logging
from collections.abc import Callable, Mapping, Set

from twisted.internet.defer import Deferred, gatherResults

from gateway.records.rows import Outgoing
from gateway.services.sender import Sender
from pki.names import StationName

log = logging.getLogger(__name__)


class Post:
    """See the module."""

    def __init__(self, make: Callable[[StationName], Sender | None]) -> None:
        self._make = make
        self._senders: dict[str, Sender] = {}
        self._unreachable: set[str] = set()
        """Peers without an endpoint, said once."""

    @property
    def senders(self) -> Mapping[str, Sender]:
        return self._senders

    def carried(self, peer: str) -> Set[bytes]:
        """The messages for ``peer`` that are in memory already."""
        sender = self._senders.get(peer)
        return frozenset() if sender is None else sender.carried

    def offer(self, outgoing: Outgoing) -> None:
        """Hand a committed message to its peer's sender."""
        sender = self._senders.get(outgoing.peer) or self._made(outgoing.peer)
        if sender is not None:
            sender.offer(outgoing)

    def _made(self, peer: str) -> Sender | None:
        sender = self._make(StationName.parse(peer))
        if sender is not None:
            self._senders[peer] = sender
        elif peer not in self._unreachable:
            self._unreachable.add(peer)
            log.error("the master has no endpoint for %s: its messages wait", peer)
        return sender

    def stop(self) -> Deferred[list[None]]:
        """Fires when nothing is in flight any more."""
        return gatherResults([s.stop() for s in self._senders.values()])
