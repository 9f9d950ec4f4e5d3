# SPDX-License-Identifier: Apache-2.0
"""The in-house systems of the city: what they take, hold and send on by themselves.

What a system took is counted from its own history; what it holds of somebody is set
beside what the register has. What is done there by its staff goes through sessions that
its functions were opened to.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from itertools import count
from typing import Any, Final

from pki.names import StationName
from schemas import systems
from simulators.city.server_terminal import by_command
from simulators.scenario.at_stations import NOTHING_SENT, About, Sending
from simulators.scenario.desk import Desk, kept_of
from simulators.scenario.hand import HouseHand, HouseRefused
from simulators.scenario.registry import (
    DELIVERED,
    REFUSED,
    Action,
    Count,
    Happened,
    Kept,
    Look,
    Params,
    Seen,
    System,
    system,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

ENTERED, CHECKED, NOT_THERE = "entered", "checked", "refused there"
AS_REGISTER, OTHERWISE = "as the register has it", "otherwise"
Work = Callable[[World, StationName, Any], Happened]


class Taking(Sending, frozen=True):
    """How many of a type it must have taken since the scenario began."""

    count: Count = 1


class Belonging(Params, frozen=True):
    """From whom on somebody is looked for whose registered domicile is here."""

    resident: Selector

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


def in_house(work: Work) -> Work:
    """What a system of the house does not do is how the action ends."""

    @wraps(work)
    def done(world: World, party: StationName, params: Any) -> Happened:
        try:
            return work(world, party, params)
        except HouseRefused:
            return Happened(NOT_THERE)

    return done


def since(world: World, party: StationName, what: str) -> list[dict[str, Any]]:
    """What happened at a system since the scenario began, of one word."""
    assert world.begun is not None
    begun = world.begun
    return [
        one
        for one in HouseHand(world, party).history()
        if one["what"] == what and datetime.fromisoformat(one["at"]) >= begun
    ]


def send(world: World, party: StationName, params: Sending) -> Happened:
    """Wait for what becomes of a message that it owes; the newest of this scenario."""

    def look() -> str:
        for what in (DELIVERED, "was refused"):
            for one in since(world, party, what):
                if one["about"].endswith(f" {params.message}"):
                    return DELIVERED if not one["code"] else f"{REFUSED} {one['code']}"
        return ""

    return Happened(world.until_expected(look) or NOTHING_SENT)


def _taken(world: World, party: StationName, params: Taking) -> Seen:
    found = sum(one["about"] == params.message for one in since(world, party, "taken"))
    return Seen(f"{params.count} x {params.message}", f"{found} x {params.message}")


# -- the family register --------------------------------------------------------------


@in_house
def enter_member(world: World, party: StationName, params: Belonging) -> Happened:
    """Enter somebody in the family register that the resident register names."""
    chosen, desk = params.resident, Desk(world, party)
    for number in count(chosen.number):
        resident = world.resident(chosen.of, number, chosen.flagged)
        record = desk.record(resident)
        domicile = record["domicile"]
        if domicile["municipality"] == party.organisation:
            break
    hand = HouseHand(world, party)
    person = {"name": record["name"], "born": record["born"]}
    place = {"domicile": domicile["text"], "head": domicile["holder"]}
    number = hand.do("belongs", **place, **person, by="heidi")
    return Happened(ENTERED, Kept(facts={"resident": resident, "member": number}))


def _supplement(world: World, party: StationName, params: About) -> Seen:
    """The newest line of somebody's supplement is the address in the register."""
    facts = kept_of(world, params.of).facts
    home = Desk(world, party).record(facts["resident"])["home"]
    address = "　".join(filter(None, (home["address"], home["building"])))
    lines = HouseHand(world, party).do("lines", member=facts["member"])
    newest = lines[-1]["address"] if lines else ""
    return Seen(AS_REGISTER, AS_REGISTER if newest == address else OTHERWISE)


# -- addressee system and common platform ---------------------------------------------


def number_of(world: World, party: StationName, record: dict[str, Any]) -> str:
    """The addressee number of a resident, as the city's addressee system has it."""
    addressee = StationName(party.organisation, systems.ADDRESSEE)
    found = HouseHand(world, addressee).do(
        "of_local", system=systems.EXISTING, local=f"R-{record['number']:09}"
    )
    return str(found or "")


def _ties(world: World, party: StationName, params: About) -> Seen:
    """The individual number that the register has stands under one number here."""
    record = Desk(world, party).record(kept_of(world, params.of).facts["resident"])
    held = HouseHand(world, party).do("person", number=number_of(world, party, record))
    same = held is not None and (held["individual_number"], held["kanji_name"]) == (
        record["individual_number"],
        record["name"],
    )
    return Seen(AS_REGISTER, AS_REGISTER if same else OTHERWISE)


def _shares(world: World, party: StationName, params: About) -> Seen:
    """What business systems would be given is what the register told last."""
    record = Desk(world, party).record(kept_of(world, params.of).facts["resident"])
    number = number_of(world, party, record)
    held = HouseHand(world, party).do("held", addressee_number=number)
    told = None if held is None else held["resident_record_information"]
    same = told is not None and told["relationship"] == record["relationship"]
    return Seen(AS_REGISTER, AS_REGISTER if same else OTHERWISE)


def _copy(world: World, party: StationName, params: About) -> Seen:
    """What the provider would send is what the register has, in JIS X 0213."""
    record = Desk(world, party).record(kept_of(world, params.of).facts["resident"])
    read = by_command(world.files.config(party))
    held = read(number_of(world, party, record), "alice")
    same = held is not None and held[_RELATIONSHIP] == record["relationship"]
    return Seen(AS_REGISTER, AS_REGISTER if same else OTHERWISE)


_RELATIONSHIP: Final = "resident_record_information.relationship"
COPY = Look("copy", About, _copy, "That somebody's copy is as the register has it.")
SEND = Action(
    "send",
    Sending,
    send,
    (DELIVERED, REFUSED),
    "It sends what it owes by itself; waits for what becomes of it.",
)
TAKEN = Look("taken", Taking, _taken, "How many messages of a type it has taken.")
DONE_THERE: Final = (ENTERED, NOT_THERE)
FAMILY_REGISTER = system(
    systems.FAMILY_REGISTER,
    (
        Action(
            "enter_member",
            Belonging,
            enter_member,
            DONE_THERE,
            "A resident is entered in the family register of the registered domicile.",
        ),
    ),
    (
        TAKEN,
        Look(
            "supplement", About, _supplement, "That a supplement ends with the address."
        ),
    ),
)
ADDRESSEE = system(
    systems.ADDRESSEE,
    (SEND,),
    (TAKEN, Look("ties", About, _ties, "That number and person belong together.")),
)
PLATFORM = system(
    systems.PLATFORM,
    looks=(TAKEN, Look("shares", About, _shares, "That it holds what was told last.")),
)
HOUSE: Final[tuple[System, ...]] = (
    ADDRESSEE,
    PLATFORM,
    FAMILY_REGISTER,
)
"""The systems of the house that a scenario may name, and the link terminal beside."""
