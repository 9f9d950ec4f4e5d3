# SPDX-License-Identifier: Apache-2.0
"""All senders of one station; makes one for a peer when it is first needed.

Lives as long as the station. Gives every committed message to its peer's sender, and
owns none of them.
"""

import logging
from collections.abc import Callable, Mapping

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

    @property
    def senders(self) -> Mapping[str, Sender]:
        return self._senders

    def offer(self, outgoing: Outgoing) -> None:
        """Hand a committed message to its peer's sender."""
        sender = self._senders.get(outgoing.peer)
        if sender is None:
            made = self._make(StationName.parse(outgoing.peer))
            if made is None:
                log.error("no endpoint for %s: its message waits", outgoing.peer)
                return
            sender = self._senders[outgoing.peer] = made
        sender.offer(outgoing)

    def stop(self) -> Deferred[list[None]]:
        """Fires when nothing is in flight any more."""
        return gatherResults([s.stop() for s in self._senders.values()])
