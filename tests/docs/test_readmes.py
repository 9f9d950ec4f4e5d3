# SPDX-License-Identifier: Apache-2.0
"""The README in two languages is one README, and the index of documents is whole."""

import re

import click
import pytest

import sekisho
from schemas.matching_list import ITEMS, REQUESTER_KINDS
from simulators.network.parties import DAEMON_ROLES, parties
from simulators.network.player import STORY
from tests.docs.document import DOCS
from tests.house import ROOT

ENGLISH = (ROOT / "README.md").read_text("utf-8")
JAPANESE = (ROOT / "README.ja.md").read_text("utf-8")
INDEX = (DOCS / "README.md").read_text("utf-8")
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)\)")
NOT_FOR_READERS = {"README.md", "systems_head.md"}
STATIONS = [one for one in parties() if one.name.role in DAEMON_ROLES]
PLAYED = [one for one in parties() if one.process in ("prefecture", "peers")]
COMMANDS = sekisho.main.list_commands(click.Context(sekisho.main))


def blocks(text: str) -> list[tuple[str, str]]:
    """Every fenced block with its language, as it stands."""
    return [(language, body) for _, language, body in FENCED.findall(text)]


def links(text: str) -> set[str]:
    """Where a text leads, without regard to the language."""
    return {target.replace(".ja.md", ".md") for target in LINK.findall(text)}


def test_both_readmes_show_the_same_blocks_to_the_letter():
    assert len(blocks(ENGLISH)) >= 9
    assert blocks(ENGLISH) == blocks(JAPANESE)


def test_both_readmes_have_the_same_sections():
    levels = [re.findall(r"^(#+) ", text, re.MULTILINE) for text in (ENGLISH, JAPANESE)]
    assert levels[0] == levels[1]


def test_both_readmes_lead_to_the_same_places():
    assert links(ENGLISH) == links(JAPANESE)


@pytest.mark.parametrize(
    "number", [len(STATIONS), len(STORY), len(ITEMS), len(REQUESTER_KINDS)]
)
def test_both_readmes_name_the_numbers_of_things_as_they_are(number):
    """Stations, steps of the story, items of the matching list, requesters."""
    assert re.search(rf"\b{number}\b", ENGLISH)
    assert re.search(rf"(?<!\d){number}(?!\d)", JAPANESE)


def test_both_readmes_name_the_peers_that_are_played():
    assert len(PLAYED) == 6
    assert "six peers" in ENGLISH
    assert "相手方の六つ" in JAPANESE


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_goes_untold(command):
    assert f"sekisho {command}" in ENGLISH
    assert f"sekisho {command}" in JAPANESE


@pytest.mark.parametrize(
    ("text", "start"),
    [(ENGLISH, ROOT), (JAPANESE, ROOT), (INDEX, DOCS)],
    ids=["english", "japanese", "index"],
)
def test_every_link_leads_somewhere(text, start):
    targets = [one for one in LINK.findall(text) if "://" not in one]
    assert targets
    assert [one for one in targets if not (start / one).exists()] == []


def test_every_document_is_in_the_index():
    found = {path.name for path in DOCS.glob("*.md")} - NOT_FOR_READERS
    assert found <= set(LINK.findall(INDEX))
