# SPDX-License-Identifier: Apache-2.0
"""Messages that a scenario writes itself, under a station's own keys.

No sound station would send them. Only so can a wrong route, a wrong permit or a number
that is used twice reach the one who must refuse it.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from pki.names import StationName
from protocols import permit, route
from protocols.envelope import Packed
from protocols.route import Route
from schemas import systems
from schemas.messages import ProvisionLapse, write_payload
from simulators.network import parties as people
from simulators.network import story_permits as permits
from simulators.network import story_refusals as inquiries
from simulators.network.stage import Stage, in_words
from simulators.network.story_permits import Parts
from simulators.scenario.at_stations import DELIVER, SEND, knows_nothing, recorded
from simulators.scenario.refused import one_of
from simulators.scenario.registry import (
    DELIVERED,
    REFUSED,
    Action,
    Happened,
    Kept,
    Params,
    system,
)
from simulators.scenario.world import World

INQUIRY = "information_inquiry"
SAME, NEW = "the same message", "a new message"
ITEM = 28


class Resent(Params, frozen=True):
    """How a transaction's number is used a second time."""

    names: ClassVar[tuple[str, ...]] = ("of",)
    of: str
    under: str
    """Whose message id the forged inquiry has: `SAME` or `NEW`."""

    def fault(self) -> tuple[str, str, str] | None:
        if self.under in (SAME, NEW):
            return None
        return "under", "is unknown", one_of(self.under, (SAME, NEW))


class Unasked(Params, frozen=True):
    """To whom an answer is sent that nobody asked for."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    to: str


class Order(Params, frozen=True):
    """To which provider, and what is wrong with it."""

    parties: ClassVar[tuple[str, ...]] = ("to",)
    to: str
    wrong: str

    def fault(self) -> tuple[str, str, str] | None:
        if self.wrong in WRONG:
            return None
        return "wrong", "is unknown", one_of(self.wrong, tuple(WRONG))


def ended(answer: str, packed: Packed) -> Happened:
    """An answer on the wire as an ending."""
    number = packed.header.processing_number
    kept = Kept("" if number is None else number.hex(), packed.header.message_id.hex())
    if answer.startswith("SK-"):
        return Happened(f"{REFUSED} {answer}", kept)
    return Happened(DELIVERED, kept)


def posted(stage: Stage, packed: Packed, to: StationName) -> Happened:
    """Send a message of its header's sender."""
    sender = stage.peer(packed.header.sender)
    return ended(in_words(sender.understand(packed, sender.post(packed), to)), packed)


def use_again(world: World, party: StationName, params: Resent) -> Happened:
    """Another inquiry under the number of one that was made."""
    kept: Kept = world.names[params.of]
    message_id = _id_of_inquiry(world, kept) if params.under == SAME else None
    packed = world.stage.peer(party).write(
        INQUIRY,
        people.CORE,
        inquiries.inquiry_payload(world.stage, party),
        message_id=message_id,
        processing_number=bytes.fromhex(kept.processing_number),
    )
    return posted(world.stage, packed, people.CORE)


def _id_of_inquiry(world: World, kept: Kept) -> bytes:
    return next(
        bytes.fromhex(event["message_id"])
        for event in world.every_event()
        if event["message_type"] == INQUIRY and kept.is_in(event)
    )


def answer_unasked(world: World, party: StationName, params: Unasked) -> Happened:
    """An answer under a processing number that its receiver never made."""
    to = world.parties[params.to]
    packed = world.stage.peer(party).write(
        "provision_lapse",
        to,
        write_payload(ProvisionLapse(item_no=ITEM)),
        processing_number=os.urandom(16),
        permit_digest=os.urandom(32),
    )
    return posted(world.stage, packed, to)


def order(world: World, party: StationName, params: Order) -> Happened:
    """An order of the core that is lawful but for one thing."""
    stage = world.stage
    made, signed = WRONG[params.wrong](stage, permits.parts(stage))
    packed = permits.pack_order(stage, made, signed, world.parties[params.to])
    return posted(stage, packed, world.parties[params.to])


def _issued(stage: Stage, made: Parts) -> bytes:
    return permit.issue(made.permit, permits.permit_signer(stage), stage.now())


def _other_route(stage: Stage, made: Parts) -> tuple[Parts, bytes]:
    """A good route, but not the one that the permit names."""
    return replace(made, route=permits.parts(stage).route), _issued(stage, made)


def _to_another_body(stage: Stage, made: Parts) -> tuple[Parts, bytes]:
    """Permit and route agree, and the route leads to somebody else."""
    other = inquiries.OTHER
    way = route.issue(
        Route(
            route_id=os.urandom(16),
            requester=other,
            host="127.0.0.1",
            port=stage.network.outside[str(other)],
            sealing_certificate=stage.peer(other).sealing_digest,
            not_before=stage.now(),
            not_after=stage.now() + timedelta(hours=1),
        ),
        stage.peer(people.CORE).signer,
        stage.now(),
    )
    changed = replace(made.permit, route_digest=route.digest(way))
    made = replace(made, route=way, permit=changed)
    return made, _issued(stage, made)


def _other_subject(stage: Stage, made: Parts) -> tuple[Parts, bytes]:
    code = inquiries.code_of(stage, people.PROVIDER, number=4)
    return replace(made, code=code), _issued(stage, made)


def _expired(stage: Stage, made: Parts) -> tuple[Parts, bytes]:
    ago = made.permit.issued - timedelta(hours=1)
    changed = replace(made.permit, issued=ago, answer_by=ago + timedelta(minutes=5))
    made = replace(made, permit=changed)
    return made, _issued(stage, made)


WRONG: dict[str, Callable[[Stage, Parts], tuple[Parts, bytes]]] = {
    "another permit's route": _other_route,
    "route to another body": _to_another_body,
    "another subject's code": _other_subject,
    "another provider's permit": lambda stage, made: (made, _issued(stage, made)),
    "expired permit": _expired,
}
"""What can be wrong with an order. The permit is for 高崎市, so that any other receiver
gets another provider's."""

_ENDINGS = (DELIVERED, REFUSED)
USE_AGAIN = Action(
    "use_again",
    Resent,
    use_again,
    _ENDINGS,
    "Its keys sign another inquiry under a processing number that was used.",
)
ANSWER_UNASKED = Action(
    "answer_unasked",
    Unasked,
    answer_unasked,
    _ENDINGS,
    "Its keys sign an answer under a processing number that nobody made.",
)
CORE = system(
    systems.CORE,
    actions=(
        DELIVER,
        SEND,
        Action(
            "order",
            Order,
            order,
            _ENDINGS,
            "Its keys sign an order with one thing wrong about it.",
        ),
    ),
    looks=(recorded(), knows_nothing()),
)
