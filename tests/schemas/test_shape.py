# SPDX-License-Identifier: Apache-2.0
"""Readers and writers that follow from types: each form, and what is left out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar

import pytest
from lxml import etree

from schemas.markup import NAMESPACE
from schemas.shape import Base64, Message, Personal, Shape, many, shaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    word: str
    perhaps: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    text: str
    number: int
    flag: bool
    day: date
    moment: datetime
    identifier: bytes
    long: Base64
    absent: int | None = None
    inner: Inner
    other: Inner | None = None
    words: tuple[str, ...] = many("word")
    inners: tuple[Inner, ...] = many("each")


VALUE = Outer(
    text="a & <b>",
    number=7,
    flag=False,
    day=date(2029, 4, 1),
    moment=datetime(2029, 4, 3, 1, 23, 45, tzinfo=UTC),
    identifier=b"\x00\xff",
    long=b"long",
    inner=Inner(word="x"),
    words=("one", "two"),
    inners=(Inner(word="y"), Inner(word="z", perhaps="")),
)
WRITTEN = (
    "<text>a &amp; &lt;b&gt;</text><number>7</number><flag>false</flag>"
    "<day>2029-04-01</day><moment>2029-04-03T01:23:45Z</moment>"
    "<identifier>00ff</identifier><long>bG9uZw==</long>"
    "<inner><word>x</word></inner><word>one</word><word>two</word>"
    "<each><word>y</word></each><each><word>z</word><perhaps></perhaps></each>"
)


def read(inside: str) -> Outer:
    return Shape(Outer).read(etree.fromstring(f'<o xmlns="{NAMESPACE}">{inside}</o>'))


def test_each_type_of_field_is_written_in_its_form_and_in_the_order_of_the_class() -> (
    None
):
    assert Shape(Outer).parts(VALUE) == WRITTEN


def test_what_was_written_reads_as_the_same_value() -> None:
    shown = WRITTEN.replace("<perhaps></perhaps>", "<perhaps>p</perhaps>")
    assert read(shown) == Outer(
        text=VALUE.text,
        number=VALUE.number,
        flag=VALUE.flag,
        day=VALUE.day,
        moment=VALUE.moment,
        identifier=VALUE.identifier,
        long=VALUE.long,
        inner=VALUE.inner,
        words=VALUE.words,
        inners=(Inner(word="y"), Inner(word="z", perhaps="p")),
    )


def test_what_is_absent_is_none_and_what_is_often_and_not_there_is_empty() -> None:
    value = read(WRITTEN[: WRITTEN.index("<word>one")])
    assert (value.absent, value.other) == (None, None)
    assert (value.words, value.inners) == ((), ())


def test_a_field_that_the_text_should_have_and_has_not_is_a_fault_of_the_schema() -> (
    None
):
    """The XSD asks for it first; a reader never makes one up."""
    with pytest.raises(KeyError):
        read("")


def test_a_class_with_a_type_that_has_no_form_cannot_be_made_a_message() -> None:
    @dataclass(frozen=True)
    class Odd:
        number: float

    with pytest.raises(KeyError):
        Shape(Odd)


def test_a_message_is_a_document_of_its_type() -> None:
    message = shaped("permit_notice", Inner)
    assert isinstance(message, Message)
    written = message.write(Inner(word="x"))
    assert written == (
        f'<permit_notice xmlns="{NAMESPACE}"><word>x</word></permit_notice>'.encode()
    )
    assert message.read(etree.fromstring(written)) == Inner(word="x")


def test_a_value_that_tells_of_a_person_shows_its_class_alone() -> None:
    @dataclass(frozen=True, slots=True, repr=False)
    class Person(Personal):
        name: str

    shown = f"{Person('高橋')!r} {Person('高橋')} {[Person('高橋')]}"
    assert shown == "Person(<hidden>) Person(<hidden>) [Person(<hidden>)]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    first: str
    always: ClassVar[str] = "this"
    last: str


def test_a_fixed_text_is_written_in_its_place_and_read_from_nowhere() -> None:
    shape = Shape(Fixed)
    written = "<first>a</first><always>this</always><last>b</last>"
    assert shape.parts(Fixed(first="a", last="b")) == written
    element = etree.fromstring(f'<o xmlns="{NAMESPACE}">{written}</o>')
    assert shape.read(element) == Fixed(first="a", last="b")
