# SPDX-License-Identifier: Apache-2.0
"""How a table and a word of code are written in Markdown, for ``docs/tables.py``."""

from collections.abc import Iterable

Row = tuple[str, ...]


def table(head: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text else ""
