# SPDX-License-Identifier: Apache-2.0
"""The matching list, item by item: the right asker for the right kinds, and no other.

The table of the law is walked whole: each of its 60 items is asked for by each of the
28 kinds of requester, for each of the 8 kinds of information.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import policy
from schemas.matching_list import ITEMS, KINDS, REQUESTER_KINDS

RECORD = "resident_record_information"
item_numbers = st.integers(-5, 1000)
some_kinds = st.sets(st.sampled_from(sorted(KINDS)))
some_requesters = st.sets(st.sampled_from(sorted(REQUESTER_KINDS)))


def test_the_list_has_its_sixty_items():
    assert len(ITEMS) == 60
    assert all(policy.item_is_listed(ITEMS, number) for number in ITEMS)


@given(item_numbers)
def test_nothing_beside_the_list_is_listed(number):
    assert policy.item_is_listed(ITEMS, number) is (number in ITEMS)


@pytest.mark.parametrize("number", ITEMS)
def test_only_the_items_own_requester_may_ask(number):
    passing = {
        kind
        for kind in REQUESTER_KINDS
        if policy.requester_is_the_items(ITEMS, number, {kind})
    }
    assert passing == {ITEMS[number].requester_kind}


@pytest.mark.parametrize("number", ITEMS)
def test_a_station_without_any_requester_kind_may_ask_nothing(number):
    assert not policy.requester_is_the_items(ITEMS, number, frozenset())


@given(st.sampled_from(sorted(ITEMS)), some_requesters)
def test_a_station_of_several_kinds_may_ask_what_one_of_them_may(number, requesters):
    assert policy.requester_is_the_items(ITEMS, number, requesters) is (
        ITEMS[number].requester_kind in requesters
    )


@pytest.mark.parametrize("number", ITEMS)
def test_only_the_items_own_kinds_may_be_asked_for(number):
    passing = {
        kind for kind in KINDS if policy.kinds_are_the_items(ITEMS, number, [kind])
    }
    assert passing == ITEMS[number].kinds
    assert RECORD in passing


@given(st.sampled_from(sorted(ITEMS)), some_kinds)
def test_one_kind_too_many_spoils_the_whole_question(number, kinds):
    assert policy.kinds_are_the_items(ITEMS, number, kinds) is (
        kinds <= ITEMS[number].kinds
    )


def test_an_invented_kind_is_no_items():
    assert not any(policy.kinds_are_the_items(ITEMS, n, ["invented"]) for n in ITEMS)


def test_this_affair_provides_resident_record_information_and_nothing_else():
    assert {kind for kind in KINDS if policy.kinds_are_provided([kind])} == {RECORD}
    assert {RECORD} == {k for k, v in KINDS.items() if v.provided_by_this_affair}


@given(some_kinds)
def test_a_question_with_any_other_kind_is_not_answered_in_part(kinds):
    assert policy.kinds_are_provided(kinds) is (kinds <= {RECORD})


@given(item_numbers, some_kinds, some_requesters)
def test_the_same_question_gets_the_same_answer(number, kinds, requesters):
    def answers():
        if not policy.item_is_listed(ITEMS, number):
            return None
        return (
            policy.requester_is_the_items(ITEMS, number, requesters),
            policy.kinds_are_the_items(ITEMS, number, kinds),
        )

    assert answers() == answers()
