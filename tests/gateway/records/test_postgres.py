# SPDX-License-Identifier: Apache-2.0
"""What is PostgreSQL's own: schema, months, lock, and a server that goes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.records.connection import open_writer, transaction
from gateway.records.errors import Reason, StoreMismatch, StoreUnavailable
from gateway.records.event import prepare
from gateway.records.journal import RETRY_SECONDS
from gateway.records.migrate import migrate, newest, version_of
from gateway.records.moving import tables
from gateway.records.postgres_place import Place, tell_place, told_place
from gateway.records.statements import SCHEMA
from gateway.records.store import Store, StoreReader
from tests.gateway.records.helpers import KEY, NOON, Turns, event, open_store, recorded
from tests.postgres import TestServer, running
from tests.values import replace

KINDS = {"bigint": "INTEGER", "text": "TEXT", "bytea": "BLOB"}


@pytest.fixture
def path(tmp_path: Path, emptied: Place) -> Path:
    """Where a store in PostgreSQL is said to lie."""
    path = tmp_path / "records"
    tell_place(path, emptied)
    return path


@pytest.fixture
def kept(path: Path, turns: Turns) -> Iterator[Store]:
    store = open_store(path, turns)
    yield store
    store.close()
    turns.run_all()


def test_both_databases_have_the_same_tables_and_columns(
    postgres: TestServer, shared: Place
) -> None:
    told = postgres.psql(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        f" WHERE table_schema = '{shared.schema}' AND table_name !~ '^events_2'"
        " AND column_name <> 'rowid' ORDER BY table_name, ordinal_position"
    )
    rows = [line.split("|") for line in told.splitlines()]
    found = sorted((table, name, KINDS[kind]) for table, name, kind in rows)
    assert found == sorted(
        (one.name, name, kind)
        for one in tables()
        for name, kind in zip(one.columns, one.types, strict=True)
    )


def test_both_have_the_same_triggers(
    postgres: TestServer, shared: Place, tmp_path: Path
) -> None:
    sql = "SELECT tgname FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM pg_class"
    ours = f"WHERE relnamespace = '{shared.schema}'::regnamespace"
    whole = f"{sql} {ours} AND NOT relispartition) AND NOT tgisinternal"
    found = postgres.psql(whole).split()
    with closing(sqlite3.connect(":memory:")) as db:
        for file in sorted(SCHEMA.glob("*.sql")):
            db.executescript(file.read_text())
        sql = "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        assert sorted(found) == sorted(name for (name,) in db.execute(sql))


@pytest.mark.parametrize("sql", ["UPDATE events SET peer = ''", "DELETE FROM events"])
def test_a_record_is_neither_changed_nor_removed(
    kept: Store, turns: Turns, path: Path, sql: str
) -> None:
    recorded(kept, turns, 1)
    with (
        closing(open_writer(path)) as db,
        pytest.raises(sqlite3.IntegrityError, match="never"),
        transaction(db),
    ):
        db.execute(sql)
    assert kept.verify_events() == []


def test_each_month_has_a_table_that_is_there_before_it_begins(
    kept: Store, turns: Turns, postgres: TestServer, shared: Place
) -> None:
    for month in (3, 7):
        at = NOON.replace(month=month)
        made = prepare(replace(event(), at=at))
        turns.wait(kept.commit(lambda tx, made=made: tx.record(made)))
    where = f"relnamespace = '{shared.schema}'::regnamespace AND relispartition"
    sql = f"SELECT relname FROM pg_class WHERE relkind = 'r' AND {where}"
    found = postgres.psql(sql).split()
    assert {f"events_2030_0{month}" for month in (3, 4, 7, 8)} <= {*found}
    assert [one.seq for one in kept.all_events()] == [1, 2]


def test_a_work_that_fails_leaves_no_gap_in_the_numbers(
    kept: Store, turns: Turns
) -> None:
    def bad(tx: object) -> None:
        tx.record(prepare(event()))  # type: ignore[attr-defined]
        raise ValueError("by its own fault")

    recorded(kept, turns, 1)
    with pytest.raises(ValueError, match="own fault"):
        turns.wait(kept.commit(bad))
    recorded(kept, turns, 1)
    assert [one.seq for one in kept.all_events()] == [1, 2]


def test_two_writers_take_turns(kept: Store, turns: Turns, path: Path) -> None:
    with closing(open_writer(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = kept.commit(lambda tx: tx.record(prepare(event())))
        assert [*kept.all_events()] == []
        other.execute("COMMIT")
        turns.wait(done)
    assert len([*kept.all_events()]) == 1


def test_a_later_schema_is_applied_whole_or_not_at_all(
    path: Path, kept: Store, tmp_path: Path
) -> None:
    later = tmp_path / "schema"
    later.mkdir()
    for file in SCHEMA.glob("*.sql"):
        (later / file.name).write_text(file.read_text())
    number = newest() + 1
    file = later / f"{number:04}.sql"
    file.write_text("-- More.\nCREATE TABLE more (a BLOB) STRICT;\nCREATE nonsense;\n")
    with closing(open_writer(path)) as db:
        before = version_of(db)
        with pytest.raises(sqlite3.Error):
            migrate(db, path, later)
        assert version_of(db) == before
        with pytest.raises(sqlite3.Error):
            db.execute("SELECT a FROM more")


def test_another_programs_schema_is_refused(
    postgres: TestServer, tmp_path: Path, turns: Turns
) -> None:
    name = postgres.schema()
    postgres.psql(f"CREATE SCHEMA {name}; CREATE TABLE {name}.theirs (a int)")
    tell_place(tmp_path / "records", Place(postgres.conninfo, name))
    with pytest.raises(StoreMismatch, match="another program"):
        open_store(tmp_path / "records", turns)


def test_a_schema_made_anew_underneath_is_not_the_store(
    postgres: TestServer, tmp_path: Path, turns: Turns
) -> None:
    path, place = tmp_path / "records", Place(postgres.conninfo, postgres.schema())
    tell_place(path, place)
    store = open_store(path, turns)
    postgres.psql(
        f"SET client_min_messages = warning; DROP SCHEMA {place.schema} CASCADE;"
        f"CREATE SCHEMA {place.schema}"
    )
    with pytest.raises(StoreUnavailable) as found:
        turns.wait(store.commit(lambda tx: tx.record(prepare(event()))))
    assert found.value.reason is Reason.REMOVED
    store.close()
    turns.run_all()


@pytest.mark.parametrize(
    "conninfo", ["host=x password=secret", "postgresql://me:secret@host/db"]
)
def test_no_password_stands_in_the_file(conninfo: str) -> None:
    with pytest.raises(StoreMismatch, match="no password"):
        Place(conninfo, "station")


def test_no_other_schema_than_a_plain_name(tmp_path: Path) -> None:
    with pytest.raises(StoreMismatch, match="no name"):
        Place("dbname=x", 'x"; DROP')


def test_the_file_says_what_was_told(tmp_path: Path) -> None:
    place = Place("service=records", "city")
    tell_place(tmp_path / "records", place)
    assert told_place(tmp_path / "records") == place
    assert (tmp_path / "records").stat().st_mode & 0o777 == 0o600


def test_a_server_that_crashes_and_comes_back_loses_nothing(
    tmp_path: Path, turns: Turns
) -> None:
    with running() as server:
        path, now = tmp_path / "records", [0.0]
        tell_place(path, Place(server.conninfo, server.schema()))
        store = open_store(path, turns)
        store.journal._monotonic = lambda: now[0]
        recorded(store, turns, 3)
        server.stop("immediate")
        with pytest.raises(StoreUnavailable) as found:
            turns.wait(store.commit(lambda tx: tx.record(prepare(event()))))
        assert found.value.reason is Reason.SERVER
        assert store.unavailable is Reason.SERVER
        server.start()
        now[0] += 2 * RETRY_SECONDS
        turns.wait(store.commit(lambda tx: tx.record(prepare(event()))))
        assert store.unavailable is None
        assert [one.seq for one in store.all_events()] == [1, 2, 3, 4]
        with StoreReader.open(path, KEY) as other:
            assert other.verify_events() == []
        store.close()
        turns.run_all()


def test_a_server_that_is_gone_is_seen_by_a_look_alone(
    tmp_path: Path, turns: Turns
) -> None:
    """Nothing is to be written, and still nobody is told that all is well."""
    with running() as server:
        path, now = tmp_path / "records", [0.0]
        tell_place(path, Place(server.conninfo, server.schema()))
        store = open_store(path, turns)
        store.journal._monotonic = lambda: now[0]
        server.stop("immediate")
        with pytest.raises(StoreUnavailable):
            store.log_head()
        assert store.unavailable is Reason.SERVER
        with pytest.raises(StoreUnavailable):
            store.must_be_writable()
        now[0] += 2 * RETRY_SECONDS
        with pytest.raises(StoreUnavailable):  # the writer, too, finds nobody
            turns.wait(store.commit(lambda tx: tx.record(prepare(event()))))
        server.start()
        now[0] += 2 * RETRY_SECONDS
        turns.wait(store.commit(lambda tx: tx.record(prepare(event()))))
        assert store.unavailable is None
        store.close()
        turns.run_all()
