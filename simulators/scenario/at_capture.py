# SPDX-License-Identifier: Apache-2.0
"""A captured conversation said again: each request, and the kind of its answer.

What `sekisho capture` wrote is made of these steps alone. A question that is only asked
(GET) is repeated while its answer is of another kind, because a station needs its time;
what is handed in is handed in once.
"""

from typing import Annotated, ClassVar, Literal

import msgspec

from pki.names import StationName
from schemas import systems
from simulators.capture.marks import MarkUnknown, filled, ids_in
from simulators.capture.recording import kind_of
from simulators.scenario.registry import (
    Action,
    Count,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
    System,
    Word,
    widened,
)
from simulators.scenario.world import World
from simulators.web import Client, LinkFailed, Reply

CAPTURED = "as captured"
_XML = "application/xml"
UNDER_WAY = frozenset({"waiting", "in_progress"})
"""States that a later look may find over."""
_INSIDE = frozenset(
    {
        systems.EXISTING,
        systems.TERMINAL,
        systems.BUSINESS,
        systems.ADDRESSEE,
        systems.EXISTING_TERMINAL,
    }
)
"""Systems that use a station's inside listener."""


class Say(Params, frozen=True):
    """One request as it was captured."""

    at: str
    """The party whose inside listener it goes to."""
    method: Literal["GET", "POST"]
    target: Annotated[str, msgspec.Meta(pattern="^/", max_length=500)]
    answer: Word
    body: Annotated[str, msgspec.Meta(max_length=60_000)] = ""

    parties: ClassVar[tuple[str, ...]] = ("at",)


def say(world: World, party: StationName, params: Say) -> Happened:
    """Say it, with today's days and this network's ids."""
    link = world.stage.inside(world.parties[params.at], party)
    known = {
        name: kept.facts["ids"]
        for name, kept in world.names.items()
        if kept is not None and "ids" in kept.facts
    }
    last = Reply(0, "", b"")

    def once() -> str:
        nonlocal last
        now = world.stage.now()
        target = filled(params.target, known, now)
        last = _said(link, params.method, target, filled(params.body, known, now))
        kind = kind_of(last)
        return CAPTURED if alike(kind, params.answer) else f"answered {kind}"

    try:
        if params.method == "POST":
            ending = once()
        else:
            ending = world.until_expected(once, lambda seen: seen == CAPTURED)
    except MarkUnknown as error:
        return Happened(f"could not be said: {error}")
    except LinkFailed as error:
        return Happened(f"not answered: {error}")
    ids = ids_in(last.body)
    return Happened(ending, Kept(facts={"ids": ids, "captured": ending == CAPTURED}))


def alike(answered: str, captured: str) -> bool:
    """Whether an answer is of the kind that was captured.

    What was not over then may be over now. A number of real people was captured as one
    of nobody, so it is refused as wrong (SK-X03) and not as of another realm (SK-X04).
    """
    answered, captured = (
        one.replace("SK-X04", "SK-X03") for one in (answered, captured)
    )
    head, _, status = captured.rpartition(" ")
    if status in UNDER_WAY and answered.startswith(f"{head} "):
        return True
    return answered == captured


def _said(link: Client, method: str, target: str, body: str) -> Reply:
    if method == "GET":
        return link.get(target)
    return link.post(target, _XML, body.encode())


class Said(Params, frozen=True):
    """How many requests the capture has."""

    steps: Count


def said(world: World, party: StationName, params: Said) -> Seen:
    """How many were answered as they were when they were captured."""
    kept = [one for one in world.names.values() if one is not None]
    alike = sum(bool(one.facts.get("captured")) for one in kept)
    return Seen(f"{params.steps} as captured", f"{alike} as captured")


def replaying(one: System) -> System:
    """The system; one with an inside link can say what was captured of it."""
    if one.role not in _INSIDE:
        return one
    return widened(one, (SAY,), (SAID,))


SAY = Action(
    "say", Say, say, (CAPTURED,), "It says a captured request, with replaced values."
)
SAID = Look("said", Said, said, "How many requests were answered as captured.")
