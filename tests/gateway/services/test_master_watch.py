# SPDX-License-Identifier: Apache-2.0
"""A newer master is in force within two looks; nothing else that lies there counts."""

import logging
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.services.master_watch import MasterWatch
from pki.profiles import Purpose
from protocols import master
from protocols.directory import Directory
from protocols.master import Endpoint
from schemas.matching_list import ITEMS, MatchingList
from tests.gateway.world import (
    CORE,
    DAY,
    LISTED,
    NOON,
    PROVIDER,
    REQUESTER,
    SECOND,
)

in_reactor = pytest_twisted.ensureDeferred
pytestmark = pytest.mark.usefixtures("no_bugs")
PURPOSES = (Purpose.SIGNING, Purpose.SEALING)


class Watched:
    """A provider with a master of its own on the disk, and the watch over it."""

    def __init__(self, world, works):
        self.world, self.works = world, works
        self.station = works.station
        self.path = works.station.config.master.path
        self.lay(world.directory.master)
        read = self.read()
        directory = Directory(read, world.trust)
        self.station._facts = replace(self.station.facts, directory=directory)
        self.moved = 0
        self.watch = self.watching()

    def watching(self):
        own = {each.value: self.world.certificate(PROVIDER, each) for each in PURPOSES}
        return MasterWatch(self.station, own, self.is_taken, self.works.clock)

    def is_taken(self):
        self.moved += 1

    def lay(self, whole, by=CORE):
        """Lay a master in, as an operator would; its bytes."""
        data = master.write(whole, self.world.signer(by), NOON)
        self.path.write_bytes(data)
        return data

    def read(self):
        anchor = self.world.certificate(CORE, Purpose.SIGNING)
        return master.read(self.path.read_bytes(), [anchor], self.world.trust, NOON)

    async def rests(self):
        await self.watch.look()
        await self.watch.look()

    @property
    def version(self):
        return self.station.directory.master.version

    def next(self, version=2, **changes):
        return replace(self.station.directory.master, version=version, **changes)


@pytest.fixture
def made(world, works_at):
    async def make():
        found = Watched(world, works_at(PROVIDER))
        await found.watch.begin()
        return found

    return make


def fewer(number, at=NOON):
    items = {n: item for n, item in ITEMS.items() if n != number}
    return MatchingList("2", at, MappingProxyType(items))


@in_reactor
async def test_a_newer_master_is_in_force_once_it_rests(made):
    it = await made()
    it.lay(it.next(lists=(LISTED, fewer(28))))
    await it.watch.look()
    assert it.version == 1
    await it.watch.look()
    assert (it.version, it.watch.problem, it.moved) == (2, "", 1)
    assert 28 not in it.station.directory.master.items(NOON)


@in_reactor
async def test_the_first_master_is_remembered_and_is_no_event(made):
    it = await made()
    held = it.works.store.newest_master()
    assert (held.version, held.digest) == (1, it.read().digest)
    assert it.works.events(EventKind.IMPORTED) == []


@in_reactor
async def test_that_one_replaced_another_is_on_record(made):
    it = await made()
    it.lay(it.next())
    await it.rests()
    (stored,) = it.works.events(EventKind.IMPORTED)
    assert "master 2" in stored.event.detail
    assert stored.event.peer == str(CORE)


@in_reactor
async def test_an_older_one_is_refused_and_told_once(made, caplog):
    it = await made()
    old = it.path.read_bytes()
    it.lay(it.next(version=7))
    await it.rests()
    it.path.write_bytes(old)
    with caplog.at_level(logging.ERROR):
        await it.rests()
        await it.rests()
    assert it.version == 7
    assert "version 1, older than version 7" in it.watch.problem
    assert len(caplog.records) == 1


@in_reactor
async def test_an_older_one_is_refused_by_the_store_alone(made):
    """As after a restart: nothing but the store knows what was gone by."""
    it = await made()
    it.lay(it.next(version=7))
    await it.rests()
    it.station.directory.renew(it.next(version=1))
    it.lay(it.next(version=3))
    again = it.watching()
    again.reload()
    await again.look()
    assert "older than version 7" in again.problem


@in_reactor
async def test_another_one_of_the_same_version_is_refused_and_named(made):
    it = await made()
    it.lay(it.next(version=1, lists=(LISTED, fewer(28))))
    await it.rests()
    assert "version 1, but is another" in it.watch.problem
    assert 28 in it.station.directory.master.items(NOON)


@in_reactor
async def test_the_fault_is_gone_once_a_good_one_lies_there(made):
    it = await made()
    good = it.path.read_bytes()
    it.path.write_bytes(good[:-1])
    await it.rests()
    assert it.watch.problem
    it.path.write_bytes(good)
    await it.rests()
    assert (it.version, it.watch.problem, it.moved) == (1, "", 0)


@in_reactor
@pytest.mark.parametrize(
    "how", ["cut", "empty", "gone", "another's", "another network"]
)
async def test_whatever_else_lies_there_leaves_the_old_one_in_force(made, how):
    it = await made()
    before = it.station.directory.master
    if how == "cut":
        it.path.write_bytes(it.lay(it.next())[:-9])
    elif how == "empty":
        it.path.write_bytes(b"")
    elif how == "gone":
        it.path.unlink()
    elif how == "another's":
        it.lay(it.next(), by=REQUESTER)
    else:
        it.lay(it.next(network="another"))
    await it.rests()
    assert it.station.directory.master is before
    assert it.watch.problem
    assert it.works.store.newest_master().version == 1


@in_reactor
@pytest.mark.parametrize("purpose", ["signing", "sealing"])
async def test_one_that_names_another_certificate_of_ours_waits_for_a_restart(
    made, purpose
):
    it = await made()
    entries = tuple(
        replace(one, **{purpose: getattr(it.world.entry(REQUESTER), purpose)})
        if one.name == PROVIDER
        else one
        for one in it.station.directory.master.stations
    )
    it.lay(it.next(stations=entries))
    await it.rests()
    assert it.version == 1
    assert f"another {purpose}.crt of this station" in it.watch.problem
    assert "restart" in it.watch.problem


@in_reactor
async def test_while_it_cannot_be_remembered_it_is_not_in_force(made):
    it = await made()
    it.lay(it.next())
    it.works.lose_store()
    await it.rests()
    assert it.version == 1
    assert "remembered" in it.watch.problem or "store" in it.watch.problem
    it.works.find_store()
    it.works.now += 10 * SECOND


@in_reactor
async def test_a_file_that_did_not_change_is_not_read_again(made, monkeypatch):
    it = await made()
    monkeypatch.setattr("gateway.services.master_watch.load_master", None)
    await it.rests()
    await it.rests()
    assert it.watch.problem == ""


@in_reactor
async def test_at_a_hang_up_it_is_read_whatever_its_stamp(made):
    it = await made()
    it.watch._seen = it.watch._settling
    it.lay(it.next())
    it.watch._seen = it.watch._settling = None
    it.watch.reload()
    await it.rests()
    assert it.version == 2


@in_reactor
async def test_a_station_that_a_new_master_does_not_name_is_nobody(made):
    it = await made()
    rest = it.station.directory.master.stations
    left = tuple(one for one in rest if one.name != REQUESTER)
    it.lay(it.next(stations=left))
    await it.rests()
    assert REQUESTER not in it.station.directory
    assert PROVIDER in it.station.directory


@in_reactor
async def test_a_peers_new_address_is_that_of_the_new_master(made):
    it = await made()
    rest = it.station.directory.master.stations
    elsewhere = Endpoint("127.0.0.1", 4711)
    moved = tuple(
        replace(one, endpoint=elsewhere) if one.name == CORE else one for one in rest
    )
    it.lay(it.next(stations=moved))
    await it.rests()
    assert it.station.directory.peer(CORE).endpoint == elsewhere


@in_reactor
async def test_a_clock_that_stands_past_the_greatest_age_freezes_the_station(made):
    it = await made()
    longest = it.station.facts.longest
    assert longest == timedelta(days=400)
    assert not it.station.facts.is_frozen(NOON + 400 * DAY)
    assert it.station.facts.is_frozen(NOON + 400 * DAY + SECOND)
