# SPDX-License-Identifier: Apache-2.0
"""Background work goes on after a fault, and ends with its round at a stop."""

import logging

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gateway.services.counters import Counters
from gateway.services.rounds import Round, Rounds


@pytest.fixture
def clock():
    return Clock()


def rounds(work, clock, seconds=1.0):
    made = Rounds([Round("work", seconds, work)], Counters(), clock)
    return made, made._counters


def test_a_round_comes_at_once_and_then_in_its_interval(clock):
    seen = []

    async def work():
        seen.append(clock.seconds())

    made, _ = rounds(work, clock)
    made.start()
    clock.pump([0.5, 0.5, 0.5, 0.5])
    assert seen == [0, 1, 2]
    made.stop()


def test_a_fault_is_counted_told_and_ends_nothing(clock, caplog):
    faults = [ValueError("x"), None, ValueError("y"), ValueError("z")]

    async def work():
        fault = faults.pop(0)
        if fault is not None:
            raise fault

    made, counters = rounds(work, clock)
    with caplog.at_level(logging.ERROR):
        made.start()
        assert counters.failing == {"work"}
        clock.advance(1)
        assert counters.failing == set()
        clock.advance(1)
        clock.advance(1)
    assert counters.failing == {"work"}
    assert counters.task_failures == {"work": 3}
    assert len(caplog.records) == 3
    made.stop()


def test_a_stop_waits_for_the_round_that_goes_on_and_begins_no_more(clock):
    waiting = Deferred()
    seen = []

    async def work():
        seen.append("begun")
        await waiting
        seen.append("over")

    made, _ = rounds(work, clock)
    made.start()
    stopped = made.stop()
    assert not stopped.called
    waiting.callback(None)
    assert stopped.called
    clock.advance(10)
    assert seen == ["begun", "over"]


def test_what_was_never_started_stops_at_once(clock):
    made, _ = rounds(lambda: None, clock)
    assert made.stop().called
