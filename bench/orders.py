# SPDX-License-Identifier: Apache-2.0
"""What the driver sends, made before the clock starts.

An order is made as the core makes it, with a permit of its own for a request of its
own; an inquiry as a requester makes it. Everything is signed and sealed in earnest:
the gateway under test must find nothing to save.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.world import ITEM, REQUESTER, World
from protocols import permit, route
from protocols.envelope import Packed
from protocols.header import new_id
from protocols.permit import Permit
from protocols.route import Route
from schemas.messages import InformationInquiry, ProvisionOrder, write_payload
from simulators.network import parties as people
from simulators.residents import Resident

KINDS = ("resident_record_information",)
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ask:
    """One message to send, and by what its consequence is known."""

    number: bytes
    """The processing number."""
    packed: Packed = field(repr=False)
    size: int
    """Bytes of the content that is sealed in it."""


def inquiries(world: World, count: int) -> Iterator[Ask]:
    """Inquiries of one requester to the core, about one resident after the other."""
    for resident in _in_turn(world, count):
        yield _inquiry(world, resident)


def orders(world: World, count: int) -> Iterator[Ask]:
    """Orders of the core to the provider, about one resident after the other."""
    made = datetime.now(UTC).replace(microsecond=0)
    way = _route(world, made)
    permit_signer = world.peer(people.CORE).keys.signer("permit")
    for resident in _in_turn(world, count):
        asked = _inquiry(world, resident)
        salt = os.urandom(32)
        code = world.codes.code(resident.person_id, people.PROVIDER.organisation)
        drawn = _permit(world, asked, route.digest(way), salt, code, made)
        order = ProvisionOrder(
            permit=permit.issue(drawn, permit_signer, made),
            route=way,
            requester_header=asked.packed.signed_header,
            subject_code=code,
            subject_salt=salt,
        )
        payload = write_payload(order)
        packed = world.peer(people.CORE).write(
            "provision_order",
            people.PROVIDER,
            payload,
            processing_number=asked.number,
            lifetime=LIFETIME,
        )
        yield Ask(asked.number, packed, _content(packed, payload))


def _in_turn(world: World, count: int) -> Iterator[Resident]:
    for place in range(count):
        yield world.residents[place % len(world.residents)]


def _inquiry(world: World, resident: Resident) -> Ask:
    requester = world.peer(REQUESTER)
    number = new_id(datetime.now(UTC))
    payload = write_payload(
        InformationInquiry(
            item_no=ITEM.item_no,
            kinds=KINDS,
            provider=people.CITY,
            subject_code=world.codes.code(resident.person_id, REQUESTER.organisation),
            sealing_certificate_digest=requester.sealing_digest,
        )
    )
    packed = requester.write(
        "information_inquiry",
        people.CORE,
        payload,
        processing_number=number,
        lifetime=LIFETIME,
    )
    return Ask(number, packed, _content(packed, payload))


def _permit(
    world: World, asked: Ask, way: bytes, salt: bytes, code: str, made: datetime
) -> Permit:
    return Permit(
        permit_id=new_id(made),
        processing_number=asked.number,
        requester=REQUESTER,
        provider=people.PROVIDER,
        item_no=ITEM.item_no,
        kinds=KINDS,
        subject_commitment=permit.subject_commitment(salt, code),
        request_digest=asked.packed.header_digest,
        sealing_certificate=world.peer(REQUESTER).sealing_digest,
        route_digest=way,
        issued=made,
        answer_by=made + LIFETIME,
        release_by=made + timedelta(days=1),
    )


def _route(world: World, made: datetime) -> bytes:
    peer = world.directory.peer(REQUESTER)
    assert peer is not None
    assert peer.endpoint is not None
    return route.issue(
        Route(
            route_id=new_id(made),
            requester=REQUESTER,
            host=peer.endpoint.host,
            port=peer.endpoint.port,
            sealing_certificate=world.peer(REQUESTER).sealing_digest,
            not_before=made,
            not_after=made + LIFETIME,
        ),
        world.peer(people.CORE).signer,
        made,
    )


def _content(packed: Packed, payload: bytes) -> int:
    return len(packed.signed_header) + len(payload) + 50
