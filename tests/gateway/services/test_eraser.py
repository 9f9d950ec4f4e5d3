# SPDX-License-Identifier: Apache-2.0
"""The station erases by itself what is past its time, and watches its keys.

Its records are of May and June 2015 and of January 2030; it was stamped today.
"""

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from twisted.internet.defer import Deferred

from gateway import config as configs
from gateway.records import erasing
from gateway.records.errors import Reason
from gateway.records.months import Month
from gateway.records.store import Store
from gateway.services.eraser import Eraser
from tests.gateway.records.erased import about
from tests.gateway.records.helpers import Turns, full_event
from tests.gateway.vouched import vouched

MAY, JUNE, LATER = Month(2015, 5), Month(2015, 6), Month(2030, 1)


class Watch:
    """A clock that leapt, or did not."""

    def __init__(self):
        self.jump = None

    async def look(self):
        pass


class Aging:
    """A station's store with its eraser, turned by hand."""

    def __init__(self, made):
        self.now, self.watch, self.turns = made.now, Watch(), Turns()
        config = configs.load(made.config)
        self.store = Store.open(made.store, made.store_key, self.turns.deliver)
        station = SimpleNamespace(store=self.store, config=config, name="102024/x")
        self.eraser = Eraser(station, lambda: self.now, self.watch)

    def look(self):
        self.turns.wait(Deferred.fromCoroutine(self.eraser.look()))

    def months(self):
        now = Month.of(self.now)
        return [m for m in self.store.recorded_months() if m not in (now, LATER)]

    def close(self):
        self.store.close()
        self.turns.run_all()


@pytest.fixture
def made(tmp_path):
    found = vouched(tmp_path, 0)
    events = [about(MAY), about(JUNE), full_event()]
    found.write(lambda tx: [tx.record(tx.prepared(one)) for one in events])
    found.record(1)
    return found


@pytest.fixture
def aging(made):
    found = Aging(made)
    yield found
    found.close()


def test_one_month_goes_at_a_look_the_oldest_first(aging):
    aging.look()
    assert aging.months() == [JUNE]
    aging.look()
    assert aging.months() == []
    aging.look()
    told = [stored.event for stored in aging.store.events()][-2:]
    assert [one.operator for one in told] == ["", ""]
    assert "by the station itself" in told[0].detail
    assert LATER in aging.store.recorded_months()


def test_what_was_begun_before_a_kill_is_ended_at_the_first_look(aging):
    work = erasing.begin(aging.store, MAY, aging.now)
    aging.turns.wait(aging.store.commit(work))
    aging.watch.jump = "a leap: nothing is begun, but this is ended"
    aging.look()
    assert aging.months() == [JUNE]
    assert aging.store.unfinished_erasures() == []


def test_nothing_is_begun_while_the_clock_is_doubted(aging):
    aging.watch.jump = "it leapt"
    aging.look()
    assert aging.months() == [MAY, JUNE]
    aging.watch.jump = None
    aging.look()
    assert aging.months() == [JUNE]


def test_a_clock_years_ahead_or_back_takes_nothing_that_is_not_due(aging):
    for years in (-12, 90):
        aging.now += timedelta(days=365 * years)
        if years < 0:
            aging.look()
            assert aging.months() == [MAY, JUNE]
        aging.now -= timedelta(days=365 * years)
    aging.now += timedelta(days=365 * 40)
    for _ in range(4):
        aging.look()
    assert LATER in aging.store.recorded_months()


def test_a_forged_time_stamp_lets_nothing_go(aging, made, caplog):
    made.write(lambda tx: tx._db.execute("UPDATE log_stamps SET at = at + 1"))
    aging.look()
    assert aging.months() == [MAY, JUNE]
    assert "the time-stamps do not hold" in caplog.text


def test_a_held_month_does_not_keep_the_next_one(aging, made):
    made.write(lambda tx: tx.put_legal_hold(MAY, MAY, "法務", "law-suit", made.now))
    aging.look()
    assert aging.months() == [MAY]
    aging.look()
    assert aging.months() == [MAY]


def test_a_key_that_is_gone_stops_the_station_and_is_named(aging, caplog):
    (aging.store.month_keys().folder / "2015-06.key").unlink()
    with caplog.at_level(logging.CRITICAL):
        aging.look()
    assert "the key of 2015-06" in caplog.text
    assert "until a person decided" in caplog.text
    assert aging.store.unavailable is Reason.MONTH_KEY
    assert aging.months() == [MAY, JUNE]


def test_a_key_that_another_process_destroyed_is_held_no_more(aging, made):
    assert len(aging.store.events()) == 4
    other = Aging(made)
    other.look()
    other.close()
    aging.watch.jump = "nothing else"
    aging.look()
    assert MAY not in aging.store.month_keys()._held
    assert aging.store.unavailable is None
