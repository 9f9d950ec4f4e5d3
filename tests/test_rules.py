# SPDX-License-Identifier: Apache-2.0
"""The ledger of the rules: each is proven by tests that exist, or says why it is not.

`rules_ids.csv` holds the ids of the rules that the document gives (`system`: software
can keep it; `record`: people do, and a program holds the evidence at most).
`rules.toml` has one table for each. It claims nothing beyond what its tests show.
"""

import ast
import csv
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LEDGER: dict[str, dict[str, Any]] = tomllib.loads(
    (HERE / "rules.toml").read_text("utf-8")
)
PROVEN = 181
"""How many rules are proven. It only grows."""
KINDS = {"system": 211, "record": 65}
LONGEST_REASON = 160


def kinds() -> list[tuple[str, str]]:
    """Id and kind of every rule, as the list gives them."""
    with (HERE / "rules_ids.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["id", "kind"]
    return [(rule, kind) for rule, kind in rows]


def proven() -> list[str]:
    return [rule for rule, entry in LEDGER.items() if "tests" in entry]


@cache
def functions_of(file: str) -> frozenset[str]:
    """Names of the test functions that a file of ours holds; nothing is run."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text("utf-8"))
    found = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, found))


def exists(test: str) -> bool:
    """Whether ``tests/…/test_x.py::test_y`` names a test."""
    file, _, name = test.partition("::")
    return (
        file.startswith("tests/")
        and Path(file).name.startswith("test_")
        and name.startswith("test_")
        and name in functions_of(file)
    )


def test_the_list_holds_all_276_rules_in_their_order():
    assert [rule for rule, _ in kinds()] == [f"R-{n:03}" for n in range(1, 277)]
    assert Counter(kind for _, kind in kinds()) == KINDS


def test_every_rule_is_in_the_ledger_once_and_in_its_order():
    """A rule that stands there twice is no TOML."""
    assert list(LEDGER) == [rule for rule, _ in kinds()]


@pytest.mark.parametrize("rule", LEDGER)
def test_a_rule_is_proven_or_waits_and_never_both(rule):
    assert set(LEDGER[rule]) in ({"tests"}, {"waits"})


@pytest.mark.parametrize("rule", proven())
def test_every_test_that_proves_a_rule_exists(rule):
    tests = LEDGER[rule]["tests"]
    assert tests
    assert len(tests) == len(set(tests))
    assert [test for test in tests if not exists(test)] == []


@pytest.mark.parametrize("rule", [rule for rule in LEDGER if rule not in proven()])
def test_what_waits_says_why_in_one_short_sentence(rule):
    reason = LEDGER[rule]["waits"]
    assert 20 <= len(reason) <= LONGEST_REASON
    assert reason.endswith(".")
    assert reason.count(". ") == 0
    assert "\n" not in reason


@pytest.mark.parametrize(
    "test",
    [
        "",
        "tests/test_rules.py",
        "tests/test_rules.py::exists",
        "tests/test_rules.py::test_nobody_wrote_this",
        "tests/test_nowhere.py::test_nobody_wrote_this",
        "tests/test_rules.py::test_a_name_of_no_test_proves_nothing[x]",
    ],
)
def test_a_name_of_no_test_proves_nothing(test):
    assert not exists(test)
    assert exists("tests/test_rules.py::test_a_name_of_no_test_proves_nothing")


def test_no_fewer_rules_are_proven_than_before(record_property):
    count = len(proven())
    record_property("rules_proven", count)
    print(f"{count} of {len(LEDGER)} rules are proven")
    assert count >= PROVEN, "a proof was lost"
