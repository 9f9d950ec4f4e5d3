# SPDX-License-Identifier: Apache-2.0
"""The network itself: what befalls it, and what must be true of all its records.

A scenario names it `network`, without giving it in `[parties]`.
"""

import json
import re
from datetime import timedelta
from typing import Any, ClassVar

from pki.names import StationName
from simulators.network.moves import BadMove, step
from simulators.network.stage import wait_for
from simulators.scenario.at_stations import About
from simulators.scenario.line import State
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    Action,
    Happened,
    Kept,
    Look,
    Need,
    Nothing,
    Params,
    Seen,
    system,
)
from simulators.scenario.world import World

NETWORK = "network"
DONE = "done"
STATES = {state.value: state for state in State}


class Pass(Params, frozen=True):
    """How much time passes."""

    time: str

    def fault(self) -> tuple[str, str, str] | None:
        try:
            step(self.time)
        except (BadMove, OverflowError):
            mend = "write + and how far, such as +6m, +2h or +8d"
            return "time", "is no step of time", mend
        return None


class Whose(Params, frozen=True):
    """Whose process."""

    parties: ClassVar[tuple[str, ...]] = ("of",)
    of: str


class Broken(Params, frozen=True):
    """Before whom the line is, and how it is from now on."""

    parties: ClassVar[tuple[str, ...]] = ("before",)
    before: str
    state: str

    def fault(self) -> tuple[str, str, str] | None:
        if self.state in STATES:
            return None
        return "state", "is unknown", one_of(self.state, tuple(STATES))


def pass_time(world: World, _: StationName, params: Pass) -> Happened:
    """Move the whole network's clock."""
    by: timedelta = step(params.time)
    world.pass_time(by)
    return Happened(DONE)


def crash(world: World, _: StationName, params: Whose) -> Happened:
    """End a party's process at once."""
    world.crash(world.parties[params.of])
    return Happened(DONE)


def restart(world: World, _: StationName, params: Whose) -> Happened:
    """Start it again."""
    world.restart(world.parties[params.of])
    return Happened(DONE)


def set_line(world: World, _: StationName, params: Broken) -> Happened:
    """Cut a line, have it swallow answers, or make it whole."""
    party = world.parties[params.before]
    world.lines[party].become(STATES[params.state])
    world.interlude(f"the line before it is {params.state}", party)
    return Happened(DONE)


def _reconciled(world: World, _: StationName, params: Nothing) -> Seen:
    """The three parties tell the same of everything that this scenario began."""
    agree = "the three records agree"
    numbers = {
        number
        for kept in world.names.values()
        if isinstance(kept, Kept)
        for number in (kept.processing_number, *kept.many)
    }

    def look() -> str:
        own = [d for d in _differences(world) if d["processing_number"] in numbers]
        return "" if own else agree

    return Seen(agree, wait_for(look) or "they differ")


def _differences(world: World) -> list[dict[str, Any]]:
    command = ("records", "reconcile", "--json", "--network", str(world.files.root))
    found: list[dict[str, Any]] = json.loads(world.stage.commands.run(*command).out)
    return found


def _verified(world: World, _: StationName, params: Nothing) -> Seen:
    words = ("records", "verify", "--network", str(world.files.root))
    damaged = world.stage.command_json(*words)
    sound = "every record as written"
    return Seen(sound, f"{len(damaged)} damaged" if damaged else sound)


def _nobody_else(world: World, _: StationName, params: About) -> Seen:
    """No station beside the scenario's parties has anything of it on record."""
    kept: Kept = world.names[params.of]
    own = {str(party) for party in world.parties.values()}
    others = {
        event["station"] for event in world.every_event() if kept.is_in(event)
    } - own
    nobody = "nobody else knows of it"
    return Seen(nobody, f"known to {', '.join(sorted(others))}" if others else nobody)


def _quiet_logs(world: World, _: StationName, params: Nothing) -> Seen:
    """No number, code or name of any resident is in a log."""
    logs = b"".join(path.read_bytes() for path in world.files.logs.glob("*.log"))
    residents = (*world.stage.city[:300], *world.stage.second_city)
    secrets = {
        text.encode()
        for one in residents
        for text in (
            one.individual_number,
            one.resident_record_code,
            one.addressee_number,
            one.kanji_name,
        )
    }
    pattern = re.compile(b"|".join(map(re.escape, secrets)))
    silent = "nothing personal"
    return Seen(silent, "personal values" if pattern.search(logs) else silent)


def _does(name: str, params: type[Params], run: Any, need: Need, tells: str) -> Action:
    return Action(name, params, run, (DONE,), tells, frozenset({need}))


THE_NETWORK = system(
    NETWORK,
    actions=(
        _does("pass_time", Pass, pass_time, Need.CLOCK, "Time passes for everybody."),
        _does("crash", Whose, crash, Need.PROCESSES, "A party's process is killed."),
        _does("restart", Whose, restart, Need.PROCESSES, "It is started again."),
        _does(
            "line",
            Broken,
            set_line,
            Need.LINE,
            "The line before a station is cut, swallows answers, or is whole again.",
        ),
    ),
    looks=(
        Look(
            "reconciled",
            Nothing,
            _reconciled,
            "That requester, provider and core tell the same (番号法第23条).",
        ),
        Look("verified", Nothing, _verified, "That every record is as written."),
        Look("nobody_else", About, _nobody_else, "That no other station knows of it."),
        Look("quiet_logs", Nothing, _quiet_logs, "That no log has anything personal."),
    ),
)
