# SPDX-License-Identifier: Apache-2.0
"""The one place where a station asks what time it is.

Services are given a `Clock`; everything below them is given a moment. A station's clock
is the machine's, unless its configuration names the clock of a TEST network.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.config import Config, ConfigRefused
from pki.errors import PkiError
from pki.network_clock import ClockRefused, NetworkClock
from pki.trust import TrustStore

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""

LOOK_SECONDS = 0.2
"""Seconds between two looks at the clock where nobody else asks for the time."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def clock_of(config: Config) -> Clock:
    """What a station goes by, for it and for commands about it.

    Raises `ConfigRefused` where it names a clock and its root is not TEST, or the clock
    cannot be believed.
    """
    if config.clock is None:
        return system_clock
    try:
        trust = TrustStore.load(config.keys.chain, config.keys.crl)
        return NetworkClock(config.clock, trust, system_clock)
    except ClockRefused as error:
        raise ConfigRefused(f"clock: {error}") from None
    except PkiError as error:
        raise ConfigRefused(f"keys: {error}") from None


def common_clock(stations: Mapping[Path, Config]) -> Clock:
    """The one clock of all stations of a process, by their files.

    Each of them must be allowed to go by it, so every one is asked. Raises
    `ConfigRefused`.
    """
    clock: Clock = system_clock
    files = {config.clock and config.clock.resolve() for config in stations.values()}
    for path, config in stations.items():
        if len(files) > 1:
            raise ConfigRefused(
                f"{path}: clock: the stations of one process go by one clock; name "
                "the same file in each of them, or run them apart"
            )
        try:
            clock = clock_of(config)
        except ConfigRefused as error:
            raise ConfigRefused(f"{path}: {error}") from None
    return clock


def ahead_of_machine(clock: Clock) -> timedelta:
    """How far a clock is before the machine's: zero, unless a TEST network moved it."""
    return clock.ahead if isinstance(clock, NetworkClock) else timedelta(0)


def machine_of(clock: Clock) -> Clock:
    """The machine's clock under a network's."""
    return clock.machine if isinstance(clock, NetworkClock) else clock


def problem_of(clock: Clock) -> str:
    """Why a network's clock cannot be believed any more; empty while it can."""
    return clock.problem if isinstance(clock, NetworkClock) else ""
