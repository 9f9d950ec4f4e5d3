# SPDX-License-Identifier: Apache-2.0
"""The refusals: one closed table, and no code anywhere that is not in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import protocols
from protocols.answers import WIRE_CODES
from protocols.errors import AnswerInvalid, ProtocolError, Refused, Unreadable
from protocols.refusals import (
    REFUSALS,
    UNREADABLE_WIRE,
    RefusalClass,
    read_row,
    refusal,
)
from simulators.city.reasons import Reason

ROOM = Path(protocols.__file__).parent
HOUSE = ROOM.parent
CODE = re.compile(r"SK-[A-Z]\d\d")

SAID = {
    "envelope.py": {"SK-U01", "SK-U02", "SK-U03", "SK-U07"},
    "directory.py": {"SK-U03", "SK-U04", "SK-U05"},
    "header.py": {"SK-U06"},
    "permit.py": {"SK-C01", "SK-C02", "SK-C06", "SK-U03"},
    "route.py": {"SK-C13"},
    "answers.py": {"SK-T04"},
    "linkage_code.py": {"SK-K01"},
    "http_events.py": {"SK-L09"},
    "media.py": {"SK-U01", "SK-U02", "SK-U06", "SK-U07"},
    "reconcile.py": {"SK-U01", "SK-U06", "SK-T04"},
}
"""What this room says; each code is reached by a test of its module."""


def codes_in(path: Path) -> Iterator[str]:
    """Every code that stands as a whole text in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and CODE.fullmatch(str(node.value)):
            yield str(node.value)


# --- the table ------------------------------------------------------------------------


def test_every_code_has_one_row() -> None:
    """A code that stands there twice is no TOML."""
    assert all(code == row.code for code, row in REFUSALS.items())
    assert all(CODE.fullmatch(code) for code in REFUSALS)


def test_every_row_names_the_rules_that_it_keeps_and_who_may_cause_it() -> None:
    for row in REFUSALS.values():
        assert row.rules[0] == row.rule
        for rule in row.rules:
            assert re.fullmatch(r"R-\d{3}|RFC \d{4}", rule), row.code
        assert row.causes
        for each in (row.rules, row.causes):
            assert len(each) == len(set(each)), row.code


def test_a_key_that_no_row_has_is_a_fault() -> None:
    texts = {"kind": "link", "rules": ["R-158"], "causes": ["peer"], "colour": "red"}
    with pytest.raises(TypeError, match="colour"):
        read_row("SK-L99", texts)


def test_every_row_says_what_happened_in_two_languages_and_what_to_do() -> None:
    for row in REFUSALS.values():
        assert row.en.isascii(), row.code
        assert row.en[0].islower() or row.en.startswith(("HTTP", "TLS")), row.code
        for told in (row.mend, row.operator):
            assert re.fullmatch(r"[A-Z][ -~]*\.", told), row.code
        for told in (row.ja, row.mend_ja, row.operator_ja):
            assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", told), row.code
        for told in (row.mend_ja, row.operator_ja):
            assert told.endswith("。"), row.code


def test_no_two_rows_say_the_same() -> None:
    for language in ("ja", "en", "operator", "operator_ja"):
        texts = [getattr(row, language) for row in REFUSALS.values()]
        assert len(texts) == len(set(texts))


def test_a_letter_belongs_to_one_class() -> None:
    letters: dict[str, set[RefusalClass]] = {}
    for code, row in REFUSALS.items():
        letters.setdefault(code[3], set()).add(row.kind)
    assert all(len(kinds) == 1 for kinds in letters.values())
    assert letters["L"] == {RefusalClass.LINK}
    assert letters["U"] == {RefusalClass.UNREADABLE}
    assert letters["H"] == letters["T"] == {RefusalClass.LOCAL}


# --- what a peer is told --------------------------------------------------------------


def test_whatever_is_unreadable_has_one_code_on_the_wire() -> None:
    for row in REFUSALS.values():
        unreadable = row.kind is RefusalClass.UNREADABLE
        assert row.wire == (UNREADABLE_WIRE if unreadable else row.code)


def test_what_is_unreadable_is_not_worth_trying_again() -> None:
    assert not any(
        row.retry for row in REFUSALS.values() if row.kind is RefusalClass.UNREADABLE
    )


def test_the_codes_on_the_wire_are_the_readable_ones_and_one_more() -> None:
    readable = {
        code for code, row in REFUSALS.items() if row.kind is RefusalClass.READABLE
    }
    assert readable | {UNREADABLE_WIRE} == WIRE_CODES


def test_a_code_outside_the_table_is_our_own_fault() -> None:
    assert refusal("SK-U03").en == "signature does not verify"
    with pytest.raises(KeyError):
        refusal("SK-X99")


# --- who says them --------------------------------------------------------------------


def test_each_module_of_this_room_says_just_these_codes() -> None:
    said = {path.name: set(codes_in(path)) for path in ROOM.glob("*.py")}
    del said["refusals.py"]
    assert {name: codes for name, codes in said.items() if codes} == SAID


def test_every_code_in_the_house_is_in_the_table() -> None:
    rooms = ("protocols", "gateway", "simulators")
    found = {
        code
        for room in rooms
        for path in (HOUSE / room).rglob("*.py")
        for code in codes_in(path)
    }
    in_house = {reason.value.code for reason in Reason}
    assert set(REFUSALS) >= found - {UNREADABLE_WIRE} - in_house


def test_an_error_of_this_room_carries_its_code_and_nothing_else() -> None:
    for kind in (Unreadable, Refused, AnswerInvalid):
        error = kind("SK-U01")
        assert isinstance(error, ProtocolError)
        assert (error.code, str(error), error.args) == ("SK-U01", "SK-U01", ("SK-U01",))
