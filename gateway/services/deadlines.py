# SPDX-License-Identifier: Apache-2.0
"""Deadlines of many connections, kept by one timer.

A connection sets its deadline anew with every message; a timer of its own would cost
more than the message's parsing. So deadlines are entries of one table that is looked
through at every tick, and a deadline is kept to within one tick. The timer runs only
while the table holds something.
"""

import math
from collections.abc import Callable
from typing import Final, Protocol

TICK: Final = 0.25
"""Seconds. The shortest time-out that makes sense on a network is several of these."""


class Cancellable(Protocol):
    """A call to come, which can be called off."""

    def active(self) -> bool: ...

    def cancel(self) -> None: ...


class Timer(Protocol):
    """What is used of a reactor's time (`IReactorTime`)."""

    def seconds(self) -> float: ...

    def callLater(
        self, delay: float, callable: Callable[..., object], *args: object
    ) -> Cancellable: ...


def call_off(call: Cancellable) -> None:
    """Cancel a call that may have been made already."""
    if call.active():
        call.cancel()


class Expiring(Protocol):
    """Something that waits, but not for ever."""

    def deadline_passed(self) -> None:
        """The awaited did not happen in time. The deadline is gone already."""


class Deadlines:
    """At most one deadline for each thing that waits."""

    def __init__(self, timer: Timer) -> None:
        self._timer = timer
        self._table: dict[Expiring, float] = {}
        self._tick: Cancellable | None = None

    def set(self, waiting: Expiring, seconds: float) -> None:
        """Call `deadline_passed` after ``seconds`` unless set anew or cleared."""
        self._table[waiting] = self._timer.seconds() + seconds
        if self._tick is None:
            self._tick = self._timer.callLater(TICK, self._look)

    def clear(self, waiting: Expiring) -> None:
        """Forget a deadline, if there is one: ``waiting`` goes on without."""
        self._table.pop(waiting, None)

    def leave(self, waiting: Expiring) -> None:
        """``waiting`` has ended. The last one to leave stops the timer."""
        self._table.pop(waiting, None)
        if not self._table and self._tick is not None:
            self._tick.cancel()
            self._tick = None

    def _look(self) -> None:
        self._tick = None
        now = self._timer.seconds()
        passed = [who for who, until in self._table.items() if until <= now]
        for waiting in passed:
            if self._table.get(waiting, math.inf) <= now:
                del self._table[waiting]
                waiting.deadline_passed()
        if self._table and self._tick is None:
            self._tick = self._timer.callLater(TICK, self._look)
