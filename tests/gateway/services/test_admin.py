# SPDX-License-Identifier: Apache-2.0
"""The admin listener answers what it is asked, and nothing else."""

import json

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ServerEndpoint

from gateway.services import admin as admins
from gateway.services.admin import MAX_CONNECTIONS, SECONDS, AdminListener, Pages
from tests.gateway.services.network import ClockedReactor, probe, until
from tests.gateway.services.overviews import watched
from tests.gateway.world import PROVIDER

in_reactor = pytest_twisted.ensureDeferred


class Served:
    """An admin listener at work, on a port of its own."""

    def __init__(self, station):
        self.station = station
        self.time = ClockedReactor()
        self.listener = AdminListener(Pages(station.overview), self.time)

    async def open(self):
        await self.listener.listen(
            TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        )
        self.port = self.listener._port.getHost().port

    async def ask(self, request):
        """Head and body of the answer to these bytes."""
        link = await probe(self.port, None)
        link.transport.write(request)
        await link.lost
        head, _, body = link.got.partition(b"\r\n\r\n")
        return head.decode(), body

    async def get(self, path):
        return await self.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


@pytest.fixture
def served(world, tmp_path):
    station = watched(world, tmp_path)
    station.look()
    made = Served(station)
    pytest_twisted.blockon(ensure(made.open()))
    yield made
    pytest_twisted.blockon(made.listener.stop())
    pytest_twisted.blockon(ensure(until(lambda: not made.listener.links)))
    station.overview.store.close()


def ensure(coroutine):
    from twisted.internet.defer import Deferred

    return Deferred.fromCoroutine(coroutine)


@in_reactor
async def test_the_numbers_are_told_as_prometheus_wants_them(served):
    head, body = await served.get("/metrics")
    assert head.startswith("HTTP/1.1 200 ")
    assert "Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
    assert b"sekisho_ready" in body


@in_reactor
async def test_health_is_told_while_the_reactor_turns(served):
    served.station.overview.stopping = True
    head, body = await served.get("/health")
    assert head.startswith("HTTP/1.1 200 ")
    assert json.loads(body) == {"alive": True, "station": str(PROVIDER)}


@in_reactor
async def test_readiness_is_in_the_status_and_each_check_in_the_body(served):
    assert (await served.get("/ready"))[0].startswith("HTTP/1.1 200 ")
    served.station.overview.stopping = True
    head, body = await served.get("/ready")
    assert head.startswith("HTTP/1.1 503 ")
    told = json.loads(body)
    assert told["ready"] is False
    assert {"name", "state", "said"} == set(told["checks"][0])


@in_reactor
async def test_the_status_tells_what_a_person_asks_first(served):
    told = json.loads((await served.get("/status"))[1])
    assert (told["station"], told["ready"]) == (str(PROVIDER), True)
    assert {c["name"] for c in told["certificates"]} >= {"tls", "revocation_list"}
    (outside,) = told["listeners"]
    assert (outside["name"], outside["limit"]) == ("outside", 1000)
    assert told["store"]["available"] is True


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /metrics/../status HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
        (b"DELETE /status HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"GET /status HTTP/1.1\r\n\r\n", 400),
        (b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /" + b"a" * 20_000, 431),
    ],
)
@in_reactor
async def test_anything_else_is_refused(served, request_bytes, status):
    head, _ = await served.ask(request_bytes)
    assert head.startswith(f"HTTP/1.1 {status} ")


@in_reactor
async def test_a_query_changes_nothing(served):
    assert (await served.get("/health?x=1"))[0].startswith("HTTP/1.1 200 ")


@in_reactor
async def test_a_second_request_on_a_connection_is_not_answered(served):
    one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    head, body = await served.ask(one + one)
    assert "Connection: close" in head
    assert body.count(b"alive") == 1


@in_reactor
async def test_whoever_says_nothing_is_cut_off_and_makes_room(served):
    guests = [await probe(served.port, None) for _ in range(MAX_CONNECTIONS)]
    await until(lambda: len(served.listener.links) == MAX_CONNECTIONS)
    late = await probe(served.port, None)
    await late.lost
    served.time.clock.advance(SECONDS)
    for guest in guests:
        await guest.lost
    assert (await served.get("/health"))[0].startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("half", [b"\x16\x03\x01\x02\x00", b"GET /status HTTP/1.1\r\n"])
@in_reactor
async def test_half_a_request_is_cut_off(served, half):
    link = await probe(served.port, None)
    link.transport.write(half)
    await until(lambda: served.listener.links)
    served.time.clock.advance(SECONDS)
    await link.lost
    assert link.got == b""


@in_reactor
async def test_a_page_that_fails_is_an_answer_too(served, monkeypatch, caplog):
    def broken(_):
        raise ValueError("x")

    monkeypatch.setattr(admins, "status", broken)
    head, _ = await served.get("/status")
    assert head.startswith("HTTP/1.1 500 ")
    assert "cannot be answered" in caplog.text
