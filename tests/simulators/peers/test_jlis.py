# SPDX-License-Identifier: Apache-2.0
"""J-LIS: individual numbers, each once; inquiries; codes asked of the core."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.identifiers import Realm, individual_number_is_valid
from schemas.number_messages import (
    IndividualNumberGenerationRequest,
    PersonalIdentifierCodeRequest,
)
from schemas.people import FourItems, SearchKey
from schemas.search_messages import JlisIdentityInformationInquiry
from simulators.peers.errors import NotTaken
from simulators.peers.jlis import Jlis
from simulators.peers.persons import PersonFile
from simulators.peers.store import Store
from simulators.peers.system import Told
from tests.simulators.peers.desk import (
    CITY,
    CORE,
    JLIS,
    NATIONAL,
    NEIGHBOUR,
    SECOND,
    Desk,
    Time,
    code,
    number,
    person,
)

RESPONSE = "individual_number_generation_response"
ISSUE = "personal_identifier_code_issue_request"
ONE = person(1)


def asks(body=1, request="R1", occasion="first") -> IndividualNumberGenerationRequest:
    return IndividualNumberGenerationRequest(
        request_management_number=request,
        resident_record_code=code(body),
        occasion=occasion,
    )


def numbers(desk: Desk, *requests) -> list[str]:
    """The numbers that the city is given for these."""
    ear = desk.listen(CITY, RESPONSE)
    for one in requests:
        desk.time.ahead += SECOND
        assert desk.tell(CITY, JLIS, one) == "receipt"
        desk[JLIS].settle()
    desk.stop(CITY)
    return [one.value.individual_number for one in ear.heard]


# --- numbers -------------------------------------------------------------------------


def test_a_number_is_made_and_answered_by_a_message_of_its_own(desk):
    ear = desk.listen(CITY, RESPONSE)
    desk.play(JLIS)
    assert desk.tell(CITY, JLIS, asks()) == "receipt"
    desk[JLIS].settle()
    (told,) = ear.heard
    assert told.sender == JLIS
    assert told.value.request_management_number == "R1"
    assert told.value.resident_record_code == code(1)
    assert individual_number_is_valid(told.value.individual_number, Realm.SIMULATION)
    assert not individual_number_is_valid(told.value.individual_number, Realm.STANDARD)
    assert desk.kinds(JLIS) == ["received made"]


def test_the_same_request_gets_the_same_number(desk):
    desk.play(JLIS)
    first, again = numbers(desk, asks(), asks())
    assert first == again
    assert desk.hand(JLIS).count()["numbers"] == 1


def test_a_person_has_one_number_and_a_change_makes_another(desk):
    desk.play(JLIS)
    first, again, changed, after = numbers(
        desk,
        asks(),
        asks(request="R2"),
        asks(request="R3", occasion="change"),
        asks(request="R4"),
    )
    assert first == again
    assert changed != first
    assert after == changed


def test_somebody_whom_the_national_server_knows_keeps_the_number(desk):
    desk.play(NATIONAL, JLIS)
    desk.hand(NATIONAL).load([(ONE, "102024")])
    assert numbers(desk, asks()) == [ONE.individual_number]


def test_a_request_number_stands_for_one_person(desk):
    desk.play(JLIS)
    assert desk.tell(CITY, JLIS, asks()) == "receipt"
    assert desk.tell(CITY, JLIS, asks(body=2)) == "SK-M09"
    assert desk.tell(NEIGHBOUR, JLIS, asks(body=2)) == "receipt"


def jlis(token_bytes, *people) -> Jlis:
    store = Store(None)
    persons = PersonFile(store)
    persons.load([(one, "102024") for one in people], told=0)
    return Jlis(store, persons, CORE, token_bytes)


def made(system: Jlis, one) -> str:
    now = Time()()
    taken = system.takes["individual_number_generation_request"](
        Told(one, b"", CITY, now, now)
    )
    return taken.owed[0].payload.individual_number


@given(st.lists(st.integers(0, 5), min_size=1, max_size=8))
def test_no_number_is_made_twice_however_often_it_is_drawn(drawn):
    """Draws repeat; numbers do not, and none that somebody has is made."""
    taken = person(3)
    left = iter([*drawn, *range(6, 30)])
    system = jlis(lambda size: next(left).to_bytes(size, "big"), taken)
    found = [made(system, asks(body=100 + n, request=f"R{n}")) for n in range(8)]
    assert len(set(found)) == len(found)
    assert taken.individual_number not in found


@given(st.binary(min_size=16, max_size=16))
def test_every_number_carries_the_simulations_check_digit(drawn):
    found = made(jlis(lambda _: drawn), asks())
    assert individual_number_is_valid(found, Realm.SIMULATION)


# --- inquiries -----------------------------------------------------------------------


def inquiry(**key) -> JlisIdentityInformationInquiry:
    return JlisIdentityInformationInquiry(key=SearchKey(**key))


@pytest.mark.parametrize(
    "key",
    [
        {"resident_record_code": code(1)},
        {"individual_number": number(1)},
        {"four_items": FourItems(kanji_name=ONE.kanji_name, address=ONE.address)},
    ],
)
def test_an_inquiry_gets_the_one_person_whom_its_key_fits(desk, key):
    desk.play(NATIONAL, JLIS)
    desk.hand(NATIONAL).load((person(n), "102024") for n in range(1, 9))
    asked = inquiry(**key)
    answer = desk.ask(CITY, JLIS, asked)
    assert answer.key == asked.key
    assert answer.person == ONE


def test_a_key_that_fits_several_or_nobody_gets_nobody(desk):
    desk.play(NATIONAL, JLIS)
    twins = [person(n, kanji_name="同　名", address="同所") for n in (1, 2)]
    desk.hand(NATIONAL).load((one, "102024") for one in twins)
    items = FourItems(kanji_name="同　名", address="同所")
    assert desk.ask(CITY, JLIS, inquiry(four_items=items)).person is None
    assert desk.ask(CITY, JLIS, inquiry(individual_number=number(9))).person is None


def test_an_inquiry_by_one_item_is_refused(desk):
    desk.play(JLIS)
    items = FourItems(kanji_name="同　名", sex="1")
    assert desk.ask(CITY, JLIS, inquiry(four_items=items)) == "SK-J01"


def test_what_the_national_server_is_told_jlis_answers_at_once(desk):
    """One organisation runs both; there is one file."""
    desk.play(NATIONAL, JLIS)
    asked = inquiry(resident_record_code=code(1))
    assert desk.ask(CITY, JLIS, asked).person is None
    desk.hand(NATIONAL).load([(ONE, "102024")])
    assert desk.ask(CITY, JLIS, asked).person == ONE


# --- codes ---------------------------------------------------------------------------

NUMBER = bytes(range(16))


def for_a_code(one=ONE) -> PersonalIdentifierCodeRequest:
    return PersonalIdentifierCodeRequest(
        processing_number=NUMBER, individual_number=one.individual_number
    )


def test_the_core_is_asked_by_record_code_and_never_by_number(desk):
    core = desk.listen(CORE, ISSUE)
    desk.play(NATIONAL, JLIS)
    desk.hand(NATIONAL).load([(ONE, "102024")])
    assert desk.tell(CITY, JLIS, for_a_code()) == "receipt"
    desk[JLIS].settle()
    (told,) = core.heard
    assert told.sender == JLIS
    assert told.value.processing_number == NUMBER
    assert told.value.organisation == CITY.organisation
    assert told.value.resident_record_code == ONE.resident_record_code
    assert ONE.individual_number.encode() not in told.payload
    (left,) = [o for o in desk.history(JLIS) if o["kind"] == "receipted"]
    assert left["processing_number"] == "", "it is not in the header, which is kept"


def test_a_number_that_was_just_made_has_its_person_too(desk):
    core = desk.listen(CORE, ISSUE)
    desk.play(JLIS)
    (fresh,) = numbers(desk, asks(body=5))
    desk.tell(CITY, JLIS, for_a_code(replace(ONE, individual_number=fresh)))
    desk[JLIS].settle()
    assert [one.value.resident_record_code for one in core.heard] == [code(5)]


def test_a_number_that_leaked_and_was_changed_names_nobody(desk):
    core = desk.listen(CORE, ISSUE)
    desk.play(JLIS)
    old, _ = numbers(desk, asks(), asks(request="R2", occasion="change"))
    desk.tell(CITY, JLIS, for_a_code(replace(ONE, individual_number=old)))
    desk[JLIS].settle()
    assert core.heard == []
    assert desk.kinds(JLIS)[-1] == "received nobody has this number"


def test_nothing_that_jlis_writes_down_holds_a_number(desk):
    desk.play(JLIS)
    (fresh,) = numbers(desk, asks())
    told = json.dumps(desk.history(JLIS))
    assert fresh not in told
    assert code(1) not in told


def test_not_taken_says_its_code_and_nothing_of_a_person():
    assert str(NotTaken("SK-M09")).startswith("('SK-M09'")
