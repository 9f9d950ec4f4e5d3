# SPDX-License-Identifier: Apache-2.0
"""What is told and drawn of two scenarios: one as it should be, one that breaks."""

import pytest

from simulators.scenario.loader import parse, shipped
from simulators.scenario.model import Scenario
from simulators.scenario.player import Diagram, Told, diagram, play
from simulators.scenario.text_drawing import draw
from simulators.scenario.world import World
from tests.simulators.scenario.text import SOUND

Played = tuple[list[Told], Diagram]


def named(scenario_id: str) -> Scenario:
    return next(one for one in shipped() if one.id == scenario_id)


WRONG = SOUND.replace('"delivered"', '"refused SK-X03"')
"""It expects a refusal of what is delivered."""


@pytest.fixture(scope="module")
def update(world: World) -> Played:
    one = named("F23-01")
    return list(play(one, world)), diagram(one, world)


@pytest.fixture(scope="module")
def crash(world: World) -> Played:
    one = named("S6")
    return list(play(one, world)), diagram(one, world)


def test_the_diagram_has_what_crossed_and_nothing_else(update: Played) -> None:
    arrows = draw("", update[1].parties, update[1].marks, {}).splitlines()[-3:]
    assert [line[13:] for line in arrows] == [
        "|-------->|         | identity_information_update",
        "|         |-------->| identity_information_update_notice",
        "|         |<........| receipt",
    ]


def test_the_diagram_shows_what_was_sent_again(crash: Played) -> None:
    told = [mark.label for mark in crash[1].marks]
    assert "information_provision" in told
    assert "information_provision again" in told


def test_what_is_not_as_expected_is_a_row_and_the_rest_is_played(
    world: World, update: Played
) -> None:
    told = list(play(parse(WRONG, "wrong.toml"), world))
    assert [(one.part, one.right) for one in told] == [
        ("step 1", True),
        ("step 2", False),
        ("after 1", True),
    ]
    assert (told[1].expected, told[1].happened) == ("refused SK-X03", "delivered")
