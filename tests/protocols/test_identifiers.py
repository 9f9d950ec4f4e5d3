# SPDX-License-Identifier: Apache-2.0
"""The four check digits, held against published specimens and python-stdnum."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.jp import cn, in_

from protocols.identifiers import (
    NotABody,
    Realm,
    corporate_number_is_valid,
    individual_number_is_valid,
    local_government_code_is_valid,
    make_individual_number,
    make_resident_record_code,
    resident_record_code_is_valid,
)

INDIVIDUAL_NUMBERS = [
    pytest.param("123456789018", id="remainder 3"),
    pytest.param("621498320257", id="specimen of python-stdnum"),
    pytest.param("983205673214", id="specimen of an article"),
    pytest.param("379474484458", id="specimen certificate, remainder 3"),
    pytest.param("454972364860", id="specimen certificate, remainder 0"),
    pytest.param("507957100721", id="specimen certificate, remainder 10"),
    pytest.param("000000000060", id="computed, remainder 1"),
    pytest.param("000000000140", id="computed, remainder 0"),
]
RESIDENT_RECORD_CODES = ["24727059608", "24846016224", "25208017643"]
LOCAL_GOVERNMENT_CODES = [
    pytest.param("102024", id="Takasaki"),
    pytest.param("112020", id="Kumagaya, remainder 1"),
    pytest.param("100005", id="Gunma prefecture"),
    pytest.param("131016", id="Chiyoda"),
]
CORPORATE_NUMBERS = ["8700110005901", "7000012050002"]

# Drawn, not parametrized: pytest-twisted wraps a property once more for every
# parameter, and the second run of the same property then waits for itself.
REALMS = st.sampled_from(Realm)
PERSON_KINDS = st.sampled_from(
    [
        (make_individual_number, individual_number_is_valid, 11),
        (make_resident_record_code, resident_record_code_is_valid, 10),
    ]
)


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


@pytest.mark.parametrize("number", INDIVIDUAL_NUMBERS)
def test_a_published_individual_number_is_valid_and_can_be_made(number):
    assert individual_number_is_valid(number, Realm.STANDARD)
    assert make_individual_number(number[:-1], Realm.STANDARD) == number


@pytest.mark.parametrize("number", INDIVIDUAL_NUMBERS)
def test_a_published_individual_number_is_refused_in_the_simulation(number):
    assert not individual_number_is_valid(number, Realm.SIMULATION)


@pytest.mark.parametrize("code", RESIDENT_RECORD_CODES)
def test_a_specimen_resident_record_code_is_valid_and_can_be_made(code):
    assert resident_record_code_is_valid(code, Realm.STANDARD)
    assert make_resident_record_code(code[:-1], Realm.STANDARD) == code
    assert not resident_record_code_is_valid(code, Realm.SIMULATION)


@pytest.mark.parametrize("code", LOCAL_GOVERNMENT_CODES)
def test_a_real_local_government_code_is_valid(code):
    assert local_government_code_is_valid(code)


@pytest.mark.parametrize("number", CORPORATE_NUMBERS)
def test_a_real_corporate_number_is_valid(number):
    assert corporate_number_is_valid(number)


def test_a_remainder_of_nought_gives_one_to_a_municipality_and_nought_to_a_person():
    assert local_government_code_is_valid("000001")
    assert not local_government_code_is_valid("000000")
    assert individual_number_is_valid("000000000000", Realm.STANDARD)


def test_the_simulation_digit_is_five_further():
    assert make_individual_number("12345678901", Realm.SIMULATION) == "123456789013"
    assert make_resident_record_code("2472705960", Realm.SIMULATION) == "24727059603"


@given(kind=PERSON_KINDS, realm=REALMS, data=st.data())
def test_every_body_has_exactly_one_check_digit(kind, realm, data):
    make, is_valid, body_length = kind
    body = data.draw(digits(body_length))
    valid = [d for d in "0123456789" if is_valid(body + d, realm)]
    assert [body + d for d in valid] == [make(body, realm)]


@given(body=digits(5))
def test_every_body_of_a_local_government_code_has_exactly_one_check_digit(body):
    assert sum(local_government_code_is_valid(f"{body}{d}") for d in range(10)) == 1


@given(body=digits(12))
def test_every_body_of_a_corporate_number_has_one_check_digit_and_never_nought(body):
    assert sum(corporate_number_is_valid(f"{d}{body}") for d in range(10)) == 1
    assert not corporate_number_is_valid(f"0{body}")


@given(kind=PERSON_KINDS, data=st.data())
def test_a_number_of_one_realm_is_never_valid_in_the_other(kind, data):
    make, is_valid, body_length = kind
    body = data.draw(digits(body_length))
    assert not is_valid(make(body, Realm.SIMULATION), Realm.STANDARD)
    assert not is_valid(make(body, Realm.STANDARD), Realm.SIMULATION)


@given(number=digits(12))
def test_the_individual_number_rule_agrees_with_stdnum(number):
    assert individual_number_is_valid(number, Realm.STANDARD) == in_.is_valid(number)
    assert in_.is_valid(make_individual_number(number[:-1], Realm.STANDARD))


@given(body=digits(12))
def test_the_corporate_number_rule_agrees_with_stdnum(body):
    for first in range(10):
        number = f"{first}{body}"
        assert corporate_number_is_valid(number) == cn.is_valid(number)


ANY_TEXT = st.text() | st.text("0123456789 -\n０１２３٤५", min_size=5, max_size=14)


def every_answer(text: str) -> list[bool]:
    return [
        *(individual_number_is_valid(text, realm) for realm in Realm),
        *(resident_record_code_is_valid(text, realm) for realm in Realm),
        local_government_code_is_valid(text),
        corporate_number_is_valid(text),
    ]


@given(text=ANY_TEXT.filter(lambda t: not (t.isascii() and t.isdigit())))
def test_garbage_is_refused_and_raises_nothing(text):
    assert not any(every_answer(text))


@pytest.mark.parametrize("number", ["123456789018", "24727059608", "8700110005901"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda n: n + "\n",
        lambda n: " " + n,
        lambda n: n[:-1],
        lambda n: n + n,
        lambda n: n + "0",
        lambda n: n[:6] + "-" + n[6:],
        lambda n: n.translate({ord("0") + d: ord("０") + d for d in range(10)}),
        lambda n: n.translate({ord("0") + d: 0x0660 + d for d in range(10)}),
    ],
    ids=["newline", "space", "cut", "doubled", "longer", "hyphen", "wide", "arabic"],
)
def test_a_number_written_otherwise_is_refused(number, spoil):
    assert not any(every_answer(spoil(number)))


@given(body=digits(11), place=st.integers(0, 10), step=st.integers(1, 9))
def test_a_wrong_digit_passes_only_where_both_remainders_fold_to_nought(
    body, place, step
):
    wrong = body[:place] + str((int(body[place]) + step) % 10) + body[place + 1 :]
    right = make_individual_number(body, Realm.STANDARD)
    if individual_number_is_valid(wrong + right[-1], Realm.STANDARD):
        assert right[-1] == "0"


@given(kind=PERSON_KINDS, body=ANY_TEXT)
def test_what_is_no_body_makes_no_number_and_is_not_repeated(kind, body):
    make, _, body_length = kind
    assume(not (len(body) == body_length and body.isascii() and body.isdigit()))
    with pytest.raises(NotABody) as refused:
        make(body, Realm.SIMULATION)
    assert (
        str(refused.value) == f"the body of this number is {body_length} ASCII digits"
    )
