# SPDX-License-Identifier: Apache-2.0
"""``docs/threats.md`` claims nothing that is not there: each module, each test."""

import re
from itertools import pairwise

import pytest

from tests.docs.document import DOCS
from tests.house import ROOT
from tests.test_rules import exists

TEXT = (DOCS / "threats.md").read_text("utf-8")
HEADING = re.compile(r"^#### (T-\d\d) (.+)$", re.MULTILINE)
PARTS = ("Stopped by", "Shown by", "Remains")
ATTACKS = TEXT.partition("## 4. Attacks")[2].partition("## 5.")[0]
PROPOSED = (
    "document type, an entity bomb, another encoding",
    "100 MB",
    "wrong check digit",
    "real person's number",
    "a clock ten minutes off",
    "weak or unknown algorithms, short tags, two signers, two receivers",
    "point off the curve",
    "HTTP that two readers understand differently",
    "pipelining",
    "Thousands of connections",
    "trickling senders",
    "expired, revoked, for another purpose",
    "TLS 1.2",
    "fill the record",
    "sent back to its sender",
    "the same message again",
    "without a record",
    "Changing or removing a record",
)
"""The attacks that the design and its issues name, in the words of the headings."""


def entries() -> dict[str, str]:
    """The text of each attack by its id."""
    places = [*HEADING.finditer(ATTACKS)]
    ends = [*(one.start() for one in places[1:]), len(ATTACKS)]
    return {
        one[1]: ATTACKS[one.end() : end].split("\n### ")[0].strip()
        for one, end in zip(places, ends, strict=True)
    }


ENTRIES = entries()


def part(entry: str, label: str) -> str:
    """What an entry says under one label."""
    (found,) = re.findall(rf"^- {label}: (.+)$", entry, re.MULTILINE)
    return found


def cited(text: str, pattern: str) -> list[str]:
    return re.findall(rf"`({pattern})`", text)


def test_attacks_are_numbered_without_a_gap():
    numbers = [int(one[2:]) for one in ENTRIES]
    assert numbers[0] == 1
    assert all(two - one == 1 for one, two in pairwise(numbers))


@pytest.mark.parametrize("attack", ENTRIES)
def test_an_attack_says_what_stops_it_what_shows_that_and_what_remains(attack):
    entry = ENTRIES[attack]
    labels = re.findall(r"^- ([A-Z][a-z ]+): ", entry, re.MULTILINE)
    assert tuple(labels) == PARTS
    assert cited(part(entry, "Stopped by"), r"[a-z_/]+\.py")
    assert cited(part(entry, "Shown by"), r"tests/[^`]+")
    assert part(entry, "Remains").endswith(".")


@pytest.mark.parametrize("attack", ENTRIES)
def test_every_test_that_shows_it_exists(attack):
    tests = cited(part(ENTRIES[attack], "Shown by"), r"tests/[^`]+")
    assert len(tests) == len(set(tests))
    assert [test for test in tests if not exists(test)] == []


def test_every_module_that_is_named_exists():
    modules = set(cited(TEXT, r"[a-z_]+/[^`:]+\.py"))
    assert [one for one in sorted(modules) if not (ROOT / one).is_file()] == []


@pytest.mark.parametrize("words", PROPOSED)
def test_each_attack_that_was_to_be_thought_of_is_there(words):
    assert any(words in heading for _, heading in HEADING.findall(ATTACKS))


def test_an_attack_that_is_spoken_of_has_its_entry():
    assert set(re.findall(r"T-\d\d", TEXT)) == set(ENTRIES)


def test_what_is_left_to_trust_is_said():
    left = TEXT.partition("## 5.")[2]
    for word in ("Root", "core", "clerk", "backup", "libraries"):
        assert word in left
