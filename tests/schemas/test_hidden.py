# SPDX-License-Identifier: Apache-2.0
"""Hidden values: what they show, what they equal, what they refuse."""

import copy
import pickle
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hidden import Hidden

SECRET = "123456789013"


def test_no_way_of_printing_shows_the_value() -> None:
    hidden = Hidden(SECRET)
    ways = [str(hidden), repr(hidden), f"{hidden}", f"{hidden!r}", f"{hidden:>40}"]
    ways += ["%s %r" % (hidden, hidden), "{}".format(hidden), str([hidden])]  # noqa: UP031, UP032
    assert all(SECRET not in way for way in ways)
    assert all("<hidden>" in way for way in ways)


def test_a_dataclass_that_holds_it_does_not_show_it() -> None:
    @dataclass
    class Person:
        number: Hidden[str]

    assert SECRET not in repr(Person(Hidden(SECRET)))


def test_reveal_gives_the_value_itself() -> None:
    value = ["a", 1]
    assert Hidden(value).reveal() is value


@given(st.text() | st.binary() | st.integers(), st.text() | st.binary())
def test_two_are_equal_exactly_when_their_values_are(one: object, two: object) -> None:
    assert Hidden(one) == Hidden(one)
    assert (Hidden(one) == Hidden(two)) is (one == two)


def test_text_and_its_bytes_are_not_equal() -> None:
    assert Hidden("a") != Hidden(b"a")


def test_half_a_surrogate_pair_can_be_compared() -> None:
    assert Hidden("\ud800") == Hidden("\ud800")
    assert Hidden("\ud800") != Hidden("\ud801")


def test_a_bare_value_is_never_equal() -> None:
    assert Hidden(SECRET) != SECRET
    assert Hidden(SECRET).__eq__(SECRET) is NotImplemented


def test_it_is_not_the_key_of_a_table() -> None:
    with pytest.raises(TypeError):
        {Hidden(SECRET): 1}


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_not_pickled_or_copied(way: object) -> None:
    with pytest.raises(TypeError) as caught:
        way(Hidden(SECRET))  # type: ignore[operator]
    assert SECRET not in str(caught.value)


def test_it_has_no_dictionary_to_look_into() -> None:
    assert not hasattr(Hidden(SECRET), "__dict__")
