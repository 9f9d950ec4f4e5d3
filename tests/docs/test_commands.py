# SPDX-License-Identifier: Apache-2.0
"""Every command that a README shows is run as it stands, on a network that runs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.network.stage import Stage
from simulators.network.story_items import STEPS

ROOT = Path(__file__).parents[2]
BLOCKS = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
IN_LINE = re.compile(r"`(sekisho [^`]*DIR[^`]*)`")
ELSEWHERE = ("sekisho up",)
"""Run by tests of their own."""


def commands(name: str) -> list[str]:
    """The `sekisho` commands that a document shows."""
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [
        line.strip() for block in BLOCKS.findall(text) for line in block.split("\n")
    ]
    found = [line for line in lines if line.startswith("sekisho ")]
    found += IN_LINE.findall(text)
    return [line for line in found if not line.startswith(ELSEWHERE)]


@pytest.fixture(scope="module")
def played(network: Stage) -> Stage:
    """The network after an inquiry that was answered."""
    assert STEPS[0].run(network) == STEPS[0].expected
    events = network.command_json(
        "records", "list", "--network", str(network.files.root)
    )
    network.notes["ID"] = next(
        e["processing_number"] for e in events if e["processing_number"]
    )
    return network


def test_the_readmes_show_the_same_commands() -> None:
    first, second = commands("README.md"), commands("README.ja.md")
    assert len(first) >= 6
    assert first == second


@pytest.mark.parametrize("line", commands("README.md"))
def test_a_command_of_the_readme_does_what_it_says(played: Stage, line: str) -> None:
    words = shlex.split(line)[1:]
    made = [
        played.notes["ID"]
        if word == "ID"
        else re.sub(r"^DIR", str(played.files.root), word)
        for word in words
    ]
    done = subprocess.run(
        [sys.executable, "-m", "sekisho", *made],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
