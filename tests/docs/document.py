# SPDX-License-Identifier: Apache-2.0
"""``docs/protocol.md`` as tests read it: sections, tables and fenced blocks.

Written without ``docs/tables.py``, so that a fault of the generator shows.
"""

import re
from functools import cache

from tests.house import ROOT

DOCS = ROOT / "docs"
EXAMPLES = DOCS / "examples"


@cache
def text() -> str:
    return (DOCS / "protocol.md").read_text("utf-8")


def section(number: str) -> str:
    """The text under the heading of that number, with the headings below it."""
    level = number.count(".") + 2
    begin = re.search(rf"^{'#' * level} {re.escape(number)}\.? ", text(), re.MULTILINE)
    assert begin is not None, f"no section {number}"
    rest = text()[begin.end() :]
    end = re.search(rf"^#{{2,{level}}} ", rest, re.MULTILINE)
    return rest if end is None else rest[: end.start()]


def tables(part: str) -> list[list[tuple[str, ...]]]:
    """Every table of a part, without its head, code marks taken off."""
    found: list[list[tuple[str, ...]]] = []
    for block in re.findall(r"(?:^\|.*\n?)+", part, re.MULTILINE):
        rows = [_cells(line) for line in block.splitlines()]
        found.append(rows[2:])
    return found


def fenced(part: str, kind: str) -> list[str]:
    """The fenced blocks of one kind, without the fences."""
    pattern = rf"^ *```{kind}\n(.*?)^ *```$"
    return re.findall(pattern, part, re.MULTILINE | re.DOTALL)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|"))
