# SPDX-License-Identifier: Apache-2.0
"""What leaves the city: sealed, to the shops' center and to the ministry."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pki import authority
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation, Validity
from pki.profiles import Purpose
from pki.trust import TrustStore
from protocols import master
from protocols.answers import SignedRefusal
from protocols.directory import Directory
from protocols.identifiers import Realm
from protocols.master import Endpoint, Master, StationEntry
from schemas.messages import write_payload
from schemas.systems import CORE, JUSTICE, JUSTICE_TERMINAL, STORES, STORES_CENTER
from simulators.city import courier
from simulators.city.center import IssuanceCenter
from simulators.city.justice_terminal import JusticeTerminal
from simulators.city.outside import Enveloped, line
from simulators.city.stores import IssuanceSystem
from simulators.city.taken import Given
from simulators.network import ports
from simulators.peer import Keys, Peer
from simulators.peers.history import History
from simulators.peers.justice import Justice
from simulators.peers.play import Played
from simulators.peers.station import PeerStation
from simulators.peers.store import Store
from simulators.peers.system import System
from tests.simulators.city.office import CITY, ITEMS, chance, number, post, sender
from tests.simulators.city.test_shops import CARD, RECORD, card, link, shown
from tests.simulators.city.test_terminals import notice, open_to

SHOPS = StationName(CITY, STORES)
CENTER = StationName("CVS000", STORES_CENTER)
TERMINAL = StationName(CITY, JUSTICE_TERMINAL)
MINISTRY = StationName("M00001", JUSTICE)
THE_CORE = StationName("C00001", CORE)
KNOWN = (SHOPS, CENTER, TERMINAL, MINISTRY, THE_CORE)


def now() -> datetime:
    return datetime.now(UTC)


class Wide:
    """Keys of these five, and a master that names them."""

    def __init__(self, folder: Path) -> None:
        stations = tuple(
            PlannedStation(organisation=n.organisation, role=n.role, name="模擬")
            for n in KNOWN
        )
        plan = Plan(
            network=Network(name="LGWAN", test=True),
            validity=Validity(crl_days=31),
            stations=stations,
        )
        authority.build(plan, folder, now())
        self.layout = Layout(folder)
        self.first_port = ports.claim_any()
        trust = TrustStore.load(self.layout.chain, self.layout.crl)
        at = now().replace(microsecond=0)
        whole = Master(
            1, "TEST", at, Realm.SIMULATION.value, tuple(map(self._entry, KNOWN))
        )
        signer = Keys(self.layout.station(THE_CORE)).signer()
        data = master.write(whole, signer, at)
        read = master.read(data, [signer.certificate], trust, at)
        self.directory = Directory(read, trust)

    def port(self, name: StationName) -> int:
        return self.first_port + 1 + KNOWN.index(name)

    def peer(self, name: StationName) -> Peer:
        keys = Keys(self.layout.station(name))
        return Peer(name, keys, self.layout.chain, self.directory)

    def _entry(self, name: StationName) -> StationEntry:
        def certificate(purpose: Purpose) -> Any:
            return load_certificate(self.layout.certificate(name, purpose))

        return StationEntry(
            name=name,
            label=str(name),
            requester_kinds=frozenset(),
            endpoint=Endpoint("127.0.0.1", self.port(name)),
            signing=(certificate(Purpose.SIGNING),),
            sealing=(certificate(Purpose.SEALING),),
            permit=(),
        )


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wide]:
    made = Wide(tmp_path_factory.mktemp("wide") / "pki")
    yield made
    ports.release(made.first_port)


@contextmanager
def listening(wide: Wide, name: StationName, system: Any, folder: Path) -> Iterator:
    """A station that takes for a system; the path of its history."""
    path = folder / "history.jsonl"
    with ExitStack() as stack:
        store = Store(None)
        store.part("station")
        made: System = system(store)
        station = PeerStation(wide.peer(name), store, History(store, path), made)
        played = Played(station, wide.port(name), wide.layout.chain)
        stack.callback(played.close)
        yield path


def live() -> Given:
    return Given(now, chance())


@pytest.fixture
def shops() -> IssuanceSystem:
    made = IssuanceSystem(CITY, live())
    post(made, card())
    post(made, link())
    post(made, shown(), sender("group_integrated_addressee_system"))
    return made


def test_a_machine_is_answered_under_seal(wide, shops, tmp_path):
    center = IssuanceCenter("CVS000", live())
    request = center.request(CARD, RECORD, show_individual_number=True)
    with listening(wide, SHOPS, lambda _: Enveloped(shops), tmp_path) as path:
        lines = {STORES: line(wide.peer(CENTER), SHOPS)}
        assert courier.run(center, lines) == 1
    paper = center.paper(request)
    assert (paper.items, paper.individual_number) == (ITEMS, number())
    told = [json.loads(one) for one in path.read_text("utf-8").splitlines()]
    assert [one["kind"] for one in told] == ["received"]
    assert number() not in path.read_text("utf-8")


def test_another_stations_request_is_refused(wide, shops, tmp_path):
    """R-118: only the center asks."""
    center = IssuanceCenter("CVS000", live())
    center.request(CARD, RECORD)
    asked = center.outbox.next(STORES)
    stranger = wide.peer(TERMINAL)
    with listening(wide, SHOPS, lambda _: Enveloped(shops), tmp_path):
        packed = stranger.write(asked.kind, SHOPS, asked.body)
        answer = stranger.understand(packed, stranger.post(packed), SHOPS)
    assert isinstance(answer, SignedRefusal)
    assert answer.code == "SK-M05"
    assert shops.issues() == ()


def test_what_is_for_inside_does_not_come_from_outside(wide, shops, tmp_path):
    peer = wide.peer(CENTER)
    with listening(wide, SHOPS, lambda _: Enveloped(shops), tmp_path):
        packed = peer.write(
            "certificate_information_link", SHOPS, write_payload(link())
        )
        answer = peer.understand(packed, peer.post(packed), SHOPS)
    assert isinstance(answer, SignedRefusal)


def test_one_type_alone_comes_from_outside(shops):
    assert set(Enveloped(shops).takes) == {"convenience_store_issuance_request"}


def test_nobody_there_is_tried_again(wide):
    center = IssuanceCenter("CVS000", live())
    center.request(CARD, RECORD)
    assert courier.run(center, {STORES: line(wide.peer(CENTER), SHOPS)}) == 0
    assert center.outbox.next(STORES) is not None


def test_a_checked_notice_reaches_the_ministry(wide, tmp_path):
    """F1-08-4."""
    terminal = JusticeTerminal(CITY, live())
    entering = open_to(terminal, "mia", "enter")
    checking = open_to(terminal, "ned", "check")
    terminal.check(checking, terminal.enter(entering, notice(), "OUT-1"), "OUT-1")
    kept: list[Justice] = []

    def ministry(store: Store) -> Justice:
        kept.append(Justice(store))
        return kept[0]

    with listening(wide, MINISTRY, ministry, tmp_path):
        lines = {JUSTICE: line(wide.peer(TERMINAL), MINISTRY)}
        assert courier.run(terminal, lines) == 1
        assert kept[0].count() == {"foreign_residents": 1}
    assert [one.state for one in terminal.outbox.sent()] == ["delivered"]
