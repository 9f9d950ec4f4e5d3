# SPDX-License-Identifier: Apache-2.0
"""Into the refusals of information linkage: matching list, code, permit, route."""

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.task import Clock

from gateway.services.listener import Request
from gateway.services.sender import Sender
from pki.names import StationName
from pki.profiles import Purpose
from protocols import route
from protocols.master import StationEntry
from schemas.matching_list import ITEMS, KINDS
from tests.gateway.refusals.scene import PassedOn, Scene, Told, Way
from tests.gateway.services.network import until
from tests.gateway.words import (
    ITEM,
    NUMBER,
    Order,
    inquiry,
    inquiry_message,
    open_inquiry,
    order,
    provision,
    way_of,
)
from tests.gateway.works import Works, inside_of
from tests.gateway.world import (
    BUSINESS,
    CORE,
    DAY,
    HOUR,
    NOBODY,
    NOON,
    OTHER,
    PROVIDER,
    REQUESTER,
    SECOND_PROVIDER,
    World,
    code_of,
)
from tests.values import replace

DIGEST = bytes(range(100, 132))
NOT_THE_ITEMS = next(kind for kind in KINDS if kind not in ITEMS[ITEM].kinds)


def _inquiry(sender: Any = REQUESTER, **changes: Any) -> Way:
    """An inquiry that asks for something else than is lawful."""

    async def way(scene: Scene) -> Told:
        value = inquiry(scene.world, **changes)
        packed = inquiry_message(scene.world, value, sender)
        return await scene.tell(scene.works_at(CORE), packed)

    return way


async def _no_number(scene: Scene) -> Told:
    packed = inquiry_message(scene.world, processing_number=None)
    return await scene.tell(scene.works_at(CORE), packed)


class _WithoutAddress(World):
    """The same network, but for the address of its requester in the master."""

    def entry(self, name: StationName) -> StationEntry:
        entry = super().entry(name)
        return replace(entry, endpoint=None) if name == REQUESTER else entry


async def _no_way_back(scene: Scene) -> Told:
    made = scene.works_at(CORE)
    world = _WithoutAddress(scene.world.layout)
    station = world.station(CORE, made.store, made.path.parent)
    works = Works(world, station, made.path)
    return await scene.tell(works, inquiry_message(scene.world))


# --- orders: the core's, with one thing wrong -----------------------------------------

Change = Callable[[Order], dict[str, Any]]


def _order(parts: Change = lambda made: {}, **permit: Any) -> Way:
    """An order whose payload or permit differs from a good one."""

    async def way(scene: Scene) -> Told:
        made = order(scene.world, **permit)
        packed = made.message(made.value(**parts(made)))
        return await scene.tell(scene.works_at(PROVIDER), packed)

    return way


def _one_bit_changed(made: Order) -> dict[str, Any]:
    signed = bytearray(made.signed_permit())
    signed[-1] ^= 1
    return {"permit": bytes(signed)}


def _signed_with_the_signing_key(made: Order) -> dict[str, Any]:
    return {"permit": made.signed_permit(made.world.signer(CORE))}


def _a_route_for_a_permit(made: Order) -> dict[str, Any]:
    signer = made.world.signer(CORE, Purpose.PERMIT)
    return {"permit": route.issue(made.route, signer, NOON)}


def _another_route(made: Order) -> dict[str, Any]:
    return {"route": order(made.world).signed_route}


def _another_request(made: Order) -> dict[str, Any]:
    other = inquiry_message(made.world, message_id=b"message number 2")
    return {"requester_header": other.signed_header}


def _another_subject(made: Order) -> dict[str, Any]:
    return {"subject_code": code_of(NOBODY, PROVIDER.organisation)}


async def _late_order(scene: Scene) -> Told:
    works = scene.works_at(PROVIDER)
    works.now = NOON + HOUR
    return await scene.tell(works, order(scene.world).message())


async def _used_twice(scene: Scene) -> Told:
    works, made = scene.works_at(PROVIDER), order(scene.world)
    await works.post(made.message())
    return await scene.tell(works, made.message(message_id=b"message number 2"))


async def _route_over(scene: Scene) -> Told:
    works = scene.works_at(PROVIDER)
    way = way_of(scene.world, not_before=NOON - DAY, not_after=NOON - HOUR)
    return await scene.tell(works, order(scene.world, way=way).message())


# --- answers: a provider's, with one thing wrong --------------------------------------


def _provision(announced: bytes = DIGEST, asked: bool = True, **changes: Any) -> Way:
    """An answer to an inquiry; ``announced`` is the permit that the core told of."""

    async def way(scene: Scene) -> Told:
        works = scene.works_at(REQUESTER)
        if asked:
            works.write(lambda tx: tx.open_inquiry(open_inquiry()))
            works.write(lambda tx: tx.announce(NUMBER, announced))
        packed = provision(scene.world, DIGEST, **changes)
        return await scene.tell(works, packed)

    return way


# --- an order that nobody takes -------------------------------------------------------


async def _order_never_taken(scene: Scene) -> PassedOn:
    """The core gives up an order, and its message says so to the requester."""
    core, requester = scene.works_at(CORE), scene.works_at(REQUESTER)
    requester.write(lambda tx: tx.open_inquiry(open_inquiry()))
    await core.post(inquiry_message(scene.world))
    (ordered,) = core.offered
    core.now = ordered.deadline + HOUR
    _sender(core).offer(ordered)
    await until(lambda: len(core.offered) == 2)
    requester.now = core.now
    told = replace(inquiry_message(scene.world), envelope=core.offered[1].envelope)
    assert (await requester.post(told, CORE)).status == 200
    inside = inside_of(requester)
    target = f"/v1/inside/inquiries/{NUMBER.hex()}"
    request = Request("GET", target, "", b"", True)
    answer = await inside.handle(request, scene.world.identity(BUSINESS))
    return PassedOn(requester, answer.body)


class _Nobody:
    """A client that must not be asked: the message's time is over."""

    def post(self, path: str, content_type: str, body: bytes) -> Any:
        raise AssertionError("sent after its deadline")


def _sender(works: Works) -> Sender:
    return Sender(
        PROVIDER,
        _Nobody(),
        works.station,
        works.role,
        works.runtime,
        works.clock,
        Clock(),
    )


WAYS: Mapping[str, Way] = {
    "SK-P01": _inquiry(item_no=4),
    "SK-P02": _inquiry(kinds=(NOT_THE_ITEMS,)),
    "SK-P03": _inquiry(sender=OTHER),
    "SK-P04": _inquiry(provider="999999"),
    "SK-P05": _order(kinds=("local_tax_information",)),
    "SK-P06": _no_way_back,
    "SK-P07": _inquiry(layout_version="2"),
    "SK-K01": _inquiry(subject_code="0" * 32),
    "SK-C01": _order(_one_bit_changed),
    "SK-C02": _order(_signed_with_the_signing_key),
    "SK-C03": _late_order,
    "SK-C04": _used_twice,
    "SK-C05": _order(provider=SECOND_PROVIDER),
    "SK-C06": _order(_a_route_for_a_permit),
    "SK-C07": _order(_another_route),
    "SK-C08": _order(_another_request),
    "SK-C09": _order(_another_subject),
    "SK-C10": _provision(item_no=13),
    "SK-C11": _no_number,
    "SK-C12": _provision(announced=bytes(32)),
    "SK-C13": _route_over,
    "SK-C14": _provision(asked=False),
    "SK-C15": _order_never_taken,
}
