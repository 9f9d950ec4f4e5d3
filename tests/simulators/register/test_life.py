# SPDX-License-Identifier: Apache-2.0
"""Birth, death, names, nationality, corrections, numbers and codes."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

import simulators.register
from schemas.systems import CS
from simulators.register import forms
from simulators.register.basis import Approval, Cause, Confirmation
from simulators.register.errors import (
    EntryRefused,
    NotAllowed,
    NotNow,
    Rule,
    WrongSource,
)
from simulators.register.forms import Amendment
from simulators.register.reasons import MAY_CHANGE, Reason, Removed
from simulators.register.store import Taken
from tests.simulators.register.desk import (
    ALICE,
    BOB,
    DOMICILE,
    FOREIGN,
    HOME,
    MANAGER,
    SURE,
    code,
    newcomer,
    number,
)
from tests.values import replace

# -- birth and the number


def test_a_newborn_has_a_code_of_the_list_and_no_number_yet(desk):
    child = desk.born()
    assert child.individual_number is None
    assert child.household == desk.family()[0].household
    assert child.home == desk.family()[0].home
    assert desk.messages("identity_information_update") == []
    (request,) = desk.messages("individual_number_generation_request")
    assert request.resident_record_code == child.resident_record_code


def test_a_number_is_asked_of_jlis_by_way_of_the_cs(desk):
    """R-008: asked for through the CS, and from nobody else."""
    desk.born()
    (owed,) = desk.owed("individual_number_generation_request")
    assert owed.receiver == CS


def test_a_number_that_nobody_generated_is_not_designated(desk):
    """R-008: a designation without a matching response is refused."""
    child = desk.born()
    (request,) = desk.register.numbers.open(child.number)
    with pytest.raises(NotNow):
        desk.register.numbers.designate(request, ALICE, BOB, SURE)
    assert desk.register.books.record(child.number).individual_number is None


def test_nothing_in_the_register_makes_a_number():
    """R-008: no generator in the code of a city."""
    folder = Path(simulators.register.__file__).parent
    gateway = folder.parents[1] / "gateway"
    for path in [*folder.rglob("*.py"), *gateway.rglob("*.py")]:
        names = {
            getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        }
        assert "make_individual_number" not in names, path.name


def test_a_number_is_matched_with_the_code_of_the_request(desk):
    """R-009: an answer for another code is refused, and written down."""
    child = desk.born()
    (request,) = desk.register.numbers.open(child.number)
    with pytest.raises(EntryRefused) as caught:
        desk.register.numbers.receive(request, code(4), number(77), CS)
    assert caught.value.faults[0].rule is Rule.OTHER_PERSON
    assert desk.happened("answer for another person") == 1
    with pytest.raises(NotNow):
        desk.register.numbers.designate(request, ALICE, BOB, SURE)


def test_a_number_comes_by_way_of_the_cs_and_of_the_simulation(desk):
    child = desk.born()
    (request,) = desk.register.numbers.open(child.number)
    numbers = desk.register.numbers
    with pytest.raises(WrongSource):
        numbers.receive(request, child.resident_record_code, number(77), "jlis")
    with pytest.raises(EntryRefused, match="individual_number"):
        numbers.receive(request, child.resident_record_code, "123456789018", CS)


@pytest.mark.parametrize("check", [Confirmation("Q-1", False), Confirmation("", True)])
def test_a_new_number_is_checked_by_way_of_the_cs_first(desk, check):
    """R-055: number and person belong together, says the CS, before it is final."""
    child = desk.born()
    (request,) = desk.register.numbers.open(child.number)
    desk.register.numbers.receive(request, child.resident_record_code, number(77), CS)
    with pytest.raises(EntryRefused) as caught:
        desk.register.numbers.designate(request, ALICE, BOB, check)
    assert caught.value.faults[0].rule is Rule.NUMBER_UNPROVEN
    assert desk.register.books.record(child.number).individual_number is None
    desk.register.numbers.designate(request, ALICE, BOB, SURE)


def test_a_number_is_designated_by_two_people(desk):
    """R-058."""
    child = desk.born()
    (request,) = desk.register.numbers.open(child.number)
    desk.register.numbers.receive(request, child.resident_record_code, number(77), CS)
    with pytest.raises(NotAllowed):
        desk.register.numbers.designate(request, ALICE, ALICE, SURE)


def test_once_designated_the_birth_is_told(desk):
    child = desk.born()
    request = desk.number_given(child)
    (update,) = desk.messages("identity_information_update")
    assert update.record.individual_number == number(77)
    assert update.record.change_reason == Reason.BORN.value
    assert update.record.update_sequence_number == 1
    with pytest.raises(NotNow):
        desk.register.numbers.designate(request, ALICE, BOB, SURE)


def test_the_same_answer_again_changes_nothing_and_another_is_refused(desk):
    child = desk.born()
    (request,) = desk.register.numbers.open(child.number)
    for _ in range(2):
        desk.register.numbers.receive(
            request, child.resident_record_code, number(77), CS
        )
    with pytest.raises(NotNow):
        desk.register.numbers.receive(
            request, child.resident_record_code, number(78), CS
        )


def test_each_newly_notified_person_makes_one_extract(desk):
    """R-013: taken each time a new person to be notified arises."""
    child = desk.born()
    assert desk.messages("sending_destination_extract") == []
    desk.number_given(child)
    (extract,) = desk.messages("sending_destination_extract")
    assert extract.individual_number == number(77)
    assert extract.address == child.home.text


def test_no_extract_is_made_of_somebody_who_is_no_resident(desk):
    """R-012, R-102: who died or left before the number came is not in it."""
    child = desk.born()
    desk.pass_days(1)
    desk.do(forms.Death(basis=desk.notice(), record=child.number, died_on=desk.today))
    desk.number_given(child)
    assert desk.messages("sending_destination_extract") == []
    assert desk.register.books.record(child.number).individual_number == number(77)


def test_every_extract_is_of_a_resident_of_this_city(desk):
    """R-102: the moves of a family, and never a person of another place."""
    (settled,) = desk.settled(
        newcomer(resident_record_code=None, individual_number=None, number_proof=None),
        previous_municipality=None,
        previous_address=None,
    )
    desk.number_given(settled)
    (extract,) = desk.messages("sending_destination_extract")
    record = desk.register.books.by_code(extract.resident_record_code)
    assert record.present
    assert extract.address == record.home.text
    assert extract.address.startswith("群馬県高崎市")


def test_a_leaked_number_is_replaced_and_the_card_lapses(desk):
    person = desk.single()
    desk.register.cards.issue(person.number, "CARD-9", "C9", ALICE)
    desk.do(forms.NumberChange(basis=desk.notice(), record=person.number))
    assert desk.register.books.record(person.number) == person
    desk.number_given(person)
    changed = desk.register.books.record(person.number)
    assert changed.individual_number == number(77)
    assert changed.reason is Reason.NUMBER_CHANGED
    assert desk.register.cards.state("CARD-9") == "abolished"


def test_one_request_for_a_number_at_a_time(desk):
    person = desk.single()
    desk.do(forms.NumberChange(basis=desk.notice(), record=person.number))
    again = forms.NumberChange(basis=desk.notice(), record=person.number)
    assert desk.refusal(again) == {Rule.OPEN_ENTRY}


def test_a_code_that_changes_while_a_number_is_asked_for_does_no_harm(desk):
    """Out-of-order moves (S8): the answer names the code of the request."""
    child = desk.born()
    (request,) = desk.register.numbers.open(child.number)
    desk.do(forms.CodeChange(basis=desk.notice(), record=child.number))
    desk.register.numbers.receive(request, child.resident_record_code, number(77), CS)
    desk.register.numbers.designate(request, ALICE, BOB, SURE)
    now = desk.register.books.record(child.number)
    assert now.individual_number == number(77)
    assert now.old_resident_record_code == child.resident_record_code


# -- the record code


def test_a_code_changes_only_on_the_residents_request(desk):
    """R-006: without a request it is refused; the old code is kept as such."""
    person = desk.single()
    decided_form = forms.CodeChange(basis=desk.decision(), record=person.number)
    assert desk.refusal(decided_form) == {Rule.BASIS}
    desk.do(forms.CodeChange(basis=desk.notice(), record=person.number))
    changed = desk.register.books.record(person.number)
    assert changed.resident_record_code != person.resident_record_code
    assert changed.old_resident_record_code == person.resident_record_code
    assert changed.code_used_from == desk.today


def test_no_other_form_changes_a_code(desk):
    """R-006."""
    able = {reason for reason in Reason if "resident_record_code" in MAY_CHANGE[reason]}
    assert able == {Reason.CODE_CHANGED}


def test_an_empty_list_of_codes_stops_a_birth(desk):
    """Out-of-order moves (S8): the pool is empty; a new list mends it."""
    while desk.register.pool.left():
        with desk.register.store.transaction():
            desk.register.pool.take()
    assert desk.refusal(desk.birth()) == {Rule.NO_CODES_LEFT}
    desk.register.pool.receive([code(8000)])
    assert desk.born().resident_record_code == code(8000)


def test_a_code_is_given_out_once(desk):
    child = desk.born()
    for known in (child.resident_record_code, desk.single().resident_record_code):
        with pytest.raises(EntryRefused):
            desk.register.pool.receive([code(8001), known])
    with pytest.raises(EntryRefused):
        desk.register.pool.receive(["12345678901"])
    assert desk.register.pool.left() == 4


# -- death, removal, change


def test_a_death_is_told_and_the_number_is_kept(desk):
    """R-212, at the register: the number of a dead person stays on the record."""
    person = desk.single()
    desk.do(forms.Death(basis=desk.notice(), record=person.number, died_on=desk.today))
    gone = desk.register.archive.removed(person.number)
    assert gone.removal.by is Removed.DIED
    assert gone.individual_number == person.individual_number
    (update,) = desk.messages("identity_information_update")
    assert update.record.record_status_flag == "2"


def test_a_court_changes_what_a_notification_cannot(desk):
    person = desk.single()
    form = forms.ChangeExOfficio(
        basis=desk.decision(Cause.COURT),
        record=person.number,
        changed_on=desk.today,
        amendment=Amendment(sex="9", born=person.born - timedelta(days=1)),
    )
    desk.do(form)
    changed = desk.register.books.record(person.number)
    assert (changed.sex, changed.reason) == ("9", Reason.CHANGED_EX_OFFICIO)


def test_people_found_to_live_here_are_entered_ex_officio(desk):
    form = forms.EnterExOfficio(
        basis=desk.decision(), since=desk.today, home=HOME, newcomers=(newcomer(),)
    )
    desk.do(form)
    assert desk.latest().reason is Reason.ENTERED_EX_OFFICIO


def test_a_naturalised_person_gets_the_record_of_a_japanese(desk):
    (person,) = desk.settled(newcomer(domicile=None, foreign=FOREIGN, alias="通称"))
    desk.do(
        forms.Naturalisation(
            basis=desk.notice(),
            record=person.number,
            naturalised_on=desk.today,
            name="帰化　太郎",
            furigana="きか　たろう",
            domicile=DOMICILE,
        )
    )
    new = desk.latest()
    assert (new.foreign, new.alias, new.domicile) == (None, None, DOMICILE)
    assert new.resident_record_code == person.resident_record_code
    old = desk.register.archive.removed(person.number)
    assert old.removal.by is Removed.NATURALISED
    updates = desk.messages("identity_information_update")
    sequences = [one.record.update_sequence_number for one in updates]
    assert sequences == [1, 2]
    assert updates[-1].record.kanji_name == "帰化　太郎"


def test_only_a_foreign_resident_is_naturalised(desk):
    form = forms.Naturalisation(
        basis=desk.notice(),
        record=desk.single().number,
        naturalised_on=desk.today,
        name="帰化　太郎",
        furigana="きか　たろう",
        domicile=DOMICILE,
    )
    assert desk.refusal(form) == {Rule.DOMICILE}


def test_a_building_is_renamed_in_every_address(desk):
    home = replace(HOME, building="メゾン旧１０１号")
    other = replace(HOME, building="メゾン旧館１０１号")
    (one,) = desk.settled(newcomer(1), home=home)
    (two,) = desk.settled(newcomer(2), home=other)
    form = forms.BuildingRename(
        basis=desk.decision(Cause.MAINTENANCE),
        changed_on=desk.today,
        town_code=HOME.town_code,
        before="メゾン旧",
        after="メゾン新",
    )
    assert desk.do(form) == (one.number,)
    renamed = desk.register.books.record(one.number).home.building
    assert renamed == "メゾン新１０１号"
    assert desk.register.books.record(two.number).home == other
    missing = replace(form, basis=desk.decision(Cause.MAINTENANCE))
    assert desk.refusal(missing) == {Rule.NOTHING_CHANGED}


# -- corrections


def correction(desk, approval=MANAGER, **amended):
    return forms.Correction(
        basis=desk.notice(),
        record=desk.single().number,
        changed_on=desk.today,
        amendment=Amendment(**(amended or {"furigana": "ただしい　よみ"})),
        approval=approval,
    )


@pytest.mark.parametrize(
    "approval",
    [None, Approval("carol", ""), Approval("", "P-1"), Approval("alice", "P-1")],
)
def test_a_correction_needs_the_permission_of_a_manager(desk, approval):
    """R-059: none, one without a number, and one's own are not a permission."""
    assert desk.refusal(correction(desk, approval)) == {Rule.APPROVAL}


def test_a_correction_is_recorded_with_before_and_after(desk):
    """R-060: what was corrected stays on record, with whose permission."""
    person = desk.single()
    desk.do(correction(desk))
    (row,) = desk.register.archive.corrections(person.number)
    assert row.before == person
    assert row.after == desk.register.books.record(person.number)
    assert (row.approved_by, row.reference) == ("carol", "P-1")


@pytest.mark.parametrize(
    "sql", ["DELETE FROM corrections", "UPDATE corrections SET approved_by = 'x'"]
)
def test_the_record_of_a_correction_is_neither_erased_nor_rewritten(desk, sql):
    """R-060."""
    desk.do(correction(desk))
    with pytest.raises(Taken):
        desk.register.store.run(sql)


def test_other_forms_leave_no_correction(desk):
    person = desk.single()
    desk.do(
        forms.FamilyRegisterChange(
            basis=desk.notice(),
            record=person.number,
            changed_on=desk.today,
            amendment=Amendment(name="改　名"),
        )
    )
    assert desk.register.archive.corrections(person.number) == ()
