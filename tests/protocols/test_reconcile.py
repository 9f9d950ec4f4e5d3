# SPDX-License-Identifier: Apache-2.0
"""The exchange after a restore, on the wire: what is read was signed so, or nothing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import limits, reconcile
from protocols.envelope import digest
from protocols.errors import AnswerInvalid, Unreadable
from protocols.reconcile import Answered, Asked, Entry
from tests.protocols.network import CORE, NOON, PROVIDER, REQUESTER
from tests.values import replace

ASKED = Asked(b"n" * 16, PROVIDER, CORE, NOON, NOON - timedelta(days=1), 7)
ENTRY = Entry(
    sent=True,
    taken=True,
    message_type="provision_order",
    message_id=b"message number 1",
    header_digest=bytes(32),
    at=NOON,
    processing_number=b"number number 1.",
    third=REQUESTER,
    item_no=28,
    kinds=("resident_record_information",),
    permit_digest=bytes(32),
    permit=b"a permit",
    receipt=b"a receipt",
    outcome="provided",
)
BARE = Entry(False, False, "provision_order", b"message number 2", bytes(32), NOON)


@pytest.fixture(scope="module")
def request_bytes(world):
    return reconcile.write_request(ASKED, world.provider.signer)


def answered(body, *entries, **changes):
    good = Answered(
        digest(body), CORE, PROVIDER, NOON, (b"a head",), entries or (ENTRY, BARE), 99
    )
    return replace(good, **changes)


def read(world, data, body, by=CORE):
    return reconcile.read_answer(data, digest(body), by, world.directory, NOON)


def test_a_request_is_read_as_it_was_written(world, request_bytes):
    assert reconcile.read_request(request_bytes, world.directory, NOON) == ASKED


def test_an_answer_is_read_as_it_was_written(world, request_bytes):
    page = answered(request_bytes)
    data = reconcile.write_answer(page, world.core.signer)
    assert read(world, data, request_bytes) == page


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_in_a_request_is_refused(world, request_bytes, place, bit):
    changed = bytearray(request_bytes)
    changed[place % len(changed)] ^= 1 << bit
    with pytest.raises(Unreadable):
        reconcile.read_request(bytes(changed), world.directory, NOON)


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_in_an_answer_is_refused(world, request_bytes, place, bit):
    data = reconcile.write_answer(answered(request_bytes), world.core.signer)
    changed = bytearray(data)
    changed[place % len(changed)] ^= 1 << bit
    with pytest.raises(AnswerInvalid):
        read(world, bytes(changed), request_bytes)


@given(data=st.binary(max_size=200))
def test_whatever_comes_nothing_else_is_raised(world, request_bytes, data):
    with pytest.raises(Unreadable):
        reconcile.read_request(data, world.directory, NOON)
    with pytest.raises(AnswerInvalid):
        read(world, data, request_bytes)


def test_a_request_of_another_time_is_refused(world):
    late = replace(ASKED, at=NOON - limits.MAX_SKEW - timedelta(seconds=1))
    data = reconcile.write_request(late, world.provider.signer)
    with pytest.raises(Unreadable):
        reconcile.read_request(data, world.directory, NOON)


def test_a_request_that_another_signed_is_refused(world):
    data = reconcile.write_request(ASKED, world.requester.signer)
    with pytest.raises(Unreadable):
        reconcile.read_request(data, world.directory, NOON)


def test_an_answer_of_another_peer_is_none(world, request_bytes):
    data = reconcile.write_answer(
        answered(request_bytes, sender=REQUESTER), world.requester.signer
    )
    with pytest.raises(AnswerInvalid):
        read(world, data, request_bytes)


def test_an_answer_is_no_request_and_a_request_no_answer(world, request_bytes):
    data = reconcile.write_answer(answered(request_bytes), world.core.signer)
    with pytest.raises(Unreadable):
        reconcile.read_request(data, world.directory, NOON)
    with pytest.raises(AnswerInvalid):
        read(world, request_bytes, request_bytes, PROVIDER)


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, message_type="No Type"),
        replace(ENTRY, kinds=("高崎　太郎",)),
        replace(ENTRY, kinds=("kind",) * (limits.MAX_KINDS + 1)),
        replace(ENTRY, outcome="perhaps"),
        replace(ENTRY, item_no=0),
        replace(ENTRY, processing_number=b"short"),
        replace(ENTRY, permit_digest=b"short"),
        replace(ENTRY, permit=bytes(reconcile.MAX_PIECE + 1)),
    ],
)
def test_what_no_station_would_say_makes_no_answer(world, request_bytes, entry):
    data = reconcile.write_answer(answered(request_bytes, entry), world.core.signer)
    with pytest.raises(AnswerInvalid):
        read(world, data, request_bytes)


def test_a_page_has_a_bound(world, request_bytes):
    many = (BARE,) * (reconcile.MAX_ENTRIES + 1)
    data = reconcile.write_answer(answered(request_bytes, *many), world.core.signer)
    with pytest.raises(AnswerInvalid):
        read(world, data, request_bytes)
