# SPDX-License-Identifier: Apache-2.0
"""A backlog: many inquiries at once, and what becomes of all of them.

They are asked about several persons, again and again, each by turns. What is asked of
one person first must reach the core first.
"""

from collections import Counter
from typing import Annotated, Final

import msgspec

from pki.names import StationName
from schemas.matching_list import ITEMS
from simulators.network import parties as people
from simulators.network.stage import wait_for
from simulators.scenario.at_linkage import STATES, standing
from simulators.scenario.at_register import station_of
from simulators.scenario.at_stations import About
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
)
from simulators.scenario.world import World

ACCEPTED: Final = "accepted"
PATIENCE: Final = 40.0
"""Seconds for a whole backlog."""
INQUIRY: Final = "information_inquiry"
KIND: Final = "resident_record_information"
Some = Annotated[int, msgspec.Meta(ge=1, le=100)]


class Many(Params, frozen=True):
    """Under which item, about how many persons, how often each, from whom."""

    item: int
    first: Annotated[int, msgspec.Meta(ge=0, le=150)]
    """The first of the residents whom no flag protects; the others follow it."""
    persons: Some
    times: Some = 1
    provider: str = people.CITY

    def fault(self) -> tuple[str, str, str] | None:
        if not 0 < self.item <= max(ITEMS):
            return "item", "is no item's number", f"write 1 to {max(ITEMS)}"
        if self.persons * self.times > 500:
            return "times", "makes more than 500 inquiries", "write a smaller number"
        return None


def ask_many(world: World, party: StationName, params: Many) -> Happened:
    """Ask, one inquiry after the other; only the acknowledgements are waited for."""
    chosen = range(params.first, params.first + params.persons)
    addressees = [
        world.resident(params.provider, number, False).addressee_number
        for number in chosen
    ]
    asked: dict[str, list[str]] = {one: [] for one in addressees}
    for one in addressees * params.times:
        answer = world.stage.ask(
            station_of(party), params.item, one, (KIND,), params.provider
        )
        if isinstance(answer, str):
            return Happened(f"{REFUSED} {answer}")
        asked[one].append(answer.hex())
    each = tuple(tuple(numbers) for numbers in asked.values())
    many = tuple(number for numbers in each for number in numbers)
    return Happened(ACCEPTED, Kept(facts={"by person": each}, many=many))


def learn_all(world: World, party: StationName, params: About) -> Happened:
    """Wait until all of them have ended, or stand as expected."""
    kept: Kept = world.names[params.of]
    last = ""

    def seen() -> str:
        nonlocal last
        counts = Counter(
            standing(world, party, bytes.fromhex(number)) for number in kept.many
        )
        last = _told(counts)
        ended = STATES[0] not in counts
        return last if ended or last == world.expected else ""

    ending = wait_for(seen, PATIENCE) or last
    return Happened(ending, kept)


def _told(counts: Counter[str]) -> str:
    """The one state of all; else how many are in which."""
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))


def _in_order(world: World, party: StationName, params: About) -> Seen:
    """The core took what was asked of each person in the order of asking."""
    kept: Kept = world.names[params.of]
    came = [
        event["processing_number"]
        for event in world.every_event()
        if (event["station"], event["kind"]) == (str(party), "received")
        and event["message_type"] == INQUIRY
    ]
    place = {number: at for at, number in enumerate(came)}
    wrong = sum(
        1
        for numbers in kept.facts["by person"]
        if sorted(numbers, key=lambda one: place.get(one, -1)) != list(numbers)
    )
    missing = sum(number not in place for number in kept.many)
    whole = "in the order of asking"
    if missing:
        return Seen(whole, f"{missing} never came")
    return Seen(whole, f"{wrong} persons out of order" if wrong else whole)


BACKLOG: Final = (
    Action(
        "ask_many",
        Many,
        ask_many,
        (ACCEPTED, REFUSED),
        "It asks about several persons, each several times, by turns.",
    ),
    Action(
        "learn_all",
        About,
        learn_all,
        (*STATES, REFUSED),
        "It looks how all of them stand, until all have ended or are as expected.",
    ),
)
IN_ORDER: Final = Look(
    "in_order", About, _in_order, "That what is asked of one person came in its order."
)
