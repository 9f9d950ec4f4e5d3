# SPDX-License-Identifier: Apache-2.0
"""The core: one permit for exactly one request, and no look at what is provided."""

from datetime import timedelta

import pytest

from gateway.config import ConfigRefused
from gateway.outcome import Admitted
from gateway.roles.core_role import CoreSystem
from gateway.roles.plan import NOTHING, Conflict
from protocols import envelope, permit, route
from protocols.header import InReplyTo
from protocols.identifiers import Realm, make_resident_record_code
from protocols.master import Endpoint
from protocols.permit import Permit, renews
from protocols.route import RouteReader
from schemas.messages import (
    PermitRenewalRequest,
    ProvisionNotice,
    ProvisionNoticeEntry,
    read_payload,
    write_payload,
)
from schemas.number_messages import PersonalIdentifierCodeIssueRequest
from tests.gateway.words import (
    ITEM,
    NUMBER,
    OTHER_NUMBER,
    RECORD,
    inquiry,
    inquiry_message,
    message,
    outgoing,
)
from tests.gateway.world import (
    CODES,
    CORE,
    DAY,
    HOUR,
    JLIS,
    MINUTE,
    NOON,
    PLAIN,
    PORTS,
    PREFECTURE,
    PROVIDER,
    REQUESTER,
    SECOND,
    code_of,
    copy_row,
    take_in,
)
from tests.values import replace

RECORD_CODE = make_resident_record_code("9876543210", Realm.SIMULATION)
ISSUE = "personal_identifier_code_issue_request"
ASKED = PersonalIdentifierCodeIssueRequest(
    processing_number=NUMBER,
    organisation=PROVIDER.organisation,
    resident_record_code=RECORD_CODE,
)
ANSWER_BY, RELEASE_BY = 240.0, 5 * 86400.0


@pytest.fixture
def core(desk_at):
    return desk_at(CORE, answer_by=ANSWER_BY, release_by=RELEASE_BY)


@pytest.fixture
def role(core):
    return CoreSystem(core.station)


@pytest.fixture
def planned(world, core, role):
    """The plan for a lawful inquiry, and the inquiry."""

    def make(at=NOON, **header):
        packed = inquiry_message(world, at=at, **header)
        outcome = core.take(packed, world.identity(REQUESTER), at)
        assert isinstance(outcome, Admitted)
        return role.admit(outcome, packed.envelope), packed

    return make


def order_of(plan):
    (draft,) = plan.drafts
    assert draft.message_type == "provision_order"
    return draft, read_payload("provision_order", draft.payload)


def permit_of(world, plan, at=NOON):
    return permit.read(order_of(plan)[1].permit, world.directory, at)


# --- an inquiry -----------------------------------------------------------------------


def test_a_permit_says_who_may_have_what_from_whom_and_until_when(world, planned):
    plan, packed = planned()
    made = permit_of(world, plan)
    assert (made.requester, made.provider) == (REQUESTER, PROVIDER)
    assert (made.item_no, made.kinds) == (ITEM, (RECORD,))
    assert made.processing_number == NUMBER
    assert made.request_digest == packed.header_digest
    assert made.sealing_certificate == world.keys(REQUESTER).sealing_digest
    assert made.issued == NOON
    assert made.answer_by == NOON + timedelta(seconds=ANSWER_BY)
    assert made.release_by == NOON + timedelta(seconds=RELEASE_BY)


def test_the_permit_commits_to_the_subject_without_naming_it(world, planned):
    plan, _ = planned()
    _, value = order_of(plan)
    made = permit_of(world, plan)
    code = code_of(PLAIN, PROVIDER.organisation)
    assert value.subject_code == code
    assert permit.is_for_subject(made, value.subject_salt, code)
    assert bytes.fromhex(code) not in value.permit
    assert code.encode() not in value.permit


def test_each_permit_has_its_own_id_and_salt(world, planned):
    first, second = planned()[0], planned()[0]
    one, other = permit_of(world, first), permit_of(world, second)
    assert one.permit_id != other.permit_id
    assert order_of(first)[1].subject_salt != order_of(second)[1].subject_salt
    assert one.subject_commitment != other.subject_commitment


def test_the_order_carries_the_requesters_own_signed_header(planned):
    plan, packed = planned()
    draft, value = order_of(plan)
    assert value.requester_header == packed.signed_header
    assert (draft.receiver, draft.processing_number) == (PROVIDER, NUMBER)
    assert draft.lifetime == timedelta(seconds=ANSWER_BY)


def test_the_provider_of_this_network_would_take_the_order(world, planned, desk_at):
    plan, _ = planned()
    draft, _ = order_of(plan)
    packed = message(
        world,
        CORE,
        PROVIDER,
        "provision_order",
        draft.payload,
        processing_number=NUMBER,
    )
    provider = desk_at(PROVIDER)
    assert isinstance(provider.take(packed, world.identity(CORE)), Admitted)


def test_the_requester_is_told_the_permits_digest_and_no_more(planned):
    plan, packed = planned()
    reply = plan.reply
    told = read_payload(reply.message_type, reply.payload)
    assert reply.message_type == "information_inquiry_acceptance"
    assert reply.receiver == REQUESTER
    assert reply.in_reply_to == InReplyTo(
        packed.header.message_id, packed.header_digest
    )
    assert told.permit_digest == envelope.digest(order_of(plan)[1].permit)
    assert told.status == "in_progress"
    assert told.answer_by == NOON + timedelta(seconds=ANSWER_BY)


def test_the_record_says_what_it_is_about_and_keeps_permit_and_route(planned):
    plan, _ = planned()
    _, value = order_of(plan)
    assert (plan.about.item_no, plan.about.kinds) == (ITEM, (RECORD,))
    assert plan.about.permit_digest == envelope.digest(value.permit)
    assert dict(plan.evidence) == {"permit": value.permit, "route": value.route}
    assert plan.about.person_tag == ""


def test_the_transaction_is_kept_and_its_number_is_taken(core, planned):
    plan, _ = planned()
    core.do(plan)
    kept = core.store.transaction(NUMBER)
    assert (kept.requester, kept.provider) == (str(REQUESTER), str(PROVIDER))
    assert kept.permit_digest == plan.about.permit_digest
    assert kept.outcome == ""
    with pytest.raises(Conflict, match="SK-C11"):
        core.do(plan)


def test_what_the_core_keeps_does_not_name_the_subject(core, planned):
    core.do(planned()[0])
    kept = core.store.transaction(NUMBER)
    code = code_of(PLAIN, PROVIDER.organisation)
    assert code.encode() not in kept.permit
    assert bytes.fromhex(code) not in kept.permit


# --- routes ---------------------------------------------------------------------------


def test_the_route_leads_to_the_requester_as_the_master_knows_it(world, planned):
    plan, _ = planned()
    value = order_of(plan)[1]
    found = RouteReader(world.directory).read(value.route, NOON)
    assert found.requester == REQUESTER
    assert (found.host, found.port) == ("127.0.0.1", PORTS[REQUESTER])
    assert found.sealing_certificate == world.keys(REQUESTER).sealing_digest
    assert (found.not_before, found.not_after) == (NOON, NOON + DAY)
    assert permit_of(world, plan).route_digest == route.digest(value.route)


def test_a_route_serves_half_its_life_and_is_then_made_anew(planned):
    def way(at):
        return order_of(planned(at)[0])[1].route

    first = way(NOON)
    assert way(NOON + 12 * HOUR - SECOND) == first
    renewed = way(NOON + 12 * HOUR)
    assert renewed != first
    assert way(NOON + 13 * HOUR) == renewed


def test_a_route_is_made_anew_when_a_newer_master_leads_elsewhere(world, core, planned):
    def way():
        return order_of(planned()[0])[1].route

    directory = core.station.directory
    first = way()
    before = directory.master
    moved = tuple(
        replace(one, endpoint=Endpoint("127.0.0.1", 4711))
        if one.name == REQUESTER
        else one
        for one in before.stations
    )
    try:
        directory.renew(replace(before, version=2, stations=moved))
        assert RouteReader(directory).read(way(), NOON).port == 4711
    finally:
        directory.renew(before)
    assert way() != first


# --- renewals -------------------------------------------------------------------------


@pytest.fixture
def renewed(world, core, role, planned):
    """The plan for a renewal request at a moment after a kept transaction began."""
    first, _ = planned()
    core.do(first)

    def make(at):
        packed = message(
            world,
            PROVIDER,
            CORE,
            "permit_renewal_request",
            write_payload(PermitRenewalRequest()),
            at=at,
            processing_number=NUMBER,
            permit_digest=first.about.permit_digest,
        )
        outcome = core.take(packed, world.identity(PROVIDER), at)
        assert isinstance(outcome, Admitted)
        return role.admit(outcome, packed.envelope), permit_of(world, first)

    return make


def test_a_renewed_permit_permits_what_the_old_one_did(world, renewed):
    at = NOON + HOUR
    plan, old = renewed(at)
    value = read_payload("permit_renewal", plan.reply.payload)
    new = permit.read(value.permit, world.directory, at)
    assert renews(new, old)
    assert new.answer_by == at + timedelta(seconds=ANSWER_BY)
    assert new.release_by == old.release_by
    assert new.route_digest == route.digest(value.route)
    assert plan.reply.receiver == PROVIDER


def test_no_renewal_lives_longer_than_the_first_permit(world, renewed):
    at = NOON + timedelta(seconds=RELEASE_BY) - MINUTE
    plan, old = renewed(at)
    new = permit.read(
        read_payload("permit_renewal", plan.reply.payload).permit, world.directory, at
    )
    assert new.answer_by == old.release_by


def test_the_requester_is_told_of_the_renewed_permit(core, renewed):
    plan, _ = renewed(NOON + HOUR)
    (notice,) = plan.drafts
    renewal = read_payload("permit_renewal", plan.reply.payload)
    digest = envelope.digest(renewal.permit)
    told = read_payload("permit_notice", notice.payload)
    assert (notice.message_type, notice.receiver) == ("permit_notice", REQUESTER)
    assert told.permit_digest == digest == plan.about.permit_digest
    core.do(plan)
    kept = core.store.transaction(NUMBER)
    assert kept.permit_digest == digest
    assert Permit.decode(kept.permit).permit_id != b""


# --- what comes back ------------------------------------------------------------------


def test_a_notice_ends_its_transactions_and_counts_what_is_strange(
    world, core, role, planned
):
    core.do(planned()[0])
    entries = (
        ProvisionNoticeEntry(OTHER_NUMBER, "provided", NOON),
        ProvisionNoticeEntry(NUMBER, "provided", NOON + MINUTE),
    )
    payload = write_payload(ProvisionNotice(entries=entries))
    packed = message(world, PROVIDER, CORE, "provision_notice", payload)
    outcome = core.take(packed, world.identity(PROVIDER))
    plan = role.admit(outcome, packed.envelope)
    core.do(plan)
    kept = core.store.transaction(NUMBER)
    assert (kept.outcome, kept.outcome_at) == ("provided", NOON + MINUTE)
    assert plan.about.detail == "1 entries of no transaction of ours"
    assert core.store.transaction(OTHER_NUMBER) is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("SK-P05", "SK-P05"),
        ("SK-C03", "SK-C03"),
        ("SK-U00", "SK-C15"),
        ("SK-T03", "SK-C15"),
    ],
)
def test_an_order_that_fails_ends_the_inquiry(core, role, planned, code, told):
    """What the provider may be told of, the requester is; the rest is one code."""
    plan, _ = planned()
    core.do(plan)
    ended = role.failed(outgoing(plan.drafts[0]), code, NOON + MINUTE)
    (refusal,) = ended.drafts
    assert (refusal.message_type, refusal.receiver) == ("inquiry_refusal", REQUESTER)
    assert refusal.processing_number == NUMBER
    assert read_payload("inquiry_refusal", refusal.payload).code == told
    core.do(ended)
    assert core.store.transaction(NUMBER).outcome == "refused"


def test_other_failures_end_nothing(role, planned):
    plan, _ = planned()
    order = outgoing(plan.drafts[0])
    assert role.failed(order, "SK-T03", NOON) == NOTHING  # never opened here
    notice = outgoing(plan.drafts[0], message_type="permit_notice")
    assert role.failed(notice, "SK-T03", NOON) == NOTHING


def test_receipts_mean_nothing_more_to_the_core(role, planned):
    order = outgoing(planned()[0].drafts[0])
    assert role.receipted(order, NOON) == NOTHING
    assert role.replied(order, None, NOON) == NOTHING
    assert role.before_sending(order, NOON) is None


def test_a_station_without_the_cores_keys_is_no_core(desk_at):
    with pytest.raises(ConfigRefused, match=r"permit\.key and code_key"):
        CoreSystem(desk_at(PROVIDER).station)


def test_the_core_holds_no_copies_to_look_into(core, world, planned):
    """It decides the same with a store full of copies: it never reads one."""
    assert core.store.copy_count() == 0
    take_in(core.path, copy_row(PLAIN, suppressed=True))
    plan, _ = planned()
    assert permit_of(world, plan).kinds == inquiry(world).kinds


# --- linkage codes --------------------------------------------------------------------


@pytest.fixture
def issued(world, core, role):
    """What the core decides about a request of J-LIS, and what it plans."""

    def make(value=ASKED, **header):
        packed = message(world, JLIS, CORE, ISSUE, write_payload(value), **header)
        outcome = core.take(packed, world.identity(JLIS))
        if not isinstance(outcome, Admitted):
            return outcome.code
        return role.admit(outcome, packed.envelope)

    return make


def test_a_code_is_owed_to_the_server_of_the_organisation_and_to_nobody_else(issued):
    plan = issued()
    (draft,) = plan.drafts
    assert draft.receiver == PROVIDER
    assert plan.reply is None, "J-LIS gets a receipt"
    value = read_payload("personal_identifier_code_notice", draft.payload)
    assert value.processing_number == NUMBER
    assert value.subject_code == CODES.issue(RECORD_CODE, PROVIDER.organisation)


def test_the_core_keeps_nothing_of_whom_it_made_a_code_for(issued):
    plan = issued()
    (draft,) = plan.drafts
    assert plan.effects == plan.evidence == ()
    assert (draft.processing_number, draft.context, draft.person_tag) == (None, b"", "")


def test_asked_again_it_makes_the_same_code(issued):
    first, again = issued(), issued(message_id=b"message number 2")
    assert first.drafts == again.drafts


def test_another_organisation_gets_another_code_that_the_core_can_translate(issued):
    other = replace(ASKED, organisation=REQUESTER.organisation)
    (draft,) = issued(other).drafts
    value = read_payload("personal_identifier_code_notice", draft.payload)
    (first,) = issued().drafts
    here = read_payload("personal_identifier_code_notice", first.payload).subject_code
    assert value.subject_code != here
    places = PROVIDER.organisation, REQUESTER.organisation
    assert CODES.translate(here, *places) == value.subject_code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"organisation": "999999"}, "SK-J02"),
        ({"organisation": PREFECTURE.organisation}, "SK-J02"),
        ({"resident_record_code": "98765432101"}, "SK-X03"),
    ],
)
def test_a_request_for_nobody_or_for_a_wrong_number_is_refused(issued, changes, code):
    assert issued(replace(ASKED, **changes)) == code


def test_a_request_for_a_server_that_cannot_be_sent_to_is_refused(
    core, issued, monkeypatch
):
    """The master names the server, and no key to seal for."""
    peers = core.station.directory.peers
    monkeypatch.setitem(peers, PROVIDER, replace(peers[PROVIDER], recipient=None))
    assert issued() == "SK-J02"


def test_a_header_that_names_the_processing_number_is_refused(issued):
    assert issued(processing_number=NUMBER) == "SK-C11"
