# SPDX-License-Identifier: Apache-2.0
"""Entered by one person, checked by another; everything or nothing."""

from datetime import timedelta

import pytest

from simulators.register import forms, paper
from simulators.register.basis import Cause, Kind, Notifier, Operator, Proof, notified
from simulators.register.effects import TABLE
from simulators.register.entries import State
from simulators.register.errors import EntryRefused, NotAllowed, NotNow, NotThere, Rule
from simulators.register.forms import Amendment
from tests.simulators.register.desk import ALICE, BOB, HOME, MANAGER, newcomer
from tests.values import replace


def test_an_entry_waits_until_somebody_else_checked_it(desk):
    """R-057: who enters and who checks are two people."""
    form = desk.move_in()
    entry = desk.register.entries.enter(form, ALICE)
    with pytest.raises(NotAllowed):
        desk.register.entries.check(entry, ALICE, form.basis.reference)
    assert desk.register.entries.state(entry) is State.ENTERED
    assert desk.latest().name != newcomer().name
    desk.register.entries.check(entry, BOB, form.basis.reference)
    assert desk.latest().name == newcomer().name


def test_the_same_person_at_another_terminal_is_the_same_person(desk):
    """R-057."""
    form = desk.move_in()
    entry = desk.register.entries.enter(form, ALICE)
    other = Operator(ALICE.name, "T-99")
    with pytest.raises(NotAllowed):
        desk.register.entries.check(entry, other, form.basis.reference)


def test_an_entry_takes_effect_only_after_comparing_it_with_its_form(desk):
    """R-056: the input is compared with the notification form."""
    form = desk.move_in()
    entry = desk.register.entries.enter(form, ALICE)
    for other in ("", "N-999"):
        with pytest.raises(NotAllowed):
            desk.register.entries.check(entry, BOB, other)
    assert desk.register.entries.waiting() == (entry,)
    assert desk.register.entries.form(entry) == form
    desk.register.entries.check(entry, BOB, form.basis.reference)
    assert desk.register.entries.waiting() == ()


@pytest.mark.parametrize("kind", ["input", "deletion", "correction"])
def test_input_deletion_and_correction_each_need_a_second_person(desk, kind):
    """R-058: every input, deletion and correction is checked by somebody else."""
    record = desk.single()
    form = {
        "input": desk.move_in(),
        "deletion": forms.RemoveExOfficio(
            basis=desk.decision(), record=record.number, removed_on=desk.today
        ),
        "correction": forms.Correction(
            basis=desk.notice(),
            record=record.number,
            changed_on=desk.today,
            amendment=Amendment(furigana="べつの　よみ"),
            approval=MANAGER,
        ),
    }[kind]
    entry = desk.register.entries.enter(form, ALICE)
    with pytest.raises(NotAllowed):
        desk.register.entries.check(entry, ALICE, form.basis.reference)
    assert desk.register.books.record(record.number) == record
    assert desk.register.outbox.receivers() == ()
    desk.register.entries.check(entry, BOB, form.basis.reference)
    assert desk.register.outbox.receivers() != ()


@pytest.mark.parametrize("kind", TABLE)
def test_every_form_rests_on_a_notification_or_a_decision(kind):
    """R-002: there is no third, and no form that takes neither."""
    bases = TABLE[kind].bases
    assert bases
    assert bases <= set(Kind)


def test_a_form_on_the_wrong_basis_is_refused(desk):
    """R-002: a move-in is notified, a removal ex officio is decided."""
    assert Rule.BASIS in desk.refusal(desk.move_in(basis=desk.decision()))
    removal = forms.RemoveExOfficio(
        basis=desk.notice(), record=desk.single().number, removed_on=desk.today
    )
    assert Rule.BASIS in desk.refusal(removal)


def test_an_entry_without_a_notification_or_decision_is_refused(desk):
    """R-002, R-042: each entry points to what was received."""
    for reference in ("", " ", "a b"):
        form = desk.move_in(basis=notified(reference, desk.today))
        assert Rule.MISSING in desk.refusal(form)
    decision = replace(desk.decision(), cause=None)
    form = forms.Death(basis=decision, record=desk.single().number, died_on=desk.today)
    assert Rule.MISSING in desk.refusal(form)


def test_every_change_in_the_history_names_its_notification(desk):
    """R-042: taken each time an application is received."""
    form = desk.move_in()
    desk.do(form)
    (row,) = desk.register.archive.of(desk.latest().number)
    assert row.basis == form.basis.reference
    assert (row.entered_by, row.checked_by) == (ALICE.name, BOB.name)


def test_a_notification_of_tomorrow_is_refused(desk):
    tomorrow = desk.today + timedelta(days=1)
    form = desk.move_in(basis=notified("N-T", tomorrow))
    assert Rule.IN_THE_FUTURE in desk.refusal(form)


def test_a_notification_comes_from_the_person_or_an_agent(desk):
    """R-049: the notifier, and the number of the written form."""
    assert {notifier.value for notifier in Notifier} == {"self", "agent"}
    form = desk.move_in(basis=replace(desk.notice(), notifier=None))
    assert Rule.MISSING in desk.refusal(form)


def test_an_agent_brings_a_letter_of_attorney(desk):
    """R-050."""
    basis = replace(desk.notice(), notifier=Notifier.AGENT)
    assert desk.refusal(desk.move_in(basis=basis)) == {Rule.NOTIFIER}
    desk.do(desk.move_in(basis=replace(basis, letter_of_attorney=True)))


def test_nobody_notifies_without_an_identity_document(desk):
    """R-050, R-051: an interview alone is not a document."""
    for interviewed in (False, True):
        basis = replace(desk.notice(), proofs=(), interviewed=interviewed)
        assert desk.refusal(desk.move_in(basis=basis)) == {Rule.PROOF}


@pytest.mark.parametrize(
    "proof", [Proof.INSURANCE, Proof.PENSION, Proof.NOTIFICATION_CARD]
)
def test_a_document_without_a_photo_needs_another_or_an_interview(desk, proof):
    """R-052."""
    basis = replace(desk.notice(), proofs=(proof,))
    assert desk.refusal(desk.move_in(basis=basis)) == {Rule.PROOF}
    twice = replace(basis, proofs=(proof, proof))
    assert desk.refusal(desk.move_in(basis=twice)) == {Rule.PROOF}
    desk.register.entries.enter(
        desk.move_in(basis=replace(basis, interviewed=True)), ALICE
    )


@pytest.mark.parametrize(
    "proof", [Proof.CARD, Proof.LICENCE, Proof.PASSPORT, Proof.RESIDENCE_CARD]
)
def test_a_document_with_a_photo_is_enough(desk, proof):
    """R-051."""
    desk.do(desk.move_in(basis=replace(desk.notice(), proofs=(proof,))))


def test_a_notification_is_entered_once(desk):
    """The same paper keyed in twice, before and after it took effect."""
    form = desk.move_in()
    entry = desk.register.entries.enter(form, ALICE)
    assert Rule.ENTERED_BEFORE in desk.refusal(form)
    desk.register.entries.check(entry, BOB, form.basis.reference)
    again = replace(form, newcomers=(newcomer(2),))
    assert Rule.ENTERED_BEFORE in desk.refusal(again)


def test_what_was_sent_back_can_be_entered_again(desk):
    form = desk.move_in()
    entry = desk.register.entries.enter(form, ALICE)
    desk.register.entries.send_back(entry, BOB, "unreadable")
    assert desk.register.entries.state(entry) is State.SENT_BACK
    with pytest.raises(NotNow):
        desk.register.entries.check(entry, BOB, form.basis.reference)
    desk.do(form)


def test_a_record_in_an_open_entry_takes_no_second_one(desk):
    record = desk.single()

    def change(reading):
        return forms.FamilyRegisterChange(
            basis=desk.notice(),
            record=record.number,
            changed_on=desk.today,
            amendment=Amendment(furigana=reading),
        )

    first = change("あ")
    entry = desk.register.entries.enter(first, ALICE)
    assert Rule.OPEN_ENTRY in desk.refusal(change("い"))
    desk.register.entries.check(entry, BOB, first.basis.reference)
    desk.do(change("い"))


def test_a_check_looks_at_the_register_as_it_is_by_then(desk):
    """Two move-ins of one person are both entered; the second no longer fits."""
    one, other = desk.move_in(), desk.move_in()
    first = desk.register.entries.enter(one, ALICE)
    second = desk.register.entries.enter(other, ALICE)
    desk.register.entries.check(first, BOB, one.basis.reference)
    before = desk.fingerprint()
    with pytest.raises(EntryRefused) as caught:
        desk.register.entries.check(second, BOB, other.basis.reference)
    assert [fault.rule for fault in caught.value.faults] == [Rule.ALREADY_PRESENT]
    assert desk.fingerprint() == before
    assert desk.register.entries.state(second) is State.ENTERED


def test_an_entry_takes_effect_once(desk):
    form = desk.move_in()
    entry = desk.register.entries.enter(form, ALICE)
    desk.register.entries.check(entry, BOB, form.basis.reference)
    with pytest.raises(NotNow):
        desk.register.entries.check(entry, BOB, form.basis.reference)
    with pytest.raises(NotThere):
        desk.register.entries.state(999)


def test_the_content_of_an_entry_goes_when_it_is_closed(desk):
    desk.do(desk.move_in())
    assert desk.register.store.value("SELECT form FROM entries") is None


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "名"])
def test_an_operator_has_a_name(desk, name):
    with pytest.raises(EntryRefused, match="operator"):
        desk.register.entries.enter(desk.move_in(), Operator(name))


def test_several_faults_are_told_together(desk):
    persons = (newcomer(sex="7", furigana="latin", relationship="大家"),)
    home = replace(HOME, town_code="9999999")
    rules = desk.refusal(desk.move_in(*persons, home=home))
    assert rules == {Rule.UNKNOWN_CODE, Rule.FORMAT}


# -- forms as text


def test_a_form_survives_the_way_to_the_store_and_back(desk):
    form = desk.move_in()
    assert paper.read("MoveIn", paper.written(form)) == form


def test_every_form_has_a_name_and_an_effect():
    assert set(paper.KINDS.values()) == set(TABLE)


def given(desk):
    return {
        "basis": {
            "kind": "notification",
            "reference": "N-9",
            "on": desk.today.isoformat(),
            "notifier": "self",
            "proofs": ["driving licence"],
        },
        "moved_on": desk.today.isoformat(),
        "home": {"town_code": "0010000", "postal_code": "3700001", "address": "x"},
        "placements": [{"record": 1, "relationship": "世帯主"}],
    }


def test_a_form_takes_its_own_fields(desk):
    form = paper.form_of("MoveWithin", given(desk))
    assert isinstance(form, forms.MoveWithin)
    assert form.placements[0].record == 1


@pytest.mark.parametrize("place", ["form", "home", "placements"])
def test_a_field_that_the_form_does_not_have_is_refused(desk, place):
    """R-026: nothing but what the notification form holds can be entered."""
    fields = given(desk)
    target = {
        "form": fields,
        "home": fields["home"],
        "placements": fields["placements"][0],
    }[place]
    target["secret_name_架空"] = "架空　花子"
    with pytest.raises(EntryRefused) as caught:
        paper.form_of("MoveWithin", fields)
    assert {fault.rule for fault in caught.value.faults} == {Rule.NOT_ON_THE_FORM}
    assert "架空" not in str(caught.value)


@pytest.mark.parametrize("name", ["basis", "moved_on", "home", "placements"])
def test_a_form_without_one_of_its_fields_is_refused(desk, name):
    fields = given(desk)
    del fields[name]
    with pytest.raises(EntryRefused, match=f"{name}: must be given"):
        paper.form_of("MoveWithin", fields)


def test_a_form_that_nobody_printed_is_refused(desk):
    with pytest.raises(EntryRefused):
        paper.form_of("MoveEverything", given(desk))


def test_a_value_of_the_wrong_kind_is_named_by_its_field(desk):
    fields = {**given(desk), "moved_on": "yesterday evening"}
    with pytest.raises(EntryRefused) as caught:
        paper.form_of("MoveWithin", fields)
    assert str(caught.value).startswith("moved_on:")
    assert "evening" not in str(caught.value)


def test_a_leak_is_the_only_cause_for_another_number_ex_officio(desk):
    """R-007: on application, or ex officio for a leak."""
    record = desk.single()
    for cause in set(Cause) - {Cause.LEAK}:
        form = forms.NumberChange(basis=desk.decision(cause), record=record.number)
        assert desk.refusal(form) == {Rule.CAUSE}
    desk.do(forms.NumberChange(basis=desk.decision(Cause.LEAK), record=record.number))
    (request,) = desk.messages("individual_number_generation_request")
    assert request.for_a_change


def test_another_number_is_asked_for_on_application(desk):
    """R-007."""
    record = desk.single()
    desk.do(forms.NumberChange(basis=desk.notice(), record=record.number))
    assert len(desk.register.numbers.open(record.number)) == 1
