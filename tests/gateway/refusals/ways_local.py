# SPDX-License-Identifier: Apache-2.0
"""Into what a station keeps to itself: holds, copies, and messages that do not arrive.

The sender is the daemon's own; where the line matters it speaks through the daemon's
own client to a real listener, or to nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from click.testing import CliRunner
from twisted.internet import reactor
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock

from gateway.holds_cli import holds
from gateway.outbox_cli import outbox
from gateway.records.rows import Outgoing
from gateway.rules.calendar import Calendar
from gateway.services.client_link import CLOSE_SECONDS
from gateway.services.holds import Holds
from gateway.services.listener import Answer, HttpListener
from gateway.services.peer import PeerClient
from gateway.services.runtime import CMS
from gateway.services.sender import Sender
from pki.names import StationName
from pki.trust import Purpose
from protocols.http import Response
from tests.gateway.files import configured
from tests.gateway.refusals.scene import KeptHere, Scene, Way
from tests.gateway.refusals.ways_link import SETTINGS
from tests.gateway.services.network import (
    CITY,
    LATE,
    TOWN,
    ClockedReactor,
    Network,
    until,
)
from tests.gateway.services.posts import inquiry_in
from tests.gateway.words import inquiry_message, open_inquiry, order
from tests.gateway.works import Works, age_the_master
from tests.gateway.world import (
    COPIES,
    CORE,
    FLAGGED,
    HOUR,
    NOBODY,
    PROVIDER,
    REQUESTER,
)
from tests.values import replace

# --- holds and copies -----------------------------------------------------------------


async def _held(scene: Scene) -> tuple[Works, str]:
    """A provider with one hold that waits, and its id."""
    provider = scene.works_at(PROVIDER, *COPIES)
    await provider.post(order(scene.world, FLAGGED).message())
    (hold,) = provider.store.holds("open")
    return provider, hold.hold_id


async def _looked_after(provider: Works) -> KeptHere:
    await Holds(provider.runtime, provider.role, provider.clock).look()
    assert provider.offered
    return KeptHere(provider, provider.offered)


async def _refused_by_a_clerk(scene: Scene) -> KeptHere:
    provider, hold_id = await _held(scene)
    config = configured(scene.world, PROVIDER, provider.path.parent)
    words = ["refuse", hold_id, "--operator", "審査 花子", "--reason", "本人の申出"]
    done = CliRunner().invoke(holds, [*words, "--config", str(config)])
    assert done.exit_code == 0, done.output
    return await _looked_after(provider)


async def _left_undecided(scene: Scene) -> KeptHere:
    provider, hold_id = await _held(scene)
    hold = provider.store.hold(hold_id)
    assert hold is not None
    provider.now = hold.release_by
    return await _looked_after(provider)


async def _no_copy(scene: Scene) -> KeptHere:
    provider = scene.works_at(PROVIDER, *COPIES)
    await provider.post(order(scene.world, NOBODY).message())
    assert provider.offered
    return KeptHere(provider, provider.offered)


# --- sending --------------------------------------------------------------------------


@dataclass
class Played:
    """A client whose answers a test gives."""

    answer: Callable[[bytes], Deferred[Response]]

    def post(self, path: str, content_type: str, body: bytes) -> Deferred[Response]:
        return self.answer(body)


async def _owed(scene: Scene) -> tuple[Works, Outgoing]:
    """A provider that owes a requester an answer."""
    provider = scene.works_at(PROVIDER, *COPIES)
    await provider.post(order(scene.world).message())
    return provider, provider.offered[-1]


def _sender(works: Works, peer: StationName, client: Any) -> Sender:
    station, clock = works.station, works.clock
    return Sender(peer, client, station, works.role, works.runtime, clock, Clock())


async def _tried(works: Works, owed: Outgoing, client: Any) -> KeptHere:
    """One delivery attempt that does not succeed, whatever comes of it."""
    _sender(works, StationName.parse(owed.peer), client).offer(owed)

    def landed() -> bool:
        row = works.store.outgoing(owed.message_id)
        return row is not None and (row.attempts == 1 or row.state != "waiting")

    await until(landed)
    return KeptHere(works, works.offered)


def _line(
    listening: StationName | None, expected: StationName = CITY, late: bool = False
) -> Way:
    """Send to an address where ``listening`` answers, or nobody.

    ``late``: the listener believes in no certificate any more.
    """

    async def way(scene: Scene) -> KeptHere:
        works, owed = await _owed(scene)
        network = Network(scene.folder / "authority")
        port, close = await _address(network, listening, late)
        timed = ClockedReactor()
        client = PeerClient(
            timed,
            "127.0.0.1",
            port,
            network.client(TOWN),
            network.identify,
            expected,
            timeout=30.0,
        )
        try:
            return await _tried(works, owed, client)
        finally:
            closing = client.close()
            timed.clock.advance(CLOSE_SECONDS)
            await closing
            await close()

    return way


async def _address(
    network: Network, listening: StationName | None, late: bool
) -> tuple[int, Callable[[], Any]]:
    """A port of this machine, and how to take its listener away."""
    endpoint = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    if listening is None:
        port = await endpoint.listen(Factory())
        number = port.getHost().port
        await port.stopListening()
        return number, _nothing
    believing = network.now + timedelta(days=500) if late else network.now
    clock = Clock()
    listener = HttpListener(
        SETTINGS,
        network.server(listening),
        lambda shown: network.trust.check(shown, Purpose.TLS, believing),
        lambda request, identity: succeed(Answer(200, CMS, b"no answer of ours")),
        lambda host, reason: None,
        clock,
    )
    port = await listener.listen(endpoint)

    async def close() -> None:
        stopping = listener.stop(1)
        clock.pump([1, 60])
        await stopping

    return port.getHost().port, close


async def _nothing() -> None:
    """There is nothing to take away."""


async def _out_of_time(scene: Scene) -> KeptHere:
    works, owed = await _owed(scene)
    works.now = owed.deadline + HOUR
    return await _tried(works, owed, Played(lambda body: Deferred()))


async def _given_up(scene: Scene) -> KeptHere:
    works, owed = await _owed(scene)
    config = configured(scene.world, PROVIDER, works.path.parent)
    message = owed.message_id.hex()
    words = ["give-up", message, "--operator", "運用 花子", "--reason", "本人の申出"]
    done = CliRunner().invoke(outbox, [*words, "--config", str(config)])
    assert done.exit_code == 0, done.output
    return await _tried(works, owed, Played(lambda body: Deferred()))


async def _peer_closed(scene: Scene) -> KeptHere:
    """The requester knows that the core is closed, and does not ask it."""
    requester = scene.works_at(REQUESTER)
    owed = await inquiry_in(requester)
    office = Calendar(week=(((540, 1020),),) * 5 + ((),) * 2)
    requester.station.calendars.of(CORE).follow(office)
    return await _tried(requester, owed, Played(lambda body: fail(KeyError())))


async def _too_old_a_master(scene: Scene) -> KeptHere:
    works, owed = await _owed(scene)
    age_the_master(works)
    return await _tried(works, owed, Played(lambda body: fail(KeyError())))


async def _fault_of_our_own(scene: Scene) -> KeptHere:
    works, owed = await _owed(scene)
    return await _tried(works, owed, Played(lambda body: fail(KeyError("a fault"))))


async def _sealed_for_another(scene: Scene) -> KeptHere:
    """A requester whose master is wrong, and a core that cannot read what it sends."""
    requester, core = scene.works_at(REQUESTER), scene.works_at(CORE)
    astray = inquiry_message(scene.world, seal_for=PROVIDER)
    owed = Outgoing(
        message_id=astray.header.message_id,
        peer=str(CORE),
        message_type=astray.header.message_type,
        envelope=astray.envelope,
        header_digest=astray.header_digest,
        processing_number=astray.header.processing_number,
        created=astray.header.created,
        deadline=astray.header.expires,
    )
    requester.write(lambda tx: tx.open_inquiry(open_inquiry()))
    requester.write(lambda tx: tx.enqueue(owed))

    def to_core(body: bytes) -> Deferred[Response]:
        assert body == astray.envelope

        async def asked() -> Response:
            answer = await core.post(replace(astray, envelope=body))
            return Response(answer.status, answer.content_type, answer.body, True)

        return Deferred.fromCoroutine(asked())

    return await _tried(requester, owed, Played(to_core))


async def _not_vouched_for(scene: Scene) -> KeptHere:
    works, owed = await _owed(scene)
    works.station.facts.vouched.problem = "no time-stamp was got for 73.0 hours"
    return await _tried(works, owed, Played(lambda body: fail(KeyError("sent"))))


WAYS: Mapping[str, Way] = {
    "SK-U00": _sealed_for_another,
    "SK-H01": _refused_by_a_clerk,
    "SK-H02": _left_undecided,
    "SK-H03": _no_copy,
    "SK-T01": _line(None),
    "SK-T02": _line(CITY, expected=LATE),
    "SK-T03": _out_of_time,
    "SK-T04": _line(CITY),
    "SK-T05": _line(CITY, late=True),
    "SK-T06": _fault_of_our_own,
    "SK-T07": _peer_closed,
    "SK-T08": _given_up,
    "SK-T09": _not_vouched_for,
    "SK-T10": _too_old_a_master,
}
