# SPDX-License-Identifier: Apache-2.0
"""Every scenario that is shipped is played here or in `test_rehearsals`, for real.

They are played in the order of the document's flows, on one network, which shows also
that what one leaves behind is no hindrance to the next.
"""

import pytest

from schemas.flows import STEPS
from simulators.scenario.loader import shipped
from simulators.scenario.model import Scenario
from simulators.scenario.player import diagram, play
from simulators.scenario.text_drawing import draw
from simulators.scenario.world import World
from tests.simulators.scenario.test_rehearsals import REHEARSALS

HERE = [one for one in shipped() if one.id not in REHEARSALS]


@pytest.mark.parametrize("one", HERE, ids=lambda one: str(one.id))
def test_a_scenario_ends_as_it_says(world: World, one: Scenario) -> None:
    told = list(play(one, world))
    assert [
        (each.part, each.what, each.expected, each.happened)
        for each in told
        if not each.right
    ] == []
    assert len(told) == len(one.steps) + len(one.checks)
    drawn = diagram(one, world)
    assert drawn.parties
    assert draw(drawn.title, drawn.parties, drawn.marks, drawn.labels)


def test_what_changes_the_register_can_be_played_again(world: World) -> None:
    """A guest in a network that goes on plays them more than once."""
    again = [one for one in HERE if one.id in ("F1-01", "F1-02", "F23-03")]
    wrong = [
        (one.id, told.part, told.happened)
        for one in again
        for told in play(one, world)
        if not told.right
    ]
    assert (len(again), wrong) == (3, [])


def test_every_step_of_every_flow_is_shown_by_a_scenario() -> None:
    """All 78, each in a scenario that says so at the step in which it happens."""
    shown = {step for one in shipped() for step in one.flow}
    assert shown == set(STEPS)


def test_every_flow_has_a_scenario_of_its_name() -> None:
    flows = {"-".join(step.split("-")[:2]) for step in STEPS}
    by_other_names = {
        "F23-02": "F23-04",  # a confirmation is made beside the searches
        "F23-08": "F23-07",  # card events go the way of the sending destinations
    }
    named = {one.id for one in shipped()}
    assert {by_other_names.get(flow, flow) for flow in flows} <= named
    for flow, other in by_other_names.items():
        told = next(one for one in shipped() if one.id == other).flow
        assert any(step.startswith(f"{flow}-") for step in told)
