# SPDX-License-Identifier: Apache-2.0
"""The client library, by itself: what it asks, what it tells, what it tries again."""

import pytest

from client.errors import (
    BadParameter,
    NotAdmitted,
    NotInTime,
    NotReached,
    NotUnderstood,
    Refused,
    TooLarge,
    Unavailable,
    Unknown,
)
from client.values import Ended, HandedIn
from schemas.xml import MAX_PAYLOAD
from tests.client.fake import (
    ANSWER,
    INQUIRY,
    NOTICE,
    PROVISION,
    QUESTION,
    UPDATE,
    Clock,
    FakeStation,
    inside,
    lost,
    reply,
)

ID = bytes(range(16))


@pytest.fixture
def station():
    return FakeStation()


def always(answer):
    return lambda method, target: answer


def test_a_payload_is_handed_in_for_a_municipality_under_an_id_of_its_own(station):
    handed = inside(station).hand_in(NOTICE, to="102016", operator="s1")
    ((target, body),) = station.taken
    said = f"?to=102016&submission={handed.submission.hex()}&operator=s1"
    assert (target, body) == (f"/v1/inside/messages{said}", NOTICE)


def test_a_link_lost_behind_the_post_costs_a_second_post_and_no_second_message(station):
    station.after = lost(1)
    handed = inside(station).hand_in(UPDATE)
    assert len(station.asked) == 2
    assert len({target for _, target in station.asked}) == 1
    assert len(station.taken) == 1
    assert handed.message_id == bytes(16)


def test_every_hand_in_has_another_id(station):
    hands = inside(station)
    assert hands.hand_in(UPDATE).submission != hands.hand_in(UPDATE).submission
    assert len(station.taken) == 2


def test_a_refusal_has_code_rule_words_and_what_to_do(station):
    station.refuse = lambda _: "SK-J03"
    with pytest.raises(Refused) as refused:
        inside(station).hand_in(UPDATE)
    told = refused.value.told
    assert told.code == "SK-J03"
    assert all((told.rules, told.text_ja, told.text_en, told.what_to_do))
    assert len(station.asked) == 1, "a refusal is no reason to try again"


def test_a_station_that_is_away_is_asked_until_patience_ends(station):
    clock = Clock()
    station.trouble = lost(*range(1, 1000))
    with pytest.raises(NotReached):
        inside(station, clock).hand_in(UPDATE)
    assert 60 <= clock.passed < 62
    assert 8 < len(station.asked) < 20, "each wait is longer than the one before"


def test_a_station_that_cannot_write_is_asked_again(station):
    answers = iter([reply(503), None])
    station.trouble = lambda *_: next(answers)
    assert inside(station).hand_in(UPDATE).message_id is not None


def test_a_station_that_never_can_write_is_told_apart(station):
    station.trouble = always(reply(503))
    with pytest.raises(Unavailable):
        inside(station).arrivals()


def test_who_is_not_admitted_does_not_knock_again(station):
    def turned_away(*_):
        raise NotAdmitted("made up")

    station.trouble = turned_away
    with pytest.raises(NotAdmitted):
        inside(station).hand_in(UPDATE)
    assert len(station.asked) == 1


@pytest.mark.parametrize(
    "to", ["10201", "102016&to=102024", "１０２０１６", "102016\r\n"]
)
def test_a_municipality_that_says_more_than_one_thing_is_not_sent(station, to):
    with pytest.raises(BadParameter):
        inside(station).hand_in(NOTICE, to=to)
    assert not station.asked


def test_a_payload_over_the_limit_is_not_sent(station):
    with pytest.raises(TooLarge):
        inside(station).hand_in(b"x" * (MAX_PAYLOAD + 1))
    assert not station.asked


@pytest.mark.parametrize(
    "answer",
    [
        reply(202, b"<html>login</html>"),
        reply(202, b""),
        reply(202, UPDATE[:-9]),
        reply(302),
        reply(500),
    ],
)
def test_an_answer_that_is_none_of_the_protocol_is_not_understood(station, answer):
    station.trouble = always(answer)
    with pytest.raises(NotUnderstood):
        inside(station).hand_in(UPDATE)


# -- what became of it -----------------------------------------------------------------


def test_the_answer_to_a_question_comes_with_its_end(station):
    hands = inside(station)
    assert hands.wait(hands.hand_in(QUESTION), 10) == Ended("delivered", "", ANSWER)


def test_a_message_without_an_answer_ends_delivered(station):
    station.answers = False
    hands = inside(station)
    assert hands.wait(hands.hand_in(UPDATE), 10) == Ended("delivered", "")


def test_an_inquiry_ends_with_what_was_provided(station):
    hands = inside(station)
    ended = hands.wait(hands.hand_in(INQUIRY), 10)
    assert ended == Ended("provided", "", PROVISION)


def test_what_was_answered_at_once_needs_no_second_question(station):
    handed = HandedIn(ID, answer=ANSWER)
    assert inside(station).wait(handed, 10) == Ended("answered", "", ANSWER)
    assert not station.asked


def test_waiting_has_an_end_where_the_answer_has_none(station):
    clock = Clock()
    station.state = "waiting"
    with pytest.raises(NotInTime):
        inside(station, clock).wait(HandedIn(ID, message_id=ID), 30)
    assert 30 <= clock.passed < 31


def test_what_the_station_does_not_know_is_unknown(station):
    station.trouble = always(reply(404))
    with pytest.raises(Unknown):
        inside(station).status(ID)
    with pytest.raises(Unknown):
        inside(station).inquiry(ID)


# -- what arrives ----------------------------------------------------------------------


def test_an_arrival_is_listed_fetched_and_acknowledged(station):
    station.waiting[ID.hex()] = ("move_in_notice", NOTICE)
    hands = inside(station)
    (arrival,) = hands.arrivals()
    assert (arrival.message_type, arrival.sender) == (
        "move_in_notice",
        "102016/municipal_cs",
    )
    assert hands.fetch(arrival.message_id) == NOTICE
    assert hands.acknowledge(arrival.message_id)
    assert not hands.arrivals()


def test_an_arrival_that_is_gone_is_unknown_and_cannot_be_acknowledged(station):
    hands = inside(station)
    station.acknowledged.append(ID.hex())
    with pytest.raises(Unknown):
        hands.fetch(ID)
    assert not hands.acknowledge(ID)


def test_a_list_with_a_strange_line_is_not_understood(station):
    station.trouble = always(reply(200, b"../../etc/passwd x y\n", "text/plain"))
    with pytest.raises(NotUnderstood):
        inside(station).arrivals()


def test_nothing_that_was_answered_shows_in_a_repr(station):
    hands = inside(station)
    ended = hands.wait(hands.hand_in(INQUIRY), 10)
    handed = HandedIn(ID, answer=ANSWER)
    assert "<" not in f"{ended!r}{handed!r}"
