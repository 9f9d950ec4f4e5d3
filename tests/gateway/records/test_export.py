# SPDX-License-Identifier: Apache-2.0
"""Events as files: nothing is lost in a cell, and no cell is a formula."""

import csv
import io
import json
import stat
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records import tell
from gateway.records.event import EventKind, StoredEvent
from gateway.records.export import (
    BOM,
    COLUMNS,
    FORMULA,
    cells,
    csv_lines,
    guarded,
    json_lines,
    unguarded,
)
from gateway.records.written import new_file, write_lines
from pki.keystore import KeyFileError
from tests.gateway.records.helpers import PROVIDER, event, full_event, number

TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.sampled_from(
        ["=1+1", "'=1", "+81", "-", "@x", "\t=1", "＝1", '"', "a\r\nb", "'"]
    ),
)


def stored(seq: int = 1, **changes: object) -> StoredEvent:
    made = msgspec.structs.replace(full_event(), evidence={}, **changes)
    return StoredEvent(seq, number(seq), bytes(32), made, {"permit": "00" * 32})


def read_back(data: bytes) -> list[list[str]]:
    text = data.removeprefix(BOM).decode("utf-8", "surrogatepass")
    return list(csv.reader(io.StringIO(text, newline="")))


@given(texts=st.lists(TEXTS, min_size=4, max_size=4))
def test_what_stands_in_a_cell_comes_back_as_it_was(texts: list[str]) -> None:
    peer, kind, operator, detail = texts
    one = stored(peer=peer, message_type=kind, operator=operator, detail=detail)
    head, row = read_back(b"".join(csv_lines([(PROVIDER, one)])))
    assert tuple(head) == COLUMNS
    assert [unguarded(cell) for cell in row] == cells(PROVIDER, one)


@given(cell=TEXTS)
def test_no_cell_begins_as_a_formula_does(cell: str) -> None:
    made = guarded(cell)
    assert made[:1] not in FORMULA - {"'"}
    assert unguarded(made) == cell


def test_nothing_of_an_event_is_left_out() -> None:
    one = stored()
    told = tell.event_json(PROVIDER, one)
    assert set(told) == set(COLUMNS) - {"at_jst"}
    row = dict(zip(COLUMNS, cells(PROVIDER, one), strict=True))
    assert row["at_jst"].startswith("2030-01-01 21:00:00")
    assert json.loads(row["verdicts"]) == [list(one) for one in told["verdicts"]]
    assert json.loads(row["evidence"]) == told["evidence"]


def test_a_mark_for_spreadsheets_stands_once_and_where_it_was_asked_for() -> None:
    events = [(PROVIDER, stored(1)), (PROVIDER, stored(2))]
    marked = b"".join(csv_lines(events, bom=True))
    assert marked.startswith(BOM)
    assert marked.count(BOM) == 1
    assert b"".join(csv_lines(events)) == marked.removeprefix(BOM)


def test_a_line_of_json_is_what_the_list_shows() -> None:
    events = [(PROVIDER, stored(1, detail="a\nb")), (PROVIDER, stored(2))]
    lines = b"".join(json_lines(events)).splitlines()
    assert [json.loads(line) for line in lines] == [
        json.loads(json.dumps(tell.event_json(*one))) for one in events
    ]


def test_lines_are_made_as_they_are_read() -> None:
    """A file of years needs no more memory than one of a day."""
    made = []

    def events():
        for seq in range(1, 4):
            made.append(seq)
            yield PROVIDER, stored(seq)

    for lines in (csv_lines(events()), json_lines(events())):
        made.clear()
        next(lines)
        assert len(made) <= 1


# --- the file -------------------------------------------------------------------------


def test_a_file_is_for_its_owner_alone_and_on_record_before_it_is_there(
    tmp_path: Path,
) -> None:
    path, there = tmp_path / "out", []
    with new_file(path, lambda: there.append(path.exists())) as file:
        write_lines(file, [b"a", b"b"])
        assert not path.exists()
    assert there == [False]
    assert path.read_bytes() == b"ab"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_recorded_leaves_no_file(tmp_path: Path) -> None:
    def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError), new_file(tmp_path / "out", fails) as file:
        file.write(b"secret")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_whole_is_not_recorded(tmp_path: Path) -> None:
    told: list[int] = []
    with (
        pytest.raises(ZeroDivisionError),
        new_file(tmp_path / "out", lambda: told.append(1)),
    ):
        raise ZeroDivisionError
    assert told == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_another_file_is_never_written_over(tmp_path: Path, when: str) -> None:
    path = tmp_path / "out"
    if when == "before":
        path.write_bytes(b"other")

    def ours() -> None:
        with new_file(path, lambda: None) as file:
            file.write(b"ours")
            path.write_bytes(b"other")

    with pytest.raises(KeyFileError, match="not overwritten"):
        ours()
    assert path.read_bytes() == b"other"
    assert list(tmp_path.iterdir()) == [path]


def test_an_event_of_every_kind_fits(tmp_path: Path) -> None:
    events = [
        (PROVIDER, replace(stored(), event=event(kind=kind))) for kind in EventKind
    ]
    assert len(read_back(b"".join(csv_lines(events)))) == len(EventKind) + 1
