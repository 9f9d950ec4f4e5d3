# SPDX-License-Identifier: Apache-2.0
"""``docs/systems.md``: every system and function of the document, and what shows it.

``systems.csv`` is the document's own list, as the reference of this project has it.
"""

import csv
import subprocess
import sys
import tomllib
from functools import cache
from typing import Any

import pytest

from schemas.systems import SYSTEMS
from tests.docs.document import DOCS
from tests.house import ROOT
from tests.test_rules import exists

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (DOCS / "systems.toml").read_text("utf-8")
)
NOT_BUILT = 2
"""How many functions nothing does. It only shrinks."""
LACKING = 14
"""How many lack a part. It only shrinks."""
PLAYED = 37
"""How many a scenario shows. It only grows."""
KEYS = {"does", "here", "tests", "scenarios", "lacks"}


@cache
def listed() -> dict[str, dict[str, str]]:
    """The document's list, by id."""
    path = ROOT / "tests/docs/systems.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def functions() -> list[tuple[str, dict[str, Any]]]:
    return [(name, one) for name, row in TABLE.items() for one in row["function"]]


def names() -> list[str]:
    return [f"{name}-{place}" for place, (name, _) in enumerate(functions())]


def test_the_page_is_as_the_generator_writes_it_from_the_table():
    """``python docs/systems_page.py`` mends it."""
    command = [sys.executable, str(DOCS / "systems_page.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_every_system_of_the_document_stands_there_once_in_its_order():
    assert list(TABLE) == list(listed())
    assert set(TABLE) == SYSTEMS
    assert len(TABLE) == 29


@pytest.mark.parametrize("name", list(listed()))
def test_a_system_has_its_names_and_each_of_its_functions(name):
    row, said = listed()[name], TABLE[name]
    assert (said["english"], said["japanese"]) == (
        row["english_name"],
        row["japanese_name"],
    )
    does = [one["does"] for one in said["function"]]
    assert does == row["functions_en"].split("\n")


@pytest.mark.parametrize(("name", "function"), functions(), ids=names())
def test_a_function_is_done_and_shown_or_says_what_it_lacks(name, function):
    assert set(function) <= KEYS
    if "here" not in function:
        assert set(function) == {"does", "lacks"}
        return
    assert function["tests"], f"nothing shows what {name} does"
    missing = [one for one in function["here"] if not (ROOT / one).is_file()]
    assert missing == []
    assert [one for one in function["tests"] if not exists(one)] == []
    scenarios = ROOT / "simulators/scenarios"
    for one in function.get("scenarios", ()):
        assert (scenarios / f"{one}.toml").is_file()


def test_what_is_not_yet_there_is_counted(record_property):
    found = [one for _, one in functions()]
    absent = sum("here" not in one for one in found)
    lacking = sum("lacks" in one for one in found) - absent
    played = sum(bool(one.get("scenarios")) for one in found)
    record_property("functions", (len(found), absent, lacking, played))
    assert absent <= NOT_BUILT, "something that was there is gone"
    assert lacking <= LACKING, "a part of something is gone"
    assert played >= PLAYED, "a scenario was lost"


def test_the_page_says_not_yet_as_often_as_the_table():
    text = (DOCS / "systems.md").read_text("utf-8")
    absent = sum("here" not in one for _, one in functions())
    assert text.count("| **not yet**") == absent


def played() -> list[str]:
    """The modules of a city's systems: a class in each has a role of its own."""
    found = sorted((ROOT / "simulators/city").glob("*.py"))
    return [
        one.relative_to(ROOT).as_posix()
        for one in found
        if "\n    role = " in one.read_text("utf-8")
    ]


@pytest.mark.parametrize("module", played())
def test_every_system_that_is_played_here_is_in_the_table(module):
    assert any(module in one.get("here", ()) for _, one in functions())
