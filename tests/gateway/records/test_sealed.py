# SPDX-License-Identifier: Apache-2.0
"""What is sealed opens only with its key, at its place, unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.errors import StoreDamaged
from gateway.records.sealed import StoreKeys
from tests.gateway.records.helpers import CODE, KEY

KEYS = StoreKeys(KEY)
OTHER = StoreKeys(bytes(32))


@given(plain=st.binary(max_size=200), row=st.binary(max_size=20))
def test_what_is_sealed_opens_again(plain: bytes, row: bytes) -> None:
    sealed = KEYS.seal("holds", row, plain)
    assert KEYS.open("holds", row, sealed) == plain


def test_the_same_value_is_never_sealed_the_same_way() -> None:
    assert KEYS.seal("holds", b"1", b"x") != KEYS.seal("holds", b"1", b"x")


@pytest.mark.parametrize(
    ("keys", "table", "row"),
    [(OTHER, "holds", b"1"), (KEYS, "outbox", b"1"), (KEYS, "holds", b"2")],
    ids=["another key", "another table", "another row"],
)
def test_a_sealed_value_does_not_open_elsewhere(
    keys: StoreKeys, table: str, row: bytes
) -> None:
    sealed = KEYS.seal("holds", b"1", b"content")
    with pytest.raises(StoreDamaged):
        keys.open(table, row, sealed)


@given(position=st.integers(0, 35), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found(position: int, bit: int) -> None:
    sealed = bytearray(KEYS.seal("holds", b"1", b"content"))
    assert len(sealed) == 36
    sealed[position] ^= 1 << bit
    with pytest.raises(StoreDamaged):
        KEYS.open("holds", b"1", bytes(sealed))


@pytest.mark.parametrize("length", range(36))
def test_a_cut_value_is_found(length: int) -> None:
    sealed = KEYS.seal("holds", b"1", b"content")
    with pytest.raises(StoreDamaged):
        KEYS.open("holds", b"1", sealed[:length])


def test_a_person_tag_is_stable_keyed_and_tells_nothing() -> None:
    tag = KEYS.person_tag(CODE)
    assert tag == KEYS.person_tag(CODE)
    assert len(bytes.fromhex(tag)) == 16
    assert tag != OTHER.person_tag(CODE)
    assert tag != KEYS.person_tag(CODE[::-1])


def test_tags_of_different_kinds_differ() -> None:
    assert KEYS.lookup_tag("code", "1") != KEYS.lookup_tag("addressee", "1")


def test_keys_do_not_show_themselves() -> None:
    assert repr(KEYS) == "StoreKeys(<hidden>)"
    assert not hasattr(KEYS, "__dict__")


def test_a_key_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        StoreKeys(b"short")
