# SPDX-License-Identifier: Apache-2.0
"""``docs/time.md``: its commands run as they stand, one after the other."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pki.plan import Validity
from simulators.network import build as building
from simulators.network.build import Choices
from simulators.network.cli import import_copies
from simulators.network.files import Files
from simulators.network.time_cli import time
from tests.docs.document import DOCS, fenced

TEXT = (DOCS / "time.md").read_text("utf-8")
SEKISHO = f'sekisho() {{ "{sys.executable}" -m sekisho "$@"; }}\n'


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A network whose time goes on from one block to the next."""
    made = Files(tmp_path_factory.mktemp("time") / "network")
    building.build(made, Choices(seed="docs", residents=100))
    import_copies(made)
    return made


@pytest.mark.parametrize("block", fenced(TEXT, "sh"))
def test_the_commands_do_what_the_document_says(block: str, files: Files) -> None:
    script = SEKISHO + re.sub(r"\bDIR\b", str(files.root), block)
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_every_option_of_the_command_is_in_the_document() -> None:
    told = set(re.findall(r"--[a-z-]+", TEXT))
    options = {name for each in time.params for name in each.opts}
    assert {name for name in options if name.startswith("--")} <= told


def test_the_lives_of_certificates_are_those_of_a_plan() -> None:
    days = Validity()
    assert f"TLS certificates live {days.tls_days} days" in " ".join(TEXT.split())
    assert f"signing, sealing and permits {days.signing_days}." in TEXT
    assert (days.crl_days, days.issuing_days) == (7, 3650)


def test_the_file_is_where_the_document_says() -> None:
    place = Files(Path("DIR")).pki.clock
    assert f"`{place}`" in TEXT
