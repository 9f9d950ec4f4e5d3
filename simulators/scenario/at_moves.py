# SPDX-License-Identifier: Apache-2.0
"""What goes through a municipal CS: from its register and terminal, and to them.

What is handed in is made by `handed`. What arrives is fetched as a register fetches it:
listed, read, acknowledged, and then it must be gone. Where the register itself runs in
the network, it fetches by itself, and its desk is asked what became of it.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, ClassVar

from pki.names import StationName
from schemas.messages import SubmissionRefused, read_payload
from schemas.payload import type_of
from simulators.scenario.at_stations import message_fault
from simulators.scenario.desk import Desk, is_running
from simulators.scenario.handed import HandIn, body_of
from simulators.scenario.inside import kept_of, link_of, post, taken, waiting
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Kept,
    Params,
    Word,
)
from simulators.scenario.world import World

ACCEPTED = "accepted"
RECEIVED, SENT = "received", "sent to both"
AS_SENT, IN_FULL = "fetched as sent", "fetched in full"
"""The same bytes; or under another type of the CS, with every field that was sent."""
FETCHED = "fetched"
"""Of what a running register sent: the scenario has no bytes to set it beside."""
CHANGED, NOTHING, STAYS = "fetched changed", "nothing waits", "stays after all"
TAKEN_IN, SET_ASIDE = "taken in", "set aside"
"""By a register that runs: in its books, or kept for a person with its reason."""
OTHERWISE = "answered otherwise"


class Fetch(Params, frozen=True):
    """What was begun by which step is fetched."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str


class Checked(Params, frozen=True):
    """Who asks for a consistency check."""

    operator: Word


class FetchType(Params, frozen=True):
    """Which type of message is fetched, whoever sent it."""

    message: str

    def fault(self) -> tuple[str, str, str] | None:
        return message_fault(self.message)


def hand_in(world: World, party: StationName, params: HandIn) -> Happened:
    """Post a message inside, as this system; the CS judges it."""
    body = body_of(world, params)
    to = world.parties[params.to].organisation if params.to else ""
    value = post(link_of(world, party), body, to)
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    kept = kept_of(value, {"body": body})
    return Happened(OTHERWISE if kept is None else ACCEPTED, kept)


def fetch(world: World, party: StationName, params: Fetch) -> Happened:
    """Take over what came for this system, and tell whether it is what was sent."""
    kept = world.names[params.of]
    if is_running(world, party):
        there = _came_in(world, party, lambda one: one["message"] == kept.message_id)
        facts = {**kept.facts, **(there.kept or Kept()).facts}
        return replace(there, kept=replace(kept, facts=facts))
    link = link_of(world, party)

    def waits() -> bool:
        return kept.message_id in dict(waiting(link))

    if not world.until_expected(lambda: "waits" if waits() else "", absent=NOTHING):
        return Happened(NOTHING)
    came = taken(link, kept.message_id)
    if waits():
        return Happened(STAYS)
    sent = kept.facts.get("body")
    if sent is None:
        return Happened(FETCHED if came else STAYS)
    return Happened(_likeness(sent, came))


def receive(world: World, party: StationName, params: FetchType) -> Happened:
    """Take over everything of one type that came for this system."""
    if is_running(world, party):
        return _came_in(world, party, lambda one: one["type"] == params.message)
    link = link_of(world, party)

    def there() -> list[str]:
        return [one for one, kind in waiting(link) if kind == params.message]

    world.until_expected(lambda: RECEIVED if there() else "", absent=NOTHING)
    ids = there()
    for one in ids:
        came = taken(link, one)
        if not came:
            return Happened(STAYS)
        read_payload(params.message, came)
    if set(ids) & set(there()):
        return Happened(STAYS)
    return Happened(RECEIVED if ids else NOTHING)


def _came_in(
    world: World, party: StationName, is_meant: Callable[[dict[str, Any]], bool]
) -> Happened:
    """What became of the newest such arrival at a register that runs."""
    desk = Desk(world, party)
    assert world.begun is not None
    begun = world.begun
    row: dict[str, Any] = {}

    def state() -> str:
        rows = [
            one
            for one in desk.all("arrivals")
            if is_meant(one) and datetime.fromisoformat(one["at"]) >= begun
        ]
        row.update(rows[-1] if rows else {})
        return str(row.get("state", ""))

    ending = world.until_expected(state, absent=NOTHING)
    certificates = desk.look("certificates") if ending == TAKEN_IN else []
    newest = certificates[-1]["certificate"] if certificates else 0
    kept = Kept(message_id=row.get("message", ""), facts={"certificate": newest})
    return Happened(ending or NOTHING, kept)


def check(world: World, party: StationName, params: Checked) -> Happened:
    """Have the whole identity information file compared with the servers."""
    config = str(world.stage.files.config(party))
    world.stage.command(
        "cs", "check", "--config", config, "--operator", params.operator
    )

    def done() -> str:
        newest, *_ = world.stage.command_json("cs", "checks", "--config", config)
        return SENT if newest["done"] else ""

    return Happened(world.until_expected(done) or NOTHING)


def _likeness(sent: bytes, came: bytes) -> str:
    """What was fetched, beside what was handed in."""
    if came == sent:
        return AS_SENT
    if not came or type_of(came) == type_of(sent):
        return CHANGED
    ours, theirs = (read_payload(type_of(one), one) for one in (sent, came))
    told = {one.name: getattr(ours, one.name) for one in fields(ours)}
    same = all(getattr(theirs, name, None) == value for name, value in told.items())
    return IN_FULL if same else CHANGED


HAND_IN = Action(
    "hand_in",
    HandIn,
    hand_in,
    (ACCEPTED, REFUSED),
    "It hands a message in to its municipal CS, for another municipality or system.",
)
FETCH = Action(
    "fetch",
    Fetch,
    fetch,
    (AS_SENT, IN_FULL, FETCHED, CHANGED, NOTHING, STAYS, TAKEN_IN, SET_ASIDE),
    "It fetches what came for it, compares it with what was sent, acknowledges it.",
)
RECEIVE = Action(
    "receive",
    FetchType,
    receive,
    (RECEIVED, NOTHING, STAYS, TAKEN_IN, SET_ASIDE),
    "It fetches and acknowledges every message of one type that came for it.",
)
CHECK = Action(
    "check",
    Checked,
    check,
    (SENT, NOTHING),
    "An operator has the whole file sent to both servers, to be compared.",
)
