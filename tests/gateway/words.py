# SPDX-License-Identifier: Apache-2.0
"""What the stations of the small network say to each other, right or with one fault.

Everything starts from a good message; a test changes the one thing that it is about.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateway.dispatch import Draft
from gateway.outcome import Case
from gateway.records.copies import Copy, ResidentRecord
from gateway.records.rows import CoreTransaction, Inquiry, Outgoing, Seen
from gateway.view import Facts
from pki.cms import Signer
from pki.names import StationName
from pki.profiles import Purpose
from protocols import envelope, permit, route
from protocols.envelope import Packed
from protocols.header import Header, content_digest
from protocols.linkage_code import UnknownCode
from protocols.permit import Permit
from protocols.route import Route
from schemas.messages import (
    InformationInquiry,
    InformationProvision,
    ProvisionOrder,
    ResidentRecordInformation,
    write_payload,
)
from tests.gateway.world import (
    BUSINESS,
    CODES,
    CORE,
    DAY,
    HOUR,
    MINUTE,
    NOON,
    PLAIN,
    PORTS,
    PROVIDER,
    REQUESTER,
    World,
    code_of,
)
from tests.values import replace as changed

NUMBER = bytes(range(16, 32))
"""The processing number of every transaction here."""
OTHER_NUMBER = bytes(range(32, 48))
SALT = bytes(range(32))
RECORD = "resident_record_information"
ITEM = 11
"""都道府県知事's item with five kinds."""


def message(
    world: World,
    sender: StationName,
    receiver: StationName,
    kind: str,
    payload: bytes,
    /,
    *,
    signer: Signer | None = None,
    seal_for: StationName | None = None,
    at: datetime = NOON,
    **changes: Any,
) -> Packed:
    """A sealed message; ``changes`` are to its header."""
    peer = world.directory.peer(seal_for or receiver)
    assert peer is not None
    assert peer.recipient is not None
    header = Header(
        message_id=b"message number 1",
        message_type=kind,
        sender=sender,
        receiver=receiver,
        created=at,
        expires=at + HOUR,
        sealing_certificate=peer.recipient.digest,
        content_digest=content_digest(SALT, payload),
    )
    return envelope.pack(
        changed(header, **changes),
        payload,
        SALT,
        signer or world.signer(sender),
        peer.recipient,
        at,
    )


# --- inquiries ------------------------------------------------------------------------


def inquiry(world: World, **changes: Any) -> InformationInquiry:
    """What the requester lawfully asks."""
    good = InformationInquiry(
        item_no=ITEM,
        kinds=(RECORD,),
        provider=PROVIDER.organisation,
        subject_code=code_of(PLAIN, REQUESTER.organisation),
        sealing_certificate_digest=world.keys(REQUESTER).sealing_digest,
    )
    return changed(good, **changes)


def inquiry_message(
    world: World,
    value: InformationInquiry | None = None,
    sender: StationName = REQUESTER,
    **changes: Any,
) -> Packed:
    """The requester's inquiry to the core."""
    payload = write_payload(value or inquiry(world))
    changes = {"processing_number": NUMBER, **changes}
    return message(world, sender, CORE, "information_inquiry", payload, **changes)


# --- orders ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """Everything that an order consists of, before the core signs and seals it."""

    world: World = field(repr=False)
    request: Packed
    permit: Permit
    route: Route
    signed_route: bytes = field(repr=False)
    """ECDSA signs differently each time; the permit names this one signature."""
    code: str
    salt: bytes = SALT

    def signed_permit(self, signer: Signer | None = None) -> bytes:
        by = signer or self.world.signer(CORE, Purpose.PERMIT)
        return permit.issue(self.permit, by, NOON)

    def value(self, **parts: Any) -> ProvisionOrder:
        good = ProvisionOrder(
            permit=parts.pop("permit", None) or self.signed_permit(),
            route=self.signed_route,
            requester_header=self.request.signed_header,
            subject_code=self.code,
            subject_salt=self.salt,
        )
        return changed(good, **parts)

    def message(self, value: ProvisionOrder | None = None, **changes: Any) -> Packed:
        """The core's order to the provider."""
        changes = {"processing_number": NUMBER, **changes}
        receiver = changes.pop("receiver", PROVIDER)
        payload = write_payload(value or self.value())
        return message(
            self.world, CORE, receiver, "provision_order", payload, **changes
        )


def way_of(world: World, **changes: Any) -> Route:
    """The route to the requester."""
    good = Route(
        route_id=b"route number 1..",
        requester=REQUESTER,
        host="127.0.0.1",
        port=PORTS[REQUESTER],
        sealing_certificate=world.keys(REQUESTER).sealing_digest,
        not_before=NOON,
        not_after=NOON + DAY,
    )
    return changed(good, **changes)


def order(
    world: World, person: int = PLAIN, way: Route | None = None, **changes: Any
) -> Order:
    """A good order about ``person``; ``changes`` are to its permit."""
    request = inquiry_message(world)
    way = way or way_of(world)
    code = code_of(person, PROVIDER.organisation)
    signed_way = route.issue(way, world.signer(CORE), NOON)
    good = Permit(
        permit_id=b"permit number 1.",
        processing_number=NUMBER,
        requester=REQUESTER,
        provider=PROVIDER,
        item_no=ITEM,
        kinds=(RECORD,),
        subject_commitment=permit.subject_commitment(SALT, code),
        request_digest=request.header_digest,
        sealing_certificate=world.keys(REQUESTER).sealing_digest,
        route_digest=route.digest(signed_way),
        issued=NOON,
        answer_by=NOON + 5 * MINUTE,
        release_by=NOON + 7 * DAY,
    )
    return Order(world, request, changed(good, **changes), way, signed_way, code)


# --- answers --------------------------------------------------------------------------


def provision(
    world: World,
    permit_digest: bytes,
    *,
    item_no: int = ITEM,
    sender: StationName = PROVIDER,
    layout: str = "1",
    **changes: Any,
) -> Packed:
    """A provider's answer to the requester."""
    value = InformationProvision(
        item_no=item_no,
        layout_version=layout,
        resident_record_information=ResidentRecordInformation(
            head_of_household=False, head_name="高崎　太郎", relationship="妻"
        ),
    )
    return message(
        world,
        sender,
        REQUESTER,
        "information_provision",
        write_payload(value),
        **{"processing_number": NUMBER, "permit_digest": permit_digest, **changes},
    )


def outgoing(draft: Draft, **changes: Any) -> Outgoing:
    """A draft as it waits in the outbox; its envelope is of no interest here."""
    good = Outgoing(
        message_id=b"message number 9",
        peer=str(draft.receiver),
        message_type=draft.message_type,
        envelope=b"",
        header_digest=bytes(32),
        processing_number=draft.processing_number,
        created=NOON,
        deadline=NOON + DAY,
        guard_code=draft.guard_code,
        guard_version=draft.guard_version,
        context=draft.context,
    )
    return changed(good, **changes)


# --- what rules look at ---------------------------------------------------------------


@dataclass
class FakeView:
    """A station as the rules see it, told by a test."""

    facts: Facts
    messages: dict[tuple[str, bytes], Seen] = field(default_factory=dict)
    used: set[bytes] = field(default_factory=set)
    copies: dict[str, Copy] = field(default_factory=dict)
    inquiries: dict[bytes, Inquiry] = field(default_factory=dict)
    transactions: dict[bytes, CoreTransaction] = field(default_factory=dict)

    def seen(self, sender: str, message_id: bytes) -> Seen | None:
        return self.messages.get((sender, message_id))

    def permit_used(self, permit_id: bytes) -> bool:
        return permit_id in self.used

    def copy(self, code: str) -> Copy | None:
        return self.copies.get(code)

    def inquiry(self, processing_number: bytes) -> Inquiry | None:
        return self.inquiries.get(processing_number)

    def transaction(self, processing_number: bytes) -> CoreTransaction | None:
        return self.transactions.get(processing_number)

    def translate(self, code: str, source: str, target: str) -> str | None:
        try:
            return CODES.translate(code, source, target)
        except UnknownCode:
            return None


def copy_of(person: int, *, suppressed: bool = False, held: bool = True) -> Copy:
    """A provider's copy of ``person``."""
    record = ResidentRecord(False, "高崎　太郎", "妻")
    return Copy(
        addressee_number=f"{person:015d}",
        linkage_code=code_of(person, PROVIDER.organisation),
        kinds={RECORD: record} if held else {},
        suppressed=suppressed,
        flag_version=1,
    )


def open_inquiry(**changes: Any) -> Inquiry:
    """A requester's inquiry that waits for its answer."""
    good = Inquiry(
        processing_number=NUMBER,
        item_no=ITEM,
        kinds=(RECORD,),
        provider=PROVIDER.organisation,
        addressee_number=f"{PLAIN:015d}",
        created=NOON,
        asked_by=str(BUSINESS),
    )
    return changed(good, **changes)


def open_transaction(**changes: Any) -> CoreTransaction:
    """A core's transaction of which the provider has told nothing yet."""
    good = CoreTransaction(
        processing_number=NUMBER,
        requester=str(REQUESTER),
        provider=str(PROVIDER),
        item_no=ITEM,
        kinds=(RECORD,),
        permit_digest=bytes(32),
        permit=b"",
        created=NOON,
        release_by=NOON + 7 * DAY,
    )
    return changed(good, **changes)


def opened(world: World, packed: Packed, at: datetime = NOON) -> envelope.Opened:
    """A message as its receiver reads it."""
    opener = world.keys(packed.header.receiver).opener
    return envelope.unpack(packed.envelope, opener, world.directory, at)


def case(
    world: World,
    packed: Packed,
    view: FakeView,
    value: Any = None,
    at: datetime = NOON,
    by: StationName | None = None,
) -> Case:
    """A message on its way through the checks, posted ``by`` somebody."""
    facts = view.facts
    return Case(
        opened=envelope.unpack(packed.envelope, facts.opener, facts.directory, at),
        identity=world.identity(by or packed.header.sender),
        now=at,
        station=view,
        value=value,
    )
