# SPDX-License-Identifier: Apache-2.0
"""A scenario that cannot be used: where its fault is, what it is, and how to mend it.

The line is found with the TOML parser itself, which keeps no positions: a key stands in
the first statement with which the beginning of the file, read alone, has that key.
"""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

TRIES = 64
"""Lines looked at for the end of a statement: a longer one is found less exactly."""

Key = tuple[str | int, ...]
"""Names and places (from 0) on the way to a value: ``("step", 2, "action")``."""


class ScenarioRefused(Exception):
    """A scenario file cannot be used; nothing of it was played.

    The message gives the file, the line, the key, what is wrong and how to mend it.
    """

    def __init__(self, file: str, line: int, key: str, what: str, mend: str) -> None:
        at = f"{file}:{line}" if line else file
        said = f"{key}: {what}" if key else what
        super().__init__(f"{at}: {said}; {mend}")
        self.file, self.line, self.key = file, line, key
        self.what, self.mend = what, mend


class Fault(Exception):
    """What is wrong at one key; the loader adds file and line."""

    def __init__(self, key: Key, what: str, mend: str) -> None:
        super().__init__(what)
        self.key, self.what, self.mend = key, what, mend


def refusal(file: str, text: str, fault: Fault) -> ScenarioRefused:
    """The fault with its file and line."""
    line = line_of(text, fault.key)
    return ScenarioRefused(file, line, spelled(fault.key), fault.what, fault.mend)


def spelled(key: Key) -> str:
    """A key as a reader counts: ``step 3, action``."""
    words: list[str] = []
    for part in key:
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words)


def one_of(given: str, allowed: Sequence[str]) -> str:
    """Which words there are, the nearest first where one is near."""
    near = get_close_matches(given, allowed, 1)
    words = f"one of: {', '.join(sorted(allowed))}" if allowed else "none is known here"
    return f"did you mean {near[0]}? {words}" if near else f"write {words}"


def line_of(text: str, key: Key) -> int:
    """The line on which the nearest part of ``key`` that stands in ``text`` begins.

    0 where not even its first part does: then the whole file is meant.
    """
    lines = text.splitlines(keepends=True)
    for length in range(len(key), 0, -1):
        if _holds(lines, len(lines), key[:length]):
            return _first(lines, key[:length])
    return 0


def _first(lines: list[str], key: Key) -> int:
    """Halve the file until one statement is left, the one that brings ``key``."""
    without, with_it = 0, len(lines)
    while with_it - without > 1:
        middle = (without + with_it) // 2
        after = range(middle, with_it)[:TRIES]
        before = range(middle - 1, without, -1)[:TRIES]
        whole = next(_whole(lines, (*after, *before)), None)
        if whole is None:  # one statement reaches over all of it
            break
        if _holds(lines, whole, key):
            with_it = whole
        else:
            without = whole
    while without < with_it - 1 and _is_blank(lines[without]):
        without += 1
    return without + 1


def _whole(lines: list[str], counts: Iterable[int]) -> Iterator[int]:
    """Those of ``counts`` at which no statement is cut."""
    return (count for count in counts if _read(lines, count) is not None)


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _holds(lines: list[str], count: int, key: Key) -> bool:
    found: Any = _read(lines, count)
    for part in key:
        if isinstance(part, int):
            if not isinstance(found, list) or part >= len(found):
                return False
        elif not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True


def _read(lines: list[str], count: int) -> dict[str, Any] | None:
    """The first ``count`` lines alone; None where they end within a statement."""
    try:
        return tomllib.loads("".join(lines[:count]))
    except ValueError:
        return None
