# SPDX-License-Identifier: Apache-2.0
"""A station co-signs the logs of its peers, and never two histories of one."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.records.store import StoreReader
from gateway.services.witness import FORKS, Witness
from gateway.station import Station
from protocols.tlog import checkpoint, note, witness
from tests.gateway.services.logs import PeersLog, posted
from tests.gateway.world import CORE, MINUTE, NOON, PROVIDER, REQUESTER, STORE_KEY

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def log(world):
    return PeersLog(world, CORE)


@pytest.fixture
def works(works_at):
    return works_at(PROVIDER)


@pytest.fixture
def asked(world, works):
    """What the provider, as a witness, answers a peer."""
    own = PeersLog(world, PROVIDER)
    told = Witness(works.station, own.key, works.clock)

    def ask(request, by=CORE):
        return told.post(request, world.identity(by))

    return ask


def signed(world, log, size, answer):
    """Who co-signed a head of that size, and when."""
    (line,) = witness.read_answer(answer.body)
    own = PeersLog(world, PROVIDER).key.witness
    text = note.read(log.head(size)).text
    return note.verify(note.Note(text, (line,)), [own])[own]


@in_reactor
async def test_a_log_that_grows_is_co_signed_with_the_time(world, log, works, asked):
    first = await asked(log.request(0, 5))
    assert (first.status, signed(world, log, 5, first)) == (200, NOON)
    works.now += MINUTE
    second = await asked(log.request(5, 40))
    assert signed(world, log, 40, second) == NOON + MINUTE


@in_reactor
async def test_it_is_remembered_before_it_is_signed(log, works, asked):
    await asked(log.request(0, 5))
    with StoreReader.open(works.path, STORE_KEY) as store:
        (known,) = store.witnessed()
    assert (known.origin, known.size) == (log.key.origin, 5)
    assert known.note == log.head(5)


@in_reactor
async def test_who_goes_on_from_elsewhere_is_told_the_size(log, asked):
    await asked(log.request(0, 5))
    for old in (0, 4, 6):
        answer = await asked(log.request(old, 40))
        assert (answer.status, answer.body) == (409, b"5\n")
        assert answer.content_type == "text/x.tlog.size"


@in_reactor
async def test_it_never_goes_back(log, works, asked):
    await asked(log.request(0, 40))
    assert (await asked(log.request(5, 6))).status == 409
    assert [one.size for one in works.store.witnessed()] == [40]


@in_reactor
async def test_a_peer_brings_no_log_but_its_own(world, log, works, asked):
    assert (await asked(log.request(0, 5), by=REQUESTER)).status == 404
    assert works.store.witnessed() == []


@in_reactor
async def test_a_key_that_the_master_does_not_name_is_forbidden(world, log, asked):
    text = checkpoint.read(log.head(5))[0]
    another = PeersLog(world, REQUESTER).key.key
    body = witness.Request(0, (), text.signed(another).encode()).encode()
    assert (await asked(posted(body))).status == 403


@in_reactor
async def test_nobodys_log_is_co_signed_where_the_master_names_no_key(world, works_at):
    works = works_at(CORE)
    entries = [
        replace(entry, record=()) if entry.name == REQUESTER else entry
        for entry in world.directory.master.stations
    ]
    known, own = world.directory_of(*entries), works.station
    own = Station(own.config, own.keys, known, own.store)
    told = Witness(own, PeersLog(world, CORE).key, works.clock)
    asked = PeersLog(world, REQUESTER).request(0, 5)
    assert (await told.post(asked, world.identity(REQUESTER))).status == 404


@in_reactor
@pytest.mark.parametrize(
    "body", [b"", b"old 0\n", b"old 0\n\n", b"\xff" * 90, b"old 0\n\n" + b"x" * 200_000]
)
async def test_what_cannot_be_read_is_a_bad_request(works, asked, body):
    assert (await asked(posted(body))).status == 400
    assert works.events() == []


@in_reactor
async def test_only_what_is_posted_is_looked_at(asked):
    assert (await asked(posted(b"", "GET"))).status == 405


# -- two histories -------------------------------------------------------------------


@in_reactor
async def test_a_split_view_is_on_record_with_both_heads(log, works, asked):
    await asked(log.request(0, 5))
    answer = await asked(log.request(5, 5, forked=True))
    assert (answer.status, answer.body) == (409, b"5\n")
    (stored,) = works.events(EventKind.LINK_REFUSED)
    assert (stored.event.code, stored.event.peer) == ("SK-L12", str(CORE))
    evidence = works.store.event_evidence(stored.record_id)
    assert evidence == {
        "checkpoint_before": log.head(5),
        "checkpoint_now": log.head(5, forked=True),
    }


@in_reactor
@pytest.mark.parametrize("old", [0, 4])
async def test_it_shows_also_to_who_names_another_old_size(log, works, asked, old):
    await asked(log.request(0, 5))
    assert (await asked(log.request(old, 5, forked=True))).status == 409
    assert works.codes() == ["SK-L12"]


@in_reactor
async def test_a_head_that_does_not_follow_is_on_record_too(log, works, asked):
    await asked(log.request(0, 5))
    answer = await asked(log.request(5, 40, forked=True))
    assert answer.status == 422
    assert works.codes() == ["SK-L12"]
    assert [one.size for one in works.store.witnessed()] == [5]


@in_reactor
async def test_the_honest_log_goes_on_after_a_split_view(log, asked):
    await asked(log.request(0, 5))
    await asked(log.request(5, 40, forked=True))
    assert (await asked(log.request(5, 40))).status == 200


@in_reactor
async def test_a_peer_cannot_fill_the_record_with_contradictions(log, works, asked):
    await asked(log.request(0, 5))
    for _ in range(FORKS + 5):
        await asked(log.request(5, 5, forked=True))
    assert len(works.events()) == FORKS
    works.now += timedelta(minutes=1)
    await asked(log.request(5, 5, forked=True))
    assert len(works.events()) == FORKS + 1


# -- the store -----------------------------------------------------------------------


@in_reactor
async def test_nothing_is_signed_that_cannot_be_remembered(log, works, asked):
    works.store.condemn()
    answer = await asked(log.request(0, 5))
    assert (answer.status, answer.body) == (503, b"not now\n")
