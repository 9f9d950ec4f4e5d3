# SPDX-License-Identifier: Apache-2.0
"""The one place where a station asks what time it is.

Services are given a `Clock`; everything below them is given a moment.
"""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)
