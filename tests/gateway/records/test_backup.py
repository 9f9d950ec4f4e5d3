# SPDX-License-Identifier: Apache-2.0
"""A backup is whole as of one moment, sealed, and replaces nothing."""

import shutil

import pytest
import pytest_twisted
from twisted.internet import reactor

from gateway.records.backup import BackupRefused, back_up
from gateway.records.errors import StoreMismatch, StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.store import Store, StoreReader, commit_once
from tests.gateway.world import COPIES, NOON, STORE_KEY, new_store, take_in

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def path(tmp_path):
    made = new_store(tmp_path)
    take_in(made, *COPIES)
    return made


def record(path):
    prepared = prepare(Event(EventKind.RECEIVED, NOON, "in"))
    commit_once(path, STORE_KEY, lambda tx: tx.record(prepared))


def count(path):
    with StoreReader.open(path, STORE_KEY) as store:
        assert store.verify_events() == []
        return len(list(store.all_events())), store.copy_count()


def test_a_backup_holds_what_the_store_held(path, tmp_path):
    record(path)
    target = tmp_path / "copy.sqlite"
    assert back_up(path, STORE_KEY, target) == target.stat().st_size
    record(path)
    assert (count(target), count(path)) == ((2, 3), (3, 3))


def test_it_is_its_owners_only_and_one_file(path, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    back_up(path, STORE_KEY, folder / "copy.sqlite")
    assert (folder / "copy.sqlite").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in folder.iterdir()] == ["copy.sqlite"]


@in_reactor
async def test_it_is_made_while_the_station_works(path, tmp_path):
    store = Store.open(path, STORE_KEY, reactor.callFromThread)
    prepared = prepare(Event(EventKind.RECEIVED, NOON, "in"))
    writing = store.commit(lambda tx: tx.record(prepared))
    back_up(path, STORE_KEY, tmp_path / "copy.sqlite")
    await writing
    store.close()
    assert count(path) == (2, 3)
    assert count(tmp_path / "copy.sqlite")[1] == 3


def test_a_station_works_on_from_it(path, tmp_path):
    back_up(path, STORE_KEY, tmp_path / "copy.sqlite")
    path.unlink()
    shutil.copy(tmp_path / "copy.sqlite", path)
    record(path)
    assert count(path) == (2, 3)


def test_a_file_that_is_there_is_not_overwritten(path, tmp_path):
    target = tmp_path / "copy.sqlite"
    target.write_bytes(b"yesterday's")
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(path, STORE_KEY, target)
    assert target.read_bytes() == b"yesterday's"


def test_a_folder_that_is_not_there_is_named(path, tmp_path):
    with pytest.raises(BackupRefused, match="No such file"):
        back_up(path, STORE_KEY, tmp_path / "nowhere" / "copy.sqlite")


def test_without_the_key_nothing_is_copied(path, tmp_path):
    with pytest.raises(StoreMismatch):
        back_up(path, bytes(32), tmp_path / "copy.sqlite")
    with pytest.raises(StoreUnavailable):
        back_up(tmp_path / "gone", STORE_KEY, tmp_path / "copy.sqlite")
    assert not (tmp_path / "copy.sqlite").exists()
