# SPDX-License-Identifier: Apache-2.0
"""A store is made when asked for, and opened only if it is ours and whole."""

import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.records.connection import SMALLEST, create_file, open_writer
from gateway.records.errors import Reason, RecordsError, StoreMismatch, StoreUnavailable
from gateway.records.migrate import SCHEMA, migrate, newest, version_of
from gateway.records.store import Store, StoreReader, commit_once
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import KEY, Turns, open_store, outgoing
from tests.tools import mount


def test_a_new_store_is_made_only_when_asked_for(
    store_path: Path, turns: Turns
) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        Store.open(store_path, KEY, turns.deliver)
    assert refused.value.reason is Reason.MISSING
    assert not store_path.exists()
    Store.open(store_path, KEY, turns.deliver, create=True).close()
    Store.open(store_path, KEY, turns.deliver).close()


def test_only_its_owner_can_read_a_store(store: Store, store_path: Path) -> None:
    files = [file for file in store_path.parent.iterdir() if file.is_file()]
    assert {file.name for file in files} >= {"records.sqlite", "records.sqlite-wal"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    (keys,) = (file for file in store_path.parent.iterdir() if file.is_dir())
    assert keys.stat().st_mode & 0o777 == 0o700


def test_an_emptied_store_does_not_pass_for_a_new_one(
    store_path: Path, turns: Turns
) -> None:
    store_path.touch()
    with pytest.raises(StoreMismatch, match="empty"):
        Store.open(store_path, KEY, turns.deliver)
    with pytest.raises(StoreMismatch, match="newest backup"):
        StoreReader.open(store_path, KEY)


def test_looking_never_makes_a_store(store_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        StoreReader.open(store_path, KEY)
    with pytest.raises(StoreUnavailable):
        commit_once(store_path, KEY, lambda tx: None)
    assert not store_path.exists()


def test_another_stations_key_is_noticed(store: Store, store_path: Path) -> None:
    with pytest.raises(StoreMismatch, match="key"):
        StoreReader.open(store_path, bytes(32))
    with pytest.raises(StoreMismatch, match="key"):
        Store.open(store_path, bytes(32), lambda call: None)


def test_another_programs_database_is_left_alone(
    store_path: Path, turns: Turns
) -> None:
    db = sqlite3.connect(store_path)
    db.execute("CREATE TABLE theirs (x)")
    db.commit()
    db.close()
    with pytest.raises(StoreMismatch, match="another program"):
        open_store(store_path, turns)
    db = sqlite3.connect(store_path)
    assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]
    db.close()


def test_a_store_of_a_newer_program_is_refused(store_path: Path, turns: Turns) -> None:
    open_store(store_path, turns).close()
    db = sqlite3.connect(store_path)
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(StoreMismatch, match="999"):
        open_store(store_path, turns)
    with pytest.raises(StoreMismatch, match="999"):
        StoreReader.open(store_path, KEY)


def test_an_older_store_is_upgraded_after_a_copy_of_it_was_made(
    tmp_path: Path, store_path: Path
) -> None:
    schema = tmp_path / "schema"
    schema.mkdir()
    first = (SCHEMA / "0001.sql").read_text()
    (schema / "0001.sql").write_text(first)
    create_file(store_path)
    db = open_writer(store_path)
    migrate(db, store_path, schema)
    (schema / "0002.sql").write_text("CREATE TABLE more (x INTEGER) STRICT;\n")
    migrate(db, store_path, schema)
    assert version_of(db) == 2
    db.execute("INSERT INTO more VALUES (1)")
    db.close()
    copy = store_path.with_name("records.sqlite.schema-1")
    assert copy.stat().st_mode & 0o777 == 0o600
    old = sqlite3.connect(copy)
    assert old.execute("PRAGMA user_version").fetchone() == (1,)
    old.close()


def test_an_upgrade_that_fails_changes_nothing(
    tmp_path: Path, store_path: Path
) -> None:
    schema = tmp_path / "schema"
    schema.mkdir()
    (schema / "0001.sql").write_text("CREATE TABLE one (x);\nCREATE TABLE one (x);\n")
    create_file(store_path)
    db = open_writer(store_path)
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, store_path, schema)
    assert version_of(db) == 0
    db.close()


def test_every_column_of_the_schema_has_its_comment_or_a_plain_name() -> None:
    files = sorted(SCHEMA.glob("*.sql"))
    assert len(files) == newest()
    text = "".join(file.read_text() for file in files)
    assert text.count("STRICT;") == text.count("CREATE TABLE")
    tables = [part.split("STRICT;")[0] for part in text.split("CREATE TABLE")[1:]]
    commented = sum(part.count("--") for part in tables)
    assert commented > 50


@settings(max_examples=30, deadline=None)
@given(data=st.binary(min_size=1, max_size=2000))
def test_a_file_of_anything_is_refused_with_our_own_error(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "records.sqlite"
    path.write_bytes(data)
    with pytest.raises(RecordsError):
        open_store(path, Turns())
    assert path.read_bytes() == data


@pytest.mark.parametrize("length", [1, SMALLEST - 1, SMALLEST, 5000])
def test_what_remains_of_a_cut_store_does_not_pass_for_a_new_one(
    store_path: Path, turns: Turns, length: int
) -> None:
    open_store(store_path, turns).close()
    os.truncate(store_path, length)
    with pytest.raises(RecordsError):
        open_store(store_path, turns)


def test_a_file_that_is_no_database_is_damage(store_path: Path, turns: Turns) -> None:
    store_path.write_bytes(b"no database at all, but long enough for one" * 50)
    with pytest.raises(StoreUnavailable) as refused:
        open_store(store_path, turns)
    assert refused.value.reason is Reason.DAMAGED


def test_a_disk_mounted_read_only_is_said_so(small_disk: Path, turns: Turns) -> None:
    path = small_disk / "records.sqlite"
    open_store(path, turns).close()
    mount("-o", "remount,ro", str(small_disk))
    with pytest.raises(StoreUnavailable) as refused:
        open_store(path, turns)
    assert refused.value.reason is Reason.READ_ONLY


def test_a_new_store_cannot_be_made_where_nothing_can_be_written(
    small_disk: Path, turns: Turns
) -> None:
    mount("-o", "remount,ro", str(small_disk))
    with pytest.raises(StoreUnavailable) as refused:
        open_store(small_disk / "records.sqlite", turns)
    assert refused.value.reason is Reason.READ_ONLY


def test_a_command_writes_while_the_daemon_runs(
    store: Store, store_path: Path, turns: Turns
) -> None:
    commit_once(store_path, KEY, lambda tx: tx.enqueue(outgoing(1)))
    assert store.outgoing(outgoing(1).message_id) is not None
    turns.wait(store.commit(lambda tx: tx.enqueue(outgoing(2))))
    with StoreReader.open(store_path, KEY) as reader:
        assert reader.outgoing_counts() == {"waiting": 2}


def test_a_commands_work_that_fails_leaves_nothing(
    store: Store, store_path: Path
) -> None:
    def work(tx: Transaction) -> None:
        tx.enqueue(outgoing(1))
        raise LookupError

    with pytest.raises(LookupError):
        commit_once(store_path, KEY, work)
    assert store.outgoing_counts() == {}


def test_a_store_says_why_it_cannot_be_written(
    store: Store, store_path: Path, turns: Turns
) -> None:
    store.must_be_writable()
    assert store.unavailable is None
    store_path.unlink()
    turns.outcome(store.commit(lambda tx: None))  # a commit looks at the files
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        store.must_be_writable()
    assert store.unavailable is Reason.REMOVED
