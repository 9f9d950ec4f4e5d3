# SPDX-License-Identifier: Apache-2.0
"""One file for all the parsers that read a path: made once, written over each time."""

import atexit
import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Final


class OneFile:
    """A file of our own, readable by us alone."""

    @cached_property
    def _path(self) -> Path:
        folder = tempfile.mkdtemp(prefix="sekisho-fuzz-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder) / "file"
        path.touch(mode=0o600)
        return path

    def holding(self, data: bytes) -> Path:
        """The path of the file, which now holds just ``data``."""
        self._path.write_bytes(data)
        return self._path


FILE: Final = OneFile()
