# SPDX-License-Identifier: Apache-2.0
"""The record joins its log in order, under signed heads; what does not fit stops it."""

import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from gateway.log_key import LogKey
from gateway.records import log as logs
from gateway.records.errors import Reason, StoreDamaged, StoreUnavailable
from gateway.records.event import prepare
from gateway.records.log_check import check_log
from gateway.services.merger import Merger
from protocols.tlog import checkpoint, merkle
from protocols.tlog.merkle import Frontier, leaf_hash
from tests.gateway.records.helpers import (
    LOG,
    NOON,
    OTHER_KEY,
    event,
    open_store,
    recorded,
)


class Log:
    """A store with its merger."""

    def __init__(self, path: Any, turns: Any) -> None:
        self.path, self.turns, self.now = path, turns, NOON
        self.open()

    def open(self, key: LogKey = LOG) -> None:
        self.store = open_store(self.path, self.turns)
        try:
            self.merger = Merger(self.store, key, lambda: self.now)
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        self.store.close()
        self.turns.run_all()

    def stop(self) -> None:
        """Stop as a station does; then it is opened to look at what it left."""
        self.turns.wait(Deferred.fromCoroutine(self.merger.close_store()))
        self.turns.run_all()
        self.store = open_store(self.path, self.turns)

    def record(self, count: int) -> None:
        recorded(self.store, self.turns, count)

    def merge(self) -> None:
        self.turns.wait(Deferred.fromCoroutine(self.merger.look()))

    def grow(self, count: int) -> None:
        self.record(count)
        self.merge()

    def head(self) -> checkpoint.Checkpoint:
        newest = self.store.log_head()
        assert newest is not None
        return checkpoint.verify(newest.note, [LOG.verifier])[0]

    def tamper(self, *statements: str) -> None:
        """Change the file behind everybody's back."""
        with sqlite3.connect(self.path) as db:
            for name in ("events_stay", "events_keep"):
                db.execute(f"DROP TRIGGER IF EXISTS {name}")
            for sql in statements:
                db.execute(sql)
        db.close()

    def faults(self) -> list[str]:
        return [damage.what for damage in check_log(self.store, LOG.verifier)]


@pytest.fixture
def log(store_path, turns):
    made = Log(store_path, turns)
    yield made
    made.close()


def root_of(store) -> bytes:
    """Worked out from the record alone."""
    tree = Frontier()
    tree.extend(leaf_hash(one.commitment) for one in store.all_events())
    return tree.root()


def test_what_is_recorded_joins_the_log_under_a_signed_head(log):
    log.grow(3)
    head = log.head()
    assert (head.origin, head.size) == (LOG.origin, 3)
    assert head.root == root_of(log.store)
    assert log.faults() == []


def test_nothing_new_makes_no_new_head(log):
    log.merge()
    assert log.store.log_head() is None
    log.grow(1)
    before, log.now = log.store.log_head(), NOON + timedelta(seconds=1)
    log.merge()
    assert log.store.log_head() == before


@pytest.mark.parametrize("steps", [(1,), (255, 1, 1), (256, 256), (300, 1, 211, 256)])
def test_a_log_goes_on_where_it_stood_when_the_station_starts_again(log, steps):
    for count in steps:
        log.grow(count)
        log.close()
        log.open()
    assert log.head().root == root_of(log.store)
    assert log.faults() == []


def test_many_join_in_several_turns(log, monkeypatch):
    monkeypatch.setattr(logs.LogWrites.grow, "__defaults__", (300,))
    log.grow(1000)
    assert log.head().size == 1000
    assert log.head().root == root_of(log.store)
    assert log.faults() == []


def test_every_record_is_proven(log):
    log.grow(600)
    head, hashes = log.head(), log.store.log_hashes(600)
    for place, stored in enumerate(log.store.all_events()):
        path = merkle.inclusion(place, 600, hashes)
        leaf = leaf_hash(stored.commitment)
        merkle.check_inclusion(leaf, place, 600, path, head.root)


def test_an_older_head_is_proven_to_be_a_beginning(log):
    log.grow(260)
    old = log.head()
    log.grow(500)
    new = log.head()
    proof = merkle.consistency(old.size, new.size, log.store.log_hashes(new.size))
    merkle.check_consistency(old.size, old.root, new.size, new.root, proof)


def test_the_newest_head_of_each_day_is_kept(log):
    """A day begins at midnight in Japan; a clock that is set back begins no old one."""
    midnight = NOON.replace(hour=15)
    for at in (NOON, midnight - timedelta(seconds=1), midnight, NOON):
        log.now = at
        log.grow(1)
    assert [head.size for head in log.store.log_heads()] == [2, 4]


def test_a_clean_stop_appends_the_last(log):
    log.record(3)
    log.stop()
    assert log.head().size == 3


def test_a_clean_stop_appends_what_is_recorded_while_the_store_closes(log):
    log.grow(1)
    late = prepare(event())
    log.store.commit(lambda tx: tx.record(late))
    log.stop()
    assert log.head().size == 2


def test_a_stop_goes_on_where_the_last_does_not_fit(log, caplog):
    log.record(3)
    log.tamper("DELETE FROM events WHERE seq = 2")
    log.stop()
    assert log.store.log_size() == 0
    assert "have not joined the log" in caplog.text


def test_into_a_condemned_store_nothing_is_written_at_its_end_either(log):
    log.grow(1)
    late = prepare(event())
    log.store.commit(lambda tx: tx.record(late))
    log.store.condemn()
    log.stop()
    assert log.store.last_event() == 1


def test_a_head_of_a_smaller_tree_does_not_take_the_place_of_a_larger(log):
    log.grow(3)
    older = logs.Head(2, NOON, LOG.head(2, bytes(32)))
    with pytest.raises(StoreDamaged):
        log.turns.wait(log.store.commit(lambda tx: tx.put_head(older)))
    assert log.head().size == 3


# -- what does not fit ---------------------------------------------------------------


def condemned(log) -> bool:
    with pytest.raises(StoreDamaged):
        log.merge()
    with pytest.raises(StoreUnavailable) as caught:
        log.store.must_be_writable()
    with pytest.raises(StoreUnavailable):
        log.record(1)
    return caught.value.reason is Reason.CONDEMNED


def test_a_record_that_was_removed_condemns_the_store(log):
    log.record(3)
    log.tamper("DELETE FROM events WHERE seq = 2")
    assert condemned(log)


def test_a_tile_that_was_cut_condemns_the_store(log):
    log.grow(3)
    log.record(1)
    log.tamper("UPDATE log_tiles SET hashes = substr(hashes, 1, 64)")
    assert condemned(log)


def test_no_trial_write_leads_back_from_there(log):
    log.record(3)
    log.tamper("DELETE FROM events WHERE seq = 2")
    assert condemned(log)
    log.store.journal._monotonic = lambda: 1e12
    with pytest.raises(StoreUnavailable):
        log.record(1)
    log.store.journal.lose(Reason.FULL)  # as if the disk were full besides
    assert log.store.unavailable is Reason.CONDEMNED


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE log_tiles SET hashes = zeroblob(length(hashes)) WHERE level = 0",
        "UPDATE log_tiles SET hashes = zeroblob(32) WHERE level = 1",
        "DELETE FROM log_tiles WHERE level = 1",
        "UPDATE log_heads SET size = size - 1",
        "UPDATE log_heads SET note = x'00'",
        "UPDATE log_heads SET note = CAST(replace(CAST(note AS TEXT), 'invalid', "
        "'example') AS BLOB)",
    ],
)
def test_a_log_that_is_not_under_its_head_does_not_start(log, sql):
    log.grow(300)
    log.close()
    log.tamper(sql)
    with pytest.raises(StoreDamaged):
        log.open()
    log.tamper("DELETE FROM log_heads", "DELETE FROM log_tiles")
    log.open()


def test_a_head_that_is_signed_falsely_does_not_start(log):
    log.grow(1)
    log.close()
    log.open()
    head = log.store.log_head()
    log.close()
    text, _, line = head.note.decode().rpartition(" ")
    false = f"{text} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}"
    with sqlite3.connect(log.path) as db:
        db.execute("UPDATE log_heads SET note = ?", (false.encode(),))
    db.close()
    with pytest.raises(StoreDamaged):
        log.open()
    log.tamper("DELETE FROM log_heads", "DELETE FROM log_tiles")
    log.open()


def test_a_station_whose_key_was_replaced_goes_on(log, caplog):
    log.grow(2)
    log.close()
    log.open(LogKey(LOG.origin, OTHER_KEY))
    log.grow(1)
    assert log.store.log_size() == 3
    assert "signed by another key" in caplog.text


# -- checking it whole ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE events SET commitment = zeroblob(32) WHERE seq = 7",
            "another commitment",
        ),
        ("DELETE FROM events WHERE seq = 300", "missing"),
        ("UPDATE log_tiles SET hashes = zeroblob(32) WHERE level = 1", "a root that"),
        (
            "UPDATE log_heads SET note = (SELECT note FROM log_heads WHERE size = 100) "
            "WHERE size = 300",
            "another size",
        ),
        ("UPDATE log_heads SET note = x'00' WHERE size = 100", "not believed"),
        (
            "UPDATE log_tiles SET hashes = substr(hashes, 1, 320) WHERE number = 1",
            "ends before",
        ),
    ],
)
def test_what_was_changed_is_found_where_it_is(log, sql, said):
    log.grow(100)
    log.now += timedelta(days=1)
    log.grow(200)
    log.tamper(sql)
    assert said in " ".join(log.faults())


def test_a_forked_log_is_found_by_the_head_of_another_day(log):
    """The whole record and its newest head were made anew: an older head tells."""
    log.grow(5)
    other = LOG.head(5, bytes(32))
    log.now += timedelta(days=1)
    log.grow(5)
    with sqlite3.connect(log.path) as db:
        db.execute("UPDATE log_heads SET note = ? WHERE size = 5", (other,))
    db.close()
    assert log.faults() == ["the head of this size signs another tree"]


def test_so_many_differences_are_told_and_no_more(log):
    log.grow(60)
    log.tamper("UPDATE events SET commitment = zeroblob(32)")
    assert len(log.faults()) == 21
