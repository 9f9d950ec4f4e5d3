# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of ``docs/operation.md`` and ``docs/record.md`` from the code.

    python docs/operation_tables.py [--check]

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``. With ``--check``
nothing is written and the exit status says whether the document is as the code is.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import NODEFAULT

from gateway.config import Config
from gateway.config_keys import KEYS
from gateway.keeping_times import KEPT
from gateway.services.metric_names import METRICS

HERE = Path(__file__).resolve().parent
DOCUMENTS = (HERE / "operation.md", HERE / "record.md")
_BLOCK = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- end -->", re.DOTALL)

Rows = Iterable[tuple[str, ...]]


def configuration() -> Rows:
    """Every key, with its default."""
    yield "key", "wanted", "default", "what it is for"
    defaults = dict(_defaults())
    for name, key in KEYS.items():
        yield f"`{name}`", key.wanted, defaults[name], key.does


def metrics() -> Rows:
    """Every number that a station gives."""
    yield "number", "labels", "what it tells"
    for name, one in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in one.labels)
        yield f"`{name}`", labels, one.tells


def keeping() -> Rows:
    """How long everything is kept, and why."""
    yield "what", "kept for", "ended by", "rule"
    for one in KEPT:
        yield one.what, one.how_long, one.ends_by, one.rule


def _defaults(kind: Any = Config, table: str = "") -> Iterator[tuple[str, str]]:
    for one in msgspec.structs.fields(kind):
        name = f"{table}{one.name}"
        part = _table_of(one.type)
        if part is not None:
            yield from _defaults(part, f"{name}.")
        elif one.default is NODEFAULT:
            yield name, "needed"
        else:
            yield name, "" if one.default is None else f"`{_written(one.default)}`"


def _table_of(kind: Any) -> Any:
    options = getattr(kind, "__args__", (kind,))
    return next((one for one in options if _is_struct(one)), None)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _written(value: object) -> str:
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else str(value)
    return f'"{value}"' if isinstance(value, str) else str(value)


def table(rows: Rows) -> str:
    """A Markdown table of rows; the first is its head."""
    head, *rest = rows
    lines = [head, ("---",) * len(head), *rest]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written(text: str) -> str:
    """The document with its tables made anew."""
    tables = {"configuration": configuration, "metrics": metrics, "keeping": keeping}

    def block(found: re.Match[str]) -> str:
        made = table(tables[found[1]]())
        return f"<!-- table: {found[1]} -->\n{made}\n<!-- end -->"

    return _BLOCK.sub(block, text)


def main(words: list[str]) -> int:
    """Write the document, or only look at it."""
    differ = False
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        made = written(text)
        differ |= made != text
        if "--check" not in words:
            document.write_text(made, "utf-8")
    return int(differ and "--check" in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
