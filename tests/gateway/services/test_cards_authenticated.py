# SPDX-License-Identifier: Apache-2.0
"""A CS gives nothing to a card management system that cannot prove who it is (R-160).

The CS, its sender and its client are the daemon's own. What answers at the address of
the card management system is a TLS listener that writes down every byte it hears.
"""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_twisted
from OpenSSL import SSL
from twisted.internet.task import Clock

from gateway.records.event import EventKind
from gateway.services.client_link import CLOSE_SECONDS
from gateway.services.peer import PeerClient
from gateway.services.sender import Sender
from pki import authority, tls
from pki.authority import Authority
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation
from pki.serials import RevocationReason
from pki.trust import Purpose, TrustStore
from schemas.extracts import query_of
from tests.gateway.services.network import ClockedReactor, until
from tests.gateway.services.test_cs_inside import City
from tests.gateway.services.test_peer import Peer
from tests.gateway.world import CARDS, CS, JLIS, NOON
from tests.schemas.samples import sample

in_reactor = pytest_twisted.ensureDeferred
EXTRACT = sample("sending_destination_extract")


@dataclass
class Shown:
    """What is at the address, and how the CS looks at certificates."""

    context: SSL.Context | None
    trust: TrustStore
    late: timedelta = timedelta(0)


def served(layout: Layout, name: StationName, purpose=Purpose.TLS) -> SSL.Context:
    """A listener with a station's certificate, which lets everybody in."""
    key, certificate = layout.key(name, purpose), layout.certificate(name, purpose)
    return tls.server_context(key, certificate, layout.chain, lambda _: True)


def right(world, folder: Path) -> Shown:
    return Shown(served(world.layout, CARDS), world.trust)


def another_authority(world, folder: Path) -> Shown:
    """It has the right name, from an authority of somebody's own."""
    station = PlannedStation(
        organisation=CARDS.organisation, role=CARDS.role, name="another"
    )
    plan = Plan(network=Network(name="Other", test=True), stations=(station,))
    authority.build(plan, folder / "other", NOON)
    context = served(Layout(folder / "other"), CARDS)
    context.set_verify(SSL.VERIFY_NONE)
    return Shown(context, world.trust)


def another_station(world, folder: Path) -> Shown:
    """Of the same organisation, and not the card management system."""
    return Shown(served(world.layout, JLIS), world.trust)


def another_purpose(world, folder: Path) -> Shown:
    return Shown(served(world.layout, CARDS, Purpose.SIGNING), world.trust)


def out_of_time(world, folder: Path) -> Shown:
    return Shown(served(world.layout, CARDS), world.trust, timedelta(days=500))


def revoked(world, folder: Path) -> Shown:
    """The authority took it back; the list is as new as can be."""
    place = folder / "revoking"
    shutil.copytree(world.layout.directory, place)
    ours = Authority.open(place)
    certificate = world.certificate(CARDS, Purpose.TLS)
    ours.revoke(ours.serial_of(certificate), RevocationReason.KEY_COMPROMISE, NOON)
    trust = TrustStore.load(Layout(place).chain, Layout(place).crl)
    return Shown(served(world.layout, CARDS), trust)


def no_certificate(world, folder: Path) -> Shown:
    return Shown(None, world.trust)


@pytest_twisted.async_yield_fixture
async def meet(world, works_at, tmp_path):
    """Has a CS send an extract to what is shown; both ends, and the message."""
    closing = []

    async def made(shown: Shown):
        city = City(works_at(CS))
        await city.hand_in(EXTRACT, said=query_of(EXTRACT))
        (owed,) = city.works.offered
        assert owed.peer == str(CARDS)
        cards = await Peer(shown.context).open("127.0.0.1")
        cards.script = lambda link, request: link.answer(b"", status=503)
        client = client_of(world, cards.port, shown)
        works = city.works
        sender = Sender(
            CARDS,
            client[0],
            works.station,
            works.role,
            works.runtime,
            works.clock,
            Clock(),
        )
        closing.append((cards, *client))
        sender.offer(owed)

        def tried() -> bool:
            if shown.context is None:  # nobody shakes hands there: time goes by
                client[1].clock.advance(1)
            return works.store.outgoing(owed.message_id).attempts == 1

        await until(tried)
        return works, cards, owed

    yield made
    for cards, client, timed in closing:
        ending = client.close()
        timed.clock.advance(CLOSE_SECONDS)
        await ending
        await cards.close()


def client_of(world, port: int, shown: Shown) -> tuple[PeerClient, ClockedReactor]:
    timed = ClockedReactor()
    layout = world.layout
    key, own = layout.key(CS, Purpose.TLS), layout.certificate(CS, Purpose.TLS)
    client = PeerClient(
        timed,
        "127.0.0.1",
        port,
        tls.client_context(key, own, layout.chain, lambda _: True),
        lambda seen: shown.trust.check(seen, Purpose.TLS, NOON + shown.late),
        CARDS,
        timeout=30.0,
    )
    return client, timed


@in_reactor
async def test_the_extract_goes_to_the_card_management_system_itself(
    meet, world, tmp_path
):
    _, cards, owed = await meet(right(world, tmp_path))
    assert cards.bodies() == [owed.envelope]


@pytest.mark.parametrize(
    "shows",
    [
        another_authority,
        another_station,
        another_purpose,
        out_of_time,
        revoked,
        no_certificate,
    ],
    ids=lambda shows: shows.__name__,
)
@in_reactor
async def test_whoever_cannot_prove_to_be_it_gets_nothing_and_is_on_record(
    meet, world, tmp_path, shows
):
    works, cards, owed = await meet(shows(world, tmp_path))
    assert cards.asked == []
    assert all(b"POST" not in link.raw for link in cards.links)
    row = works.store.outgoing(owed.message_id)
    assert (row.state, row.envelope) == ("waiting", owed.envelope)
    (stored,) = works.events(EventKind.REFUSED, EventKind.FAILED)
    event = stored.event
    assert (event.peer, event.message_id) == (str(CARDS), owed.message_id.hex())
    reached = shows is no_certificate  # it speaks no TLS: nobody was met there
    assert event.code == ("SK-T01" if reached else "SK-T02")
