# SPDX-License-Identifier: Apache-2.0
"""Payloads against their XSD, with a second validator that shares no code with ours."""

from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import ROWS
from schemas.errors import NotWritable, UnknownType, XmlFault, XmlRefused
from schemas.messages import read_payload
from schemas.payload import NAMESPACE, document, must_be_valid, type_of, validate
from tests.schemas.samples import TYPES, leaves, sample, spoiled, with_text, xsd_path
from tests.schemas.values import XML_TEXT

BASE64 = {"permit", "route", "requester_header", "extract"}


@cache
def second_opinion(type_name: str) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(xsd_path(type_name)))


def passes(type_name: str, data: bytes) -> bool:
    try:
        read_payload(type_name, data)
    except XmlRefused:
        return False
    return True


def both_say(type_name: str, data: bytes) -> bool:
    """What the two validators say; fails where they differ."""
    ours = passes(type_name, data)
    assert second_opinion(type_name).is_valid(data.decode()) is ours
    return ours


@pytest.mark.parametrize("name", TYPES)
def test_a_sample_is_valid_to_both_validators(name: str) -> None:
    assert both_say(name, sample(name))


@pytest.mark.parametrize("name", TYPES)
def test_a_sample_with_one_element_changed_is_refused_by_both(name: str) -> None:
    for changed in spoiled(name):
        assert both_say(name, changed.data) is not changed.refused, changed.how


@pytest.mark.parametrize("name", TYPES)
def test_white_space_around_a_value_is_kept_or_refused(name: str) -> None:
    for leaf, text in leaves(name):
        if leaf in BASE64:
            continue
        for padded in (f" {text}", f"{text} ", f"\n{text}", f"{text}\t", f"　{text}　"):
            data = with_text(name, leaf, padded)
            if both_say(name, data):
                assert padded in repr_of_everything(name, data)


def repr_of_everything(name: str, data: bytes) -> str:
    """The texts of the value that was read, whatever its repr hides."""
    found: list[str] = []

    def walk(value: object) -> None:
        found.append(str(value))
        for each in value if isinstance(value, tuple) else ():
            walk(each)
        for field in fields(value) if is_dataclass(value) else ():
            walk(getattr(value, field.name))

    walk(read_payload(name, data))
    return "\0".join(found)


@pytest.mark.parametrize("name", TYPES)
def test_a_payload_of_another_type_is_refused(name: str) -> None:
    for other in TYPES:
        if other != name:
            with pytest.raises(XmlRefused) as caught:
                validate(name, sample(other))
            assert caught.value.code is XmlFault.WRONG_ROOT


def test_a_payload_tells_its_type_by_its_root() -> None:
    assert [type_of(sample(name)) for name in TYPES] == list(TYPES)


def test_an_element_that_is_no_message_has_no_type() -> None:
    with pytest.raises(XmlRefused) as caught:
        type_of(f'<record xmlns="{NAMESPACE}"/>'.encode())
    assert caught.value.code is XmlFault.WRONG_ROOT


def test_a_type_without_a_row_is_unknown() -> None:
    for name in ("unheard_of", "common", "../catalogue", ""):
        with pytest.raises(UnknownType):
            validate(name, sample("permit_notice"))


@pytest.mark.parametrize("name", TYPES)
def test_a_refusal_quotes_nothing_of_the_content(name: str) -> None:
    for leaf, _text in leaves(name):
        secret = "山田太郎\N{ZERO WIDTH SPACE}" * 100
        for secretive in (secret, f"{secret}\x85", f"<{secret}/>"):
            data = with_text(name, leaf, secretive)
            if not passes(name, data):
                with pytest.raises(XmlRefused) as caught:
                    validate(name, data)
                assert "山" not in repr(caught.value) + str(caught.value)
                assert caught.value.__context__ is None


def test_a_refusal_says_where_and_what() -> None:
    with pytest.raises(XmlRefused) as caught:
        validate("permit_notice", with_text("permit_notice", "permit_digest", "xyz"))
    assert caught.value.code is XmlFault.NOT_VALID
    assert caught.value.detail == "line 2, element permit_digest, pattern"
    assert caught.value.is_schema_fault


def test_what_cannot_be_read_is_no_schema_fault() -> None:
    with pytest.raises(XmlRefused) as caught:
        validate("permit_notice", b"<")
    assert not caught.value.is_schema_fault


@given(st.sampled_from(TYPES), st.data())
def test_a_spoiled_sample_gives_only_the_rooms_own_error(
    name: str, draw: st.DataObject
) -> None:
    data = bytearray(sample(name))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at : at + 1] = draw.draw(st.binary(max_size=2))
    with suppress(XmlRefused):
        read_payload(name, bytes(data))


@given(st.sampled_from(TYPES), st.data())
def test_the_validators_agree_on_any_text_anywhere(
    name: str, draw: st.DataObject
) -> None:
    leaf, text = draw.draw(st.sampled_from(leaves(name)))
    at = draw.draw(st.integers(0, len(text)))
    bit = draw.draw(
        st.text(XML_TEXT | st.sampled_from("\t\n09azAZ=+/-_. "), max_size=2)
    )
    cut = draw.draw(st.integers(0, 2))
    spoilt = text[:at] + bit + text[at + cut :]
    if leaf in BASE64 and not spoilt.isascii():
        # Here xmlschema is lax: it drops every space of Unicode, XML Schema only four.
        assert not passes(name, with_text(name, leaf, spoilt))
    else:
        both_say(name, with_text(name, leaf, spoilt))


@given(
    st.integers(1790, 2210),
    st.integers(0, 13),
    st.integers(0, 32),
    st.tuples(st.integers(0, 24), st.integers(0, 60), st.integers(0, 60)),
)
def test_a_moment_is_valid_exactly_when_the_calendar_and_clock_have_it(
    year: int, month: int, day: int, clock: tuple[int, int, int]
) -> None:
    text = f"{year:04}-{month:02}-{day:02}T{clock[0]:02}:{clock[1]:02}:{clock[2]:02}Z"
    data = with_text("information_inquiry_acceptance", "answer_by", text)
    expected = 1800 <= year < 2200 and _exists(text)
    assert passes("information_inquiry_acceptance", data) is expected


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("year", [1800, 1896, 1900, 1904, 2000, 2023, 2024, 2100, 2196])
def test_a_leap_day_is_valid_exactly_in_a_leap_year(year: int) -> None:
    data = with_text("identity_information_update", "date_of_birth", f"{year}-02-29")
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    assert both_say("identity_information_update", data) is leap


@pytest.mark.parametrize(
    "text",
    [
        "2030-01-01T12:00:00",
        "2030-01-01T12:00:00.5Z",
        "2030-01-01T12:00:00+09:00",
        "2030-01-01 12:00:00Z",
        "2030-01-01T24:00:00Z",
        "2030-01-01T23:59:60Z",
        "２０３０-01-01T12:00:00Z",
        "+2030-01-01T12:00:00Z",
    ],
)
def test_a_moment_has_one_form(text: str) -> None:
    data = with_text("permit_notice", "permit_digest", "0" * 64)
    assert both_say("permit_notice", data)
    data = with_text("information_inquiry_acceptance", "answer_by", text)
    assert not both_say("information_inquiry_acceptance", data)


@pytest.mark.parametrize(
    "text", ["", "A", "QQ=", "QR==", "QUJ=", "QQ==!", "QUJD!", "QUJDé", "QU!JD", "-_=="]
)
def test_base64_that_is_not_exact_is_refused_by_both(text: str) -> None:
    assert not both_say("permit_renewal", with_text("permit_renewal", "permit", text))


def test_base64_between_wide_spaces_is_refused() -> None:
    assert not passes(
        "permit_renewal", with_text("permit_renewal", "permit", "\u3000QUJD\u00a0")
    )


def test_base64_may_be_wrapped_and_means_the_same() -> None:
    wrapped = with_text("permit_renewal", "permit", "\n QUJD\n REVG\n")
    assert both_say("permit_renewal", wrapped)
    plain = with_text("permit_renewal", "permit", "QUJDREVG")
    assert read_payload("permit_renewal", wrapped) == read_payload(
        "permit_renewal", plain
    )


def test_the_same_kind_is_not_asked_for_twice() -> None:
    for name in ("information_inquiry", "information_inquiry_request"):
        doubled = sample(name).replace(b"<kind>", b"<kind>local_tax_information</kind>")
        assert not passes(name, doubled)
        kind = b"<kind>local_tax_information</kind>"
        assert both_say(name, sample(name).replace(b"<kind>", kind + b"<kind>"))
        assert not both_say(name, sample(name).replace(b"<kind>", kind * 2 + b"<kind>"))


def test_a_length_counts_code_points() -> None:
    longest = "\U00020bb7" * 100
    data = with_text("information_provision", "head_name", longest)
    assert both_say("information_provision", data)
    data = with_text("information_provision", "head_name", longest + "a")
    assert not both_say("information_provision", data)


def test_no_schema_lets_anything_in_by_a_wildcard() -> None:
    for name in (*ROWS, "common", "record", "people"):
        text = xsd_path(name).read_text("utf-8")
        assert "<xs:any" not in text
        assert "mixed=" not in text
        assert "<xs:attribute" not in text


def test_a_document_that_is_not_valid_is_not_written() -> None:
    with pytest.raises(NotWritable) as caught:
        must_be_valid(
            "permit_notice",
            document("permit_notice", "<permit_digest>山田</permit_digest>"),
        )
    assert "山田" not in str(caught.value)
