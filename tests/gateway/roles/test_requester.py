# SPDX-License-Identifier: Apache-2.0
"""The requester: asks the core, waits, and takes each answer once and sealed."""

from os import urandom

import pytest

from gateway.outcome import Admitted
from gateway.roles import requester
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.plan import Conflict
from protocols import limits
from schemas.messages import (
    InformationInquiryRequest,
    InquiryRefusal,
    PermitNotice,
    ProvisionLapse,
    read_payload,
    write_payload,
)
from tests.gateway.words import ITEM, NUMBER, RECORD, message, open_inquiry, provision
from tests.gateway.world import (
    BUSINESS,
    CORE,
    NOON,
    PLAIN,
    PROVIDER,
    REQUESTER,
    SUBJECTS,
    addressee,
    code_of,
    take_in,
)

DIGEST = bytes(range(100, 132))
TAG = "ab" * 16


@pytest.fixture
def asker(desk_at):
    made = desk_at(REQUESTER)
    take_in(made.path, *SUBJECTS)
    return made


@pytest.fixture
def asked(asker):
    """A new inquiry: its number and its plan."""
    request = InformationInquiryRequest(
        item_no=ITEM,
        kinds=(RECORD,),
        addressee_number=addressee(PLAIN),
        provider=PROVIDER.organisation,
    )
    subject = asker.store.copy_by_addressee(addressee(PLAIN))
    digest = asker.station.facts.sealing_digest
    return requester.ask(request, subject, CORE, digest, TAG, BUSINESS, NOON, urandom)


@pytest.fixture
def waiting(asker):
    """An inquiry under `NUMBER` whose permit the core announced."""
    asker.write(lambda tx: tx.open_inquiry(open_inquiry(permit_digests=(DIGEST,))))
    return asker


@pytest.fixture
def planned(world, waiting):
    """The plan for a message of a peer."""
    role = IntermediateServer(waiting.station)

    def make(packed, by):
        outcome = waiting.take(packed, world.identity(by))
        assert isinstance(outcome, Admitted)
        return role.admit(outcome, packed.envelope)

    return make


def from_core(world, kind, value):
    payload = write_payload(value)
    return message(world, CORE, REQUESTER, kind, payload, processing_number=NUMBER)


# --- asking ---------------------------------------------------------------------------


def test_what_is_asked_names_the_subject_by_the_requesters_own_code(world, asked):
    _, plan = asked
    (draft,) = plan.drafts
    value = read_payload("information_inquiry", draft.payload)
    assert draft.receiver == CORE
    assert value.subject_code == code_of(PLAIN, REQUESTER.organisation)
    assert (value.item_no, value.kinds) == (ITEM, (RECORD,))
    assert value.provider == PROVIDER.organisation
    assert value.sealing_certificate_digest == world.keys(REQUESTER).sealing_digest


def test_no_number_of_a_person_leaves_the_organisation(asked):
    _, plan = asked
    assert addressee(PLAIN).encode() not in plan.drafts[0].payload


def test_an_inquiry_is_kept_before_it_leaves(asker, asked):
    number, plan = asked
    asker.do(plan)
    kept = asker.store.inquiry(number)
    assert (kept.state, kept.item_no, kept.kinds) == ("in_progress", ITEM, (RECORD,))
    assert kept.addressee_number == addressee(PLAIN)
    assert kept.asked_by == str(BUSINESS)
    assert plan.drafts[0].processing_number == number
    assert plan.about.person_tag == TAG


def test_every_inquiry_has_its_own_number(asker):
    request = InformationInquiryRequest(
        item_no=ITEM, kinds=(RECORD,), addressee_number="0" * 15, provider="102024"
    )
    subject = asker.store.copy_by_addressee(addressee(PLAIN))
    asked = (request, subject, CORE, bytes(32), TAG, BUSINESS, NOON)
    numbers = {requester.ask(*asked, urandom)[0] for _ in range(50)}
    assert len(numbers) == 50
    assert {len(number) for number in numbers} == {limits.PROCESSING_NUMBER_SIZE}


# --- the core's answer ----------------------------------------------------------------


def test_an_acceptance_announces_its_permit(asker):
    asker.write(lambda tx: tx.open_inquiry(open_inquiry()))
    plan = requester.accepted(NUMBER, DIGEST)
    asker.do(plan)
    assert asker.store.inquiry(NUMBER).permit_digests == (DIGEST,)
    assert plan.about.permit_digest == DIGEST


def test_a_refusal_of_the_core_ends_the_inquiry_with_its_code(asker):
    asker.write(lambda tx: tx.open_inquiry(open_inquiry()))
    asker.do(requester.failed(NUMBER, "SK-P03"))
    kept = asker.store.inquiry(NUMBER)
    assert (kept.state, kept.code) == ("refused", "SK-P03")


def test_a_notice_of_the_core_announces_one_more_permit(world, waiting, planned):
    renewed = bytes(range(32))
    packed = from_core(world, "permit_notice", PermitNotice(renewed))
    plan = planned(packed, CORE)
    waiting.do(plan)
    assert waiting.store.inquiry(NUMBER).permit_digests == (DIGEST, renewed)
    assert plan.about.permit_digest == renewed


def test_an_order_that_its_provider_refused_ends_the_inquiry(world, waiting, planned):
    packed = from_core(world, "inquiry_refusal", InquiryRefusal("SK-P05"))
    plan = planned(packed, CORE)
    waiting.do(plan)
    kept = waiting.store.inquiry(NUMBER)
    assert (kept.state, kept.code) == ("refused", "SK-P05")
    assert plan.about.code == "SK-P05"


# --- the provider's answer ------------------------------------------------------------


def test_an_answer_is_kept_as_it_came_sealed(world, waiting, planned):
    packed = provision(world, DIGEST)
    plan = planned(packed, PROVIDER)
    waiting.do(plan)
    kept = waiting.store.inquiry(NUMBER)
    assert kept.state == "provided"
    assert kept.answer == packed.envelope
    assert "高崎".encode() not in kept.answer
    assert plan.drafts == ()
    assert plan.about.permit_digest == DIGEST


def test_a_lapse_ends_the_inquiry_without_an_answer(world, waiting, planned):
    payload = write_payload(ProvisionLapse(item_no=ITEM))
    packed = message(
        world,
        PROVIDER,
        REQUESTER,
        "provision_lapse",
        payload,
        processing_number=NUMBER,
        permit_digest=DIGEST,
    )
    waiting.do(planned(packed, PROVIDER))
    kept = waiting.store.inquiry(NUMBER)
    assert (kept.state, kept.code, kept.answer) == ("lapsed", "", None)


def test_of_two_answers_at_once_the_first_stands(world, waiting, planned):
    first = planned(provision(world, DIGEST), PROVIDER)
    other = provision(world, DIGEST, message_id=b"message number 2")
    second = planned(other, PROVIDER)
    waiting.do(first)
    with pytest.raises(Conflict, match="SK-C04"):
        waiting.do(second)
    assert waiting.store.inquiry(NUMBER).answer != other.envelope


def test_a_late_refusal_does_not_undo_an_answer(world, waiting, planned):
    packed = provision(world, DIGEST)
    late = planned(from_core(world, "inquiry_refusal", InquiryRefusal("SK-C15")), CORE)
    waiting.do(planned(packed, PROVIDER))
    waiting.do(late)
    assert waiting.store.inquiry(NUMBER).state == "provided"
