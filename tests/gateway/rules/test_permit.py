# SPDX-License-Identifier: Apache-2.0
"""The provider's way of an order: one thing wrong, and nothing is provided.

Every fault is put into an otherwise good order that the core itself signed and sealed,
because only so could it reach a provider at all.
"""

from dataclasses import replace

import pytest

from gateway.rules.check import walk
from gateway.rules.permit import ORDER_CHECKS, is_suppressed, with_copy
from pki.profiles import Purpose
from protocols import route
from schemas.matching_list import ITEMS, KINDS, REQUESTER_KINDS
from tests.gateway.words import (
    ITEM,
    OTHER_NUMBER,
    RECORD,
    FakeView,
    case,
    copy_of,
    inquiry_message,
    order,
    way_of,
)
from tests.gateway.world import (
    CORE,
    CS,
    DAY,
    FLAGGED,
    HOUR,
    MINUTE,
    NOON,
    OTHER,
    PLAIN,
    PROVIDER,
    REQUESTER,
    SECOND,
    SECOND_PROVIDER,
    code_of,
)


@pytest.fixture(scope="module")
def judged(world):
    """What the provider finds out about an order."""

    def ask(made, value=None, *, at=NOON, view=None, **changes):
        view = view or FakeView(world.facts(PROVIDER))
        value = value or made.value()
        packed = made.message(value, **changes)
        return walk(case(world, packed, view, value, at), ORDER_CHECKS)

    return ask


@pytest.fixture(scope="module")
def code(judged):
    """The code of an order's first fault; empty where it may be answered."""

    def ask(made, value=None, **options):
        return judged(made, value, **options).code

    return ask


# --- what passes ----------------------------------------------------------------------


def test_a_good_order_passes_and_its_permit_and_route_are_known(world, judged):
    made = order(world)
    way = judged(made)
    assert way.code == ""
    assert way.case.permit == made.permit
    assert way.case.route == made.route
    assert way.case.permit_bytes
    assert way.case.route_bytes == made.signed_route
    assert len(way.verdicts) == len(ORDER_CHECKS)


@pytest.mark.parametrize("number", ITEMS)
def test_each_item_of_the_list_is_provided_to_its_own_requester(world, code, number):
    entry = replace(
        world.entry(REQUESTER),
        requester_kinds=frozenset({ITEMS[number].requester_kind}),
    )
    view = FakeView(world.facts(PROVIDER, _known(world, entry)))
    assert code(order(world, item_no=number), view=view) == ""


@pytest.mark.parametrize("missing", [{"endpoint": None}, {"sealing": ()}])
def test_nothing_is_provided_to_whom_no_answer_could_reach(world, code, missing):
    entry = replace(world.entry(REQUESTER), **missing)
    view = FakeView(world.facts(PROVIDER, _known(world, entry)))
    assert code(order(world), view=view) == "SK-C07"


@pytest.mark.parametrize("number", ITEMS)
def test_no_item_is_provided_to_all_the_other_requesters(world, code, number):
    others = frozenset(REQUESTER_KINDS) - {ITEMS[number].requester_kind}
    entry = replace(world.entry(REQUESTER), requester_kinds=others)
    view = FakeView(world.facts(PROVIDER, _known(world, entry)))
    assert code(order(world, item_no=number), view=view) == "SK-P03"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_is_refused_by_the_list_or_because_we_do_not_provide_it(
    world, code, kind
):
    expected = "" if kind == RECORD else "SK-P05"
    if kind not in ITEMS[ITEM].kinds:
        expected = "SK-P02"
    assert code(order(world, kinds=(kind,))) == expected


def test_what_may_be_asked_spoils_nothing_but_itself(world, code):
    both = (RECORD, "local_tax_information")
    assert code(order(world, kinds=both)) == "SK-P05"


def _known(world, entry):
    rest = [
        known for known in world.directory.master.stations if known.name != entry.name
    ]
    return world.directory_of(*rest, entry)


# --- the permit -----------------------------------------------------------------------


def test_a_permit_with_one_bit_changed_is_refused(world, code):
    made = order(world)
    signed = bytearray(made.signed_permit())
    signed[-1] ^= 1
    assert code(made, made.value(permit=bytes(signed))) == "SK-C01"


def test_a_permit_with_any_byte_changed_is_refused(world, code):
    """Whatever the place, something says no before the subject is looked at."""
    made = order(world)
    signed = made.signed_permit()
    for place in range(0, len(signed), 37):
        changed = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        assert code(made, made.value(permit=changed)) in {"SK-C01", "SK-C02", "SK-C06"}


def test_a_permit_signed_by_the_cores_signing_key_is_refused(world, code):
    made = order(world)
    signed = made.signed_permit(world.signer(CORE))
    assert code(made, made.value(permit=signed)) == "SK-C02"


def test_a_permit_signed_by_another_station_is_refused(world, code):
    made = order(world)
    signed = made.signed_permit(world.signer(OTHER))
    assert code(made, made.value(permit=signed)) == "SK-C02"


def test_something_else_signed_by_the_permit_key_is_no_permit(world, code):
    made = order(world)
    signer = world.signer(CORE, Purpose.PERMIT)
    way = route.issue(made.route, signer, NOON)
    assert code(made, made.value(permit=way)) == "SK-C06"


@pytest.mark.parametrize("junk", [b"\x30\x00", b"permit"])
def test_what_is_no_permit_at_all_is_refused(world, code, junk):
    made = order(world)
    value = replace(made.value(), permit=junk)
    assert code(made, value) == "SK-C06"


def test_a_permit_for_another_provider_is_refused(world, code):
    assert code(order(world, provider=SECOND_PROVIDER)) == "SK-C05"
    assert code(order(world, provider=CS)) == "SK-C05"


def test_a_permit_of_another_transaction_is_refused(world, code):
    assert code(order(world), processing_number=OTHER_NUMBER) == "SK-C11"
    assert code(order(world), processing_number=None) == "SK-C11"


def test_a_permit_ends_at_its_answer_by_to_the_second(world, code):
    made = order(world)
    assert code(made, at=made.permit.answer_by) == ""
    assert code(made, at=made.permit.answer_by + SECOND) == "SK-C03"


def test_a_permit_from_the_future_is_refused(world, code):
    later = {"issued": NOON + 2 * MINUTE, "answer_by": NOON + HOUR}
    assert code(order(world, **later)) == "SK-C03"
    assert code(order(world, **{**later, "issued": NOON + MINUTE})) == ""


def test_a_permit_is_used_once(world, code):
    made = order(world)
    view = FakeView(world.facts(PROVIDER), used={made.permit.permit_id})
    assert code(made, view=view) == "SK-C04"


def test_another_signature_on_a_used_permit_is_no_new_permit(world, code):
    made = order(world)
    view = FakeView(world.facts(PROVIDER), used={made.permit.permit_id})
    again = made.value(permit=made.signed_permit())
    assert code(made, again, view=view) == "SK-C04"


# --- the route ------------------------------------------------------------------------


def test_a_good_route_that_the_permit_does_not_name_is_refused(world, code):
    made, other = order(world), order(world)
    assert code(made, made.value(route=other.signed_route)) == "SK-C07"


def test_an_order_without_its_route_is_refused(world, code):
    made = order(world)
    assert code(made, made.value(route=b"no route")) == "SK-C07"


def test_a_route_not_signed_by_the_core_is_refused(world, code):
    forged = route.issue(way_of(world), world.signer(OTHER), NOON)
    made = order(world, route_digest=route.digest(forged))
    assert code(made, made.value(route=forged)) == "SK-C13"


def test_an_expired_route_is_refused_even_when_it_was_good_before(world, code):
    made = order(world, way=way_of(world, not_after=NOON + MINUTE))
    view = FakeView(world.facts(PROVIDER))
    assert code(made, view=view) == ""
    assert code(made, view=view, at=NOON + MINUTE + SECOND) == "SK-C13"


@pytest.mark.parametrize(
    "change",
    [
        {"requester": OTHER},
        {"port": 9},
        {"host": "localhost"},
        {"sealing_certificate": bytes(32)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_route_that_leads_elsewhere_than_the_permit_is_refused(world, code, change):
    assert code(order(world, way=way_of(world, **change))) == "SK-C07"


def test_a_permit_for_a_certificate_that_is_not_the_requesters_is_refused(world, code):
    """Permit and route agree on it, but nobody here would seal for it."""
    stranger = world.keys(OTHER).sealing_digest
    made = order(
        world,
        way=way_of(world, sealing_certificate=stranger),
        sealing_certificate=stranger,
    )
    assert code(made) == "SK-C07"


# --- the request and the subject ------------------------------------------------------


def test_a_permit_for_another_request_is_refused(world, code):
    made = order(world)
    other = inquiry_message(world, message_id=b"message number 2")
    value = made.value(requester_header=other.signed_header)
    assert code(made, value) == "SK-C08"


def test_a_request_that_its_requester_did_not_sign_is_refused(world, code):
    forged = inquiry_message(world, signer=world.signer(OTHER))
    made = order(world, request_digest=forged.header_digest)
    value = made.value(requester_header=forged.signed_header)
    assert code(made, value) == "SK-C08"


def test_a_request_that_cannot_be_read_is_refused(world, code):
    made = order(world)
    assert code(made, made.value(requester_header=b"nothing")) == "SK-C08"


def test_a_request_of_another_requester_is_refused(world, code):
    theirs = inquiry_message(world, sender=OTHER)
    made = order(world, request_digest=theirs.header_digest)
    value = made.value(requester_header=theirs.signed_header)
    assert code(made, value) == "SK-C08"


def test_a_permit_for_another_subject_is_refused(world, code):
    made = order(world)
    other = code_of(FLAGGED, PROVIDER.organisation)
    assert code(made, made.value(subject_code=other)) == "SK-C09"
    assert code(made, made.value(subject_salt=bytes(32))) == "SK-C09"


def test_an_item_beside_our_own_list_is_refused_whatever_the_core_signed(world, code):
    assert code(order(world, item_no=4)) == "SK-P01"


def test_nothing_depends_on_whether_a_copy_is_held(world, judged):
    """Same verdicts for somebody unknown, somebody plain, somebody protected."""
    made = order(world)
    seen = set()
    for copies in (
        {},
        {made.code: copy_of(PLAIN)},
        {made.code: copy_of(PLAIN, suppressed=True)},
    ):
        view = FakeView(world.facts(PROVIDER), copies=copies)
        seen.add((judged(made, view=view).code, judged(made, view=view).verdicts))
    assert len(seen) == 1


# --- suppression ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("copy", "expected"),
    [
        (None, False),
        (copy_of(PLAIN), False),
        (copy_of(PLAIN, suppressed=True), True),
        (copy_of(PLAIN, suppressed=True, held=False), False),
    ],
    ids=["nobody", "plain", "flagged", "flagged, but nothing held"],
)
def test_only_a_flag_on_what_is_held_makes_a_person_look(world, copy, expected):
    made = order(world)
    held = {} if copy is None else {copy.linkage_code: copy}
    view = FakeView(world.facts(PROVIDER), copies=held)
    value = made.value()
    found = with_copy(case(world, made.message(value), view, value))
    assert found.copy is copy
    assert is_suppressed(found) is expected


def test_a_permit_lives_to_its_release_by_only_for_releases(world, code):
    made = order(world)
    assert made.permit.release_by > made.permit.answer_by
    assert code(made, at=NOON + DAY) == "SK-C03"
