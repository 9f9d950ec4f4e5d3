# SPDX-License-Identifier: Apache-2.0
"""asn1crypto as the judge of our own structures: the same values, the same bytes.

``tests/interop/structures.py`` declares them for it; names, order, tags and options of
the fields are held here against the text of the ASN.1 module itself.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from typing import Any

import pytest
from asn1crypto import cms, core
from hypothesis import given
from hypothesis import strategies as st

from protocols import envelope
from protocols.header import Header
from protocols.permit import Permit
from protocols.route import Route
from tests.interop.structures import (
    EnvelopeContent,
    InReplyTo,
    Kinds,
    MediaManifest,
    MediaPart,
    MediaParts,
    MessageHeader,
    PermitValue,
    Pieces,
    Receipt,
    ReconcileAnswer,
    ReconcileEntries,
    ReconcileEntry,
    ReconcileRequest,
    Refusal,
    RouteValue,
)
from tests.protocols import network
from tests.protocols.network import NOON, SALT, World
from tests.protocols.values import headers, permits, routes

MODULE = resources.files("schemas.asn1").joinpath("sekisho.asn1").read_text()

DECLARED: Mapping[str, type[core.Sequence]] = {
    "MessageHeader": MessageHeader,
    "InReplyTo": InReplyTo,
    "EnvelopeContent": EnvelopeContent,
    "Permit": PermitValue,
    "Route": RouteValue,
    "Receipt": Receipt,
    "Refusal": Refusal,
    "MediaManifest": MediaManifest,
    "MediaPart": MediaPart,
    "ReconcileRequest": ReconcileRequest,
    "ReconcileAnswer": ReconcileAnswer,
    "ReconcileEntry": ReconcileEntry,
}


# --- the module -----------------------------------------------------------------------

TYPES = {
    core.Integer: r"Version|INTEGER( \(\d+\.\.\d+\))?",
    core.OctetString: "Identifier|Digest|Salt|OCTET STRING",
    core.UTF8String: r"Station|UTF8String( \(SIZE \(1\.\.253\)\))?",
    core.GeneralizedTime: "GeneralizedTime",
    core.Boolean: "BOOLEAN",
    InReplyTo: "InReplyTo",
    MediaParts: r"SEQUENCE SIZE \(1\.\.4096\) OF MediaPart",
    Kinds: r"SEQUENCE SIZE \([01]\.\.8\) OF UTF8String",
    Pieces: r"SEQUENCE SIZE \(0\.\.64\) OF OCTET STRING",
    ReconcileEntries: r"SEQUENCE SIZE \(0\.\.200\) OF ReconcileEntry",
}
"""How the module may write what is declared as the class."""


def fields_of(name: str) -> list[tuple[str, str]]:
    """The fields of one structure of the module, as name and type."""
    found = re.search(rf"^{name} ::= SEQUENCE {{\n(.*?)\n}}", MODULE, re.M | re.S)
    assert found is not None
    lines = (re.sub(r"\s*--.*", "", line).strip(" ,") for line in found[1].split("\n"))
    pairs = (line.split(maxsplit=1) for line in lines)
    return [(re.sub("([A-Z])", r"_\1", name).lower(), kind) for name, kind in pairs]


def test_every_structure_of_the_module_is_declared() -> None:
    assert set(re.findall(r"^(\w+) ::= SEQUENCE", MODULE, re.M)) == set(DECLARED)


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_declared_is_what_the_module_says(name: str) -> None:
    declared = DECLARED[name]._fields
    written = fields_of(name)
    assert [field[0] for field in declared] == [field for field, _ in written]
    for (_, kind, *options), (_, text) in zip(declared, written, strict=True):
        tag = f"\\[{options[0]['implicit']}\\] IMPLICIT " if options else ""
        end = " OPTIONAL" if options else ""
        assert re.fullmatch(f"{tag}({TYPES[kind]}){end}", text)


# --- values ---------------------------------------------------------------------------


def read(kind: type[core.Sequence], data: bytes) -> dict[str, Any]:
    """Every value as asn1crypto sees it, and the same bytes written from the values."""
    value = kind.load(data, strict=True)
    assert value.copy().dump(force=True) == data
    native = dict(value.native)
    given_anew = {
        name: None if part is None else dict(part) if name == "in_reply_to" else part
        for name, part in native.items()
    }
    assert kind(given_anew).dump() == data
    return given_anew


def content(data: bytes) -> bytes:
    """What a signed message is a signature over."""
    signed = cms.ContentInfo.load(data, strict=True)["content"]
    return bytes(signed["encap_content_info"]["content"].native)


@given(headers)
def test_asn1crypto_reads_any_header_to_the_same_values(header: Header) -> None:
    reply = header.in_reply_to
    assert read(MessageHeader, header.encode()) == {
        "version": 1,
        "message_id": header.message_id,
        "message_type": header.message_type,
        "sender": str(header.sender),
        "receiver": str(header.receiver),
        "processing_number": header.processing_number,
        "created": header.created,
        "expires": header.expires,
        "in_reply_to": reply
        and {"message_id": reply.message_id, "header_digest": reply.header_digest},
        "permit_digest": header.permit_digest,
        "sealing_certificate_digest": header.sealing_certificate,
        "content_digest": header.content_digest,
    }


@given(permits)
def test_asn1crypto_reads_any_permit_to_the_same_values(permit: Permit) -> None:
    assert read(PermitValue, permit.encode()) == {
        "version": 1,
        "permit_id": permit.permit_id,
        "processing_number": permit.processing_number,
        "requester": str(permit.requester),
        "provider": str(permit.provider),
        "item_no": permit.item_no,
        "kinds": list(permit.kinds),
        "subject_commitment": permit.subject_commitment,
        "request_digest": permit.request_digest,
        "sealing_certificate_digest": permit.sealing_certificate,
        "route_digest": permit.route_digest,
        "issued": permit.issued,
        "answer_by": permit.answer_by,
        "release_by": permit.release_by,
    }


@given(routes)
def test_asn1crypto_reads_any_route_to_the_same_values(route: Route) -> None:
    assert read(RouteValue, route.encode()) == {
        "version": 1,
        "route_id": route.route_id,
        "requester": str(route.requester),
        "host": route.host,
        "port": route.port,
        "sealing_certificate_digest": route.sealing_certificate,
        "not_before": route.not_before,
        "not_after": route.not_after,
    }


def test_asn1crypto_reads_what_is_in_an_envelope_to_the_same_values(
    world: World,
) -> None:
    packed = network.message(world.requester, world.provider)
    plain = world.provider.opener.open(packed.envelope)
    assert read(EnvelopeContent, plain) == {
        "signed_header": packed.signed_header,
        "salt": SALT,
        "payload": network.PAYLOAD,
    }
    assert content(packed.signed_header) == packed.header.encode()


def test_asn1crypto_reads_a_receipt_to_the_same_values(world: World) -> None:
    sent = network.message(world.requester, world.provider)
    data = network.receipt(
        sent, world.provider, at=NOON + timedelta(seconds=1), record_commitment=SALT
    )
    assert read(Receipt, content(data)) == {
        "version": 1,
        "message_id": sent.header.message_id,
        "header_digest": sent.header_digest,
        "receiver": "102024/intermediate_server",
        "at": NOON + timedelta(seconds=1),
        "record_commitment": SALT,
    }


@pytest.mark.parametrize("retry", [True, False])
@pytest.mark.parametrize("readable", [True, False])
def test_asn1crypto_reads_a_refusal_to_the_same_values(
    world: World, retry: bool, readable: bool
) -> None:
    sent = network.message(world.requester, world.provider)
    said = {
        "header_digest": sent.header_digest if readable else None,
        "code": "SK-P01" if readable else "SK-U00",
        "retry": retry,
        "record_commitment": SALT,
    }
    rule = "R-104" if readable else ""
    data = network.refusal(sent, world.provider, rule=rule, **said)
    assert read(Refusal, content(data)) == {
        "version": 1,
        "request_digest": envelope.digest(sent.envelope),
        "receiver": "102024/intermediate_server",
        "at": NOON,
        "rule": rule or None,
        "retry_after": None,
        **said,
    }


# --- what asn1crypto writes, read by us -----------------------------------------------


@given(headers, st.data())
def test_a_header_that_asn1crypto_changes_is_read_to_the_changed_value(
    header: Header, data: st.DataObject
) -> None:
    value = MessageHeader.load(header.encode(), strict=True)
    value["message_type"] = data.draw(st.text())
    value["processing_number"] = data.draw(st.binary(min_size=16, max_size=16))
    found = Header.decode(value.dump(force=True))
    assert found.message_type == value["message_type"].native
    assert found.processing_number == value["processing_number"].native
    assert found.content_digest == header.content_digest
