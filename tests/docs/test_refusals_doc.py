# SPDX-License-Identifier: Apache-2.0
"""``docs/refusals.md`` and its Japanese twin say what the one table says."""

import re
import subprocess
import sys

import pytest

from protocols.refusals import REFUSALS
from tests.docs.document import DOCS

ENGLISH, JAPANESE = "refusals.md", "refusals.ja.md"
HEADING = re.compile(r"^### (SK-[A-Z]\d\d) (.+)\n\n((?:- .+\n)+)", re.MULTILINE)


def entries(name: str) -> dict[str, tuple[str, list[str]]]:
    """Of each code its meaning and what stands in its list, labels taken off."""
    text = (DOCS / name).read_text("utf-8")
    found = {}
    for code, meaning, listed in HEADING.findall(text):
        values = [line.partition(": ")[2] for line in listed.splitlines()]
        found[code] = (meaning, values)
    assert len(found) == text.count("\n### ")
    return found


def test_both_documents_are_as_the_generator_writes_them_from_the_table():
    """``python docs/refusals.py`` mends it."""
    command = [sys.executable, str(DOCS / "refusals.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize("name", [ENGLISH, JAPANESE])
def test_every_code_stands_there_once_in_the_order_of_the_table(name):
    assert list(entries(name)) == list(REFUSALS)


@pytest.mark.parametrize("code", REFUSALS)
def test_an_entry_says_what_the_table_says_in_both_languages(code):
    row = REFUSALS[code]
    for name, meaning, sender, operator, yes, no in (
        (ENGLISH, row.en, row.mend, row.operator, "yes", "no"),
        (JAPANESE, row.ja, row.mend_ja, row.operator_ja, "可", "不可"),
    ):
        title, (_, rules, causes, *rest) = entries(name)[code]
        assert title == meaning
        assert rules == ", ".join(row.rules)
        assert len(re.split("; |、(?![^（]*）)", causes)) == len(row.causes)
        assert rest == [sender, operator, yes if row.retry else no]


def test_the_two_documents_lead_to_each_other_and_to_the_protocol():
    for name, other in ((ENGLISH, JAPANESE), (JAPANESE, ENGLISH)):
        text = (DOCS / name).read_text("utf-8")
        for target in (other, "protocol.md"):
            assert f"({target})" in text
