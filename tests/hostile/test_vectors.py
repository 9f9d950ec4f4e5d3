# SPDX-License-Identifier: Apache-2.0
"""Every CMS vector, posted over TLS to a station that holds the vectors' keys.

The station is the daemon's own: listener, runtime, role, intake and store, at the
vectors' moment. What is read as a signed header stands in a good seal, beside the
payload that it commits to.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import Clock

from gateway import config as configs
from gateway.records.event import Event
from gateway.records.store import Store
from gateway.roles.core_role import CoreSystem
from gateway.services.listener import HttpListener, ListenerSettings
from gateway.services.runtime import Runtime
from gateway.station import Keys, Station
from pki.cms import Signer
from pki.sealing import Recipient
from pki.trust import Identity
from protocols import answers
from protocols.answers import Answer, Offered, SignedRefusal
from protocols.envelope import digest
from protocols.http import ClientConnection, Response
from simulators.shapes import enclosed
from tests.gateway.services.network import CITY, TOWN, Network, Probe, probe, until
from tests.gateway.world import CODES, CORE, REQUESTER, STORE_KEY, new_store
from tests.vectors import read
from tests.vectors.recipes import VECTORS
from tests.vectors.stations import (
    EXAMPLES,
    FOLDER,
    NOON,
    certificate,
    directory,
    example,
    key,
)
from tests.vectors.vector import REFUSAL, SEALED, SIGNED, Vector

POSTED = [vector for vector in VECTORS if vector.kind != REFUSAL]
REFUSED = [vector for vector in POSTED if not vector.accepted]
ACCEPTED = [vector for vector in POSTED if vector.accepted]
BOUNDS = ListenerSettings(8, 60, 20, 10)


@dataclass(frozen=True)
class Told:
    """What the sender of one vector was told, and what stands on record."""

    status: int
    length: int
    answer: Answer | None
    """None where it is sealed: a reply, so the vector was taken."""
    events: list[Event]


def station(folder: Path, store: Store) -> Station:
    """The core of the examples."""
    permit = Signer(key("core-permit"), certificate("core-permit"))
    keys = Keys(
        signer=Signer(key("core-signing"), certificate("core-signing")),
        opener=read.opener(),
        sealing_digest=Recipient(certificate("core-sealing")).digest,
        permit_signer=permit,
    )
    config = configs.Config(
        station=configs.Station(CORE.organisation, CORE.role),
        outside=configs.Listen(1),
        keys=configs.Keys(folder, EXAMPLES / "pki/chain.pem", EXAMPLES / "pki/crl.pem"),
        master=configs.MasterFile(EXAMPLES / "master.cms", folder),
        store=configs.StoreFile(folder, folder),
    )
    return Station(config, keys, directory(), store, CODES)


@pytest_twisted.async_yield_fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[object]:
    """Every vector by its id, posted over one link."""
    folder = tmp_path_factory.mktemp("vectors")
    store = Store.open(new_store(folder), STORE_KEY, reactor.callFromThread)
    core = station(folder, store)
    runtime = Runtime(
        core,
        CoreSystem(core),
        lambda: NOON,
        lambda outgoing: None,
        lambda source, reason: None,
    )
    network, clock = Network(folder / "authority"), Clock()

    def identify(shown: object) -> Identity:
        return replace(network.identify(shown), station=REQUESTER)

    listener = HttpListener(
        BOUNDS,
        network.server(CITY),
        identify,
        lambda request, who: Deferred.fromCoroutine(runtime.post(request, who)),
        lambda who, reason: pytest.fail(f"{who} was cut off: {reason}"),
        clock,
    )
    endpoint = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    port = (await listener.listen(endpoint)).getHost().port
    link = await probe(port, network.client(TOWN))
    try:
        yield {vector.id: await post(link, store, vector) for vector in POSTED}
    finally:
        link.transport.loseConnection()
        await link.lost
        stopping = listener.stop(1)
        clock.pump([1, 3])
        await stopping
        store.close()


async def post(link: Probe, store: Store, vector: Vector) -> Told:
    """Post one vector and wait for its answer."""
    body, client = envelope_of(vector), ClientConnection()
    seen = sum(1 for _ in store.all_events())
    link.transport.write(
        client.request("POST", "/v1/messages", "application/cms", body, "core")
    )
    got: list[Response] = []

    def heard() -> bool:
        data, link.got = link.got, b""
        got.extend(one for one in client.receive(data) if data) if data else None
        return bool(got) or not link.open

    await until(heard)
    events = [stored.event for stored in store.all_events()][seen:]
    return Told(got[0].status, len(got[0].body), understood(body, got[0].body), events)


def envelope_of(vector: Vector) -> bytes:
    """What is posted."""
    data = (FOLDER / vector.file).read_bytes()
    if vector.kind != SIGNED:
        return data
    salt, payload = example("inquiry-salt.bin"), example("inquiry-payload.xml")
    recipient = Recipient(certificate("core-sealing"))
    return recipient.seal(enclosed(data, salt, payload))


def understood(body: bytes, answer: bytes) -> Answer | None:
    """The answer as the sender verifies it; None for a reply."""
    offered = Offered(digest(body), bytes(16), bytes(32), CORE)
    try:
        return answers.read(answer, offered, read.opener(), directory(), NOON)
    except answers.AnswerInvalid:
        return None


def named(vector: Vector) -> str:
    return vector.id


@pytest.mark.parametrize("vector", REFUSED, ids=named)
def test_a_refused_vector_gets_the_one_answer_and_its_own_record(
    told: dict[str, Told], vector: Vector
) -> None:
    got = told[vector.id]
    assert isinstance(got.answer, SignedRefusal)
    assert (got.status, got.answer.code, got.answer.header_digest) == (
        422,
        "SK-U00",
        None,
    )
    assert [event.code for event in got.events] == [vector.code]


OF_ITS_LAYER = {
    SEALED: {"SK-U02"},
    SIGNED: {"SK-U01", "SK-U03", "SK-U04", "SK-U05", "SK-U06"},
}
"""What an accepted vector cannot be refused with: what stands beside or inside it may
still not be what a station wants."""


@pytest.mark.parametrize("vector", ACCEPTED, ids=named)
def test_an_accepted_vector_comes_through_its_layer(
    told: dict[str, Told], vector: Vector
) -> None:
    codes = {event.code for event in told[vector.id].events}
    assert codes
    assert not codes & OF_ITS_LAYER[vector.kind]


def lengths(told: dict[str, Told]) -> Iterator[int]:
    return (told[vector.id].length for vector in REFUSED)


def test_all_these_answers_are_of_one_length(told: dict[str, Told]) -> None:
    """But for the signature's DER, which is some bytes longer or shorter."""
    assert max(lengths(told)) - min(lengths(told)) <= 8
