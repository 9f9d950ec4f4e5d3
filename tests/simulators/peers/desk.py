# SPDX-License-Identifier: Apache-2.0
"""A network of played peers, and municipalities in a test's own hands.

Keys, certificates, the signed master and every link are real. A station listens once a
test plays it; what it owes is carried when the test says `settle`.
"""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from pki import authority
from pki.cms import Signer
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation, Validity
from pki.profiles import Purpose
from pki.trust import TrustStore
from protocols import master
from protocols.answers import Answer
from protocols.directory import Directory
from protocols.envelope import Opened, Packed
from protocols.identifiers import (
    Realm,
    make_individual_number,
    make_resident_record_code,
)
from protocols.master import Endpoint, Master, StationEntry
from schemas.messages import Payload, read_payload, type_name, write_payload
from schemas.resident_messages import EightItems, IdentityInformationUpdateNotice
from simulators.network import ports
from simulators.network.stage import in_words
from simulators.peer import Keys, Peer
from simulators.peers.faults import Faults
from simulators.peers.hand import Hand
from simulators.peers.history import History
from simulators.peers.play import Played, station
from simulators.peers.station import PeerStation
from simulators.peers.store import Store
from simulators.peers.system import System, Take, Taken, Told

CITY = StationName("102024", "municipal_cs")
NEIGHBOUR = StationName("102016", "municipal_cs")
"""前橋市: the same prefecture."""
FAR = StationName("112020", "municipal_cs")
"""熊谷市: another one."""
PREFECTURE = StationName("100005", "prefectural_server")
FAR_PREFECTURE = StationName("110001", "prefectural_server")
NATIONAL = StationName("J00001", "national_server")
JLIS = StationName("J00001", "jlis")
CARDS = StationName("J00001", "individual_number_card_management_system")
JUSTICE = StationName("M00001", "ministry_of_justice")
TERMINAL = StationName("102024", "ministry_of_justice_link_terminal")
CORE = StationName("C00001", "information_provision_network_system")
STRANGER = StationName("132012", "municipal_cs")
"""It has good certificates, and stands in no master."""

KNOWN = (
    CITY,
    NEIGHBOUR,
    FAR,
    PREFECTURE,
    FAR_PREFECTURE,
    NATIONAL,
    JLIS,
    CARDS,
    JUSTICE,
    TERMINAL,
    CORE,
)
EVERYBODY = (*KNOWN, STRANGER)
SECOND = timedelta(seconds=1)
DAY = date(2026, 4, 1)


@dataclass
class Time:
    """The clock of everybody here: the machine's, and what the test adds to it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Ear:
    """A system that takes what it is told to take, and remembers it."""

    def __init__(self, *types: str) -> None:
        self.takes: Mapping[str, Take] = dict.fromkeys(types, self._hear)
        self.looks: Mapping[str, Any] = {}
        self.heard: list[Told] = []

    def _hear(self, told: Told) -> Taken:
        self.heard.append(told)
        return Taken("heard")

    def count(self) -> Mapping[str, int]:
        return {"heard": len(self.heard)}

    def load(self, lines: list[Mapping[str, Any]]) -> int:
        return 0

    def someone_else(self, reply: Payload) -> Payload:
        return reply

    def work(self, now: datetime) -> None:
        return None


@dataclass(frozen=True)
class World:
    """Keys of everybody, made once; ports that are nobody else's."""

    layout: Layout
    first_port: int

    @cached_property
    def trust(self) -> TrustStore:
        return TrustStore.load(self.layout.chain, self.layout.crl)

    @cached_property
    def directory(self) -> Directory:
        return self.directory_of(Realm.SIMULATION)

    def directory_of(self, realm: Realm) -> Directory:
        now = datetime.now(UTC).replace(microsecond=0)
        entries = tuple(map(self._entry, KNOWN))
        whole = Master(1, "TEST peers", now, realm.value, entries)
        signer: Signer = Keys(self.layout.station(CORE)).signer()
        written = master.write(whole, signer, now)
        read = master.read(written, [signer.certificate], self.trust, now)
        return Directory(read, self.trust)

    def _entry(self, name: StationName) -> StationEntry:
        def certificate(purpose: Purpose) -> Any:
            return load_certificate(self.layout.certificate(name, purpose))

        port = self.first_port + 1 + KNOWN.index(name)
        return StationEntry(
            name=name,
            label=str(name),
            requester_kinds=frozenset(),
            endpoint=Endpoint("127.0.0.1", port),
            signing=(certificate(Purpose.SIGNING),),
            sealing=(certificate(Purpose.SEALING),),
            permit=(),
        )

    def port(self, name: StationName) -> int:
        peer = self.directory.peer(name)
        assert peer is not None
        assert peer.endpoint is not None
        return peer.endpoint.port


def made(folder: Path) -> World:
    """The network, with keys of its own."""
    planned = tuple(
        PlannedStation(organisation=n.organisation, role=n.role, name=n.organisation)
        for n in EVERYBODY
    )
    network = Network(name="peers", test=True)
    plan = Plan(network=network, validity=Validity(crl_days=31), stations=planned)
    authority.build(plan, folder, datetime.now(UTC))
    return World(Layout(folder), ports.claim_any())


@dataclass
class Desk:
    """One test's network."""

    world: World
    folder: Path
    time: Time = field(default_factory=Time)
    waited: list[float] = field(default_factory=list)
    """How long answers were held back, in seconds that nobody waited."""

    def __post_init__(self) -> None:
        self.played: dict[StationName, Played] = {}
        self.stack = ExitStack()
        self._peers: dict[StationName, Peer] = {}

    # -- stations ------------------------------------------------------------------

    def play(self, *names: StationName) -> PeerStation:
        """Have these listen; the last of them."""
        for name in names:
            faults = Faults(self.waited.append)
            self._serve(station(self.peer(name), self.files, faults))
        return self.played[names[-1]].station

    def listen(self, name: StationName, *types: str) -> Ear:
        """Have somebody take these types and remember them."""
        ear = Ear(*types)
        self._serve(self.station_of(name, ear))
        return ear

    def station_of(self, name: StationName, system: System) -> PeerStation:
        self.files(name).mkdir(exist_ok=True)
        store = Store(self.files(name) / "records.sqlite")
        store.part("station")
        history = History(store, self.files(name) / "history.jsonl")
        return PeerStation(self.peer(name), store, history, system)

    def _serve(self, one: PeerStation) -> None:
        name = one.peer.name
        chain = self.world.layout.chain
        self.played[name] = Played(one, self.world.port(name), chain)

    def stop(self, name: StationName) -> None:
        self.played.pop(name).close()

    def close(self) -> None:
        for name in tuple(self.played):
            self.stop(name)
        self.stack.close()

    def files(self, name: StationName) -> Path:
        return self.folder / f"{name.organisation}-{name.role}"

    def __getitem__(self, name: StationName) -> PeerStation:
        return self.played[name].station

    def hand(self, name: StationName) -> Hand:
        return self.stack.enter_context(Hand(self.peer(name)))

    def history(self, name: StationName) -> list[dict[str, Any]]:
        path = self.files(name) / "history.jsonl"
        return [json.loads(line) for line in path.read_bytes().splitlines()]

    def kinds(self, name: StationName, direction: str = "in") -> list[str]:
        """Kind, code and effect of each line of what came, or of what left."""
        return [
            " ".join(filter(None, (one["kind"], one["code"], one["effect"])))
            for one in self.history(name)
            if one["direction"] == direction
        ]

    # -- messages ------------------------------------------------------------------

    def peer(self, name: StationName) -> Peer:
        if name not in self._peers:
            layout = self.world.layout
            keys = Keys(layout.station(name))
            self._peers[name] = Peer(
                name, keys, layout.chain, self.world.directory, self.time
            )
        return self._peers[name]

    def write(self, sender: StationName, to: StationName, value: Payload) -> Packed:
        return self.peer(sender).write(type_name(value), to, write_payload(value))

    def answer(self, packed: Packed, to: StationName) -> Answer:
        """Post a message of its sender; the answer, verified."""
        sender = self.peer(packed.header.sender)
        return sender.understand(packed, sender.post(packed, to), to)

    def tell(self, sender: StationName, to: StationName, value: Payload) -> str:
        """Post a value: `receipt`, `reply`, or a refusal's code."""
        return in_words(self.answer(self.write(sender, to, value), to))

    def ask(self, sender: StationName, to: StationName, value: Payload) -> Any:
        """Post a question: the value of its reply, or a refusal's code."""
        answer = self.answer(self.write(sender, to, value), to)
        if not isinstance(answer, Opened):
            return in_words(answer)
        return read_payload(answer.header.message_type, answer.payload)


def number(body: int, realm: Realm = Realm.SIMULATION) -> str:
    return make_individual_number(f"{body:011d}", realm)


def wrong(digits: str) -> str:
    """The same with a check digit that is right in no realm."""
    last = int(digits[-1])
    return f"{digits[:-1]}{(last + 1) % 10}"


def code(body: int, realm: Realm = Realm.SIMULATION) -> str:
    return make_resident_record_code(f"{body:010d}", realm)


def person(body: int = 1, **changed: Any) -> EightItems:
    """Somebody of 高崎市, a different one for each ``body``."""
    told = EightItems(
        resident_record_code=code(body),
        kanji_name=f"高崎　太郎{body}",
        date_of_birth=date(1990, 1, 1) + timedelta(days=body % 9000),
        sex="1",
        address=f"群馬県高崎市高松町{body}番地",
        individual_number=number(body),
        change_reason="S01",
        change_date=DAY,
    )
    return replace(told, **changed)


def notice(one: EightItems, **changed: Any) -> IdentityInformationUpdateNotice:
    """The same as a notice."""
    told = {name: getattr(one, name) for name in EightItems.__slots__}
    return IdentityInformationUpdateNotice(**{**told, **changed})
