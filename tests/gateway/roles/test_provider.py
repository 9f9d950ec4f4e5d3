# SPDX-License-Identifier: Apache-2.0
"""The provider: an answer, a hold or a lapse, and every order is used up at once."""

from datetime import timedelta

import pytest

from gateway.outcome import Admitted, Held
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.plan import Conflict
from gateway.roles.provider import answering, provision_payload
from protocols import envelope
from protocols.master import FIRST_LAYOUT
from schemas.messages import read_payload
from schemas.provision_messages import LAPSE_TEXT
from tests.gateway.words import ITEM, NUMBER, RECORD, copy_of, order
from tests.gateway.world import (
    COPIES,
    CORE,
    DAY,
    EMPTY,
    FLAGGED,
    NOBODY,
    NOON,
    PLAIN,
    PROVIDER,
    REQUESTER,
    code_of,
    take_in,
)


@pytest.fixture
def provider(desk_at):
    made = desk_at(PROVIDER)
    take_in(made.path, *COPIES)
    return made


@pytest.fixture
def planned(world, provider):
    """The outcome and the plan for an order about a person."""
    role = IntermediateServer(provider.station)

    def make(person, desk=provider, role=role, **changes):
        packed = order(world, person, **changes).message()
        outcome = desk.take(packed, world.identity(CORE))
        assert isinstance(outcome, Admitted | Held)
        return outcome, role.admit(outcome, packed.envelope)

    return make


def answer_of(plan):
    (draft,) = plan.drafts
    return draft, read_payload(draft.message_type, draft.payload)


# --- an answer ------------------------------------------------------------------------


def test_an_answer_holds_what_was_asked_and_nothing_else(planned):
    _, plan = planned(PLAIN)
    draft, value = answer_of(plan)
    assert draft.message_type == "information_provision"
    assert value.item_no == ITEM
    assert value.kinds == (RECORD,)
    record = value.resident_record_information
    assert (record.head_of_household, record.head_name, record.relationship) == (
        False,
        "高崎　太郎",
        "妻",
    )


def test_an_answer_goes_to_the_permits_requester_under_its_number(planned):
    _, plan = planned(PLAIN)
    draft, _ = answer_of(plan)
    assert draft.receiver == REQUESTER
    assert draft.processing_number == NUMBER
    assert draft.permit_digest == plan.about.permit_digest


def test_an_answer_remembers_what_must_still_hold_when_it_leaves(planned):
    _, plan = planned(PLAIN)
    draft, _ = answer_of(plan)
    assert draft.guard_code == code_of(PLAIN, PROVIDER.organisation)
    assert draft.guard_version == 1
    assert draft.context


def test_the_record_speaks_of_the_subject_by_a_tag(provider, planned):
    outcome, plan = planned(PLAIN)
    code = outcome.case.value.subject_code
    assert plan.about.person_tag == provider.store.person_tag(code)
    assert code not in plan.about.person_tag
    assert (plan.about.item_no, plan.about.kinds) == (ITEM, (RECORD,))


# --- used up --------------------------------------------------------------------------


@pytest.mark.parametrize("person", [PLAIN, FLAGGED, EMPTY, NOBODY])
def test_every_order_uses_its_permit_up_whoever_it_is_about(provider, planned, person):
    outcome, plan = planned(person)
    provider.do(plan)
    assert provider.station.permit_used(outcome.case.permit.permit_id)
    with pytest.raises(Conflict, match="SK-C04"):
        provider.do(plan)


@pytest.mark.parametrize("person", [FLAGGED, PLAIN])
def test_of_two_orders_at_once_the_second_is_undone_whole(provider, planned, person):
    _, first = planned(person)
    _, second = planned(person)
    provider.do(first)
    before = provider.store.holds()
    with pytest.raises(Conflict, match="SK-C04"):
        provider.do(second)
    assert provider.store.holds() == before


# --- nothing to answer ----------------------------------------------------------------


@pytest.mark.parametrize("person", [EMPTY, NOBODY])
def test_where_nothing_is_held_the_answer_is_a_lapse_like_any_other(planned, person):
    outcome, plan = planned(person)
    draft, value = answer_of(plan)
    assert isinstance(outcome, Admitted)
    assert draft.message_type == "provision_lapse"
    assert (value.item_no, value.text) == (ITEM, LAPSE_TEXT)
    assert (draft.guard_code, draft.context) == (None, b"")
    assert plan.about.code == "SK-H03"


def test_a_lapse_does_not_tell_who_is_unknown_and_who_is_empty(planned):
    _, unknown = planned(NOBODY)
    _, empty = planned(EMPTY)
    assert answer_of(unknown)[0].payload == answer_of(empty)[0].payload


# --- a hold ---------------------------------------------------------------------------


def test_a_flagged_subjects_answer_waits_with_exactly_what_would_be_sent(
    provider, planned
):
    outcome, plan = planned(FLAGGED)
    assert isinstance(outcome, Held)
    assert plan.drafts == ()
    provider.do(plan)
    (hold,) = provider.store.holds("open")
    assert hold.payload == provision_payload(
        outcome.case.permit, outcome.case.copy, FIRST_LAYOUT
    )
    assert hold.payload_digest == envelope.digest(hold.payload)
    assert (hold.requester, hold.item_no) == (str(REQUESTER), ITEM)
    assert hold.processing_number == NUMBER
    assert hold.opened == NOON
    assert hold.answer_by == outcome.case.permit.answer_by
    assert hold.permit == outcome.case.permit_bytes
    assert hold.route == outcome.case.route_bytes


def test_a_hold_ends_with_its_permit_or_sooner(world, planned, desk_at):
    outcome, plan = planned(FLAGGED)
    hold = plan.effects[1].keywords["hold"]
    assert hold.release_by == outcome.case.permit.release_by == NOON + 7 * DAY

    shorter = IntermediateServer(desk_at(CORE, hold_longest=3600.0).station)
    plan = shorter.admit(outcome, b"")
    hold = plan.effects[1].keywords["hold"]
    assert hold.release_by == NOON + timedelta(hours=1)


def test_two_holds_have_two_ids(planned):
    ids = {planned(FLAGGED)[1].effects[1].keywords["hold"].hold_id for _ in range(20)}
    assert len(ids) == 20


# --- what a copy answers --------------------------------------------------------------


@pytest.mark.parametrize(
    ("copy", "kinds", "answers"),
    [
        (None, (RECORD,), False),
        (copy_of(PLAIN), (RECORD,), True),
        (copy_of(PLAIN, held=False), (RECORD,), False),
        (copy_of(PLAIN), (RECORD, "local_tax_information"), False),
    ],
)
def test_a_copy_answers_all_that_is_asked_or_nothing(world, copy, kinds, answers):
    asked = order(world, kinds=kinds).permit
    assert (answering(asked, copy) is copy and copy is not None) is answers
