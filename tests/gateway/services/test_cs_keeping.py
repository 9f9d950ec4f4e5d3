# SPDX-License-Identifier: Apache-2.0
"""What the file of a CS covers, what it keeps behind it, and how long."""

import sqlite3
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import pytest_twisted
from twisted.internet.defer import ensureDeferred, gatherResults

from gateway.records.errors import StoreDamaged
from gateway.records.event import EventKind
from gateway.records.history import Past
from gateway.records.jst import JST
from gateway.records.loads import DONE, Load
from gateway.services.clock_watch import ClockWatch, Jump
from gateway.services.keeping import LONGEST_STOP, Keeper
from schemas.messages import IdentityInformationUpdate
from schemas.people import SearchKey
from schemas.search_messages import IdentityInformationSearch
from tests.gateway.people import resident_record
from tests.gateway.services.test_cs_inside import City, code_of, value_of
from tests.gateway.world import CS, NOON, TERMINAL

in_reactor = pytest_twisted.ensureDeferred

RECORD = resident_record()
ANOTHER = resident_record(place=1)
CODE = RECORD.resident_record_code
TODAY = NOON.astimezone(JST).date()
LAST_DAY = datetime(2180, 1, 1, 14, 59, 59, tzinfo=NOON.tzinfo)
"""150 years after the day of NOON, in its last second in Japan."""


class Watch:
    """A clock that leapt once, or never."""

    def __init__(self, jump=None):
        self.jump = jump

    async def look(self):
        pass


WELL = Watch()


@pytest.fixture
def city(works_at):
    return City(works_at(CS))


def stage(number, /, of=RECORD, **changes):
    """A later state of somebody, as the register hands it in."""
    count = of.update_sequence_number + number
    record = replace(of, update_sequence_number=count, **changes)
    return IdentityInformationUpdate(record=record)


MOVED = {"change_reason": "S02", "address": "新しい住所"}
REMOVALS = {
    "moved out": {"change_reason": "S04", "record_status_flag": "1"},
    "went abroad": {"change_reason": "S18", "record_status_flag": "1"},
    "ex officio": {"change_reason": "S10", "record_status_flag": "3"},
    "naturalised": {"change_reason": "S16", "record_status_flag": "4"},
}
DEATH = {"change_reason": "S05", "record_status_flag": "2"}


async def told(city, *values):
    for value in values:
        answer = await city.hand_in(value)
        assert answer.status == 202, code_of(answer)


def keeper(city, watch=WELL):
    return Keeper(city.works.station, city.works.clock, watch)


def at(city, moment):
    """The station was at work until then."""
    city.works.now = moment
    city.works.write(lambda tx: tx.note_look(moment, doubted=False))


def erased(city):
    return [one.event for one in city.works.events(EventKind.ERASED)]


# --- whom the file covers ------------------------------------------------------


@in_reactor
@pytest.mark.parametrize("why", REMOVALS)
async def test_whoever_was_removed_stays_in_the_file(city, why):
    """R-011."""
    left = stage(1, **REMOVALS[why])
    await told(city, stage(0), left)
    store = city.works.store
    assert store.identity_by_code(CODE) == left.record
    assert [one for one, _ in store.every_identity()]
    kept = store.kept()
    assert (kept.residents, kept.removed, kept.earlier) == (0, 1, 1)


@in_reactor
async def test_whoever_died_is_in_the_file_no_more(city):
    """R-011: neither found nor compared nor counted."""
    await told(city, stage(0), stage(0, of=ANOTHER), stage(1, **DEATH))
    store = city.works.store
    assert store.identity_by_code(CODE) is None
    assert store.identity_by_number(RECORD.individual_number) is None
    assert len(list(store.every_identity())) == store.identity_count() == 1
    search = IdentityInformationSearch(key=SearchKey(resident_record_code=CODE))
    answer = await city.hand_in(search, TERMINAL, CS.organisation)
    assert value_of(answer).persons == ()


@in_reactor
async def test_the_prefecture_is_told_of_a_death_and_told_again(city):
    """Who did not hear the answer asks again; nothing is kept twice."""
    await told(city, stage(0), stage(1, **DEATH), stage(1, **DEATH))
    assert len(city.owed) == 3
    assert len(city.works.store.earlier_states(CODE)) == 2


@in_reactor
async def test_an_update_from_before_a_death_brings_nobody_back(city):
    await told(city, stage(0), stage(5, **DEATH))
    assert code_of(await city.hand_in(stage(3, **MOVED))) == "SK-J03"
    assert city.works.store.identity_count() == 0


@in_reactor
async def test_an_older_one_is_undone_by_the_store_as_well(city):
    await told(city, stage(0), stage(5, **DEATH))
    for number in (3, 5):
        old = stage(number, **MOVED).record
        assert not city.works.write(lambda tx, old=old: tx.put_identity(old, TODAY))
    assert city.works.store.identity_count() == 0


@in_reactor
async def test_a_death_that_was_none_is_corrected(city):
    back = stage(2, change_reason="S17")
    await told(city, stage(0), stage(1, **DEATH), back)
    assert city.works.store.identity_by_code(CODE) == back.record
    states = [one.record for one in city.works.store.earlier_states(CODE)]
    assert states == [stage(1, **DEATH).record, RECORD]


# --- matched by code -----------------------------------------------------------


def filled(city):
    """The register has handed in its whole city."""
    load = Load(b"filling number 1", NOON, "試験 係", "別の 者", 10)
    city.works.write(lambda tx: tx.begin_load(load))
    city.works.write(lambda tx: tx.close_load(load.load_id, DONE))


@in_reactor
@pytest.mark.parametrize("reason", ["S02", "S04", "S05", "S12", "S14", "S17", "X99"])
async def test_an_update_of_somebody_unknown_is_refused(city, reason):
    """R-076: with a code for which a record must exist."""
    filled(city)
    refused = await city.hand_in(stage(0, change_reason=reason))
    assert (refused.status, code_of(refused)) == (422, "SK-J07")
    assert (city.works.store.identity_count(), city.owed) == (0, [])


@in_reactor
@pytest.mark.parametrize("reason", ["S01", "S03", "S08", "S15", "S16", "S19"])
async def test_whoever_is_new_comes_with_a_reason_that_makes_a_record(city, reason):
    """R-076: for these no record has to exist."""
    filled(city)
    await told(city, stage(0, change_reason=reason))
    assert city.works.store.identity_count() == 1


@in_reactor
async def test_before_the_file_is_filled_an_unknown_code_says_nothing(city):
    await told(city, stage(0, change_reason="S02"))
    assert city.works.store.identity_count() == 1


@in_reactor
async def test_a_new_code_is_matched_by_the_one_that_it_replaces(city):
    """R-076: 住民票コードの変更; there are not two of them then."""
    filled(city)
    await told(city, stage(0))
    new = ANOTHER.resident_record_code
    changed = stage(
        1,
        change_reason="S14",
        resident_record_code=new,
        old_resident_record_code=CODE,
    )
    await told(city, changed)
    store = city.works.store
    assert store.identity_by_code(CODE) is None
    assert store.identity_by_code(new) == changed.record
    assert [one.record for one in store.earlier_states(CODE)] == [RECORD]


@in_reactor
async def test_a_new_code_takes_nobody_elses_place(city):
    """R-076: the old code has to be the same person's."""
    filled(city)
    await told(city, stage(0))
    stolen = stage(
        1,
        of=ANOTHER,
        change_reason="S14",
        old_resident_record_code=CODE,
    )
    assert code_of(await city.hand_in(stolen)) == "SK-J07"
    assert city.works.store.identity_by_code(CODE) == RECORD


@in_reactor
async def test_of_two_updates_at_once_under_one_sequence_number_one_is_taken(city):
    """Both look before either is kept: neither is lost without a history."""
    await told(city, stage(0))
    two = (stage(1, **MOVED), stage(1, **{**MOVED, "address": "別の住所"}))
    answers = await gatherResults([ensureDeferred(city.hand_in(one)) for one in two])
    assert sorted(one.status for one in answers) == [202, 422]
    (taken,) = (v for v, a in zip(two, answers, strict=True) if a.status == 202)
    assert city.works.store.identity_by_code(CODE) == taken.record
    assert len(city.owed) == 2


# --- kept for 150 years -------------------------------------------------


@in_reactor
async def test_each_state_before_the_present_one_is_kept(city):
    """R-209."""
    first, second = stage(0), stage(1, **MOVED)
    await told(city, first, second, stage(2, address="別の住所", change_reason="S02"))
    store = city.works.store
    states = [one.record for one in store.earlier_states(CODE)]
    assert states == [second.record, first.record]
    assert store.kept().residents == 1


@in_reactor
async def test_what_is_handed_in_again_makes_no_history(city):
    await told(city, stage(0), stage(0))
    assert city.works.store.earlier_states(CODE) == []


@in_reactor
@pytest.mark.parametrize("why", REMOVALS)
async def test_a_day_before_150_years_are_over_nothing_goes(city, why):
    """R-209."""
    await told(city, stage(0), stage(1, **REMOVALS[why]))
    at(city, LAST_DAY - timedelta(days=1))
    await keeper(city).look()
    assert city.works.store.kept()[1:3] == (1, 1)
    city.works.now = LAST_DAY
    await keeper(city).look()
    assert (city.works.store.kept()[1:3], erased(city)) == ((1, 1), [])


@in_reactor
async def test_the_number_of_a_dead_person_is_kept_for_150_years(city):
    """R-212: it stands behind the file, and is found by itself."""
    death = stage(1, **DEATH)
    await told(city, stage(0), death)
    at(city, LAST_DAY)
    await keeper(city).look()
    (newest, _) = city.works.store.earlier_by_number(RECORD.individual_number)
    assert newest.record == death.record
    assert newest.record.individual_number == RECORD.individual_number
    city.works.now += timedelta(seconds=2)
    await keeper(city).look()
    assert city.works.store.earlier_by_number(RECORD.individual_number) == []


@in_reactor
async def test_a_clock_that_stood_back_makes_nobodys_time_shorter(city):
    """R-209: the register's own days count where they are later."""
    await told(city, stage(0))
    city.works.now = NOON - timedelta(days=365 * 40)
    await told(city, stage(1, change_date=date(2030, 1, 1), **MOVED))
    (earlier,) = city.works.store.earlier_states(CODE)
    assert earlier.until >= LAST_DAY


# --- found and erased by the system --------------------------------------------


@in_reactor
async def test_past_150_years_it_is_gone_and_on_record_and_nothing_else_is(city):
    """R-210, R-214: when, and what was done; the station did it by itself."""
    other = stage(0, of=ANOTHER)
    await told(city, stage(0), stage(1, **REMOVALS["moved out"]), other)
    at(city, LAST_DAY)
    await told(city, stage(1, of=ANOTHER, **MOVED))
    city.works.now = LAST_DAY + timedelta(seconds=2)
    await keeper(city).look()
    store = city.works.store
    assert store.identity_by_code(CODE) is None
    assert store.earlier_states(CODE) == []
    assert len(store.earlier_states(ANOTHER.resident_record_code)) == 1
    assert store.kept()[:3] == (1, 0, 1)
    (event,) = erased(city)
    assert event.at == city.works.now
    assert event.message_type == "identity_information_update"
    assert event.detail.endswith("erased 1 earlier states and 1 removed persons")
    assert store.verify_events() == []


@in_reactor
async def test_nothing_past_its_time_is_no_event(city):
    await told(city, stage(0))
    before = len(city.works.events())
    await keeper(city).look()
    assert len(city.works.events()) == before


@in_reactor
async def test_an_erasure_goes_in_bounded_steps(city):
    await told(city, stage(0), *(stage(n, **MOVED) for n in range(1, 4)))
    at(city, LAST_DAY + timedelta(seconds=2))
    gone = city.works.write(lambda tx: tx.erase_past(city.works.now, 2))
    assert gone == Past(2, 0)
    assert len(city.works.store.earlier_states(CODE)) == 1


@in_reactor
async def test_what_is_erased_leaves_no_bytes_behind(city):
    await told(city, stage(0), stage(1, **MOVED))
    with sqlite3.connect(city.works.path) as db:
        ((sealed,),) = db.execute("SELECT sealed FROM identity_history")
    db.close()
    at(city, LAST_DAY + timedelta(seconds=2))
    await keeper(city).look()
    with sqlite3.connect(city.works.path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    assert sealed[-64:] not in city.works.path.read_bytes()


# --- the clock ------------------------------------------------------------------------


@in_reactor
async def test_after_a_leap_of_years_a_person_has_to_speak(city, caplog):
    await told(city, stage(0), stage(1, **MOVED))
    await keeper(city).look()
    city.works.now = LAST_DAY + timedelta(days=400)
    for _ in range(3):
        await keeper(city).look()
        city.works.now += timedelta(minutes=1)
    assert city.works.store.kept().earlier == 1
    assert city.works.store.last_look().doubted
    assert "goes by 'sekisho cs dispose' only" in caplog.text


@in_reactor
async def test_a_leap_that_was_seen_while_it_ran_is_doubted_however_short(city):
    await told(city, stage(0), stage(1, **MOVED))
    at(city, LAST_DAY - timedelta(days=5))
    city.works.now = LAST_DAY + timedelta(days=5)
    watch = Watch(Jump(timedelta(days=10), city.works.now))
    await keeper(city, watch).look()
    assert city.works.store.kept().earlier == 1


@in_reactor
async def test_a_leap_of_this_moment_is_seen_before_anything_is_erased(city):
    steady = [0.0]
    watch = ClockWatch(city.works.clock, lambda: steady[0])
    await told(city, stage(0), stage(1, **MOVED))
    at(city, LAST_DAY - timedelta(days=5))
    await watch.look()
    city.works.now = LAST_DAY + timedelta(days=5)
    steady[0] = 60.0
    await keeper(city, watch).look()
    assert city.works.store.kept().earlier == 1


@in_reactor
async def test_a_leap_is_not_doubted_again_when_a_person_has_spoken(city):
    await told(city, stage(0), stage(1, **MOVED))
    now = city.works.now = LAST_DAY + timedelta(days=5)
    watch = Watch(Jump(timedelta(days=9999), now))
    at(city, now)
    await keeper(city, watch).look()
    assert city.works.store.kept().earlier == 0


@in_reactor
async def test_a_stop_of_a_month_is_no_leap(city):
    await told(city, stage(0), stage(1, **MOVED))
    at(city, LAST_DAY - timedelta(days=1))
    city.works.now += LONGEST_STOP
    await keeper(city).look()
    assert city.works.store.kept().earlier == 0


@in_reactor
async def test_a_clock_that_went_back_is_doubted_too(city):
    await told(city, stage(0))
    at(city, NOON)
    city.works.now = NOON - timedelta(days=365)
    await keeper(city).look()
    assert city.works.store.last_look().doubted


@in_reactor
async def test_the_first_look_of_a_restored_store_goes_by_its_newest_record(city):
    await told(city, stage(0), stage(1, **MOVED))
    city.works.now = LAST_DAY + timedelta(days=400)
    await keeper(city).look()
    assert city.works.store.kept().earlier == 1


@in_reactor
async def test_without_a_store_nothing_is_erased_and_nothing_breaks(city, caplog):
    city.works.lose_store()
    await keeper(city).look()
    city.works.find_store()
    assert "nothing is erased" in caplog.text


# --- at rest --------------------------------------------------------------------------


@in_reactor
async def test_a_state_that_was_moved_to_another_person_does_not_open(city):
    """Sealed as the present one is, and bound to its person and its place."""
    await told(city, stage(0), stage(1, **MOVED))
    await told(city, stage(0, of=ANOTHER), stage(1, of=ANOTHER, **MOVED))
    with sqlite3.connect(city.works.path) as db:
        rows = db.execute("SELECT rowid, sealed FROM identity_history").fetchall()
        assert not any(CODE.encode() in sealed for _, sealed in rows)
        for (row, _), (_, sealed) in zip(rows, reversed(rows), strict=True):
            db.execute(
                "UPDATE identity_history SET sealed = ? WHERE rowid = ?", (sealed, row)
            )
    db.close()
    with pytest.raises(StoreDamaged):
        city.works.store.earlier_states(CODE)
