# SPDX-License-Identifier: Apache-2.0
"""Accounts at the register: rights by business, reviews, contractors, operations."""

from datetime import timedelta

import pytest

from simulators.register.errors import NotAllowed
from simulators.register.service.doing import ACTS
from simulators.register.staff import (
    CONTRACT,
    MANAGER,
    REVIEW_EVERY,
    RIGHTS,
    UNUSED,
)
from simulators.register.store import Taken
from tests.simulators.register.service.lone import ALICE, Lone

SECRET = "a secret of the simulation"
PLACE = "T-HALL"


class Staffed:
    """A register whose first account is carol's, the operator manager."""

    def __init__(self, lone: Lone) -> None:
        self.lone = lone
        lone.done(
            "staff/enrol",
            person="carol",
            business=MANAGER,
            secret=SECRET,
            by={"name": "carol"},
        )
        self.carol = self.session("carol")

    def session(self, person, terminal="T-01"):
        told = {"person": person, "secret": SECRET, "terminal": terminal}
        reply = self.lone.ask("staff/login", told)
        assert reply.status == 200, reply.body
        return self.lone.register.store.value(
            "SELECT token FROM sessions WHERE person = ? ORDER BY rowid DESC", person
        )

    def manage(self, name, **body):
        reply = self.lone.ask(f"staff/{name}", {"session": self.carol, **body})
        assert reply.status == 200, reply.body

    def member(self, person, business, *rights):
        """Somebody with an account, these rights, and a session."""
        self.manage("enrol", person=person, business=business, secret=SECRET)
        for right in rights:
            self.manage("grant", person=person, right=right, application="A-1")
        return self.session(person, PLACE)


@pytest.fixture
def staffed(lone):
    return Staffed(lone)


def test_a_register_without_accounts_takes_people_at_their_word(lone):
    assert lone.done("staff/review") == {"unused": [], "beyond": []}


def test_once_there_are_accounts_a_session_is_needed(staffed):
    body = {"query": {"name": "x"}, "purpose": "counter"}
    for given in ({"by": ALICE}, {}, {"session": "00" * 16}, {"session": 7}):
        kind, _ = staffed.lone.refused("search", **body, **given)
        assert kind == "NotAllowed"


@pytest.mark.parametrize("business", RIGHTS)
def test_a_right_outside_the_table_for_a_business_is_not_given(staffed, business):
    """R-181, for every business and every right that there is."""
    if business == CONTRACT:
        staffed.manage("workers", people=["dave"], reference="LIST-1")
    staffed.manage("enrol", person="dave", business=business, secret=SECRET)
    granted = set()
    for right in sorted({act.right for act in ACTS.values()} - {""}):
        body = {"person": "dave", "right": right, "application": "A-1"}
        reply = staffed.lone.ask("staff/grant", {"session": staffed.carol, **body})
        if reply.status == 200:
            granted.add(right)
    assert granted == RIGHTS[business]


def test_a_right_is_given_on_an_application_and_never_to_oneself(staffed):
    """R-181."""
    staffed.manage("enrol", person="dave", business="counter", secret=SECRET)
    body = {"person": "dave", "right": "search", "session": staffed.carol}
    kind, reasons = staffed.lone.refused("staff/grant", **body)
    assert (kind, reasons) == ("EntryRefused", {("application", "missing")})
    with pytest.raises(NotAllowed):
        staffed.lone.register.staff.grant("carol", "audit", "A-1", "carol")


def test_every_act_needs_a_right_that_some_business_has():
    needed = {act.right for act in ACTS.values()} - {""}
    assert needed == set().union(*RIGHTS.values())


def test_each_act_is_open_to_those_who_have_its_right(staffed):
    session = staffed.member("dave", "counter", "search")
    person = staffed.lone.desk.single()
    query = {"name": person.name, "born": person.born.isoformat()}
    body = {"query": query, "purpose": "counter", "session": session}
    assert staffed.lone.ask("search", body).status == 200
    card = {"serial": "C-1", "event": "returned", "session": session}
    assert staffed.lone.refused("cards/event", **card)[0] == "NotAllowed"


def test_whoever_leaves_is_out_at_once_and_in_the_ledger(staffed):
    session = staffed.member("dave", "counter", "search")
    staffed.manage("revoke", person="dave")
    body = {"query": {"name": "x"}, "purpose": "counter", "session": session}
    assert staffed.lone.refused("search", **body)[0] == "NotAllowed"
    told = {"person": "dave", "secret": SECRET, "terminal": "T-01"}
    assert staffed.lone.refused("staff/login", **told)[0] == "NotAllowed"
    last = staffed.lone.look("staff")[-1]
    assert last == {"person": "dave", "what": "revoked", "by": "carol"}


@pytest.mark.parametrize("wrong", ["person", "secret"])
def test_a_wrong_login_says_nothing_about_what_was_wrong(staffed, wrong):
    told = {"person": "carol", "secret": SECRET, "terminal": "T-01", wrong: "x"}
    reply = staffed.lone.ask("staff/login", told)
    assert reply.status == 403
    assert b"nobody is logged in who may do this" in reply.body


# -- R-187 -------------------------------------------------------------------------


def test_a_review_lists_ids_that_nobody_uses(staffed):
    """R-187."""
    staffed.member("dave", "counter", "search")
    staffed.lone.desk.now += UNUSED
    staffed.session("dave")
    staffed.lone.desk.now += timedelta(seconds=1)
    found = staffed.lone.register.staff.review("carol")
    assert found.unused == ("carol",)
    staffed.manage("revoke", person="dave")
    staffed.lone.desk.now += UNUSED
    found = staffed.lone.register.staff.review("carol")
    assert found.unused == ("carol",), "whose account was taken away is none"


def test_a_review_lists_rights_that_the_business_does_not_need(staffed):
    """R-187: as when the table of rights was made narrower."""
    staffed.member("dave", "counter", "search")
    store = staffed.lone.register.store
    store.run("INSERT INTO rights VALUES ('dave', 'extract', 'A-0')")
    found = staffed.lone.register.staff.review("carol")
    assert found.beyond == (("dave", "extract"),)
    staffed.manage("withdraw", person="dave", right="extract")
    assert staffed.lone.register.staff.review("carol").beyond == ()


def test_a_review_that_is_overdue_is_a_warning_until_it_is_made(staffed):
    """R-187."""

    def overdue():
        return staffed.lone.look("status")["review_is_overdue"]

    staffed.lone.desk.now += REVIEW_EVERY
    assert not overdue()
    staffed.lone.desk.now += timedelta(seconds=1)
    assert overdue()
    staffed.manage("review")
    assert not overdue()
    assert staffed.lone.desk.happened("ids reviewed") == 1


# -- contractors: R-248, R-254 -----------------------------------------------------


def contractor(staffed):
    staffed.manage("workers", people=["erin"], reference="LIST-1")
    staffed.manage("places", terminal=PLACE, place="city hall")
    return staffed.member("erin", CONTRACT, "batch")


def test_a_name_that_is_not_on_the_contractors_list_gets_no_account(staffed):
    """R-248."""
    body = {"person": "erin", "business": CONTRACT, "secret": SECRET}
    told = staffed.lone.refused("staff/enrol", session=staffed.carol, **body)
    assert told == ("NotAllowed", set())
    assert contractor(staffed)


def test_a_contractor_works_at_the_named_places_alone(staffed):
    """R-254."""
    assert contractor(staffed)
    told = {"person": "erin", "secret": SECRET, "terminal": "T-HOME"}
    assert staffed.lone.refused("staff/login", **told)[0] == "NotAllowed"
    body = {"terminal": "T-HOME", "place": "home", "session": staffed.carol}
    assert staffed.lone.refused("staff/places", **body)[0] == "EntryRefused"


def test_a_contractor_can_take_nothing_out(staffed):
    """R-254: no right of the contract leads to persons, and none can be added."""
    session = contractor(staffed)
    out = {
        "extraction": {"name": "X"},
        "backup": {"name": "X", "reason": "X"},
        "search": {"query": {"name": "x"}, "purpose": "x"},
        "certificates": {"application": {}},
        "old/search": {"query": {"name": "x"}, "purpose": "x"},
        "old/certificates": {"application": {}},
        "supplement": {"resident_record_code": "1", "purpose": "x"},
        "foreign/output": {},
        "entries/show": {"entry": 1},
    }
    for name, body in out.items():
        assert ACTS[name].right not in RIGHTS[CONTRACT]
        told = staffed.lone.refused(name, session=session, **body)
        assert told == ("NotAllowed", set())


# -- operations: R-190 -------------------------------------------------------------


def test_each_act_leaves_a_row_with_who_where_and_how_it_ended(lone):
    """R-190."""
    person = lone.desk.single()
    query = {"name": person.name, "born": person.born.isoformat()}
    lone.done("search", query=query, purpose="counter")
    lone.refused("search", query={"name": "x"}, purpose="counter", by=ALICE)
    found = lone.register.operations.find()
    rows = [(one.person, one.terminal, one.act, one.outcome) for one in found]
    assert rows == [
        ("alice", "T-01", "search", "done"),
        ("alice", "T-01", "search", "refused"),
    ]
    assert found[0].records == (person.number,)


def test_operations_are_found_by_staff_by_person_and_by_time(lone):
    """R-190."""
    one, other = lone.desk.family()[:2]
    for record, name in ((one, "alice"), (other, "bob")):
        query = {"resident_record_code": record.resident_record_code}
        lone.done("search", query=query, purpose="x", by={"name": name})
        lone.desk.now += timedelta(hours=1)
    find = lone.register.operations.find
    assert [row.person for row in find(person="bob")] == ["bob"]
    assert [row.person for row in find(record=one.number)] == ["alice"]
    late = lone.desk.now - timedelta(hours=1)
    assert [row.person for row in find(since=late)] == ["bob"]
    assert [row.person for row in find(until=late)] == ["alice"]
    asked = lone.done("operations", person="bob")["operations"]
    assert [row["act"] for row in asked] == ["search"]


def test_where_an_operation_cannot_be_recorded_it_is_not_done(lone):
    """R-190: the row comes first."""
    lone.register.store.run("DROP TABLE operations")
    before = lone.desk.fingerprint()
    kind, _ = lone.refused("codes", codes=[], by=ALICE)
    assert (kind, lone.desk.fingerprint()) == ("StoreFault", before)


def test_operations_are_never_erased(lone):
    lone.done("codes", codes=[])
    with pytest.raises(Taken):
        lone.register.store.run("DELETE FROM operations")
