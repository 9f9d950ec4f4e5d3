# SPDX-License-Identifier: Apache-2.0
"""The way out: a draft gets its header, its signature and its seal, and is not sent."""

from datetime import timedelta

import pytest

from gateway.dispatch import Draft, NoSuchPeer, Writer
from pki.names import StationName
from protocols import limits
from protocols.envelope import unpack
from protocols.header import InReplyTo, new_id
from schemas.catalogue import ROWS
from tests.gateway.words import NUMBER
from tests.gateway.world import (
    BUSINESS,
    CORE,
    DAY,
    HOUR,
    MINUTE,
    NOON,
    PROVIDER,
    REQUESTER,
)

PAYLOAD = "<payload>副本</payload>".encode()


@pytest.fixture(scope="module")
def writer(world):
    return Writer(PROVIDER, world.signer(PROVIDER), world.directory)


def opened(world, packed, by=REQUESTER):
    """The message as its receiver reads it."""
    opener = world.keys(by).opener
    return unpack(packed.envelope, opener, world.directory, NOON)


def test_what_was_drafted_comes_out_at_the_receiver(world, writer):
    draft = Draft(
        "information_provision",
        REQUESTER,
        PAYLOAD,
        processing_number=NUMBER,
        permit_digest=bytes(32),
        in_reply_to=InReplyTo(bytes(16), bytes(32)),
    )
    found = opened(world, writer.write(draft, NOON))
    assert found.payload == PAYLOAD
    assert found.signer.station == found.header.sender == PROVIDER
    assert found.header.receiver == REQUESTER
    assert found.header.processing_number == NUMBER
    assert found.header.permit_digest == bytes(32)
    assert found.header.in_reply_to == draft.in_reply_to
    assert found.header.sealing_certificate == world.keys(REQUESTER).sealing_digest


@pytest.mark.parametrize(
    "kind", sorted(name for name, row in ROWS.items() if row.network != "inside")
)
def test_a_message_lives_as_long_as_its_type_says(writer, kind):
    header = writer.write(Draft(kind, REQUESTER, PAYLOAD), NOON).header
    life = timedelta(seconds=ROWS[kind].lifetime_seconds)
    assert (header.created, header.expires) == (NOON, NOON + life)
    assert life <= limits.MAX_LIFETIME


def test_a_draft_may_ask_for_another_life_but_for_no_longer_one_than_allowed(writer):
    def ends(life):
        draft = Draft("provision_order", REQUESTER, PAYLOAD, lifetime=life)
        return writer.write(draft, NOON).header.expires

    assert ends(5 * MINUTE) == NOON + 5 * MINUTE
    assert ends(30 * HOUR) == NOON + DAY


def test_times_on_the_wire_are_whole_seconds(writer):
    at = NOON + timedelta(milliseconds=987)
    header = writer.write(Draft("provision_order", REQUESTER, PAYLOAD), at).header
    assert header.created == NOON


def test_the_same_draft_twice_is_two_messages(world, writer):
    draft = Draft("provision_notice", CORE, PAYLOAD)
    one, other = writer.write(draft, NOON), writer.write(draft, NOON)
    assert one.header.message_id != other.header.message_id
    assert one.header.content_digest != other.header.content_digest, "salted"
    assert one.envelope != other.envelope


def test_randomness_is_given_from_outside(world):
    asked = []

    def token_bytes(size):
        asked.append(size)
        return bytes(size)

    signer = world.signer(PROVIDER)
    writer = Writer(PROVIDER, signer, world.directory, token_bytes)
    packed = writer.write(Draft("provision_notice", CORE, PAYLOAD), NOON)
    assert packed.header.message_id == new_id(NOON, bytes)
    assert {limits.SALT_SIZE, 10} <= set(asked)


@pytest.mark.parametrize(
    "name", [BUSINESS, StationName("999999", "intermediate_server")]
)
def test_nothing_is_written_for_who_cannot_be_sealed_for(writer, name):
    with pytest.raises(NoSuchPeer, match=name.organisation):
        writer.write(Draft("provision_notice", name, PAYLOAD), NOON)


def test_neither_a_draft_nor_a_message_shows_what_it_says(writer):
    draft = Draft(
        "information_provision", REQUESTER, PAYLOAD, guard_code="0f" * 16, context=b"c"
    )
    shown = repr(draft) + repr(writer.write(draft, NOON))
    assert "副本" not in shown
    assert "0f0f" not in shown
    assert repr(PAYLOAD) not in shown
