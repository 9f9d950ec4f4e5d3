# SPDX-License-Identifier: Apache-2.0
"""法務省連携端末: notices on foreign residents, to the Ministry and from it.

Somebody enters what the register put out, somebody else compares it, and it is sent.
The other way, the Ministry learns something and tells the city; somebody at the
terminal reads it and enters it at the register, where somebody else checks it
(住民基本台帳法第30条の50).
"""

from typing import Any, ClassVar, Final

import msgspec

from pki.names import StationName
from schemas import systems
from simulators.peers.errors import BadRequest
from simulators.peers.hand import Hand
from simulators.scenario.at_desk import Name, at_desk
from simulators.scenario.at_house import (
    CHECKED,
    DONE_THERE,
    ENTERED,
    NOT_THERE,
    SEND,
    TAKEN,
    in_house,
)
from simulators.scenario.desk import NOT_ALLOWED, NOT_SO, Desk, kept_of
from simulators.scenario.hand import HouseHand
from simulators.scenario.registry import (
    Action,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
    system,
)
from simulators.scenario.world import World

LEARNED, NOBODY = "learned", "nobody told of this person"
SHOWN, NOTHING, SETTLED = "shown", "nothing arrived", "settled"
STILL = "still there"
HAS, HAS_NOT = "the card that was told", "another card"
STATUS: Final = "永住者"
"""Another one than whoever comes from abroad has in the forms."""


class Noticed(Params, frozen=True):
    """Which notice, and who enters or checks it."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    operator: Name = "alice"


class About(Params, frozen=True):
    """Of whom: a step that put a notice out."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str


class Entering(About, frozen=True):
    """What was shown, and who enters it."""

    operator: Name = "alice"


@in_house
def enter_notice(world: World, party: StationName, params: Noticed) -> Happened:
    """Enter what the register put out, as it stands there."""
    facts = kept_of(world, params.of).facts
    hand = HouseHand(world, party)
    session = hand.session(params.operator, function="enter")
    now = world.stage.clock()
    output = f"OUT-{now:%Y%m%d%H%M%S%f}"
    notice = msgspec.to_builtins(facts["notices"][-1])
    number = hand.do("enter", session=session, notice=notice, output=output)
    return Happened(ENTERED, Kept(facts={**facts, "notice": number, "output": output}))


@in_house
def check_notice(world: World, party: StationName, params: Noticed) -> Happened:
    """Compare an entry with the output; then it goes to the Ministry."""
    facts = kept_of(world, params.of).facts
    hand = HouseHand(world, party)
    session = hand.session(params.operator, function="check")
    compared = {"number": facts["notice"], "compared_with": facts["output"]}
    hand.do("check", session=session, **compared)
    return Happened(CHECKED, Kept(facts=facts))


# -- what the Ministry tells ---------------------------------------------------------


def learn(world: World, party: StationName, params: About) -> Happened:
    """It gives out a new card, for another status of residence."""
    facts = dict(kept_of(world, params.of).facts)
    card = msgspec.to_builtins(facts["notices"][-1])["residence_card_number"]
    facts["new card"] = f"ZZ{(int(card[2:10]) + 1) % 10**8:08}ZZ"
    change = {
        "residence_card_number": card,
        "new_residence_card_number": facts["new card"],
        "residence_status": STATUS,
        "change_date": facts["on"].isoformat(),
    }
    with Hand(world.stage.peer(party)) as hand:
        try:
            hand.learned([change])
        except BadRequest:
            return Happened(NOBODY)
    return Happened(LEARNED, Kept(facts=facts))


@in_house
def show_change(world: World, party: StationName, params: Noticed) -> Happened:
    """Read the newest that arrived."""
    facts = dict(kept_of(world, params.of).facts)
    hand = HouseHand(world, party)
    session = hand.session(params.operator, function="enter")

    def look() -> str:
        found = hand.do("arrived", session=session)
        if not found:
            return ""
        facts["arrived"] = found[-1]
        facts["told"] = hand.do("show_change", session=session, number=found[-1])
        return SHOWN

    return Happened(world.until_expected(look) or NOTHING, Kept(facts=facts))


@in_house
def settle_change(world: World, party: StationName, params: Noticed) -> Happened:
    """It stands at the register now: the terminal erases it."""
    facts = kept_of(world, params.of).facts
    hand = HouseHand(world, party)
    session = hand.session(params.operator, function="enter")
    told = {"number": facts["arrived"], "outcome": "entered"}
    hand.do("settle_change", session=session, **told)
    gone = told["number"] not in hand.do("arrived", session=session)
    return Happened(SETTLED if gone else STILL, Kept(facts=facts))


@at_desk
def enter_change(world: World, party: StationName, params: Entering) -> Happened:
    """Enter what the Ministry told; it waits for its check."""
    facts: dict[str, Any] = dict(kept_of(world, params.of).facts)
    desk = Desk(world, party, params.operator)
    reference = f"MOJ-{facts['arrived']}"
    done = desk.do("foreign/change", notice=facts["told"], reference=reference)
    facts |= {"entry": done["entry"], "reference": reference}
    return Happened(ENTERED, Kept(facts=facts))


def _has_card(world: World, party: StationName, params: About) -> Seen:
    facts = kept_of(world, params.of).facts
    notice = msgspec.to_builtins(facts["notices"][-1])
    query = {"name": notice["roman_name"], "born": notice["date_of_birth"]}
    found = Desk(world, party).do("search", query=query, purpose="counter")["records"]
    held = [(it["residence_card"], it["status"]) for it in map(_foreign_of, found)]
    same = (facts["new card"], STATUS) in held
    return Seen(HAS, HAS if same else HAS_NOT)


def _foreign_of(record: dict[str, Any]) -> dict[str, Any]:
    return record["foreign"] or {"residence_card": "", "status": ""}


_REFUSALS: Final = (NOT_ALLOWED, NOT_SO)
AT_MINISTRY = Action(
    "learn",
    About,
    learn,
    (LEARNED, NOBODY),
    "It gives a foreign resident a new card and status, and tells the city.",
)
_AT_TERMINAL = (
    Action(
        "show_change",
        Noticed,
        show_change,
        (SHOWN, NOTHING),
        "Somebody reads the newest that the Ministry told.",
    ),
    Action(
        "settle_change",
        Noticed,
        settle_change,
        (SETTLED, STILL),
        "What was entered at the register is erased here.",
    ),
)
AT_REGISTER = Action(
    "enter_change",
    Entering,
    enter_change,
    (ENTERED, *_REFUSALS),
    "Somebody enters what the Ministry told of a resident.",
)
CARD = Look(
    "residence_card", About, _has_card, "That the register has the card that was told."
)
JUSTICE_TERMINAL = system(
    systems.JUSTICE_TERMINAL,
    (
        SEND,
        Action(
            "enter_notice",
            Noticed,
            enter_notice,
            DONE_THERE,
            "Somebody enters what the register put out about a foreign resident.",
        ),
        Action(
            "check_notice",
            Noticed,
            check_notice,
            (CHECKED, NOT_THERE),
            "Somebody else compares it with the output; then it is sent.",
        ),
        *_AT_TERMINAL,
    ),
    (TAKEN,),
)
