# SPDX-License-Identifier: Apache-2.0
"""So many at once, and so many more as time goes by: a bound on what others cause.

It starts full, gets fuller with time until it is full again, and is asked with the
moment, because it has no clock. Time that runs back gives nothing and takes nothing.
"""


class Allowance:
    """One allowance. ``now`` are seconds of any clock."""

    __slots__ = ("_at", "_full", "_left", "_rate")

    def __init__(self, full: int, rate: float, now: float) -> None:
        self._full = float(full)
        self._rate = rate
        """How much comes back in a second."""
        self._left = self._full
        self._at = now

    def left(self, now: float) -> bool:
        """Whether one more is allowed."""
        self._grow(now)
        return self._left >= 1.0

    def take(self, now: float) -> bool:
        """Use one up, if there is one; whether there was."""
        if not self.left(now):
            return False
        self._left -= 1.0
        return True

    def _grow(self, now: float) -> None:
        passed = max(0.0, now - self._at)
        self._at = now
        self._left = min(self._full, self._left + passed * self._rate)
