# SPDX-License-Identifier: Apache-2.0
"""Commits are timed without being changed, one at a time."""

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.defer import gatherResults

from gateway.records.measured import BOUNDS, MeasuredStore, Times
from tests.gateway.world import STORE_KEY, new_store

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def store(tmp_path):
    path = new_store(tmp_path)
    made = MeasuredStore.open(path, STORE_KEY, reactor.callFromThread)
    yield made
    made.close()


@in_reactor
async def test_a_commit_gives_its_result_and_is_timed(store):
    assert await store.commit(lambda tx: 7) == 7
    assert sum(store.times.counts) == 1
    assert store.times.seconds > 0


@in_reactor
async def test_a_commit_that_fails_fails_as_ever_and_is_timed(store):
    def work(tx):
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        await store.commit(work)
    assert sum(store.times.counts) == 1


@in_reactor
async def test_of_many_at_once_one_is_timed(store):
    await gatherResults([store.commit(lambda tx: None) for _ in range(50)])
    assert sum(store.times.counts) == 1
    await store.commit(lambda tx: None)
    assert sum(store.times.counts) == 2


@given(st.lists(st.floats(min_value=0, max_value=100)))
def test_every_time_falls_into_the_class_that_its_bound_names(seconds):
    times = Times()
    for one in seconds:
        times.add(one)
    for place, bound in enumerate(BOUNDS):
        within = sum(one <= bound for one in seconds)
        assert sum(times.counts[: place + 1]) == within
    assert sum(times.counts) == len(seconds)
