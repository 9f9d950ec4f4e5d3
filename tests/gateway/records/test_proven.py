# SPDX-License-Identifier: Apache-2.0
"""What others said of a log is kept as it came, and never goes back."""

from contextlib import closing
from datetime import timedelta

import pytest

from gateway.records.errors import StoreDamaged
from gateway.records.log import Head
from gateway.records.proven import Cosigned, Seen, Stamp
from gateway.records.store import StoreReader, commit_once
from gateway.records.witnessed import Witnessed
from tests.gateway.records.helpers import KEY, NOON, Turns, open_store

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path):
    where = tmp_path / "records.sqlite"
    open_store(where, Turns()).close()
    return where


@pytest.fixture
def store(path):
    with closing(StoreReader.open(path, KEY)) as made:
        yield made


@pytest.fixture
def write(path):
    return lambda work: commit_once(path, KEY, work)


def stamp(number, size, *, cosigned=True, at=NOON):
    return Stamp(number, size, at, NOON + 900 * DAY, cosigned, b"note", b"token")


def test_a_new_store_knows_of_nobody_who_vouched(store):
    assert (store.proven_size(), store.cosigned(), store.last_stamp()) == (
        0,
        None,
        None,
    )
    assert (store.stamps(), store.seen_by(), store.witnessed()) == ([], [], [])
    assert (store.first_event_at(), store.clock_believed()) == (None, 0)


def test_what_is_proven_is_stamped_and_co_signed(store, write):
    write(lambda tx: tx.put_stamp(stamp(1, 5, cosigned=False)))
    assert store.proven_size() == 0
    write(lambda tx: tx.put_stamp(stamp(2, 7)))
    write(lambda tx: tx.put_stamp(stamp(3, 9, cosigned=False)))
    write(lambda tx: tx.put_cosigned(Cosigned(11, NOON, b"note")))
    assert store.proven_size() == 7


def test_stamps_are_one_chain_without_gap_and_never_of_fewer_entries(store, write):
    write(lambda tx: tx.put_stamp(stamp(1, 5)))
    for wrong in (stamp(1, 5), stamp(3, 6), stamp(2, 4)):
        with pytest.raises(StoreDamaged):
            write(lambda tx, wrong=wrong: tx.put_stamp(wrong))
    write(lambda tx: tx.put_stamp(stamp(2, 5)))
    assert [one.number for one in store.stamps()] == [1, 2]
    assert store.last_stamp() == stamp(2, 5)


def test_a_co_signed_head_is_replaced_by_a_newer_one_alone(store, write):
    newer, older = Cosigned(7, NOON, b"7"), Cosigned(6, NOON + HOUR, b"6")
    write(lambda tx: tx.put_cosigned(newer))
    with pytest.raises(StoreDamaged):
        write(lambda tx: tx.put_cosigned(older))
    assert store.cosigned() == newer
    again = Cosigned(7, NOON + HOUR, b"7 again")
    write(lambda tx: tx.put_cosigned(again))
    assert store.cosigned() == again


def test_each_witness_has_one_row(store, write):
    for size in (3, 4):
        write(lambda tx, size=size: tx.put_seen(Seen("b/x", size, NOON)))
    write(lambda tx: tx.put_seen(Seen("a/x", 9, NOON)))
    assert store.seen_by() == [Seen("a/x", 9, NOON), Seen("b/x", 4, NOON)]


def test_a_witness_remembers_the_newest_of_each_log(store, write):
    for size in (3, 4):
        found = Witnessed("log", size, bytes([size]) * 32, NOON, b"note")
        write(lambda tx, found=found: tx.put_witnessed(found))
    assert store.witnessed() == [found]
    assert store.witnessed_as("log") == found
    assert store.witnessed_as("another") is None
    assert write(lambda tx: tx.witnessed_now("log")) == found


# -- the times of heads --------------------------------------------------------------


def put(size, at):
    return lambda tx: tx.put_head(Head(size, at, b"note"))


def test_a_heads_time_never_goes_back(store, write):
    write(put(1, NOON))
    write(put(2, NOON - 400 * DAY))
    assert (store.log_head().size, store.log_head().at) == (2, NOON)


def test_it_does_once_a_person_said_that_the_clock_was_wrong(store, write):
    write(put(1, NOON + 3650 * DAY))
    write(lambda tx: tx.believe_clock(1, NOON, "運用 花子"))
    write(put(2, NOON))
    assert (store.log_head().size, store.log_head().at) == (2, NOON)
    write(put(3, NOON - HOUR))
    assert store.log_head().at == NOON, "what was said is of older heads alone"
    assert store.clock_believed() == 1
