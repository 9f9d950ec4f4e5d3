# SPDX-License-Identifier: Apache-2.0
"""What every simulator's file promises, whichever simulator it is."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulators.city import reasons as city
from simulators.city.store import Store as CityStore
from simulators.peers import errors as peers
from simulators.peers.store import Store as PeersStore
from simulators.register import errors as register
from simulators.register.store import Store as RegisterStore
from simulators.register.store import Taken
from simulators.store import PAGE, FileStore

FULL = 2
"""SQLite's word for: on the disk before it is said to be done."""
FAULTS = (peers.StoreFault, register.StoreFault, city.StoreFault)
ROOMS: tuple[Callable[[Path | None], FileStore], ...] = (
    PeersStore,
    RegisterStore,
    lambda path: CityStore(path, "102024 a system", "CREATE TABLE own (a TEXT);"),
)
TABLE = "CREATE TABLE things (a INTEGER PRIMARY KEY, b TEXT UNIQUE) STRICT;"


@pytest.fixture(params=ROOMS, ids=("peers", "register", "city"))
def opened(request: pytest.FixtureRequest) -> Callable[[Path | None], FileStore]:
    return request.param


@pytest.fixture
def store(
    opened: Callable[[Path | None], FileStore], tmp_path: Path
) -> Iterator[FileStore]:
    made = opened(tmp_path / "file")
    made.script(TABLE)
    yield made
    made.close()


def count(store: FileStore) -> int:
    found: int = store.value("SELECT count(*) FROM things")
    return found


def test_a_failed_commit_leaves_nothing_behind_and_the_next_one_works(store):
    store.run("PRAGMA foreign_keys = ON")
    store.script(
        "CREATE TABLE parts (a INTEGER REFERENCES things"
        " DEFERRABLE INITIALLY DEFERRED) STRICT;"
    )

    def fail() -> None:
        with store.transaction():
            store.run("INSERT INTO things VALUES (1, 'one')")
            store.run("INSERT INTO parts VALUES (7)")

    with pytest.raises((*FAULTS, Taken)):
        fail()
    assert count(store) == 0
    with store.transaction():
        store.run("INSERT INTO things VALUES (2, 'two')")
    assert store.rows("SELECT a FROM things") == [(2,)]


def test_an_error_takes_all_back_the_inner_transactions_too(store):
    def fail() -> None:
        with store.transaction():
            with store.transaction():
                store.run("INSERT INTO things VALUES (1, 'one')")
            assert count(store) == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert count(store) == 0


@pytest.mark.parametrize(
    "use",
    [
        lambda s: s.row("SELECT 1"),
        lambda s: s.rows("SELECT 1"),
        lambda s: s.run("DELETE FROM things"),
        lambda s: s.changed("DELETE FROM things"),
        lambda s: s.many("INSERT INTO things VALUES (?, ?)", [(1, "a")]),
        lambda s: s.script(TABLE),
        lambda s: s.transaction().__enter__(),
    ],
    ids=["row", "rows", "run", "changed", "many", "script", "transaction"],
)
def test_a_closed_file_is_a_fault_of_the_room(store, use):
    store.close()
    with pytest.raises(FAULTS):
        use(store)


def test_a_file_that_is_closed_meanwhile_is_a_fault_of_the_room(store):
    with pytest.raises(FAULTS), store.transaction():
        store.close()


def test_half_a_script_is_none(store):
    with pytest.raises(FAULTS):
        store.script("CREATE TABLE half (a TEXT); CREATE TABLE things (a TEXT);")
    assert not store.value("SELECT count(*) FROM sqlite_schema WHERE name = 'half'")
    with store.transaction():
        store.run("INSERT INTO things VALUES (1, 'one')")
    assert count(store) == 1


def test_a_value_that_sqlite_cannot_keep_is_refused_and_not_repeated(store):
    for value in ("secret\ud800", 2**70):
        with pytest.raises((*FAULTS, register.EntryRefused)) as refused:
            store.run("INSERT INTO things (b) VALUES (?)", value)
        assert "secret" not in f"{refused.value}{refused.value.__cause__}"
        assert refused.value.__cause__ is None


def test_what_is_committed_is_on_the_disk(store):
    assert store.value("PRAGMA synchronous") == FULL
    assert store.value("PRAGMA journal_mode") == "wal"
    assert store.value("PRAGMA trusted_schema") == 0


def test_what_was_written_is_there_when_it_is_opened_again(opened, tmp_path):
    first = opened(tmp_path / "file")
    first.script(TABLE)
    first.run("INSERT INTO things VALUES (1, 'one')")
    first.close()
    again = opened(tmp_path / "file")
    assert count(again) == 1
    again.close()


def test_all_files_are_the_owners_alone_under_any_umask(opened, tmp_path):
    before = os.umask(0)
    try:
        store = opened(tmp_path / "file")
        store.script(TABLE)
        modes = {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    finally:
        os.umask(before)
    store.close()
    assert modes == {0o600}


@pytest.mark.parametrize("mode", [0o601, 0o604, 0o620, 0o640])
def test_a_file_that_others_may_use_is_not_opened(opened, tmp_path, mode):
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(mode)
    with pytest.raises(FAULTS, match="chmod 600"):
        opened(tmp_path / "file")


def test_a_link_a_folder_and_a_pipe_are_not_opened(opened, tmp_path):
    (tmp_path / "real").touch(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("link", "", "nowhere/file"):
        with pytest.raises(FAULTS, match="opened or made"):
            opened(tmp_path / name)
    with pytest.raises(FAULTS, match="else than a file"):
        opened(tmp_path / "pipe")
    assert (tmp_path / "real").read_bytes() == b""


def test_another_programs_database_is_left_as_it_is(opened, tmp_path):
    path = tmp_path / "file"
    path.touch(0o600)
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (a TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(FAULTS, match="another program"):
        opened(path)
    assert path.read_bytes() == before


def test_one_simulator_does_not_open_the_file_of_another(tmp_path):
    for here, make in enumerate(ROOMS):
        make(tmp_path / str(here)).close()
        for there, other in enumerate(ROOMS):
            if there != here:
                with pytest.raises(FAULTS):
                    other(tmp_path / str(here))


def test_a_file_that_another_process_writes_is_a_fault_after_a_while(
    opened, tmp_path, monkeypatch
):
    monkeypatch.setattr("simulators.store.BUSY_SECONDS", 0.0)
    store = opened(tmp_path / "file")
    other = sqlite3.connect(tmp_path / "file", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(FAULTS), store.transaction():
        pytest.fail("two write at once")
    other.close()
    with store.transaction():
        pass
    store.close()


def test_another_thread_waits_for_the_end_of_a_transaction(store):
    seen: list[int] = []
    reader = threading.Thread(target=lambda: seen.append(count(store)))
    with store.transaction():
        store.run("INSERT INTO things VALUES (1, 'one')")
        reader.start()
        reader.join(0.05)
        assert not seen
        store.run("INSERT INTO things VALUES (2, 'two')")
    reader.join()
    assert seen == [2]


@pytest.mark.parametrize("many", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
def test_pages_give_every_row_once(store, many):
    with store.transaction():
        store.many("INSERT INTO things (a) VALUES (?)", ((n,) for n in range(many)))
    sql = "SELECT a FROM things WHERE a > ? ORDER BY a LIMIT ?"
    assert [a for (a,) in store.pages(sql, (-1,))] == list(range(many))
