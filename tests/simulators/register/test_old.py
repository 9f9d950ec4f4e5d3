# SPDX-License-Identifier: Apache-2.0
"""Copies of the records of before the renewal: who gets one, and what is on it."""

from datetime import date

import pytest

from simulators.register import forms
from simulators.register.certificates import NO_RIGHT, Capacity
from simulators.register.errors import EntryRefused, NotAllowed, NotNow
from simulators.register.old import OldRecord
from simulators.register.old_certificates import OldApplication
from tests.simulators.register.desk import ALICE, BOB, code
from tests.simulators.register.service.lone import Lone
from tests.values import replace

LINES = ("除票", "旧　記録", "昭和２５年１月１日生")


def old_of(person=None, place=1):
    """An old record of somebody, or of one who never came back."""
    return OldRecord(
        number=place,
        resident_record_code=person.resident_record_code if person else code(7001),
        name="旧　記録",
        born=date(1950, 1, 1),
        address="群馬県高崎市中尾町１番地",
        lines=LINES,
    )


def loaded(desk, person=None):
    desk.register.old.load([old_of(person)])


def issue(desk, **changes):
    fields = {"reference": "C-1", "old_record": 1, "capacity": Capacity.SELF}
    application = OldApplication(**{**fields, **changes})
    return desk.register.old_certificates.issue(application, ALICE)


def said(desk, **changes):
    with pytest.raises(NotAllowed) as caught:
        issue(desk, **changes)
    return str(caught.value)


def protect(desk, person):
    desk.register.flags.protect(person.number, desk.today, desk.notice(), ALICE, BOB)


def test_an_old_record_is_issued_to_the_person_as_it_was_printed(desk):
    """R-016, and function 4: 除票・改正原などの発行."""
    person = desk.single()
    loaded(desk, person)
    copy = issue(desk, applicant=person.number)
    assert (copy.lines, copy.records) == (LINES, (person.number,))
    assert "架空" not in repr(copy)
    assert "旧" not in repr(copy)
    sql = "SELECT serial, kind, record, with_number, operator FROM issues"
    assert desk.register.store.rows(sql) == [
        (copy.serial, "old record", 1, 0, "alice"),
    ]
    assert desk.happened("issued") == 1


def test_the_household_of_today_and_an_agent_with_a_letter_get_one(desk):
    head, other, *_ = desk.family()
    loaded(desk, head)
    for how in (
        {"capacity": Capacity.HOUSEHOLD, "applicant": other.number},
        {"capacity": Capacity.AGENT, "letter_of_attorney": True},
    ):
        assert issue(desk, **how).lines == LINES


@pytest.mark.parametrize("kept", [True, False])
def test_nobody_else_gets_one_and_all_hear_the_same(desk, kept):
    """R-016: also where there is no such record."""
    person, stranger = desk.family()[0], desk.single()
    if kept:
        loaded(desk, person)
    for how in (
        {"applicant": stranger.number},
        {"applicant": 999_999},
        {},
        {"capacity": Capacity.HOUSEHOLD, "applicant": stranger.number},
        {"capacity": Capacity.HOUSEHOLD, "applicant": 999_999},
        {"capacity": Capacity.HOUSEHOLD},
        {"capacity": Capacity.AGENT},
    ):
        assert said(desk, **how) == NO_RIGHT
    assert desk.register.certificates.issued() == 0
    assert desk.happened("issue refused") == 7


def test_whoever_left_a_household_is_of_it_no_more(desk):
    head, other, *_ = desk.family()
    loaded(desk, head)
    desk.do(desk.move_out(other))
    how = {"capacity": Capacity.HOUSEHOLD, "applicant": other.number}
    assert said(desk, **how) == NO_RIGHT


def test_somebody_without_a_record_since_gets_it_at_the_counter(desk):
    loaded(desk)
    assert issue(desk).records == ()
    assert issue(desk, capacity=Capacity.AGENT, letter_of_attorney=True)
    how = {"capacity": Capacity.HOUSEHOLD, "applicant": desk.single().number}
    assert said(desk, **how) == NO_RIGHT


def test_who_is_protected_gets_one_and_nobody_else_does(desk):
    head, other, *_ = desk.family()
    loaded(desk, head)
    protect(desk, head)
    for how in (
        {"capacity": Capacity.HOUSEHOLD, "applicant": other.number},
        {"capacity": Capacity.AGENT, "letter_of_attorney": True},
    ):
        assert said(desk, **how) == NO_RIGHT
    assert issue(desk, applicant=head.number).lines == LINES


def test_a_changed_code_hides_nobody(desk):
    """The old record has the code of then: person and protection are found by it."""
    person = desk.single()
    loaded(desk, person)
    for _ in range(2):
        desk.do(forms.CodeChange(basis=desk.notice(), record=person.number))
    assert issue(desk, applicant=person.number).records == (person.number,)
    assert said(desk) == NO_RIGHT
    protect(desk, desk.register.books.record(person.number))
    how = {"capacity": Capacity.AGENT, "letter_of_attorney": True}
    assert said(desk, **how) == NO_RIGHT


def test_an_application_without_a_reference_is_none(desk):
    loaded(desk)
    with pytest.raises(EntryRefused, match="reference"):
        issue(desk, reference="")


@pytest.mark.parametrize(
    "line", ["コード 12345678901", "１２３４５６７８９０１２", "x123456789012x"]
)
def test_a_line_that_could_show_a_number_is_not_taken_over(desk, line):
    """R-016 and the rule on copies: no number is on that of an old record."""
    with pytest.raises(EntryRefused, match="lines"):
        desk.register.old.load([replace(old_of(), lines=(*LINES, line))])


def test_old_records_are_of_this_realm_and_taken_over_once(desk):
    real = replace(old_of(), resident_record_code="12345678901")
    with pytest.raises(EntryRefused, match="resident_record_code"):
        desk.register.old.load([old_of(place=2), real])
    loaded(desk)
    with pytest.raises(NotNow):
        desk.register.old.load([old_of(place=2), old_of()])
    assert desk.register.store.value("SELECT count(*) FROM old_records") == 1


def test_the_desk_takes_them_over_finds_them_and_issues_them(desk):
    lone, person = Lone(desk), desk.single()
    record = {
        "number": 1,
        "resident_record_code": person.resident_record_code,
        "name": "旧　記録",
        "born": "1950-01-01",
        "address": "群馬県高崎市中尾町１番地",
        "lines": list(LINES),
    }
    lone.done("old/load", records=[record])
    query = {"name": "旧　記録", "born": "1950-01-01"}
    found = lone.done("old/search", query=query, purpose="counter")
    assert found == {"old_records": [record]}
    application = {
        "reference": "C-1",
        "old_record": 1,
        "capacity": "self",
        "applicant": person.number,
    }
    told = lone.done("old/certificates", application=application)
    assert told["copy"]["lines"] == list(LINES)
    (act,) = desk.register.operations.find(record=person.number)
    assert (act.act, act.outcome) == ("old/certificates", "done")
