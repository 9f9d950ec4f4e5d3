# SPDX-License-Identifier: Apache-2.0
"""An allowance: so many at once, so many more with time, and never more than full."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.services.allowance import Allowance

MOMENTS = st.lists(st.floats(0, 1000), max_size=200)


def test_it_starts_full_and_is_used_up():
    allowance = Allowance(3, 1.0, 0.0)
    assert [allowance.take(0.0) for _ in range(4)] == [True, True, True, False]


def test_to_ask_uses_nothing_up():
    allowance = Allowance(1, 1.0, 0.0)
    assert allowance.left(0.0)
    assert allowance.take(0.0)
    assert not allowance.left(0.0)


def test_it_fills_with_time_but_never_over():
    allowance = Allowance(2, 0.5, 0.0)
    assert allowance.take(0.0)
    assert allowance.take(0.0)
    assert not allowance.take(1.9)
    assert allowance.take(2.0)
    assert [allowance.take(1e9) for _ in range(3)] == [True, True, False]


def test_a_clock_that_was_set_back_does_not_close_it_for_long():
    allowance = Allowance(1, 1.0, 1e9)
    assert allowance.take(1e9)
    assert not allowance.take(0.0)
    assert allowance.take(1.0)


@given(MOMENTS)
def test_no_stretch_of_time_gives_more_than_its_share(moments):
    allowance = Allowance(5, 0.1, 0.0)
    given_out = sum(allowance.take(now) for now in sorted(moments))
    assert given_out <= 5 + 0.1 * max(moments, default=0.0)
