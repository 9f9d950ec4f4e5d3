# SPDX-License-Identifier: Apache-2.0
"""A move of the network's clock is on record, and what it makes due is done at once."""

import logging
from datetime import timedelta

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gateway.records.event import EventKind
from gateway.services.clock_moves import ClockMoves
from gateway.services.counters import Counters
from gateway.services.rounds import Round, Rounds
from pki import network_clock
from pki.network_clock import NetworkClock
from tests.gateway.world import COPIES, DAY, NOON, PROVIDER

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER, *COPIES)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "clock.json"
    network_clock.write(path, timedelta(0))
    return path


@pytest.fixture
def clock(world, file):
    """The network's clock, over a machine on which it is always NOON."""
    return NetworkClock(file, world.directory.trust, lambda: NOON)


@pytest.fixture
def done():
    """What was done at moves, in order."""
    return []


@pytest.fixture
def moves(provider, clock, done):
    return ClockMoves(
        provider.station,
        clock,
        lambda: done.append(("reload", clock())),
        lambda: done.append(("hurry", clock())),
    )


async def told(provider):
    """The moves on record, once all that was handed in is."""
    await provider.store.commit(lambda tx: None)
    return [(e.event.at, e.event.detail) for e in provider.events(EventKind.OPERATOR)]


@in_reactor
async def test_a_move_is_recorded_and_files_and_rounds_follow(
    provider, clock, file, moves, done
):
    moves.begin()
    network_clock.write(file, 30 * DAY)
    now = clock()
    assert now == NOON + 30 * DAY
    assert done == [("reload", now), ("hurry", now)]
    ((at, said),) = await told(provider)
    assert at == now
    assert said == (
        "the test network's clock was moved by 30 days, 0:00:00"
        f" from {NOON:%Y-%m-%d %H:%M:%SZ}"
    )


@in_reactor
async def test_a_renewal_without_a_move_is_taken_over_and_not_recorded(
    provider, clock, file, moves, done
):
    moves.begin()
    network_clock.write(file, timedelta(0))
    clock()
    assert [what for what, _ in done] == ["reload", "hurry"]
    assert await told(provider) == []


@in_reactor
async def test_a_station_that_starts_ahead_has_that_on_record(
    provider, clock, file, moves, done
):
    network_clock.write(file, 2 * DAY)
    moves.begin()
    assert await told(provider) == [
        (
            NOON + 2 * DAY,
            "starts with the test network's clock 2 days, 0:00:00 ahead",
        )
    ]


@in_reactor
async def test_a_station_that_stopped_follows_no_more(
    provider, clock, file, moves, done
):
    moves.begin()
    moves.end()
    moves.end()
    network_clock.write(file, DAY)
    assert clock() == NOON + DAY
    assert (done, await told(provider)) == ([], [])


@in_reactor
async def test_the_machines_clock_is_followed_by_nobody(provider, done):
    moves = ClockMoves(provider.station, lambda: NOON, done.append, done.append)
    moves.begin()
    moves.end()
    assert await told(provider) == []


@in_reactor
async def test_a_move_that_cannot_be_recorded_is_logged_and_moves_all_the_same(
    provider, clock, file, moves, done, caplog
):
    moves.begin()
    provider.path.unlink()
    network_clock.write(file, DAY)
    with caplog.at_level(logging.ERROR):
        assert clock() == NOON + DAY
        await provider.store.commit(lambda tx: None).addErrback(lambda _: None)
    assert "a move of the clock is not recorded" in caplog.text


# --- rounds that are hurried ----------------------------------------------------------


def test_hurried_rounds_come_at_once_and_then_in_their_time():
    time, seen = Clock(), []

    async def work():
        seen.append(time.seconds())

    rounds = Rounds([Round("sweep", 60.0, work)], Counters(), time)
    rounds.start()
    time.advance(7)
    rounds.hurry()
    time.advance(0)
    time.advance(53)
    rounds.stop()
    assert seen == [0, 7, 60]


def test_a_round_that_goes_on_is_not_begun_a_second_time():
    time, begun, end = Clock(), [], Deferred()

    async def work():
        begun.append(time.seconds())
        await end

    rounds = Rounds([Round("survey", 5.0, work)], Counters(), time)
    rounds.start()
    rounds.hurry()
    time.advance(1)
    assert begun == [0]
    end.callback(None)
    rounds.stop()
