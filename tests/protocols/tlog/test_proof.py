# SPDX-License-Identifier: Apache-2.0
"""One file proves one entry to somebody who has nothing but the keys."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.tlog import merkle, proof
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.errors import LogError, Malformed, NotProven, NotSigned
from protocols.tlog.proof import Proof
from tests.protocols.tlog.grown import Tree, entry
from tests.protocols.tlog.test_note import KEY, LOG, WITNESS

SIZE = 100
TREE = Tree(SIZE)
HEAD = Checkpoint(LOG.name, SIZE, merkle.root(SIZE, TREE)).signed(KEY).encode()


def proof_of(index, extra=b""):
    return Proof(index, tuple(merkle.inclusion(index, SIZE, TREE)), HEAD, extra)


@given(st.integers(0, SIZE - 1), st.binary(max_size=50))
def test_a_proof_is_read_as_it_was_written_and_holds(index, extra):
    written = proof_of(index, extra)
    read = proof.read(written.encode())
    assert read == written
    head, signers = proof.verify(read, entry(index), [LOG])
    assert (head.size, list(signers)) == (SIZE, [LOG])


def test_another_entry_is_not_proven():
    with pytest.raises(NotProven):
        proof.verify(proof_of(4), entry(5), [LOG])


def test_an_entry_is_proven_at_its_own_place():
    with pytest.raises(NotProven):
        proof.verify(replace(proof_of(4), index=5), entry(4), [LOG])


def test_a_proof_under_nobodys_head_is_none():
    with pytest.raises(NotSigned):
        proof.verify(proof_of(4), entry(4), [WITNESS])


@given(st.integers(0, SIZE - 1), st.data())
def test_a_flipped_bit_anywhere_proves_nothing_else(index, data):
    whole = bytearray(proof_of(index).encode())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(LogError):
        proof.verify(proof.read(bytes(whole)), entry(index), [LOG])


@given(st.binary(max_size=100))
def test_bytes_are_a_proof_or_refused(data):
    with pytest.raises(Malformed):
        proof.read(data)


@pytest.mark.parametrize(
    "head",
    [
        "c2sp.org/tlog-proof@v2\nindex 0",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\nindex 00",
        "c2sp.org/tlog-proof@v1\nextra AAAA",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA",
        "c2sp.org/tlog-proof@v1\nextra A\nindex 0",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA",
        "c2sp.org/tlog-proof@v1\nindex 0\n" + "\n".join(["A" * 43 + "="] * 64),
        "c2sp.org/tlog-proof@v1\nindex ０",
    ],
)
def test_a_head_that_says_something_else_is_refused(head):
    with pytest.raises(Malformed):
        proof.read(f"{head}\n\n".encode() + HEAD)


def test_a_proof_is_no_longer_than_one_can_be():
    with pytest.raises(Malformed):
        proof.read(proof_of(0, bytes(200_000)).encode())
