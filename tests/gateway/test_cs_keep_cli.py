# SPDX-License-Identifier: Apache-2.0
"""What a person sees of the keeping times of a CS, and lets go by name."""

import json
from datetime import timedelta

import pytest
import pytest_twisted
from click.testing import CliRunner

from gateway import cs_keep_cli
from gateway.cs_cli import cs as command
from gateway.records.event import EventKind
from tests.gateway.people import resident_record
from tests.gateway.services.test_cs_destinations import extract, handed_in
from tests.gateway.services.test_cs_inside import City
from tests.gateway.services.test_cs_keeping import (
    LAST_DAY,
    MOVED,
    REMOVALS,
    keeper,
    stage,
    told,
)
from tests.gateway.world import CS, STORE_KEY

in_reactor = pytest_twisted.ensureDeferred

ANOTHER = resident_record(place=1)
DISPOSE = ("dispose", "--operator", "高崎 花子", "--reason", "時計を確かめた")


@pytest.fixture
def city(works_at):
    return City(works_at(CS))


@pytest.fixture
def say(city, monkeypatch):
    config = city.works.world.config(CS, city.works.path.parent)
    monkeypatch.setattr("gateway.cs_base_cli.configs.load", lambda _: config)
    monkeypatch.setattr("gateway.cs_base_cli.clock_of", lambda _: city.works.clock)
    monkeypatch.setattr(cs_keep_cli, "load_secret", lambda _: STORE_KEY)

    def run(*words):
        return CliRunner().invoke(command, [*words, "--config", "cs.toml"])

    return run


async def leapt(city):
    """Two rows are past their time, and the clock leapt: the station leaves them."""
    await told(city, stage(0), stage(1, **REMOVALS["moved out"]), stage(0, of=ANOTHER))
    await keeper(city).look()
    city.works.now = LAST_DAY + timedelta(seconds=2)
    await keeper(city).look()
    assert city.works.store.kept()[:3] == (1, 1, 1)


@in_reactor
async def test_a_person_lets_it_go_and_that_is_on_record(city, say):
    """R-214: when, who, what was done, and why."""
    await leapt(city)
    run = say(*DISPOSE, "--today", "2180-01-02")
    assert run.exit_code == 0, run.output
    assert run.output == "erased 1 earlier states, 1 removed persons\n"
    assert city.works.store.kept()[:3] == (1, 0, 0)
    (stored,) = city.works.events(EventKind.ERASED)
    event = stored.event
    assert (event.at, event.operator) == (city.works.now, "高崎 花子")
    assert "erased 1 earlier states and 1 removed persons" in event.detail
    assert event.detail.endswith("時計を確かめた")


@in_reactor
async def test_then_the_station_goes_on_by_itself(city, say):
    await leapt(city)
    say(*DISPOSE, "--today", "2180-01-02")
    city.works.now += timedelta(minutes=1)
    await keeper(city).look()
    assert not city.works.store.last_look().doubted


@in_reactor
async def test_it_goes_in_bounded_steps_each_on_record(city, say, monkeypatch):
    await told(city, *(stage(n, **MOVED) for n in range(6)))
    city.works.now = LAST_DAY + timedelta(seconds=2)
    monkeypatch.setattr(cs_keep_cli, "SWEEP", 2)
    run = say(*DISPOSE, "--today", "2180-01-02")
    assert run.output == "erased 5 earlier states, 0 removed persons\n"
    assert len(city.works.events(EventKind.ERASED)) == 3


@in_reactor
async def test_a_dry_run_says_how_many_and_changes_nothing(city, say):
    await leapt(city)
    before = len(city.works.events())
    run = say(*DISPOSE, "--today", "2180-01-02", "--dry-run")
    assert run.output == "would erase 1 earlier states, 1 removed persons\n"
    assert len(city.works.events()) == before
    assert city.works.store.kept()[:3] == (1, 1, 1)
    assert city.works.store.last_look().doubted


@in_reactor
@pytest.mark.parametrize("today", ["2030-01-02", "2180-01-03", "2180-01-01"])
async def test_a_clock_that_says_another_day_lets_nothing_go(city, say, today):
    await leapt(city)
    run = say(*DISPOSE, "--today", today)
    assert run.exit_code == 1
    assert "the clock says 2180-01-02" in run.output
    assert city.works.store.kept()[:3] == (1, 1, 1)


@in_reactor
@pytest.mark.parametrize("reason", ["", "   ", "二\n行", "長" * 201])
async def test_a_disposal_has_a_reason(city, say, reason):
    await leapt(city)
    words = ("dispose", "--operator", "高崎 花子", "--reason", reason)
    run = say(*words, "--today", "2180-01-02")
    assert run.exit_code == 2
    assert city.works.store.kept()[:3] == (1, 1, 1)


@in_reactor
async def test_what_is_not_past_its_time_stays_whoever_asks(city, say):
    """R-209."""
    await told(city, stage(0), stage(1, **MOVED))
    city.works.now = LAST_DAY
    run = say(*DISPOSE, "--today", "2180-01-01")
    assert run.output == "erased 0 earlier states, 0 removed persons\n"
    assert city.works.store.kept().earlier == 1


@in_reactor
async def test_the_operator_sees_how_much_is_kept_and_of_nobody(city, say):
    await told(city, stage(0), stage(1, **MOVED), stage(0, of=ANOTHER))
    await handed_in(city, extract())
    shown = json.loads(say("kept", "--json").output)
    assert shown == {
        "residents": 2,
        "removed_persons": 0,
        "earlier_states": 1,
        "the_first_ends": "2180-01-01T14:59:59.999999+00:00",
        "past_their_time": 0,
        "wait_for_a_person": False,
        "sending-destination_extracts": 1,
        "the_first_of_them_ends": "2030-01-31T12:00:00+00:00",
    }
    run = say("kept")
    assert run.exit_code == 0
    assert "2180-01-01 (JST)" in run.output
    assert ANOTHER.kanji_name not in run.output


@in_reactor
async def test_an_operator_sees_what_waits_for_a_person(city, say):
    await leapt(city)
    shown = json.loads(say("kept", "--json").output)
    assert (shown["past_their_time"], shown["wait_for_a_person"]) == (2, True)
