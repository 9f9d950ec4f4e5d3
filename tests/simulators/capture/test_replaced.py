# SPDX-License-Identifier: Apache-2.0
"""Nothing about a person passes: no field, name, attribute, path or byte of it."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    make_individual_number,
    resident_record_code_is_valid,
)
from schemas.charset import characters, external_count, unwritable
from schemas.payload import NAMESPACE, validate
from simulators.capture.fiction import Fiction
from simulators.capture.marks import MarkUnknown, escaped, filled, ids_in
from simulators.capture.population import stand_ins
from simulators.capture.replaced import LONGEST_FILLER, Replaced, vocabulary
from simulators.network import copies
from simulators.network import parties as people
from tests.schemas.samples import sample
from tests.simulators.capture.spelt import spellings

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEY, OTHER_KEY = bytes(32), bytes(31) + b"\1"
NUMBER = make_individual_number("12345678901", Realm.SIMULATION)
REAL = make_individual_number("12345678901", Realm.STANDARD)
JAPANESE = "あがゃアﾊﾟ髙𠮷葛\U000e0100山田太郎か゚１２12ab ＡＺ〓"


def replaced(key=KEY, given=None):
    return Replaced(Fiction(key), given or {}, NOW)


def element(name, text):
    return f'<{name} xmlns="{NAMESPACE}">{text}</{name}>'.encode()


def value_of(name, text, **kw):
    said = replaced(**kw).body(element(name, text))
    return re.search(r">(.*)<", said, re.DOTALL)[1]


# --- fiction --------------------------------------------------------------------------


@given(st.text(st.sampled_from(JAPANESE), max_size=20))
def test_a_text_keeps_its_length_and_its_external_characters(text):
    made = Fiction(KEY).text(text)
    assert len(list(characters(made))) == len(list(characters(text)))
    assert (unwritable(made) is None) is (unwritable(text) is None)


@given(st.text(st.sampled_from("山田太郎髙𠮷ハナコはなこ"), min_size=1, max_size=20))
def test_no_character_of_a_name_stays_where_it_was(text):
    made = Fiction(KEY).text(text)
    assert all(a != b for a, b in zip(text, made, strict=True))
    assert external_count(made) == external_count(text)


def test_the_same_value_is_the_same_fiction_in_one_capture_and_another_in_the_next():
    assert Fiction(KEY).text("山田　太郎") == Fiction(KEY).text("山田　太郎")
    assert Fiction(KEY).text("山田　太郎") != Fiction(OTHER_KEY).text("山田　太郎")


@given(st.from_regex(r"\A[0-9]{11}\Z"))
def test_a_number_of_the_simulation_becomes_another_of_it(body):
    made = Fiction(KEY).individual_number(
        make_individual_number(body, Realm.SIMULATION)
    )
    assert individual_number_is_valid(made, Realm.SIMULATION)
    assert made[:-1] != body


@given(st.from_regex(r"\A[0-9]{12}\Z"))
def test_no_fiction_is_ever_a_real_number(number):
    made = Fiction(KEY).individual_number(number)
    assert not individual_number_is_valid(made, Realm.STANDARD)
    wrong = not individual_number_is_valid(number, Realm.SIMULATION)
    assert not (wrong and individual_number_is_valid(made, Realm.SIMULATION))


def test_a_resident_is_played_by_another_with_the_same_protection():
    known = stand_ins("1", 300)
    city = copies.residents("1", 300, people.CITY)
    flagged = copies.flagged(city)
    for one in city:
        other = known[one.addressee_number]
        assert other != one.addressee_number
        assert (other in flagged) is (one.addressee_number in flagged)
        assert known[one.individual_number] != one.individual_number
        assert resident_record_code_is_valid(
            known[one.resident_record_code], Realm.SIMULATION
        )


# --- bodies ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "identity_information_update",
        "information_inquiry_request",
        "move_in_notice",
        "identity_information_search",
        "resident_record_copy",
        "number_pair_registration",
    ],
)
def test_a_good_payload_is_still_one_when_it_is_said_again(kind):
    text = replaced().body(sample(kind))
    validate(kind, filled(text, {}, NOW).encode())


PERSONAL = re.compile(
    rb"<(kanji_name|furigana_name|address|date_of_birth|individual_number|"
    rb"resident_record_code|addressee_number|previous_address|postal_code|"
    rb"operator_id|former_surname_kanji|head_name|timestamp)>([^<]+)<"
)


@pytest.mark.parametrize(
    "kind", ["identity_information_update", "move_in_notice", "resident_record_copy"]
)
def test_no_personal_value_of_a_payload_is_found_in_any_spelling(kind):
    said = replaced().body(sample(kind)).encode()
    found = PERSONAL.findall(sample(kind))
    assert found
    for _, value in found:
        text = value.decode().replace("&amp;", "&")
        for way, data in spellings(text).items():
            assert data not in said, way


def test_the_same_person_is_the_same_fiction_in_every_message():
    one = replaced()
    said = [one.body(element("individual_number", NUMBER)) for _ in range(2)]
    assert said[0] == said[1]
    assert NUMBER not in said[0]


def test_a_sex_is_either_by_chance_of_the_capture():
    told = {value_of("sex", "1", key=bytes([turn] * 32)) for turn in range(16)}
    assert told == {"1", "2"}
    assert {value_of("sex", one) for one in "12"} == {"1", "2"}


def test_later_sequence_numbers_stay_later_and_none_as_it_was():
    one, two = (value_of("update_sequence_number", each) for each in ("41", "42"))
    assert int(two) == int(one) + 1
    assert "41" != one != "42"


def test_words_and_codes_of_bodies_stay_and_nothing_else_in_their_place_does():
    assert value_of("change_reason", "S02") == "S02"
    assert value_of("municipality_code", "102024") == "102024"
    assert value_of("change_reason", "yamada_taro") != "yamada_taro"
    assert value_of("kind", "tanaka") != "tanaka"
    assert value_of("item_no", "山田") != "山田"
    assert value_of("update_prohibited_flag", "yes") != "yes"
    assert value_of("municipality_code", REAL) != REAL


def test_an_element_that_nobody_decided_on_is_replaced():
    unnamed = [name for name in vocabulary() if "name" in name]
    for name in (*unnamed, "unknown_thing"):
        assert "山田" not in replaced().body(element(name, "山田"))


def test_not_even_the_name_of_an_element_or_an_attribute_passes():
    body = (
        f'<move_in_notice xmlns="{NAMESPACE}" 山田="太郎"><山田>太郎</山田>'
        f"<!-- 山田太郎 --><?山田 太郎?>山田<x:太郎 xmlns:x='山田'/></move_in_notice>"
    )
    said = replaced().body(body.encode())
    assert "山" not in said
    assert "太" not in said
    assert "<unknown" in said
    assert ' unknown="x"' in said


@pytest.mark.parametrize(
    "body",
    [
        "山田太郎".encode(),
        "山田太郎".encode("cp932"),
        NUMBER.encode(),
        b'<!DOCTYPE a [<!ENTITY b "yamada">]><a>&b;</a>',
        b"<yamada>",
        b"<a>" * 100 + b"yamada",
        b"<a>" * 5000 + b"yamada" + b"</a>" * 5000,
        f"{NUMBER}\n<a/>".encode(),
        b"\xff\xfe" + "山田".encode("utf-16-le"),
    ],
)
def test_bytes_that_are_no_xml_become_a_filler_of_the_same_length(body):
    said = replaced().body(body)
    assert set(said) <= {"x"}
    assert len(said) == min(len(body), LONGEST_FILLER)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_replaced(body):
    assert isinstance(replaced().body(body), str)


def test_lines_of_payloads_stay_lines_of_payloads():
    line = sample("identity_information_update").replace(b"\n", b"")
    line = line.partition(b"?>")[2]
    said = replaced().body(line + b"\n" + line + b"\n").splitlines()
    assert len(said) == 2
    validate("identity_information_update", filled(said[1], {}, NOW).encode())


# --- days and moments -----------------------------------------------------------------


def test_a_birthday_is_moved_and_a_day_of_now_counts_from_the_replay():
    old = value_of("date_of_birth", "1988-02-29")
    assert re.fullmatch(r"19\d\d-\d\d-\d\d", old)
    assert old != "1988-02-29"
    recent = value_of("change_date", "2029-12-24")
    assert re.fullmatch(r"\$\{day-\d+\}", recent)
    assert filled(recent, {}, NOW) in ("2029-12-23", "2029-12-22", "2029-12-21")


def test_two_days_keep_their_distance():
    one, two = (value_of("date_of_birth", day) for day in ("1988-02-01", "1988-02-11"))
    apart = datetime.fromisoformat(two) - datetime.fromisoformat(one)
    assert apart.days == 10


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2030-02-30", "20300101"])
def test_a_day_at_the_end_of_time_is_replaced_too(day):
    assert day not in replaced().body(element("date_of_birth", day))
    moment = f"{day}T00:00:00Z"
    assert moment not in replaced().body(element("timestamp", moment))


# --- paths and marks ------------------------------------------------------------------


def test_an_id_that_the_station_gave_is_a_mark():
    given_id = "0123456789abcdef" * 2
    one = replaced(given={given_id: "${s1.0}"})
    assert one.target(f"/v1/inside/messages/{given_id}/answer") == (
        "/v1/inside/messages/${s1.0}/answer"
    )
    assert "${s1.0}" in one.body(element("processing_number", given_id))


@pytest.mark.parametrize(
    "target",
    [
        f"/v1/inside/messages?to={NUMBER}",
        f"/{NUMBER}",
        "/v1/inside/山田",
        "/?yamada=tanaka",
        "/v1/inside/messages?to=yamada",
        "/v1/inside/arrivals/" + "ab" * 16,
    ],
)
def test_nothing_about_a_person_passes_in_a_path(target):
    said = replaced().target(target)
    for word in (NUMBER, "山田", "yamada", "tanaka", "ab" * 16):
        assert word not in said


def test_an_organisation_stays_in_a_path():
    assert replaced().target("/v1/inside/messages?to=102016").endswith("?to=102016")


@given(st.text(max_size=40))
def test_a_text_that_looks_like_a_mark_is_none(text):
    assert filled(escaped(text + "${day+1}"), {}, NOW) == text + "${day+1}"


def test_a_mark_of_an_answer_that_did_not_come_is_told():
    with pytest.raises(MarkUnknown):
        filled("${s1.0}", {}, NOW)
    assert filled("${s1.1}", {"s1": ids_in(b"f" * 32 + b" " + b"e" * 32)}, NOW) == (
        "e" * 32
    )
