# SPDX-License-Identifier: Apache-2.0
"""Coming, going, and living together."""

from datetime import timedelta

import pytest

from schemas.systems import CS
from simulators.register import forms
from simulators.register.errors import Rule, WrongSource
from simulators.register.forms import Placement
from simulators.register.inward import Arrival
from simulators.register.owed import MoveInNotice
from simulators.register.reasons import Reason, Removed
from tests.simulators.register.desk import (
    ALICE,
    BOB,
    HOME,
    SURE,
    certificate,
    code,
    newcomer,
    number,
)
from tests.values import replace


def placements(records):
    return tuple(
        Placement(record=one.number, relationship=one.relationship) for one in records
    )


# -- move-in


def test_a_move_in_makes_one_record_for_each_person(desk):
    """R-001: one record per person, in one household."""
    wife = newcomer(2, relationship="妻", furigana="かくう　みつこ")
    family = desk.settled(newcomer(1), wife)
    assert [one.resident_record_code for one in family] == [code(1), code(2)]
    assert len({one.number for one in family}) == 2
    assert {one.reason for one in family} == {Reason.MOVED_IN}
    assert all(one.home == HOME for one in family)


def test_each_move_in_is_told_to_where_the_person_comes_from(desk):
    """R-003: one move-in notice for every finished move-in, without the number."""
    desk.settled(newcomer(1), newcomer(2, relationship="妻"))
    notices = desk.messages("move_in_notice")
    assert [one.resident_record_code for one in notices] == [code(1), code(2)]
    assert {one.municipality for one in notices} == {"102016"}


def test_a_move_in_that_was_only_entered_is_told_to_nobody(desk):
    desk.register.entries.enter(desk.move_in(), ALICE)
    assert desk.register.outbox.sent() == ()


def test_nobody_is_told_of_a_move_in_from_abroad(desk):
    desk.settled(previous_municipality=None, previous_address=None)
    assert desk.messages("move_in_notice") == []
    assert len(desk.messages("identity_information_update")) == 1


def test_who_never_had_a_code_gets_one_of_the_list(desk):
    left = desk.register.pool.left()
    person = newcomer(
        resident_record_code=None, individual_number=None, number_proof=None
    )
    (record,) = desk.settled(person, previous_municipality=None, previous_address=None)
    assert desk.register.pool.left() == left - 1
    assert record.individual_number is None
    assert desk.messages("identity_information_update") == []
    (request,) = desk.messages("individual_number_generation_request")
    assert request.resident_record_code == record.resident_record_code


def test_who_comes_back_gets_a_new_record_and_the_old_one_stays(desk):
    """R-010: a removed record stays, beside the present one."""
    (first,) = desk.settled()
    desk.do(desk.move_out(first))
    desk.pass_days(10)
    (second,) = desk.settled()
    assert second.number != first.number
    assert desk.register.archive.removed(first.number).removal is not None
    assert second.sequence == desk.register.books.record(first.number).sequence + 1


# -- move-out


def test_a_move_out_removes_the_record_and_keeps_it_readable(desk):
    """R-010: the register covers the removed as well."""
    person = desk.single()
    before = len(list(desk.register.books.all()))
    desk.do(desk.move_out(person))
    assert len(list(desk.register.books.all())) == before - 1
    (gone,) = desk.register.books.all(present=False)
    assert gone.number == person.number
    assert gone.removal.by is Removed.MOVED_OUT
    assert gone.name == person.name


def test_a_planned_move_out_takes_effect_on_its_day(desk):
    person = desk.single()
    day = desk.today + timedelta(days=3)
    desk.do(desk.move_out(person, leaving_on=day))
    assert desk.register.books.record(person.number).present
    assert desk.register.departures.settle().removed == 0
    desk.pass_days(3)
    assert desk.register.departures.settle().removed == 1
    gone = desk.register.archive.removed(person.number)
    assert gone.removal.on == day
    assert desk.register.departures.settle().removed == 0
    *_, last = desk.register.archive.of(person.number)
    assert (last.entered_by, last.checked_by) == ("alice", "bob")


def test_the_destination_is_sent_the_certificate_at_once(desk):
    family = desk.family()
    day = desk.today + timedelta(days=3)
    desk.do(desk.move_out(*family, leaving_on=day))
    (sent,) = desk.messages("move_out_certificate_information")
    assert (sent.origin, sent.destination) == ("102024", "102016")
    assert sent.planned == day
    assert [one.individual_number for one in sent.persons] == [
        one.individual_number for one in family
    ]


def test_no_certificate_goes_abroad(desk):
    desk.do(desk.move_out(desk.single(), destination_municipality=None))
    assert desk.messages("move_out_certificate_information") == []
    (update,) = desk.messages("identity_information_update")
    assert update.record.change_reason == Reason.MOVED_ABROAD.value


def test_who_leaves_first_leaves_a_head_behind(desk):
    head, *others = desk.family()
    day = desk.today + timedelta(days=3)
    form = desk.move_out(head, leaving_on=day)
    assert desk.refusal(form) == {Rule.NO_HEAD}
    heir = Placement(record=others[0].number, relationship="世帯主")
    desk.do(replace(form, remaining=(heir,)))
    assert not desk.register.books.record(others[0].number).is_head
    desk.pass_days(3)
    assert desk.register.departures.settle().removed == 1
    assert desk.register.books.record(others[0].number).is_head


def test_a_move_out_that_no_longer_fits_waits_for_a_person(desk):
    """The one who was to be head has died meanwhile."""
    head, *others = next(
        family for place in range(9) if len(family := desk.family(place)) > 2
    )
    heir = Placement(record=others[0].number, relationship="世帯主")
    day = desk.today + timedelta(days=3)
    desk.do(desk.move_out(head, leaving_on=day, remaining=(heir,)))
    desk.do(
        forms.Death(basis=desk.notice(), record=others[0].number, died_on=desk.today)
    )
    desk.pass_days(3)
    settled = desk.register.departures.settle()
    assert (settled.removed, settled.undecided) == (0, 1)
    assert desk.register.books.record(head.number).present
    assert desk.happened("move-out waits for a person") == 1


def test_a_move_out_that_would_leave_two_heads_waits_for_a_person(desk):
    """Another member was made head meanwhile."""
    head, heir, other, *_ = next(
        family for place in range(9) if len(family := desk.family(place)) > 2
    )
    planned = Placement(record=heir.number, relationship="世帯主")
    day = desk.today + timedelta(days=3)
    desk.do(desk.move_out(head, leaving_on=day, remaining=(planned,)))
    desk.do(
        forms.HouseholdChange(
            basis=desk.notice(),
            changed_on=desk.today,
            household=head.household,
            placements=(Placement(record=other.number, relationship="世帯主"),),
            remaining=(Placement(record=head.number, relationship="父"),),
        )
    )
    desk.pass_days(3)
    assert desk.register.departures.settle().undecided == 1
    assert desk.register.books.record(head.number).present
    assert desk.happened("moved out") == 0


def test_a_planned_move_out_can_be_cancelled(desk):
    person = desk.single()
    cancel = forms.MoveOutCancellation(basis=desk.notice(), record=person.number)
    assert desk.refusal(cancel) == {Rule.NOT_LEAVING}
    desk.do(desk.move_out(person, leaving_on=desk.today + timedelta(days=3)))
    desk.do(cancel)
    desk.pass_days(9)
    assert desk.register.departures.settle().removed == 0


def test_whoever_has_arrived_elsewhere_cannot_cancel(desk):
    """Out-of-order moves (S8): a cancellation after the arrival."""
    person = desk.single()
    desk.do(desk.move_out(person, leaving_on=desk.today + timedelta(days=3)))
    notice = arrival(person, desk.today)
    outcome = desk.register.inward.receive_move_in_notice(notice, "102016", CS)
    assert outcome is Arrival.SETTLED
    cancel = forms.MoveOutCancellation(basis=desk.notice(), record=person.number)
    assert desk.refusal(cancel) == {Rule.ARRIVED_ELSEWHERE}


def arrival(person, day):
    return MoveInNotice(
        municipality="102024",
        resident_record_code=person.resident_record_code,
        name=person.name,
        born=person.born,
        previous_address=person.home.text,
        address="群馬県前橋市天川町２番地",
        moved_on=day,
    )


def test_an_arrival_before_the_move_out_waits_for_a_decision(desk):
    """Out-of-order moves (S8): nobody is removed by somebody else's notice alone."""
    person = desk.single()
    notice = arrival(person, desk.today)
    inward = desk.register.inward
    first = inward.receive_move_in_notice(notice, "102016", CS)
    assert first is Arrival.UNANNOUNCED
    assert desk.register.books.record(person.number) == person
    removal = forms.RemoveExOfficio(
        basis=desk.decision(), record=person.number, removed_on=desk.today
    )
    desk.do(removal)
    assert inward.receive_move_in_notice(notice, "102016", CS) is Arrival.SETTLED


def test_an_arrival_of_somebody_unknown_says_so(desk):
    stranger = replace(desk.single(), resident_record_code=code(4))
    outcome = desk.register.inward.receive_move_in_notice(
        arrival(stranger, desk.today), "102016", CS
    )
    assert outcome is Arrival.UNKNOWN


# -- move within


def test_a_whole_household_keeps_its_number_when_it_moves(desk):
    family = desk.family()
    form = forms.MoveWithin(
        basis=desk.notice(),
        moved_on=desk.today,
        home=HOME,
        placements=placements(family),
    )
    desk.do(form)
    moved = desk.register.books.household(family[0].household)
    assert [one.number for one in moved] == [one.number for one in family]
    assert {one.home for one in moved} == {HOME}
    same = ("name", "furigana", "born", "sex", "individual_number", "relationship")
    for before, after in zip(family, moved, strict=True):
        assert all(getattr(before, name) == getattr(after, name) for name in same)


def test_who_moves_out_of_a_household_founds_another(desk):
    head, *others = desk.family()
    form = forms.MoveWithin(
        basis=desk.notice(),
        moved_on=desk.today,
        home=HOME,
        placements=(Placement(record=others[-1].number, relationship="世帯主"),),
    )
    desk.do(form)
    moved = desk.register.books.record(others[-1].number)
    assert moved.household != head.household
    assert moved.is_head


# -- household changes


def test_a_household_is_split_and_joined(desk):
    head, *others = desk.family()
    mover = others[-1]
    desk.do(
        forms.HouseholdChange(
            basis=desk.notice(),
            changed_on=desk.today,
            placements=(Placement(record=mover.number, relationship="世帯主"),),
        )
    )
    split = desk.register.books.record(mover.number)
    assert split.household != head.household
    desk.do(
        forms.HouseholdChange(
            basis=desk.notice(),
            changed_on=desk.today,
            placements=(
                Placement(record=mover.number, relationship=mover.relationship),
            ),
            household=head.household,
        )
    )
    joined = desk.register.books.record(mover.number)
    assert joined.household == head.household


def test_the_head_of_a_household_changes(desk):
    head, other, *_ = desk.family()
    form = forms.HouseholdChange(
        basis=desk.notice(),
        changed_on=desk.today,
        placements=(Placement(record=other.number, relationship="世帯主"),),
        household=head.household,
    )
    assert desk.refusal(form) == {Rule.TWO_HEADS}
    former = Placement(record=head.number, relationship="夫")
    desk.do(replace(form, remaining=(former,)))
    assert desk.register.books.record(other.number).is_head


def test_only_members_of_the_household_remain_in_it(desk):
    head, *_ = desk.family()
    stranger = desk.single()
    form = forms.Death(
        basis=desk.notice(),
        record=head.number,
        died_on=desk.today,
        remaining=(Placement(record=stranger.number, relationship="世帯主"),),
    )
    assert desk.refusal(form) == {Rule.NOT_PRESENT}


# -- special move-in by card


def special(desk, waiting, **changes):
    fields = {
        "basis": desk.notice(),
        "moved_on": desk.today,
        "home": HOME,
        "certificate": waiting,
        "relationships": ("世帯主",),
        "confirmation": SURE,
        "card": "CARD-1",
    }
    return forms.SpecialMoveIn(**{**fields, **changes})


def test_a_special_move_in_takes_its_person_from_the_certificate(desk):
    waiting = desk.register.inward.receive_certificate(certificate(1), CS)
    desk.do(special(desk, waiting))
    record = desk.latest()
    assert record.individual_number == number(1)
    assert record.previous_municipality == "102016"
    assert record.reason is Reason.MOVED_IN_BY_CARD
    assert desk.register.inward.certificate_of(code(1)) is None


@pytest.mark.parametrize("changes", [{"card": ""}, {"card": "C\n1"}, {"holder": 1}])
def test_a_special_move_in_names_the_card_and_its_holder(desk, changes):
    waiting = desk.register.inward.receive_certificate(certificate(1), CS)
    assert desk.refusal(special(desk, waiting, **changes)) == {Rule.FORMAT}


def test_whoever_has_no_number_yet_leaves_without_a_certificate(desk):
    """転出証明書情報 has the number; it says nothing of who has none."""
    desk.do(desk.birth())
    child = desk.latest()
    assert child.individual_number is None
    desk.do(desk.move_out(child, leaving_on=desk.today))
    assert desk.register.books.record(child.number).removal is not None
    assert desk.messages("move_out_certificate_information") == []


def test_notice_update_and_card_are_owed_together_after_the_move_in(desk):
    """R-089, R-090, at the register: none before it is done, one of each after."""
    waiting = desk.register.inward.receive_certificate(certificate(1), CS)
    form = special(desk, waiting)
    kinds = (
        "move_in_notice",
        "identity_information_update",
        "card_management_information_update_request",
    )
    entry = desk.register.entries.enter(form, ALICE)
    assert [len(desk.messages(kind)) for kind in kinds] == [0, 0, 0]
    desk.register.entries.check(entry, BOB, form.basis.reference)
    assert [len(desk.messages(kind)) for kind in kinds] == [1, 1, 1]
    assert desk.register.cards.state("CARD-1") == "in use"


@pytest.mark.parametrize("confirmation", [("", True), ("Q-1", False)])
def test_a_special_move_in_needs_the_identity_confirmed(desk, confirmation):
    """R-086: before the move-in is handled, identity is confirmed with the card."""
    waiting = desk.register.inward.receive_certificate(certificate(1), CS)
    unsure = type(SURE)(*confirmation)
    form = special(desk, waiting, confirmation=unsure)
    assert desk.refusal(form) == {Rule.CONFIRMATION}


def test_a_certificate_comes_by_way_of_the_cs_only(desk):
    """R-085."""
    for way in ("jlis", "prefectural_server", "other_municipal_cs", ""):
        with pytest.raises(WrongSource):
            desk.register.inward.receive_certificate(certificate(1), way)
    assert desk.register.inward.certificate_of(code(1)) is None


@pytest.mark.parametrize(("days", "there"), [(29, True), (30, True), (31, False)])
def test_a_certificate_is_gone_thirty_days_after_the_planned_day(desk, days, there):
    """R-087, at the register: the thirtieth day still counts."""
    waiting = desk.register.inward.receive_certificate(certificate(1), CS)
    desk.pass_days(days)
    assert desk.register.inward.expire().count == int(not there)
    body = desk.register.store.value("SELECT body FROM certificates_in")
    assert (body is not None) is there
    if not there:
        assert desk.refusal(special(desk, waiting)) == {Rule.NO_CERTIFICATE}
    else:
        desk.do(special(desk, waiting))


def test_a_lapsed_certificate_is_refused_even_before_it_is_erased(desk):
    waiting = desk.register.inward.receive_certificate(certificate(1), CS)
    desk.pass_days(31)
    assert desk.refusal(special(desk, waiting)) == {Rule.NO_CERTIFICATE}


def test_a_certificate_that_was_erased_can_come_again(desk):
    """R-088, at the register: asked for again, it counts for the day it comes."""
    desk.register.inward.receive_certificate(certificate(1), CS)
    desk.pass_days(31)
    desk.register.inward.expire()
    waiting = desk.register.inward.receive_certificate(certificate(1), CS)
    assert desk.register.inward.expire().count == 0
    desk.do(special(desk, waiting))


def test_a_certificate_that_came_again_is_gone_the_next_day(desk):
    """R-087, at the register."""
    desk.pass_days(31)
    sent = certificate(1)
    waiting = desk.register.inward.receive_certificate(sent, CS)
    desk.pass_days(1)
    assert desk.refusal(special(desk, waiting)) == {Rule.NO_CERTIFICATE}
    assert desk.register.inward.expire().count == 1


def test_a_certificate_is_kept_once_and_used_once(desk):
    inward = desk.register.inward
    waiting = inward.receive_certificate(certificate(1), CS)
    assert inward.receive_certificate(certificate(1), CS) == waiting
    desk.do(special(desk, waiting))
    assert desk.refusal(special(desk, waiting, card="CARD-2")) == {Rule.NO_CERTIFICATE}


def test_two_municipalities_cannot_both_have_one_person(desk):
    """Out-of-order moves (S8): the certificate of somebody who lives here."""
    here = desk.single()
    sent = certificate(1)
    person = replace(
        sent.persons[0],
        resident_record_code=here.resident_record_code,
        individual_number=here.individual_number,
    )
    waiting = desk.register.inward.receive_certificate(
        replace(sent, persons=(person,)), CS
    )
    assert desk.refusal(special(desk, waiting)) == {Rule.ALREADY_PRESENT}


def test_an_isolated_source_is_refused_and_the_others_go_on(desk):
    """Bad data of one source (S7): isolated, restored."""
    inward = desk.register.inward
    inward.isolate("102016", "carol")
    with pytest.raises(WrongSource):
        inward.receive_certificate(certificate(1), CS)
    other = replace(certificate(2), origin="102041")
    assert inward.receive_certificate(other, CS)
    assert desk.happened("refused from an isolated source") == 1
    inward.restore("102016", "carol")
    assert inward.receive_certificate(certificate(1), CS)
