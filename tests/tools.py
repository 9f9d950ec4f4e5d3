# SPDX-License-Identifier: Apache-2.0
"""Tools we did not write, as tests ask for them.

A machine without the tool skips the test and says why. With
``SEKISHO_REQUIRE_ALL=1`` (CI) a missing tool is a failure: there a skipped check
would be a check not done.
"""

import os
import shutil

import pytest


def need(tool: str) -> str:
    """The path of ``tool``; skips the calling test where the machine lacks it."""
    path = shutil.which(tool)
    if path is not None:
        return path
    if os.environ.get("SEKISHO_REQUIRE_ALL") == "1":
        pytest.fail(f"{tool} is required here (SEKISHO_REQUIRE_ALL=1) but missing")
    pytest.skip(f"{tool} is not installed on this machine")
