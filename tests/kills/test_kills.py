# SPDX-License-Identifier: Apache-2.0
"""Fifty killed stations a day, other ones each day; and the harness's own tests.

Which seeds they are is told in the tests' names. ``SEKISHO_KILL_SEEDS=3,9,20-29`` says
which ones instead; a thousand are ``python -m tests.kills --seeds 0-999``.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kills.__main__ import run_all, seeds_of, summary
from tests.kills.moments import STAGES
from tests.kills.plan import INSTANTS, POSTGRESQL, RESTARTED, SQLITE, Plan

A_DAY = 50
ALL = 1000


def of_day(day: date) -> list[int]:
    """The seeds of a day: in twenty days every one of the thousand has its turn."""
    first = day.toordinal() * A_DAY % ALL
    return list(range(first, first + A_DAY))


def chosen() -> list[int]:
    named = os.environ.get("SEKISHO_KILL_SEEDS")
    return seeds_of(named) if named else of_day(datetime.now(UTC).date())


def shares() -> Iterator[Any]:
    """Half of them for each store, by name."""
    seeds = chosen()
    half = (len(seeds) + 1) // 2
    for store, some in ((SQLITE, seeds[:half]), (POSTGRESQL, seeds[half:])):
        if some:
            name = f"{store}-seeds-{some[0]}-to-{some[-1]}"
            yield pytest.param(store, some, id=name)


@pytest.mark.parametrize(("store", "seeds"), list(shares()))
def test_a_killed_station_loses_and_doubles_nothing(
    store: str, seeds: list[int], tmp_path: Path
) -> None:
    found = list(run_all(seeds, store, tmp_path))
    said = [f"{told.plan}: {fault}" for told in found for fault in told.faults]
    assert not said, "\n".join(said)
    assert len(found) == len(seeds), summary(found, 0)


def test_a_seed_is_the_same_plan_every_time() -> None:
    assert [Plan.of(seed) for seed in range(99)] == [Plan.of(n) for n in range(99)]


def test_a_thousand_seeds_come_by_every_instant() -> None:
    plans = [Plan.of(seed) for seed in range(ALL)]
    came_by = {(plan.place, plan.when) for plan in plans if plan.place}
    assert came_by == set(INSTANTS)
    stages = [plan.stage for plan in plans]
    assert min(stages.count(stage) for stage in STAGES) > ALL / 20


def test_every_day_has_its_own_seeds_until_all_had_their_turn() -> None:
    days = [of_day(date.fromordinal(800_000 + n)) for n in range(ALL // A_DAY)]
    assert sorted(seed for day in days for seed in day) == list(range(ALL))


def test_a_full_disk_is_a_restarted_server_on_postgresql() -> None:
    seeds = [seed for seed in range(200) if Plan.of(seed).fault == "full"]
    assert seeds
    assert {Plan.of(seed, POSTGRESQL).fault for seed in seeds} == {RESTARTED}
