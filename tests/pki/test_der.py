# SPDX-License-Identifier: Apache-2.0
"""The DER door: any bytes in, a value or a `DerError` out."""

import enum
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

import pytest
from cryptography.hazmat import asn1
from hypothesis import given
from hypothesis import strategies as st

from pki import der
from pki.errors import CmsError, DerError


@der.sequence
class Sample:
    number: int
    octets: Annotated[bytes, der.Implicit(0)]
    several: der.SetOf[int]
    open_part: der.TLV


@der.sequence
class Moment:
    at: der.TLV


@asn1.value_set(int)
class Numbers(enum.Enum):
    ONE = 1


@der.sequence
class Counted:
    number: Numbers


GOOD = bytes.fromhex("3011 020105 80026162 3106020101020102 0500")


def test_what_is_read_is_written_again_byte_for_byte() -> None:
    value = der.decode(Sample, GOOD)
    assert (value.number, value.octets) == (5, b"ab")
    assert value.several.as_list() == [1, 2]
    assert der.encode(value) == GOOD


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("", id="nothing"),
        pytest.param("3011 020105 80026162 3106020101020102 05", id="cut"),
        pytest.param("3011 020105 80026162 3106020101020102 0500 00", id="followed"),
        pytest.param("3080 020105 80026162 3106020101020102 0500 0000", id="ber"),
        pytest.param("308111 020105 80026162 3106020101020102 0500", id="long length"),
        pytest.param("3012 02020005 80026162 3106020101020102 0500", id="long integer"),
        pytest.param("3011 020105 80026162 3106020102020101 0500", id="unsorted set"),
        pytest.param("3011 020105 81026162 3106020101020102 0500", id="other tag"),
        pytest.param("3013 020105 80026162 3106020101020102 0500 0500", id="more"),
        pytest.param("3111 020105 80026162 3106020101020102 0500", id="not a sequence"),
    ],
)
def test_what_is_not_der_of_the_structure_is_refused(bad: str) -> None:
    with pytest.raises(DerError) as refused:
        der.decode(Sample, bytes.fromhex(bad))
    assert refused.value.place == "Sample"


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_der_error(data: bytes) -> None:
    try:
        value = der.decode(Sample, data)
    except DerError:
        return
    assert der.encode(value) == data


@given(st.integers(0, 255), st.binary(max_size=30))
def test_any_open_part_gives_a_value_or_der_error(tag: int, content: bytes) -> None:
    try:
        holder = der.decode(Moment, der.tlv(der.SEQUENCE, der.tlv(tag, content)))
    except DerError:
        return
    for cls in (int, bytes, der.OID, Sample, der.UTCTime, der.GeneralizedTime):
        try:
            value = der.part(holder.at, cls)
        except DerError:
            continue
        assert der.encode(value) == der.tlv(tag, content)


def test_a_refusal_is_a_cms_error_and_tells_no_value() -> None:
    with pytest.raises(CmsError) as refused:
        der.decode(Counted, der.tlv(der.SEQUENCE, der.encode(87654321)))
    assert "87654321" not in str(refused.value)


@given(st.integers(0, 70_000))
def test_a_header_is_as_short_as_it_can_be(length: int) -> None:
    content = bytes(length)
    assert der.tlv(der.OCTET_STRING, content) == der.encode(content)
    assert len(der.header(der.OCTET_STRING, length)) + length == len(
        der.encode(content)
    )


@given(st.binary(max_size=300), st.integers(0, 300), st.integers(0, 300))
def test_layers_are_elements_inside_elements(
    content: bytes, before: int, after: int
) -> None:
    left, right = der.encode(bytes(before)), der.encode(bytes(after))
    inner = der.tlv(der.OCTET_STRING, content)
    expected = der.tlv(der.SET, der.tlv(der.SEQUENCE, left, inner, right))
    head, tail = der.frame(
        len(content),
        (der.OCTET_STRING, b"", b""),
        (der.SEQUENCE, left, right),
        (der.SET, b"", b""),
    )
    assert expected == head + content + tail


@given(st.datetimes(datetime(1000, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_read_as_it_was_written(at: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    try:
        local = at.replace(tzinfo=UTC).astimezone(zone)
    except OverflowError:
        return
    assert _read_time(der.time(local)) == at.replace(microsecond=0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("year", "tag"), [(1949, 0x18), (1950, 0x17), (2049, 0x17), (2050, 0x18)]
)
def test_the_year_chooses_the_form_of_a_time(year: int, tag: int) -> None:
    assert der.time(datetime(year, 6, 1, tzinfo=UTC))[0] == tag


def test_a_time_without_zone_is_our_own_fault() -> None:
    with pytest.raises(ValueError, match="time zone"):
        der.time(datetime(2030, 1, 1))


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        pytest.param(0x18, "20300101120000Z", id="generalized in utc years"),
        pytest.param(0x18, "20500101120000.5Z", id="parts of a second"),
        pytest.param(0x18, "20500101120000.0Z", id="no parts, written"),
        pytest.param(0x18, "20500101120000+0900", id="another zone"),
        pytest.param(0x18, "20500101120000", id="no zone"),
        pytest.param(0x18, "00000101120000Z", id="year nought"),
        pytest.param(0x17, "3001011200Z", id="no seconds"),
        pytest.param(0x17, "300230120000Z", id="30 February"),
        pytest.param(0x17, "300101120060Z", id="leap second"),
        pytest.param(0x16, "300101120000Z", id="another string"),
    ],
)
def test_a_time_in_any_other_form_is_refused(tag: int, text: str) -> None:
    with pytest.raises(DerError):
        _read_time(der.tlv(tag, text.encode()))


def _read_time(element: bytes) -> datetime:
    return der.moment(der.decode(Moment, der.tlv(der.SEQUENCE, element)).at)
