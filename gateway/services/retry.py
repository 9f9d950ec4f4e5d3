# SPDX-License-Identifier: Apache-2.0
"""When a message is offered again that was not taken: later each time, never now."""

import random
from datetime import timedelta

from gateway.config import Timing

_DOUBLINGS = 16
"""More of them would change nothing: the longest time is reached long before."""


def retry_after(timing: Timing, attempts: int) -> timedelta:
    """How long to wait after that many attempts; stations that failed together part."""
    doubled = timing.retry_first * 2 ** min(attempts, _DOUBLINGS)
    return timedelta(
        seconds=min(timing.retry_longest, doubled) * random.uniform(0.5, 1.0)
    )
