# SPDX-License-Identifier: Apache-2.0
"""Format and logic checks: what is bad is refused, by field and rule and no value."""

from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.identifiers import (
    Realm,
    make_individual_number,
    make_resident_record_code,
)
from simulators.register import forms
from simulators.register.basis import Operator
from simulators.register.births import Unknown
from simulators.register.errors import EntryRefused, Fault, RegisterError, Rule
from simulators.register.format_checks import format_faults
from simulators.register.forms import Amendment, NumberProof, Placement
from simulators.register.logic_checks import change_faults, household_faults
from simulators.register.reasons import MAY_CHANGE, Reason, Removed
from simulators.register.record import Change, Leaving, Removal, ResidentRecord
from tests.simulators.register.desk import (
    ALICE,
    DOMICILE,
    FOREIGN,
    HOME,
    TODAY,
    Desk,
    code,
    newborn,
    newcomer,
    number,
)
from tests.values import replace

REAL = make_individual_number("12345678901", Realm.STANDARD)
REAL_CODE = make_resident_record_code("1234567890", Realm.STANDARD)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("name", "", Rule.FORMAT),
        ("name", "架空\n花子", Rule.FORMAT),
        ("name", "あ" * 101, Rule.FORMAT),
        ("name", "架空\ud800", Rule.FORMAT),
        ("furigana", "", Rule.FORMAT),
        ("furigana", "Kakuu", Rule.FORMAT),
        ("furigana", "架空", Rule.FORMAT),
        ("sex", "3", Rule.UNKNOWN_CODE),
        ("sex", "", Rule.UNKNOWN_CODE),
        ("relationship", "家主", Rule.UNKNOWN_CODE),
        ("relationship", "子の", Rule.UNKNOWN_CODE),
        ("individual_number", REAL, Rule.NUMBER),
        ("individual_number", number(1)[:-1] + "x", Rule.NUMBER),
        ("individual_number", "１" * 12, Rule.NUMBER),
        ("individual_number", "", Rule.NUMBER),
        ("resident_record_code", "12345678901", Rule.NUMBER),
        ("resident_record_code", code(1)[1:], Rule.NUMBER),
        ("resident_record_code", REAL_CODE, Rule.NUMBER),
        ("domicile", replace(DOMICILE, municipality="102017"), Rule.UNKNOWN_CODE),
        ("domicile", replace(DOMICILE, text=""), Rule.FORMAT),
        ("domicile", replace(DOMICILE, holder=""), Rule.FORMAT),
        ("domicile", None, Rule.DOMICILE),
        ("foreign", FOREIGN, Rule.DOMICILE),
        ("alias", "通称", Rule.DOMICILE),
        ("former_surname_furigana", "きゅう", Rule.MISSING),
        ("born", TODAY + timedelta(days=1), Rule.IN_THE_FUTURE),
        ("born", date(TODAY.year - 151, 12, 31), Rule.FORMAT),
        ("number_proof", None, Rule.NUMBER_UNPROVEN),
    ],
)
def test_a_bad_item_of_a_person_is_refused(desk, field, value, rule):
    form = desk.move_in(newcomer(**{field: value}))
    assert rule in desk.refusal(form)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("town_code", "9999999", Rule.UNKNOWN_CODE),
        ("town_code", "0020000", Rule.OTHER_TOWN),
        ("postal_code", "370-001", Rule.FORMAT),
        ("address", "", Rule.OTHER_TOWN),
        ("address", HOME.address + "\x00", Rule.FORMAT),
        ("building", "棟" * 300, Rule.FORMAT),
    ],
)
def test_a_bad_address_is_refused(desk, field, value, rule):
    form = desk.move_in(home=replace(HOME, **{field: value}))
    assert rule in desk.refusal(form)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nationality", "Brazil"),
        ("residence_card", "AB12345678CD"),
        ("status", "観光"),
    ],
)
def test_a_bad_item_of_a_foreign_resident_is_refused(desk, field, value):
    foreign = replace(FOREIGN, **{field: value})
    person = newcomer(domicile=None, foreign=foreign)
    assert desk.refusal(desk.move_in(person)) <= {Rule.FORMAT, Rule.UNKNOWN_CODE}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"moved_on": TODAY + timedelta(days=1)}, Rule.IN_THE_FUTURE),
        ({"moved_on": date(1990, 5, 4)}, Rule.BEFORE_BIRTH),
        ({"previous_municipality": "102017"}, Rule.UNKNOWN_CODE),
        ({"previous_municipality": "102024"}, Rule.ALREADY_PRESENT),
        ({"previous_address": None}, Rule.MISSING),
        ({"newcomers": ()}, Rule.MISSING),
    ],
)
def test_a_move_in_that_makes_no_sense_is_refused(desk, changes, rule):
    fields_given = {"newcomers": (newcomer(),), **changes}
    assert rule in desk.refusal(desk.move_in(**fields_given))


def test_a_move_in_of_a_present_resident_is_refused(desk):
    """R-073, at the register: whoever lives here does not move in."""
    here = desk.single()
    person = newcomer(
        resident_record_code=here.resident_record_code,
        individual_number=here.individual_number,
    )
    assert desk.refusal(desk.move_in(person)) == {Rule.ALREADY_PRESENT}


def test_a_number_of_somebody_else_is_refused(desk):
    person = newcomer(individual_number=desk.single().individual_number)
    assert desk.refusal(desk.move_in(person)) == {Rule.HELD_BY_ANOTHER}


def test_a_number_without_its_code_is_refused(desk):
    person = newcomer(resident_record_code=None)
    assert Rule.MISSING in desk.refusal(desk.move_in(person))


def test_a_number_is_proven_by_card_or_by_the_cs(desk):
    """R-054, R-055: without the card, the CS is asked before the entry is final."""
    unasked = newcomer(number_proof=NumberProof.CS_CHECK)
    assert desk.refusal(desk.move_in(unasked)) == {Rule.NUMBER_UNPROVEN}
    desk.do(desk.move_in(replace(unasked, check_reference="Q-7")))
    assert {proof.value for proof in NumberProof} == {
        "card",
        "check by way of the CS",
    }


def test_a_household_without_a_head_is_refused(desk):
    assert desk.refusal(desk.move_in(newcomer(relationship="妻"))) == {Rule.NO_HEAD}
    two = (newcomer(1), newcomer(2))
    assert desk.refusal(desk.move_in(*two)) == {Rule.TWO_HEADS}


def test_a_family_that_loses_its_head_needs_another(desk):
    head, *others = desk.family()
    death = forms.Death(basis=desk.notice(), record=head.number, died_on=desk.today)
    assert desk.refusal(death) == {Rule.NO_HEAD}
    heir = Placement(record=others[0].number, relationship="世帯主")
    desk.do(replace(death, remaining=(heir,)))
    assert desk.register.books.record(others[0].number).is_head


def test_a_household_lives_at_one_address(desk):
    family = desk.family()
    person = newcomer(relationship="同居人")
    form = desk.move_in(person, household=family[0].household)
    assert desk.refusal(form) == {Rule.TWO_HOMES}
    desk.do(replace(form, home=family[0].home))
    assert len(desk.register.books.household(family[0].household)) == len(family) + 1


def test_whoever_is_not_here_can_do_nothing_here(desk):
    """R-076, at the register: an unknown or removed record is refused."""
    gone = desk.single()
    desk.do(forms.Death(basis=desk.notice(), record=gone.number, died_on=desk.today))
    for record in (gone.number, 99_999):
        for form in (
            forms.Death(basis=desk.notice(), record=record, died_on=desk.today),
            forms.CodeChange(basis=desk.notice(), record=record),
            forms.MoveOut(
                basis=desk.notice(),
                leaving_on=desk.today,
                records=(record,),
                destination_address="x",
            ),
            forms.MoveWithin(
                basis=desk.notice(),
                moved_on=desk.today,
                home=HOME,
                placements=(Placement(record=record, relationship="世帯主"),),
            ),
        ):
            assert desk.refusal(form) == {Rule.NOT_PRESENT}


def test_a_birth_brings_no_number(desk):
    """R-008: a number comes from J-LIS, not from a form."""
    form = desk.birth(newborn(individual_number=number(5)))
    assert desk.refusal(form) == {Rule.NOT_ON_THE_FORM}


def test_a_birth_belongs_to_a_household_of_residents(desk):
    form = replace(desk.birth(), household=9_999)
    assert desk.refusal(form) == {Rule.NOT_PRESENT}


def test_a_death_before_the_birth_is_refused(desk):
    person = desk.single()
    day = person.born - timedelta(days=1)
    form = forms.Death(basis=desk.notice(), record=person.number, died_on=day)
    assert Rule.BEFORE_BIRTH in desk.refusal(form)


# -- what a reason may change


OTHER = {
    "household": 77,
    "relationship": "同居人",
    "resident_record_code": code(3),
    "old_resident_record_code": code(4),
    "code_used_from": TODAY,
    "individual_number": number(3),
    "name": "別　名",
    "furigana": "べつ　めい",
    "former_surname": "旧",
    "former_surname_furigana": "きゅう",
    "alias": "通称",
    "born": date(1970, 1, 1),
    "born_unknown": Unknown.ALL,
    "sex": "9",
    "home": HOME,
    "became_resident": date(2025, 1, 1),
    "address_established": TODAY,
    "previous_municipality": "202011",
    "previous_address": "長野県長野市１番地",
    "domicile": DOMICILE,
    "foreign": FOREIGN,
    "leaving": Leaving(on=TODAY, municipality=None, address="x"),
    "removal": Removal(on=TODAY, by=Removed.DIED),
    "edition": 9,
    "protected_until": TODAY,
    "updates_prohibited": True,
}
"""Another value for every field that somebody could change."""

_DESK = Desk()
RECORD = _DESK.family(1)[1]
MARKS = {
    "number",
    "reason",
    "changed",
    "notified",
    "detail",
    "operator",
    "terminal",
    "sequence",
    "recorded",
}


def test_every_field_is_thought_of():
    assert set(OTHER) | MARKS == {field.name for field in fields(ResidentRecord)}
    assert all(getattr(RECORD, name) != value for name, value in OTHER.items())


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_changes_what_it_may_and_nothing_else(reason):
    """R-074 for every reason: a move changes the address, and the address alone."""
    refused = set()
    for name, value in OTHER.items():
        after = replace(RECORD, **{name: value})
        change = Change(
            before=RECORD, after=after, reason=reason, on=TODAY, notified=TODAY
        )
        faults = change_faults(change, TODAY)
        if Fault(name, Rule.MORE_THAN_ALLOWED) in faults:
            refused.add(name)
    assert refused == set(OTHER) - MAY_CHANGE[reason]


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        (
            "old_resident_record_code",
            REAL_CODE,
            Fault("old_resident_record_code", Rule.NUMBER),
        ),
        (
            "leaving",
            Leaving(on=TODAY, municipality=None, address=""),
            Fault("destination_address", Rule.FORMAT),
        ),
    ],
)
def test_what_no_form_brings_is_checked_all_the_same(field, value, fault):
    towns = _DESK.register.books.towns
    assert fault not in format_faults(RECORD, towns)
    assert fault in format_faults(replace(RECORD, **{field: value}), towns)


def test_whoever_was_removed_is_not_removed_again():
    gone = replace(RECORD, removal=Removal(on=TODAY, by=Removed.DIED))
    other = replace(gone, removal=Removal(on=TODAY, by=Removed.MOVED_OUT))
    change = Change(
        before=gone, after=other, reason=Reason.MOVED_OUT, on=TODAY, notified=TODAY
    )
    assert Fault("record", Rule.NOT_PRESENT) in change_faults(change, TODAY)


def test_a_move_within_the_city_changes_the_address_alone():
    """R-074: the table itself, spelled out for the reason that the document names."""
    assert MAY_CHANGE[Reason.MOVED_WITHIN] == {
        "home",
        "address_established",
        "household",
        "relationship",
    }
    personal = {"name", "furigana", "born", "sex", "individual_number", "domicile"}
    assert not personal & MAY_CHANGE[Reason.MOVED_WITHIN]


@pytest.mark.parametrize(
    ("kind", "amendment"),
    [
        (forms.FamilyRegisterChange, Amendment(home=HOME)),
        (forms.FamilyRegisterChange, Amendment(born=date(1970, 1, 1))),
        (forms.MinorCorrection, Amendment(sex="9")),
        (forms.ChangeExOfficio, Amendment(became_resident=date(2025, 1, 1))),
    ],
)
def test_a_form_that_changes_more_than_it_may_is_refused(desk, kind, amendment):
    form = kind(
        basis=desk.decision(),
        record=desk.single().number,
        changed_on=desk.today,
        amendment=amendment,
    )
    assert Rule.MORE_THAN_ALLOWED in desk.refusal(form)


def test_a_form_that_changes_nothing_is_refused(desk):
    record = desk.single()
    for amendment in (Amendment(), Amendment(name=record.name)):
        form = forms.FamilyRegisterChange(
            basis=desk.notice(),
            record=record.number,
            changed_on=desk.today,
            amendment=amendment,
        )
        assert desk.refusal(form) == {Rule.NOTHING_CHANGED}


def test_a_move_to_where_one_lives_is_refused(desk):
    record = desk.single()
    form = forms.MoveWithin(
        basis=desk.notice(),
        moved_on=desk.today,
        home=record.home,
        placements=(Placement(record=record.number, relationship="世帯主"),),
    )
    assert desk.refusal(form) == {Rule.NOTHING_CHANGED}


@given(st.lists(st.sampled_from(["世帯主", "妻", "子"]), max_size=5))
def test_a_household_is_whole_with_exactly_one_head(relationships):
    members = [replace(RECORD, relationship=one) for one in relationships]
    heads = relationships.count("世帯主")
    assert (household_faults(members) == []) is (heads == 1 or not members)


# -- what a refusal says


@given(
    st.sampled_from(sorted(OTHER)),
    st.text(st.characters(codec="utf-8"), min_size=4).filter(lambda s: s.strip()),
)
def test_a_refusal_never_repeats_a_value(field, text):
    """Only names of fields and the words of rules, whatever was keyed in."""
    if not isinstance(OTHER[field], str):
        return
    record = replace(RECORD, **{field: text})
    said = str(EntryRefused(*format_faults(record, _DESK.register.books.towns)))
    words = " ".join(rule.value for rule in Rule) + " ".join(OTHER)
    assert text not in said or text in words


def test_no_value_of_a_person_shows_itself(desk):
    person = desk.single()
    form = desk.move_in()
    for value in (person, form, form.newcomers[0], form.home, DOMICILE, FOREIGN):
        assert repr(value).endswith("(<hidden>)")
        assert str(value) == repr(value)


def test_every_error_says_what_to_do():
    kinds = RegisterError.__subclasses__()
    assert len(kinds) >= 7
    assert all(kind.__doc__ and len(kind.__doc__) > 60 for kind in kinds)


def test_a_refused_entry_names_field_and_rule(desk):
    with pytest.raises(EntryRefused) as caught:
        desk.register.entries.enter(
            desk.move_in(newcomer(individual_number=REAL)), Operator(ALICE.name)
        )
    said = str(caught.value)
    assert said.startswith("individual_number: has a wrong check digit")
    assert REAL not in said
