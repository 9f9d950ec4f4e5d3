# SPDX-License-Identifier: Apache-2.0
"""R-080: a CS whose file was not compared for a year says so; nobody else is asked."""

from datetime import timedelta

import pytest

from gateway.records.checks import Check
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.store import commit_once
from gateway.services import health
from gateway.services.health import State
from tests.gateway.services.overviews import watched
from tests.gateway.world import CS, NOON, PROVIDER, STORE_KEY

YEAR = timedelta(days=366)


@pytest.fixture
def cs(world, tmp_path):
    found = watched(world, tmp_path, CS)
    yield found
    found.overview.store.close()


def write(of, work):
    return commit_once(of.path, STORE_KEY, work)


def on_record(of, at):
    event = Event(kind=EventKind.OPERATOR, at=at, direction="local")
    write(of, lambda tx: tx.record(prepare(event)))


def compared(of, at, *, done=True):
    check = Check(at.isoformat().encode(), at, "試験 係", done=done)
    write(of, lambda tx: tx.open_check(check))


def said(of, after=timedelta(0)):
    of.now = NOON + after
    (found,) = [one for one in health.checks(of.overview) if one.name == "comparison"]
    return found


def test_a_file_that_was_not_compared_for_a_year_is_named(cs):
    compared(cs, NOON)
    assert said(cs, YEAR).state is State.OK
    found = said(cs, YEAR + timedelta(seconds=1))
    assert found.state is State.WARNING
    assert "2030-01-01" in found.said
    assert "sekisho cs check" in found.said


def test_the_newest_whole_check_counts(cs):
    compared(cs, NOON)
    compared(cs, NOON + timedelta(days=200))
    assert said(cs, timedelta(days=500)).state is State.OK


def test_a_check_that_was_never_sent_whole_is_none(cs):
    on_record(cs, NOON)
    compared(cs, NOON + timedelta(days=300), done=False)
    found = said(cs, timedelta(days=400))
    assert found.state is State.WARNING
    assert "never compared" in found.said


def test_a_new_station_has_a_year_for_its_first(cs):
    assert said(cs).said == "nothing is held yet"
    on_record(cs, NOON)
    assert said(cs, timedelta(days=300)).state is State.OK
    assert said(cs, timedelta(days=400)).state is State.WARNING


def test_without_its_store_nothing_is_called_well(cs, monkeypatch):
    monkeypatch.setattr(cs.overview, "store", Unreadable(cs.overview.store))
    assert said(cs).state is State.WARNING


class Unreadable:
    """A store in which nothing can be looked up."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def last_compared(self):
        raise StoreUnavailable(Reason.DAMAGED)


def test_nobody_but_a_cs_has_a_file_to_compare(world, tmp_path):
    found = watched(world, tmp_path, PROVIDER)
    names = {one.name for one in health.checks(found.overview)}
    found.overview.store.close()
    assert "comparison" not in names
