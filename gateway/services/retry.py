# SPDX-License-Identifier: Apache-2.0
"""When a message is offered again that was not taken: later each time, never now."""

import random
from collections.abc import Callable
from datetime import timedelta

from gateway.config import Timing
from gateway.records.rows import Outgoing
from gateway.services.deadlines import Cancellable, Timer, call_off

_DOUBLINGS = 16
"""More of them would change nothing: the longest time is reached long before."""
LONGEST_CLOSED = timedelta(hours=1)
"""Until it is seen whether a closed peer opened early, or its calendar is another."""
_AT_ONCE = timedelta(0)
_SOON = timedelta(seconds=1)


def retry_after(
    timing: Timing, attempts: int, closed: timedelta = _AT_ONCE
) -> timedelta:
    """How long to wait after that many attempts; stations that failed together part.

    A peer that is ``closed`` for so long is waited for, but not for ever. Who waited
    for the same opening parts, too; that it was closed is no failure that would count.
    """
    doublings = 0 if closed > _AT_ONCE else min(attempts, _DOUBLINGS)
    longest = min(timing.retry_longest, timing.retry_first * 2**doublings)
    usual = timedelta(seconds=longest * random.uniform(0.5, 1.0))
    return min(max(closed, _AT_ONCE), LONGEST_CLOSED) + usual


class Later:
    """Messages that will be offered again; each has one time at most."""

    def __init__(self, timer: Timer, offer: Callable[[Outgoing], None]) -> None:
        self._timer = timer
        self._offer = offer
        self._calls: dict[bytes, Cancellable] = {}

    def at(self, outgoing: Outgoing, delay: timedelta = _SOON) -> None:
        """Offer it after this time."""
        call = self._timer.callLater(delay.total_seconds(), self._offer, outgoing)
        self._calls[outgoing.message_id] = call

    def forget(self, message_id: bytes) -> None:
        """It is offered now: it may have been found in the store first."""
        call = self._calls.pop(message_id, None)
        if call is not None:
            call_off(call)
