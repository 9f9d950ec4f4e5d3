# SPDX-License-Identifier: Apache-2.0
"""The way in: each step's own refusal, the order of the steps, and pure all the way."""

import copy as copying

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake import OPENED, payload_code, take
from gateway.outcome import Admitted, Held, Refused, Repeated, Verdict
from gateway.records.rows import Seen
from gateway.rules.message import MESSAGE_CHECKS
from gateway.rules.permit import ORDER_CHECKS
from pki import der
from pki.sealing import Recipient
from protocols import envelope, limits
from protocols.header import content_digest
from protocols.refusals import refusal
from schemas.messages import read_payload, write_payload
from schemas.xml import XmlRefused
from tests.gateway.words import (
    NUMBER,
    SALT,
    FakeView,
    copy_of,
    inquiry,
    inquiry_message,
    message,
    order,
)
from tests.gateway.world import (
    CORE,
    CS,
    DAY,
    HOUR,
    MINUTE,
    NOON,
    OTHER,
    PLAIN,
    PREFECTURE,
    PROVIDER,
    REQUESTER,
    SECOND,
)
from tests.values import replace

SEQUENCE, OCTETS = 0x30, 0x04


@pytest.fixture(scope="module")
def core(world):
    """A core to which nothing has happened yet; looking changes nothing."""
    return FakeView(world.facts(CORE))


@pytest.fixture(scope="module")
def asked(world):
    """What the core decides about bytes that the requester posts."""

    def ask(offered, view, *, by=REQUESTER, at=NOON):
        return take(offered, world.identity(by), at, view)

    return ask


def refused(outcome, code):
    """The refusal, which is for ``code`` and ends in the one verdict that says no."""
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    passed = [verdict.passed for verdict in outcome.verdicts]
    assert passed == [True] * (len(passed) - 1) + [False]
    return outcome


# --- 1. open and verify ---------------------------------------------------------------


def unreadable(outcome, code):
    """Unreadable: nothing of the message is known, and the peer learns one code."""
    found = refused(outcome, code)
    assert found.opened is None
    assert found.case is None
    assert refusal(code).wire == "SK-U00"
    assert found.verdicts == (Verdict("R-135", "it can be read", False),)


@pytest.mark.parametrize("junk", [b"", b"hello", b"\x30\x80", bytes(100)])
def test_what_is_no_envelope_is_unreadable(asked, core, junk):
    unreadable(asked(junk, core), "SK-U02")


def test_what_is_sealed_for_another_is_unreadable(world, asked, core):
    astray = inquiry_message(world, seal_for=PROVIDER)
    unreadable(asked(astray.envelope, core), "SK-U02")


def test_what_is_sealed_but_is_no_message_is_unreadable(world, asked, core):
    recipient = world.directory.peer(CORE).recipient
    unreadable(asked(recipient.seal(b"\x30\x00"), core), "SK-U01")


def test_an_envelope_beyond_the_limit_is_not_even_opened(asked, core):
    unreadable(asked(bytes(limits.MAX_ENVELOPE + 1), core), "SK-U01")


def test_a_signature_that_does_not_hold_is_unreadable(world, asked, core):
    unreadable(asked(resealed(world, flip_signature), core), "SK-U03")


def test_a_signer_who_is_not_in_the_master_is_unreadable(world, asked):
    known = [world.entry(CORE), world.entry(OTHER)]
    view = FakeView(world.facts(CORE, world.directory_of(*known)))
    packed = inquiry_message(world)
    unreadable(asked(packed.envelope, view), "SK-U04")


def test_a_signer_whose_certificate_is_over_is_unreadable(world, asked, core):
    packed = inquiry_message(world)
    unreadable(asked(packed.envelope, core, at=NOON + 4000 * DAY), "SK-U05")


def test_a_payload_other_than_the_signed_one_is_unreadable(world, asked, core):
    unreadable(asked(resealed(world, other_payload), core), "SK-U07")


def test_a_salt_other_than_the_signed_one_is_unreadable(world, asked, core):
    unreadable(asked(resealed(world, other_salt), core), "SK-U07")


def flip_signature(parts):
    signed = bytearray(parts.signed_header)
    signed[-1] ^= 1
    return replace(parts, signed_header=bytes(signed))


def other_payload(parts):
    return replace(parts, payload=parts.payload + b" ")


def other_salt(parts):
    return replace(parts, salt=bytes(32))


def resealed(world, change):
    """A good inquiry that somebody opened, changed, and sealed again."""
    parts = envelope.unseal(inquiry_message(world).envelope, world.keys(CORE).opener)
    changed = change(parts)
    parts = (changed.signed_header, changed.salt, changed.payload)
    plain = der.tlv(SEQUENCE, *(der.tlv(OCTETS, part) for part in parts))
    recipient: Recipient = world.directory.peer(CORE).recipient
    return recipient.seal(plain)


@pytest.fixture(scope="module")
def good(world):
    """The bytes of one good inquiry."""
    return inquiry_message(world).envelope


places = st.integers(0, 10_000)


@given(places, st.integers(1, 255))
def test_any_byte_changed_makes_it_unreadable(asked, core, good, place, by):
    place %= len(good)
    changed = good[:place] + bytes([good[place] ^ by]) + good[place + 1 :]
    assert asked(changed, core).opened is None


@given(places)
def test_an_envelope_cut_or_lengthened_is_unreadable(asked, core, good, end):
    end %= len(good)
    for offered in (good[:end], good + good[:1], good + good):
        assert asked(offered, core).opened is None


@given(st.binary(max_size=500))
def test_whatever_is_posted_something_is_decided(asked, core, junk):
    assert isinstance(asked(junk, core), Refused)


# --- 2. the message itself ------------------------------------------------------------


def test_whose_it_is_comes_right_after_the_signature(world, asked, core):
    outcome = asked(inquiry_message(world).envelope, core, by=OTHER)
    found = refused(outcome, "SK-M02")
    assert found.opened.header.sender == REQUESTER
    assert [v.check for v in found.verdicts] == [
        OPENED.check,
        "the signer is the sender",
        "the sender is the TLS peer",
    ]


def test_a_message_whose_time_is_over_is_refused_though_it_was_seen(world, asked):
    packed = inquiry_message(world)
    view = FakeView(world.facts(CORE), messages=remembered(packed))
    late = packed.header.expires + limits.MAX_SKEW + SECOND
    refused(asked(packed.envelope, view, at=late), "SK-M06")


# --- 3. seen before -------------------------------------------------------------------


def remembered(packed, answer=b"the answer"):
    key = (str(packed.header.sender), packed.header.message_id)
    return {key: Seen(packed.header_digest, answer)}


def test_the_same_bytes_get_the_same_answer_and_nothing_else(world, asked):
    packed = inquiry_message(world)
    view = FakeView(world.facts(CORE), messages=remembered(packed))
    outcome = asked(packed.envelope, view)
    assert isinstance(outcome, Repeated)
    assert outcome.answer == b"the answer"
    assert outcome.opened.header == packed.header


def test_the_same_message_sealed_anew_is_the_same_message(world, asked):
    """What counts is the signed header; a seal is different every time."""
    packed = inquiry_message(world)
    view = FakeView(world.facts(CORE), messages=remembered(packed))
    again = resealed_as_it_was(world, packed)
    assert again != packed.envelope
    assert isinstance(asked(again, view), Repeated)


def resealed_as_it_was(world, packed):
    opener, recipient = world.keys(CORE).opener, world.directory.peer(CORE).recipient
    return recipient.seal(opener.open(packed.envelope))


def test_another_message_under_the_same_id_is_refused(world, asked):
    first = inquiry_message(world)
    other = inquiry_message(world, expires=NOON + 2 * HOUR)
    view = FakeView(world.facts(CORE), messages=remembered(first))
    found = refused(asked(other.envelope, view), "SK-M09")
    assert found.verdicts[-1].check == "its message id is new"


def test_even_the_same_words_signed_again_are_another_message(world, asked):
    first, again = inquiry_message(world), inquiry_message(world)
    assert first.header == again.header
    view = FakeView(world.facts(CORE), messages=remembered(first))
    refused(asked(again.envelope, view), "SK-M09")


def test_an_id_belongs_to_its_sender(world, asked):
    theirs = inquiry_message(world, sender=OTHER)
    view = FakeView(world.facts(CORE), messages=remembered(theirs))
    assert isinstance(asked(inquiry_message(world).envelope, view), Admitted)


def test_who_is_not_the_sender_does_not_learn_an_answer(world, asked):
    packed = inquiry_message(world)
    view = FakeView(world.facts(CORE), messages=remembered(packed))
    refused(asked(packed.envelope, view, by=OTHER), "SK-M02")


def test_a_replay_is_found_before_its_payload_is_read(world, asked):
    packed = inquiry_message(world)
    broken = message(
        world, REQUESTER, CORE, "information_inquiry", b"<", processing_number=NUMBER
    )
    view = FakeView(world.facts(CORE), messages=remembered(packed))
    refused(asked(broken.envelope, view), "SK-M09")


# --- 4. the payload -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "SK-X01"),
        (b"<", "SK-X01"),
        (b"\xef\xbb\xbf<x/>", "SK-X01"),
        (b"<!DOCTYPE x><x/>", "SK-X01"),
        (b"<x/>", "SK-X02"),
        (b'<permit_notice xmlns="urn:x-sekisho:payload:1"/>', "SK-X02"),
    ],
)
def test_a_payload_is_plain_xml_of_its_type(world, asked, core, payload, code):
    packed = message(
        world, REQUESTER, CORE, "information_inquiry", payload, processing_number=NUMBER
    )
    found = refused(asked(packed.envelope, core), code)
    assert found.verdicts[-1].check == "its payload matches its schema"
    assert found.case is None


def test_a_field_that_the_schema_does_not_know_is_refused(world, asked, core):
    payload = write_payload(inquiry(world))
    more = payload.replace(b"</information_inquiry>", b"<x/></information_inquiry>")
    assert more != payload
    packed = message(
        world, REQUESTER, CORE, "information_inquiry", more, processing_number=NUMBER
    )
    refused(asked(packed.envelope, core), "SK-X02")


def test_a_type_that_no_rule_was_written_for_is_taken_by_nobody(world):
    """A row in the catalogue alone opens nothing."""
    kind = "identity_information_update_notice"
    packed = message(world, CS, PREFECTURE, kind, b"<x/>")
    view = FakeView(world.facts(PREFECTURE))
    outcome = take(packed.envelope, world.identity(CS), NOON, view)
    found = refused(outcome, "SK-M04")
    assert found.verdicts[-1].check == "this station takes its type"


@pytest.mark.parametrize(("data", "code"), [(b"<", "SK-X01"), (b"<x/>", "SK-X02")])
def test_not_readable_and_not_valid_are_two_codes(data, code):
    with pytest.raises(XmlRefused) as caught:
        read_payload("permit_notice", data)
    assert payload_code(caught.value) == code


# --- 5. rules, 6. hold ----------------------------------------------------------------


def test_a_good_inquiry_is_admitted_with_every_verdict(world, asked, core):
    outcome = asked(inquiry_message(world).envelope, core)
    assert isinstance(outcome, Admitted)
    assert outcome.case.value == inquiry(world)
    assert all(verdict.passed for verdict in outcome.verdicts)
    assert outcome.verdicts[0] == OPENED
    assert [v.check for v in outcome.verdicts[1 : len(MESSAGE_CHECKS) + 1]] == [
        check.name for check in MESSAGE_CHECKS
    ]


def test_a_rule_that_says_no_ends_the_way_and_keeps_what_was_found(world):
    made = order(world, item_no=4)
    view = FakeView(world.facts(PROVIDER))
    outcome = take(made.message().envelope, world.identity(CORE), NOON, view)
    found = refused(outcome, "SK-P01")
    assert found.case.permit == made.permit


def taken_order(world, copy):
    made = order(world)
    copies = {} if copy is None else {made.code: copy}
    view = FakeView(world.facts(PROVIDER), copies=copies)
    return take(made.message().envelope, world.identity(CORE), NOON, view)


def test_an_order_about_a_flagged_subject_is_held(world):
    outcome = taken_order(world, copy_of(PLAIN, suppressed=True))
    assert isinstance(outcome, Held)
    assert outcome.case.copy.suppressed
    assert outcome.verdicts[-1] == Verdict(
        "R-130", "a person looks before it is answered", True
    )


@pytest.mark.parametrize("copy", [None, copy_of(PLAIN), copy_of(PLAIN, held=False)])
def test_any_other_order_is_admitted_whoever_it_is_about(world, copy):
    outcome = taken_order(world, copy)
    assert isinstance(outcome, Admitted)
    assert outcome.case.copy is copy
    assert len(outcome.verdicts) == 2 + len(MESSAGE_CHECKS) + len(ORDER_CHECKS)


def test_a_refused_order_is_not_held_even_where_the_subject_is_flagged(world):
    made = order(world)
    flagged = {made.code: copy_of(PLAIN, suppressed=True)}
    view = FakeView(world.facts(PROVIDER), copies=flagged)
    late = made.permit.answer_by + MINUTE
    outcome = take(made.message().envelope, world.identity(CORE), late, view)
    refused(outcome, "SK-C03")


# --- pure -----------------------------------------------------------------------------


def test_looking_changes_nothing_and_the_same_question_gets_the_same_answer(world):
    made = order(world).message().envelope
    view = FakeView(world.facts(PROVIDER))
    before = copying.copy(view)
    first = take(made, world.identity(CORE), NOON, view)
    second = take(made, world.identity(CORE), NOON, view)
    assert (first.verdicts, first.case.value) == (second.verdicts, second.case.value)
    assert view == before


def test_no_outcome_shows_a_payload_or_a_code_when_it_is_printed(world, asked, core):
    made = order(world)
    view = FakeView(world.facts(PROVIDER), copies={made.code: copy_of(PLAIN)})
    outcomes = [
        asked(inquiry_message(world).envelope, core),
        take(made.message().envelope, world.identity(CORE), NOON, view),
        taken_order(world, copy_of(PLAIN, suppressed=True)),
    ]
    for outcome in outcomes:
        shown = repr(outcome)
        assert made.code not in shown
        assert inquiry(world).subject_code not in shown
        assert "高崎" not in shown
        assert SALT.hex() not in shown
    assert content_digest(SALT, b"") != SALT
