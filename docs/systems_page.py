# SPDX-License-Identifier: Apache-2.0
"""Writes ``docs/systems.md`` from ``docs/systems.toml``: who does what, what shows it.

    python docs/systems_page.py [--check]

With ``--check`` nothing is written and the exit status says whether the document is as
the table is. A test holds the table against the document's own list of systems.
"""

import sys
import tomllib
from pathlib import Path
from typing import Any

from markdown_table import Row, code, table

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE / "systems.md"
TABLE = HERE / "systems.toml"
NOT_YET = "**not yet**"
NONE = "-"


def page() -> str:
    """The whole document."""
    systems = tomllib.loads(TABLE.read_text("utf-8"))
    functions = [one for system in systems.values() for one in system["function"]]
    absent = sum("here" not in one for one in functions)
    partly = sum("lacks" in one for one in functions) - absent
    played = sum(bool(one.get("scenarios")) for one in functions)
    head = (HERE / "systems_head.md").read_text("utf-8")
    counted = (
        f"{len(functions)} functions of {len(systems)} systems: {absent} are not yet"
        f" built, {partly} lack a part, {played} are shown by a scenario too.\n"
    )
    return "\n".join([head, counted, *(_system(*one) for one in systems.items())])


def _system(name: str, system: dict[str, Any]) -> str:
    heading = f"## {code(name)}: {system['english']} ({system['japanese']})\n"
    rows = [_row(one) for one in system["function"]]
    return f"{heading}\n{table(('function', 'here', 'test', 'scenario'), rows)}\n"


def _row(function: dict[str, Any]) -> Row:
    here = ", ".join(map(code, function.get("here", ()))) or NOT_YET
    if "lacks" in function:
        here += f": {function['lacks']}"
    tests = "<br>".join(code(one.removeprefix("tests/")) for one in _tests(function))
    scenarios = ", ".join(map(code, function.get("scenarios", ())))
    return function["does"], here, tests or NONE, scenarios or NONE


def _tests(function: dict[str, Any]) -> list[str]:
    found: list[str] = function.get("tests", [])
    return found


def main() -> int:
    if "--check" in sys.argv[1:]:
        text = DOCUMENT.read_text("utf-8") if DOCUMENT.is_file() else ""
        return int(text != page())
    DOCUMENT.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
