# SPDX-License-Identifier: Apache-2.0
"""The fragments of the change log have names that towncrier takes, and say something.

A name is ``ISSUE.TYPE.md`` or ``ISSUE.TYPE.NUMBER.md``; with a word where the number
stands, towncrier takes two fragments for one and makes no change log at all.
"""

import re
import tomllib

import pytest

from tests.house import ROOT

FRAGMENTS = sorted((ROOT / "changes").iterdir())
SETTINGS = tomllib.loads((ROOT / "towncrier.toml").read_text("utf-8"))
TYPES = {one["directory"] for one in SETTINGS["tool"]["towncrier"]["type"]}
NAME = re.compile(r"[1-9]\d*\.([a-z]+)(?:\.[1-9]\d*)?\.md", re.ASCII)


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_has_a_name_that_towncrier_takes(path):
    found = NAME.fullmatch(path.name)
    assert found is not None
    assert found[1] in TYPES
    assert path.read_text("utf-8").strip().endswith(".")
