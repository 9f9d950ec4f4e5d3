# SPDX-License-Identifier: Apache-2.0
"""Reads what is due from the store and offers it to the senders.

Most messages never wait for it: they are offered in memory right after their commit.
It is for what a killed daemon left behind, what another process put there, and what
was more than memory should hold.
"""

from gateway.services.clock import Clock
from gateway.services.post import Post
from gateway.station import Station

BATCH = 256


class Outbox:
    """One station's outbox."""

    def __init__(self, station: Station, post: Post, clock: Clock) -> None:
        self._station = station
        self._post = post
        self._clock = clock

    async def look(self) -> None:
        """Offer what is due, peer by peer: one that is down holds up no other.

        Nothing while the station is closed after a restore.
        """
        if self._station.facts.restored.closed:
            return
        store, now = self._station.store, self._clock()
        for peer in store.waiting_by_peer():
            carried = self._post.carried(peer)
            for outgoing in store.due(now, BATCH, peer=peer, exclude=carried):
                self._post.offer(outgoing)
