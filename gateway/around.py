# SPDX-License-Identifier: Apache-2.0
"""What the stations of one process share."""

from dataclasses import dataclass
from typing import Any

from gateway.services.clock import Clock
from gateway.services.clock_watch import ClockWatch


@dataclass(frozen=True, slots=True)
class Around:
    """One process's clock and reactor."""

    clock: Clock
    clock_watch: ClockWatch
    reactor: Any
