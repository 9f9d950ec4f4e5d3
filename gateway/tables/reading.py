# SPDX-License-Identifier: Apache-2.0
"""Reads an official CSV into rows of its kind, or says on which line it cannot be used.

Every row is checked: what it must have, its check digit, that its key came only once.
A column that nobody knows is refused, because it may be the one that matters: a mapping
says which columns are known and not needed. Values are taken as they stand.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gateway.tables.errors import TablesRefused
from gateway.tables.kinds import Kind, Row
from gateway.tables.mapping import USUAL, Mapping

LARGEST: Final = 64 * 1024 * 1024
MOST_ROWS: Final = 500_000
LONGEST_VALUE: Final = 2000


def read(path: Path, kind: Kind, mapping: Mapping = USUAL) -> tuple[Row, ...]:
    """Every row of ``path``, by key; raises `TablesRefused`."""
    lines = _lines(path, mapping)
    try:
        return _rows(path, lines, kind, mapping)
    except csv.Error:
        raise TablesRefused(
            f"{path}: is no CSV; export it from the list anew"
        ) from None


def _rows(
    path: Path, lines: Iterator[list[str]], kind: Kind, mapping: Mapping
) -> tuple[Row, ...]:
    for _ in range(mapping.header - 1):
        next(lines, None)
    places = _places(path, next(lines, []), kind, mapping)
    found: dict[Row, Row] = {}
    for number, cells in enumerate(lines, mapping.header + 1):
        if not any(cell.strip() for cell in cells):
            continue
        row = tuple("" if n is None else _cell(cells, n) for n in places)
        fault = _fault(row, kind)
        if fault:
            raise TablesRefused(f"{path}: row {number}: {fault}")
        if found.setdefault(row[: kind.key], row) is not row:
            names = " and ".join(kind.columns[: kind.key])
            raise TablesRefused(f"{path}: row {number}: its {names} came before")
        if len(found) > MOST_ROWS:
            raise TablesRefused(f"{path}: holds more than {MOST_ROWS} rows")
    if not found:
        raise TablesRefused(f"{path}: holds no row below line {mapping.header}")
    return tuple(sorted(found.values()))


def _cell(cells: list[str], place: int) -> str:
    return cells[place].strip(" ") if place < len(cells) else ""


def _fault(row: Row, kind: Kind) -> str:
    for name, value in zip(kind.columns, row, strict=True):
        if len(value) > LONGEST_VALUE or not value.isprintable():
            return f"{name}: is too long, or holds a control character"
    for name, value in zip(kind.columns[: kind.needed], row, strict=False):
        if not value:
            return f"{name}: is empty"
    return kind.fault(row)


def _places(
    path: Path, headings: list[str], kind: Kind, mapping: Mapping
) -> list[int | None]:
    """For each column of the kind where it stands; None where it is not there."""
    there = [_plain(one) for one in headings]
    ignored = {_plain(one) for one in mapping.ignore}
    places: list[int | None] = []
    for name in kind.columns:
        mapped = mapping.columns.get(name)
        names = (mapped,) if mapped else (name, *kind.headings.get(name, ()))
        wanted = set(map(_plain, names)) - (set() if mapped else ignored)
        standing = [n for n, one in enumerate(there) if one in wanted]
        if len(standing) > 1:
            raise TablesRefused(f"{path}: {name}: two columns are called so")
        if mapped and not standing:
            raise TablesRefused(
                f"{path}: {name}: no column is called as the mapping says"
            )
        places.append(standing[0] if standing else None)
    for number, name in enumerate(kind.columns[: kind.needed]):
        if places[number] is None:
            raise TablesRefused(
                f"{path}: line {mapping.header}: no column for {name}; write a mapping "
                "and name it with --mapping"
            )
    for number, heading in enumerate(there):
        if heading and number not in places and heading not in ignored:
            raise TablesRefused(
                f"{path}: line {mapping.header}: column {number + 1} is not known; map "
                "it or name it under ignore"
            )
    return places


def _plain(heading: str) -> str:
    """A heading without the line ends and spaces that a spreadsheet puts in."""
    return "".join(heading.split())


def _lines(path: Path, mapping: Mapping) -> Iterator[list[str]]:
    text = _text(path, mapping)
    return csv.reader(io.StringIO(text, newline=""), delimiter=mapping.delimiter)


def _text(path: Path, mapping: Mapping) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise TablesRefused(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) > LARGEST:
        raise TablesRefused(f"{path}: is no such table: over {LARGEST} bytes")
    if data.startswith(b"PK"):
        said = "is a spreadsheet; save it as CSV first"
        raise TablesRefused(f"{path}: {said}")
    tried = (mapping.encoding,) if mapping.encoding else ("utf-8", "cp932")
    for encoding in tried:
        try:
            return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        except UnicodeDecodeError:
            continue
    raise TablesRefused(f"{path}: is not {' or '.join(tried)}; name its encoding")
