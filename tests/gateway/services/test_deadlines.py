# SPDX-License-Identifier: Apache-2.0
"""Deadlines are kept to within a tick, by one timer that runs only when needed."""

import pytest
from twisted.internet.task import Clock

from gateway.services.deadlines import TICK, Deadlines


class Waiting:
    """Counts how often it waited in vain."""

    def __init__(self, then=lambda: None):
        self.passed = 0
        self.then = then

    def deadline_passed(self):
        self.passed += 1
        self.then()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def deadlines(clock):
    return Deadlines(clock)


def test_a_deadline_passes_once_within_a_tick(clock, deadlines):
    waiting = Waiting()
    deadlines.set(waiting, 5)
    clock.pump([TICK] * int(5 / TICK - 1))
    assert waiting.passed == 0
    clock.pump([TICK] * 20)
    assert waiting.passed == 1


def test_a_deadline_set_anew_counts_from_then(clock, deadlines):
    waiting = Waiting()
    deadlines.set(waiting, 5)
    clock.advance(4)
    deadlines.set(waiting, 5)
    clock.advance(4)
    assert waiting.passed == 0
    clock.advance(1)
    assert waiting.passed == 1


def test_a_cleared_deadline_does_not_pass(clock, deadlines):
    waiting = Waiting()
    deadlines.set(waiting, 5)
    deadlines.clear(waiting)
    clock.advance(10)
    assert waiting.passed == 0


def test_one_timer_serves_many_and_stops_with_the_last(clock, deadlines):
    many = [Waiting() for _ in range(100)]
    for waiting in many:
        deadlines.set(waiting, 5)
    assert len(clock.getDelayedCalls()) == 1
    for waiting in many:
        deadlines.leave(waiting)
    assert clock.getDelayedCalls() == []


def test_the_timer_stops_when_all_deadlines_have_passed(clock, deadlines):
    deadlines.set(Waiting(), 1)
    clock.pump([1, 1, 1])
    assert clock.getDelayedCalls() == []


def test_what_waits_may_set_clear_and_leave_when_its_time_has_come(clock, deadlines):
    second = Waiting(lambda: deadlines.set(second, 5) if second.passed == 1 else None)
    third = Waiting()
    first = Waiting(lambda: deadlines.leave(third))
    for waiting in (first, second, third):
        deadlines.set(waiting, 5)
    clock.advance(5)
    assert (first.passed, second.passed, third.passed) == (1, 1, 0)
    clock.advance(5)
    assert (first.passed, second.passed, third.passed) == (1, 2, 0)
    assert clock.getDelayedCalls() == []
