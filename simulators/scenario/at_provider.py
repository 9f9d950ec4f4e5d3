# SPDX-License-Identifier: Apache-2.0
"""The intermediate server (中間サーバ), and the people who work at it.

What an operator does is done by the operator's own commands: holds are shown, released
and refused, flags are raised by an import of copies (副本).
"""

import json
from dataclasses import replace
from typing import Any, ClassVar

from pki import keystore
from pki.names import StationName
from protocols.linkage_code import CodeMaker
from schemas import systems
from simulators.residents.linkage_copy import copy_row
from simulators.scenario.at_stations import (
    DELIVER,
    About,
    knows_nothing,
    recorded,
)
from simulators.scenario.by_hand import ANSWER_UNASKED, USE_AGAIN
from simulators.scenario.registry import (
    Action,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
    Word,
    system,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

OPEN = "open"
STATES = (OPEN, "released", "refused", "lapsed", "withdrawn")
HELD = "held"
TAKEN_FOR = "7" * 15
"""The addressee number under which a wrong code is taken in."""


class Decision(Params, frozen=True):
    """Who decides about which held answer, and why."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    operator: Word
    reason: Word


class HoldState(Params, frozen=True):
    """How a held answer must stand."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    state: str

    def fault(self) -> tuple[str, str, str] | None:
        if self.state in STATES:
            return None
        return "state", "is unknown", f"write one of: {', '.join(STATES)}"


class Flag(Params, frozen=True):
    """Whose flag is changed."""

    resident: Selector
    raised: bool

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


class WrongCode(Params, frozen=True):
    """Whose code is taken in instead of its own."""

    parties: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    resident: Selector

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


def _find(world: World, party: StationName, number: str) -> dict[str, Any]:
    """The newest hold of a transaction; empty where there is none."""
    found = world.stage.command_json(
        "holds", "list", "--all", "--config", world.stage.config(party)
    )
    own = [hold for hold in found if hold["processing_number"] == number]
    return own[-1] if own else {}


def hold(world: World, party: StationName, params: About) -> Happened:
    """Wait until the answer waits for a person."""
    kept: Kept = world.names[params.of]

    def held() -> str:
        found = _find(world, party, kept.processing_number)
        return HELD if found.get("state") == OPEN else ""

    return Happened(world.until_expected(held) or "not held", kept)


def release(world: World, party: StationName, params: Decision) -> Happened:
    """A named person lets exactly the held content go."""
    return _decide(world, party, params, "release")


def decline(world: World, party: StationName, params: Decision) -> Happened:
    """A named person does not let it go."""
    return _decide(world, party, params, "refuse")


def _decide(world: World, party: StationName, params: Decision, word: str) -> Happened:
    kept: Kept = world.names[params.of]
    found = _find(world, party, kept.processing_number)
    if not found:
        return Happened("not held", kept)
    where = ("--config", world.stage.config(party), "--operator", params.operator)
    seen = world.stage.command("holds", "show", found["hold"], *where, "--xml")
    world.stage.command("holds", word, found["hold"], *where, "--reason", params.reason)
    facts = {**kept.facts, "shown": seen}
    return Happened("decided", replace(kept, facts=facts))


def set_flag(world: World, party: StationName, params: Flag) -> Happened:
    """Import the resident's copy with the flag raised or lowered (R-130)."""
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    codes = CodeMaker(world.files.code_key.read_bytes())
    code = codes.code(resident.person_id, party.organisation)
    row = copy_row(resident, world.head_of(resident), code, params.raised)
    _import(world, party, dict(row))
    world.interlude(f"flag {'raised' if params.raised else 'lowered'}", party)
    return Happened("done")


def take_code(world: World, party: StationName, params: WrongCode) -> Happened:
    """Import a code that was made for another body, under a number of its own."""
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    codes = CodeMaker(world.files.code_key.read_bytes())
    other = world.parties[params.of].organisation
    code = codes.code(resident.person_id, other)
    row = {
        "addressee_number": TAKEN_FOR,
        "linkage_code": code,
        "suppressed": False,
    }
    _import(world, party, row)
    return Happened("done", Kept(facts={"addressee": TAKEN_FOR}))


def _import(world: World, party: StationName, row: dict[str, Any]) -> None:
    path = world.files.station(party) / "scenario.jsonl"
    data = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    keystore.write_private(path, data)
    try:
        words = ("--config", world.stage.config(party), "--operator", "scenario")
        world.stage.command("gateway", "import", *words, str(path))
    finally:
        path.unlink()


def _see_hold(world: World, party: StationName, params: HoldState) -> Seen:
    number = world.names[params.of].processing_number
    return Seen(params.state, _find(world, party, number).get("state", "never held"))


def _see_provided(world: World, party: StationName, params: About) -> Seen:
    """What the requester was given is byte for byte what the operator was shown."""
    kept: Kept = world.names[params.of]
    path = f"/v1/inside/inquiries/{kept.processing_number}/answer"
    arrived = world.stage.inside(party).get(path).body.decode()
    same = arrived == kept.facts.get("shown")
    return Seen("as shown", "as shown" if same else "not what was shown")


INTERMEDIATE = system(
    systems.INTERMEDIATE,
    actions=(
        DELIVER,
        Action(
            "hold",
            About,
            hold,
            (HELD,),
            "It keeps an answer for a person; waits until it does.",
        ),
        Action(
            "release",
            Decision,
            release,
            ("decided",),
            "An operator looks at the held answer, and lets exactly that go.",
        ),
        Action(
            "decline",
            Decision,
            decline,
            ("decided",),
            "An operator looks at the held answer, and does not let it go.",
        ),
        Action(
            "set_flag",
            Flag,
            set_flag,
            ("done",),
            "An import raises or lowers a resident's flag (自動応答不可フラグ).",
        ),
        Action(
            "take_code",
            WrongCode,
            take_code,
            ("done",),
            "A linkage code that was made for another body is taken in.",
        ),
        USE_AGAIN,
        ANSWER_UNASKED,
    ),
    looks=(
        recorded(),
        knows_nothing(),
        Look("hold", HoldState, _see_hold, "How the held answer stands."),
        Look(
            "provided_as_shown",
            About,
            _see_provided,
            "That what arrived is what the operator was shown.",
        ),
    ),
)
