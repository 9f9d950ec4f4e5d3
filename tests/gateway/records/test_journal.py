# SPDX-License-Identifier: Apache-2.0
"""Group commit: shared, in order, each work alone in its failure, durable first."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.records import connection
from gateway.records.connection import create_file, open_writer
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.journal import Journal
from gateway.records.migrate import migrate
from tests.gateway.records.helpers import PATIENCE, Turns

Insert = Callable[[sqlite3.Connection], int]


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def journal(store_path: Path, turns: Turns, clock: Hands) -> Iterator[Journal]:
    create_file(store_path)
    db = open_writer(store_path)
    migrate(db, store_path)
    db.execute("CREATE TABLE t (value INTEGER UNIQUE, filling BLOB)")
    db.close()
    made = Journal(store_path, deliver=turns.deliver, monotonic=clock)
    yield made
    made.close()
    turns.run_all()


def insert(value: int, filling: bytes = b"") -> Insert:
    def work(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t VALUES (?, ?)", (value, filling))
        return value

    return work


def stored(path: Path) -> list[int]:
    db = sqlite3.connect(path)
    found = [row[0] for row in db.execute("SELECT value FROM t ORDER BY value")]
    db.close()
    return found


def busy(journal: Journal) -> "Deferred[None]":
    """Begin a group: what is handed in now waits for the reactor's next turn."""
    return journal.submit(lambda _: None)


def reason(failed: object) -> Reason | None:
    if isinstance(failed, Failure) and isinstance(failed.value, StoreUnavailable):
        return failed.value.reason
    return None


def test_a_work_gives_its_value_and_stands(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    assert turns.wait(journal.submit(insert(1))) == 1
    assert stored(store_path) == [1]


def test_a_result_waits_for_the_reactor(journal: Journal, turns: Turns) -> None:
    fired: list[int] = []
    journal.submit(insert(1)).addCallback(fired.append)
    turns.calls.get(timeout=PATIENCE)()  # the transaction is open: the work is done
    durable = turns.calls.get(timeout=PATIENCE)
    assert fired == []
    durable()
    assert fired == [1]


def test_works_that_wait_share_one_commit(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    first = busy(journal)
    waiting = [journal.submit(insert(value)) for value in range(200)]
    before = journal.commits
    turns.wait(first)
    assert [turns.wait(deferred) for deferred in waiting] == list(range(200))
    assert journal.commits - before == 1
    assert journal.works == 201
    assert stored(store_path) == list(range(200))


def test_a_bad_work_fails_alone(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    def bad(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t VALUES (100, NULL)")
        raise LookupError("our own")

    first = busy(journal)
    works: list[Callable[[sqlite3.Connection], object]] = [
        insert(1), bad, insert(2), insert(2), insert(3)
    ]  # fmt: skip
    waiting: list[Deferred[object]] = [journal.submit(work) for work in works]
    turns.wait(first)
    found = [turns.outcome(deferred) for deferred in waiting]
    assert found[0] == 1
    assert isinstance(found[1], Failure)
    assert isinstance(found[1].value, LookupError)
    assert found[2] == 2
    assert isinstance(found[3], Failure)
    assert isinstance(found[3].value, sqlite3.IntegrityError)
    assert found[4] == 3
    assert journal.reason is None
    assert stored(store_path) == [1, 2, 3]


def test_a_failing_callback_disturbs_no_other_work(
    journal: Journal, turns: Turns
) -> None:
    first = busy(journal)
    mine, other = journal.submit(insert(1)), journal.submit(insert(2))
    mine.addCallback(lambda _: 1 / 0)
    mine.addErrback(lambda _: None)
    turns.wait(first)
    assert turns.wait(other) == 2


def test_what_was_handed_in_before_the_end_is_done(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    waiting = [journal.submit(insert(value)) for value in range(50)]
    journal.close()
    assert [turns.wait(deferred) for deferred in waiting] == list(range(50))
    assert stored(store_path) == list(range(50))
    assert reason(turns.outcome(journal.submit(insert(99)))) is Reason.CLOSED
    with pytest.raises(StoreUnavailable):
        journal.must_be_writable()


def fill_up(store_path: Path, journal: Journal, turns: Turns) -> None:
    """Let the database have no more pages, in the journal's own connection."""

    def work(db: sqlite3.Connection) -> None:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    turns.wait(journal.submit(work))


def make_room(journal: Journal) -> None:
    journal._db.execute("PRAGMA max_page_count = 1000000").fetchall()


def test_a_full_store_fails_the_whole_group_and_nothing_of_it_stands(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    turns.wait(journal.submit(insert(1)))
    fill_up(store_path, journal, turns)
    first = busy(journal)
    group = [journal.submit(insert(value, bytes(20_000))) for value in (2, 3)]
    group += [journal.submit(insert(4)), first]
    assert [reason(turns.outcome(one)) for one in group] == [Reason.FULL] * 4
    assert journal.reason is Reason.FULL
    assert stored(store_path) == [1]


def test_an_unavailable_store_answers_at_once_and_tries_again_after_a_second(
    journal: Journal, turns: Turns, store_path: Path, clock: Hands
) -> None:
    fill_up(store_path, journal, turns)
    turns.outcome(journal.submit(insert(1, bytes(20_000))))
    make_room(journal)

    at_once = journal.submit(insert(2))
    assert at_once.called
    assert reason(turns.outcome(at_once)) is Reason.FULL
    with pytest.raises(StoreUnavailable, match="disk is full"):
        journal.must_be_writable()

    clock.now += 1.0
    assert turns.wait(journal.submit(insert(3))) == 3
    assert journal.reason is None
    assert turns.wait(journal.submit(insert(4))) == 4
    assert stored(store_path) == [3, 4]


def test_asking_whether_it_can_be_written_brings_the_store_back(
    journal: Journal, turns: Turns, store_path: Path, clock: Hands
) -> None:
    fill_up(store_path, journal, turns)
    turns.outcome(journal.submit(insert(1, bytes(20_000))))
    make_room(journal)
    clock.now += 1.0
    with pytest.raises(StoreUnavailable):
        journal.must_be_writable()
    for _ in ("the trial is made", "it is durable"):
        turns.calls.get(timeout=PATIENCE)()
    journal.must_be_writable()


def test_a_trial_that_fails_leaves_the_store_unavailable(
    journal: Journal, turns: Turns, store_path: Path, clock: Hands
) -> None:
    aside = store_path.with_name("aside")
    store_path.rename(aside)
    for _ in range(3):
        clock.now += 1.0
        failed = turns.outcome(journal.submit(insert(1)))
        assert reason(failed) is Reason.REMOVED
    aside.rename(store_path)
    clock.now += 1.0
    assert turns.wait(journal.submit(insert(2))) == 2
    assert stored(store_path) == [2]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_removed_file_is_noticed_by_the_next_work(
    journal: Journal, turns: Turns, store_path: Path, suffix: str
) -> None:
    turns.wait(journal.submit(insert(1)))
    store_path.with_name(store_path.name + suffix).unlink()
    assert reason(turns.outcome(journal.submit(insert(2)))) is Reason.REMOVED


def test_a_removed_log_loses_nothing_that_was_acknowledged(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    turns.wait(journal.submit(insert(1)))
    store_path.with_name(store_path.name + "-wal").unlink()
    journal.close()
    assert stored(store_path) == [1]


def test_a_file_removed_during_a_work_fails_the_work(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    deferred = journal.submit(lambda _: store_path.unlink())
    assert reason(turns.outcome(deferred)) is Reason.REMOVED


def test_another_file_in_the_same_place_is_not_the_store(
    journal: Journal, turns: Turns, store_path: Path, clock: Hands
) -> None:
    other = store_path.with_name("other")
    other.write_bytes(store_path.read_bytes())
    other.replace(store_path)
    journal.must_be_writable()  # what the last look saw is good for a moment
    clock.now += 2 * connection.LOOK_SECONDS
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        journal.must_be_writable()
    clock.now += 1.0
    assert reason(turns.outcome(journal.submit(insert(1)))) is Reason.REMOVED


def test_another_process_that_keeps_the_lock_makes_it_unavailable(
    store_path: Path,
    turns: Turns,
    journal: Journal,
    clock: Hands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    impatient = Journal(store_path, deliver=turns.deliver, monotonic=clock)
    other = sqlite3.connect(store_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    failed = turns.outcome(impatient.submit(insert(1)))
    assert reason(failed) is Reason.LOCKED
    other.execute("ROLLBACK")
    other.close()
    clock.now += 1.0
    assert turns.wait(impatient.submit(insert(2))) == 2
    impatient.close()


def test_a_full_disk_stops_the_journal_until_there_is_room(
    small_disk: Path, turns: Turns, clock: Hands
) -> None:
    path = small_disk / "records.sqlite"
    create_file(path)
    db = open_writer(path)
    migrate(db, path)
    db.execute("CREATE TABLE t (value INTEGER UNIQUE, filling BLOB)")
    db.close()
    journal = Journal(path, deliver=turns.deliver, monotonic=clock)
    turns.wait(journal.submit(insert(1)))
    filling = small_disk / "filling"
    with pytest.raises(OSError, match="No space"):
        filling.write_bytes(bytes(4_000_000))
    failed = turns.outcome(journal.submit(insert(2, bytes(100_000))))
    assert reason(failed) is Reason.FULL
    filling.unlink()
    clock.now += 1.0
    assert turns.wait(journal.submit(insert(3, bytes(100_000)))) == 3
    journal.close()
    assert stored(path) == [1, 3]


def test_a_work_that_hides_a_failing_store_fails_with_its_group(
    journal: Journal, turns: Turns, store_path: Path
) -> None:
    def hides(db: sqlite3.Connection) -> None:
        db.execute("ROLLBACK")

    first = busy(journal)
    group: list[Deferred[object]] = [
        journal.submit(work) for work in (insert(1), hides, insert(2))
    ]
    assert all(reason(turns.outcome(one)) is not None for one in (*group, first))
    assert stored(store_path) == []


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(works=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=40))
def test_whatever_comes_together_the_good_works_stand_and_no_other(
    works: list[tuple[int, bool]], journal: Journal, turns: Turns, store_path: Path
) -> None:
    def work(value: int, good: bool) -> Insert:
        def run(db: sqlite3.Connection) -> int:
            insert(value)(db)
            if not good:
                raise LookupError
            return value

        return run

    turns.wait(journal.submit(lambda db: db.execute("DELETE FROM t")))
    waiting = [journal.submit(work(*one)) for one in works]
    found = [turns.outcome(deferred) for deferred in waiting]
    expected: set[int] = set()
    for (value, good), outcome in zip(works, found, strict=True):
        stands = good and value not in expected
        assert (outcome == value) == stands
        if stands:
            expected.add(value)
    assert stored(store_path) == sorted(expected)
