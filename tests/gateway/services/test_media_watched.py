# SPDX-License-Identifier: Apache-2.0
"""A station says when a medium waits for somebody, and keeps its ledger seven years."""

from datetime import timedelta

import pytest
import pytest_twisted
from msgspec.structs import replace

from gateway.records.media import Act
from gateway.records.store import commit_once
from gateway.services import health
from gateway.services.health import State
from gateway.services.metrics import Metrics
from gateway.services.sweeper import Sweeper
from tests.gateway.rules.test_media import CHECK
from tests.gateway.services.overviews import watched
from tests.gateway.world import CS, NOON, STORE_KEY

in_reactor = pytest_twisted.ensureDeferred
DAY = timedelta(days=1)


@pytest.fixture
def cs(world, tmp_path):
    found = watched(world, tmp_path, CS)
    yield found
    found.overview.store.close()


def open_medium(path, **changes):
    medium = replace(CHECK, **changes)

    def work(tx):
        number = tx.open_medium(medium)
        tx.add_act(Act(number, medium.since, "request", "審査 花子", {}))
        return number

    return commit_once(path, STORE_KEY, work)


def said(of):
    of.look()
    (found,) = [one for one in health.checks(of.overview) if one.name == "media"]
    return found


def numbers(of):
    of.look()
    text = Metrics(of.overview).text().decode()
    return {
        line.split()[0].removeprefix("sekisho_media_"): float(line.split()[1])
        for line in text.splitlines()
        if line.startswith("sekisho_media_")
    }


def test_where_no_medium_is_on_its_way_all_is_well(cs):
    assert said(cs).state is State.OK
    assert numbers(cs) == {"waiting": 0, "overdue": 0}


def test_an_output_that_waits_for_approval_is_told(cs):
    open_medium(cs.path)
    assert said(cs).state is State.WARNING
    assert "sekisho media list" in said(cs).said
    assert numbers(cs) == {"waiting": 1, "overdue": 0}
    cs.now = NOON + 2 * DAY
    assert said(cs).state is State.OK


def test_a_medium_that_is_overdue_is_told(cs):
    open_medium(cs.path, state="written")
    cs.now = NOON + 14 * DAY
    assert said(cs).state is State.OK
    cs.now += DAY
    assert said(cs).state is State.WARNING
    assert numbers(cs) == {"waiting": 0, "overdue": 1}


@in_reactor
async def test_a_medium_that_is_gone_stays_in_the_ledger_for_seven_years(works_at):
    works = works_at(CS)
    gone = open_medium(works.path, state="destroyed")
    there = open_medium(works.path, state="written", output_id=bytes([1] * 16))
    sweeper = Sweeper(works.station, works.clock)
    works.now = NOON.replace(year=NOON.year + 7)
    await sweeper.sweep()
    assert works.store.medium(gone) is not None
    works.now += 30 * DAY
    await sweeper.sweep()
    assert works.store.medium(gone) is None
    assert works.store.media_acts(gone) == []
    assert works.store.medium(there) is not None
    assert len(works.store.media_acts(there)) == 1
