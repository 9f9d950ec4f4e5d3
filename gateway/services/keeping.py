# SPDX-License-Identifier: Apache-2.0
"""Erases what a municipal CS has kept for its time, found by the system itself (R-210).

Two kinds. Of the identity information file, the states before the present one and
those who were removed go after 150 years, in bounded steps, each on record with its
count. The sending-destination file goes in one batch when its keeping time is over
(R-095, R-097). No person has to do anything for either.

What is erased too early cannot be brought back, and a machine's clock can be wrong by
years. So nothing of the 150 years goes while the clock is doubted: it leapt under the
running station (`gateway.services.clock_watch`), or it stands before the last look or
more than `LONGEST_STOP` behind it. That look stands in the store and outlives a stop.
A person who knows the date lets it go (`sekisho cs dispose`). The sending-destination
file is not held back: the register can make an extract anew.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.history import Look, Past
from gateway.records.transaction import Transaction
from gateway.services.clock import Clock
from gateway.services.clock_watch import ClockWatch
from gateway.station import Station
from protocols.limits import MAX_SKEW

log = logging.getLogger(__name__)

LONGEST_STOP: Final = timedelta(days=31)
"""Between two looks, for a clock to be believed."""
WAITS: Final = (
    "%s: the clock leapt: what is past its 150 years goes by 'sekisho cs dispose' only"
)
EXTRACT: Final = "sending_destination_extract"
UPDATE: Final = "identity_information_update"


class Keeper:
    """One municipal CS's."""

    def __init__(self, station: Station, clock: Clock, watch: ClockWatch) -> None:
        self._station = station
        self._clock = clock
        self._watch = watch
        self._told = False
        """That something waits for a person; said once."""

    async def look(self) -> None:
        """Erase what is past its time by now."""
        await self._watch.look()  # a leap of this moment, too
        now, store = self._clock(), self._station.store
        try:
            doubted = self._is_doubted(now)
            past = store.past(now)

            def work(tx: Transaction) -> None:
                tx.note_look(now, doubted=doubted)
                self._extracts(tx, now)
                if any(past) and not doubted:
                    self._record(tx, now, UPDATE, said(tx.erase_past(now)))

            await store.commit(work)
        except StoreUnavailable as error:
            log.error("%s: nothing is erased: %s", self._station.name, error)
            return
        waits = doubted and any(past)
        if waits and not self._told:
            log.error(WAITS, self._station.name)
        self._told = waits

    def _is_doubted(self, now: datetime) -> bool:
        store, jump = self._station.store, self._watch.jump
        look = store.last_look()
        if look is None:
            newest = [stored.event.at for stored in store.events(limit=1)]
            look = Look(newest[0], doubted=False) if newest else None
        elif jump is not None and jump.to > look.at and jump.by > MAX_SKEW:
            return True  # it leapt ahead, and nobody has looked since
        return look is not None and is_doubtful(look, now)

    def _extracts(self, tx: Transaction, now: datetime) -> None:
        count = tx.erase_past_destinations(now)
        if count:
            told = f"sending destinations erased: {count}; their time was over"
            self._record(tx, now, EXTRACT, told)

    def _record(self, tx: Transaction, now: datetime, kind: str, told: str) -> None:
        event = Event(
            kind=EventKind.ERASED,
            at=now,
            direction="local",
            message_type=kind,
            detail=told,
        )
        tx.record(prepare(event, self._station.token_bytes))


def is_doubtful(look: Look, now: datetime) -> bool:
    """Whether the clock may be wrong by more than a stop of the station explains."""
    return look.doubted or not -MAX_SKEW <= now - look.at <= LONGEST_STOP


def said(gone: Past) -> str:
    """What the record says of an erasure: how many, and nobody's."""
    return (
        f"150 years are over: erased {gone.earlier} earlier states and "
        f"{gone.removed} removed persons"
    )
