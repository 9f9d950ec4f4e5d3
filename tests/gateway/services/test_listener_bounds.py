# SPDX-License-Identifier: Apache-2.0
"""Whoever is slow, endless or many costs a listener its bound, and others nothing.

Time is the test's own: a byte a second is a byte for each second that the test moves.
"""

import pytest
import pytest_twisted

from gateway.services.listener import ListenerSettings
from tests.gateway.services.network import LATE, TOWN, probe, until
from tests.gateway.services.test_listener import SETTINGS, House, post

MANY = ListenerSettings(
    max_connections=40,
    idle_seconds=60,
    request_seconds=20,
    handshake_seconds=10,
    max_unproven=6,
    max_per_station=10,
    max_unfinished=100_000,
)


@pytest_twisted.async_yield_fixture
async def house(network):
    house = await House(network, MANY).open()
    yield house
    await house.close()


async def served(house, station=LATE):
    """A link of another station, on which a request is answered at once."""
    link = await house.call(station)
    link.transport.write(post(b"served"))
    assert (await link.read(b"served")).startswith(b"HTTP/1.1 200 ")
    link.transport.loseConnection()
    await link.lost


async def proven(house, station=TOWN):
    link = await house.call(station)
    link.transport.write(post(b"first"))
    assert await link.read(b"first")
    return link


def held(house):
    """Bytes of requests that are not whole, as each open link has them."""
    return [link._http.held for link in house.listener._links]


# -- slow ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST /v1/messages HTTP/1.1\r\n",
        post(bytes(1000))[:-1000],
        post(bytes(1000))[:-900],
    ],
    ids=["the request line", "the headers", "the body", "the rest of the body"],
)
@pytest_twisted.ensureDeferred
async def test_a_byte_a_second_is_cut_when_its_time_is_over(house, begun):
    link = await proven(house)
    link.transport.write(begun)
    for second in range(int(SETTINGS.request_seconds)):
        size = max(held(house))
        link.transport.write(b"x")
        await until(lambda size=size: max(held(house)) > size)
        house.clock.advance(1)
        assert link.open, f"cut after {second} s"
    house.clock.advance(1)
    await link.lost
    assert await house.reasons() == ["slow_request"]
    assert house.bodies() == [b"first"]


@pytest_twisted.ensureDeferred
async def test_many_slow_senders_are_all_cut_and_others_are_served_meanwhile(house):
    links = [await proven(house) for _ in range(MANY.max_per_station)]
    for link in links:
        link.transport.write(b"POST")
    await until(lambda: sorted(held(house)) == [4] * len(links))
    await served(house)
    house.clock.advance(MANY.request_seconds)
    for link in links:
        await link.lost
    assert await house.reasons(len(links)) == ["slow_request"] * len(links)
    assert {who for who, _ in house.refused} == {str(TOWN)}


@pytest_twisted.ensureDeferred
async def test_one_that_asked_to_go_on_and_sends_nothing_is_cut(house):
    link = await proven(house)
    link.transport.write(post(b"body", extra=b"Expect: 100-continue\r\n")[:-4])
    assert await link.read(b"100 Continue\r\n\r\n")
    house.clock.advance(MANY.request_seconds)
    await link.lost
    assert await house.reasons() == ["slow_request"]


@pytest_twisted.ensureDeferred
async def test_a_handshake_that_trickles_is_cut_however_it_trickles(house):
    link = await probe(house.port, None)
    for byte in b"\x16\x03\x01\x02\x00\x01\x00\x01":
        link.transport.write(bytes((byte,)))
        await until(lambda: house.listener.unproven == 1)
        house.clock.advance(1)
    assert link.open
    house.clock.advance(2)
    await link.lost
    assert await house.reasons() == ["handshake_timeout"]


# -- many ------------------------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_who_holds_handshakes_open_keeps_nobody_out(house):
    silent = [await probe(house.port, None) for _ in range(3 * MANY.max_unproven)]
    await until(lambda: len(house.refused) == 2 * MANY.max_unproven)
    assert house.listener.unproven == MANY.max_unproven
    await served(house)
    assert house.listener.turned_away == 2 * MANY.max_unproven + 1
    for link in silent:
        link.transport.loseConnection()
        await link.lost
    assert {who for who, _ in house.refused} == {"127.0.0.1"}


@pytest_twisted.ensureDeferred
async def test_a_station_gets_its_share_of_links_and_others_theirs(house):
    links = [await proven(house) for _ in range(MANY.max_per_station)]
    beyond = await house.call()
    await beyond.lost
    assert (await house.reasons())[-1] == "too_many_connections"
    assert house.refused[-1][0] == str(TOWN)
    await served(house)
    links[0].transport.loseConnection()
    await links[0].lost
    await until(lambda: house.listener.connections < MANY.max_per_station)
    assert (await proven(house)).open


@pytest_twisted.ensureDeferred
async def test_links_of_a_stopping_listener_are_no_failures(house):
    silent = await probe(house.port, None)
    await until(lambda: house.listener.unproven == 1)
    stopped = house.listener.stop(5)
    house.clock.pump([5, 3])
    await stopped
    await silent.lost
    assert house.listener.unproven == 0


# -- endless ---------------------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_bodies_that_never_end_share_a_bound_and_the_oldest_goes(house):
    links = [await proven(house) for _ in range(4)]
    for number, link in enumerate(links):
        link.transport.write(post(bytes(50_000))[:-1])
        await until(lambda number=number: len(house.refused) == max(0, number - 1))
    await links[0].lost
    await links[1].lost
    assert await house.reasons(2) == ["too_many_connections"] * 2
    for link in links[2:]:
        assert link.open
        link.transport.write(b"\0")
        assert await link.read(bytes(100))
    assert len(house.asked) == len(links) + 2


@pytest_twisted.ensureDeferred
async def test_an_honest_large_request_is_taken_while_others_hold_on(house):
    stuck = [await proven(house) for _ in range(3)]
    for link in stuck:
        link.transport.write(post(bytes(33_000))[:-1])
    await until(lambda: sum(held(house)) > 98_000)
    link = await house.call(LATE)
    link.transport.write(post(bytes(60_000)))
    assert (await link.read(bytes(100))).startswith(b"HTTP/1.1 200 ")
    await stuck[0].lost
