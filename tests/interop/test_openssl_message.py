# SPDX-License-Identifier: Apache-2.0
"""A whole message without any code of ours, and one of ours without it.

What a station of another make needs is ``openssl cms`` and a few lines of DER: the
header and the content of the envelope come from asn1crypto here, signature and seal
from the commands that ``tests/interop/test_openssl_cms.py`` explains. The same tools
open, verify and read what we send.
"""

import subprocess
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from pki import oids
from pki.profiles import Purpose
from protocols import answers
from protocols.answers import Receipt
from protocols.envelope import Opened, unpack
from protocols.errors import Unreadable
from tests.interop import structures
from tests.interop.structures import EnvelopeContent, MessageHeader
from tests.protocols import network
from tests.protocols.network import (
    NOON,
    NUMBER,
    PAYLOAD,
    PROVIDER,
    REQUESTER,
    SALT,
    World,
)
from tests.tools import need

VERIFY = f"-verify -inform DER -binary -purpose any -attime {int(NOON.timestamp())}"


class Tool:
    """``openssl cms`` with the files that the authority gave to the stations."""

    def __init__(self, openssl: str, world: World, folder: Path) -> None:
        self._openssl = openssl
        self._layout = world.layout
        self._folder = folder

    def sign(self, content: bytes, content_type: str, name: Any = REQUESTER) -> bytes:
        return self._cms(
            "-sign -nodetach -binary -keyid -md sha256 -nosmimecap -nocerts -cades "
            f"-outform DER -econtent_type {content_type}",
            content,
            "-signer",
            self._layout.certificate(name, Purpose.SIGNING),
            "-inkey",
            self._layout.key(name, Purpose.SIGNING),
        )

    def seal(self, plain: bytes, name: Any = PROVIDER) -> bytes:
        return self._cms(
            "-encrypt -binary -aes-256-gcm -keyid -outform DER",
            plain,
            "-recip",
            self._layout.certificate(name, Purpose.SEALING),
            "-keyopt",
            "ecdh_kdf_md:sha256",
        )

    def open(self, envelope: bytes, name: Any = PROVIDER) -> bytes:
        return self._cms(
            "-decrypt -inform DER -binary",
            envelope,
            "-recip",
            self._layout.certificate(name, Purpose.SEALING),
            "-inkey",
            self._layout.key(name, Purpose.SEALING),
        )

    def verify(
        self, signed: bytes, name: Any, purpose: Purpose = Purpose.SIGNING
    ) -> bytes:
        return self._cms(
            VERIFY,
            signed,
            "-CAfile",
            self._layout.chain,
            "-certfile",
            self._layout.certificate(name, purpose),
        )

    def _cms(self, options: str, data: bytes, *more: object) -> bytes:
        """What the command writes; the test fails if the command does."""
        self._folder.joinpath("in").write_bytes(data)
        out = self._folder.joinpath("out")
        out.unlink(missing_ok=True)
        command = [self._openssl, "cms", *options.split(), "-in", "in", "-out", "out"]
        done = subprocess.run(
            [*command, *map(str, more)],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return out.read_bytes()


@pytest.fixture
def tool(world: World, tmp_path: Path) -> Tool:
    return Tool(need("openssl"), world, tmp_path)


def header(world: World, **changes: object) -> bytes:
    """A header by asn1crypto alone."""
    certificate = world.layout.certificate(PROVIDER, Purpose.SEALING)
    digest = sha256(_der(certificate)).digest()
    fields: dict[str, object] = {
        "version": 1,
        "message_id": b"theirs number 1.",
        "message_type": "provision_lapse",
        "sender": "Q00001/intermediate_server",
        "receiver": "102024/intermediate_server",
        "processing_number": NUMBER,
        "created": NOON,
        "expires": NOON + timedelta(hours=1),
        "permit_digest": bytes(32),
        "sealing_certificate_digest": digest,
        "content_digest": sha256(SALT + PAYLOAD).digest(),
    }
    return bytes(MessageHeader({**fields, **changes}).dump())


def _der(certificate: Path) -> bytes:
    """A PEM file's DER, without a library."""
    done = subprocess.run(
        [need("openssl"), "x509", "-in", str(certificate), "-outform", "DER"],
        capture_output=True,
        check=True,
    )
    return done.stdout


def content(signed_header: bytes, payload: bytes = PAYLOAD) -> bytes:
    """What is sealed, by asn1crypto alone."""
    parts = {"signed_header": signed_header, "salt": SALT, "payload": payload}
    return bytes(EnvelopeContent(parts).dump())


def opened(world: World, envelope: bytes) -> Opened:
    return unpack(envelope, world.provider.opener, world.directory, NOON)


# --- theirs, read by us ---------------------------------------------------------------


def test_a_message_that_openssl_signs_and_seals_is_accepted(
    world: World, tool: Tool
) -> None:
    signed = tool.sign(header(world), oids.ID_CT_HEADER)
    out = opened(world, tool.seal(content(signed)))
    assert out.payload == PAYLOAD
    assert out.signed_header == signed
    assert out.signer.station == REQUESTER
    assert out.header.message_type == "provision_lapse"
    assert out.header.sender == REQUESTER
    assert out.header.receiver == PROVIDER
    assert out.header.processing_number == NUMBER
    assert out.header.permit_digest == bytes(32)
    assert out.header.in_reply_to is None
    assert out.header.sealing_certificate == world.provider.recipient.digest
    assert (out.header.created, out.header.expires) == (
        NOON,
        NOON + timedelta(hours=1),
    )


def test_a_payload_of_many_bytes_that_openssl_seals_is_accepted(
    world: World, tool: Tool
) -> None:
    payload = bytes(range(256)) * 400 + b"\r\n\n\r\x1a."
    bound = header(world, content_digest=sha256(SALT + payload).digest())
    signed = tool.sign(bound, oids.ID_CT_HEADER)
    assert opened(world, tool.seal(content(signed, payload))).payload == payload


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param({"content_type": oids.ID_CT_RECEIPT}, "SK-U01", id="a receipt"),
        pytest.param({"receiver": REQUESTER}, "SK-U02", id="sealed for another"),
        pytest.param({"header": {"version": 2}}, "SK-U06", id="the next version"),
        pytest.param({"payload": b"<other/>"}, "SK-U07", id="another payload"),
    ],
)
def test_a_message_of_openssl_with_one_fault_is_refused_for_that_fault(
    world: World, tool: Tool, spoil: dict[str, Any], code: str
) -> None:
    signed = tool.sign(
        header(world, **spoil.get("header", {})),
        spoil.get("content_type", oids.ID_CT_HEADER),
    )
    inside = content(signed, spoil.get("payload", PAYLOAD))
    envelope = tool.seal(inside, spoil.get("receiver", PROVIDER))
    with pytest.raises(Unreadable) as no:
        opened(world, envelope)
    assert no.value.code == code


def test_a_receipt_that_openssl_signs_is_an_answer(world: World, tool: Tool) -> None:
    sent = network.message(world.requester, world.provider)
    value = structures.Receipt(
        {
            "version": 1,
            "message_id": sent.header.message_id,
            "header_digest": sha256(sent.signed_header).digest(),
            "receiver": "102024/intermediate_server",
            "at": NOON,
            "record_commitment": SALT,
        }
    )
    answer = answers.read(
        tool.sign(value.dump(), oids.ID_CT_RECEIPT, PROVIDER),
        network.offered(sent, world.provider),
        world.requester.opener,
        world.directory,
        NOON,
    )
    assert answer == Receipt(
        sent.header.message_id, sent.header_digest, PROVIDER, NOON, SALT
    )


# --- ours, read by them ---------------------------------------------------------------


def test_openssl_opens_and_verifies_a_message_of_ours(world: World, tool: Tool) -> None:
    sent = network.message(world.requester, world.provider)
    inside = EnvelopeContent.load(tool.open(sent.envelope), strict=True)
    salt, payload = inside["salt"].native, inside["payload"].native
    assert payload == PAYLOAD
    signed = inside["signed_header"].native
    found = MessageHeader.load(tool.verify(signed, REQUESTER), strict=True)
    assert found["sender"].native == "Q00001/intermediate_server"
    assert found["receiver"].native == "102024/intermediate_server"
    assert found["content_digest"].native == sha256(salt + payload).digest()


def test_openssl_does_not_take_one_stations_message_for_anothers(
    world: World, tool: Tool
) -> None:
    sent = network.message(world.requester, world.provider)
    with pytest.raises(AssertionError, match="signer certificate not found"):
        tool.verify(sent.signed_header, PROVIDER)


def test_openssl_verifies_answers_permits_and_routes_of_ours(
    world: World, tool: Tool
) -> None:
    sent = network.message(world.requester, world.provider)
    receipt = tool.verify(network.receipt(sent, world.provider), PROVIDER)
    assert structures.Receipt.load(receipt)["header_digest"].native == (
        sha256(sent.signed_header).digest()
    )
    refusal = tool.verify(network.refusal(sent, world.provider), PROVIDER)
    assert structures.Refusal.load(refusal)["request_digest"].native == (
        sha256(sent.envelope).digest()
    )
    permit = tool.verify(network.signed_permit(world), network.CORE, Purpose.PERMIT)
    assert structures.PermitValue.load(permit)["item_no"].native == 9
    route = tool.verify(network.signed_route(world), network.CORE)
    assert structures.RouteValue.load(route)["port"].native == 10_003
