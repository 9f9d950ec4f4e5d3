# SPDX-License-Identifier: Apache-2.0
"""Copies for the person and the household; for everybody else the same words."""

from datetime import timedelta

import pytest

from simulators.register import forms
from simulators.register.basis import Operator
from simulators.register.certificates import (
    NO_RIGHT,
    Application,
    Capacity,
    Paper,
)
from simulators.register.errors import EntryRefused, NotAllowed
from simulators.register.forms import Amendment
from tests.simulators.register.desk import ALICE, BOB


def application(record, paper=Paper.PERSON, applicant=None, **changes):
    own = record if applicant is None else applicant
    fields = {
        "reference": "C-1",
        "paper": paper,
        "record": record.number,
        "capacity": Capacity.SELF if own == record else Capacity.HOUSEHOLD,
        "applicant": own.number,
    }
    return Application(**{**fields, **changes})


def issue(desk, wanted):
    return desk.register.certificates.issue(wanted, ALICE)


def said(desk, wanted):
    with pytest.raises(NotAllowed) as caught:
        issue(desk, wanted)
    return str(caught.value)


def test_a_copy_is_issued_to_the_person_and_to_the_household(desk):
    """R-016: the person, or somebody of the same household."""
    head, other, *_ = desk.family()
    for applicant in (head, other):
        copy = issue(desk, application(head, applicant=applicant))
        assert [page.name for page in copy.pages] == [head.name]


def test_nobody_else_gets_a_copy(desk):
    """R-016: a stranger, somebody unknown, and one who only says so."""
    head = desk.family()[0]
    stranger = desk.single()
    for wanted in (
        application(head, applicant=stranger),
        application(head, applicant=stranger, capacity=Capacity.SELF),
        application(head, capacity=Capacity.HOUSEHOLD, applicant=None).__class__(
            reference="C-2",
            paper=Paper.PERSON,
            record=head.number,
            capacity=Capacity.HOUSEHOLD,
        ),
        application(head, capacity=Capacity.AGENT),
    ):
        assert said(desk, wanted) == NO_RIGHT
    assert desk.register.certificates.issued() == 0
    assert desk.happened("issue refused") == 4


def test_a_copy_is_issued_on_an_application_only(desk):
    """R-016: without its number there is none."""
    with pytest.raises(EntryRefused):
        issue(desk, application(desk.single(), reference=""))
    wanted = application(desk.single())
    with pytest.raises(EntryRefused):
        desk.register.certificates.issue(wanted, Operator(""))


def test_an_agent_brings_a_letter_and_gets_no_number(desk):
    person = desk.single()
    wanted = application(person, capacity=Capacity.AGENT, letter_of_attorney=True)
    assert issue(desk, wanted).pages[0].name == person.name
    numbered = application(
        person, capacity=Capacity.AGENT, letter_of_attorney=True, with_number=True
    )
    assert said(desk, numbered) == NO_RIGHT


def test_a_copy_for_the_household_has_everybody(desk):
    family = desk.family()
    copy = issue(desk, application(family[0], Paper.HOUSEHOLD))
    assert [page.name for page in copy.pages] == [one.name for one in family]


def test_what_was_not_asked_for_is_not_on_the_copy(desk):
    person = desk.single()
    (page,) = issue(desk, application(person)).pages
    assert page.individual_number is None
    assert page.resident_record_code is None
    assert page.domicile is None
    assert page.relationship is None
    (page,) = issue(
        desk,
        application(
            person,
            with_number=True,
            with_code=True,
            with_domicile=True,
            with_relationship=True,
        ),
    ).pages
    assert page.individual_number == person.individual_number
    assert page.resident_record_code == person.resident_record_code
    assert page.domicile == person.domicile.text
    assert page.relationship == person.relationship


def test_a_statement_never_has_the_number(desk):
    wanted = application(desk.single(), Paper.STATEMENT, with_number=True)
    with pytest.raises(EntryRefused):
        issue(desk, wanted)


def test_a_removed_record_is_issued_to_whoever_it_was(desk):
    person = desk.single()
    desk.do(desk.move_out(person))
    (page,) = issue(desk, application(person, Paper.REMOVED)).pages
    assert page.removed_on == desk.today
    assert said(desk, application(person, Paper.PERSON)) == NO_RIGHT


def test_a_present_record_is_not_issued_as_a_removed_one(desk):
    assert said(desk, application(desk.single(), Paper.REMOVED)) == NO_RIGHT


def test_a_pre_revision_record_shows_what_stood_before(desk):
    person = desk.single()
    assert said(desk, application(person, Paper.PRE_REVISION)) == NO_RIGHT
    desk.do(forms.Revision(basis=desk.decision(), record=person.number))
    desk.do(
        forms.FamilyRegisterChange(
            basis=desk.notice(),
            record=person.number,
            changed_on=desk.today,
            amendment=Amendment(name="改　名"),
        )
    )
    (page,) = issue(desk, application(person, Paper.PRE_REVISION)).pages
    assert page.name == person.name


def protect(desk, person, days=365):
    desk.register.flags.protect(
        person.number, desk.today + timedelta(days=days), desk.notice(), ALICE, BOB
    )


def test_a_protected_person_is_shown_to_that_person_alone(desk):
    """支援措置: the household of yesterday gets nothing, also not the whole copy."""
    head, other, *_ = desk.family()
    protect(desk, other)
    assert said(desk, application(other, applicant=head)) == NO_RIGHT
    assert said(desk, application(head, Paper.HOUSEHOLD)) == NO_RIGHT
    assert issue(desk, application(other)).pages[0].name == other.name
    assert issue(desk, application(head)).pages[0].name == head.name


def test_a_refusal_tells_nobody_that_somebody_is_protected(desk):
    """The same words for a protected person, a stranger's, and one who is not there."""
    head, other, *_ = desk.family()
    stranger = desk.single()
    protect(desk, other)
    nobody = Application(
        reference="C-9",
        paper=Paper.PERSON,
        record=99_999,
        capacity=Capacity.SELF,
        applicant=stranger.number,
    )
    sayings = {
        said(desk, application(other, applicant=head)),
        said(desk, application(head, applicant=stranger)),
        said(desk, nobody),
    }
    assert sayings == {NO_RIGHT}


def test_each_issue_is_on_record(desk):
    person = desk.single()
    copy = issue(desk, application(person, with_number=True))
    row = desk.register.store.row("SELECT * FROM issues")
    assert row[:4] == (copy.serial, Paper.PERSON.value, person.number, "C-1")
    assert person.name not in str(row)
    assert repr(copy) == "Certificate(<hidden>)"
