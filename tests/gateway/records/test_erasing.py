# SPDX-License-Identifier: Apache-2.0
"""After seven years a month is erased, and every older proof still holds.

It goes only when it may: proven, held by nobody, and not by a clock's word alone. What
is begun is ended, whatever is killed on the way.
"""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from gateway.records import erasing
from gateway.records.connection import open_writer
from gateway.records.erasures import DONE, KEY
from gateway.records.errors import MonthKeyFault
from gateway.records.event import EventKind, commitment, prepare
from gateway.records.log_check import check_log
from gateway.records.postgres_place import told_place
from protocols.tlog import merkle, proof
from protocols.tlog.proof import Proof
from tests.gateway.records.erased import FIRST, SECOND, Years, about
from tests.gateway.records.helpers import (
    LOG,
    core_transaction,
    hold,
    inquiry,
    number,
)


@pytest.fixture
def years(store_path, turns):
    """Three records of January and two of February 2030."""
    made = Years(store_path, turns)
    made.record(*(about(FIRST, day) for day in (1, 2, 30)))
    made.record(*(about(SECOND, day) for day in (0, 27)))
    made.stamp()
    yield made
    made.close()


def proven(years, place):
    """A proof with content, as somebody keeps it outside."""
    store = years.store
    head = store.log_head()
    path = merkle.inclusion(place, head.size, store.log_hashes(head.size))
    made = years.records[place]
    return Proof(place, tuple(path), head.note, made.salt + made.canonical)


# -- what goes ----------------------------------------------------------------------


def test_a_month_goes_and_the_next_one_stays(years):
    years.pass_seven_years()
    years.erase()
    left = [stored.seq for stored in years.store.all_events()]
    assert left == [4, 5, 6]
    assert years.store.month_keys().months() == [SECOND, SECOND.of(years.now)]
    assert years.faults() == []


def test_who_what_range_and_how_many_are_on_record_and_in_the_log(years):
    years.pass_seven_years()
    years.erase(operator="記録 管理")
    years.merge()
    (told,) = years.store.events(kind=EventKind.ERASED)
    assert told.event.operator == "記録 管理"
    assert told.event.detail.startswith("records of 2030-01 erased: 1-3 (3 in all);")
    assert years.store.entry_of(told.seq) == told.commitment
    (erasure,) = years.store.erasures()
    assert (erasure.seq, erasure.step) == (6, DONE)


def test_a_proof_that_was_given_away_holds_as_before(years):
    kept = [proven(years, place) for place in range(5)]
    years.pass_seven_years()
    years.erase()
    for place, made in enumerate(kept):
        entry = commitment(made.extra[:32], made.extra[32:])
        assert proof.verify(made, entry, [LOG.verifier])[0].size == 5, place


def test_an_older_head_is_the_beginning_of_the_newest(years):
    older = years.store.log_head()
    years.pass_seven_years()
    years.erase()
    years.merge()
    newest = years.store.log_head()
    hashes = years.store.log_hashes(newest.size)
    assert newest.size == 6
    assert merkle.consistency(older.size, newest.size, hashes)
    assert check_log(years.store, LOG.verifier) == []


def test_the_erased_entry_can_still_be_proven_and_by_which_erasure(years):
    years.pass_seven_years()
    years.erase()
    gone = years.records[1]
    assert years.store.content_of(gone.record_id) is None
    seq, erasure = years.store.erased_record(gone.record_id)
    assert (seq, erasure.extent.month) == (2, FIRST)
    assert years.store.entry_of(seq) == gone.commitment
    assert years.store.erased_record(years.records[3].record_id) is None
    assert years.store.erased_record(number(7)) is None


def test_a_key_is_overwritten_before_it_goes(years):
    """Whoever has the file open, or finds its blocks, reads something else."""
    with years.store.month_keys().file(FIRST).open("rb") as held:
        key = held.read()
        years.pass_seven_years()
        years.erase()
        held.seek(0)
        assert held.read()[:20] != key[:20]


def test_what_lay_beside_the_record_of_that_month_goes_with_it(years):
    then = FIRST.begins() + timedelta(days=3)

    def work(tx):
        for value, at in ((1, then), (2, SECOND.begins())):
            tx.open_inquiry(inquiry(value, created=at))
            tx.open_transaction(core_transaction(value, created=at))
            tx.open_hold(hold(f"hold-{value}", opened=at))

    years.do(work)
    with closing(open_writer(years.path)) as db:
        db.execute("UPDATE holds SET done = 1")
        db.execute("UPDATE inquiries SET state = 'provided'")
        db.execute("UPDATE transactions SET outcome = 'provided'")
    years.pass_seven_years()
    years.erase()
    for table in ("inquiries", "transactions", "holds"):
        assert years.store._all(f"SELECT count(*) FROM {table}") == [(1,)], table


# -- what stays ---------------------------------------------------------------------


def test_the_last_moment_of_seven_years_is_kept(years):
    years.now = FIRST.over_at()
    years.stamp()
    years.now -= timedelta(microseconds=1)
    assert "kept until 2037-02-01 00:00:00" in years.why_not()
    years.now += timedelta(microseconds=1)
    assert years.why_not() == ""


def test_nothing_that_is_not_proven_goes(years):
    years.now = FIRST.over_at()
    assert "no time-stamp" in years.why_not()
    years.stamp(cosigned=False)
    assert "no time-stamp" in years.why_not()
    years.stamp()
    assert years.why_not() == ""
    years.record(about(FIRST, 5))  # the clock went back for a moment
    assert "not all of it" in years.why_not()


def test_a_clock_that_runs_years_ahead_erases_nothing(years):
    years.now = FIRST.over_at() + timedelta(days=3650)
    years.merge()
    assert "no time-stamp" in years.why_not()


def test_a_clock_that_went_back_erases_nothing_either(years):
    years.pass_seven_years()
    years.now -= timedelta(days=365)
    assert "kept until" in years.why_not()


def test_a_hold_keeps_a_month_until_somebody_ends_it(years):
    now = years.now
    put = years.do(
        lambda tx: tx.put_legal_hold(FIRST, FIRST, "法務 一", "a law-suit", now)
    )
    years.pass_seven_years()
    assert years.why_not() == "held by 法務 一 (legal hold 1): a law-suit"
    years.begin()
    assert years.store.erasures() == []
    assert not years.do(lambda tx: tx.end_legal_hold(put + 1, "法務 一", "over", now))
    assert years.do(lambda tx: tx.end_legal_hold(put, "法務 一", "over", now))
    assert not years.do(lambda tx: tx.end_legal_hold(put, "法務 一", "over", now))
    assert years.why_not() == ""


def test_a_hold_of_other_months_keeps_none(years):
    put = (SECOND, SECOND, "法務 一", "a law-suit", years.now)
    years.do(lambda tx: tx.put_legal_hold(*put))
    years.pass_seven_years()
    assert years.why_not() == ""


# -- killed on the way --------------------------------------------------------------


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_what_was_begun_is_ended_after_a_kill(years, monkeypatch, steps):
    monkeypatch.setattr(erasing, "MOST", 1)
    years.pass_seven_years()
    years.begin()
    (erasure,) = years.store.unfinished_erasures()
    for _, step in zip(range(steps), erasing.steps(erasure), strict=False):
        years.do(step)
    years.again()
    assert years.faults() == []
    assert years.store.month_keys().file(FIRST).exists()
    years.end()
    assert [one.step for one in years.store.erasures()] == [DONE]
    assert [stored.seq for stored in years.store.all_events()] == [4, 5, 6]
    for made in years.records[:3]:
        assert years.store.erased_record(made.record_id) is not None
    assert years.faults() == []


def test_a_key_that_is_destroyed_but_not_noted_so_is_no_fault(years):
    years.pass_seven_years()
    years.begin()
    (erasure,) = years.store.unfinished_erasures()
    for step in erasing.steps(erasure):
        years.do(step)
    erasing.destroy(years.store, years.path, erasure)
    years.again()
    (erasure,) = years.store.unfinished_erasures()
    assert erasure.step == KEY
    years.end()
    assert years.faults() == []


def test_two_who_erase_at_once_make_one_erasure(years):
    years.pass_seven_years()
    twice = [erasing.begin(years.store, FIRST, years.now) for _ in range(3)]
    years.do(twice[0])
    years.do(twice[1])
    years.end()
    years.do(twice[2])
    assert len(years.store.erasures()) == 1


def test_what_a_clock_that_went_back_wrote_meanwhile_goes_another_time(years):
    years.pass_seven_years()
    years.begin()
    years.record(about(FIRST, 12))
    years.end()
    assert years.store.month_keys().file(FIRST).exists()
    assert [s.seq for s in years.store.all_events()] == [4, 5, 6, 7]
    assert years.faults() == []
    years.stamp()
    years.erase()
    assert not years.store.month_keys().file(FIRST).exists()
    assert [one.extent.ranges for one in years.store.erasures()] == [
        ((1, 3),),
        ((7, 7),),
    ]
    assert years.faults() == []


def test_a_record_that_came_while_it_was_measured_is_not_taken_untold(years):
    years.pass_seven_years()
    work = erasing.begin(years.store, FIRST, years.now)
    years.record(about(FIRST, 9))
    years.do(work)
    years.end()
    assert [s.seq for s in years.store.all_events()] == [4, 5, 6, 7]
    assert years.store.month_keys().file(FIRST).exists()
    assert years.faults() == []


def test_no_key_is_made_for_a_month_that_was_erased(years):
    years.pass_seven_years()
    years.erase()
    with pytest.raises(MonthKeyFault, match="set the clock"):
        years.record(about(FIRST, 3))


# -- what somebody does on purpose --------------------------------------------------


def tampered(years, sql, *values):
    on = " ON events" if told_place(years.path) else ""
    with closing(open_writer(years.path)) as db:
        db.execute(f"DROP TRIGGER events_stay{on}")
        db.execute(sql, values)


def test_records_that_an_erasure_does_not_tell_of_are_missed(years):
    years.pass_seven_years()
    years.erase()
    tampered(years, "DELETE FROM events WHERE seq = 4")
    assert "records 4 to 4 are gone" in years.faults()


def test_an_erasure_that_the_log_does_not_prove_explains_nothing(years):
    """Somebody removes records and writes an erasure of their own beside them."""
    years.pass_seven_years()
    made = prepare(
        erasing.erasure_event(years.store.extent_of(FIRST), years.now, "nobody")
    )
    with closing(open_writer(years.path)) as db:
        db.execute(
            "INSERT INTO erasures (seq, month, begins, ends, salt, canonical, step)"
            " VALUES (5, '2030-01', ?, ?, ?, ?, 'done')",
            (*FIRST.span(), made.salt, made.canonical),
        )
    tampered(years, "DELETE FROM events WHERE seq <= 3")
    found = years.faults()
    assert "records 1 to 3 are gone" in found
    assert "an erasure of 2030-01 is noted here that the log does not prove" in found


def test_a_key_that_came_back_is_named(years):
    file = years.store.month_keys().file(FIRST)
    data = file.read_bytes()
    years.pass_seven_years()
    years.erase()
    file.write_bytes(data)
    file.chmod(0o600)
    assert "2030-01 is erased, but its key is here" in years.faults()


@pytest.mark.parametrize("begun", [False, True])
def test_a_row_cannot_be_deleted_before_an_erasure_comes_to_it(years, begun):
    years.pass_seven_years()
    if begun:
        years.begin()
    refused = pytest.raises(sqlite3.Error, match="never removed")
    with closing(open_writer(years.path)) as db, refused:
        db.execute("DELETE FROM events WHERE seq = 4")
