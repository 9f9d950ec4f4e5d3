# SPDX-License-Identifier: Apache-2.0
"""Forgets what is past its time: duplicates, used permits, settled messages.

What is forgotten can no longer do harm: an expired message and an expired permit are
refused by their own times. Records are never touched here. A sweep drops a bounded
number of rows, so that a station that was down for weeks does not stand still.
"""

import logging
from datetime import timedelta

from gateway.records.errors import StoreUnavailable
from gateway.records.transaction import Transaction
from gateway.services.clock import Clock
from gateway.station import Station
from protocols import limits

log = logging.getLogger(__name__)

SETTLED_DAYS = timedelta(days=7)
"""How long an inside system may ask what became of its message."""


class Sweeper:
    """One station's sweeper."""

    def __init__(self, station: Station, clock: Clock) -> None:
        self._station = station
        self._clock = clock

    async def sweep(self) -> None:
        """Drop what is over by now."""
        over = self._clock() - limits.MAX_SKEW

        def work(tx: Transaction) -> None:
            tx.forget_seen(over)
            tx.forget_permits(over)
            tx.forget_settled(over - SETTLED_DAYS)

        try:
            await self._station.store.commit(work)
        except StoreUnavailable as error:
            log.error("%s: nothing is swept: %s", self._station.name, error)
