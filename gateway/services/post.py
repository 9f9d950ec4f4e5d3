# SPDX-License-Identifier: Apache-2.0
"""All senders of one station; makes one for a peer when it is first needed.

Lives as long as the station. Gives every committed message to its peer's sender, and
owns none of them.
"""

from collections.abc import Callable, Mapping, Set

from twisted.internet.defer import Deferred, gatherResults

from gateway.records.rows import Outgoing
from gateway.services.sender import Sender
from pki.names import StationName


class Post:
    """See the module."""

    def __init__(self, make: Callable[[StationName], Sender]) -> None:
        self._make = make
        self._senders: dict[str, Sender] = {}

    @property
    def senders(self) -> Mapping[str, Sender]:
        return self._senders

    def carried(self, peer: str) -> Set[bytes]:
        """The messages for ``peer`` that are in memory already."""
        sender = self._senders.get(peer)
        return frozenset() if sender is None else sender.carried

    def offer(self, outgoing: Outgoing) -> None:
        """Hand a committed message to its peer's sender."""
        if outgoing.peer not in self._senders:
            made = self._make(StationName.parse(outgoing.peer))
            self._senders[outgoing.peer] = made
        self._senders[outgoing.peer].offer(outgoing)

    def stop(self) -> Deferred[list[None]]:
        """Fires when nothing is in flight any more."""
        return gatherResults([s.stop() for s in self._senders.values()])
