# SPDX-License-Identifier: Apache-2.0
"""What must still hold when an answer leaves, and what people decide about holds.

Between an order and each attempt to answer it, a flag can be raised, a copy can change
and a permit can end. None of it may slip through (invariant 4).
"""

import pytest

from gateway.outcome import Admitted, Held
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.plan import NOTHING, Conflict
from pki.authority import Authority
from pki.layout import Layout
from pki.profiles import Purpose
from pki.serials import RevocationReason
from protocols import envelope, permit, route
from protocols.errors import AnswerInvalid, Refused
from protocols.header import InReplyTo
from protocols.master import Master
from schemas.messages import (
    InformationInquiryAcceptance,
    PermitNotice,
    PermitRenewal,
    read_payload,
    write_payload,
)
from tests.gateway.words import (
    ITEM,
    NUMBER,
    OTHER_NUMBER,
    message,
    opened,
    order,
    outgoing,
    way_of,
)
from tests.gateway.world import (
    COPIES,
    CORE,
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
    World,
    copy_row,
    desk,
    made,
    take_in,
)
from tests.values import replace

LATE = NOON + HOUR
"""After every answer-by, before every release-by."""


@pytest.fixture
def provider(desk_at):
    found = desk_at(PROVIDER)
    take_in(found.path, *COPIES)
    return found


@pytest.fixture
def role(provider):
    return IntermediateServer(provider.station)


@pytest.fixture
def planned(world, provider, role):
    """The plan for an order about a person, made true."""

    def make(person, **changes):
        packed = order(world, person, **changes).message()
        outcome = provider.take(packed, world.identity(CORE))
        assert isinstance(outcome, Admitted | Held)
        plan = role.admit(outcome, packed.envelope)
        provider.do(plan)
        return plan

    return make


@pytest.fixture
def waiting(planned):
    """An answer that waits in the outbox."""
    (draft,) = planned(PLAIN, permit_id=b"permit number 0.").drafts
    return outgoing(draft)


@pytest.fixture
def held(provider, planned):
    """A hold that waits for a person."""
    planned(FLAGGED)
    (hold,) = provider.store.holds("open")
    return hold


def only_lapse(plan):
    (draft,) = plan.drafts
    assert draft.message_type == "provision_lapse"
    return draft


# --- before each attempt --------------------------------------------------------------


def test_while_nothing_changed_an_answer_goes(role, waiting):
    assert role.before_sending(waiting, NOON) is None
    assert role.before_sending(waiting, NOON + 5 * MINUTE) is None


def test_a_flag_raised_since_pulls_the_answer_back_to_a_person(provider, role, waiting):
    take_in(provider.path, copy_row(PLAIN, suppressed=True))
    plan = role.before_sending(waiting, NOON + MINUTE)
    assert plan.drafts == ()
    provider.do(plan)
    (hold,) = provider.store.holds("open")
    assert hold.processing_number == NUMBER
    assert "flagged since" in plan.about.detail


def test_other_content_is_answered_as_it_is_today(provider, role, waiting):
    take_in(provider.path, copy_row(PLAIN, head_name="高崎　次郎"))
    plan = role.before_sending(waiting, NOON + MINUTE)
    (anew,) = plan.drafts
    assert anew.message_type == "information_provision"
    record = read_payload(anew.message_type, anew.payload)
    assert record.resident_record_information.head_name == "高崎　次郎"
    assert anew.guard_version != waiting.guard_version
    assert role.before_sending(outgoing(anew), NOON + MINUTE) is None


def test_an_import_that_changes_nothing_of_it_lets_it_go(provider, role, waiting):
    take_in(provider.path, copy_row(PLAIN))
    take_in(provider.path, copy_row(FLAGGED, head_name="別人"))
    assert role.before_sending(waiting, NOON + MINUTE) is None


def test_a_flag_that_was_raised_and_taken_away_lets_it_go(provider, role, waiting):
    take_in(provider.path, copy_row(PLAIN, suppressed=True))
    take_in(provider.path, copy_row(PLAIN))
    assert role.before_sending(waiting, NOON + MINUTE) is None


def test_after_its_answer_by_an_answer_becomes_a_lapse(role, waiting):
    last = NOON + 5 * MINUTE
    assert role.before_sending(waiting, last) is None
    draft = only_lapse(role.before_sending(waiting, last + SECOND))
    assert (draft.receiver, draft.processing_number) == (REQUESTER, NUMBER)
    assert draft.permit_digest is not None


@pytest.mark.parametrize("how", ["gone", "emptied"])
def test_a_copy_that_no_longer_answers_becomes_a_lapse(provider, role, waiting, how):
    if how == "emptied":
        take_in(provider.path, copy_row(PLAIN, held=False))
    else:
        take_in(provider.path, *COPIES[1:], replace=True)
    only_lapse(role.before_sending(waiting, NOON + MINUTE))


def test_what_was_released_goes_though_the_subject_is_flagged(provider, role, held):
    plan = role.released(held, NOON + MINUTE)
    (draft,) = plan.drafts
    assert role.before_sending(outgoing(draft), NOON + MINUTE) is None


def test_what_was_released_does_not_go_with_other_content(provider, role, held):
    (draft,) = role.released(held, NOON + MINUTE).drafts
    take_in(provider.path, copy_row(FLAGGED, suppressed=True, head_name="高崎　次郎"))
    plan = role.before_sending(outgoing(draft), NOON + MINUTE)
    assert plan.drafts == ()
    provider.do(plan)
    contents = [hold.payload for hold in provider.store.holds("open")]
    assert any("高崎　次郎".encode() in content for content in contents)


def test_not_even_when_the_flag_is_gone_by_then(provider, role, held):
    """A person decided on certain bytes; others are another decision."""
    (draft,) = role.released(held, NOON + MINUTE).drafts
    take_in(provider.path, copy_row(FLAGGED, head_name="高崎　次郎"))
    plan = role.before_sending(outgoing(draft), NOON + MINUTE)
    assert plan.drafts == ()


def test_other_messages_are_not_looked_at_again(role, waiting):
    for kind in ("provision_lapse", "provision_notice", "information_inquiry"):
        assert role.before_sending(replace(waiting, message_type=kind), LATE) is None


@pytest.fixture
def own_world(tmp_path) -> World:
    """A network from which a test may revoke."""
    return made(tmp_path / "authority")


@pytest.mark.parametrize(
    ("name", "purpose"),
    [(CORE, Purpose.PERMIT), (REQUESTER, Purpose.SEALING)],
    ids=["permit issuer", "receiver"],
)
def test_a_revocation_since_lets_nothing_leave(own_world, tmp_path, name, purpose):
    found = desk(own_world, PROVIDER, tmp_path)
    take_in(found.path, *COPIES)
    role = IntermediateServer(found.station)
    packed = order(own_world).message()
    outcome = found.take(packed, own_world.identity(CORE))
    (draft,) = role.admit(outcome, packed.envelope).drafts
    assert role.before_sending(outgoing(draft), NOON) is None

    revoke(own_world.layout, own_world.certificate(name, purpose))
    own_world.trust.reload()
    only_lapse(role.before_sending(outgoing(draft), NOON))
    found.store.close()


def revoke(layout: Layout, certificate):
    authority = Authority.open(layout.directory)
    serial = authority.serial_of(certificate)
    authority.revoke(serial, RevocationReason.KEY_COMPROMISE, NOON)


# --- what people decide ---------------------------------------------------------------


def test_a_release_in_time_sends_exactly_what_was_shown(provider, role, held):
    plan = role.released(held, NOON + MINUTE)
    (draft,) = plan.drafts
    assert draft.message_type == "information_provision"
    assert draft.payload == held.payload
    assert draft.receiver == REQUESTER
    provider.do(plan)
    assert provider.store.hold(held.hold_id).state == "released"
    assert provider.store.hold(held.hold_id).done
    with pytest.raises(Conflict, match="SK-C04"):
        provider.do(plan)


def test_a_release_of_content_that_changed_asks_a_person_anew(provider, role, held):
    take_in(provider.path, copy_row(FLAGGED, suppressed=True, head_name="高崎　次郎"))
    plan = role.released(held, NOON + MINUTE)
    assert plan.drafts == ()
    provider.do(plan)
    assert provider.store.hold(held.hold_id).state == "withdrawn"
    (anew,) = provider.store.holds("open")
    assert anew.hold_id != held.hold_id
    assert "高崎　次郎".encode() in anew.payload
    assert anew.processing_number == held.processing_number


def test_a_release_after_answer_by_first_asks_for_a_renewal(provider, role, held):
    plan = role.released(held, LATE)
    (draft,) = plan.drafts
    assert (draft.message_type, draft.receiver) == ("permit_renewal_request", CORE)
    assert draft.processing_number == NUMBER
    assert draft.permit_digest == envelope.digest(held.permit)
    assert plan.effects == ()
    assert not provider.store.hold(held.hold_id).done


def test_a_release_after_release_by_is_a_lapse(provider, role, held):
    plan = role.released(held, held.release_by + SECOND)
    only_lapse(plan)
    provider.do(plan)
    assert provider.store.hold(held.hold_id).state == "lapsed"


@pytest.mark.parametrize("how", ["refused", "lapsed"])
def test_a_refusal_and_a_lapse_tell_the_requester_the_same(
    provider, role, planned, held, how
):
    plan = getattr(role, how)(held, NOON + MINUTE)
    draft = only_lapse(plan)
    value = read_payload("provision_lapse", draft.payload)
    assert value.item_no == ITEM
    provider.do(plan)
    assert provider.store.hold(held.hold_id).state == how


def test_every_lapse_has_the_same_bytes(role, held, waiting):
    late = role.before_sending(waiting, LATE)
    lapses = [role.refused(held, NOON), role.lapsed(held, NOON), late]
    assert len({only_lapse(plan).payload for plan in lapses}) == 1


# --- a renewal ------------------------------------------------------------------------


@pytest.fixture
def asked_for(role, held):
    """The renewal request as it waits in the outbox."""
    (draft,) = role.released(held, LATE).drafts
    return outgoing(draft)


@pytest.fixture
def renewal(world, held):
    """The core's sealed reply to the renewal request; its permit may be wrong."""

    def make(*, signer=None, way=None, told=None, **changes):
        way = way or way_of(world, not_before=LATE, not_after=LATE + DAY)
        signed_way = route.issue(way, world.signer(CORE), LATE)
        renewed = replace(
            permit.recall(held.permit),
            permit_id=b"permit number 2.",
            route_digest=route.digest(signed_way),
            issued=LATE,
            answer_by=LATE + 5 * MINUTE,
        )
        by = signer or world.signer(CORE, Purpose.PERMIT)
        signed = permit.issue(replace(renewed, **changes), by, LATE)
        value = PermitRenewal(permit=signed, route=told or signed_way)
        return reply(world, "permit_renewal", value)

    return make


def reply(world, kind, value):
    packed = message(
        world,
        CORE,
        PROVIDER,
        kind,
        write_payload(value),
        at=LATE,
        processing_number=NUMBER,
        in_reply_to=InReplyTo(b"message number 9", bytes(32)),
    )
    return opened(world, packed, LATE)


def test_a_renewal_sends_what_was_released_under_the_new_permit(
    provider, role, held, asked_for, renewal
):
    plan = role.replied(asked_for, renewal(), LATE)
    (draft,) = plan.drafts
    assert draft.payload == held.payload
    assert draft.permit_digest != envelope.digest(held.permit)
    provider.do(plan)
    assert provider.store.hold(held.hold_id).done
    assert provider.station.permit_used(b"permit number 2.")
    assert role.before_sending(outgoing(draft), LATE) is None
    only_lapse(role.before_sending(outgoing(draft), LATE + 5 * MINUTE + SECOND))


def test_what_was_released_goes_in_the_layouts_in_which_it_was_shown(
    provider, role, held, asked_for, renewal, monkeypatch
):
    """New ones came into force before its permit was renewed."""
    new_since = LATE - SECOND
    monkeypatch.setattr(Master, "layout", lambda _, at: "1" if at < new_since else "2")
    (draft,) = role.replied(asked_for, renewal(), LATE).drafts
    assert (draft.message_type, draft.payload) == (
        "information_provision",
        held.payload,
    )


def test_a_renewed_permit_is_used_once_too(provider, role, asked_for, renewal):
    plan = role.replied(asked_for, renewal(), LATE)
    provider.do(plan)
    with pytest.raises(Conflict):
        provider.do(plan)


@pytest.mark.parametrize(
    "change",
    [
        {"requester": OTHER},
        {"provider": REQUESTER},
        {"item_no": ITEM + 2},
        {"kinds": ("local_tax_information",)},
        {"processing_number": OTHER_NUMBER},
        {"subject_commitment": bytes(32)},
        {"request_digest": bytes(32)},
        {"sealing_certificate": bytes(32)},
        {"release_by": NOON + 30 * DAY},
        {"permit_id": b"permit number 1."},
        {"route_digest": bytes(32)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_renewal_that_permits_something_else_has_no_effect(
    role, asked_for, renewal, change
):
    with pytest.raises(AnswerInvalid, match="SK-T04"):
        role.replied(asked_for, renewal(**change), LATE)


def test_a_renewal_not_signed_with_the_permit_key_has_no_effect(
    world, role, asked_for, renewal
):
    for signer in (world.signer(CORE), world.signer(OTHER)):
        with pytest.raises(Refused):
            role.replied(asked_for, renewal(signer=signer), LATE)


def test_a_renewal_whose_route_leads_to_another_has_no_effect(
    world, role, asked_for, renewal
):
    away = way_of(world, requester=OTHER, not_before=LATE, not_after=LATE + DAY)
    with pytest.raises(AnswerInvalid):
        role.replied(asked_for, renewal(way=away), LATE)


def test_content_that_changed_during_the_renewal_goes_back_to_a_person(
    provider, role, held, asked_for, renewal
):
    take_in(provider.path, copy_row(FLAGGED, suppressed=True, head_name="高崎　次郎"))
    plan = role.replied(asked_for, renewal(), LATE)
    assert plan.drafts == ()
    provider.do(plan)
    assert provider.store.hold(held.hold_id).state == "withdrawn"
    assert len(provider.store.holds("open")) == 1


def test_a_renewal_of_a_hold_that_nobody_knows_does_nothing(role, asked_for, renewal):
    strange = replace(asked_for, context=b"another hold")
    assert role.replied(strange, renewal(), LATE) == NOTHING


# --- answers and failures -------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("information_provision", "provided"), ("provision_lapse", "lapsed")],
)
def test_once_the_requester_has_it_the_core_is_to_be_told(
    provider, role, waiting, kind, outcome
):
    provider.do(role.receipted(replace(waiting, message_type=kind), NOON))
    (notice,) = provider.store.notices(10)
    assert (notice.processing_number, notice.outcome) == (NUMBER, outcome)
    assert notice.at == NOON


@pytest.mark.parametrize("kind", ["information_provision", "provision_lapse"])
def test_an_answer_that_never_arrived_is_told_as_refused(provider, role, waiting, kind):
    provider.do(role.failed(replace(waiting, message_type=kind), "SK-T03", NOON))
    (notice,) = provider.store.notices(10)
    assert notice.outcome == "refused"


def test_receipts_of_other_messages_are_told_to_nobody(provider, role, waiting):
    for kind in ("provision_notice", "information_inquiry"):
        assert role.receipted(replace(waiting, message_type=kind), NOON) == NOTHING
    for kind in ("provision_notice", "permit_renewal_request"):
        assert role.failed(replace(waiting, message_type=kind), "SK-T03", NOON) == (
            NOTHING
        )
    numberless = replace(waiting, processing_number=None)
    assert role.failed(numberless, "SK-T03", NOON) == NOTHING


def test_an_acceptance_announces_the_permit_of_an_inquiry(world, role, waiting):
    value = InformationInquiryAcceptance(
        permit_digest=bytes(range(32)), answer_by=LATE, release_by=LATE + DAY
    )
    asked = replace(waiting, message_type="information_inquiry")
    answer = reply(world, "information_inquiry_acceptance", value)
    assert role.replied(asked, answer, LATE).about.permit_digest == bytes(range(32))


def test_a_reply_of_another_type_has_no_effect(world, role, waiting):
    answer = reply(world, "permit_notice", PermitNotice(bytes(32)))
    with pytest.raises(AnswerInvalid, match="SK-T04"):
        role.replied(waiting, answer, LATE)
