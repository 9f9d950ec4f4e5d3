# SPDX-License-Identifier: Apache-2.0
"""A store moved from SQLite to PostgreSQL and back: the same rows, or nothing."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from gateway.records.connection import open_writer
from gateway.records.errors import StoreMismatch
from gateway.records.event import prepare
from gateway.records.log_check import check_log
from gateway.records.move_store import UNFINISHED, move
from gateway.records.moving import MoveRefused, tables
from gateway.records.postgres_place import Place
from gateway.records.store import Store, StoreReader
from tests.gateway.records.helpers import (
    KEY,
    LOG,
    Turns,
    event,
    inquiry,
    open_store,
    recorded,
)
from tests.postgres import TestServer


def sound(store: StoreReader) -> str:
    """What `records verify` looks at first."""
    found = [*store.verify_events(), *check_log(store, LOG.verifier)]
    return found[0].what if found else ""


def dump(path: Path) -> dict[str, list[str]]:
    """Every row of a store, wherever it lies."""
    with closing(open_writer(path)) as db:
        return {
            one.name: sorted(
                repr(row)
                for row in db.execute(one.rows).fetchall()
                if row[0] != "month keys"
            )
            for one in tables()
        }


@pytest.fixture
def place(postgres: TestServer) -> Place:
    return Place(postgres.conninfo, postgres.schema())


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A stopped station's store, with something in it."""
    path, turns = tmp_path / "records.sqlite", Turns()
    store = open_store(path, turns)
    recorded(store, turns, 19)
    turns.wait(store.commit(lambda tx: tx.open_inquiry(inquiry(1))))
    close(store, turns)
    return path


def close(store: Store, turns: Turns) -> None:
    store.close()
    turns.run_all()


def test_there_and_back_every_row_is_the_same(filled: Path, place: Place) -> None:
    there, back = filled.with_name("in-postgresql"), filled.with_name("back.sqlite")
    copied = move(filled, KEY, there, place, sound)
    assert copied["events"].rows == 19
    assert dump(there) == dump(filled)
    move(there, KEY, back, None, sound)
    assert dump(back) == dump(filled)
    with StoreReader.open(there, KEY) as one, StoreReader.open(filled, KEY) as other:
        assert [*one.all_events()] == [*other.all_events()]


def test_the_moved_store_goes_on_with_the_next_number(
    filled: Path, place: Place
) -> None:
    there, turns = filled.with_name("in-postgresql"), Turns()
    move(filled, KEY, there, place, sound)
    store = open_store(there, turns)
    turns.wait(store.commit(lambda tx: tx.record(prepare(event()))))
    assert [one.seq for one in store.all_events()] == [*range(1, 21)]
    close(store, turns)


def test_a_schema_that_holds_a_store_takes_no_other(filled: Path, place: Place) -> None:
    move(filled, KEY, filled.with_name("first"), place, sound)
    with pytest.raises(MoveRefused, match="holds a store already"):
        move(filled, KEY, filled.with_name("second"), place, sound)
    assert not filled.with_name("second").exists()


def test_a_path_that_is_taken_is_not_overwritten(filled: Path, place: Place) -> None:
    taken = filled.with_name("taken")
    taken.write_text("something")
    with pytest.raises(MoveRefused, match="not overwritten"):
        move(filled, KEY, taken, place, sound)
    assert taken.read_text() == "something"


def test_a_running_stations_store_is_not_moved(filled: Path, place: Place) -> None:
    turns = Turns()
    store = open_store(filled, turns)
    with pytest.raises(MoveRefused, match="stop the station"):
        move(filled, KEY, filled.with_name("there"), place, sound)
    close(store, turns)


def test_nor_is_one_that_runs_on_postgresql(filled: Path, place: Place) -> None:
    there, turns = filled.with_name("there"), Turns()
    move(filled, KEY, there, place, sound)
    store = open_store(there, turns)
    with pytest.raises(MoveRefused, match="stop the station"):
        move(there, KEY, filled.with_name("back"), None, sound)
    close(store, turns)


def test_another_key_moves_nothing(filled: Path, place: Place) -> None:
    with pytest.raises(StoreMismatch, match="another key"):
        move(filled, bytes(32), filled.with_name("there"), place, sound)


def test_a_record_that_does_not_fit_its_commitment_is_not_moved(
    filled: Path, place: Place
) -> None:
    with closing(sqlite3.connect(filled)) as db:
        db.execute("DROP TRIGGER events_keep")
        db.execute("UPDATE events SET commitment = zeroblob(32) WHERE seq = 7")
        db.commit()
    with pytest.raises(MoveRefused, match="does not match"):
        move(filled, KEY, filled.with_name("there"), place, sound)
    assert not filled.with_name("there").exists()


def test_what_ended_midway_is_no_store_and_the_next_attempt_takes_its_place(
    filled: Path, place: Place
) -> None:
    there, before = filled.with_name("there"), dump(filled)

    def killed(_: StoreReader) -> str:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        move(filled, KEY, there, place, killed)
    assert not there.exists()
    left = there.with_name(f"there{UNFINISHED}")
    with StoreReader.open(left, KEY) as unfinished:
        assert [*unfinished.all_events()] == []
    assert dump(filled) == before
    move(filled, KEY, there, place, sound)
    assert dump(there) == before
