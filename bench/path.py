# SPDX-License-Identifier: Apache-2.0
"""How a path is measured: new store, new daemon, limit, run, and a look at the store.

The driver has another core than the gateway; the limit is measured on the gateway's
core, right after the gateway has left it. What the driver counted must stand in the
gateway's store.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.driver import Path, Run, WrongAnswer
from bench.limits import Limits, Recipe
from bench.measured import Measured
from bench.orders import Ask
from bench.station import Gateway, cores, pinned
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
    station = benchmark.path.gateway
    config = world.fresh(station)
    asks = tuple(benchmark.asks(world, int(FASTEST * (WARM_UP + seconds))))
    mine, other = cores()
    gateway = Gateway.start(config, mine)
    try:
        driven = Run(world, benchmark.path, gateway, asks)
        with pinned(other):
            measured = driven.timed(WARM_UP, seconds)
    finally:
        gateway.stop()
    if world.delivered(station) < driven.finished:
        raise WrongAnswer("the store knows of fewer transactions than were finished")
    recipe = benchmark.recipe(measured.sizes, measured.batch)
    with pinned(mine):
        return Result(measured, Limits().of(recipe), recipe)
