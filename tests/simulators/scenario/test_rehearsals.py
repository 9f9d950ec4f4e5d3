# SPDX-License-Identifier: Apache-2.0
"""The rehearsals S4, S5, S7, S8 and S9, played on one real network, one after another.

Each ends with the records of its parties reconciled. What would be left of one that
breaks the network is mended before the next.
"""

import json
from pathlib import Path

import pytest

from simulators.scenario.loader import load
from simulators.scenario.model import Scenario
from simulators.scenario.player import Told, play
from simulators.scenario.world import World

FAMILIES = ("S4", "S5", "S7", "S8", "S9")
FOLDER = Path(__file__).parents[3] / "simulators" / "scenarios"
REHEARSALS = {
    path.stem: load(path)
    for path in sorted(FOLDER.glob("S*.toml"))
    if path.stem.partition("-")[0] in FAMILIES
}


@pytest.mark.parametrize("scenario_id", REHEARSALS)
def test_a_rehearsal_ends_as_it_should(world: World, scenario_id: str) -> None:
    told: list[Told] = list(play(REHEARSALS[scenario_id], world))
    wrong = [(one.part, one.what, one.happened) for one in told if not one.right]
    assert wrong == []


def looks_of(one: Scenario) -> set[str]:
    return {check.look.name for check in one.checks}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_of_failures_is_rehearsed(family: str) -> None:
    assert family in REHEARSALS


@pytest.mark.parametrize("scenario_id", REHEARSALS)
def test_a_rehearsal_ends_with_the_records_reconciled(scenario_id: str) -> None:
    assert "reconciled" in looks_of(REHEARSALS[scenario_id])


def test_no_rehearsal_writes_a_number_of_anybody() -> None:
    """People are chosen by their place in the seed, never by a number."""
    text = json.dumps([one.source for one in REHEARSALS.values()])
    digits = "".join(each if each.isdigit() else " " for each in text).split()
    assert [each for each in digits if len(each) in (11, 12)] == []
