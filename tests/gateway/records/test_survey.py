# SPDX-License-Identifier: Apache-2.0
"""A store is looked at from beside: counts and ages, each event counted once."""

import sqlite3
from contextlib import closing

import pytest

from gateway.records import survey as surveys
from gateway.records.errors import StoreMismatch, StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.store import commit_once
from gateway.records.survey import Kind, awaits_upgrade, room, survey
from tests.gateway.world import MINUTE, NOON, STORE_KEY, new_store


@pytest.fixture
def path(tmp_path):
    return new_store(tmp_path)


def record(path, *events):
    records = [prepare(event) for event in events]
    commit_once(path, STORE_KEY, lambda tx: [tx.record(r) for r in records])


def event(kind=EventKind.RECEIVED, at=NOON, peer="C00001/x", direction="in", code=""):
    return Event(kind, at, direction, peer=peer, code=code)


def test_an_empty_store_has_nothing_waiting(path):
    found = survey(path, STORE_KEY, None)
    assert (found.last_event, found.waiting, found.holds) == (None, {}, 0)
    assert (found.happened.until, found.happened.counts) == (0, {})


def test_every_event_is_counted_in_exactly_one_look(path):
    after, seen = survey(path, STORE_KEY, None).happened.until, []
    for size in (1, 3, 0, 2):
        record(path, *[event() for _ in range(size)])
        found = survey(path, STORE_KEY, after).happened
        after = found.until
        seen.append(sum(found.counts.values()))
    assert seen == [1, 3, 0, 2]


def test_a_look_is_bounded_and_the_rest_comes_in_the_next(path, monkeypatch):
    monkeypatch.setattr(surveys, "PAGE", 4)
    record(path, *[event() for _ in range(10)])
    after, seen = 0, []
    for _ in range(4):
        found = survey(path, STORE_KEY, after).happened
        after = found.until
        seen.append(sum(found.counts.values()))
    assert seen == [4, 4, 2, 0]


def test_events_are_counted_apart_by_what_they_are(path):
    refused = event(EventKind.REFUSED, code="SK-P01")
    record(path, refused, refused, event(EventKind.ATTEMPTED, direction="out"))
    counts = survey(path, STORE_KEY, 0).happened.counts
    assert counts == {
        Kind("refused", "in", "", "SK-P01"): 2,
        Kind("attempted", "out", "", ""): 1,
    }


def test_the_last_success_is_told_by_peer_and_direction(path):
    record(
        path,
        event(),
        event(at=NOON + MINUTE),
        event(EventKind.RECEIPTED, peer="C00002/x", direction="out"),
        event(EventKind.REFUSED, at=NOON + 2 * MINUTE, code="SK-P01"),
        event(EventKind.LINK_REFUSED, peer="192.0.2.1"),
    )
    assert survey(path, STORE_KEY, None).happened.successes == {
        ("C00001/x", "in"): NOON + MINUTE,
        ("C00002/x", "out"): NOON,
    }


def test_the_newest_record_gives_the_moment(path):
    record(path, event(at=NOON + MINUTE), event())
    assert survey(path, STORE_KEY, 0).last_event == NOON


def test_another_key_and_a_missing_file_are_told(path, tmp_path):
    with pytest.raises(StoreMismatch):
        survey(path, bytes(32), None)
    with pytest.raises(StoreUnavailable):
        survey(tmp_path / "gone", STORE_KEY, None)


def test_the_room_is_that_of_all_files_of_the_store(path):
    found = room(path)
    assert found.used >= path.stat().st_size
    assert found.free > 0


def test_an_older_store_is_known_before_it_is_upgraded(path):
    assert not awaits_upgrade(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")
    assert awaits_upgrade(path) is (surveys.newest() > 1)
