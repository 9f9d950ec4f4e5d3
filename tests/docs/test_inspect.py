# SPDX-License-Identifier: Apache-2.0
"""``docs/inspect.md``: its commands run as they stand, its table is the command's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.inspection import carrier
from gateway.inspection.cli import inspect
from tests.docs.document import DOCS, fenced
from tests.house import ROOT

TEXT = (DOCS / "inspect.md").read_text("utf-8")
BLOCKS = fenced(TEXT, "sh")
SEKISHO = f'sekisho() {{ "{sys.executable}" -m sekisho "$@"; }}\n'


@pytest.mark.parametrize("block", BLOCKS)
def test_the_commands_do_what_the_document_says(block: str, tmp_path: Path) -> None:
    script = SEKISHO + block.replace("KEY", str(tmp_path / "key"))
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = block.count("sekisho inspect")
    assert len(re.findall(r"^\d+ ok, \d+ refused", done.stdout, re.M)) == shown


def test_every_option_of_the_command_is_in_the_document() -> None:
    told = set(re.findall(r"--[a-z-]+", TEXT))
    options = {name for each in inspect.params for name in each.opts}
    assert {name for name in options if name.startswith("--")} <= told


def test_the_bound_is_the_one_of_the_code() -> None:
    assert f"{carrier.MAX_FILE // 1024**2} MiB" in TEXT
