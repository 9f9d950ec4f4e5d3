# SPDX-License-Identifier: Apache-2.0
"""Copies for an intermediate server: what they hold, and what they must not."""

import hashlib
import json

import pytest

from protocols.linkage_code import CodeMaker
from simulators.residents import Resident, generate
from simulators.residents.linkage_copy import copy_row, write_copies

MAKER = CodeMaker(bytes(range(32)))

GOLDEN = "a9f04bf5026e0f3fbed7c150e77c707521d288bb51d1f7a9f7a2184d1019a9ab"
"""SHA-256 of the file for a thousand residents; changes only on purpose."""


def code_of(resident: Resident) -> str:
    return MAKER.code(resident.person_id, resident.municipality_code)


@pytest.fixture(scope="module")
def town() -> list[Resident]:
    return list(generate("copies", 5000))


@pytest.fixture(scope="module")
def flagged(town) -> set[str]:
    return {one.addressee_number for one in town[::50]}


@pytest.fixture(scope="module")
def data(town, flagged, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("copies") / "copies.jsonl"
    assert write_copies(path, town, code_of, flagged) == len(town)
    return path.read_bytes()


@pytest.fixture(scope="module")
def rows(data) -> list[dict]:
    return [json.loads(line) for line in data.decode().splitlines()]


def test_the_same_seed_gives_the_same_file_as_ever(tmp_path):
    path = tmp_path / "copies.jsonl"
    write_copies(path, generate("golden", 1000), code_of, ())
    assert hashlib.sha256(path.read_bytes()).hexdigest() == GOLDEN


def test_a_line_is_a_row_with_just_these_members(data, rows):
    assert data.endswith(b"}\n")
    assert b"\r" not in data
    for row in rows:
        assert list(row) == [
            "addressee_number",
            "linkage_code",
            "suppressed",
            "resident_record_information",
        ]
        assert list(row["resident_record_information"]) == [
            "head_of_household",
            "head_name",
            "relationship",
        ]


def test_a_row_is_about_its_resident(town, rows):
    for one, row in zip(town, rows, strict=True):
        assert row["addressee_number"] == one.addressee_number
        assert row["linkage_code"] == code_of(one)
        told = row["resident_record_information"]
        assert told["head_of_household"] is one.is_head
        assert told["relationship"] == one.relationship


def test_everybody_has_the_name_of_the_households_head(town, rows):
    names: dict[int, str] = {}
    for one, row in zip(town, rows, strict=True):
        name = row["resident_record_information"]["head_name"]
        assert names.setdefault(one.household, name) == name
        if one.is_head and name != one.kanji_name:
            assert name.split("　")[1] == one.given_name.kanji


def test_every_name_can_be_encoded_in_the_networks_characters(rows):
    for row in rows:
        row["resident_record_information"]["head_name"].encode("shift_jis_2004")


def test_some_names_cross_in_their_substitutes(town, rows):
    heads = [
        (one.kanji_name, row["resident_record_information"]["head_name"])
        for one, row in zip(town, rows, strict=True)
        if one.is_head
    ]
    replaced = [(there, here) for there, here in heads if there != here]
    assert any("\u9ad9" in there and "高" in here for there, here in replaced)
    assert any("\U00020bb7" in there and "吉" in here for there, here in replaced)
    assert any("\ufa19" in there and there == here for there, here in heads)


def test_no_copy_holds_a_number_that_an_intermediate_server_may_not_have(town, data):
    for one in town[:200]:
        assert one.individual_number.encode() not in data
        assert one.resident_record_code.encode() not in data


def test_only_the_flagged_are_suppressed(rows, flagged):
    suppressed = {row["addressee_number"] for row in rows if row["suppressed"]}
    assert suppressed == flagged


def test_the_head_is_named_in_the_row_of_another(town):
    child = next(one for one in town if one.relationship == "子")
    head = next(one for one in town if one.household == child.household)
    row = copy_row(child, head, "0" * 32, suppressed=True)
    assert row["suppressed"] is True
    assert row["resident_record_information"] == {
        "head_of_household": False,
        "head_name": head.kanji_name,
        "relationship": "子",
    }


def test_a_resident_without_the_head_is_not_written(town, tmp_path):
    child = next(one for one in town if one.relationship == "子")
    stranger = next(one for one in town if one.household != child.household)
    for residents in ([child], [stranger, child]):
        with pytest.raises(ValueError, match="head"):
            write_copies(tmp_path / "copies.jsonl", residents, code_of, ())


def test_a_written_file_replaces_the_one_before(town, tmp_path):
    path = tmp_path / "copies.jsonl"
    path.write_text("old " * 10_000)
    write_copies(path, town[:1], code_of, ())
    assert len(path.read_text("utf-8").splitlines()) == 1
