# SPDX-License-Identifier: Apache-2.0
"""Background work in intervals: looks for decisions, files, what is due.

Each round begins when the one before is over and its interval has passed. A fault in
one round is logged and counted, and does not end the later ones. At the stop no new
round begins, and those that are going on are waited for.
"""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import LoopingCall

from gateway.services.counters import Counters

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """One kind of background work."""

    name: str
    seconds: float
    work: Callable[[], Coroutine[Any, Any, None]]


class Rounds:
    """All background work of one station."""

    def __init__(self, rounds: list[Round], counters: Counters, reactor: Any) -> None:
        self._rounds = rounds
        self._counters = counters
        self._reactor = reactor
        self._loops: list[LoopingCall] = []
        self._ends: list[Deferred[Any]] = []

    def start(self) -> None:
        """Begin the first round of everything."""
        for one in self._rounds:
            loop = LoopingCall(self._go, one)
            loop.clock = self._reactor
            self._loops.append(loop)
            self._ends.append(loop.start(one.seconds, now=True))

    def hurry(self) -> None:
        """Begin the next round of everything now; a round that goes on is let be."""
        for loop in self._loops:
            if loop.call is not None:
                loop.call.reset(0)  # type: ignore[call-arg,misc]  # zope: no self

    def stop(self) -> Deferred[Any]:
        """Begin no more; fires when those that are going on are over."""
        for loop in self._loops:
            loop.stop()
        self._loops.clear()
        return gatherResults(self._ends)

    def _go(self, one: Round) -> Deferred[None]:
        return Deferred.fromCoroutine(self._guarded(one))

    async def _guarded(self, one: Round) -> None:
        try:
            await one.work()
        except Exception:
            self._counters.task_failed(one.name)
            log.exception("%s: a round failed; the next one comes", one.name)
        else:
            self._counters.task_done(one.name)
