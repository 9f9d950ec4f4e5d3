# SPDX-License-Identifier: Apache-2.0
"""The answers: one fits what was sent and its receiver, or it has no effect."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from pki.oids import ID_CT_RECEIPT, ID_CT_REFUSAL
from pki.profiles import Purpose
from protocols import answers, limits
from protocols.answers import WIRE_CODES, Answer, Offered, Receipt, SignedRefusal
from protocols.envelope import InReplyTo, Opened, Packed
from protocols.errors import AnswerInvalid
from tests.pki import forge, mangle
from tests.pki.forge import Change
from tests.protocols import network
from tests.protocols.network import (
    HOUR,
    NOON,
    PAYLOAD,
    PROVIDER,
    Station,
    World,
    message,
    offered,
    receipt,
    refusal,
    reply,
)
from tests.protocols.values import crypto, receipt_fields, refusal_fields
from tests.values import replace

SECOND = timedelta(seconds=1)


def read(
    world: World,
    data: bytes,
    sent: Offered,
    at: datetime = NOON,
    by: Station | None = None,
) -> Answer:
    """What the requester makes of an answer."""
    by = by or world.requester
    return answers.read(data, sent, by.opener, world.directory, at)


def invalid(world: World, data: bytes, sent: Offered, **how: Any) -> bool:
    """Whether an answer has no effect, said in the one way in which that is said."""
    with pytest.raises(AnswerInvalid) as no:
        read(world, data, sent, **how)
    return no.value.code == "SK-T04"


@pytest.fixture(scope="module")
def sent(world: World, inquiry: Packed) -> Offered:
    """What the requester remembers of its inquiry."""
    return offered(inquiry, world.provider)


@pytest.fixture(scope="module")
def good(world: World, inquiry: Packed) -> dict[str, bytes]:
    """The three answers that fit."""
    return {
        "receipt": receipt(inquiry, world.provider),
        "refusal": refusal(inquiry, world.provider),
        "reply": reply(inquiry, world.requester, world.provider).envelope,
    }


# --- whole ----------------------------------------------------------------------------


@crypto
@given(receipt_fields)
def test_a_receipt_is_read_back_as_it_was_written(
    world: World, inquiry: Packed, sent: Offered, fields: dict[str, Any]
) -> None:
    answer = read(world, receipt(inquiry, world.provider, **fields), sent)
    assert answer == Receipt(
        message_id=inquiry.header.message_id,
        header_digest=inquiry.header_digest,
        receiver=PROVIDER,
        **fields,
    )


@crypto
@given(refusal_fields, st.booleans())
def test_a_refusal_is_read_back_as_it_was_written(
    world: World, inquiry: Packed, sent: Offered, fields: dict[str, Any], readable: bool
) -> None:
    fields["header_digest"] = inquiry.header_digest if readable else None
    answer = read(world, refusal(inquiry, world.provider, **fields), sent)
    assert answer == SignedRefusal(
        request_digest=sent.envelope_digest, receiver=PROVIDER, **fields
    )


def test_a_reply_comes_out_of_its_seal(world: World, inquiry: Packed) -> None:
    replied = reply(inquiry, world.requester, world.provider)
    answer = read(world, replied.envelope, offered(inquiry, world.provider))
    assert isinstance(answer, Opened)
    assert answer.payload == PAYLOAD
    assert answer.header == replied.header
    assert answer.signer.station == PROVIDER


def test_what_is_offered_is_remembered_by_digests(inquiry: Packed) -> None:
    assert answers.offered(b"bytes", PROVIDER, b"h" * 32, b"i" * 16) == Offered(
        # printf bytes | sha256sum
        envelope_digest=bytes.fromhex(
            "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9"
        ),
        message_id=b"i" * 16,
        header_digest=b"h" * 32,
        receiver=PROVIDER,
    )


# --- broken ---------------------------------------------------------------------------


def test_every_cut_of_an_answer_has_no_effect(
    world: World, sent: Offered, good: dict[str, bytes]
) -> None:
    for data in good.values():
        assert all(invalid(world, cut, sent) for cut in mangle.cuts(data))


def test_a_flipped_bit_anywhere_in_an_answer_has_no_effect(
    world: World, sent: Offered, good: dict[str, bytes]
) -> None:
    for data in good.values():
        assert all(invalid(world, bad, sent) for bad in mangle.flips(data))


def test_a_doubled_answer_or_bytes_around_it_have_no_effect(
    world: World, sent: Offered, good: dict[str, bytes]
) -> None:
    for data in good.values():
        assert all(invalid(world, more, sent) for more in mangle.lengthened(data))
    assert invalid(world, good["receipt"] + good["refusal"], sent)


@given(st.binary(max_size=400))
def test_any_bytes_have_no_effect(world: World, sent: Offered, data: bytes) -> None:
    assert invalid(world, data, sent)


@crypto
@given(st.binary(max_size=400))
def test_any_bytes_have_no_effect_though_the_receiver_signs_or_seals_them(
    world: World, sent: Offered, data: bytes
) -> None:
    for kind in (ID_CT_RECEIPT, ID_CT_REFUSAL):
        assert invalid(world, world.provider.signer.sign(data, kind, NOON), sent)
    assert invalid(world, world.requester.recipient.seal(data), sent)


def test_an_answer_over_the_limit_has_no_effect(world: World, sent: Offered) -> None:
    assert invalid(world, bytes(limits.MAX_ANSWER + 1), sent)


# --- to what: reflection --------------------------------------------------------------


def test_an_answer_to_one_message_never_fits_another(
    world: World, sent: Offered, good: dict[str, bytes]
) -> None:
    same_header = message(world.requester, world.provider)
    another = message(world.requester, world.provider, message_id=b"message number 2")
    for other in (same_header, another):
        for data in good.values():
            assert read(world, data, sent)
            assert invalid(world, data, offered(other, world.provider))


def test_an_answer_fits_only_where_every_part_of_what_was_sent_agrees(
    world: World, sent: Offered, good: dict[str, bytes]
) -> None:
    for name, fields in {
        "receipt": ("message_id", "header_digest", "receiver"),
        "refusal": ("envelope_digest", "header_digest", "receiver"),
        "reply": ("message_id", "header_digest", "receiver"),
    }.items():
        for field in fields:
            value = getattr(sent, field)
            other = world.core.name if field == "receiver" else bytes(len(value))
            assert invalid(world, good[name], replace(sent, **{field: other}))


def test_a_refusal_of_unread_bytes_fits_those_bytes_alone(
    world: World, inquiry: Packed, sent: Offered
) -> None:
    blind = refusal(inquiry, world.provider, header_digest=None, code="SK-U00", rule="")
    assert read(world, blind, sent)
    again = replace(sent, envelope_digest=bytes(32))
    assert invalid(world, blind, again)


def test_our_own_message_sent_back_is_no_answer(
    world: World, inquiry: Packed, sent: Offered
) -> None:
    assert invalid(world, inquiry.envelope, sent)
    assert invalid(world, inquiry.signed_header, sent)
    sealed_back = world.requester.recipient.seal(
        world.provider.opener.open(inquiry.envelope)
    )
    assert invalid(world, sealed_back, sent)


def test_a_signed_answer_inside_a_seal_is_no_answer(
    world: World, sent: Offered, good: dict[str, bytes]
) -> None:
    for name in ("receipt", "refusal"):
        assert invalid(world, world.requester.recipient.seal(good[name]), sent)


# --- by whom --------------------------------------------------------------------------


def test_an_answer_of_one_peer_never_passes_as_anothers(
    world: World, inquiry: Packed, sent: Offered
) -> None:
    core = world.core
    as_provider = replace(core, name=PROVIDER)
    for who in (core, as_provider):
        assert invalid(world, receipt(inquiry, who), sent)
        assert invalid(world, refusal(inquiry, who), sent)
        replied = reply(inquiry, world.requester, who)
        assert invalid(world, replied.envelope, sent)


def test_an_answer_that_names_another_receiver_than_its_signer_has_no_effect(
    world: World, inquiry: Packed, sent: Offered
) -> None:
    as_core = replace(world.provider, name=world.core.name)
    assert invalid(world, receipt(inquiry, as_core), sent)
    assert invalid(world, refusal(inquiry, as_core), sent)
    assert invalid(world, reply(inquiry, world.requester, as_core).envelope, sent)


def test_an_answer_of_a_signer_outside_the_master_has_no_effect(
    world: World, stranger: World, inquiry: Packed, sent: Offered
) -> None:
    unlisted = network.certified(world, PROVIDER, Purpose.SIGNING)
    for who in (stranger.provider, replace(world.provider, signer=unlisted)):
        assert invalid(world, receipt(inquiry, who), sent)
        assert invalid(world, refusal(inquiry, who), sent)
        assert invalid(world, reply(inquiry, world.requester, who).envelope, sent)


def test_an_answer_has_no_effect_when_its_signer_is_out_of_time(
    world: World, inquiry: Packed, sent: Offered, good: dict[str, bytes]
) -> None:
    late = NOON + timedelta(days=8)
    for data in (good["receipt"], good["refusal"]):
        assert read(world, data, sent, NOON + timedelta(days=6))
        assert invalid(world, data, sent, at=late)


def test_an_answer_has_no_effect_once_its_signer_is_revoked(
    own_world: World,
    revoke: Callable[[x509.Certificate], None],
    sent: Offered,
    good: dict[str, bytes],
) -> None:
    for data in good.values():
        assert read(own_world, data, sent)
    revoke(own_world.provider.signer.certificate)
    for data in good.values():
        assert invalid(own_world, data, sent)


# --- a receipt or refusal of another form ---------------------------------------------


def _octets(place: int, octets: bytes) -> Change:
    return forge.to(lambda tree: tree[place], octets)


def _content(data: bytes) -> forge.Node:
    """The value that a signed answer is a signature over."""
    return forge.read(forge.read(data).at(1, 0, 2, 1, 0).octets)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_octets(0, b"\0"), id="version 0"),
        pytest.param(_octets(0, b"\2"), id="version 2"),
        pytest.param(_octets(1, bytes(15)), id="a short id"),
        pytest.param(_octets(2, bytes(31)), id="a short header digest"),
        pytest.param(_octets(3, b"102024:intermediate_server"), id="a URI"),
        pytest.param(_octets(4, b"20300101120000.5Z"), id="half a second"),
        pytest.param(_octets(4, b"99991231235959Z"), id="the last year"),
        pytest.param(_octets(5, bytes(20)), id="a SHA-1 of the record"),
        pytest.param(forge.drop(lambda tree: tree, 5), id="no commitment"),
        pytest.param(forge.put(lambda tree: tree, 6, forge.NULL), id="a field more"),
    ],
)
def test_a_receipt_of_another_form_has_no_effect(
    world: World, sent: Offered, good: dict[str, bytes], change: Change
) -> None:
    tree = _content(good["receipt"])
    change(tree)
    signed = world.provider.signer.sign(tree.write(), ID_CT_RECEIPT, NOON)
    assert invalid(world, signed, sent)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_octets(0, b"\0"), id="version 0"),
        pytest.param(_octets(0, b"\2"), id="version 2"),
        pytest.param(_octets(1, bytes(31)), id="a short request digest"),
        pytest.param(_octets(2, b""), id="an empty header digest"),
        pytest.param(_octets(2, bytes(32)), id="another header digest"),
        pytest.param(_octets(3, b""), id="nobody"),
        pytest.param(_octets(4, b"20300101120000.5Z"), id="half a second"),
        pytest.param(_octets(5, b"SK-P99"), id="a code that is not in the table"),
        pytest.param(_octets(5, b"SK-U03"), id="an inner code"),
        pytest.param(_octets(5, b"SK-H01"), id="a code that is never sent"),
        pytest.param(_octets(5, b"SK-L01"), id="a code of the link"),
        pytest.param(_octets(5, b""), id="no code"),
        pytest.param(_octets(5, b"\x1b[2J"), id="a code for a terminal"),
        pytest.param(_octets(7, b"\1"), id="a boolean of BER"),
        pytest.param(_octets(8, bytes(33)), id="a long commitment"),
        pytest.param(forge.drop(lambda tree: tree, 7), id="no retry"),
        pytest.param(forge.put(lambda tree: tree, 9, forge.NULL), id="a field more"),
    ],
)
def test_a_refusal_of_another_form_has_no_effect(
    world: World, sent: Offered, good: dict[str, bytes], change: Change
) -> None:
    tree = _content(good["refusal"])
    change(tree)
    signed = world.provider.signer.sign(tree.write(), ID_CT_REFUSAL, NOON)
    assert invalid(world, signed, sent)


def test_an_answer_changed_nowhere_is_taken_after_it_was_signed_anew(
    world: World, sent: Offered, good: dict[str, bytes]
) -> None:
    for name, kind in (("receipt", ID_CT_RECEIPT), ("refusal", ID_CT_REFUSAL)):
        again = world.provider.signer.sign(_content(good[name]).write(), kind, NOON)
        assert read(world, again, sent) == read(world, good[name], sent)


def test_no_code_that_hides_a_cause_can_be_told(world: World) -> None:
    assert "SK-U00" in WIRE_CODES
    assert {code for code in WIRE_CODES if code.startswith("SK-U")} == {"SK-U00"}
    assert not {code for code in WIRE_CODES if code[3] in "LHT"}


# --- a reply of another form ----------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"in_reply_to": None}, id="to nothing"),
        pytest.param(
            {"in_reply_to": InReplyTo(bytes(16), bytes(32))}, id="to another message"
        ),
        pytest.param({"sender": network.REQUESTER}, id="from ourselves"),
        pytest.param({"sender": network.CORE}, id="from another"),
        pytest.param({"receiver": network.CORE}, id="to another station"),
        pytest.param({"receiver": PROVIDER}, id="to its sender"),
        pytest.param({"sealing_certificate": bytes(32)}, id="under no certificate"),
        pytest.param({"content_digest": bytes(32)}, id="with another payload"),
        pytest.param({"created": NOON + 61 * SECOND}, id="from the future"),
        pytest.param({"expires": NOON - 61 * SECOND}, id="expired"),
        pytest.param({"expires": datetime(9999, 12, 31, tzinfo=UTC)}, id="for ever"),
    ],
)
def test_a_reply_with_another_header_has_no_effect(
    world: World, inquiry: Packed, sent: Offered, changes: dict[str, Any]
) -> None:
    replied = reply(inquiry, world.requester, world.provider, **changes)
    assert invalid(world, replied.envelope, sent)


@pytest.mark.parametrize(
    "changes",
    [
        {"created": NOON + 60 * SECOND},
        {"created": NOON - HOUR, "expires": NOON - 60 * SECOND},
    ],
    ids=["a clock ahead", "a clock behind"],
)
def test_a_reply_is_taken_when_clocks_differ_by_no_more_than_a_minute(
    world: World, inquiry: Packed, sent: Offered, changes: dict[str, Any]
) -> None:
    replied = reply(inquiry, world.requester, world.provider, **changes)
    assert read(world, replied.envelope, sent)


def test_a_reply_for_another_station_is_not_opened(
    world: World, inquiry: Packed, sent: Offered, good: dict[str, bytes]
) -> None:
    assert invalid(world, good["reply"], sent, by=world.core)
    for_the_core = reply(inquiry, world.core, world.provider)
    assert invalid(world, for_the_core.envelope, sent)
    passed_on = world.core.recipient.seal(world.requester.opener.open(good["reply"]))
    assert invalid(world, passed_on, sent, by=world.core)
