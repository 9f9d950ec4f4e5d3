# SPDX-License-Identifier: Apache-2.0
"""The header: one spelling for every value, and nothing but a header is read as one."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.names import StationName
from protocols import limits
from protocols.errors import Unreadable
from protocols.header import (
    Header,
    InReplyTo,
    content_digest,
    expiry,
    new_id,
    whole_second,
    wire_time,
)
from tests.pki import forge, mangle
from tests.pki.forge import Change, Node
from tests.protocols.values import headers
from tests.values import replace

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
GOOD = Header(
    message_id=b"message number 1",
    message_type="information_provision",
    sender=StationName("102024", "intermediate_server"),
    receiver=StationName("Q00001", "intermediate_server"),
    created=NOON,
    expires=NOON + timedelta(hours=1),
    sealing_certificate=bytes(32),
    content_digest=bytes(range(32)),
    processing_number=b"number 16 bytes.",
    in_reply_to=InReplyTo(b"message number 0", b"h" * 32),
    permit_digest=b"p" * 32,
)
DATA = GOOD.encode()

VERSION, MESSAGE_ID, TYPE, SENDER, RECEIVER, NUMBER = range(6)
CREATED, EXPIRES, REPLY, PERMIT, SEALING, CONTENT = range(6, 12)


def read(data: bytes) -> Header | str:
    """The header, or the code under which the bytes are refused."""
    try:
        return Header.decode(data)
    except Unreadable as no:
        return no.code


def refused(data: bytes) -> bool:
    return read(data) == "SK-U06"


# --- whole ----------------------------------------------------------------------------


@given(headers)
def test_a_header_is_read_back_as_it_was_written(header: Header) -> None:
    assert Header.decode(header.encode()) == header


@given(headers, headers)
def test_two_headers_are_the_same_bytes_only_if_they_are_the_same(
    one: Header, other: Header
) -> None:
    assert (one.encode() == other.encode()) == (one == other)


def test_a_header_without_its_optional_parts_is_read_back() -> None:
    plain = replace(GOOD, processing_number=None, in_reply_to=None, permit_digest=None)
    assert Header.decode(plain.encode()) == plain
    assert len(plain.encode()) < len(DATA)


@pytest.mark.parametrize("name", ["sealing_certificate", "content_digest"])
@pytest.mark.parametrize("size", [0, 31, 33])
def test_no_header_is_written_with_a_digest_of_another_length(
    name: str, size: int
) -> None:
    with pytest.raises(ValueError, match=f"{size} bytes where 32 belong"):
        replace(GOOD, **{name: bytes(size)}).encode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"message_id": bytes(15)},
        {"processing_number": bytes(17)},
        {"permit_digest": b""},
        {"in_reply_to": InReplyTo(bytes(15), bytes(32))},
        {"in_reply_to": InReplyTo(bytes(16), bytes(20))},
    ],
)
def test_no_header_is_written_with_an_identifier_of_another_length(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="bytes where"):
        replace(GOOD, **wrong).encode()


# --- broken ---------------------------------------------------------------------------


def test_every_cut_is_refused() -> None:
    assert all(refused(cut) for cut in mangle.cuts(DATA))


def test_a_doubled_header_or_bytes_around_it_are_refused() -> None:
    assert all(refused(more) for more in mangle.lengthened(DATA))


def test_ber_is_refused_at_every_element() -> None:
    assert all(refused(tree.write()) for tree in forge.in_ber(DATA))


def test_a_flipped_bit_is_refused_or_makes_another_header_with_one_spelling() -> None:
    others = 0
    for flipped in mangle.flips(DATA):
        header = read(flipped)
        if header != "SK-U06":
            others += 1
            assert header != GOOD
            assert header.encode() == flipped
    assert 0 < others < len(DATA) * 8


@given(mangle.spliced(DATA))
def test_a_replaced_stretch_is_refused_or_read_with_one_spelling(data: bytes) -> None:
    header = read(data)
    assert header == "SK-U06" or header.encode() == data


@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_but_unreadable(data: bytes) -> None:
    assert refused(data)


# --- forbidden ------------------------------------------------------------------------


def _octets(place: int, octets: bytes) -> Change:
    return forge.to(lambda tree: tree[place], octets)


def _tag(place: int, tag: int) -> Change:
    def change(tree: Node) -> None:
        tree[place].tag = tag

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_octets(VERSION, b"\0"), id="version 0"),
        pytest.param(_octets(VERSION, b"\2"), id="version 2"),
        pytest.param(_octets(VERSION, b"\1" * 40), id="a huge version"),
        pytest.param(_tag(VERSION, 0x0A), id="a version that is no integer"),
        pytest.param(_octets(MESSAGE_ID, bytes(15)), id="a short id"),
        pytest.param(_octets(MESSAGE_ID, bytes(17)), id="a long id"),
        pytest.param(_octets(MESSAGE_ID, b""), id="an empty id"),
        pytest.param(_octets(TYPE, b"\xff"), id="a type that is not UTF-8"),
        pytest.param(_octets(TYPE, b"\xed\xa0\x80"), id="half a character"),
        pytest.param(_tag(TYPE, 0x13), id="a type in PrintableString"),
        pytest.param(_octets(NUMBER, bytes(15)), id="a short processing number"),
        pytest.param(_octets(NUMBER, bytes(17)), id="a long processing number"),
        pytest.param(_octets(NUMBER, b""), id="an empty processing number"),
        pytest.param(_octets(PERMIT, bytes(31)), id="a short permit digest"),
        pytest.param(_octets(PERMIT, bytes(33)), id="a long permit digest"),
        pytest.param(_octets(SEALING, bytes(31)), id="a short certificate digest"),
        pytest.param(_octets(CONTENT, bytes(64)), id="a long content digest"),
        pytest.param(
            forge.to(lambda tree: tree[REPLY][0], bytes(15)), id="reply to a short id"
        ),
        pytest.param(
            forge.to(lambda tree: tree[REPLY][1], bytes(20)), id="reply to a SHA-1"
        ),
        pytest.param(forge.drop(lambda tree: tree[REPLY], 1), id="reply to an id"),
        pytest.param(forge.drop(lambda tree: tree, CONTENT), id="no content digest"),
        pytest.param(forge.drop(lambda tree: tree, EXPIRES), id="no end"),
        pytest.param(forge.put(lambda tree: tree, 12, forge.NULL), id="one field more"),
        pytest.param(
            forge.put(lambda tree: tree, 10, Node(0x83, bytes(32))), id="a tag unknown"
        ),
        pytest.param(
            lambda tree: tree.parts.insert(NUMBER, tree.parts.pop(PERMIT)),
            id="another order",
        ),
        pytest.param(_tag(CREATED, 0x17), id="UTCTime"),
    ],
)
def test_a_header_of_another_form_is_refused(change: Change) -> None:
    tree = forge.read(DATA)
    change(tree)
    assert tree.write() != DATA
    assert refused(tree.write())


@pytest.mark.parametrize("place", [CREATED, EXPIRES])
@pytest.mark.parametrize(
    "text",
    [
        "20300101120000.5Z",
        "20300101120000.0Z",
        "203001011200Z",
        "20300101120000",
        "20300101120000+0900",
        "20300101120060Z",
        "20300229120000Z",
        "00000101000000Z",
        "00010101000000Z",
        "19991231235959Z",
        "99990101000000Z",
        "99991231235959Z",
        "",
    ],
)
def test_a_time_in_another_form_or_age_is_refused(place: int, text: str) -> None:
    tree = forge.read(DATA)
    tree[place].octets = text.encode()
    assert refused(tree.write())


def test_a_time_of_the_wire_can_be_added_to_and_taken_from() -> None:
    for moment in (
        datetime(2000, 1, 1, tzinfo=UTC),
        datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC),
    ):
        header = Header.decode(replace(GOOD, created=moment, expires=moment).encode())
        assert header.created - limits.MAX_SKEW < header.expires + limits.MAX_SKEW


@pytest.mark.parametrize("place", [SENDER, RECEIVER])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "102024",
        "102024/",
        "/intermediate_server",
        "102024/intermediate_server/",
        "102024/Intermediate_server",
        "102024 /intermediate_server",
        "10202/intermediate_server",
        "１０２０２４/intermediate_server",
        "102024/intermediate_server\0",
        "102024/intermediate_server\n",
        "urn:x-sekisho:station:102024:intermediate_server",
        "102024/" + "a" * 65,
    ],
)
def test_a_station_in_another_spelling_is_refused(place: int, text: str) -> None:
    tree = forge.read(DATA)
    tree[place].octets = text.encode()
    assert refused(tree.write())


# --- what a header is made of ---------------------------------------------------------


def test_the_content_digest_is_sha_256_of_salt_and_payload() -> None:
    # printf 'saltpayload' | sha256sum
    assert content_digest(b"salt", b"payload").hex().startswith("b25afe29043ff2d9")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_another_salt_or_payload_has_another_digest(
    salt: bytes, payload: bytes
) -> None:
    digest = content_digest(salt, payload)
    assert content_digest(salt, payload + b"\0") != digest
    assert content_digest(bytes(b ^ 1 for b in salt), payload) != digest


def test_an_id_is_its_moment_and_ten_bytes_from_the_source_that_is_given() -> None:
    asked: list[int] = []

    def token_bytes(size: int) -> bytes:
        asked.append(size)
        return b"i" * size

    at = datetime(1970, 1, 1, 0, 0, 1, 500_999, tzinfo=UTC)
    assert new_id(at, token_bytes) == (1500).to_bytes(6) + b"i" * 10
    assert asked == [10]
    assert new_id(at) != new_id(at)


def test_ids_of_later_milliseconds_are_greater() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert new_id(at) < new_id(at + timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("lifetime", "lives"),
    [
        (timedelta(seconds=90), timedelta(seconds=90)),
        (timedelta(hours=24), timedelta(hours=24)),
        (timedelta(hours=25), timedelta(hours=24)),
        (timedelta(seconds=1.9), timedelta(seconds=1)),
    ],
)
def test_no_message_lives_longer_than_a_day(
    lifetime: timedelta, lives: timedelta
) -> None:
    assert expiry(NOON, lifetime) - NOON == lives


def test_a_wire_time_is_the_whole_second_in_utc() -> None:
    japan = timezone(timedelta(hours=9))
    moment = datetime(2030, 1, 1, 21, 0, 0, 999_999, tzinfo=japan)
    assert wire_time(moment) == NOON
    assert wire_time(moment).tzinfo is UTC
    assert whole_second(wire_time(moment)) == NOON


@pytest.mark.parametrize(
    "moment",
    [
        NOON.replace(microsecond=1),
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(9999, 1, 1, tzinfo=UTC),
    ],
)
def test_a_time_that_the_wire_cannot_carry_is_a_value_error(moment: datetime) -> None:
    with pytest.raises(ValueError, match="time on the wire"):
        whole_second(moment)


def test_a_time_without_a_zone_is_taken_as_utc() -> None:
    assert whole_second(NOON.replace(tzinfo=None)) == NOON
