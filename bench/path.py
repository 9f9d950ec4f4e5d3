# SPDX-License-Identifier: Apache-2.0
"""How a path is measured: new store, new daemon, limit, run, and a look at the store.

The limit is measured on the gateway's core right before the gateway starts there; the
driver has the other core. What the driver counted must stand in the gateway's store.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.driver import Path, Run, WrongAnswer
from bench.limits import Limits, Recipe
from bench.measured import Measured
from bench.orders import Ask
from bench.station import Gateway, cores
from bench.world import World

WARM_UP = 1.0
"""Seconds until links, caches and group commits are as they stay."""
FASTEST = 2_000
"""Transactions a second that are prepared for; a faster gateway ends a run early."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One path: what is sent, and what the protocol requires for it."""

    name: str
    title: str
    path: Path
    asks: Callable[[World, int], Iterable[Ask]]
    recipe: Callable[[Mapping[str, int], float], Recipe]


@dataclass(frozen=True, slots=True)
class Result:
    """One run beside its limit."""

    measured: Measured
    limit_us: float
    """Microseconds of bare cryptography for one transaction."""
    recipe: Recipe

    @property
    def limit(self) -> float:
        """Transactions a second if there were nothing but that cryptography."""
        return 1e6 / self.limit_us

    @property
    def ratio(self) -> float:
        """The rate as a part of the limit."""
        return self.measured.rate / self.limit

    @property
    def cpu_ratio(self) -> float:
        """The same by processor time: what a core of its own would reach."""
        return self.limit_us / self.measured.cpu_us


def run(benchmark: Benchmark, world: World, seconds: float) -> Result:
    """Measure one path once."""
    mine, other = cores()
    config = world.fresh(benchmark.path.gateway)
    count = int(FASTEST * (WARM_UP + seconds))
    asks = tuple(benchmark.asks(world, count))
    limits = _measured_limits(mine)
    gateway = Gateway.start(config, mine)
    os.sched_setaffinity(0, {other})
    try:
        driven = Run(world, benchmark.path, gateway, asks)
        measured = driven.timed(WARM_UP, seconds)
    finally:
        os.sched_setaffinity(0, {mine, other})
        gateway.stop()
    if world.delivered(benchmark.path.gateway) < driven.finished:
        raise WrongAnswer("the store knows of fewer transactions than were finished")
    recipe = benchmark.recipe(measured.sizes, measured.batch)
    return Result(measured, limits(recipe), recipe)
