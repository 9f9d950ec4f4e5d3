# SPDX-License-Identifier: Apache-2.0
"""Random bytes are handed out once, whoever asks and however many."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.entropy import PAGE, Entropy


@pytest.fixture
def kernel(monkeypatch):
    """How many bytes were fetched at a time."""
    asked = []

    def urandom(size):
        asked.append(size)
        return bytes(size)

    monkeypatch.setattr(os, "urandom", urandom)
    return asked


@given(st.lists(st.integers(0, PAGE + 10), max_size=20))
def test_one_gets_as_many_bytes_as_one_asked_for(sizes):
    entropy = Entropy()
    assert [len(entropy(size)) for size in sizes] == sizes


def test_small_values_share_a_fetch(kernel):
    entropy = Entropy()
    for _ in range(PAGE // 32):
        entropy(32)
    assert kernel == [PAGE]
    entropy(32)
    assert kernel == [PAGE, PAGE]


def test_what_is_larger_than_a_page_is_fetched_for_itself(kernel):
    entropy = Entropy()
    entropy(16)
    entropy(PAGE + 1)
    entropy(16)
    assert kernel == [PAGE, PAGE + 1]


@given(st.lists(st.integers(1, 600), max_size=40))
def test_what_was_handed_out_is_never_handed_out_again(sizes):
    fetched = []

    def urandom(size):
        fetched.append(random.randbytes(size))
        return fetched[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", urandom)
        entropy = Entropy()
        given_out = [entropy(size) for size in sizes]
    source = b"".join(fetched)
    place = 0
    for value in given_out:
        place = source.index(value, place) + len(value)


def test_a_child_process_draws_bytes_of_its_own():
    entropy = Entropy()
    entropy(16)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, entropy(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 16) != entropy(16)
    os.close(reader)
    os.close(writer)
