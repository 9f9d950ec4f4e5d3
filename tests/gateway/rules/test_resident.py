# SPDX-License-Identifier: Apache-2.0
"""Updates that fit what is held, keys that name enough, answers that fit the key."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.resident import (
    KEPT_BY_A_MOVE,
    fits,
    is_enough,
    update_fault,
)
from schemas.people import FourItems, SearchKey
from schemas.resident_messages import EightItems
from tests.gateway.people import resident_record

HELD = replace(resident_record(), record_status_flag="0", planned_person_flag=None)
"""Somebody who is a resident."""
OTHER = resident_record(place=1)
ITEMS = [item.name for item in fields(FourItems)]


def later(**changes):
    number = HELD.update_sequence_number + 1
    return replace(HELD, update_sequence_number=number, **changes)


# --- updates --------------------------------------------------------------------------


@pytest.mark.parametrize("newer", [-1, 0])
def test_an_update_that_is_not_newer_is_refused(newer):
    """Under one sequence number there is one record."""
    number = HELD.update_sequence_number + newer
    other = replace(HELD, update_sequence_number=number, address="別の住所")
    assert update_fault(HELD, other) == "SK-J03"
    assert update_fault(HELD, HELD) == ""


@pytest.mark.parametrize("reason", ["S01", "S15"])
def test_no_resident_moves_in(reason):
    """R-073."""
    assert update_fault(HELD, later(change_reason=reason)) == "SK-J04"


@pytest.mark.parametrize("reason", ["S01", "S15"])
@pytest.mark.parametrize(
    "absent", [{"record_status_flag": "1"}, {"planned_person_flag": "1"}]
)
def test_who_left_or_is_only_expected_may(reason, absent):
    held = replace(HELD, **absent)
    assert update_fault(held, later(change_reason=reason)) == ""


@pytest.mark.parametrize("name", KEPT_BY_A_MOVE)
def test_a_move_within_the_city_leaves_everything_but_the_address(name):
    """R-074: each item for itself."""
    moved = later(change_reason="S02", address="別の住所")
    assert update_fault(HELD, moved) == ""
    assert update_fault(HELD, replace(moved, **{name: object()})) == "SK-J05"


def test_what_a_move_leaves_is_the_persons_own():
    """A list that lost an item would make the test above pass for fewer."""
    assert set(KEPT_BY_A_MOVE) >= {
        "kanji_name",
        "furigana_name",
        "date_of_birth",
        "sex",
        "municipality_code",
        "individual_number",
    }


# --- search ---------------------------------------------------------------------------


@given(st.sets(st.sampled_from(ITEMS)))
def test_a_search_is_enough_by_two_items_sex_not_counted(named):
    """R-066, over all 16 subsets."""
    items = FourItems(**{name: getattr(HELD, name) for name in named})
    assert is_enough(items) == (len(named - {"sex"}) >= 2)


@pytest.mark.parametrize("name", ITEMS)
def test_every_item_that_was_asked_must_fit(name):
    """R-068."""
    asked = FourItems(**{one: getattr(HELD, one) for one in ITEMS})
    key = SearchKey(four_items=asked)
    person = EightItems.of(HELD)
    assert fits(key, person)
    assert not fits(key, replace(person, **{name: object()}))


@pytest.mark.parametrize("name", ["resident_record_code", "individual_number"])
def test_a_number_fits_nobody_but_its_person(name):
    key = SearchKey(**{name: getattr(HELD, name)})
    assert fits(key, EightItems.of(HELD))
    assert not fits(key, EightItems.of(OTHER))


def test_a_key_that_names_nothing_fits_nobody():
    assert not fits(SearchKey(), EightItems.of(HELD))
