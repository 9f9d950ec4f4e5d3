# SPDX-License-Identifier: Apache-2.0
"""How long to wait before something is tried again, and when to stop.

The wait doubles from `FIRST` to `MOST`, and each is taken between a half and the whole
of that, so that many systems that lost one station do not come back as one.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

FIRST: Final = 0.1
"""Seconds before the second attempt."""
MOST: Final = 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits as it is told; a test hands in waits that do not last."""

    sleep: Callable[[float], None] = time.sleep
    """May raise, where the waiting is to be cut short: nothing is tried again then."""
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    """From 0 to 1."""

    def attempts(self, seconds: float) -> Iterator[None]:
        """One turn at once, then one after each wait, until the time is over."""
        until = self.monotonic() + seconds
        wait = FIRST
        while True:
            yield
            left = until - self.monotonic()
            if left <= 0:
                return
            self.sleep(min(left, wait * (0.5 + self.chance() / 2)))
            wait = min(MOST, wait * 2)
