# SPDX-License-Identifier: Apache-2.0
"""The ledger of media: numbers once, acts never changed, states only as looked at."""

import sqlite3
from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.records.media import Act
from gateway.records.opening import writing
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader, commit_once
from tests.gateway.rules.test_media import CHECK, TAKEN_IN
from tests.gateway.world import NOON, STORE_KEY, new_store

ACT = Act(1, NOON, "request", "審査 花子", {"reason": "回線の障害"})


@pytest.fixture
def path(tmp_path):
    return new_store(tmp_path)


@pytest.fixture
def do(path):
    return lambda work: commit_once(path, STORE_KEY, work)


@pytest.fixture
def look(path):
    with StoreReader.open(path, STORE_KEY) as reader:
        yield reader


def test_a_medium_comes_back_as_it_was_written(do, look):
    number = do(lambda tx: tx.open_medium(CHECK))
    assert look.medium(number) == CHECK
    assert look.media() == [CHECK]


def test_no_number_is_given_twice(do, look):
    do(lambda tx: tx.open_medium(CHECK))
    do(lambda tx: tx.forget_medium(1))
    other = replace(CHECK, output_id=bytes([1] * 16))
    assert do(lambda tx: tx.open_medium(other)) == 2


def test_an_output_of_a_peer_is_in_the_ledger_once(do, look):
    assert do(lambda tx: tx.open_medium(TAKEN_IN)) == 1
    assert do(lambda tx: tx.open_medium(TAKEN_IN)) is None
    elsewhere = replace(TAKEN_IN, peer="112020/municipal_cs")
    assert do(lambda tx: tx.open_medium(elsewhere)) is not None
    assert look.medium_taken(TAKEN_IN.peer, TAKEN_IN.output_id).number == 1
    assert look.medium_taken("112020/municipal_cs", bytes([9] * 16)) is None


def test_a_state_moves_only_from_the_one_that_was_looked_at(do, look):
    do(lambda tx: tx.open_medium(CHECK))
    approved = replace(CHECK, state="approved", since=NOON + timedelta(seconds=1))
    assert do(lambda tx: tx.move_medium(CHECK, approved))
    declined = replace(CHECK, state="declined")
    assert not do(lambda tx: tx.move_medium(CHECK, declined))
    assert look.medium(1) == approved


def test_an_act_is_never_changed_and_stays_as_long_as_its_medium(do, look, path):
    do(lambda tx: (tx.open_medium(CHECK), tx.add_act(ACT)))
    for sql in (
        "UPDATE media_acts SET operator = 'x'",
        "DELETE FROM media_acts",
    ):
        with (
            pytest.raises(sqlite3.IntegrityError, match="an act"),
            writing(path, StoreKeys(STORE_KEY)) as db,
        ):
            db.execute(sql)
    assert look.media_acts(1) == [ACT]
    do(lambda tx: tx.forget_medium(1))
    assert look.media_acts(1) == []


def test_a_selection_has_one_tag_at_one_store_and_another_elsewhere(look, tmp_path):
    (tmp_path / "other").mkdir()
    other = new_store(tmp_path / "other")
    with StoreReader.open(other, STORE_KEY) as same:
        assert same.selection_tag(bytes(32)) == look.selection_tag(bytes(32))
    assert look.selection_tag(bytes(32)) != bytes(32)
    assert look.selection_tag(bytes(32)) != look.selection_tag(bytes([1] * 32))


def test_what_is_on_its_way_is_neither_declined_nor_destroyed(do, look):
    for place, state in enumerate(("written", "declined", "destroyed", "returned")):
        medium = replace(CHECK, state=state, output_id=bytes([place] * 16))
        do(lambda tx, medium=medium: tx.open_medium(medium))
    assert [one.state for one in look.media_on_their_way()] == ["written", "returned"]
    assert len(look.media_before(NOON + timedelta(seconds=1))) == 4
    assert look.media_before(NOON) == []
