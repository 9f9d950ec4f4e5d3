# SPDX-License-Identifier: Apache-2.0
"""The online application function: residents send, their city's register fetches."""

import pytest

from schemas.systems import EXISTING, SYSTEMS
from simulators.city.portal import SERVICES, Portal
from tests.simulators.city.office import CITY, OTHER_CITY, code_of, given, real, sender

CARD = "0A1B2C"
FIELDS = {
    "name": "髙橋　花子",
    "date_of_birth": "1990-05-05",
    "new_address": "埼玉県熊谷市見本町２番地",
    "move_on": "2026-04-10",
    "telephone": "000-0000-0000",
}


@pytest.fixture
def portal() -> Portal:
    return Portal("DA0000", given())


def send(portal: Portal, to: str = CITY, **changes: str) -> int:
    return portal.send("move_out", to, {**FIELDS, **changes}, CARD)


def test_a_resident_finds_services_by_a_word(portal):
    assert {one.kind for one in portal.services("転出")} == {"move_out"}
    assert len(portal.services("引越し")) == len(SERVICES)
    assert portal.services("なし") == ()


def test_a_city_fetches_what_was_sent_to_it_and_nothing_else(portal):
    """R-022."""
    mine, _ = send(portal), send(portal, OTHER_CITY)
    (found,) = portal.fetch(sender())
    assert (found.number, found.kind, found.fields) == (mine, "move_out", FIELDS)


def test_it_fetches_from_where_it_stopped(portal):
    first, second = send(portal), send(portal)
    assert [one.number for one in portal.fetch(sender())] == [first, second]
    assert [one.number for one in portal.fetch(sender(), first)] == [second]


@pytest.mark.parametrize("role", sorted(SYSTEMS - {EXISTING}))
def test_only_the_existing_resident_system_takes_applications_in(portal, role):
    """R-022."""
    send(portal)
    assert code_of(lambda: portal.fetch(sender(role))) == "SK-M05"
    assert code_of(lambda: portal.settle(sender(role), 1, "accepted")) == "SK-M05"
    assert len(portal.history.events(what="refused")) == 2
    assert portal.standing(1, CARD) == "sent"


def test_the_applicant_sees_what_it_came_to(portal):
    number = send(portal)
    assert portal.standing(number, CARD) == "sent"
    portal.fetch(sender())
    assert portal.standing(number, CARD) == "fetched"
    portal.settle(sender(), number, "accepted")
    assert portal.standing(number, CARD) == "accepted"


def test_nobody_else_does(portal):
    number = send(portal)
    assert code_of(lambda: portal.standing(number, "FF")) == "SK-Y07"


@pytest.mark.parametrize(
    ("by", "outcome"),
    [
        (sender(), "perhaps"),
        (sender(organisation=OTHER_CITY), "accepted"),
    ],
)
def test_what_cannot_be_its_outcome_is_refused(portal, by, outcome):
    number = send(portal)
    portal.fetch(sender())
    assert code_of(lambda: portal.settle(by, number, outcome)) in ("SK-Y11", "SK-Y12")
    assert portal.standing(number, CARD) == "fetched"


def test_it_is_settled_once_and_after_it_was_fetched(portal):
    number = send(portal)
    assert code_of(lambda: portal.settle(sender(), number, "accepted")) == "SK-Y12"
    portal.fetch(sender())
    portal.settle(sender(), number, "accepted")
    assert code_of(lambda: portal.settle(sender(), number, "refused")) == "SK-Y12"


@pytest.mark.parametrize(
    "work",
    [
        lambda p: p.send("marry", CITY, FIELDS, CARD),
        lambda p: p.send("move_out", CITY, {**FIELDS, "individual_number": "1"}, CARD),
        lambda p: p.send("move_out", CITY, {"name": "x"}, CARD),
        lambda p: p.send("move_out", "x", FIELDS, CARD),
        lambda p: p.send("move_out", CITY, FIELDS, "x"),
        lambda p: send(p, move_on="tomorrow"),
        lambda p: send(p, name=""),
        lambda p: send(p, telephone=real()),
    ],
    ids=["kind", "field", "missing", "city", "card", "date", "empty", "a number"],
)
def test_a_form_is_filled_in_as_it_is_or_not_sent(portal, work):
    assert code_of(lambda: work(portal)) == "SK-Y11"
    assert portal.fetch(sender()) == ()


def test_an_application_does_not_show_itself(portal):
    send(portal)
    assert "花子" not in repr(portal.fetch(sender()))
    assert "花子" not in repr(portal.history.events())
