# SPDX-License-Identifier: Apache-2.0
"""The file of a batch inquiry: what is read, what is refused, and with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.batch_lines import COLUMNS, HEADS, BatchRefused, read, sheet
from schemas.messages import read_payload

HEAD = ",".join(COLUMNS)
KIND = "resident_record_information"
NUMBER = "999000000000017"
GOOD = f"A-1,28,{KIND},{NUMBER},102024"


def lines(*texts, head=HEAD):
    return "\r\n".join([head, *texts, ""])


def refusals(*texts):
    return [(one.number, one.column) for one in sheet(lines(*texts).encode()).bad]


def test_a_line_becomes_the_inquiry_that_it_says():
    (line,) = sheet(lines(GOOD).encode()).lines
    assert (line.number, line.reference) == (2, "A-1")
    value = read_payload("information_inquiry_request", line.payload)
    assert (value.item_no, value.kinds) == (28, (KIND,))
    assert (value.addressee_number, value.provider) == (NUMBER, "102024")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_as_municipalities_have_it_is_read(encoding, end):
    text = lines(GOOD.replace("A-1", "髙崎①-1"), head=",".join(HEADS[1]))
    found = sheet(text.replace("\r\n", end).encode(encoding))
    assert [line.reference for line in found.lines] == ["髙崎①-1"]


def test_a_file_is_read_as_it_is_said_to_be():
    text = lines(GOOD.replace("A-1", "佐")).encode("cp932")
    with pytest.raises(BatchRefused, match="line 2"):
        sheet(text, "utf-8")


def test_a_file_in_no_encoding_of_ours_is_refused_with_its_line():
    with pytest.raises(BatchRefused, match="line 3"):
        sheet(lines(GOOD).encode() + b"\x81\x20\n")


@pytest.mark.parametrize(
    "head",
    ["", HEAD.upper(), HEAD + ",note", HEAD.replace(",", ";"), ",".join(COLUMNS[:4])],
)
def test_another_head_is_refused(head):
    with pytest.raises(BatchRefused, match="line 1"):
        sheet(lines(GOOD, head=head).encode())


BAD = [
    (GOOD.replace("A-1", ""), "reference"),
    (GOOD.replace("A-1", "x" * 65), "reference"),
    (GOOD.replace("A-1", "a\tb"), "reference"),
    (GOOD.replace(",28,", ",,"), "item_no"),
    (GOOD.replace(",28,", ",028,"), "item_no"),
    (GOOD.replace(",28,", ",２８,"), "item_no"),
    (GOOD.replace(",28,", ",999,"), "item_no"),
    (GOOD.replace(KIND, ""), "kinds"),
    (GOOD.replace(KIND, f"{KIND} {KIND}"), "kinds"),
    (GOOD.replace(KIND, "no_such_kind"), "kinds"),
    (GOOD.replace(NUMBER, NUMBER[1:]), "addressee_number"),
    (GOOD.replace(NUMBER, "１" * 15), "addressee_number"),
    (GOOD.replace(NUMBER, "=1+1"), "addressee_number"),
    (GOOD.replace(",102024", ",10202"), "provider"),
    (GOOD.replace(",102024", ",１０２０２４"), "provider"),
    (GOOD + ",", ""),
    (GOOD.rpartition(",")[0], ""),
    ('"' + GOOD, ""),
]


@pytest.mark.parametrize(("bad", "column"), BAD)
def test_a_bad_line_is_refused_and_the_others_go_on(bad, column):
    found = sheet(lines("B-1" + GOOD[3:], bad, "B-2" + GOOD[3:]).encode())
    assert [line.reference for line in found.lines] == ["B-1", "B-2"]
    (one,) = found.bad
    assert (one.number, one.column) == (3, column)
    assert one.ja
    assert one.en


def test_a_reference_is_used_once():
    assert refusals(GOOD, "", GOOD) == [(4, "reference")]


def test_no_words_about_a_bad_line_repeat_what_stood_there():
    found = sheet(lines(GOOD.replace("102024", "SECRET7")).encode())
    assert "SECRET7" not in repr(found)
    assert NUMBER not in repr(sheet(lines(GOOD).encode()))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BatchRefused, match="cannot be read"):
        read(tmp_path / "nothing.csv")


def test_people_are_counted_once():
    more = [f"C-{n}{GOOD[3:]}" for n in range(3)]
    found = sheet(
        lines(GOOD, *more, GOOD.replace("A-1", "D").replace("17", "18")).encode()
    )
    assert (len(found.lines), found.persons) == (5, 2)


@given(st.binary())
def test_whatever_stands_in_a_file_it_is_read_or_refused(data):
    try:
        found = sheet(HEAD.encode() + b"\n" + data)
    except BatchRefused:
        return
    for line in found.lines:
        assert read_payload("information_inquiry_request", line.payload)
