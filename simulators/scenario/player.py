# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario on a network, step by step, and judges what came of it.

A step that ends otherwise than expected is a row of the table like any other, and what
follows is played all the same. The checks come when all has come to rest.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from pki.names import StationName
from simulators.network import parties as people
from simulators.scenario.at_network import NETWORK
from simulators.scenario.built import SYSTEMS
from simulators.scenario.marks import Mark, marks, stations
from simulators.scenario.model import Check, Scenario, Step
from simulators.scenario.registry import Kept, Seen
from simulators.scenario.world import Event, World


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one step or one check."""

    scenario: str
    part: str
    """``step 1`` or ``after 1``."""
    what: str
    flow: tuple[str, ...]
    expected: str
    happened: str
    seconds: float

    @property
    def right(self) -> bool:
        return self.happened == self.expected


@dataclass(frozen=True, slots=True)
class Diagram:
    """What really happened, ready to be drawn."""

    title: str
    parties: tuple[str, ...]
    marks: tuple[Mark, ...]
    labels: dict[str, str]


def play(scenario: Scenario, world: World) -> Iterator[Told]:
    """Every step and check, as it ends."""
    world.begin(dict(scenario.parties))
    try:
        for number, step in enumerate(scenario.steps, 1):
            yield _timed(scenario, f"step {number}", step, world)
        world.come_to_rest()
        for number, check in enumerate(scenario.checks, 1):
            yield _timed(scenario, f"after {number}", check, world)
    finally:
        world.mend()


def diagram(scenario: Scenario, world: World) -> Diagram:
    """The diagram of the scenario that was played last."""
    events = world.every_event()
    assert world.begun is not None
    parties = scenario.parties.values()
    for party in parties:
        witness = SYSTEMS[party.role].witness
        if witness is not None:
            events += witness(world, party, world.begun)
    own = {str(party) for party in parties}
    found = marks([e for e in events if _is_ours(e, own)], world.interludes)
    placed = stations(found, map(str, parties))
    labels = {str(party.name): party.label for party in people.parties()}
    title = f"{scenario.id}  {scenario.title}"
    return Diagram(title, placed, tuple(found), labels)


def _is_ours(event: Event, own: set[str]) -> bool:
    """At a party of the scenario, with a party of it or with nobody."""
    return event["station"] in own and (event["peer"] in own or not event["peer"])


def _timed(scenario: Scenario, part: str, one: Step | Check, world: World) -> Told:
    begun = time.monotonic()
    try:
        seen = _act(one, world) if isinstance(one, Step) else _look(one, world)
    except Exception as error:  # whatever it is, it is no reason to stop
        seen = Seen(_expected(one), f"{type(error).__name__}: {error}")
    took = time.monotonic() - begun
    flow = one.flow if isinstance(one, Step) else ()
    return Told(
        scenario.id, part, _words(one), flow, seen.expected, seen.happened, took
    )


def _expected(one: Step | Check) -> str:
    return one.expect if isinstance(one, Step) else one.look.name


def _words(one: Step | Check) -> str:
    if isinstance(one, Step):
        return one.note or f"{one.by}: {one.action.name}"
    return one.note or f"{one.party}: {one.look.name}"


def _act(step: Step, world: World) -> Seen:
    world.expected = step.expect
    happened = step.action.run(world, _station(step.by, world), step.params)
    if step.name:
        world.names[step.name] = happened.kept or Kept()
    elif happened.kept is not None and "of" in step.params.names:
        world.names[step.params.of] = happened.kept  # type: ignore[attr-defined]
    return Seen(step.expect, happened.ending)


def _look(check: Check, world: World) -> Seen:
    return check.look.see(world, _station(check.party, world), check.params)


def _station(party: str, world: World) -> StationName:
    """The network itself stands in no record: any of the parties stands for it."""
    if party == NETWORK:
        return next(iter(world.parties.values()))
    return world.parties[party]
