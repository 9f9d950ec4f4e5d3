# SPDX-License-Identifier: Apache-2.0
"""Forgets what is past its time: duplicates, used permits, settled messages.

Arrivals that nobody acknowledged are erased, and that is recorded.

What is forgotten can no longer do harm: an expired message and an expired permit are
refused by their own times. Records are never touched here. A sweep drops a bounded
number of rows, so that a station that was down for weeks does not stand still.
"""

import logging
from datetime import datetime, timedelta

from gateway.records.arrivals import Head
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind, Prepared, prepare
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
        now = self._clock()
        over = now - limits.MAX_SKEW
        try:
            erased = [
                (arrival.message_id, self._prepared(arrival, now))
                for arrival in self._station.store.overdue_arrivals(now)
            ]

            def work(tx: Transaction) -> None:
                tx.forget_seen(over)
                tx.forget_permits(over)
                tx.forget_settled(over - SETTLED_DAYS)
                for message_id, record in erased:
                    if tx.erase_arrivals((message_id,)):
                        tx.record(record)

            await self._station.store.commit(work)
        except StoreUnavailable as error:
            log.error("%s: nothing is swept: %s", self._station.name, error)

    def _prepared(self, arrival: Head, now: datetime) -> Prepared:
        """What came for one of our systems is gone: nobody took it over (R-087)."""
        event = Event(
            kind=EventKind.ERASED,
            at=now,
            direction="local",
            peer=arrival.sender,
            message_type=arrival.message_type,
            message_id=arrival.message_id.hex(),
            detail="erased: its time was over, and nobody had taken it over",
        )
        return prepare(event, self._station.token_bytes)
