# SPDX-License-Identifier: Apache-2.0
"""Forgets what is past its time: duplicates, used permits, settled messages.

Arrivals that nobody acknowledged are erased, and so are processing numbers under which
no linkage code came in time; both are recorded.
A medium that is over is dropped from the ledger after seven years.

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
from gateway.rules.media import KEPT, may_be_forgotten
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
            store = self._station.store
            erased = [
                (arrival.message_id, self._prepared(arrival, now))
                for arrival in store.overdue_arrivals(now)
            ]
            given_up = [
                (tag, self._no_code(tag, now))
                for tag in store.overdue_acquisitions(now)
            ]
            gone = [
                medium.number
                for medium in store.media_before(now - KEPT)
                if may_be_forgotten(medium, now)
            ]

            def work(tx: Transaction) -> None:
                tx.forget_seen(over)
                tx.forget_permits(over)
                if tx.forget_settled(over - SETTLED_DAYS):
                    tx.forget_given_up()
                tx.forget_submissions(over)
                for message_id, record in erased:
                    if tx.erase_arrivals((message_id,)):
                        tx.record(record)
                for tag, record in given_up:
                    if tx.forget_acquisition(tag):
                        tx.record(record)
                for number in gone:
                    tx.forget_medium(number)

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

    def _no_code(self, tag: bytes, now: datetime) -> Prepared:
        """A linkage code did not come in time: nobody waits for it any more."""
        event = Event(
            kind=EventKind.ERASED,
            at=now,
            direction="local",
            message_type="personal_identifier_code_request",
            message_id=tag.hex(),
            detail="processing number erased: no linkage code came in its time",
        )
        return prepare(event, self._station.token_bytes)
