# SPDX-License-Identifier: Apache-2.0
"""Keys of months: what they seal, and what is told where one is not right.

Nothing is put right by itself: no key is made where one should be, and the store writes
nothing more until a person has seen to it.
"""

import os
import shutil
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.records.base import to_micros
from gateway.records.connection import open_writer
from gateway.records.errors import (
    MonthKeyFault,
    Reason,
    StoreDamaged,
    StoreUnavailable,
)
from gateway.records.month_key import CONTENT, EVIDENCE, MonthKey
from gateway.records.months import Month
from gateway.records.postgres_place import told_place
from gateway.records.sealed import StoreKeys
from gateway.records.store import Store, StoreReader, commit_once
from tests.gateway.records.erased import FIRST, SECOND, Years, about
from tests.gateway.records.helpers import CODE, KEY, open_store

IDS = st.binary(min_size=16, max_size=16)
SECRETS = st.binary(min_size=32, max_size=32)


@pytest.fixture
def years(store_path, turns):
    made = Years(store_path, turns)
    made.record(about(FIRST), about(SECOND))
    yield made
    made.close()


# -- sealing ------------------------------------------------------------------------


@given(secret=SECRETS, record_id=IDS, plain=st.binary(max_size=300))
def test_what_is_sealed_opens_as_what_it_was(secret, record_id, plain):
    key = MonthKey(FIRST, secret)
    sealed = key.seal(record_id, CONTENT, plain)
    assert key.open(record_id, CONTENT, sealed) == plain
    assert key.seal(record_id, CONTENT, plain) != sealed


@given(
    secret=SECRETS,
    record_id=IDS,
    plain=st.binary(min_size=8, max_size=90),
    data=st.data(),
)
def test_what_was_changed_or_moved_does_not_open(secret, record_id, plain, data):
    key = MonthKey(FIRST, secret)
    sealed = key.seal(record_id, CONTENT, plain)
    place = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytearray(sealed)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    other = bytes(16) if record_id != bytes(16) else bytes([1] * 16)
    for one, where, part in (
        (bytes(flipped), record_id, CONTENT),
        (sealed[:-1], record_id, CONTENT),
        (sealed[: place % 13], record_id, CONTENT),
        (sealed, other, CONTENT),
        (sealed, record_id, EVIDENCE),
    ):
        with pytest.raises(StoreDamaged):
            key.open(where, part, one)


@given(one=SECRETS, two=SECRETS)
def test_each_month_calls_a_person_otherwise_and_nobody_else_so(one, two):
    first, again, other = (MonthKey(FIRST, key) for key in (one, one, two))
    tag = "ab" * 16
    assert first.tag(tag) == again.tag(tag)
    assert first.tag(tag) != first.tag("ac" * 16)
    assert (first.tag(tag) == other.tag(tag)) == (one == two)


def test_neither_a_key_nor_all_of_them_show_anything():
    keys = StoreKeys(KEY).months
    assert "hidden" in repr(keys)
    assert "hidden" in repr(MonthKey(FIRST, KEY))


# -- where they lie -----------------------------------------------------------------


def test_each_month_has_one_file_for_its_owner_alone(years):
    folder = years.store.month_keys().folder
    assert sorted(os.listdir(folder)) == ["2030-01.key", "2030-02.key"]
    assert {p.stat().st_mode & 0o777 for p in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_key_is_on_the_disk_before_the_first_record_under_it(
    years, monkeypatch, turns
):
    """File and folder are synchronised, and only then the row is written."""
    done = []
    real = os.fsync
    monkeypatch.setattr(
        os,
        "fsync",
        lambda fd: (done.append(os.readlink(f"/proc/self/fd/{fd}")), real(fd)),
    )
    third = SECOND.following()

    def work(tx):
        record = tx.prepared(about(third))
        tx.record(record)
        done.append("row")

    turns.wait(years.store.commit(work))
    folder = str(years.store.month_keys().folder)
    assert done[0].startswith(f"{folder}/.2030-03.key")
    assert done[1] == folder
    assert "row" in done[2:]


def test_a_key_file_alone_opens_nothing(years):
    """It is wrapped: without the store's key it is no key."""
    keys = StoreKeys(bytes(32)).months
    keys.lie_in(years.store.month_keys().folder)
    with pytest.raises(MonthKeyFault, match="another store's"):
        keys.read(FIRST)


def test_a_tree_that_was_moved_finds_its_keys(store_path, turns, tmp_path):
    years = Years(store_path, turns)
    years.record(about(FIRST))
    years.close()
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in (store_path.name, f"{store_path.name}.months"):
        shutil.move(store_path.with_name(name), moved / name)
    with StoreReader.open(moved / store_path.name, KEY) as reader:
        assert len(reader.events()) == 1


def test_where_keys_lie_is_told_once_and_by_the_store(store_path, turns, tmp_path):
    folder = tmp_path / "keys of months"
    folder.mkdir()
    Store.open(store_path, KEY, turns.deliver, create=True, months=folder).close()
    years = Years(store_path, turns)
    years.record(about(FIRST))
    years.close()
    assert os.listdir(folder) == ["2030-01.key"]
    commit_once(store_path, KEY, lambda tx: tx.record(tx.prepared(about(SECOND))))
    assert sorted(os.listdir(folder)) == ["2030-01.key", "2030-02.key"]
    assert not store_path.with_name(f"{store_path.name}.months").exists()


# -- bad input ----------------------------------------------------------------------


def remove(folder):
    (folder / "2030-01.key").unlink()


def cut(folder):
    file = folder / "2030-01.key"
    file.write_bytes(file.read_bytes()[:-1])


def flip(folder):
    file = folder / "2030-01.key"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


def swap(folder):
    shutil.copy(folder / "2030-02.key", folder / "2030-01.key")


def show_to_all(folder):
    (folder / "2030-01.key").chmod(0o644)


def make_another(folder):
    """Somebody who has the store's key makes a key of the right shape."""
    (folder / "2030-01.key").unlink()
    keys = StoreKeys(KEY).months
    keys.lie_in(folder)
    keys.writing(to_micros(FIRST.begins()), lambda _: True)


def take_folder(folder):
    folder.rename(folder.with_name("away"))


FAULTS = [
    (remove, "2030-01.key is missing.*put the right file back"),
    (cut, "2030-01.key is damaged"),
    (flip, "2030-01.key is damaged"),
    (swap, "another month's"),
    (show_to_all, "chmod 600"),
    (make_another, "opens none of the first records"),
    (take_folder, "there is no such folder"),
]


@pytest.mark.parametrize(
    ("harm", "told"), FAULTS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_station_does_not_start_and_says_which_key_and_what_to_do(
    store_path, turns, harm, told
):
    years = Years(store_path, turns)
    years.record(about(FIRST), about(SECOND))
    years.close()
    harm(store_path.with_name(f"{store_path.name}.months"))
    with pytest.raises(MonthKeyFault, match=told) as refused:
        open_store(store_path, turns)
    assert refused.value.reason is Reason.MONTH_KEY


@pytest.mark.parametrize(
    "harm", [remove, cut, swap, take_folder], ids=lambda f: f.__name__
)
def test_no_other_key_is_made_and_nothing_more_is_written(years, turns, harm):
    """A daemon that does not hold the key yet wants to write in that month."""
    folder = years.store.month_keys().folder
    years.store.month_keys().forget()
    harm(folder)
    before = sorted(p.name for p in folder.parent.rglob("*.key"))
    with pytest.raises(MonthKeyFault):
        years.record(about(FIRST, 3))
    assert sorted(p.name for p in folder.parent.rglob("*.key")) == before
    assert years.store.unavailable is Reason.MONTH_KEY
    with pytest.raises(StoreUnavailable):
        years.store.must_be_writable()
    with pytest.raises(StoreUnavailable):
        turns.wait(years.store.commit(lambda tx: None))


def test_a_record_that_was_prepared_is_not_written_without_its_key(years, turns):
    made = years.store.prepared(about(FIRST, 3))
    years.store.month_keys().forget()
    remove(years.store.month_keys().folder)
    with pytest.raises(MonthKeyFault):
        turns.wait(years.store.commit(lambda tx: tx.record(made)))
    assert years.store.unavailable is Reason.MONTH_KEY


@pytest.mark.parametrize(
    "harm", [remove, flip, swap, make_another], ids=lambda f: f.__name__
)
def test_a_key_that_changes_under_a_running_station_is_seen(years, harm):
    months = years.store.recorded_months()
    years.store.month_keys().look(months)
    harm(years.store.month_keys().folder)
    with pytest.raises(MonthKeyFault):
        years.store.month_keys().look(months)


def test_what_cannot_be_opened_is_named_once_for_its_month(years):
    years.record(*(about(FIRST, day) for day in range(9)))
    remove(years.store.month_keys().folder)
    years.store.month_keys().forget()
    (damage,) = years.store.verify_events()
    assert "2030-01" in damage.what


def test_a_search_for_a_person_does_not_pass_over_a_folder_that_is_gone(years):
    take_folder(years.store.month_keys().folder)
    with pytest.raises(MonthKeyFault, match="folder"):
        years.store.tags_of(CODE)


def test_a_full_disk_makes_no_half_a_key(years, turns, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    third = SECOND.following()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(MonthKeyFault, match="No space left"):
            turns.wait(
                years.store.commit(lambda tx: tx.record(tx.prepared(about(third))))
            )
    names = os.listdir(years.store.month_keys().folder)
    assert sorted(names) == ["2030-01.key", "2030-02.key"]


def test_one_changed_record_does_not_pass_for_a_wrong_key(store_path, turns):
    years = Years(store_path, turns)
    years.record(about(FIRST, 1), about(FIRST, 2))
    years.close()
    on = " ON events" if told_place(store_path) else ""
    with closing(open_writer(store_path)) as db:
        db.execute(f"DROP TRIGGER events_keep{on}")
        db.execute("UPDATE events SET content = ? WHERE seq = 1", (bytes(99),))
    opened = open_store(store_path, turns)
    assert len(opened.verify_events()) == 1
    opened.close()


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_person_is_found_in_every_month_that_has_a_key(data, tmp_path_factory, turns):
    days = data.draw(st.lists(st.integers(0, 200), min_size=1, max_size=6))
    years = Years(tmp_path_factory.mktemp("months") / "records.sqlite", turns)
    try:
        years.record(*(about(FIRST, day) for day in days))
        asked = years.store.tags(years.store.person_tag(CODE))
        found = [s.seq for tag in asked for s in years.store.events(person_tag=tag)]
        assert sorted(found) == list(range(1, len(days) + 1))
        assert len(asked) == len(
            {Month.of(FIRST.begins() + timedelta(days=day)) for day in days}
        )
    finally:
        years.close()
