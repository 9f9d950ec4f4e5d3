# SPDX-License-Identifier: Apache-2.0
"""Plays the story against a running network, and tells each step as it ends.

It is the process of all inside systems. Steps go one after the other; a step that
fails is a row of the table like any other, and the next is played all the same.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from simulators.network import (
    story_holds,
    story_hostile,
    story_items,
    story_permits,
    story_records,
    story_refusals,
    story_register,
    story_strangers,
)
from simulators.network.parties import Half
from simulators.network.stage import Stage, Step

PARTS: tuple[tuple[Half, tuple[Step, ...]], ...] = (
    (Half.RESIDENT, story_register.STEPS),
    (Half.LINKAGE, story_items.STEPS),
    (Half.LINKAGE, story_refusals.STEPS),
    (Half.LINKAGE, story_permits.STEPS),
    (Half.LINKAGE, story_hostile.STEPS),
    (Half.LINKAGE, story_strangers.STEPS),
    (Half.LINKAGE, story_holds.STEPS),
    (Half.ALL, story_records.REFUSALS),
    (Half.LINKAGE, story_records.TRANSACTIONS),
    (Half.ALL, story_records.STEPS),
)
"""In their order, and in which half of a network each is played."""


def story_of(network: Half) -> tuple[Step, ...]:
    """The steps that such a network can play."""
    return tuple(
        step
        for half, steps in PARTS
        if network is Half.ALL or half in (Half.ALL, network)
        for step in steps
    )


STORY = story_of(Half.ALL)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one step."""

    key: str
    title: str
    expected: str
    happened: str
    seconds: float

    @property
    def right(self) -> bool:
        return self.happened == self.expected


def play(stage: Stage) -> Iterator[Told]:
    """Every step of the story that the network can play, as it ends."""
    for step in story_of(stage.network.half):
        begun = time.monotonic()
        try:
            happened = step.run(stage)
        except Exception as error:
            happened = f"{type(error).__name__}: {error}"
        yield Told(
            step.key, step.title, step.expected, happened, time.monotonic() - begun
        )
