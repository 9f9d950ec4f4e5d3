# SPDX-License-Identifier: Apache-2.0
"""Tools we did not write, as tests ask for them.

A machine without the tool skips the test and says why. With
``SEKISHO_REQUIRE_ALL=1`` (CI) a missing tool is a failure: there a skipped check
would be a check not done.
"""

import os
import shutil
import subprocess
from typing import NoReturn

import pytest


def need(tool: str) -> str:
    """The path of ``tool``; skips the calling test where the machine lacks it."""
    path = shutil.which(tool)
    if path is None:
        lacking(f"{tool} is not installed on this machine")
    return path


def lacking(reason: str) -> NoReturn:
    """Skip the calling test because this machine lacks something; fail in CI."""
    if os.environ.get("SEKISHO_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and SEKISHO_REQUIRE_ALL=1 wants every check")
    pytest.skip(reason)


def need_root(why: str) -> None:
    """Skips the calling test where another user runs it; fails in CI."""
    if os.geteuid() != 0:
        lacking(f"only root can {why}")


def mount(*words: str) -> None:
    """Mount something; skips the calling test where this machine does not let us."""
    need_root("mount a small disk")
    done = subprocess.run(["mount", *words], capture_output=True, check=False)
    if done.returncode:
        lacking("this machine does not let us mount a small disk")
