# SPDX-License-Identifier: Apache-2.0
"""A machine's clock that is moved is told of, and clocks that are apart."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import pytest_twisted

from gateway.services.clock_watch import REMEMBERED, ClockWatch, is_behind
from protocols.limits import MAX_SKEW
from tests.gateway.world import MINUTE, NOON, SECOND

in_reactor = pytest_twisted.ensureDeferred


@dataclass
class Machine:
    """Two clocks in a test's hands."""

    wall: object = NOON
    steady: float = 1000.0
    watch: ClockWatch = field(init=False)

    def __post_init__(self):
        self.watch = ClockWatch(lambda: self.wall, lambda: self.steady)

    async def passes(self, seconds, jump=timedelta(0)):
        """Time passes, and the wall clock is moved meanwhile."""
        self.steady += seconds
        self.wall += timedelta(seconds=seconds) + jump
        await self.watch.look()


@pytest.fixture
def machine():
    return Machine()


@in_reactor
async def test_time_that_passes_is_no_jump(machine):
    for _ in range(100):
        await machine.passes(1.0, timedelta(milliseconds=2))
    assert (machine.watch.jump, machine.watch.jumps) == (None, 0)


@pytest.mark.parametrize("by", [10 * MINUTE, -10 * MINUTE, 6 * SECOND])
@in_reactor
async def test_a_clock_that_is_moved_either_way_is_told_of(machine, by, caplog):
    with caplog.at_level(logging.WARNING):
        await machine.passes(1.0, by)
    assert (machine.watch.jump.by, machine.watch.jump.to) == (by, machine.wall)
    assert f"the clock was moved by {by.total_seconds():.0f} s" in caplog.text


@in_reactor
async def test_a_jump_is_told_of_for_an_hour(machine):
    await machine.passes(1.0, MINUTE)
    await machine.passes(REMEMBERED - 1)
    assert machine.watch.jump is not None
    await machine.passes(1)
    assert machine.watch.jump is None
    assert machine.watch.jumps == 1


@in_reactor
async def test_messages_from_the_future_are_told_of_for_an_hour(machine):
    assert machine.watch.apart == frozenset()
    machine.watch.refused("in")
    await machine.passes(10)
    machine.watch.refused("out")
    assert machine.watch.apart == {"in", "out"}
    await machine.passes(REMEMBERED - 10)
    assert machine.watch.apart == {"out"}
    await machine.passes(10)
    assert machine.watch.apart == frozenset()


@pytest.mark.parametrize(
    ("newest", "behind"),
    [
        (None, False),
        (NOON - MINUTE, False),
        (NOON + MAX_SKEW, False),
        (NOON + MAX_SKEW + SECOND, True),
    ],
)
def test_a_clock_before_the_newest_record_stands_behind(newest, behind):
    assert is_behind(NOON, newest) is behind
