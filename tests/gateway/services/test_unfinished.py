# SPDX-License-Identifier: Apache-2.0
"""Requests that are not whole yet share a bound of memory, and the oldest go first."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.services.unfinished import Unfinished


def registry(most: int = 100) -> tuple[Unfinished[str], list[str]]:
    cut: list[str] = []
    return Unfinished(most, cut.append), cut


def test_nobody_is_cut_while_there_is_room():
    unfinished, cut = registry()
    for link in "abcd":
        unfinished.holds(link, 25)
    assert cut == []
    assert unfinished.bytes == 100


def test_the_oldest_is_cut_and_not_the_newcomer():
    unfinished, cut = registry()
    unfinished.holds("holds on", 90)
    unfinished.holds("comes", 5)
    unfinished.holds("comes", 40)
    assert cut == ["holds on"]
    assert unfinished.bytes == 40


def test_a_request_that_became_whole_counts_no_more():
    unfinished, cut = registry()
    unfinished.holds("a", 90)
    unfinished.holds("a", 0)
    unfinished.holds("b", 90)
    assert cut == []


def test_one_that_is_too_large_alone_is_cut():
    unfinished, cut = registry()
    unfinished.holds("a", 101)
    assert cut == ["a"]
    assert unfinished.bytes == 0


def test_the_end_of_a_link_may_be_told_twice():
    unfinished, _ = registry()
    unfinished.holds("a", 5)
    unfinished.left("a")
    unfinished.left("a")
    assert unfinished.bytes == 0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 60)), max_size=200))
def test_whatever_comes_the_sum_is_right_and_below_the_bound(told):
    held: dict[int, int] = {}
    unfinished: Unfinished[int] = Unfinished(100, lambda link: held.pop(link))
    for link, size in told:
        held[link] = size
        unfinished.holds(link, size)
        assert unfinished.bytes == sum(held.values()) <= 100
