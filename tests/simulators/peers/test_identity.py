# SPDX-License-Identifier: Apache-2.0
"""The prefectural and the national server: what they keep, pass on and answer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.people import ConfirmationKey, FourItems, SearchKey
from schemas.search_messages import (
    MAX_HITS,
    IdentityConfirmationRequest,
    IdentityInformationSearchRequest,
)
from tests.simulators.peers.desk import (
    CITY,
    DAY,
    FAR,
    FAR_PREFECTURE,
    NATIONAL,
    NEIGHBOUR,
    PREFECTURE,
    SECOND,
    Desk,
    code,
    notice,
    number,
    person,
)

ONE = person(1)
BORN = ONE.date_of_birth


def kept(desk: Desk, server=PREFECTURE, body: int = 1):
    return desk[server].system.persons.by_code(code(body))


def search(**key) -> IdentityInformationSearchRequest:
    return IdentityInformationSearchRequest(key=SearchKey(**key))


# --- updates -------------------------------------------------------------------------


def test_a_notice_is_kept_by_its_code_and_passed_on_unchanged(desk):
    desk.play(NATIONAL, PREFECTURE)
    assert desk.tell(CITY, PREFECTURE, notice(ONE)) == "receipt"
    desk[PREFECTURE].settle()
    assert kept(desk) == kept(desk, NATIONAL) == ONE
    assert desk.kinds(PREFECTURE) == ["received new"]
    assert desk.kinds(PREFECTURE, "out") == ["attempted", "receipted"]
    assert desk.kinds(NATIONAL) == ["received new"]
    assert desk.history(NATIONAL)[0]["peer"] == str(PREFECTURE)


def test_a_later_notice_changes_the_person(desk):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE))
    desk.time.ahead += SECOND
    desk.tell(CITY, PREFECTURE, notice(ONE, kanji_name="高崎　次郎"))
    assert kept(desk).kanji_name == "高崎　次郎"
    assert desk.kinds(PREFECTURE) == ["received new", "received changed"]


def test_an_older_notice_does_not_overwrite_and_is_not_passed_on(desk):
    desk.play(NATIONAL, PREFECTURE)
    late = desk.write(CITY, PREFECTURE, notice(ONE, kanji_name="高崎　旧"))
    desk.time.ahead += 5 * SECOND
    desk.tell(CITY, PREFECTURE, notice(ONE))
    desk.answer(late, PREFECTURE)
    desk[PREFECTURE].settle()
    assert kept(desk) == kept(desk, NATIONAL) == ONE
    assert "received older than what is kept" in desk.kinds(PREFECTURE)
    assert desk.kinds(NATIONAL) == ["received new"]


def test_the_municipality_that_was_left_does_not_take_away_who_moved_on(desk):
    desk.play(PREFECTURE)
    moved = replace(ONE, address="群馬県前橋市大手町1番地", change_date=DAY)
    desk.tell(CITY, PREFECTURE, notice(ONE, change_date=DAY - timedelta(days=9)))
    desk.time.ahead += SECOND
    desk.tell(NEIGHBOUR, PREFECTURE, notice(moved))
    desk.time.ahead += SECOND
    desk.tell(CITY, PREFECTURE, notice(ONE, change_reason="S04"))
    assert kept(desk) == moved
    assert desk.kinds(PREFECTURE)[-1] == "received moved on"


def test_a_notice_of_a_new_code_finds_the_person_by_the_number(desk):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE))
    desk.time.ahead += SECOND
    renamed = replace(ONE, resident_record_code=code(77), change_reason="S14")
    desk.tell(CITY, PREFECTURE, notice(renamed))
    assert kept(desk) is None
    assert kept(desk, body=77) == renamed


def test_a_municipality_of_another_prefecture_is_refused(desk):
    desk.play(PREFECTURE)
    assert desk.tell(FAR, PREFECTURE, notice(ONE)) == "SK-M05"
    assert desk.ask(FAR, PREFECTURE, search(resident_record_code=code(1))) == "SK-M05"
    assert kept(desk) is None


def test_what_the_national_server_missed_reaches_it_once_it_is_there(desk):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE))
    desk.time.ahead += SECOND
    desk.tell(CITY, PREFECTURE, notice(person(2)))
    desk[PREFECTURE].settle()
    assert desk.hand(PREFECTURE).count()["waiting"] == 2
    desk.play(NATIONAL)
    desk.time.ahead += timedelta(minutes=1)
    desk[PREFECTURE].settle()
    assert desk.hand(PREFECTURE).count()["waiting"] == 0
    assert len(desk[NATIONAL].system.persons) == 2


def test_what_is_owed_longer_than_a_message_lives_is_written_anew(desk):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE))
    desk[PREFECTURE].settle()
    desk.time.ahead += timedelta(days=2)
    desk.play(NATIONAL)
    desk[PREFECTURE].settle()
    assert kept(desk, NATIONAL) == ONE
    attempts = [one for one in desk.history(PREFECTURE) if one["kind"] == "attempted"]
    assert len({one["message_id"] for one in attempts}) == 2


def test_what_is_owed_survives_a_restart(desk):
    desk.play(PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE))
    desk.stop(PREFECTURE)
    desk.play(NATIONAL, PREFECTURE)
    desk.time.ahead += timedelta(minutes=1)
    desk[PREFECTURE].settle()
    assert kept(desk) == kept(desk, NATIONAL) == ONE


# --- search --------------------------------------------------------------------------

KEYS = [
    {"resident_record_code": code(1)},
    {"individual_number": number(1)},
    {"four_items": FourItems(kanji_name=ONE.kanji_name, address=ONE.address)},
    {"four_items": FourItems(kanji_name=ONE.kanji_name, date_of_birth=BORN)},
    {"four_items": FourItems(address=ONE.address, date_of_birth=BORN)},
]


@pytest.mark.parametrize("server", [PREFECTURE, NATIONAL])
@pytest.mark.parametrize("key", KEYS)
def test_an_answer_repeats_its_key_and_holds_whom_it_fits_alone(desk, server, key):
    desk.play(server)
    desk[server].system.persons.load([(person(n), "102024") for n in range(1, 9)], 0)
    asked = search(**key)
    found = desk.ask(CITY, server, asked)
    assert found.key == asked.key
    assert found.persons == (ONE,)
    assert not found.more


ITEMS = {
    "kanji_name": ONE.kanji_name,
    "address": ONE.address,
    "sex": ONE.sex,
    "date_of_birth": ONE.date_of_birth,
}
SUBSETS = [
    {name: value for n, (name, value) in enumerate(ITEMS.items()) if mask >> n & 1}
    for mask in range(16)
]


@pytest.mark.parametrize("items", SUBSETS, ids=lambda items: "+".join(items) or "none")
def test_a_search_by_items_names_two_of_them_sex_not_counted(desk, items):
    """All sixteen subsets of the four (R-066)."""
    desk.play(NATIONAL)
    desk[NATIONAL].system.persons.load([(ONE, "102024")], 0)
    asked = search(four_items=FourItems(**items))
    found = desk.ask(CITY, NATIONAL, asked)
    if len(items.keys() - {"sex"}) < 2:
        assert found == "SK-J01"
    else:
        assert found.persons == (ONE,)


def test_a_search_lists_what_a_plain_filter_selects_and_no_more(desk):
    """And nothing of it is missing (R-067, R-068)."""
    desk.play(PREFECTURE)
    born = ONE.date_of_birth
    people = [
        person(n, date_of_birth=born, kanji_name=f"同名{n % 3}") for n in range(60)
    ]
    desk[PREFECTURE].system.persons.load([(one, "102024") for one in people], 0)
    items = FourItems(kanji_name="同名1", date_of_birth=born)
    found = desk.ask(CITY, PREFECTURE, search(four_items=items))
    wanted = [one for one in people if one.kanji_name == "同名1"]
    wanted.sort(key=lambda one: one.resident_record_code)
    assert list(found.persons) == wanted


@pytest.mark.parametrize("more", [0, 1, 5])
def test_a_list_that_is_too_long_says_so(desk, more):
    desk.play(NATIONAL)
    people = [
        person(n, kanji_name="同　名", date_of_birth=DAY)
        for n in range(MAX_HITS + more)
    ]
    desk[NATIONAL].system.persons.load([(one, "102024") for one in people], 0)
    items = FourItems(kanji_name="同　名", date_of_birth=DAY)
    found = desk.ask(CITY, NATIONAL, search(four_items=items))
    assert len(found.persons) == MAX_HITS
    assert found.more is (more > 0)


def test_a_search_knows_no_pattern(desk):
    """What an item says is compared, never interpreted."""
    desk.play(NATIONAL)
    desk[NATIONAL].system.persons.load([(ONE, "102024")], 0)
    for text in ("%", "高崎%", "高崎　太郎_", "' OR 1=1 --"):
        items = FourItems(kanji_name=text, date_of_birth=ONE.date_of_birth)
        assert desk.ask(CITY, NATIONAL, search(four_items=items)).persons == ()


@pytest.mark.parametrize("reason", ["S05", "S16"])
def test_whoever_died_or_was_naturalised_is_found_by_nobody(desk, reason):
    desk.play(NATIONAL)
    gone = person(1, change_reason=reason)
    desk[NATIONAL].system.persons.load([(gone, "102024")], 0)
    assert desk.ask(CITY, NATIONAL, search(resident_record_code=code(1))).persons == ()


# --- confirmation ---------------------------------------------------------------------


def confirm(**key) -> IdentityConfirmationRequest:
    return IdentityConfirmationRequest(key=ConfirmationKey(**key))


def test_a_card_confirms_whom_its_code_names(desk):
    desk.play(NATIONAL)
    desk[NATIONAL].system.persons.load([(ONE, "102024"), (person(2), "102024")], 0)
    asked = confirm(resident_record_code=code(1))
    result = desk.ask(FAR, NATIONAL, asked)
    assert result.confirmed
    assert result.key == asked.key
    assert result.person.kanji_name == ONE.kanji_name
    assert not hasattr(result.person, "individual_number")


def test_somebody_on_the_way_to_another_city_is_confirmed(desk):
    desk.play(NATIONAL)
    leaving = person(1, change_reason="S04")
    desk[NATIONAL].system.persons.load([(leaving, "102024")], 0)
    assert desk.ask(FAR, NATIONAL, confirm(resident_record_code=code(1))).confirmed


def test_a_code_that_is_nobodys_confirms_nobody(desk):
    desk.play(NATIONAL)
    result = desk.ask(CITY, NATIONAL, confirm(resident_record_code=code(9)))
    assert (result.confirmed, result.person) == (False, None)


def test_items_that_fit_two_confirm_neither(desk):
    desk.play(NATIONAL)
    twins = [person(n, kanji_name="同　名", address="同所") for n in (1, 2)]
    desk[NATIONAL].system.persons.load([(one, "102024") for one in twins], 0)
    items = FourItems(kanji_name="同　名", address="同所")
    result = desk.ask(CITY, NATIONAL, confirm(four_items=items))
    assert (result.confirmed, result.person) == (False, None)


def test_a_prefecture_confirms_nobody(desk):
    desk.play(PREFECTURE)
    asked = confirm(resident_record_code=code(1))
    assert desk.ask(CITY, PREFECTURE, asked) == "SK-M05"


# --- moves between prefectures --------------------------------------------------------


def test_a_late_move_out_from_one_prefecture_does_not_undo_the_move_in_at_another(desk):
    desk.play(NATIONAL, PREFECTURE, FAR_PREFECTURE)
    desk.tell(CITY, PREFECTURE, notice(ONE, change_date=DAY - timedelta(days=99)))
    desk[PREFECTURE].settle()
    desk.time.ahead += SECOND
    moved = replace(ONE, address="埼玉県熊谷市宮町2番地")
    desk.tell(FAR, FAR_PREFECTURE, notice(moved))
    desk[FAR_PREFECTURE].settle()
    desk.time.ahead += SECOND
    desk.tell(CITY, PREFECTURE, notice(ONE, change_reason="S04"))
    desk[PREFECTURE].settle()
    assert kept(desk, NATIONAL) == moved
    assert kept(desk).change_reason == "S04"
