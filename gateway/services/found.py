# SPDX-License-Identifier: Apache-2.0
"""A peer's client that is made when the master names an address for the peer.

Until then every attempt fails as one does whose peer is down: it is on record, tried
again, and ends with its deadline or by a person's hand.
"""

import logging
from collections.abc import Callable

from twisted.internet.defer import Deferred, fail

from gateway.services.peer import PeerUnreachable, Response
from gateway.services.sender import Client
from pki.names import StationName

log = logging.getLogger(__name__)


class Found:
    """See the module. ``find`` is asked at each attempt until it gives a client."""

    def __init__(self, peer: StationName, find: Callable[[], Client | None]) -> None:
        self._peer = peer
        self._find = find
        self._client: Client | None = None
        self._told = False

    def post(self, path: str, content_type: str, body: bytes) -> Deferred[Response]:
        """Post, or fail with `PeerUnreachable` where there is no address yet."""
        if self._client is None:
            self._client = self._find()
        if self._client is not None:
            return self._client.post(path, content_type, body)
        if not self._told:
            self._told = True
            told = "the master has no endpoint for %s: its messages wait"
            log.error(told, self._peer)
        return fail(PeerUnreachable("no_endpoint"))
