# SPDX-License-Identifier: Apache-2.0
"""A daemon's store that knows how long its commits take.

Measured is what a caller waits for: from handing a work in until it is durable. One
work is timed at a time and the next one begins when it is done, so that the measure
costs a busy station nothing that it would notice.
"""

import time
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred

from gateway.records.connection import Database
from gateway.records.journal import Journal
from gateway.records.sealed import StoreKeys
from gateway.records.store import Store
from gateway.records.transaction import Transaction

T = TypeVar("T")

BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Seconds; upper ends of the classes that times are counted in."""


class Times:
    """How many commits took how long."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        """By class; the last one is for what took longer than all bounds."""
        self.seconds = 0.0
        """All of them together."""

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class MeasuredStore(Store):
    """A `Store` with `Times`."""

    __slots__ = ("_timing", "times")

    def __init__(self, reader: Database, keys: StoreKeys, journal: Journal) -> None:
        super().__init__(reader, keys, journal)
        self.times = Times()
        self._timing = False

    def commit(self, work: Callable[[Transaction], T]) -> "Deferred[T]":
        """As `Store.commit`."""
        done = super().commit(work)
        if not self._timing:
            self._timing = True
            done.addBoth(self._timed, time.monotonic())
        return done

    def _timed(self, result: Any, begun: float) -> Any:
        self._timing = False
        self.times.add(time.monotonic() - begun)
        return result
