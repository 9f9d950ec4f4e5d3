# SPDX-License-Identifier: Apache-2.0
"""The numbered files of the schema, and the statements in them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SCHEMA: Final = Path(__file__).parent / "schema"


def schema_files(directory: Path) -> list[tuple[int, Path]]:
    """The files, in order of their numbers."""
    return sorted((int(file.stem), file) for file in directory.glob("[0-9]*.sql"))


def statements(sql: str) -> Iterator[str]:
    """One at a time: `executescript` would commit behind our back."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
