# SPDX-License-Identifier: Apache-2.0
"""The peer client: nothing is sent to anyone but the peer, and every end has a name."""

import pytest
import pytest_twisted
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, gatherResults, maybeDeferred, succeed
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from gateway.services import peer as peer_module
from gateway.services.client_link import CLOSE_SECONDS, CONNECT_SECONDS, IDLE_SECONDS
from gateway.services.listener import Answer, HttpListener, ListenerSettings
from gateway.services.peer import (
    MAX_WAITING,
    PeerBusy,
    PeerClient,
    PeerClosed,
    PeerError,
    PeerRefusesUs,
    PeerSilent,
    PeerTalksNonsense,
    PeerUnreachable,
    PeerUnsendable,
    PeerUntrusted,
)
from protocols.http import Request, Response, ServerConnection
from protocols.http_limits import MAX_BODY
from tests.gateway.services.network import (
    CITY,
    LATE,
    TOWN,
    ClockedReactor,
    Network,
    until,
)

TIMEOUT = 30.0


class Served(Protocol):
    """One link at the peer's end; the peer's script decides what becomes of it."""

    def connectionMade(self):
        self.http = ServerConnection()
        self.raw = b""
        self.peer = self.factory.peer
        self.peer.links.append(self)

    def dataReceived(self, data):
        self.raw += data
        if self.peer.context is None:
            return
        for event in self.http.receive(data):
            if isinstance(event, Request):
                self.peer.asked.append((self, event))
                self.peer.script(self, event)

    def connectionLost(self, reason):
        self.peer.links.remove(self)

    def answer(self, body, status=200, **options):
        self.transport.write(self.http.respond(status, "text/plain", body, **options))


@implementer(IOpenSSLServerConnectionCreator)
class Peer:
    """A peer that is made of a script: it stands in for any station's listener."""

    def __init__(self, context: SSL.Context | None) -> None:
        self.context = context
        self.links: list[Served] = []
        self.asked: list[tuple[Served, Request]] = []
        self.names = []
        self.script = lambda link, request: link.answer(request.body)

    def serverConnectionForTLS(self, protocol):
        return SSL.Connection(self.context, None)

    async def open(self, interface):
        factory = Factory.forProtocol(Served)
        factory.noisy = False
        factory.peer = self
        if self.context is not None:
            self.context.set_tlsext_servername_callback(
                lambda connection: self.names.append(connection.get_servername())
            )
            factory = TLSMemoryBIOFactory(self, False, factory)
        endpoint = TCP4ServerEndpoint(reactor, 0, interface=interface)
        self._port = await endpoint.listen(factory)
        self.port = self._port.getHost().port
        return self

    async def close(self):
        await maybeDeferred(self._port.stopListening)
        for link in tuple(self.links):
            link.transport.abortConnection()
        await until(lambda: not self.links)

    def bodies(self):
        return [request.body for _, request in self.asked]


class Street:
    """Peers and clients of one test, cleared away together."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.reactor = ClockedReactor()
        self.clock = self.reactor.clock
        self.peers: list[Peer] = []
        self.clients: list[PeerClient] = []

    async def peer(
        self, station=CITY, context=None, tls=True, interface="127.0.0.1"
    ) -> Peer:
        context = context or (self.network.server(station) if tls else None)
        self.peers.append(await Peer(context).open(interface))
        return self.peers[-1]

    def client(self, port: int, **options) -> PeerClient:
        station = options.pop("station", TOWN)
        client = PeerClient(
            options.pop("reactor", self.reactor),
            options.pop("host", "127.0.0.1"),
            port,
            self.network.client(station),
            self.network.identify,
            options.pop("expected", CITY),
            timeout=TIMEOUT,
            **options,
        )
        self.clients.append(client)
        return client

    async def pair(self, **options) -> tuple[Peer, PeerClient]:
        peer = await self.peer()
        return peer, self.client(peer.port, **options)

    async def close(self) -> None:
        for client in self.clients:
            closing = client.close()
            self.clock.advance(CLOSE_SECONDS)
            await closing
            assert client.connections == 0
        for peer in self.peers:
            await peer.close()
        assert self.clock.getDelayedCalls() == []


@pytest_twisted.async_yield_fixture
async def street(network):
    street = Street(network)
    yield street
    await street.close()


@pytest_twisted.async_yield_fixture
async def own_street(own_network):
    street = Street(own_network)
    yield street
    await street.close()


def post(client: PeerClient, body: bytes = b"hello"):
    return client.post("/v1/messages", "application/cms", body)


async def failure_of(answer, kind: type[PeerError]) -> str:
    with pytest.raises(PeerError) as caught:
        await answer
    assert type(caught.value) is kind
    return caught.value.reason


def silent(link, request):
    """The script of a peer that takes questions and gives no answers."""


# -- answers ---------------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_a_question_is_answered(street):
    peer, client = await street.pair()
    assert await post(client) == Response(200, "text/plain", b"hello", True)
    [(link, request)] = peer.asked
    assert request == Request("POST", "/v1/messages", "application/cms", b"hello", True)
    assert f"Host: 127.0.0.1:{peer.port}\r\n".encode() in link.raw


@pytest_twisted.ensureDeferred
async def test_an_answer_that_is_a_refusal_is_an_answer(street):
    peer, client = await street.pair()
    peer.script = lambda link, request: link.answer(b"no", status=503)
    assert (await post(client)).status == 503


@pytest_twisted.ensureDeferred
async def test_questions_one_after_another_go_over_one_link(street):
    peer, client = await street.pair()
    for number in range(10):
        body = b"%d" % number
        assert (await post(client, body)).body == body
    assert len({link for link, _ in peer.asked}) == 1


@pytest_twisted.ensureDeferred
async def test_a_question_asked_at_an_answer_goes_over_the_same_link(street):
    peer, client = await street.pair()
    bodies = []

    def again(response):
        bodies.append(response.body)
        if len(bodies) < 5:
            return post(client, b"%d" % len(bodies)).addCallback(again)
        return None

    await post(client, b"0").addCallback(again)
    assert bodies == [b"0", b"1", b"2", b"3", b"4"]
    assert len({link for link, _ in peer.asked}) == 1


@pytest_twisted.ensureDeferred
async def test_many_questions_share_no_more_links_than_allowed(street):
    peer, client = await street.pair(max_connections=3)
    peer.script = silent
    answers = [post(client, b"%d" % number) for number in range(9)]
    await until(lambda: len(peer.asked) == 3)
    assert client.connections == 3
    assert peer.bodies() == [b"0", b"1", b"2"]
    for served in range(9):
        await until(lambda served=served: len(peer.asked) > served)
        link, request = peer.asked[served]
        link.answer(request.body)
    bodies = [(await answer).body for answer in answers]
    assert bodies == [b"%d" % number for number in range(9)]
    assert len({link for link, _ in peer.asked}) == 3


@pytest_twisted.ensureDeferred
async def test_no_server_name_is_sent(street):
    peer, client = await street.pair()
    await post(client)
    assert peer.names == [None]


@pytest_twisted.ensureDeferred
async def test_a_peer_is_known_at_an_address_that_its_certificate_does_not_name(street):
    peer = await street.peer(interface="127.0.0.2")
    client = street.client(peer.port, host="127.0.0.2")
    assert (await post(client)).status == 200


@pytest_twisted.ensureDeferred
async def test_a_peer_is_reached_by_its_host_name(street):
    peer = await street.peer()
    client = street.client(peer.port, host="localhost", reactor=reactor)
    assert (await post(client)).status == 200


# -- links that end --------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_after_an_answer_that_closes_the_next_question_takes_a_new_link(street):
    peer, client = await street.pair()
    peer.script = lambda link, request: link.answer(request.body, close=True)
    await post(client, b"1")
    await post(client, b"2")
    assert len({link for link, _ in peer.asked}) == 2


@pytest_twisted.ensureDeferred
async def test_a_link_that_nobody_needs_is_closed(street):
    _, client = await street.pair()
    await post(client)
    street.clock.advance(IDLE_SECONDS - 1)
    assert client.connections == 1
    street.clock.advance(1)
    await until(lambda: client.connections == 0)
    assert (await post(client)).status == 200


@pytest_twisted.ensureDeferred
async def test_a_free_link_that_the_peer_closes_is_not_used_again(street):
    peer, client = await street.pair()
    await post(client)
    peer.links[0].transport.loseConnection()
    await until(lambda: client.connections == 0)
    assert (await post(client)).status == 200


def close_on_second(link, request):
    """The script of a peer whose goodbye crosses the second question on a link."""
    if [served for served, _ in link.peer.asked].count(link) == 1:
        link.answer(request.body)
    else:
        link.transport.abortConnection()


@pytest_twisted.ensureDeferred
async def test_a_question_that_crossed_a_goodbye_is_asked_again_over_a_new_link(street):
    peer, client = await street.pair()
    peer.script = close_on_second
    await post(client, b"1")
    assert (await post(client, b"2")).body == b"2"
    assert peer.bodies() == [b"1", b"2", b"2"]
    raw = [link.raw for link, request in peer.asked if request.body == b"2"]
    assert raw[0].endswith(raw[1])


@pytest_twisted.ensureDeferred
async def test_a_question_is_asked_again_only_once(street):
    peer, client = await street.pair()
    await post(client, b"1")
    peer.script = lambda link, request: link.transport.abortConnection()
    reason = await failure_of(post(client, b"2"), PeerUnreachable)
    assert reason == "connection_lost"
    assert peer.bodies() == [b"1", b"2", b"2"]


@pytest_twisted.ensureDeferred
async def test_a_new_link_that_ends_without_an_answer_is_not_tried_again(street):
    peer, client = await street.pair()
    peer.script = lambda link, request: link.transport.loseConnection()
    assert await failure_of(post(client), PeerUnreachable) == "connection_lost"
    assert len(peer.asked) == 1


@pytest_twisted.ensureDeferred
async def test_an_answer_that_is_cut_is_not_asked_for_again(street):
    peer, client = await street.pair()
    await post(client)

    def cut(link, request):
        link.transport.write(link.http.respond(200, "", b"whole")[:-1])
        link.transport.loseConnection()

    peer.script = cut
    assert await failure_of(post(client), PeerTalksNonsense) == "cut_short"
    assert len(peer.asked) == 2


# -- who answers -----------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_nothing_is_sent_to_another_station(street):
    peer = await street.peer(LATE)
    client = street.client(peer.port, expected=CITY)
    assert await failure_of(post(client), PeerUntrusted) == "another_station"
    assert peer.asked == []


@pytest_twisted.ensureDeferred
async def test_nothing_is_sent_under_a_certificate_that_the_route_does_not_name(street):
    peer = await street.peer()
    seen = []

    def accept(fingerprint):
        seen.append(fingerprint)
        return False

    client = street.client(peer.port, accept_fingerprint=accept)
    assert await failure_of(post(client), PeerUntrusted) == "another_certificate"
    assert set(seen) == {
        street.network.identify(street.network.certificate(CITY)).fingerprint
    }
    assert peer.asked == []


@pytest_twisted.ensureDeferred
async def test_nothing_is_sent_to_a_peer_of_another_authority(street, tmp_path):
    context = Network(tmp_path / "other").server(CITY)
    peer = await street.peer(context=context)
    client = street.client(peer.port)
    assert await failure_of(post(client), PeerUntrusted) == "unknown_authority"
    assert peer.asked == []


@pytest_twisted.ensureDeferred
async def test_nothing_more_is_sent_to_a_peer_revoked_since_the_last_question(
    own_street,
):
    peer, client = await own_street.pair()
    await post(client, b"before")
    own_street.network.revoke(CITY)
    assert await failure_of(post(client, b"after"), PeerUntrusted) == "revoked"
    assert peer.bodies() == [b"before"]


@pytest_twisted.ensureDeferred
async def test_a_look_ends_the_free_link_of_a_revoked_peer(own_street):
    peer, client = await own_street.pair()
    await post(client, b"before")
    own_street.network.revoke(CITY)
    client.look_again()
    await until(lambda: not peer.links and not client.connections)
    assert await failure_of(post(client, b"after"), PeerUntrusted) == "revoked"
    assert peer.bodies() == [b"before"]


@pytest_twisted.ensureDeferred
async def test_no_answer_is_taken_from_a_peer_that_was_revoked_meanwhile(own_street):
    peer, client = await own_street.pair()
    peer.script = lambda link, request: None
    asked = post(client, b"question")
    await until(lambda: peer.asked)
    own_street.network.revoke(CITY)
    client.look_again()
    assert await failure_of(asked, PeerUnreachable) == "revoked"
    await until(lambda: not client.connections)


@pytest_twisted.ensureDeferred
async def test_a_look_leaves_a_peer_that_is_still_trusted_alone(street):
    peer, client = await street.pair()
    await post(client, b"before")
    links = tuple(peer.links)
    client.look_again()
    await post(client, b"after")
    assert tuple(peer.links) == links


@pytest_twisted.ensureDeferred
async def test_a_station_that_the_peer_does_not_accept_learns_it(street):
    context = street.network.server(CITY)
    required = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    context.set_verify(required, lambda *_: False)
    peer = await street.peer(context=context)
    client = street.client(peer.port)
    assert await failure_of(post(client), PeerRefusesUs) == "peer_refuses_us"


@pytest_twisted.ensureDeferred
async def test_what_is_not_a_peer_at_all_is_unreachable_silent_or_nonsense(street):
    closed = await street.peer()
    await closed.close()
    reason = await failure_of(post(street.client(closed.port)), PeerUnreachable)
    assert reason == "connection_refused"

    plain = await street.peer(tls=False)
    answer = post(street.client(plain.port))
    await until(lambda: plain.links)
    plain.links[0].transport.write(b"220 mail.example ready\r\n")
    assert await failure_of(answer, PeerTalksNonsense) == "not_tls"


@pytest_twisted.ensureDeferred
async def test_one_failure_to_connect_fails_all_that_wait_for_a_first_link(street):
    closed = await street.peer()
    await closed.close()
    client = street.client(closed.port, max_connections=2)
    answers = [post(client) for _ in range(20)]
    for answer in answers:
        assert await failure_of(answer, PeerUnreachable) == "connection_refused"


# -- our own listener as the peer ------------------------------------------------


async def listening(street) -> HttpListener:
    listener = HttpListener(
        ListenerSettings(8, 60, 20, 10),
        street.network.server(CITY),
        street.network.identify,
        lambda request, identity: succeed(Answer(200, "text/plain", request.body)),
        lambda host, reason: None,
        street.clock,
    )
    port = await listener.listen(TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"))
    listener.port = port.getHost().port
    return listener


@pytest_twisted.ensureDeferred
async def test_a_client_and_a_listener_speak_with_each_other(street):
    listener = await listening(street)
    client = street.client(listener.port, max_connections=4)
    bodies = [b"%d" % number * 1000 for number in range(100)]
    answers = [post(client, body) for body in bodies]
    assert [(await answer).body for answer in answers] == bodies
    assert listener.connections == client.connections == 4
    await gatherResults([client.close(), listener.stop()])


@pytest_twisted.ensureDeferred
async def test_a_revoked_station_learns_from_a_listener_that_it_is_not_let_in(
    own_street,
):
    listener = await listening(own_street)
    own_street.network.revoke(TOWN)
    client = own_street.client(listener.port)
    assert await failure_of(post(client), PeerRefusesUs) == "peer_refuses_us"
    await listener.stop()


# -- answers that are none -------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "no_length"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "version"),
        (b"HTTP/1.1 200 OK\n\n", "bare_newline"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer_encoding"),
    ],
    ids=["no length", "old", "newlines", "chunks"],
)
@pytest_twisted.ensureDeferred
async def test_an_answer_that_is_not_plain_http_is_none(street, raw, reason):
    peer, client = await street.pair()
    peer.script = lambda link, request: link.transport.write(raw)
    assert await failure_of(post(client), PeerTalksNonsense) == reason


@pytest_twisted.ensureDeferred
async def test_bytes_after_an_answer_end_the_link_but_do_not_touch_the_answer(street):
    peer, client = await street.pair()
    peer.script = lambda link, request: link.transport.write(
        link.http.respond(200, "", b"fine") + b"more"
    )
    assert (await post(client)).body == b"fine"
    await until(lambda: client.connections == 0)


# -- too slow, too many ----------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_a_peer_that_gives_no_answer_is_silent_and_its_link_is_not_kept(street):
    peer, client = await street.pair()
    peer.script = silent
    answer = post(client)
    await until(lambda: peer.asked)
    street.clock.advance(TIMEOUT - 1)
    assert not answer.called
    street.clock.advance(1)
    assert await failure_of(answer, PeerSilent) == "no_answer"
    await until(lambda: client.connections == 0)
    peer.script = lambda link, request: link.answer(b"better")
    assert (await post(client)).body == b"better"


@pytest_twisted.ensureDeferred
async def test_an_answer_that_trickles_in_gains_no_time(street):
    peer, client = await street.pair()
    peer.script = lambda link, request: link.transport.write(b"HTTP/1.1 200 OK\r\n")
    answer = post(client)
    await until(lambda: any(link._answer_begun for link in client._links))
    street.clock.advance(TIMEOUT)
    assert await failure_of(answer, PeerSilent) == "no_answer"


@pytest_twisted.ensureDeferred
async def test_a_peer_that_does_not_shake_hands_is_unreachable(street):
    plain = await street.peer(tls=False)
    client = street.client(plain.port)
    answer = post(client)
    await until(lambda: client._links)
    street.clock.advance(CONNECT_SECONDS)
    assert await failure_of(answer, PeerUnreachable) == "handshake_timeout"


@pytest_twisted.ensureDeferred
async def test_a_question_that_found_no_free_link_in_time_was_not_sent(street):
    peer, client = await street.pair(max_connections=1)
    await post(client, b"first")
    peer.script = silent
    busy = post(client, b"busy")
    street.clock.advance(1)
    waiting = post(client, b"waiting")
    await until(lambda: len(peer.asked) == 2)
    waiting_call = client._waiting[0]
    client._deadlines.set(waiting_call, 5)
    street.clock.advance(5)
    assert await failure_of(waiting, PeerSilent) == "no_free_link"
    peer.asked[1][0].answer(b"done")
    assert (await busy).body == b"done"
    assert peer.bodies() == [b"first", b"busy"]


@pytest_twisted.ensureDeferred
async def test_no_more_questions_wait_than_memory_is_meant_for(street):
    peer, client = await street.pair(max_connections=1)
    peer.script = silent
    first = post(client)
    await until(lambda: peer.asked)
    waiting = [post(client) for _ in range(MAX_WAITING)]
    assert await failure_of(post(client), PeerBusy) == "queue_full"
    closing = client.close()
    for answer in [first, *waiting]:
        assert await failure_of(answer, PeerClosed) == "closing"
    await closing


@pytest_twisted.ensureDeferred
async def test_what_cannot_be_written_is_not_sent_and_harms_no_link(street):
    peer, client = await street.pair()
    await post(client)
    too_large = client.post("/v1/messages", "application/cms", bytes(MAX_BODY + 1))
    assert await failure_of(too_large, PeerUnsendable) == "body_too_large"
    odd = client.post("/v1 messages", "application/cms", b"")
    assert await failure_of(odd, PeerUnsendable) == "unsendable"
    await post(client)
    assert len({link for link, _ in peer.asked}) == 1


# -- giving up -------------------------------------------------------------------


@pytest_twisted.ensureDeferred
async def test_a_question_can_be_withdrawn_while_it_waits_and_on_its_way(street):
    peer, client = await street.pair(max_connections=1)
    peer.script = silent
    on_its_way, waiting = post(client, b"1"), post(client, b"2")
    await until(lambda: peer.asked)
    waiting.cancel()
    with pytest.raises(CancelledError):
        await waiting
    on_its_way.cancel()
    with pytest.raises(CancelledError):
        await on_its_way
    await until(lambda: client.connections == 0)
    assert peer.bodies() == [b"1"]


@pytest_twisted.ensureDeferred
async def test_closing_waits_for_answers_if_told_to_and_takes_no_question(street):
    peer, client = await street.pair(max_connections=1)
    peer.script = silent
    answer, waiting = post(client, b"1"), post(client, b"2")
    await until(lambda: peer.asked)
    closing = client.close(10)
    assert await failure_of(waiting, PeerClosed) == "closing"
    assert await failure_of(post(client), PeerClosed) == "closing"
    peer.asked[0][0].answer(b"last")
    assert (await answer).body == b"last"
    await closing
    assert client.connections == 0


@pytest_twisted.ensureDeferred
async def test_closing_does_not_wait_longer_than_told(street):
    peer, client = await street.pair()
    peer.script = silent
    answer = post(client)
    await until(lambda: peer.asked)
    closing = client.close(10)
    street.clock.advance(10)
    assert await failure_of(answer, PeerClosed) == "closing"
    await closing


@pytest_twisted.ensureDeferred
async def test_closing_ends_links_that_are_being_made(street):
    _, client = await street.pair()
    answer = post(client)
    closing = client.close()
    assert await failure_of(answer, PeerClosed) == "closing"
    await closing
    assert client.connections == 0


def test_every_error_tells_the_operator_what_to_do():
    kinds = [
        getattr(peer_module, name)
        for name in peer_module.__all__
        if name.startswith("Peer") and name != "PeerClient"
    ]
    assert set(PeerError.__subclasses__()) | {PeerError} == set(kinds)
    assert all(len(kind.__doc__ or "") > 60 for kind in kinds)
