# SPDX-License-Identifier: Apache-2.0
"""A backup is restored if it is this station's, whole, and nothing is in the way.

The restored store is closed and goes on in a log of its own, whatever became of the
store that was lost.
"""

import json
import shutil
import socket
import sqlite3
from datetime import timedelta

import msgspec
import pytest

from gateway import log_key
from gateway.backup import check, make
from gateway.config import load
from gateway.records import manifest as manifests
from gateway.records.backup import BackupRefused
from gateway.records.erasure_check import check_erasures
from gateway.records.errors import MonthKeyFault
from gateway.records.event import Event, EventKind, prepare
from gateway.records.log import Head
from gateway.records.log_check import check_log
from gateway.records.manifest import BadBackup, beside
from gateway.records.months import Month
from gateway.records.opening import bring_up_to_date
from gateway.records.postgres_place import Place, tell_place
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader, commit_once
from gateway.restore import MARGIN, RestoreRefused, adopt, restore
from pki.keystore import write_private
from protocols.tlog import checkpoint
from protocols.tlog.generation import as_of, generation_of
from protocols.tlog.merkle import Frontier
from tests.gateway.files import configured
from tests.gateway.world import COPIES, CORE, NOON, PROVIDER, STORE_KEY, take_in

LATER = NOON + timedelta(hours=1)
WHO = "復元 一郎"


def station_in(world, folder, name=PROVIDER):
    """A station with a store, at an address where nobody listens."""
    folder.mkdir(exist_ok=True)
    path = configured(world, name, folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = path.read_text("utf-8")
    path.write_text(
        "".join(
            f"port = {port}\n" if line.startswith("port") else f"{line}\n"
            for line in text.splitlines()
        ),
        "utf-8",
    )
    config = load(path)
    bring_up_to_date(
        config.store.path,
        StoreKeys(STORE_KEY),
        create=True,
        months=config.store.month_keys,
    )
    return config


@pytest.fixture
def config(world, tmp_path):
    made = station_in(world, tmp_path)
    take_in(made.store.path, *COPIES)
    return made


@pytest.fixture
def backup(config, tmp_path):
    log(config, NOON)
    make(config, tmp_path / "copy", NOON)
    return tmp_path / "copy"


def record(config, at=NOON):
    prepared = prepare(Event(EventKind.RECEIVED, at, "in"))
    commit_once(config.store.path, STORE_KEY, lambda tx: tx.record(prepared))


def log(config, at):
    """Bring the log up to the record, as a running station does each second."""
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        size, generation = store.log_size(), store.log_generation()
        tree = Frontier.of(size, store.log_hashes(size)) if size else Frontier()
    key = log_key.load(config, generation)

    def work(tx):
        grown = tx.grow(tree)
        tx.put_head(Head(grown.size, at, key.head(grown.size, grown.root())))

    commit_once(config.store.path, STORE_KEY, work)


def lose(config):
    for file in config.store.path.parent.glob("records.sqlite*"):
        file.unlink()


def faults(config):
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        key = log_key.verifier_of(config, store.log_generation())
        found = [*store.verify_events(), *check_erasures(store)]
        return [*found, *check_log(store, key)]


# --- the backup -----------------------------------------------------------------------


def test_a_backup_has_a_manifest_that_says_what_it_is(config, backup):
    told = json.loads(beside(backup).read_text("utf-8"))
    assert told["station"] == str(PROVIDER)
    assert told["events"] == 1
    assert told["head"].startswith(f"{told['log']}\n1\n")
    assert beside(backup).stat().st_mode & 0o777 == 0o600
    assert check(backup, config) == check(backup)


def test_a_backup_whose_record_was_changed_is_not_kept(config, tmp_path, sqlite):
    sqlite(config.store.path, "UPDATE events SET kind = 'refused'")
    with pytest.raises(BadBackup, match="1 faults; the first: record 1"):
        make(config, tmp_path / "copy", NOON)
    assert not (tmp_path / "copy").exists()
    assert not beside(tmp_path / "copy").exists()


def test_an_earlier_manifest_is_not_overwritten(config, tmp_path):
    beside(tmp_path / "copy").write_text("yesterday's")
    with pytest.raises(BackupRefused, match="exists already"):
        make(config, tmp_path / "copy", NOON)
    assert not (tmp_path / "copy").exists()


@pytest.fixture
def sqlite():
    """Somebody changes a store behind everybody's back."""

    def change(path, *statements):
        db = sqlite3.connect(path)
        for name in ("events_keep", "events_stay"):
            db.execute(f"DROP TRIGGER IF EXISTS {name}")
        for one in statements:
            db.execute(one)
        db.commit()
        db.close()

    return change


# --- what is restored -----------------------------------------------------------------


def test_a_restored_store_holds_what_the_backup_held_and_is_closed(config, backup):
    record(config)
    lose(config)
    restore(config, backup, WHO, LATER)
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        kinds = [one.event.kind for one in store.all_events()]
        assert kinds == [EventKind.IMPORTED, EventKind.RESTORED]
        assert store.copy_count() == len(COPIES)
        closed = store.closed_restore()
        assert (closed.made, closed.operator) == (NOON, WHO)
        assert closed.since == NOON - MARGIN
    assert config.store.path.stat().st_mode & 0o777 == 0o600
    assert faults(config) == []


def test_the_log_goes_on_under_another_name_that_says_from_where(config, backup):
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        before = store.log_head()
    record(config)
    log(config, NOON)  # signed, shown to whomever, and lost
    lose(config)
    done = restore(config, backup, WHO, LATER)
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        head = checkpoint.read(store.log_head().note)[0]
        told = store.events(kind=EventKind.RESTORED)[0]
        evidence = store.event_evidence(told.record_id)
    assert head.origin == f"{done.log}/{int(LATER.timestamp())}"
    assert head.size == done.size + 1 == 2
    assert evidence["log_head"] == before.note
    assert f"the log {done.log} ends at 1" in told.event.detail
    key = as_of(log_key.verifier_of(config), head.origin)
    assert checkpoint.verify(store_head(config).note, [key])[0] == head


def store_head(config):
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        return store.log_head()


def test_two_restores_of_one_backup_never_have_one_log(config, backup):
    names = []
    for at in (LATER, LATER + timedelta(seconds=1)):
        lose(config)
        restore(config, backup, WHO, at)
        names.append(checkpoint.read(store_head(config).note)[0].origin)
    assert len(set(names)) == 2


def test_a_restored_store_is_backed_up_and_restored_again(config, backup, tmp_path):
    lose(config)
    restore(config, backup, WHO, LATER)
    second = make(config, tmp_path / "second", LATER)
    lose(config)
    restore(config, tmp_path / "second", WHO, LATER)
    origin = checkpoint.read(store_head(config).note)[0].origin
    assert generation_of(origin) == generation_of(second.log) + 1
    assert faults(config) == []


def test_a_store_that_is_there_is_moved_aside_only_when_that_is_said(config, backup):
    record(config)
    with pytest.raises(RestoreRefused, match="is there already"):
        restore(config, backup, WHO, LATER)
    restore(config, backup, WHO, LATER, aside=True)
    (old,) = config.store.path.parent.glob("records.sqlite.before-*Z")
    with StoreReader.open(old, STORE_KEY) as store:
        assert store.last_event() == 2
        assert store.closed_restore() is None


def test_a_store_that_a_snapshot_brought_back_is_closed_as_well(config):
    done = adopt(config, NOON, WHO, LATER)
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        assert store.closed_restore() == done
    assert faults(config) == []


# --- months that were erased since ---------------------------------------------------

LONG_AGO = NOON - timedelta(days=8 * 365)


@pytest.fixture
def erased_since(config, tmp_path):
    """A backup, and a month of it whose key is destroyed by now."""
    record(config, LONG_AGO)
    log(config, NOON)
    make(config, tmp_path / "copy", NOON)
    lose(config)
    month = Month.of(LONG_AGO)
    (config.store.month_keys / f"{month}.key").unlink()
    return tmp_path / "copy", month


def test_a_month_that_was_erased_since_is_named_and_not_brought_back(
    config, erased_since
):
    backup, month = erased_since
    refused(config, backup, f"the key of {month}", MonthKeyFault)
    restore(config, backup, WHO, LATER, erased=(month,))
    assert faults(config) == []
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        assert [one.event.at for one in store.all_events()] == [NOON, LATER, LATER]
        (told,) = store.erasures()
    assert told.extent.month == month


def test_a_month_whose_key_was_merely_lost_is_not_erased(config, tmp_path):
    record(config)
    log(config, NOON)
    make(config, tmp_path / "copy", NOON)
    lose(config)
    month = Month.of(NOON)
    (config.store.month_keys / f"{month}.key").rename(tmp_path / "lost")
    with pytest.raises(BadBackup, match="has to be kept longer"):
        restore(config, tmp_path / "copy", WHO, LATER, erased=(month,))
    assert not config.store.path.exists()


def test_a_month_whose_key_is_here_was_not_erased(config, erased_since):
    backup, month = erased_since
    (config.store.month_keys / f"{month}.key").write_bytes(bytes(60))
    with pytest.raises(BadBackup, match="its key is here"):
        restore(config, backup, WHO, LATER, erased=(month,))


# --- what is not ----------------------------------------------------------------------


def refused(config, backup, why, kind=BadBackup, at=LATER):
    with pytest.raises(kind, match=why):
        restore(config, backup, WHO, at)
    assert not config.store.path.exists()
    left = [one.name for one in config.store.path.parent.glob(".records*")]
    assert left == []


def test_a_changed_byte_is_found(config, backup):
    lose(config)
    data = bytearray(backup.read_bytes())
    data[len(data) // 2] ^= 1
    backup.write_bytes(data)
    refused(config, backup, "is not the file that its manifest describes")


def test_a_cut_file_is_found(config, backup):
    lose(config)
    backup.write_bytes(backup.read_bytes()[:-4096])
    refused(config, backup, "is not the file that its manifest describes")


def test_a_manifest_that_fits_a_changed_file_is_not_believed(config, backup, sqlite):
    """Whoever has no key can compute a digest; the seal under it he cannot."""
    lose(config)
    sqlite(backup, "DELETE FROM copies")
    told = json.loads(beside(backup).read_text("utf-8"))
    told["size"] = backup.stat().st_size
    told["sha256"] = manifests.sha256_of(backup)
    beside(backup).write_text(json.dumps(told))
    refused(config, backup, "the manifest was changed")


@pytest.mark.parametrize(
    ("field", "value"),
    [("made", "2029-12-31T00:00:00Z"), ("events", 0), ("head", ""), ("log", "another")],
)
def test_no_word_of_a_manifest_can_be_changed(config, backup, field, value):
    lose(config)
    told = json.loads(beside(backup).read_text("utf-8"))
    told[field] = value
    beside(backup).write_text(json.dumps(told))
    refused(config, backup, "the manifest was changed")


def test_without_its_manifest_a_file_is_no_backup(config, backup):
    lose(config)
    beside(backup).unlink()
    refused(config, backup, "cannot be read")


def test_what_is_no_manifest_is_named(config, backup):
    lose(config)
    beside(backup).write_text('{"format": 1}')
    refused(config, backup, "is no manifest of a backup")


def test_another_stations_backup_is_refused(world, config, backup, tmp_path):
    other = station_in(world, tmp_path / "core", CORE)
    lose(other)
    refused(other, backup, f"is of {PROVIDER}, not of {CORE}")


def test_another_keys_backup_is_refused(config, backup):
    lose(config)
    (config.store.key).unlink()
    write_private(config.store.key, bytes(32))
    refused(config, backup, "made with another key")


def test_a_newer_schemas_backup_is_refused(config, backup):
    lose(config)
    found = manifests.read(beside(backup))
    newer = msgspec.structs.replace(found, schema=found.schema + 1)
    sealed = newer.sealed(StoreKeys(STORE_KEY))
    beside(backup).unlink()
    manifests.write(sealed, beside(backup))
    refused(config, backup, "this program knows")


def test_a_clock_before_the_backup_is_refused(config, backup):
    lose(config)
    at = NOON - timedelta(minutes=1)
    refused(config, backup, "the clock stands at", RestoreRefused, at)


def test_a_running_station_is_not_restored_under_its_feet(config, backup):
    lose(config)
    with socket.create_server(("127.0.0.1", config.outside.port)):
        refused(config, backup, "stop the station first", RestoreRefused)


def test_where_a_server_holds_the_store_its_own_tools_copy_it(config, backup):
    lose(config)
    tell_place(config.store.path, Place("host=/nowhere", "station"))
    with pytest.raises(BackupRefused, match="pg_dump"):
        make(config, backup.with_name("other"), NOON)
    with pytest.raises(RestoreRefused, match="restore adopt"):
        restore(config, backup, WHO, LATER, aside=True)


def test_a_disk_without_room_leaves_nothing_behind(config, backup, tmp_path):
    lose(config)
    config.store.path.parent.joinpath(".records.sqlite.restoring").mkdir()
    with pytest.raises(RestoreRefused):
        restore(config, backup, WHO, LATER)
    assert not config.store.path.exists()


def test_a_copy_that_is_put_there_by_hand_is_no_restore(config, backup):
    """Nothing closes it; a witness that knows more of its log does (`cosigners`)."""
    lose(config)
    shutil.copy(backup, config.store.path)
    with StoreReader.open(config.store.path, STORE_KEY) as store:
        assert store.closed_restore() is None
