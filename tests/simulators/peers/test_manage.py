# SPDX-License-Identifier: Apache-2.0
"""Faults on demand, and management under a station's own keys and no others."""

import pytest

from protocols.errors import AnswerInvalid
from protocols.identifiers import Realm
from schemas.people import SearchKey
from schemas.search_messages import IdentityInformationSearchRequest
from simulators.peers.errors import BadRequest
from simulators.peers.faults import Setting
from simulators.web import LinkFailed
from tests.simulators.peers.desk import (
    CITY,
    NATIONAL,
    NEIGHBOUR,
    PREFECTURE,
    code,
    notice,
    number,
    person,
)

ONE = person(1)
TOLD = notice(ONE)
ASKED = IdentityInformationSearchRequest(key=SearchKey(resident_record_code=code(1)))


# --- faults --------------------------------------------------------------------------


def test_the_next_two_are_refused_and_the_third_is_not(desk):
    desk.play(PREFECTURE)
    desk.hand(PREFECTURE).fault(refuse=2, code="SK-M06")
    told = [desk.tell(CITY, PREFECTURE, TOLD) for _ in range(3)]
    assert told == ["SK-M06", "SK-M06", "receipt"]


def test_an_answer_with_another_key_is_believed_by_nobody(desk):
    desk.play(PREFECTURE)
    desk.hand(PREFECTURE).fault(other_key=1)
    packed = desk.write(CITY, PREFECTURE, TOLD)
    with pytest.raises(AnswerInvalid):
        desk.answer(packed, PREFECTURE)
    assert desk.answer(packed, PREFECTURE).message_id == packed.header.message_id


def test_nor_is_a_reply_or_a_refusal(desk):
    desk.play(NATIONAL)
    desk.hand(NATIONAL).fault(other_key=2)
    with pytest.raises(AnswerInvalid):
        desk.ask(CITY, NATIONAL, ASKED)
    with pytest.raises(AnswerInvalid):
        desk.tell(CITY, NATIONAL, TOLD)


def test_a_lost_answer_comes_with_the_next_try_and_all_was_done_once(desk):
    desk.play(PREFECTURE)
    desk.hand(PREFECTURE).fault(lose=1)
    packed = desk.write(CITY, PREFECTURE, TOLD)
    with pytest.raises(LinkFailed):
        desk.answer(packed, PREFECTURE)
    assert desk.answer(packed, PREFECTURE).message_id == packed.header.message_id
    assert desk.kinds(PREFECTURE) == ["received new", "repeated"]


def test_answers_are_held_back_for_as_long_as_was_said(desk):
    desk.play(PREFECTURE)
    desk.hand(PREFECTURE).fault(late=1, seconds=7.5)
    assert desk.tell(CITY, PREFECTURE, TOLD) == "receipt"
    desk.tell(CITY, PREFECTURE, TOLD)
    assert desk.waited == [7.5]


def test_an_answer_about_somebody_else_repeats_the_key_all_the_same(desk):
    desk.play(NATIONAL)
    people = [(person(n), "102024") for n in (1, 2)]
    hand = desk.hand(NATIONAL)
    hand.load(people)
    hand.fault(another_person=1)
    wrong = desk.ask(CITY, NATIONAL, ASKED)
    assert wrong.key == ASKED.key
    assert wrong.persons == (person(2),)
    assert desk.ask(CITY, NATIONAL, ASKED).persons == (ONE,)


def test_a_peer_that_is_down_answers_management_alone(desk):
    desk.play(PREFECTURE)
    hand = desk.hand(PREFECTURE)
    hand.fault(down=True)
    with pytest.raises(LinkFailed):
        desk.tell(CITY, PREFECTURE, TOLD)
    hand.well()
    assert desk.tell(CITY, PREFECTURE, TOLD) == "receipt"
    assert desk.kinds(PREFECTURE) == ["received new"]


def test_one_municipality_is_isolated_and_the_others_go_on(desk):
    """And it stays so when the server starts again (S7)."""
    desk.play(PREFECTURE)
    desk.hand(PREFECTURE).isolate(CITY.organisation)
    desk.stop(PREFECTURE)
    desk.play(PREFECTURE)
    packed = desk.write(CITY, PREFECTURE, TOLD)
    assert desk.peer(CITY).post(packed).status == 403
    assert desk.tell(NEIGHBOUR, PREFECTURE, notice(person(2))) == "receipt"
    desk.hand(PREFECTURE).isolate(CITY.organisation, isolated=False)
    assert desk.tell(CITY, PREFECTURE, TOLD) == "receipt"


@pytest.mark.parametrize(
    "faults", [{"refuse": -1}, {"code": "SK-L01"}, {"nothing": 1}, {"seconds": 1e9}]
)
def test_a_fault_that_cannot_be_is_refused(desk, faults):
    desk.play(PREFECTURE)
    with pytest.raises(BadRequest):
        desk.hand(PREFECTURE).fault(**faults)


# --- management ----------------------------------------------------------------------


def test_only_the_stations_own_certificate_manages_it(desk):
    desk.play(PREFECTURE)
    for other in (CITY, NATIONAL):
        client = desk.peer(other).client(PREFECTURE)
        assert client.get("/v1/manage/history").status == 403
        assert client.post("/v1/manage/faults", "application/json", b"{}").status == 403
        client.close()
    assert desk.kinds(PREFECTURE) == []


def test_the_history_is_told_from_any_line_on(desk):
    desk.play(PREFECTURE)
    for body in range(3):
        desk.tell(CITY, PREFECTURE, notice(person(body)))
    hand = desk.hand(PREFECTURE)
    told = [one["seq"] for one in hand.history()]
    assert told == list(range(1, len(told) + 1))
    assert next(hand.history(after=2))["seq"] == 3


def test_what_is_kept_and_owed_is_counted(desk):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, TOLD)
    counted = {"persons": 1, "waiting": 1, "refused": 0}
    assert desk.hand(PREFECTURE).count() == counted


def test_people_are_loaded_and_found_again(desk):
    desk.play(NATIONAL)
    hand = desk.hand(NATIONAL)
    assert hand.load((person(n), "102024") for n in range(5000)) == 5000
    found = hand.look("persons", {"resident_record_code": code(4321)})
    assert [one["kanji_name"] for one in found] == [person(4321).kanji_name]


def test_people_with_numbers_of_the_real_realm_are_not_loaded(desk):
    desk.play(NATIONAL)
    real = person(1, individual_number=number(1, Realm.STANDARD))
    hand = desk.hand(NATIONAL)
    with pytest.raises(BadRequest, match="line 2: SK-X04"):
        hand.load([(person(2), "102024"), (real, "102024")])
    assert hand.count()["persons"] == 0


BAD = {
    "people": b"\xff",
    "faults": b"[",
    "isolate": b"{}",
    "look/nobody": b"{}",
    "look/persons": b'{"resident_record_code": 7}',
    "nothing": b"{}",
}


@pytest.mark.parametrize("path", BAD)
def test_what_management_does_not_understand_changes_nothing(desk, path):
    desk.play(PREFECTURE)
    client = desk.peer(PREFECTURE).client(PREFECTURE)
    reply = client.post(f"/v1/manage/{path}", "application/json", BAD[path])
    client.close()
    assert reply.status in (400, 404)
    assert desk[PREFECTURE].faults.now == Setting()
    assert desk.hand(PREFECTURE).count()["persons"] == 0
