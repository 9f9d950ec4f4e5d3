# SPDX-License-Identifier: Apache-2.0
"""A small network to talk in: the core and two intermediate servers, made at NOON.

Whatever a test needs of a message stands here once: whole values with fields to be
changed, and the signed or sealed bytes of them.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey as Key

from pki import authority, lint
from pki.cms import Signer
from pki.issuance import Terms, make_certificate
from pki.keystore import load_certificate, load_p256_key
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation, Validity
from pki.profiles import Purpose
from pki.sealing import Opener, Recipient
from pki.trust import TrustStore
from protocols import answers, envelope, limits, master, permit, route
from protocols.answers import Offered, Receipt, SignedRefusal
from protocols.directory import Directory
from protocols.envelope import Packed
from protocols.header import Header, content_digest
from protocols.master import CORE_ROLE, Endpoint, Master, StationEntry
from protocols.permit import Permit
from protocols.route import Route
from tests.pki.network import issuer
from tests.values import replace as changed

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""When everything here is issued; no test ages."""
HOUR = timedelta(hours=1)

CORE = StationName("NWS000", CORE_ROLE)
PROVIDER = StationName("102024", "intermediate_server")
REQUESTER = StationName("Q00001", "intermediate_server")

PAYLOAD = "<payload>副本</payload>".encode()
SALT = bytes(range(32))
NUMBER = bytes(range(16, 32))

PLAN = Plan(
    network=Network(name="Example", test=True),
    validity=Validity(crl_days=7),
    stations=tuple(
        PlannedStation(organisation=name.organisation, role=name.role, name=label)
        for name, label in (
            (CORE, "情報提供ネットワークシステム"),
            (PROVIDER, "高崎市"),
            (REQUESTER, "全国健康保険協会"),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Station:
    """One station's own keys, ready for use."""

    name: StationName
    signer: Signer
    opener: Opener
    recipient: Recipient
    """As its peers seal for it."""


@dataclass(frozen=True, slots=True)
class World:
    """The network as each of its stations knows it."""

    layout: Layout
    trust: TrustStore
    master: Master
    directory: Directory
    core: Station
    provider: Station
    requester: Station
    permit_signer: Signer
    """The core's key that signs permits and nothing else."""


def made(directory: Path) -> World:
    """A new network of the plan, with keys of its own."""
    authority.build(PLAN, directory, NOON)
    return opened(Layout(directory))


def opened(layout: Layout) -> World:
    """The network of an authority's directory; its master goes over the wire once."""
    trust = TrustStore.load(layout.chain, layout.crl)
    core = station(layout, CORE)
    written = master.write(planned_master(layout), core.signer, NOON)
    read = master.read(written, [core.signer.certificate], trust, NOON)
    return World(
        layout=layout,
        trust=trust,
        master=read,
        directory=Directory(read, trust),
        core=core,
        provider=station(layout, PROVIDER),
        requester=station(layout, REQUESTER),
        permit_signer=signer(layout, CORE, Purpose.PERMIT),
    )


def signer(layout: Layout, name: StationName, purpose: Purpose) -> Signer:
    key = load_p256_key(layout.key(name, purpose))
    return Signer(key, load_certificate(layout.certificate(name, purpose)))


def station(layout: Layout, name: StationName) -> Station:
    sealing = load_certificate(layout.certificate(name, Purpose.SEALING))
    key = load_p256_key(layout.key(name, Purpose.SEALING))
    return Station(
        name=name,
        signer=signer(layout, name, Purpose.SIGNING),
        opener=Opener(key, sealing),
        recipient=Recipient(sealing),
    )


def planned_master(layout: Layout) -> Master:
    """The master of all stations, as the core writes it."""
    return Master(1, "Example", NOON, "simulation", tuple(_entries(layout)))


def _entries(layout: Layout) -> list[StationEntry]:
    def one(name: StationName, purpose: Purpose) -> tuple[x509.Certificate, ...]:
        return (load_certificate(layout.certificate(name, purpose)),)

    return [
        StationEntry(
            name=planned.station,
            label=planned.name,
            requester_kinds=frozenset(),
            endpoint=Endpoint("localhost", 10_001 + index),
            signing=one(planned.station, Purpose.SIGNING),
            sealing=one(planned.station, Purpose.SEALING),
            permit=one(CORE, Purpose.PERMIT) if planned.station == CORE else (),
        )
        for index, planned in enumerate(PLAN.stations)
    ]


# --- messages -------------------------------------------------------------------------


def header(sender: Station, receiver: Station, /, **changes: Any) -> Header:
    """A good header of a message with `SALT` and `PAYLOAD`."""
    good = Header(
        message_id=b"message number 1",
        message_type="information_inquiry",
        sender=sender.name,
        receiver=receiver.name,
        created=NOON,
        expires=NOON + HOUR,
        sealing_certificate=receiver.recipient.digest,
        content_digest=content_digest(SALT, PAYLOAD),
        processing_number=NUMBER,
    )
    return changed(good, **changes)


def message(sender: Station, receiver: Station, /, **changes: Any) -> Packed:
    """A good message; ``changes`` are to its header."""
    of = header(sender, receiver, **changes)
    return envelope.pack(of, PAYLOAD, SALT, sender.signer, receiver.recipient, NOON)


def offered(sent: Packed, receiver: Station) -> Offered:
    """What the sender remembers of a message to ``receiver``."""
    return answers.offered(
        sent.envelope, receiver.name, sent.header_digest, sent.header.message_id
    )


# --- answers --------------------------------------------------------------------------


def receipt(sent: Packed, receiver: Station, /, **changes: Any) -> bytes:
    """The receiver's signed receipt."""
    good = Receipt(
        message_id=sent.header.message_id,
        header_digest=sent.header_digest,
        receiver=receiver.name,
        at=NOON,
        record_commitment=bytes(limits.DIGEST_SIZE),
    )
    return answers.write_receipt(changed(good, **changes), receiver.signer)


def refusal(sent: Packed, receiver: Station, /, **changes: Any) -> bytes:
    """The receiver's signed refusal."""
    good = SignedRefusal(
        request_digest=envelope.digest(sent.envelope),
        header_digest=sent.header_digest,
        receiver=receiver.name,
        at=NOON,
        code="SK-P01",
        rule="R-104",
        retry=False,
        record_commitment=bytes(limits.DIGEST_SIZE),
    )
    return answers.write_refusal(changed(good, **changes), receiver.signer)


def reply(
    sent: Packed, sender: Station, receiver: Station, /, **changes: Any
) -> Packed:
    """The receiver's sealed reply to the sender."""
    return message(
        receiver,
        sender,
        **{
            "message_id": b"the reply to it.",
            "in_reply_to": envelope.InReplyTo(
                sent.header.message_id, sent.header_digest
            ),
            **changes,
        },
    )


# --- permits and routes ---------------------------------------------------------------


def permit_of(world: World, **changes: Any) -> Permit:
    """A permit for `message(requester, core)`."""
    good = Permit(
        permit_id=b"permit number 1.",
        processing_number=NUMBER,
        requester=REQUESTER,
        provider=PROVIDER,
        item_no=9,
        kinds=("resident_record_information",),
        subject_commitment=permit.subject_commitment(SALT, "0" * 32),
        request_digest=bytes(limits.DIGEST_SIZE),
        sealing_certificate=world.requester.recipient.digest,
        route_digest=bytes(limits.DIGEST_SIZE),
        issued=NOON,
        answer_by=NOON + HOUR,
        release_by=NOON + 24 * HOUR,
    )
    return changed(good, **changes)


def route_of(world: World, **changes: Any) -> Route:
    """The route to the requester."""
    good = Route(
        route_id=b"route number 1..",
        requester=REQUESTER,
        host="localhost",
        port=10_003,
        sealing_certificate=world.requester.recipient.digest,
        not_before=NOON,
        not_after=NOON + 24 * HOUR,
    )
    return changed(good, **changes)


def signed_permit(world: World, **changes: Any) -> bytes:
    return permit.issue(permit_of(world, **changes), world.permit_signer, NOON)


def signed_route(world: World, **changes: Any) -> bytes:
    return route.issue(route_of(world, **changes), world.core.signer, NOON)


# --- what the authority never would ---------------------------------------------------


def certified(
    world: World, name: StationName, purpose: Purpose, key: Key | None = None
) -> Signer:
    """A certificate outside the master, for a new key or for ``key``.

    Good, but perhaps for a purpose that is not that station's: nothing lints it.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    with patch.object(lint, "must_pass", lambda _: None):
        certificate = make_certificate(
            issuer(world.layout),
            PLAN.network,
            PLAN.find(name),
            purpose,
            key.public_key(),
            Terms(NOON, 100, os.urandom),
        )
    return Signer(key, certificate)


def knowing(world: World, *signers: Signer) -> Directory:
    """The directory of a master that has these signers' certificates too."""
    first, *others = world.master.stations
    more = tuple(each.certificate for each in signers)
    first = changed(first, signing=first.signing + more)
    return Directory(changed(world.master, stations=(first, *others)), world.trust)
