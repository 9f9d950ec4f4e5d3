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
from simulators.network.stage import Stage, Step

STORY: tuple[Step, ...] = (
    *story_register.STEPS,
    *story_items.STEPS,
    *story_refusals.STEPS,
    *story_permits.STEPS,
    *story_hostile.STEPS,
    *story_strangers.STEPS,
    *story_holds.STEPS,
    *story_records.STEPS,
)


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
    """Every step of the story, as it ends."""
    for step in STORY:
        begun = time.monotonic()
        try:
            happened = step.run(stage)
        except Exception as error:
            happened = f"{type(error).__name__}: {error}"
        yield Told(
            step.key, step.title, step.expected, happened, time.monotonic() - begun
        )
