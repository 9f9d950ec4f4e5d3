# SPDX-License-Identifier: Apache-2.0
"""A station has its heads co-signed, and stops where a witness saw another log."""

from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.errors import Reason
from gateway.records.store import StoreReader
from gateway.services.link_host import Answer
from protocols.tlog import note
from tests.gateway.services.logs import PeersLog
from tests.gateway.services.vouchers import watched
from tests.gateway.world import (
    CORE,
    HOUR,
    MINUTE,
    NOON,
    PROVIDER,
    REQUESTER,
    SECOND_PROVIDER,
    STORE_KEY,
)

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def net(works_at):
    return watched(works_at)


def signers(world, cosigned, *names):
    """Which of these stations co-signed."""
    keys = {PeersLog(world, name).key.witness: name for name in names}
    return {keys[key] for key in note.verify(note.read(cosigned.note), keys)}


@in_reactor
async def test_a_new_head_is_co_signed_by_every_witness(world, net):
    await net.record(3)
    await net.cosigners.look()
    found = net.own.store.cosigned()
    assert (found.size, found.at) == (3, NOON)
    assert signers(world, found, *net.others) == set(net.others)
    assert [(one.witness, one.size) for one in net.own.store.seen_by()] == sorted(
        (str(name), 3) for name in net.others
    )


@in_reactor
async def test_it_grows_with_the_log_and_asks_nothing_while_it_stands(net):
    for _ in range(3):
        await net.record()
        await net.cosigners.look()
        await net.cosigners.look()
    assert net.own.store.cosigned().size == 3
    assert len(net.clients[CORE].asked) == 3


@in_reactor
async def test_without_a_log_or_witnesses_nobody_is_asked(net):
    await net.cosigners.look()
    net.set(witnesses=())
    await net.record()
    await net.cosigners.look()
    assert [one.asked for one in net.clients.values()] == [[], [], []]


@in_reactor
async def test_a_quorum_is_enough_and_fewer_are_not(world, net):
    net.clients[CORE].away = True
    await net.record()
    await net.cosigners.look()
    first = net.own.store.cosigned()
    assert signers(world, first, *net.others) == {SECOND_PROVIDER, REQUESTER}
    net.clients[REQUESTER].away = True
    await net.record()
    await net.cosigners.look()
    assert net.own.store.cosigned() == first
    assert set(net.cosigners.problems) == {CORE, REQUESTER}


@in_reactor
async def test_who_was_away_is_told_from_where_it_stands(net):
    net.clients[CORE].away = True
    for _ in range(4):
        await net.record(2)
        await net.cosigners.look()
    net.clients[CORE].away = False
    await net.record()
    await net.cosigners.look()
    (known,) = net.others[CORE].store.witnessed()
    assert known.size == 9
    assert net.cosigners.problems == {}


@in_reactor
async def test_a_witness_that_is_further_than_we_remember_is_asked_from_there(net):
    """Its answer may have been lost: the size that it told is gone from our store."""
    await net.record(2)
    await net.cosigners.look()
    net.own.write(lambda tx: tx._changes("DELETE FROM log_witnesses"))
    await net.record(2)
    await net.cosigners.look()
    assert net.own.store.cosigned().size == 4
    assert len(net.clients[CORE].asked) == 3


@in_reactor
async def test_a_head_that_stands_still_is_co_signed_anew_before_it_is_old(net):
    await net.record()
    await net.cosigners.look()
    for works in (net.own, *net.others.values()):
        works.now += HOUR
    await net.cosigners.look()
    assert net.own.store.cosigned().at == NOON + HOUR


@in_reactor
async def test_the_quorums_time_is_that_of_the_last_who_was_needed(world, net):
    net.set(quorum=2)
    net.others[CORE].now += timedelta(seconds=20)
    net.others[REQUESTER].now += timedelta(seconds=10)
    await net.record()
    await net.cosigners.look()
    assert net.own.store.cosigned().at == NOON + timedelta(seconds=10)


@in_reactor
async def test_a_co_signature_of_another_time_is_not_believed(net):
    net.others[CORE].now += 2 * MINUTE
    await net.record()
    await net.cosigners.look()
    assert "another time" in net.cosigners.problems[CORE]


@in_reactor
async def test_a_co_signature_of_somebody_else_is_not_believed(net):
    net.clients[CORE].told._key = PeersLog(net.own.world, REQUESTER).key
    await net.record()
    await net.cosigners.look()
    assert "no co-signature of its own" in net.cosigners.problems[CORE]


@in_reactor
@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"noise\n"), (200, b""), (409, b"x\n"), (500, b""), (404, b"no\n")],
)
async def test_a_witness_that_answers_nonsense_stops_nothing(net, status, body):
    net.clients[CORE].instead = Answer(status, "text/plain", body)
    await net.record()
    await net.cosigners.look()
    assert CORE in net.cosigners.problems
    assert net.own.store.cosigned().size == 1
    assert net.own.store.unavailable is None


# -- another log ---------------------------------------------------------------------


@in_reactor
async def test_a_witness_that_knows_more_of_our_log_stops_the_station(net):
    """An old state was brought back by hand, over a newer one."""
    await net.record()
    await net.cosigners.look()
    more = Answer(409, "text/x.tlog.size", b"7\n")
    net.clients[CORE].instead = more
    await net.record()
    await net.cosigners.look()
    assert net.own.store.unavailable is Reason.CONDEMNED
    assert "co-signed 7 entries, we have 2" in net.cosigners.problems[CORE]


@in_reactor
async def test_a_witness_with_another_tree_of_ours_stops_the_station(world, net):
    forked = PeersLog(world, PROVIDER).request(0, 2, forked=True)
    await net.clients[CORE].told.post(forked, world.identity(PROVIDER))
    await net.record(2)
    await net.cosigners.look()
    assert net.own.store.unavailable is Reason.CONDEMNED


@in_reactor
async def test_so_does_one_whose_tree_ours_does_not_go_on_from(world, net):
    forked = PeersLog(world, PROVIDER).request(0, 2, forked=True)
    await net.clients[CORE].told.post(forked, world.identity(PROVIDER))
    await net.record(5)
    await net.cosigners.look()
    assert net.own.store.unavailable is Reason.CONDEMNED
    assert net.others[CORE].codes() == ["SK-L12"]


@in_reactor
async def test_what_was_co_signed_outlives_the_process(net):
    await net.record(2)
    await net.cosigners.look()
    with StoreReader.open(net.own.path, STORE_KEY) as store:
        assert store.cosigned().size == 2
        assert store.proven_size() == 0, "no time-stamp covers it yet"
