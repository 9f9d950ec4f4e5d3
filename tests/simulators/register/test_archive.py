# SPDX-License-Identifier: Apache-2.0
"""Every state is kept, numbered, for 150 years; nothing goes by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.register import archive, forms
from simulators.register.basis import Approval
from simulators.register.errors import NotAllowed, NotThere, StillKept
from simulators.register.forms import Amendment
from simulators.register.store import Taken
from tests.simulators.register.desk import ALICE, MANAGER


def renamed(desk, record, name):
    desk.do(
        forms.FamilyRegisterChange(
            basis=desk.notice(),
            record=record.number,
            changed_on=desk.today,
            amendment=Amendment(name=name),
        )
    )


def revised(desk, record):
    desk.do(forms.Revision(basis=desk.decision(), record=record.number))


def test_every_update_keeps_the_values_before_it_with_their_time(desk):
    """R-014: the old state can be read back, as it was."""
    person = desk.single()
    began = desk.now
    desk.pass_days(1)
    renamed(desk, person, "一　度")
    desk.pass_days(1)
    renamed(desk, person, "二　度")
    names = [row.state.name for row in desk.register.archive.of(person.number)]
    assert names == [person.name, "一　度", "二　度"]
    at = desk.register.archive.at
    assert at(person.number, began) == person
    assert at(person.number, began + timedelta(days=1)).name == "一　度"
    assert at(person.number, began - timedelta(days=1)) is None


def test_the_register_is_the_last_row_of_each_history(desk):
    """R-015: the current view is the fold of all accepted changes, in their order."""
    desk.settled()
    renamed(desk, desk.single(), "一　度")
    desk.do(desk.move_out(desk.single()))
    desk.born()
    folded = {}
    for row in desk.register.archive.all():
        folded[row.record] = row.state
    books = desk.register.books
    stands = {one.number: one for one in [*books.all(), *books.all(present=False)]}
    assert folded == stands


def test_rows_are_numbered_without_gaps(desk):
    desk.settled()
    desk.born()
    numbers = [row.number for row in desk.register.archive.all()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_revised_record_leaves_its_pre_revision_record(desk):
    """改製: written out anew, the one before is kept."""
    person = desk.single()
    renamed(desk, person, "一　度")
    revised(desk, person)
    renamed(desk, person, "二　度")
    revised(desk, person)
    editions = desk.register.archive.pre_revision(person.number)
    assert [(one.edition, one.name) for one in editions] == [
        (1, "一　度"),
        (2, "二　度"),
    ]


def test_a_revision_tells_the_cs_nothing(desk):
    revised(desk, desk.single())
    assert desk.messages("identity_information_update") == []
    assert len(desk.messages("resident_record_change")) == 1


def test_a_present_record_is_not_a_removed_one(desk):
    with pytest.raises(NotThere):
        desk.register.archive.removed(desk.single().number)


# -- keeping


def in_years(desk, years, days=0):
    desk.now = desk.now.replace(year=desk.now.year + years) + timedelta(days=days)


def test_nothing_is_erased_before_150_years(desk):
    """R-209, at the register: one day before, a purge takes nothing."""
    person = desk.single()
    renamed(desk, person, "一　度")
    replaced = desk.now
    in_years(desk, 150, -1)
    kept = len(list(desk.register.archive.all()))
    with pytest.raises(StillKept):
        desk.register.archive.erase(replaced, ALICE, MANAGER)
    assert len(list(desk.register.archive.all())) == kept


def test_past_150_years_an_order_erases_what_was_replaced_and_nothing_else(desk):
    """R-208, at the register: the current state is never taken."""
    person = desk.single()
    renamed(desk, person, "一　度")
    replaced = desk.now
    desk.pass_days(400)
    renamed(desk, person, "二　度")
    in_years(desk, 149)
    count = desk.register.archive.erase(replaced, ALICE, MANAGER)
    assert count == 1
    names = [row.state.name for row in desk.register.archive.of(person.number)]
    assert names == ["一　度", "二　度"]
    others = {row.record for row in desk.register.archive.all()}
    assert len(others) == len(list(desk.register.books.all()))


def test_nothing_goes_by_itself_however_old(desk):
    """R-211: no purge of the register but by an order that a manager approved."""
    person = desk.single()
    renamed(desk, person, "一　度")
    kept = len(list(desk.register.archive.all()))
    in_years(desk, 400)
    desk.register.departures.settle()
    desk.register.inward.expire()
    assert len(list(desk.register.archive.all())) == kept
    for approval in (None, Approval("alice", "P-1"), Approval("carol", "")):
        with pytest.raises(NotAllowed):
            desk.register.archive.erase(desk.now, ALICE, approval)
    assert len(list(desk.register.archive.all())) == kept


def test_a_removed_persons_last_state_stays(desk):
    """R-212, at the register: number and record of a dead person outlast the order."""
    person = desk.single()
    desk.do(forms.Death(basis=desk.notice(), record=person.number, died_on=desk.today))
    died = desk.now
    in_years(desk, 150)
    assert desk.register.archive.erase(died, ALICE, MANAGER) == 1
    gone = desk.register.archive.removed(person.number)
    assert gone.individual_number == person.individual_number
    assert len(desk.register.archive.of(person.number)) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM history WHERE number = 1",
        "DELETE FROM history",
        "UPDATE history SET body = x''",
        "DELETE FROM records",
        "INSERT INTO erasures (reference, approved_by, operator, at, until)"
        " VALUES ('P', 'c', 'a', '2026-04-02T00:00:00Z', '1900-04-02T00:00:00Z')",
    ],
)
def test_the_store_itself_keeps_the_history(desk, sql):
    """Whatever program asks: rows are neither erased nor rewritten."""
    renamed(desk, desk.single(), "一　度")
    with pytest.raises(Taken):
        desk.register.store.run(sql)


def test_years_are_counted_on_the_calendar():
    leap = datetime(2160, 2, 29, tzinfo=UTC)
    before = archive.years_before(leap, archive.KEPT_YEARS)
    assert before == datetime(2010, 2, 28, tzinfo=UTC)
