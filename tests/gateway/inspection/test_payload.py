# SPDX-License-Identifier: Apache-2.0
"""Documents: the daemon's verdict, explained by line, path and rule."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.inspection.report import Verdict
from gateway.intake import payload_code
from schemas.catalogue import ROWS
from schemas.errors import XmlRefused
from schemas.messages import read_payload
from schemas.payload import type_of
from tests.gateway.inspection.desk import NOTHING as FILE_ONLY
from tests.gateway.inspection.desk import (
    SAMPLES,
    at_the,
    codes,
    facts,
    inspected,
    layer,
    personal,
    said,
)
from tests.pki.mangle import spliced

ORDER = (SAMPLES / "provision_order.xml").read_bytes()
UPDATE = (SAMPLES / "identity_information_update.xml").read_bytes()
INQUIRY = (SAMPLES / "information_inquiry.xml").read_bytes()


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.xml")), ids=lambda p: p.stem)
def test_every_sample_is_known_by_its_root_and_valid(path: Path) -> None:
    report = inspected(path.read_bytes())
    assert report.kind == f"payload: {path.stem}"
    found = facts(report, "payload")
    assert found["legal basis"] == ROWS[path.stem].legal_basis
    assert layer(report, "payload").findings[0].verdict is Verdict.OK


def test_the_japanese_meaning_comes_from_the_schema() -> None:
    assert "情報提供許可証" in facts(inspected(ORDER), "payload")["meaning"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            b"<subject_code>ddba",
            b"<subject_code>DDBA",
            "line 6, /provision_order/subject_code: its text is not as the schema has "
            "it: PatternFacets ['[0-9a-f]{32}']",
        ),
        (
            b"  <route>",
            b"  <permit>eA==</permit>\n  <route>",
            "line 2, /provision_order: permit stands where the schema has route",
        ),
        (
            b"subject_salt>",
            b"subject_code>",
            "stands where the schema has subject_salt",
        ),
    ],
)
def test_what_the_schema_refuses_is_told_by_line_path_and_rule(
    old: bytes, new: bytes, told: str
) -> None:
    report = inspected(ORDER.replace(old, new))
    assert codes(report) == ["SK-X02"]
    assert told in "\n".join(layer(report, "payload").lines)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ((b"<item_no>", b"<!DOCTYPE x>\n  <item_no>"), "SK-X01", "line 3, byte 3"),
        ((b"<item_no>", b"<!-- x --><item_no>"), "SK-X01", "line 3, byte 3"),
        ((b"<item_no>", b"<item_no a='1'>"), "SK-X01", "line 3, byte 3"),
        ((b"106", b"&lol;"), "SK-X01", "line 3, byte 12"),
        ((b"<kind>", b"<nobody>"), "SK-X02", "unknown_element"),
        ((b"</information_inquiry>", b""), "SK-X01", "malformed"),
    ],
)
def test_what_the_gate_refuses_is_told_by_place(
    change: tuple[bytes, bytes], code: str, told: str
) -> None:
    report = inspected(INQUIRY.replace(*change))
    assert codes(report) == [code]
    assert told in said(report)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le"])
def test_other_encodings_are_known_for_xml_and_refused(encoding: str) -> None:
    report = inspected(INQUIRY.decode().encode(encoding))
    assert codes(report) == ["SK-X01"]
    assert "not_utf8" in said(report)


def test_a_megabyte_more_than_a_payload_is_refused_by_its_length() -> None:
    report = inspected(INQUIRY + b" " * 1_100_000)
    assert codes(report) == ["SK-X01"]
    assert "too_large" in said(report)


def test_a_wrong_check_digit_is_refused_and_not_shown() -> None:
    wrong = UPDATE.replace(b"102938475612", b"102938475613")
    report = inspected(wrong)
    assert codes(report) == ["SK-X03"]
    assert "102938475613" not in said(report)


def test_a_number_of_the_real_realm_is_refused_where_the_master_says_simulation() -> (
    None
):
    real = UPDATE
    for simulated, standard in (
        (b"102938475612", b"102938475617"),
        (b"10293847568", b"10293847563"),
        (b"56473829100", b"56473829105"),
    ):
        assert simulated in real
        real = real.replace(simulated, standard)
    report = inspected(real, at_the("core"))
    assert codes(report) == ["SK-X04"]
    without_a_master = layer(inspected(real), "payload")
    assert without_a_master.verdict is Verdict.UNCHECKED


def test_values_are_shown_only_to_whoever_asks_for_personal_data() -> None:
    shown = said(inspected(UPDATE, personal(FILE_ONLY)))
    hidden = said(inspected(UPDATE))
    assert "102938475612" in shown
    assert "髙𣘺" in shown
    assert "102938475612" not in hidden
    assert "髙𣘺" not in hidden


@given(st.sampled_from([ORDER, UPDATE, INQUIRY]).flatmap(spliced))
def test_the_verdict_is_the_daemons_whatever_is_in_a_document(data: bytes) -> None:
    try:
        read_payload(type_of(data), data)
    except XmlRefused as error:
        expected = payload_code(error)
    else:
        expected = ""
    report = inspected(data)
    told = [each.findings[0].code for each in report.layers if each.name == "payload"]
    if told:  # else its first signs are no longer those of XML
        assert told == [expected]
