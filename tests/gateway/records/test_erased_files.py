# SPDX-License-Identifier: Apache-2.0
"""What is left in SQLite's files after an erasure, and in copies made before it."""

import shutil
import sqlite3

import pytest

from gateway.records import erasing
from gateway.records.errors import MonthKeyFault
from gateway.records.store import StoreReader
from tests.gateway.records.erased import FIRST, SECOND, SECRET, SIGNED, Years, about
from tests.gateway.records.helpers import CODE, KEY


@pytest.fixture
def years(store_path, turns):
    """Three records of January and two of February 2030."""
    made = Years(store_path, turns)
    made.record(*(about(FIRST, day) for day in (1, 2, 30)))
    made.record(*(about(SECOND, day) for day in (0, 27)))
    made.stamp()
    yield made
    made.close()


def test_nothing_of_it_is_left_in_any_file(years, store_path):
    (tag, _) = years.store.tags(years.store.person_tag(CODE))
    gone = years.records[0]
    there = [bytes.fromhex(tag), gone.columns[5].encode(), gone.columns[6]]
    sealed = sqlite3.connect(store_path).execute(
        "SELECT content, evidence FROM events WHERE seq = 1"
    )
    there += [part[:60] for part in sealed.fetchone()]
    there += [years.store.month_keys().file(FIRST).read_bytes()]
    assert all(one in years.files() for one in there)
    years.pass_seven_years()
    years.erase()
    files = years.files()
    assert not any(one in files for one in (there[0], *there[3:]))
    for one in (gone.salt, gone.canonical, SECRET.encode(), SIGNED):
        assert one not in files


def test_the_write_ahead_log_is_empty_after_it(years, store_path):
    years.pass_seven_years()
    years.begin()
    (erasure,) = years.store.unfinished_erasures()
    for step in erasing.steps(erasure):
        years.do(step)
    wal = store_path.with_name(f"{store_path.name}-wal")
    assert wal.stat().st_size > 0
    erasing.destroy(years.store, store_path, erasure)
    assert wal.stat().st_size == 0


def test_a_restored_old_backup_brings_nothing_back(years, store_path, tmp_path):
    years.again()
    backup = tmp_path / "elsewhere" / "backup.sqlite"
    backup.parent.mkdir()
    shutil.copy(store_path, backup)
    with StoreReader.open(backup, KEY) as reader:
        assert len(list(reader.all_events())) == 5
    years.pass_seven_years()
    years.erase()
    with StoreReader.open(backup, KEY) as reader:
        with pytest.raises(MonthKeyFault, match="erased, and the key with them"):
            reader.event(years.records[0].record_id)
        assert reader.event(years.records[3].record_id) is not None
        tags = reader.tags(reader.person_tag(CODE))
        assert years.records[0].event.person_tag not in tags
    content = backup.read_bytes()
    assert SECRET.encode() not in content
    assert SIGNED not in content


def test_the_copy_that_an_upgrade_left_goes_too(years, store_path):
    copy = store_path.with_name(f"{store_path.name}.schema-5")
    copy.write_bytes(SECRET.encode())
    held = copy.open("rb")
    years.pass_seven_years()
    years.erase()
    assert not copy.exists()
    assert SECRET.encode() not in held.read()
    held.close()


def test_rows_that_came_back_are_named(years, store_path, tmp_path):
    years.again()
    shutil.copy(store_path, tmp_path / "old")
    years.pass_seven_years()
    years.erase()
    db = sqlite3.connect(store_path)
    db.execute("ATTACH ? AS old", (str(tmp_path / "old"),))
    db.execute("INSERT INTO events SELECT * FROM old.events WHERE seq = 2")
    db.commit()
    db.close()
    found = years.faults()
    assert "2030-01 is erased, but records of it are here" in found


def test_a_station_that_was_restored_from_before_an_erasure_erases_again(
    years, store_path, tmp_path
):
    """It starts without that month's key; what came back goes, and is told as gone."""
    years.again()
    old = tmp_path / "old"
    shutil.copy(store_path, old)
    years.pass_seven_years()
    years.erase()
    years.close()
    for file in tmp_path.glob("records.sqlite-*"):
        file.unlink()
    shutil.copy(old, store_path)
    years.open()
    assert years.why_not(SECOND).startswith("kept until")
    assert years.why_not() == ""
    years.erase()
    assert [s.seq for s in years.store.all_events()] == [4, 5, 6]
    years.merge()
    assert years.faults() == []
