# SPDX-License-Identifier: Apache-2.0
"""Into the refusals of whole messages: unreadable, not theirs, not now, not XML."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gateway.rules.calendar import Calendar
from pki import der
from pki.cms import Signer
from pki.keystore import load_p256_key
from pki.oids import ID_CT_HEADER
from pki.profiles import Purpose
from protocols import envelope
from protocols.envelope import Packed
from protocols.identifiers import Realm, make_individual_number
from schemas.messages import IdentityInformationUpdate, write_payload
from tests.gateway.people import resident_record
from tests.gateway.refusals.scene import Reached, Scene, Told, Way
from tests.gateway.words import NUMBER, inquiry, inquiry_message, message, order
from tests.gateway.works import age_the_master
from tests.gateway.world import (
    CORE,
    CS,
    EXISTING,
    HOUR,
    MINUTE,
    NOON,
    OTHER,
    PROVIDER,
    REQUESTER,
)
from tests.values import replace

SEQUENCE, OCTETS = 0x30, 0x04


def _inquiry(by: Any = None, **changes: Any) -> Way:
    """An inquiry with one change to its header, posted ``by`` somebody."""

    async def way(scene: Scene) -> Told:
        packed = inquiry_message(scene.world, **changes)
        return await scene.tell(scene.works_at(CORE), packed, by)

    return way


# --- unreadable -----------------------------------------------------------------------


async def _sealed(scene: Scene, signed: bytes, salt: bytes, payload: bytes) -> Told:
    """These three parts, sealed for the core by somebody who has its certificate."""
    parts = (signed, salt, payload)
    return await _sealed_bytes(
        scene, der.tlv(SEQUENCE, *(der.tlv(OCTETS, part) for part in parts))
    )


async def _sealed_bytes(scene: Scene, plain: bytes) -> Told:
    peer = scene.world.directory.peer(CORE)
    assert peer is not None
    assert peer.recipient is not None
    offered = replace(inquiry_message(scene.world), envelope=peer.recipient.seal(plain))
    return await scene.tell(scene.works_at(CORE), offered)


def _parts(scene: Scene, packed: Packed) -> envelope.Unpacked:
    return envelope.unseal(packed.envelope, scene.world.keys(CORE).opener)


async def _no_content(scene: Scene) -> Told:
    return await _sealed_bytes(scene, b"\x30\x00")


async def _signature_changed(scene: Scene) -> Told:
    parts = _parts(scene, inquiry_message(scene.world))
    signed = bytearray(parts.signed_header)
    signed[-1] ^= 1
    return await _sealed(scene, bytes(signed), parts.salt, parts.payload)


async def _signed_with_the_tls_key(scene: Scene) -> Told:
    """A real certificate of the network, which no master names as a signer's."""
    key = load_p256_key(scene.world.layout.key(REQUESTER, Purpose.TLS))
    signer = Signer(key, scene.world.certificate(REQUESTER, Purpose.TLS))
    return await _inquiry(signer=signer)(scene)


async def _signed_with_the_permit_key(scene: Scene) -> Told:
    return await _inquiry(signer=scene.world.signer(CORE, Purpose.PERMIT))(scene)


async def _no_header(scene: Scene) -> Told:
    parts = _parts(scene, inquiry_message(scene.world))
    signed = scene.world.signer(REQUESTER).sign(b"\x30\x00", ID_CT_HEADER, NOON)
    return await _sealed(scene, signed, parts.salt, parts.payload)


async def _payload_changed(scene: Scene) -> Told:
    parts = _parts(scene, inquiry_message(scene.world))
    return await _sealed(scene, parts.signed_header, parts.salt, parts.payload + b" ")


# --- the message itself ---------------------------------------------------------------


async def _signed_by_another(scene: Scene) -> Told:
    return await _inquiry(signer=scene.world.signer(OTHER))(scene)


async def _unknown_type(scene: Scene) -> Told:
    packed = message(scene.world, REQUESTER, CORE, "hello", b"<hello/>")
    return await scene.tell(scene.works_at(CORE), packed)


async def _order_of_a_requester(scene: Scene) -> Told:
    payload = write_payload(order(scene.world).value())
    packed = message(scene.world, REQUESTER, PROVIDER, "provision_order", payload)
    return await scene.tell(scene.works_at(PROVIDER), packed)


async def _late(scene: Scene) -> Told:
    works = scene.works_at(CORE)
    works.now = NOON + 2 * HOUR
    return await scene.tell(works, inquiry_message(scene.world))


async def _id_used_twice(scene: Scene) -> Told:
    works = scene.works_at(CORE)
    await works.post(inquiry_message(scene.world))
    other = inquiry_message(scene.world, expires=NOON + 2 * HOUR)
    return await scene.tell(works, other)


# --- payload --------------------------------------------------------------------------


def _payload(change: tuple[bytes, bytes]) -> Way:
    """A good inquiry's XML with one text replaced."""

    async def way(scene: Scene) -> Told:
        good = write_payload(inquiry(scene.world))
        assert change[0] in good
        packed = message(
            scene.world,
            REQUESTER,
            CORE,
            "information_inquiry",
            good.replace(*change),
            processing_number=NUMBER,
        )
        return await scene.tell(scene.works_at(CORE), packed)

    return way


def _numbered(wrong: bool) -> Way:
    """A change of a resident under a number of this realm, but wrong, or of the other.

    Inside, because no station takes an identity record from a peer.
    """

    async def way(scene: Scene) -> Reached:
        body = resident_record().individual_number[:11]
        right = {make_individual_number(body, realm)[-1] for realm in Realm}
        none = next(digit for digit in "0123456789" if digit not in right)
        number = body + none if wrong else make_individual_number(body, Realm.STANDARD)
        update = IdentityInformationUpdate(resident_record(individual_number=number))
        return await scene.submit(scene.works_at(CS), EXISTING, write_payload(update))

    return way


async def _closed(scene: Scene) -> Told:
    works = scene.works_at(CORE)
    works.station.calendars.own.follow(Calendar(week=(((540, 1020),),) * 5 + ((),) * 2))
    return await scene.tell(works, inquiry_message(scene.world))


async def _not_vouched_for(scene: Scene) -> Told:
    works = scene.works_at(CORE)
    works.station.facts.vouched.problem = "no head was co-signed for 4.1 hours"
    return await scene.tell(works, inquiry_message(scene.world))


async def _frozen(scene: Scene) -> Told:
    works = scene.works_at(CORE)
    age_the_master(works)
    return await scene.tell(works, inquiry_message(scene.world))


async def _restored(scene: Scene) -> Told:
    works = scene.works_at(CORE)
    works.station.facts.restored.closed = True
    return await scene.tell(works, inquiry_message(scene.world))


async def _taken_before_a_restore(scene: Scene) -> Told:
    works = scene.works_at(CORE)
    packed = inquiry_message(scene.world)
    header, ends = packed.header, NOON + 2 * HOUR
    await works.store.commit(
        lambda tx: tx.remember(
            str(header.sender), header.message_id, packed.header_digest, b"", ends
        )
    )
    return await scene.tell(works, packed)


WAYS: Mapping[str, Way] = {
    "SK-U01": _no_content,
    "SK-U02": _inquiry(seal_for=PROVIDER),
    "SK-U03": _signature_changed,
    "SK-U04": _signed_with_the_tls_key,
    "SK-U05": _signed_with_the_permit_key,
    "SK-U06": _no_header,
    "SK-U07": _payload_changed,
    "SK-M01": _signed_by_another,
    "SK-M02": _inquiry(by=OTHER),
    "SK-M03": _inquiry(receiver=PROVIDER),
    "SK-M04": _unknown_type,
    "SK-M05": _order_of_a_requester,
    "SK-M06": _late,
    "SK-M07": _inquiry(created=NOON + 10 * MINUTE),
    "SK-M08": _inquiry(expires=NOON + timedelta(hours=25)),
    "SK-M09": _id_used_twice,
    "SK-M10": _inquiry(sealing_certificate=bytes(32)),
    "SK-M11": _inquiry(permit_digest=bytes(32)),
    "SK-M12": _closed,
    "SK-M13": _not_vouched_for,
    "SK-M14": _frozen,
    "SK-M15": _restored,
    "SK-M16": _taken_before_a_restore,
    "SK-X01": _payload((b"<information_inquiry", b"<!DOCTYPE x><information_inquiry")),
    "SK-X02": _payload((b"</information_inquiry>", b"<kind/></information_inquiry>")),
    "SK-X03": _numbered(wrong=True),
    "SK-X04": _numbered(wrong=False),
}
