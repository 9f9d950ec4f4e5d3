# SPDX-License-Identifier: Apache-2.0
"""What goes through a municipal CS: from its register and terminal, and to them.

What is handed in is the sample of its type, with the elements changed that a scenario
names. What arrives is fetched as a register fetches it: listed, read, acknowledged,
and then it must be gone.
"""

import re
from dataclasses import fields
from datetime import timedelta
from importlib.resources import files
from typing import ClassVar
from xml.sax.saxutils import escape

import msgspec

from pki.names import StationName
from schemas.catalogue import ROWS
from schemas.messages import SubmissionRefused, read_payload
from schemas.payload import type_of
from simulators.scenario.at_stations import message_fault
from simulators.scenario.inside import kept_of, link_of, post, taken, waiting
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Params,
    Word,
)
from simulators.scenario.world import World

ACCEPTED = "accepted"
RECEIVED, SENT = "received", "sent to both"
AS_SENT, IN_FULL = "fetched as sent", "fetched in full"
"""The same bytes; or under another type of the CS, with every field that was sent."""
CHANGED, NOTHING, STAYS = "fetched changed", "nothing waits", "stays after all"
OTHERWISE = "answered otherwise"
_LEAF = re.compile(r"<(\w+)>([^<]*)</\1>")
_PLANNED = "planned_move_out_date"


class HandIn(Params, frozen=True):
    """Which message is handed in to the CS, and for which municipality."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    message: str
    to: str = ""
    change: dict[str, str] = msgspec.field(default_factory=dict)
    """Element to its new text."""
    planned_in_days: int | None = None
    """The planned move-out date, counted from today."""

    def fault(self) -> tuple[str, str, str] | None:
        if self.message not in ROWS:
            return message_fault(self.message)
        there = [found[1] for found in _LEAF.finditer(_sample(self.message))]
        for name in self.change:
            if name not in there:
                what = f"'{self.message}' has no element '{name}'"
                return "change", what, one_of(name, there)
        if self.planned_in_days is not None and _PLANNED not in there:
            what = f"'{self.message}' has no planned day"
            return "planned_in_days", what, "leave it out"
        return None


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
    body = _body(world, params)
    to = world.parties[params.to].organisation if params.to else ""
    value = post(link_of(world, party), body, to)
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    kept = kept_of(value, {"body": body})
    return Happened(OTHERWISE if kept is None else ACCEPTED, kept)


def fetch(world: World, party: StationName, params: Fetch) -> Happened:
    """Take over what came for this system, and tell whether it is what was sent."""
    kept = world.names[params.of]
    link = link_of(world, party)

    def waits() -> bool:
        return kept.message_id in dict(waiting(link))

    if not world.until_expected(lambda: "waits" if waits() else ""):
        return Happened(NOTHING)
    came = taken(link, kept.message_id)
    if waits():
        return Happened(STAYS)
    return Happened(_likeness(kept.facts["body"], came))


def receive(world: World, party: StationName, params: FetchType) -> Happened:
    """Take over everything of one type that came for this system."""
    link = link_of(world, party)

    def there() -> list[str]:
        return [one for one, kind in waiting(link) if kind == params.message]

    world.until_expected(lambda: RECEIVED if there() else "")
    ids = there()
    for one in ids:
        came = taken(link, one)
        if not came:
            return Happened(STAYS)
        read_payload(params.message, came)
    if set(ids) & set(there()):
        return Happened(STAYS)
    return Happened(RECEIVED if ids else NOTHING)


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


def _body(world: World, params: HandIn) -> bytes:
    changes = dict(params.change)
    if params.planned_in_days is not None:
        day = world.stage.now() + timedelta(days=params.planned_in_days)
        changes[_PLANNED] = f"{day:%Y-%m-%d}"
    if params.message == "move_out_certificate_information" and params.to:
        changes["new_municipality_code"] = world.parties[params.to].organisation

    def changed(found: re.Match[str]) -> str:
        value = changes.pop(found[1], None)  # the first of that name
        return found[0] if value is None else _element(found[1], value)

    return _LEAF.sub(changed, _sample(params.message)).encode()


def _element(name: str, value: str) -> str:
    return f"<{name}>{escape(value)}</{name}>"


def _sample(message: str) -> str:
    return files("schemas").joinpath("samples", f"{message}.xml").read_text("utf-8")


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
    (AS_SENT, IN_FULL, CHANGED, NOTHING, STAYS),
    "It fetches what came for it, compares it with what was sent, acknowledges it.",
)
RECEIVE = Action(
    "receive",
    FetchType,
    receive,
    (RECEIVED, NOTHING, STAYS),
    "It fetches and acknowledges every message of one type that came for it.",
)
CHECK = Action(
    "check",
    Checked,
    check,
    (SENT, NOTHING),
    "An operator has the whole file sent to both servers, to be compared.",
)
