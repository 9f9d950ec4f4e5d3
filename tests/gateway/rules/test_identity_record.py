# SPDX-License-Identifier: Apache-2.0
"""The numbers in an identity record, and its external characters, are as they stand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.identity_record import fault
from protocols.identifiers import (
    Realm,
    make_individual_number,
    make_resident_record_code,
)
from tests.gateway.people import resident_record

RECORD = resident_record()
SIMULATION, STANDARD = Realm.SIMULATION, Realm.STANDARD
NUMBERS = ("resident_record_code", "individual_number", "old_resident_record_code")
MAKERS = {
    "resident_record_code": (make_resident_record_code, "1234567890"),
    "individual_number": (make_individual_number, "12345678901"),
    "old_resident_record_code": (make_resident_record_code, "9876543210"),
}


def number(name, realm):
    make, body = MAKERS[name]
    return make(body, realm)


def shifted(text, by):
    return text[:-1] + str((int(text[-1]) + by) % 10)


def test_a_record_of_this_network_has_no_fault():
    assert fault(RECORD, SIMULATION) == ""


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_of_this_realm_passes(name):
    record = replace(RECORD, **{name: number(name, SIMULATION)})
    assert fault(record, SIMULATION) == ""


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_that_could_be_somebodys_is_refused_as_such(name):
    """A real number never gets into a simulation, whatever else is right."""
    record = replace(RECORD, **{name: number(name, STANDARD)})
    assert fault(record, SIMULATION) == "SK-X04"


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("by", [1, 2, 3, 4, 6, 7, 8, 9])
def test_a_wrong_check_digit_is_refused(name, by):
    record = replace(RECORD, **{name: shifted(number(name, SIMULATION), by)})
    assert fault(record, SIMULATION) == "SK-X03"


def test_an_invented_number_is_refused_in_a_real_network():
    real = replace(
        RECORD,
        **{name: number(name, STANDARD) for name in NUMBERS},
    )
    assert fault(real, STANDARD) == ""
    assert fault(RECORD, STANDARD) == "SK-X04"


def test_an_absent_number_is_no_fault():
    assert fault(replace(RECORD, old_resident_record_code=None), SIMULATION) == ""


@pytest.mark.parametrize("name", ["municipality_code", "previous_municipality_code"])
def test_a_municipality_has_a_code_with_a_right_check_digit(name):
    assert fault(replace(RECORD, **{name: "102024"}), SIMULATION) == ""
    assert fault(replace(RECORD, **{name: "102025"}), SIMULATION) == "SK-X03"


@given(st.text("0123456789", min_size=12, max_size=12))
def test_one_individual_number_in_ten_passes_at_most(text):
    """Passing means: the last digit is the one that its body asks for."""
    record = replace(RECORD, individual_number=text)
    right = make_individual_number(text[:-1], SIMULATION) == text
    assert (fault(record, SIMULATION) == "") is right


@pytest.mark.parametrize(
    ("name", "count", "expected"),
    [
        ("髙橋　一郎", 1, ""),
        ("髙橋　一郎", 0, "SK-X07"),
        ("𠮷田　一郎", 1, ""),
        ("葛\U000e0100西　一郎", 1, ""),
        ("葛\U000e0100西　一郎", 2, "SK-X07"),
        ("〓田　一郎", 1, ""),
        ("高橋　一郎", 0, ""),
        ("高橋　一郎", 1, "SK-X07"),
    ],
)
def test_external_characters_are_counted_as_they_stand(name, count, expected):
    record = replace(
        RECORD,
        kanji_name=name,
        name_external_character_count=count,
        external_character_flag=count > 0,
    )
    assert fault(record, SIMULATION) == expected


def test_a_flag_that_denies_external_characters_is_refused():
    record = replace(
        RECORD,
        kanji_name="髙橋　一郎",
        name_external_character_count=1,
        external_character_flag=False,
    )
    assert fault(record, SIMULATION) == "SK-X07"
