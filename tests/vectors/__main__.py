# SPDX-License-Identifier: Apache-2.0
"""Writes the vectors and their manifest: ``python -m tests.vectors [DIRECTORY]``.

The same bytes each time. Run it after a change of a recipe; a test holds the committed
files against it.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.vectors.openssl import BELIEVED
from tests.vectors.recipes import VECTORS
from tests.vectors.stations import FOLDER

MANIFEST: Final = "manifest.json"


def files() -> Iterator[tuple[str, bytes]]:
    """Name and content of every file that this writes."""
    entries = [vector.as_json(vector.id in BELIEVED) for vector in VECTORS]
    text = json.dumps({"vectors": entries}, indent=1)
    yield MANIFEST, text.encode() + b"\n"
    for vector in VECTORS:
        yield vector.file, vector.make()


def write(directory: Path) -> None:
    for name, data in files():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
