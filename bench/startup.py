# SPDX-License-Identifier: Apache-2.0
"""How soon a provider of 1,000 residents is ready, and what memory it takes.

From exec to READY=1, on a store that holds the copies already; then 5,000 whole linkage
transactions, and its resident memory at the end and at its highest.
"""

from dataclasses import dataclass

from bench import linkage
from bench.driver import Run
from bench.station import Gateway, cores, pinned
from bench.world import World

TRANSACTIONS = 5_000
READY_LIMIT = 2.0
"""Seconds."""
MEMORY_LIMIT = 120.0
"""Megabytes."""


@dataclass(frozen=True, slots=True)
class Startup:
    """What was found."""

    ready_seconds: float
    resident_at_start: float
    resident: float
    highest: float


def run(world: World, transactions: int = TRANSACTIONS) -> Startup:
    """Start, watch, send, and look again."""
    path = linkage.BENCHMARK.path
    config = world.fresh(path.gateway)
    asks = tuple(linkage.BENCHMARK.asks(world, transactions))
    mine, other = cores()
    gateway = Gateway.start(config, mine)
    try:
        at_start, _ = gateway.memory()
        with pinned(other):
            Run(world, path, gateway, asks).whole()
        resident, highest = gateway.memory()
    finally:
        gateway.stop()
    return Startup(gateway.ready_seconds, at_start, resident, highest)
