# SPDX-License-Identifier: Apache-2.0
"""What a station does when the clock of its TEST network is moved.

Begins when the station opens, ends when it stops. At each move, before anybody here
gets the new time: (1) the move is put on record, (2) certificates and the revocation
list are read again, because what ended by the move may have been renewed with it, (3)
every round of background work comes at once, because what it waits for may be over:
holds, retries, messages, duplicates. Time-outs of links go by the monotonic clock and
notice nothing.

A station that starts with a clock that is ahead has that on record, too.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from twisted.python.failure import Failure

from gateway.records.event import Event, EventKind, prepare
from gateway.services.clock import Clock
from gateway.station import Station
from pki.network_clock import Move, NetworkClock

log = logging.getLogger(__name__)

BY: Final = "sekisho time"
"""Whom the record names: the command, which does not know who called it."""


class ClockMoves:
    """One station's. Does nothing where the clock is the machine's."""

    def __init__(
        self,
        station: Station,
        clock: Clock,
        reload: Callable[[], None],
        hurry: Callable[[], None],
    ) -> None:
        self._station = station
        self._clock = clock
        self._reload = reload
        self._hurry = hurry

    def begin(self) -> None:
        """Follow the clock from now on."""
        if not isinstance(self._clock, NetworkClock):
            return
        ahead = self._clock.ahead
        self._clock.moved.append(self._moved)
        if ahead:
            said = f"starts with the test network's clock {ahead} ahead"
            self._record(said, self._clock())

    def end(self) -> None:
        """Follow it no more."""
        if isinstance(self._clock, NetworkClock) and self._moved in self._clock.moved:
            self._clock.moved.remove(self._moved)

    def _moved(self, move: Move) -> None:
        if move.by:
            since = f"{move.since:%Y-%m-%d %H:%M:%SZ}"
            said = f"the test network's clock was moved by {move.by} from {since}"
            log.warning("%s: %s", self._station.name, said)
            self._record(said, move.to)
        self._reload()
        self._hurry()

    def _record(self, detail: str, at: datetime) -> None:
        event = Event(
            kind=EventKind.OPERATOR,
            at=at,
            direction="local",
            operator=BY,
            detail=detail,
        )
        record = prepare(event)
        self._station.store.commit(lambda tx: tx.record(record)).addErrback(_unwritten)


def _unwritten(failure: Failure) -> None:
    log.error("a move of the clock is not recorded: %s", failure.value)
