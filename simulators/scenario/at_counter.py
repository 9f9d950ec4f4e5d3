# SPDX-License-Identifier: Apache-2.0
"""At the counter: somebody comes, is looked up, and gets what was asked for.

A notification or application is taken in under a number of its own, once the person who
brings it was found at the terminal by name and date of birth. What is searched, issued
and handed over goes through the register's desks.
"""

from typing import Any, ClassVar, Final, Literal

from pki.names import StationName
from schemas import systems
from simulators.residents import Resident
from simulators.scenario.at_desk import Name, at_desk
from simulators.scenario.desk import NOT_ALLOWED, NOT_SO, Desk, kept_of
from simulators.scenario.registry import Action, Happened, Kept, Params, System, system
from simulators.scenario.selector import Selector
from simulators.scenario.world import JST, World

TAKEN_IN, ISSUED, HANDED_OVER = "taken in", "issued", "handed over"
FOUND, NOBODY, SOMEBODY_ELSE = "found", "nobody found", "found somebody else"
OTHERWISE = "says otherwise"
Paper = Literal["copy for one person", "copy for the whole household"]
Keys = Literal[
    "number",
    "code",
    "name and date of birth",
    "address and date of birth",
    "name alone",
    "name and sex",
]


class Coming(Params, frozen=True):
    """Who comes to the counter."""

    names: ClassVar[tuple[str, ...]] = ("about",)
    resident: Selector | None = None
    about: str = ""
    """Instead of a resident: whom an earlier step was about."""
    operator: Name = "alice"

    def fault(self) -> tuple[str, str, str] | None:
        if (self.resident is None) == (not self.about):
            return "resident", "is needed, or 'about'", "write one of the two"
        return None if self.resident is None else self.resident.fault()


class Looking(Params, frozen=True):
    """Who is searched for, and by which of the items."""

    resident: Selector
    keys: Keys = "name and date of birth"
    operator: Name = "alice"

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


class Issuing(Params, frozen=True):
    """What is issued on which application."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    paper: Paper = "copy for one person"
    with_number: bool = False
    operator: Name = "alice"


class Handing(Params, frozen=True):
    """Which paper is handed over."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str


def resident_of(world: World, chosen: Selector) -> Resident:
    """The resident whom a scenario means."""
    return world.resident(chosen.of, chosen.number, chosen.flagged)


@at_desk
def take_in(world: World, party: StationName, params: Coming) -> Happened:
    """Find the person at the terminal; give what is brought a number."""
    if params.resident is None:
        resident = kept_of(world, params.about).facts["resident"]
    else:
        resident = resident_of(world, params.resident)
    ending = _searched(world, party, params.operator, _query(resident, NAMED), resident)
    now = world.stage.clock().astimezone(JST)
    facts = {
        "resident": resident,
        "reference": f"N-{now:%Y%m%d-%H%M%S-%f}",
        "on": now.date(),
    }
    return Happened(TAKEN_IN if ending == FOUND else ending, Kept(facts=facts))


@at_desk
def search(world: World, party: StationName, params: Looking) -> Happened:
    """Search the register by some of a person's items."""
    resident = resident_of(world, params.resident)
    query = _query(resident, params.keys)
    return Happened(_searched(world, party, params.operator, query, resident))


@at_desk
def issue(world: World, party: StationName, params: Issuing) -> Happened:
    """Make and issue a certificate, on an application of the person."""
    kept = kept_of(world, params.of)
    desk = Desk(world, party, params.operator)
    record = desk.record(kept.facts["resident"])
    application = {
        "reference": kept.facts["reference"],
        "paper": params.paper,
        "record": record["number"],
        "capacity": "self",
        "applicant": record["number"],
        "with_number": params.with_number,
    }
    made = desk.do("certificates", application=application)
    facts = {**kept.facts, "paper": made, "with number": params.with_number}
    return Happened(ISSUED, Kept(facts=facts))


@at_desk
def hand_over(world: World, party: StationName, params: Handing) -> Happened:
    """Hand a paper over, if it says what the register has and no number unasked."""
    facts = kept_of(world, params.of).facts
    record = Desk(world, party).record(facts["resident"])
    pages = facts["paper"]["pages"]
    own = next(page for page in pages if page["name"] == record["name"])
    number = record["individual_number"] if facts["with number"] else None
    home = record["home"]
    address = "　".join(filter(None, (home["address"], home["building"])))
    right = (own["address"], own["individual_number"]) == (address, number)
    return Happened(HANDED_OVER if right else OTHERWISE)


NAMED: Final = "name and date of birth"


def _query(one: Resident, keys: str) -> dict[str, Any]:
    every = {
        "number": {"individual_number": one.individual_number},
        "code": {"resident_record_code": one.resident_record_code},
        NAMED: {"name": one.kanji_name, "born": one.born.isoformat()},
        "address and date of birth": {
            "address": one.address.partition("　")[0],
            "born": one.born.isoformat(),
        },
        "name alone": {"name": one.kanji_name},
        "name and sex": {"name": one.kanji_name, "sex": "1"},
    }
    return every[keys]


def _searched(
    world: World,
    party: StationName,
    operator: str,
    query: dict[str, Any],
    wanted: Resident,
) -> str:
    found = Desk(world, party, operator).do("search", query=query, purpose="counter")
    codes = {one["resident_record_code"] for one in found.get("records", ())}
    if not codes:
        return NOBODY
    return FOUND if wanted.resident_record_code in codes else SOMEBODY_ELSE


_REFUSALS: Final = (NOT_ALLOWED, NOT_SO)
_FINDINGS: Final = (FOUND, NOBODY, SOMEBODY_ELSE)
TAKE_IN = Action(
    "take_in",
    Coming,
    take_in,
    (TAKEN_IN, NOBODY, SOMEBODY_ELSE),
    "Somebody brings a notification or application, and is found at the terminal.",
)
SEARCH = Action(
    "search",
    Looking,
    search,
    (*_FINDINGS, *_REFUSALS),
    "Somebody searches the register by a number, or by some of the four items.",
)
ISSUE = Action(
    "issue",
    Issuing,
    issue,
    (ISSUED, *_REFUSALS),
    "A certificate is made and issued on an application.",
)
HAND_OVER = Action(
    "hand_over",
    Handing,
    hand_over,
    (HANDED_OVER, OTHERWISE),
    "A certificate is given to whoever applied for it.",
)
REGISTER_TERMINAL: System = system(systems.EXISTING_TERMINAL, (TAKE_IN, HAND_OVER))
