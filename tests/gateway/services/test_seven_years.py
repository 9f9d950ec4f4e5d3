# SPDX-License-Identifier: Apache-2.0
"""The record of what was given to whom stands for seven years (R-110), and longer.

Every service that forgets anything is run again and again in that time; then the file
itself is asked to remove a row.
"""

import sqlite3
from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.services.holds import Holds
from gateway.services.inside import SUBMIT
from gateway.services.listener import Request
from gateway.services.sweeper import Sweeper
from schemas.messages import IdentityInformationUpdate, write_payload
from tests.gateway.people import resident_record
from tests.gateway.words import order
from tests.gateway.works import inside_of
from tests.gateway.world import COPIES, CS, EXISTING, NOON, PROVIDER

in_reactor = pytest_twisted.ensureDeferred
SEVEN_YEARS = timedelta(days=7 * 365 + 2)
STEP = timedelta(days=100)


async def kept(works, *others) -> None:
    """Let seven years pass with all that forgets at work; nothing of a record goes."""
    before = works.events()
    assert [one.event.kind for one in before].count(EventKind.ATTEMPTED) == 1
    while works.now < NOON + SEVEN_YEARS:
        works.now += STEP
        await Sweeper(works.station, works.clock).sweep()
        for other in others:
            await other.look()
    assert works.events()[: len(before)] == before
    assert works.store.verify_events() == []
    with (
        sqlite3.connect(works.path) as db,
        pytest.raises(sqlite3.IntegrityError, match="never"),
    ):
        db.execute("DELETE FROM events")
    db.close()


@in_reactor
async def test_what_a_city_told_the_prefecture_is_on_record_for_seven_years(
    world, works_at
):
    cs = works_at(CS)
    body = write_payload(IdentityInformationUpdate(resident_record()))
    request = Request("POST", SUBMIT, "application/xml", body, True)
    inside = inside_of(cs)
    assert (await inside.handle(request, world.identity(EXISTING))).status == 202
    await kept(cs)


@in_reactor
async def test_what_a_city_provided_is_on_record_for_seven_years(world, works_at):
    provider = works_at(PROVIDER, *COPIES)
    await provider.post(order(world).message())
    await kept(provider, Holds(provider.runtime, provider.role, provider.clock))
