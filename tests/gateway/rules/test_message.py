# SPDX-License-Identifier: Apache-2.0
"""Whose message is it, is it meant for here, may this role send it, and is it now?

Each test tells one thing wrongly and expects the code of exactly that.
"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.check import walk
from gateway.rules.message import MESSAGE_CHECKS
from protocols import limits
from protocols.header import InReplyTo
from schemas.catalogue import ROWS, Answer
from tests.gateway.words import (
    NUMBER,
    FakeView,
    case,
    inquiry_message,
    message,
    order,
    provision,
)
from tests.gateway.world import (
    CORE,
    CS,
    DAY,
    HOUR,
    NOON,
    OTHER,
    PREFECTURE,
    PROVIDER,
    REQUESTER,
    SECOND,
    SECOND_PROVIDER,
)


@pytest.fixture(scope="module")
def code(world):
    """The code of the first check that a message fails; empty where none."""

    def ask(packed, *, by=None, at=NOON, station=None):
        view = FakeView(world.facts(station or packed.header.receiver))
        return walk(case(world, packed, view, at=at, by=by), MESSAGE_CHECKS).code

    return ask


def test_a_good_message_passes_every_check(world, code):
    assert code(inquiry_message(world)) == ""
    assert code(order(world).message()) == ""
    assert code(provision(world, bytes(32))) == ""


def test_one_signed_by_another_than_its_sender_is_refused(world, code):
    forged = inquiry_message(world, signer=world.signer(OTHER))
    assert code(forged) == "SK-M01"


def test_one_signed_by_another_role_of_the_same_organisation_is_refused(world, code):
    forged = order(world).message(signer=world.signer(CS))
    assert code(forged) == "SK-M01"


def test_a_good_message_over_anothers_link_is_refused(world, code):
    assert code(inquiry_message(world), by=OTHER) == "SK-M02"


def test_one_over_the_link_of_another_role_of_its_organisation_is_refused(world, code):
    packed = message(
        world, CS, PREFECTURE, "identity_information_update_notice", b"<x/>"
    )
    assert code(packed, by=PROVIDER) == "SK-M02"


def test_one_for_another_station_is_refused_though_it_can_be_opened(world, code):
    astray = inquiry_message(world, receiver=PREFECTURE)
    assert code(astray, station=CORE) == "SK-M03"


def test_one_sealed_for_a_certificate_no_longer_current_may_be_sent_again(world, code):
    assert code(inquiry_message(world, sealing_certificate=bytes(32))) == "SK-M10"


def test_an_unknown_type_is_refused(world, code):
    assert code(inquiry_message(world, message_type="unheard_of")) == "SK-M04"
    assert code(inquiry_message(world, message_type="")) == "SK-M04"


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_role_may_send_only_what_the_catalogue_says(world, code, kind):
    """Every type, from every role to every role: passed only along its own row."""
    row = ROWS[kind]
    permit = bytes(32) if row.needs_permit else None
    for sender in (CORE, PROVIDER, CS, PREFECTURE):
        for receiver in (CORE, SECOND_PROVIDER, CS, PREFECTURE):
            packed = message(
                world, sender, receiver, kind, b"<x/>", permit_digest=permit
            )
            lawful = (
                row.answer is not Answer.NONE
                and (sender.role, receiver.role) in row.outside
            )
            found = code(packed)
            assert found == ("" if lawful else "SK-M05"), f"{sender} to {receiver}"


def test_the_type_of_an_answer_cannot_be_posted(world, code):
    for kind in ("information_inquiry_acceptance", "permit_renewal"):
        assert code(message(world, CORE, PROVIDER, kind, b"<x/>")) == "SK-M05"


def test_a_reply_cannot_be_posted_as_if_it_were_a_message(world, code):
    answered = InReplyTo(b"message number 0", bytes(32))
    assert code(inquiry_message(world, in_reply_to=answered)) == "SK-M05"


def test_a_message_lives_to_its_last_moment_and_the_clocks_may_differ(world, code):
    packed = inquiry_message(world)
    last = packed.header.expires + limits.MAX_SKEW
    assert code(packed, at=last) == ""
    assert code(packed, at=last + SECOND) == "SK-M06"


def test_a_message_may_not_come_from_the_future(world, code):
    first = NOON - limits.MAX_SKEW
    packed = inquiry_message(world)
    assert code(packed, at=first) == ""
    assert code(packed, at=first - SECOND) == "SK-M07"


def test_a_message_lives_a_day_and_no_second_longer(world, code):
    assert code(inquiry_message(world, expires=NOON + DAY)) == ""
    assert code(inquiry_message(world, expires=NOON + DAY + SECOND)) == "SK-M08"


@pytest.mark.parametrize("life", [timedelta(0), -SECOND])
def test_a_message_that_never_lived_is_refused(world, code, life):
    assert code(inquiry_message(world, expires=NOON + life)) == "SK-M08"


def test_a_type_that_needs_a_permit_names_one_and_no_other_type_does(world, code):
    assert code(provision(world, None)) == "SK-M11"
    assert code(inquiry_message(world, permit_digest=bytes(32))) == "SK-M11"


def test_the_first_thing_wrong_is_the_one_that_is_told(world, code):
    """Who it is comes before what it is, and that before when."""
    everything = {
        "signer": world.signer(OTHER),
        "message_type": "unheard_of",
        "expires": NOON - HOUR,
    }
    assert code(inquiry_message(world, **everything), by=OTHER) == "SK-M01"
    del everything["signer"]
    assert code(inquiry_message(world, **everything), by=OTHER) == "SK-M02"
    assert code(inquiry_message(world, **everything)) == "SK-M04"
    del everything["message_type"]
    assert code(inquiry_message(world, **everything)) == "SK-M06"


@given(st.integers(-3 * 86400, 3 * 86400), st.integers(-86400, 2 * 86400))
def test_a_message_passes_exactly_in_its_time(world, code, away, life):
    """``away`` seconds after its making, a message that lives ``life`` seconds."""
    made = NOON + 4 * DAY
    packed = inquiry_message(world, at=made, expires=made + timedelta(seconds=life))
    inside = -60 <= away <= life + 60 and 0 < life <= 86400
    assert (code(packed, at=made + timedelta(seconds=away)) == "") is inside


def test_rules_leave_the_case_as_it_was(world):
    judged = case(world, inquiry_message(world), FakeView(world.facts(CORE)))
    assert walk(judged, MESSAGE_CHECKS).case is judged


def test_the_requester_is_no_different_from_any_other_sender(world, code):
    assert code(inquiry_message(world, sender=OTHER, processing_number=NUMBER)) == ""
    assert REQUESTER != OTHER
