# SPDX-License-Identifier: Apache-2.0
"""What the Ministry of Justice told of a resident becomes an entry like any other."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from schemas.messages import write_payload
from schemas.register_messages import ForeignResidentChangeNotice
from simulators.register import forms
from simulators.register.basis import Cause
from simulators.register.errors import EntryRefused, NotAllowed
from simulators.register.record import Foreign, ResidentRecord
from simulators.register.service.at_office import enter_foreign_change
from tests.simulators.register.desk import ALICE, BOB, FOREIGN, TODAY, Desk, newcomer

NEW = "ZZ76543210ZZ"


@pytest.fixture
def person(desk: Desk) -> ResidentRecord:
    (made,) = desk.settled(newcomer(domicile=None, foreign=FOREIGN))
    desk.register.foreign.output(ALICE)
    return made


def told(**changes: Any) -> ForeignResidentChangeNotice:
    value = ForeignResidentChangeNotice(
        municipality_code="102024",
        residence_card_number=FOREIGN.residence_card,
        new_residence_card_number=NEW,
        roman_name="NEW NAME",
        change_date=TODAY,
    )
    return replace(value, **changes)


def enter(desk: Desk, **changes: Any) -> int:
    text = write_payload(told(**changes)).decode()
    return enter_foreign_change(desk.register, text, "MOJ-1", ALICE)["entry"]


def test_it_changes_the_record_once_somebody_else_has_checked_it(desk, person):
    entry = enter(desk)
    assert desk.register.books.record(person.number).foreign == FOREIGN
    with pytest.raises(NotAllowed):
        desk.register.entries.check(entry, ALICE, "MOJ-1")
    desk.register.entries.check(entry, BOB, "MOJ-1")
    after = desk.register.books.record(person.number)
    assert after.foreign == replace(FOREIGN, residence_card=NEW)
    assert after.name == "NEW NAME"


def test_each_thing_that_was_told_stands_in_the_record(desk, person):
    until = date(2031, 3, 1)
    items = {"nationality": "PER", "residence_status": "定住者", "stay_until": until}
    desk.register.entries.check(enter(desk, **items), BOB, "MOJ-1")
    assert desk.register.books.record(person.number).foreign == Foreign(
        nationality="PER", status="定住者", residence_card=NEW, stay_until=until
    )


def test_the_ministry_is_told_of_the_changed_record(desk, person):
    desk.register.entries.check(enter(desk), BOB, "MOJ-1")
    (notice,) = desk.register.foreign.output(ALICE)
    assert notice.residence_card == NEW


def test_the_same_again_is_of_nobody(desk, person):
    desk.register.entries.check(enter(desk), BOB, "MOJ-1")
    with pytest.raises(EntryRefused):
        enter(desk)


@pytest.mark.parametrize(
    "changes",
    [
        {"residence_card_number": "ZZ00000000ZZ"},
        {"municipality_code": "112020"},
        {"new_residence_card_number": "AB12345678CD"},
        {"new_residence_card_number": None, "roman_name": None},
        {"nationality": "XXA", "change_date": date(2199, 1, 1)},
        {"residence_status": "皇族"},
    ],
    ids=["nobody", "another city", "a real card", "nothing", "the future", "no status"],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(desk, person, changes):
    with pytest.raises(EntryRefused) as caught:
        enter(desk, **changes)
    assert desk.register.entries.waiting() == ()
    assert not any(str(value) in str(caught.value) for value in changes.values())


@pytest.mark.parametrize("text", ["", "<x/>", "\ud800", "{}"])
def test_what_is_no_notice_is_refused(desk, text):
    with pytest.raises(EntryRefused):
        enter_foreign_change(desk.register, text, "MOJ-1", ALICE)


def test_a_removed_residents_notice_is_of_nobody(desk, person):
    removal = forms.RemoveExOfficio(
        basis=desk.decision(Cause.SURVEY), record=person.number, removed_on=desk.today
    )
    desk.do(removal)
    with pytest.raises(EntryRefused):
        enter(desk)
