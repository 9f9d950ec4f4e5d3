# SPDX-License-Identifier: Apache-2.0
"""Six kinds of things are signed, and none can ever be shown as another.

A table of readers against content types. In the first test each thing is exactly what
its author signed; in the second it has all that a reader wants, the right signer and
the right content, but the type of another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pki import der, oids
from pki.cms import Signer
from protocols import answers, envelope, master, permit
from protocols.envelope import Packed
from protocols.errors import AnswerInvalid, ProtocolError, Refused, Unreadable
from protocols.master import MasterRefused
from protocols.route import RouteReader
from tests.pki import forge
from tests.protocols import network
from tests.protocols.network import NOON, SALT, World

TYPES = {
    "header": oids.ID_CT_HEADER,
    "permit": oids.ID_CT_PERMIT,
    "route": oids.ID_CT_ROUTE,
    "receipt": oids.ID_CT_RECEIPT,
    "refusal": oids.ID_CT_REFUSAL,
    "master": oids.ID_CT_MASTER,
}
OTHERS = {"data": oids.ID_DATA, "signed data": oids.ID_SIGNED_DATA}

NO: dict[str, tuple[type[Exception], str]] = {
    "header": (Unreadable, "SK-U01"),
    "permit": (Refused, "SK-C06"),
    "route": (Refused, "SK-C13"),
    "receipt": (AnswerInvalid, "SK-T04"),
    "refusal": (AnswerInvalid, "SK-T04"),
    "master": (MasterRefused, ""),
}
"""How each reader refuses what is of another type."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Good things of every kind, their signers, and their readers."""

    signed: dict[str, bytes]
    signers: dict[str, Signer]
    readers: dict[str, Callable[[bytes], Any]]

    def again(self, kind: str, content_type: str) -> bytes:
        """A good thing's content, signed by its own signer as of another type."""
        content = forge.read(self.signed[kind]).at(1, 0, 2, 1, 0).octets
        return self.signers[kind].sign(content, content_type, NOON)

    def refuses(self, kind: str, data: bytes) -> bool:
        error, code = NO[kind]
        with pytest.raises(error) as no:
            self.readers[kind](data)
        return not isinstance(no.value, ProtocolError) or no.value.code == code


@pytest.fixture(scope="module")
def bench(world: World) -> Bench:
    """The provider offers the core a message: so the core signs all but headers."""
    sent = network.message(world.provider, world.core)
    offered = network.offered(sent, world.core)

    def read_answer(data: bytes) -> Any:
        mine = world.provider.opener
        return answers.read(data, offered, mine, world.directory, NOON)

    core = world.core.signer
    return Bench(
        signed={
            "header": network.message(world.core, world.provider).signed_header,
            "permit": network.signed_permit(world),
            "route": network.signed_route(world),
            "receipt": network.receipt(sent, world.core),
            "refusal": network.refusal(sent, world.core),
            "master": master.write(world.master, core, NOON),
        },
        signers={**dict.fromkeys(TYPES, core), "permit": world.permit_signer},
        readers={
            "header": lambda data: envelope.read_signed_header(
                data, world.directory, NOON
            ),
            "permit": lambda data: permit.read(data, world.directory, NOON),
            "route": lambda data: RouteReader(world.directory).read(data, NOON),
            "receipt": read_answer,
            "refusal": read_answer,
            "master": lambda data: master.read(
                data, [core.certificate], world.trust, NOON
            ),
        },
    )


ANSWERS = {"receipt", "refusal"}
"""Both have one reader, which goes by the type."""


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_signed_as_it_should_be_is_read(bench: Bench, kind: str) -> None:
    assert bench.readers[kind](bench.signed[kind])
    again = bench.again(kind, TYPES[kind])
    assert bench.readers[kind](again)


@pytest.mark.parametrize("shown", TYPES)
@pytest.mark.parametrize("kind", TYPES)
def test_one_kind_is_never_read_as_another(bench: Bench, kind: str, shown: str) -> None:
    if kind == shown or {kind, shown} == ANSWERS:
        assert bench.readers[kind](bench.signed[shown])
    else:
        assert bench.refuses(kind, bench.signed[shown])


@pytest.mark.parametrize("content_type", [*TYPES.values(), *OTHERS.values()])
@pytest.mark.parametrize("kind", TYPES)
def test_the_right_content_of_the_right_signer_is_refused_under_another_type(
    bench: Bench, kind: str, content_type: str
) -> None:
    if content_type != TYPES[kind]:
        assert bench.refuses(kind, bench.again(kind, content_type))


@pytest.mark.parametrize("kind", TYPES)
def test_only_a_signed_header_is_the_beginning_of_a_message(
    world: World, bench: Bench, kind: str
) -> None:
    parts = (bench.signed[kind], SALT, network.PAYLOAD)
    octets = (der.tlv(der.OCTET_STRING, part) for part in parts)
    data = world.provider.recipient.seal(der.tlv(der.SEQUENCE, *octets))
    if kind == "header":
        opened = envelope.unpack(data, world.provider.opener, world.directory, NOON)
        assert opened.payload == network.PAYLOAD
    else:
        with pytest.raises(Unreadable) as no:
            envelope.unpack(data, world.provider.opener, world.directory, NOON)
        assert no.value.code == "SK-U01"


def test_an_envelope_is_none_of_them(bench: Bench, inquiry: Packed) -> None:
    assert all(bench.refuses(kind, inquiry.envelope) for kind in TYPES)
    parts = (inquiry.header.encode(), inquiry.signed_header[4:])
    assert all(bench.refuses(kind, part) for kind in TYPES for part in parts)
