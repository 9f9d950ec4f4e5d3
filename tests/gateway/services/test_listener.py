# SPDX-License-Identifier: Apache-2.0
"""The listener: only proven peers ask, each gets its answers in order, and no more."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import pytest_twisted
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import Clock
from twisted.internet.utils import getProcessOutputAndValue

from gateway.services.listener import Answer, HttpListener, ListenerSettings
from gateway.services.server_link import CLOSE_SECONDS
from pki import tls
from pki.trust import Purpose
from tests.gateway.services.network import (
    CITY,
    LATE,
    NOON,
    TOWN,
    Network,
    probe,
    until,
)
from tests.tools import need

SETTINGS = ListenerSettings(
    max_connections=8, idle_seconds=60, request_seconds=20, handshake_seconds=10
)


def post(body: bytes = b"hello", extra: bytes = b"") -> bytes:
    return (
        b"POST /v1/messages HTTP/1.1\r\nHost: h\r\n"
        + extra
        + b"Content-Length: %d\r\n\r\n" % len(body)
        + body
    )


class House:
    """A listener of CITY with a handler that the test drives."""

    def __init__(self, network: Network, settings: ListenerSettings = SETTINGS) -> None:
        self.network = network
        self.clock = Clock()
        self.asked = []
        self.pending: list[Deferred[Answer]] = []
        self.refused = []
        self.handler = lambda request, identity: succeed(
            Answer(200, "application/cms", request.body)
        )
        self.listener = HttpListener(
            settings,
            network.server(CITY),
            network.identify,
            self.handle,
            lambda host, reason: self.refused.append((host, str(reason))),
            self.clock,
        )

    async def open(self) -> "House":
        endpoint = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
        port = await self.listener.listen(endpoint)
        self.port = port.getHost().port
        return self

    def handle(self, request, identity):
        self.asked.append((request, identity))
        return self.handler(request, identity)

    def later(self, request, identity):
        """A handler whose answers the test gives."""
        self.pending.append(Deferred())
        return self.pending[-1]

    async def call(self, station=TOWN, **options):
        return await probe(self.port, self.network.client(station, **options))

    async def reasons(self, count: int = 1) -> list[str]:
        await until(lambda: len(self.refused) >= count)
        assert {who for who, _ in self.refused} <= {"127.0.0.1", str(TOWN), str(LATE)}
        return [reason for _, reason in self.refused]

    def bodies(self) -> list[bytes]:
        return [request.body for request, _ in self.asked]

    async def close(self) -> None:
        stopping = self.listener.stop(5)
        self.clock.pump([5, CLOSE_SECONDS + 1])
        await stopping
        await until(lambda: self.listener.connections == 0)
        assert self.clock.getDelayedCalls() == []


@pytest_twisted.async_yield_fixture
async def house(network):
    house = await House(network).open()
    yield house
    await house.close()


@pytest_twisted.async_yield_fixture
async def own_house(own_network):
    house = await House(own_network).open()
    yield house
    await house.close()


# -- asking and answering --------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_a_proven_peer_asks_and_is_answered(house):
    link = await house.call()
    link.transport.write(post(b"hello"))
    answer = await link.read(b"hello")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    [(request, identity)] = house.asked
    assert (request.method, request.target) == ("POST", "/v1/messages")
    assert (identity.station, identity.purpose) == (TOWN, Purpose.TLS)
    assert house.refused == []


@pytest_twisted.ensureDeferred
async def test_one_link_serves_many_requests(house):
    link = await house.call()
    for number in range(20):
        link.transport.write(post(b"number %d." % number))
        assert await link.read(b"number %d." % number)
    assert house.listener.connections == 1


@pytest_twisted.ensureDeferred
async def test_pipelined_requests_are_handled_one_at_a_time_in_order(house):
    house.handler = house.later
    link = await house.call()
    link.transport.write(post(b"1") + post(b"2") + post(b"3"))
    for count in (1, 2, 3):
        await until(lambda count=count: len(house.pending) == count)
        house.pending[-1].callback(Answer(200, "text/plain", b"<%d>" % count))
        await link.read(b"<%d>" % count)
    assert house.bodies() == [b"1", b"2", b"3"]


@pytest_twisted.ensureDeferred
async def test_a_request_that_comes_while_another_is_answered_waits(house):
    house.handler = house.later
    link = await house.call()
    link.transport.write(post(b"1"))
    await until(lambda: house.pending)
    link.transport.write(post(b"2"))
    other = await house.call()
    other.transport.write(post(b"other"))
    await until(lambda: len(house.pending) == 2)
    assert house.bodies() == [b"1", b"other"]
    house.pending[0].callback(Answer(200, "", b"<1>"))
    await until(lambda: len(house.pending) == 3)
    assert house.bodies()[2] == b"2"


@pytest_twisted.ensureDeferred
async def test_a_large_request_comes_whole_and_its_answer_goes_whole(house):
    link = await house.call()
    body = bytes(range(256)) * 4096
    link.transport.write(post(body))
    assert await link.read(body[-1000:])
    assert house.bodies() == [body]


@pytest_twisted.ensureDeferred
async def test_a_sender_that_waits_for_leave_gets_it(house):
    link = await house.call()
    whole = post(b"body", extra=b"Expect: 100-continue\r\n")
    link.transport.write(whole[:-4])
    assert await link.read(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    link.transport.write(whole[-4:])
    assert (await link.read(b"body")).startswith(b"HTTP/1.1 200 OK")


@pytest_twisted.ensureDeferred
async def test_a_link_ends_after_the_request_that_says_so(house):
    link = await house.call()
    link.transport.write(post(b"last", extra=b"Connection: close\r\n"))
    await link.lost
    assert b"Connection: close" in link.got


@pytest_twisted.ensureDeferred
async def test_curl_posts_a_large_body_and_gets_its_answer(tmp_path):
    curl = need("curl")
    # curl looks at its own clock.
    network = Network(tmp_path / "authority", datetime.now(UTC) - timedelta(hours=1))
    house = await House(network).open()
    body = tmp_path / "body"
    body.write_bytes(bytes(range(256)) * 6000)
    out, err, code = await getProcessOutputAndValue(
        curl,
        [
            *("--silent", "--show-error", "--fail", "--max-time", "20"),
            *("--cert", str(network.layout.certificate(TOWN, Purpose.TLS))),
            *("--key", str(network.layout.key(TOWN, Purpose.TLS))),
            *("--cacert", str(network.layout.chain)),
            *("--header", "Content-Type: application/cms"),
            *("--data-binary", f"@{body}"),
            f"https://localhost:{house.port}/v1/messages",
        ],
    )
    await house.close()
    assert (err, code) == (b"", 0)
    assert out == body.read_bytes()


# -- refusals of HTTP and failures of ours ---------------------------------------


@pytest_twisted.ensureDeferred
async def test_http_that_is_not_accepted_is_answered_told_and_cut(house):
    link = await house.call()
    link.transport.write(b"POST / HTTP/1.1\r\nHost: h\r\n\r\n")
    await link.lost
    assert link.got.startswith(b"HTTP/1.1 411 Length Required\r\n")
    assert link.got.endswith(b"\r\n\r\n")
    assert await house.reasons() == ["http_no_length"]


@pytest_twisted.ensureDeferred
async def test_requests_before_a_bad_one_are_answered(house):
    link = await house.call()
    link.transport.write(post(b"good") + b"bad\n")
    await link.lost
    assert link.got.count(b"HTTP/1.1 ") == 2
    assert b"good" in link.got
    assert house.bodies() == [b"good"]


@pytest.mark.parametrize("early", [True, False])
@pytest_twisted.ensureDeferred
async def test_a_handler_that_fails_is_answered_with_nothing(house, caplog, early):
    def failing(request, identity):
        error = RuntimeError(f"secret {request.body!r}")
        if early:
            raise error
        return fail(error)

    house.handler = failing
    link = await house.call()
    with caplog.at_level(logging.ERROR):
        link.transport.write(post(b"private"))
        await link.lost
    assert link.got.startswith(b"HTTP/1.1 500 ")
    assert link.got.endswith(b"Content-Length: 0\r\n\r\n")
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text
    assert "private" not in caplog.text


@pytest_twisted.ensureDeferred
async def test_an_answer_that_cannot_be_written_counts_as_a_failure(house, caplog):
    house.handler = lambda request, identity: succeed(Answer(200, "a\r\nb: c", b""))
    link = await house.call()
    link.transport.write(post())
    await link.lost
    assert link.got.startswith(b"HTTP/1.1 500 ")


@pytest_twisted.ensureDeferred
async def test_the_answer_for_a_peer_that_has_gone_is_dropped(house, caplog):
    house.handler = house.later
    link = await house.call()
    link.transport.write(post())
    await until(lambda: house.pending)
    link.transport.abortConnection()
    await until(lambda: house.listener.connections == 0)
    house.pending[0].callback(Answer(200, "", b"late"))
    assert caplog.text == ""


# -- who is let in ---------------------------------------------------------------


async def turned_away(house, context) -> str:
    link = await probe(house.port, context)
    link.transport.write(post())
    await link.lost
    assert link.got == b""
    assert house.asked == []
    return (await house.reasons())[-1]


def bare_context() -> SSL.Context:
    return SSL.Context(SSL.TLS_CLIENT_METHOD)


@pytest_twisted.ensureDeferred
async def test_a_caller_without_a_certificate_is_turned_away(house):
    assert await turned_away(house, bare_context()) == "no_client_certificate"


@pytest_twisted.ensureDeferred
async def test_a_caller_of_another_authority_is_turned_away(house, tmp_path):
    stranger = Network(tmp_path / "other").client(TOWN)
    stranger.set_verify(SSL.VERIFY_NONE)
    assert await turned_away(house, stranger) == "unknown_authority"


@pytest_twisted.ensureDeferred
async def test_a_caller_with_a_certificate_for_signing_is_turned_away(house):
    signing = house.network.client(TOWN, Purpose.SIGNING)
    assert await turned_away(house, signing) == "wrong_purpose"


@pytest_twisted.ensureDeferred
async def test_a_caller_whose_certificate_was_revoked_is_turned_away(own_house):
    own_house.network.revoke(LATE)
    revoked = own_house.network.client(LATE)
    assert await turned_away(own_house, revoked) == "revoked"


@pytest.mark.parametrize(
    ("moved", "reason"),
    [
        (timedelta(days=500), "expired"),
        (timedelta(days=-1), "not_yet_valid"),
        (timedelta(days=8), "stale_revocation"),
    ],
    ids=["too late", "too early", "list too old"],
)
@pytest_twisted.ensureDeferred
async def test_a_caller_is_turned_away_out_of_time(house, moved, reason):
    house.network.now = NOON + moved
    assert await turned_away(house, house.network.client(TOWN)) == reason


@pytest_twisted.ensureDeferred
async def test_a_caller_with_an_older_tls_is_turned_away(house):
    old = house.network.client(TOWN, minimum=tls.TLS1_2)
    old.set_max_proto_version(tls.TLS1_2)
    assert await turned_away(house, old) == "tls_version"


@pytest_twisted.ensureDeferred
async def test_a_caller_without_tls_is_turned_away(house):
    assert await turned_away(house, None) == "not_tls"


@pytest_twisted.ensureDeferred
async def test_a_caller_that_hangs_up_in_the_handshake_is_told_of(house):
    link = await probe(house.port, None)
    link.transport.loseConnection()
    assert await house.reasons() == ["handshake_abandoned"]


@pytest_twisted.ensureDeferred
async def test_a_peer_revoked_since_the_handshake_is_cut_at_its_next_request(own_house):
    link = await own_house.call(LATE)
    link.transport.write(post(b"before"))
    await link.read(b"before")
    own_house.network.revoke(LATE)
    link.transport.write(post(b"after"))
    await link.lost
    assert link.got == b""
    assert own_house.bodies() == [b"before"]
    assert await own_house.reasons() == ["revoked"]


@pytest_twisted.ensureDeferred
async def test_a_look_cuts_the_idle_link_of_a_revoked_peer_and_no_other(own_house):
    revoked, good = await own_house.call(LATE), await proven(own_house)
    revoked.transport.write(post(b"before"))
    await revoked.read(b"before")
    own_house.network.revoke(LATE)
    own_house.listener.look_again()
    await revoked.lost
    good.transport.write(post(b"after"))
    assert (await good.read(b"after")).endswith(b"after")
    assert await own_house.reasons() == ["revoked"]


@pytest_twisted.ensureDeferred
async def test_a_look_cuts_a_revoked_peer_in_the_middle_of_its_request(own_house):
    link = await own_house.call(LATE)
    link.transport.write(post(b"before"))
    await link.read(b"before")
    link.transport.write(post(b"after")[:-2])
    own_house.network.revoke(LATE)
    own_house.listener.look_again()
    await link.lost
    assert own_house.bodies() == [b"before"]
    assert await own_house.reasons() == ["revoked"]


@pytest_twisted.ensureDeferred
async def test_no_answer_leaves_to_a_peer_that_was_revoked_meanwhile(own_house):
    own_house.handler = own_house.later
    link = await own_house.call(LATE)
    link.transport.write(post())
    await until(lambda: own_house.pending)
    own_house.network.revoke(LATE)
    own_house.listener.look_again()
    own_house.pending[0].callback(Answer(200, "text/plain", b"secret"))
    await link.lost
    assert link.got == b""
    assert await own_house.reasons() == ["revoked"]


@pytest_twisted.ensureDeferred
async def test_a_look_cuts_everybody_where_the_list_is_out_of_time(own_house):
    link = await proven(own_house)
    own_house.network.now = NOON + timedelta(days=8)
    own_house.listener.look_again()
    await link.lost
    assert await own_house.reasons() == ["stale_revocation"]


@pytest_twisted.ensureDeferred
async def test_a_fault_in_asking_who_a_caller_is_lets_nobody_in(network):
    def broken(certificate):
        raise RuntimeError("a bug")

    network.identify, kept = broken, network.identify
    try:
        house = await House(network).open()
        try:
            reason = await turned_away(house, network.client(TOWN))
            assert reason == "examination_failed"
        finally:
            await house.close()
    finally:
        network.identify = kept


async def proven(house):
    """A link that has been used once: its handshake is over at both ends."""
    link = await house.call()
    link.transport.write(post(b"first"))
    assert await link.read(b"first")
    return link


# -- too slow, too many ----------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_a_caller_that_does_not_prove_itself_in_time_is_cut(house):
    link = await probe(house.port, None)
    await until(lambda: house.listener.connections == 1)
    house.clock.advance(SETTINGS.handshake_seconds - 1)
    assert link.open
    house.clock.advance(1)
    await link.lost
    assert await house.reasons() == ["handshake_timeout"]


@pytest_twisted.ensureDeferred
async def test_an_idle_link_is_closed_in_good_order(house):
    link = await house.call()
    link.transport.write(post(b"once"))
    await link.read(b"once")
    house.clock.advance(SETTINGS.idle_seconds - 1)
    link.transport.write(post(b"again"))
    await link.read(b"again")
    house.clock.advance(SETTINGS.idle_seconds - 1)
    assert link.open
    house.clock.advance(1)
    await link.lost
    assert house.refused == []


@pytest_twisted.ensureDeferred
async def test_a_request_that_trickles_in_is_cut_however_it_trickles(house):
    link = await house.call()
    whole = post(bytes(100))
    await until(lambda: house.clock.getDelayedCalls())
    served = house.listener._links
    for at in range(4):
        link.transport.write(whole[at : at + 1])
        await until(
            lambda at=at: [len(one._http._buffer) for one in served] == [at + 1]
        )
        house.clock.advance(SETTINGS.request_seconds / 4)
    await link.lost
    assert await house.reasons() == ["slow_request"]
    assert house.asked == []


@pytest_twisted.ensureDeferred
async def test_a_handler_may_take_longer_than_a_request_may(house):
    house.handler = house.later
    link = await house.call()
    link.transport.write(post())
    await until(lambda: house.pending)
    house.clock.pump([SETTINGS.idle_seconds] * 4)
    house.pending[0].callback(Answer(200, "", b"at last"))
    assert await link.read(b"at last")


@pytest_twisted.ensureDeferred
async def test_a_peer_that_asks_but_does_not_read_is_cut(house):
    link = await proven(house)
    house.handler = lambda request, identity: succeed(Answer(200, "", bytes(2**21)))
    link.transport.pauseProducing()
    link.transport.write(post(b"") * 15)
    [served] = house.listener._links
    await until(lambda: served._choked)
    asked = len(house.asked)
    house.clock.advance(SETTINGS.request_seconds)
    assert await house.reasons() == ["slow_reader"]
    assert asked == len(house.asked) < 16
    link.transport.resumeProducing()
    await link.lost


@pytest_twisted.ensureDeferred
async def test_a_peer_that_reads_slowly_gets_all_answers(house):
    answer = bytes(2**20) + b"end"
    link = await proven(house)
    house.handler = lambda request, identity: succeed(Answer(200, "", answer))
    link.transport.pauseProducing()
    link.transport.write(post(b"") * 15 + post(b"", b"Connection: close\r\n"))
    await until(lambda: any(one._choked for one in house.listener._links))
    link.transport.resumeProducing()
    await link.lost
    assert len(house.asked) == 17
    assert link.got.count(b"HTTP/1.1 200 OK") == 16
    assert link.got.endswith(b"end")


@pytest_twisted.ensureDeferred
async def test_a_peer_that_never_says_goodbye_is_cut(house):
    link = await proven(house)
    link.transport.write(post(b"bye", extra=b"Connection: close\r\n"))
    link.transport.pauseProducing()
    [served] = house.listener._links
    await until(lambda: len(house.asked) == 2)
    house.clock.advance(SETTINGS.request_seconds)
    await until(lambda: served not in house.listener._links)
    link.transport.resumeProducing()
    await link.lost


@pytest_twisted.ensureDeferred
async def test_one_link_too_many_is_closed_at_once_and_counted(network):
    few = ListenerSettings(2, 60, 20, 10)
    house = await House(network, few).open()
    try:
        links = [await house.call(), await house.call()]
        for link in links:
            link.transport.write(post(b"in"))
            await link.read(b"in")
        third = await house.call()
        await third.lost
        assert house.listener.turned_away == 1
        assert await house.reasons() == ["too_many_connections"]
        links[0].transport.loseConnection()
        await until(lambda: house.listener.connections == 1)
        fourth = await house.call()
        fourth.transport.write(post(b"in"))
        assert await fourth.read(b"in")
    finally:
        await house.close()


# -- stopping --------------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_stopping_finishes_the_request_in_hand_and_takes_no_other(house):
    house.handler = house.later
    busy = await house.call()
    busy.transport.write(post(b"1") + post(b"2"))
    idle = await house.call()
    await until(lambda: house.pending and house.listener.connections == 2)
    stopped = house.listener.stop(60)
    await idle.lost
    house.pending[0].callback(Answer(200, "", b"done"))
    await busy.lost
    await stopped
    assert busy.got.endswith(b"done")
    assert b"Connection: close" in busy.got
    assert house.bodies() == [b"1"]
    with pytest.raises(Exception, match="refused"):
        await house.call()


@pytest_twisted.ensureDeferred
async def test_stopping_does_not_wait_for_ever(house):
    house.handler = house.later
    link = await house.call()
    link.transport.write(post())
    await until(lambda: house.pending)
    stopped = house.listener.stop(3)
    house.clock.advance(3)
    await stopped
    await link.lost
    assert link.got == b""
    house.pending[0].callback(Answer(200, "", b"too late"))
