# SPDX-License-Identifier: Apache-2.0
"""What goes through a municipal CS: from its register and terminal, and to them.

What is handed in is the sample of its type, with the elements changed that a scenario
names. What arrives is fetched as a register fetches it: listed, read, acknowledged.
"""

import re
from datetime import timedelta
from importlib.resources import files
from typing import ClassVar
from xml.sax.saxutils import escape

import msgspec

from pki.names import StationName
from schemas import systems
from schemas.catalogue import ROWS
from schemas.messages import SubmissionAccepted, SubmissionRefused, read_payload
from schemas.payload import type_of
from simulators.residents import identity_record
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Kept,
    Params,
    System,
    Word,
    system,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

XML = "application/xml"
ACCEPTED, FOUND, NOBODY = "accepted", "found", "nobody found"
RECEIVED, SENT = "received", "sent to both"
AS_SENT, CHANGED, NOTHING = "fetched as sent", "fetched changed", "nothing waits"
_ARRIVALS = "/v1/inside/arrivals"


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
        if self.message in ROWS:
            return None
        what = f"'{self.message}' is no message type"
        return "message", what, one_of(self.message, tuple(ROWS))


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
        if self.message in ROWS:
            return None
        what = f"'{self.message}' is no message type"
        return "message", what, one_of(self.message, tuple(ROWS))


class Ask(Params, frozen=True):
    """About whom the terminal asks, and where that person lives."""

    resident: Selector
    lives: str = ""
    """Organisation code; empty for a confirmation: that is always national."""

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


def hand_in(world: World, party: StationName, params: HandIn) -> Happened:
    """Post a message inside, as this system; the CS judges it."""
    body = _body(world, params)
    to = world.parties[params.to].organisation if params.to else ""
    return _posted(world, party, body, to, {"body": body})


def fetch(world: World, party: StationName, params: Fetch) -> Happened:
    """Take over what came for this system, and tell whether it is what was sent."""
    kept = world.names[params.of]
    link = world.stage.inside(_cs(party), party)
    target = f"{_ARRIVALS}/{kept.message_id}"

    def waits() -> str:
        lines = link.get(_ARRIVALS).body.decode().splitlines()
        return "waits" if any(one.startswith(kept.message_id) for one in lines) else ""

    if world.until_expected(waits) != "waits":
        return Happened(NOTHING)
    got = link.get(target)
    assert link.post(f"{target}/taken", XML, b"").status == 204
    sent: bytes = kept.facts["body"]
    return Happened(AS_SENT if got.body == sent else CHANGED)


def receive(world: World, party: StationName, params: FetchType) -> Happened:
    """Take over everything of one type that came for this system."""
    link = world.stage.inside(_cs(party), party)

    def waiting() -> list[str]:
        lines = link.get(_ARRIVALS).body.decode().splitlines()
        return [one.split()[0] for one in lines if one.split()[1] == params.message]

    world.until_expected(lambda: RECEIVED if waiting() else "")
    ids = waiting()
    for one in ids:
        body = link.get(f"{_ARRIVALS}/{one}").body
        read_payload(params.message, body)
        link.post(f"{_ARRIVALS}/{one}/taken", XML, b"")
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


def search(world: World, party: StationName, params: Ask) -> Happened:
    """Ask for a person by resident record code, wherever that person lives."""
    code = _code(world, params)
    body = _keyed("identity_information_search", code)
    return _asked(world, party, body, params.lives)


def confirm(world: World, party: StationName, params: Ask) -> Happened:
    """Ask the national server whether this person is registered."""
    body = _keyed("identity_confirmation_request", _code(world, params))
    return _asked(world, party, body, "")


def _asked(world: World, party: StationName, body: bytes, to: str) -> Happened:
    link = world.stage.inside(_cs(party), party)
    reply = link.post(_target(to), XML, body)
    value = read_payload(type_of(reply.body), reply.body)
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    if not isinstance(value, SubmissionAccepted):
        return Happened(_found(reply.body))
    assert value.message_id is not None
    target = f"/v1/inside/messages/{value.message_id.hex()}/answer"
    answers: list[bytes] = []

    def came() -> str:
        answer = link.get(target)
        answers[:] = [answer.body] if answer.status == 200 else []
        return "came" if answers else ""

    ending = world.until_expected(came)
    kept = Kept(message_id=value.message_id.hex())
    return Happened(_found(answers[0]) if ending == "came" else NOTHING, kept)


def _found(body: bytes) -> str:
    value = read_payload(type_of(body), body)
    people_found = getattr(value, "persons", None) or getattr(value, "person", None)
    return FOUND if people_found else NOBODY


def _posted(
    world: World, party: StationName, body: bytes, to: str, facts: dict[str, bytes]
) -> Happened:
    link = world.stage.inside(_cs(party), party)
    reply = link.post(_target(to), XML, body)
    value = read_payload(type_of(reply.body), reply.body)
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    assert isinstance(value, SubmissionAccepted)
    assert value.message_id is not None
    return Happened(ACCEPTED, Kept(message_id=value.message_id.hex(), facts=facts))


def _body(world: World, params: HandIn) -> bytes:
    text = files("schemas").joinpath("samples", f"{params.message}.xml").read_text()
    changes = dict(params.change)
    if params.planned_in_days is not None:
        day = world.stage.now() + timedelta(days=params.planned_in_days)
        changes["planned_move_out_date"] = f"{day:%Y-%m-%d}"
    if params.message == "move_out_certificate_information" and params.to:
        changes["new_municipality_code"] = world.parties[params.to].organisation
    for name, value in changes.items():
        element = rf"(<{name}>)[^<]*(</{name}>)"
        text = re.sub(element, rf"\g<1>{escape(value)}\g<2>", text, count=1)
    return text.encode()


def _keyed(kind: str, code: str) -> bytes:
    text = files("schemas").joinpath("samples", f"{kind}.xml").read_text()
    key = f"<key><resident_record_code>{code}</resident_record_code></key>"
    return re.sub(r"<key>.*</key>", key, text, flags=re.DOTALL).encode()


def _code(world: World, params: Ask) -> str:
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    return identity_record(resident)["resident_record_code"]


def _target(to: str) -> str:
    return f"/v1/inside/messages?to={to}" if to else "/v1/inside/messages"


def _cs(party: StationName) -> StationName:
    return StationName(party.organisation, systems.CS)


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
    (AS_SENT, CHANGED, NOTHING),
    "It fetches what came for it, compares it with what was sent, acknowledges it.",
)
RECEIVE = Action(
    "receive",
    FetchType,
    receive,
    (RECEIVED, NOTHING),
    "It fetches and acknowledges every message of one type that came for it.",
)
CHECK = Action(
    "check",
    Checked,
    check,
    (SENT, NOTHING),
    "An operator has the whole file sent to both servers, to be compared.",
)
SEARCH = Action(
    "search",
    Ask,
    search,
    (FOUND, NOBODY, NOTHING, REFUSED),
    "It searches for a person by resident record code, where that person lives.",
)
CONFIRM = Action(
    "confirm",
    Ask,
    confirm,
    (FOUND, NOBODY, NOTHING, REFUSED),
    "It has the identity of a person confirmed by the national server.",
)
TERMINAL: System = system(systems.TERMINAL, (HAND_IN, FETCH, RECEIVE, SEARCH, CONFIRM))
