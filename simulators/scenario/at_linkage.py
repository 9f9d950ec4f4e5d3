# SPDX-License-Identifier: Apache-2.0
"""Those who ask by information linkage: a business system, and what it is told.

It knows residents by their group integrated addressee number (団体内統合宛名番号)
and speaks with its own organisation's intermediate server, inside.
"""

from typing import Annotated, ClassVar

import msgspec

from pki.names import StationName
from schemas import systems
from schemas.matching_list import ITEMS, KINDS
from simulators.network import parties as people
from simulators.residents.characters import substitute
from simulators.scenario.at_register import station_of
from simulators.scenario.at_stations import About
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
    system,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World
from simulators.web import Reply

STATES = ("in progress", "provided", "lapsed")


class Inquiry(Params, frozen=True):
    """Under which item, about whom, from whom."""

    names: ClassVar[tuple[str, ...]] = ("about",)
    item: int
    resident: Selector | None = None
    about: str = ""
    """Instead of a resident: whom an earlier step gave a code for."""
    provider: str = people.CITY
    kinds: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = (
        "resident_record_information",
    )

    def fault(self) -> tuple[str, str, str] | None:
        if (self.resident is None) == (not self.about):
            return "resident", "is needed, or 'about'", "write one of the two"
        if self.resident is not None and self.resident.fault() is not None:
            return self.resident.fault()
        if not 0 < self.item <= max(ITEMS):
            return "item", "is no item's number", f"write 1 to {max(ITEMS)}"
        for kind in self.kinds:
            if kind not in KINDS:
                what = f"'{kind}' is no kind of information"
                return "kinds", what, one_of(kind, tuple(KINDS))
        return None


class Pair(Params, frozen=True):
    """Two inquiries that are compared."""

    names: ClassVar[tuple[str, ...]] = ("of", "other")
    of: str
    other: str


class Answer(Params, frozen=True):
    """An inquiry's answer."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str


def ask(world: World, party: StationName, params: Inquiry) -> Happened:
    """Ask, and wait for the acknowledgement alone."""
    facts = {}
    if params.resident is None:
        number = world.names[params.about].facts["addressee"]
    else:
        chosen = params.resident
        resident = world.resident(chosen.of, chosen.number, chosen.flagged)
        facts["resident"] = resident
        number = resident.addressee_number
    asked = world.stage.ask(
        station_of(party), params.item, number, params.kinds, params.provider
    )
    if isinstance(asked, str):
        return Happened(f"{REFUSED} {asked}")
    return Happened("accepted", Kept(processing_number=asked.hex(), facts=facts))


def learn(world: World, party: StationName, params: About) -> Happened:
    """Wait for the end of an inquiry."""
    kept: Kept = world.names[params.of]
    number = bytes.fromhex(kept.processing_number)
    ending = world.until_expected(
        lambda: standing(world, party, number), lambda seen: seen != STATES[0]
    )
    return Happened(ending, kept)


def standing(world: World, party: StationName, number: bytes) -> str:
    status = world.stage.standing(station_of(party), number)
    return f"{REFUSED} {status.code}" if status.code else _words(str(status.status))


def _words(status: str) -> str:
    return status.replace("_", " ")


def _see_inquiry(world: World, party: StationName, params: "State") -> Seen:
    number = bytes.fromhex(world.names[params.of].processing_number)
    return Seen(params.state, standing(world, party, number))


class State(Params, frozen=True):
    """How an inquiry must stand."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    state: str

    def fault(self) -> tuple[str, str, str] | None:
        if self.state in STATES or self.state.startswith(f"{REFUSED} SK-"):
            return None
        return "state", "is unknown", one_of(self.state, (*STATES, f"{REFUSED} SK-…"))


def _see_answer(world: World, party: StationName, params: Answer) -> Seen:
    kept: Kept = world.names[params.of]
    number = bytes.fromhex(kept.processing_number)
    told = world.stage.answer(station_of(party), number)
    record = told.resident_record_information
    resident = kept.facts["resident"]
    right = (
        record.head_name == substitute(world.head_of(resident).kanji_name)[0]
        and record.relationship == resident.relationship
        and record.head_of_household == resident.is_head
    )
    return Seen("the resident's record", _whose(right))


def _whose(right: bool) -> str:
    return "the resident's record" if right else "another record"


def _see_alike(world: World, party: StationName, params: Pair) -> Seen:
    """Both inquiries look the same from inside, their numbers aside."""
    one, other = (_told(world, party, name) for name in (params.of, params.other))
    return Seen("told alike", "told alike" if one == other else "told apart")


def _told(world: World, party: StationName, name: str) -> tuple[int, str, bytes]:
    number = world.names[name].processing_number
    path = f"/v1/inside/inquiries/{number}"
    reply: Reply = world.stage.inside(station_of(party)).get(path)
    body = reply.body.replace(number.encode(), b"NUMBER")
    return reply.status, reply.content_type, body


BUSINESS = system(
    systems.BUSINESS,
    actions=(
        Action(
            "ask",
            Inquiry,
            ask,
            ("accepted", REFUSED),
            "It asks about a resident; only the acknowledgement is waited for.",
        ),
        Action(
            "learn",
            About,
            learn,
            (*STATES, REFUSED),
            "It looks how its inquiry stands, until that is as expected.",
        ),
    ),
    looks=(
        Look("inquiry", State, _see_inquiry, "How its inquiry stands."),
        Look("answer", Answer, _see_answer, "That it has the resident's record."),
        Look("alike", Pair, _see_alike, "That two inquiries look the same to it."),
    ),
)
