# SPDX-License-Identifier: Apache-2.0
"""Names that one side cannot write: what was kept and what was answered, to the letter.

The resident-register network knows more characters than information linkage. Nothing is
normalised on the way: compared are code points, and nothing that looks alike.
"""

from typing import Annotated, Any, ClassVar, Final

import msgspec

from pki.names import StationName
from schemas.messages import SubmissionRefused, write_payload
from schemas.move_messages import FamilyRegisterSupplementInformation
from simulators.peers.hand import Hand
from simulators.scenario.at_register import station_of
from simulators.scenario.books import books_of
from simulators.scenario.inside import kept_of, link_of, post
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Look,
    Params,
    Seen,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World

ACCEPTED: Final = "accepted"
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Named(Params, frozen=True):
    """Who, and how the name must be written."""

    resident: Selector
    name: Text

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


class Answered(Params, frozen=True):
    """Which answer, and how the name in it must be written."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    name: Text


class Told(Params, frozen=True):
    """Whose address is told to where the family register is, under which name."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    resident: Selector
    to: str
    first: Annotated[str, msgspec.Meta(max_length=4)] = ""
    """The first character of the name; as the family register has it if empty."""

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


def tell_address(world: World, party: StationName, params: Told) -> Happened:
    """戸籍の附票記載事項通知 of somebody who lives here (住民基本台帳法第19条)."""
    chosen, there = params.resident, world.parties[params.to]
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    record = books_of(world, there).record(resident)
    domicile, today = record.domicile, world.stage.now().date()
    assert domicile is not None
    name = f"{params.first}{record.name[1:]}" if params.first else record.name
    told = FamilyRegisterSupplementInformation(
        resident_record_code=record.resident_record_code,
        registered_domicile=domicile.text,
        domicile_head_name=domicile.holder,
        kanji_name=name,
        date_of_birth=record.born,
        sex=record.sex,
        address="群馬県前橋市天川町１番地",
        date_address_established=today,
        change_reason="S01",
        change_date=today,
    )
    body = write_payload(told)
    value = post(link_of(world, party), body, there.organisation)
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    return Happened(ACCEPTED, kept_of(value, {"body": body}))


def _named(world: World, party: StationName, params: Named) -> Seen:
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    key = {"resident_record_code": resident.resident_record_code}
    with Hand(world.stage.peer(party)) as hand:
        found = hand.look("persons", key)
    return _written(params.name, [one["kanji_name"] for one in found])


def _answered(world: World, party: StationName, params: Answered) -> Seen:
    number = bytes.fromhex(world.names[params.of].processing_number)
    told: Any = world.stage.answer(station_of(party), number)
    return _written(params.name, [told.resident_record_information.head_name])


def _written(wanted: str, found: list[str]) -> Seen:
    """Compared by code points; a name is not shown, only its code points are."""
    points = " ".join(f"{ord(one):04X}" for one in wanted)
    there = ["  ".join(f"{ord(one):04X}" for one in name) for name in found]
    if found == [wanted]:
        return Seen(points, points)
    return Seen(points, ", ".join(there) or "nobody")


TELL_ADDRESS: Final = Action(
    "tell_address",
    Told,
    tell_address,
    (ACCEPTED, REFUSED),
    "It tells where somebody lives to where the family register is kept.",
)
NAMED: Final = Look("named", Named, _named, "How it writes somebody's name.")
ANSWER_NAMED: Final = Look(
    "answer_named", Answered, _answered, "How the name in an answer is written."
)
