# SPDX-License-Identifier: Apache-2.0
"""Writes a capture as scenario files: one, or several where one would be too long.

Each file is whole or not there, and for its owner alone. Left out, and counted, is what
no scenario could say: a request that is too long for a file, and one that speaks of an
id of an earlier file.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pki.names import StationName
from simulators.capture.recording import Exchange

_STEP: Final = re.compile(r"\$\{(s\d+)\.")
LONGEST_BODY: Final = 45_000
MOST_STEPS: Final = 190
MOST_CHARACTERS: Final = 15_000
"""Of one file, so that it is below what a scenario may have in bytes."""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a capture."""

    paths: tuple[Path, ...]
    steps: int
    left_out: int


def write(folder: Path, station: StationName, said: Sequence[Exchange]) -> Written:
    """The files, in the order in which they are replayed; raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    short = [one for one in said if len(one.body.encode()) <= LONGEST_BODY]
    parts = [_whole(part) for part in _parts(short)]
    paths = []
    for number, part in enumerate([part for part in parts if part], 1):
        path = folder / f"capture-{number:02}.toml"
        _place(path, scenario(f"C{number}", station, part))
        paths.append(path)
    steps = sum(map(len, parts))
    return Written(tuple(paths), steps, len(said) - steps)


def _whole(part: Sequence[Exchange]) -> list[Exchange]:
    """What of a part speaks of ids of this part alone."""
    there: set[str] = set()
    kept = []
    for one in part:
        if set(_STEP.findall(one.target + one.body)) <= there:
            kept.append(one)
            there.add(one.step)
    return kept


def scenario(name: str, station: StationName, said: Sequence[Exchange]) -> str:
    """One scenario in which each exchange is a step."""
    systems = list(dict.fromkeys(one.by for one in said))
    parties = {one: f"system{n}" for n, one in enumerate(systems, 1)}
    lines = [
        f'id = "{name}"',
        'title = "A captured conversation, with everybody in it replaced"',
        'title_ja = "記録した対話（個人に関する値はすべて置き換え済み）"',
        "",
        "[parties]",
        f'station = "{station}"',
        *(f'{party} = "{one}"' for one, party in parties.items()),
    ]
    for one in said:
        lines += ["", *_step(one, parties[one.by])]
    count = len(said)
    lines += ["", "[[afterwards]]", 'party = "system1"', 'look = "said"']
    return "\n".join([*lines, f"steps = {count}", ""])


def _step(one: Exchange, party: str) -> Iterator[str]:
    yield "[[step]]"
    yield f'by = "{party}"'
    yield 'action = "say"'
    yield f'as = "{one.step}"'
    yield 'at = "station"'
    yield f'method = "{one.method}"'
    yield f"target = {_quoted(one.target)}"
    if one.body:
        yield f"body = {_quoted(one.body)}"
    yield f'answer = "{one.answer}"'
    yield 'expect = "as captured"'


def _quoted(text: str) -> str:
    """A TOML basic string of any text."""
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    said = "".join(escapes.get(one, one) for one in text)
    return '"' + "".join(_safe(one) for one in said) + '"'


def _safe(one: str) -> str:
    if one.isprintable() or one == "\u3000":
        return one
    return f"\\U{ord(one):08X}" if not "\ud800" <= one <= "\udfff" else "?"


def _parts(said: Sequence[Exchange]) -> Iterator[list[Exchange]]:
    part: list[Exchange] = []
    size = 0
    for one in said:
        long = len(one.body) + len(one.target) + 200
        full = len(part) >= MOST_STEPS or size + long > MOST_CHARACTERS
        if part and full:
            yield part
            part, size = [], 0
        part.append(one)
        size += long
    if part:
        yield part


def _place(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
