# SPDX-License-Identifier: Apache-2.0
"""A linkage code that is asked for: from the intermediate server to J-LIS (F1-11).

The addressee system registers a pair of numbers; the intermediate server makes the
request; the register hands it on to its CS as it came. Here all three are in the
scenario's hands, so that something can happen in between.
"""

from typing import Annotated, ClassVar, Final

import msgspec

from pki.names import StationName
from schemas import systems
from schemas.messages import SubmissionRefused, write_payload
from schemas.number_messages import NumberPairRegistration
from schemas.provision_messages import ResidentRecordInformation
from schemas.register_messages import ResidentRecordCopy
from simulators.scenario.at_register import EPOCH, number_after
from simulators.scenario.inside import kept_of, link_of, post, read, taken, waiting
from simulators.scenario.registry import (
    REFUSED,
    Action,
    Happened,
    Kept,
    Params,
)
from simulators.scenario.selector import Selector
from simulators.scenario.world import World
from simulators.web import Client

ACCEPTED, WAITS, NOTHING = "accepted", "it waits here", "nothing waits"
REQUEST: Final = "personal_identifier_code_request"
_MESSAGES: Final = "/v1/inside/messages"


class Asked(Params, frozen=True):
    """Of whom; by the number of the copy, or by the one that came after it."""

    resident: Selector
    new_number: bool = False

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


class Handed(Params, frozen=True):
    """Which request is handed on."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str


class Copied(Params, frozen=True):
    """Whose copy, and how the name in it is written."""

    resident: Selector
    head_name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]

    def fault(self) -> tuple[str, str, str] | None:
        return self.resident.fault()


def _house(world: World, party: StationName) -> Client:
    """The link of the addressee system to the intermediate server."""
    addressee = StationName(party.organisation, systems.ADDRESSEE)
    return world.stage.inside(party, addressee)


def ask_code(world: World, party: StationName, params: Asked) -> Happened:
    """Register a pair of numbers, and fetch the request that is made of it."""
    chosen, link = params.resident, _house(world, party)
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    number = resident.individual_number
    pair = NumberPairRegistration(
        individual_number=number_after(number) if params.new_number else number,
        addressee_number=resident.addressee_number,
    )
    value = read(link.post(_MESSAGES, "application/xml", write_payload(pair)))
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    found = [one for one, kind in waiting(link) if kind == REQUEST]
    if not found:
        return Happened(NOTHING)
    return Happened(WAITS, Kept(facts={"body": taken(link, found[-1])}))


def hand_on(world: World, party: StationName, params: Handed) -> Happened:
    """Give a request to the CS as it came."""
    value = post(link_of(world, party), world.names[params.of].facts["body"])
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    return Happened(ACCEPTED, kept_of(value))


def take_copy(world: World, party: StationName, params: Copied) -> Happened:
    """The addressee system sends the copy (副本) of somebody."""
    chosen = params.resident
    resident = world.resident(chosen.of, chosen.number, chosen.flagged)
    copy = ResidentRecordCopy(
        addressee_number=resident.addressee_number,
        update_sequence_number=int(world.stage.clock().timestamp()) - EPOCH,
        layout_version="1",
        resident_record_information=ResidentRecordInformation(
            head_of_household=resident.is_head,
            head_name=params.head_name,
            relationship=resident.relationship,
        ),
    )
    reply = _house(world, party).post(_MESSAGES, "application/xml", write_payload(copy))
    value = read(reply)
    if isinstance(value, SubmissionRefused):
        return Happened(f"{REFUSED} {value.code}")
    return Happened(ACCEPTED)


HAND_ON: Final = Action(
    "hand_on",
    Handed,
    hand_on,
    (ACCEPTED, REFUSED),
    "It hands a request for a linkage code on to its CS.",
)
CODES: Final = (
    Action(
        "ask_code",
        Asked,
        ask_code,
        (WAITS, NOTHING, REFUSED),
        "Its addressee system registers a pair of numbers, and fetches the request.",
    ),
    Action(
        "take_copy",
        Copied,
        take_copy,
        (ACCEPTED, REFUSED),
        "Its addressee system sends a copy with a name written so.",
    ),
)
