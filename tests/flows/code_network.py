# SPDX-License-Identifier: Apache-2.0
"""Two cities that get linkage codes: real stations, real TLS, every byte seen.

Core, two intermediate servers and two municipal CSs run as the daemon runs them, J-LIS
and the addressee systems are played, and no store is given anything but by message. A
test is the existing resident system: it hands the addressee system's request on to its
CS as it came (R-029).
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from gateway import config as configs
from gateway.assembly import Around, start
from gateway.config import Config, MasterFile, Profile, StoreFile
from gateway.records.opening import bring_up_to_date
from gateway.records.sealed import StoreKeys
from gateway.running import Running
from gateway.services.clock_watch import ClockWatch
from pki import authority
from pki.cms import Signer
from pki.keystore import load_certificate, load_p256_key, load_secret, write_private
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation
from pki.profiles import Purpose
from pki.trust import TrustStore
from protocols import master
from protocols.directory import Directory
from protocols.identifiers import Realm, make_resident_record_code
from protocols.master import Endpoint, Master, StationEntry
from schemas import systems
from schemas.matching_list import shipped
from schemas.messages import (
    InformationInquiryRequest,
    SubmissionAccepted,
    read_payload,
    write_payload,
)
from schemas.number_messages import (
    IndividualNumberGenerationRequest,
    PersonalIdentifierCodeRequest,
)
from schemas.payload import type_of
from schemas.provision_messages import ResidentRecordInformation
from schemas.register_messages import NumberedResidentRecordChange
from simulators.city import courier
from simulators.city.addressee import Acquiring, AddresseeSystem
from simulators.city.taken import Given, Sender
from simulators.network import ports
from simulators.peer import Keys, Peer
from simulators.peers.play import Played
from simulators.peers.play import station as played_station
from simulators.web import Client, Reply, client_context
from tests.flows.tapped import Tap

CORE = StationName("C00001", systems.CORE)
JLIS = StationName("N00001", systems.JLIS)
PROVIDER, REQUESTER = "102024", "112020"
"""The city that the person lives in, and the one that asks about them."""
PREFECTURES = {PROVIDER: "100005", REQUESTER: "110001"}
STATIONS = (systems.INTERMEDIATE, systems.CS)
IN_HOUSE = (systems.ADDRESSEE, systems.EXISTING, systems.BUSINESS)
ITEM = 28
"""Of the matching list: a mayor asks."""
XML = "application/xml"
MESSAGES = "/v1/inside/messages"
CODE = make_resident_record_code("9876543210", Realm.SIMULATION)
RECORD = ResidentRecordInformation(
    head_of_household=False, head_name="高崎　太郎", relationship="妻"
)
T = TypeVar("T")


def stations_of(city: str) -> tuple[StationName, ...]:
    return tuple(StationName(city, role) for role in STATIONS)


LISTENING = (CORE, JLIS, *stations_of(PROVIDER), *stations_of(REQUESTER))
OUTSIDE = (
    *LISTENING,
    *(StationName(one, systems.PREFECTURE) for one in PREFECTURES.values()),
)
HOUSE = tuple(StationName(c, r) for c in (PROVIDER, REQUESTER) for r in IN_HOUSE)


def made(folder: Path) -> Layout:
    """The keys of everybody."""
    plan = Plan(
        network=Network(name="codes", test=True),
        stations=tuple(
            PlannedStation(
                organisation=name.organisation,
                role=name.role,
                name=name.organisation,
                purposes=(Purpose.TLS,) if name in HOUSE else (),
            )
            for name in (*OUTSIDE, *HOUSE)
        ),
    )
    authority.build(plan, folder, datetime.now(UTC))
    return Layout(folder)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class CodeNetwork:
    """One such network in one profile."""

    layout: Layout
    folder: Path
    profile: Profile
    tap: Tap
    first: int = field(default_factory=ports.claim_any)
    running: dict[StationName, Running] = field(default_factory=dict)
    numbers: dict[str, bytes] = field(default_factory=dict)
    """Of each city's acquisition: the processing number."""

    def __post_init__(self) -> None:
        self.trust = TrustStore.load(self.layout.chain, self.layout.crl)
        given = ports.ports_of(self.first)
        self.ports = {name: next(given) for name in OUTSIDE}
        self.inside = {name: next(given) for name in LISTENING}
        self.folder.mkdir()
        self._write_master()
        write_private(self.folder / "code.key", bytes(range(32)))
        self.addressees = {
            city: self._addressee(city) for city in (PROVIDER, REQUESTER)
        }

    # -- up and down ---------------------------------------------------------------

    async def start(self) -> None:
        watch = ClockWatch(now, reactor.seconds)
        around = Around(now, watch, reactor)
        self.jlis = self._play_jlis()
        for name in LISTENING:
            if name != JLIS:
                self.running[name] = await start(self._config(name), around)

    async def stop(self) -> None:
        for one in self.running.values():
            await one.stop()
        await in_thread(self.jlis.close)
        for each in self.addressees.values():
            each.close()
        ports.release(self.first)

    def sealed_at(self, name: StationName) -> list[bytes]:
        """All that a station's store ever sealed, in the clear."""
        keys: StoreKeys = self.running[name].station.store._keys
        return self.tap.sealed.get(id(keys), [])

    def place(self, name: StationName) -> Path:
        return self.folder / f"{name.organisation}-{name.role}"

    # -- what the systems of a city do -----------------------------------------------

    async def number_of(self, code: str) -> str:
        """J-LIS makes an individual number for a newcomer (F1-02)."""
        register = StationName(PROVIDER, systems.EXISTING)
        asked = IndividualNumberGenerationRequest(
            request_management_number="R1", resident_record_code=code, occasion="first"
        )
        await self.hand_in(register, systems.CS, write_payload(asked))
        (one,) = await self.arrivals(register, systems.CS)
        value: Any = read_payload(type_of(one), one)
        return str(value.individual_number)

    async def begin(
        self,
        city: str,
        number: str,
        sequence: int = 1,
        record: ResidentRecordInformation = RECORD,
    ) -> str:
        """What the register tells of a person goes on; their addressee number."""
        system = self.addressees[city]
        change = NumberedResidentRecordChange(
            business_addressee_number="R-000000001",
            individual_number=number,
            kanji_name="高崎　花子",
            furigana_name="たかさき　はなこ",
            date_of_birth=date(1990, 5, 5),
            sex="2",
            postal_code="3700001",
            address="群馬県高崎市中尾町９９番地",
            update_sequence_number=sequence,
            change_reason="move_in",
            change_date=date(2026, 4, 2),
            resident_record_information=record,
        )
        by = Sender(StationName(city, systems.EXISTING))
        assert system.take(write_payload(change), by).status == 202
        await self.carry(city)
        person = system.persons.by_number(number)
        assert person is not None
        return str(person.addressee_number)

    async def request_code(self, city: str) -> bytes:
        """The request on its way to J-LIS; what the CS was handed."""
        system = self.addressees[city]
        if self.profile is Profile.DOCUMENT:
            server = Sender(StationName(city, systems.INTERMEDIATE))
            for one in await self.arrivals(system.name, systems.INTERMEDIATE):
                assert system.take(one, server).status == 202
        handed: list[bytes] = []
        courier.run(system, {systems.EXISTING: lambda body: kept(handed, body)})
        (request,) = handed
        value: Any = read_payload(type_of(request), request)
        assert isinstance(value, PersonalIdentifierCodeRequest)
        self.numbers[city] = value.processing_number
        register = StationName(city, systems.EXISTING)
        await self.hand_in(register, systems.CS, request)
        return request

    async def carry(self, city: str) -> None:
        """What the addressee system owes to its intermediate server."""
        system = self.addressees[city]
        with closing(self.client(system.name, systems.INTERMEDIATE)) as link:
            line = lambda body: link.post(MESSAGES, XML, body).body  # noqa: E731
            await in_thread(courier.run, system, {systems.INTERMEDIATE: line})

    async def code_came(self, city: str, addressee_number: str) -> str:
        """Wait until a city's intermediate server holds the code of somebody."""
        store = self.running[StationName(city, systems.INTERMEDIATE)].station.store
        found: list[str] = []

        def came() -> bool:
            copy = store.copy_by_addressee(addressee_number)
            found[:] = [copy.linkage_code] if copy and copy.linkage_code else []
            return bool(found)

        await until(came)
        return found[0]

    async def inquire(self, addressee_number: str) -> Any:
        """The requester asks the provider about somebody (F1-12); what it was told."""
        business = StationName(REQUESTER, systems.BUSINESS)
        asked = InformationInquiryRequest(
            item_no=ITEM,
            kinds=("resident_record_information",),
            provider=PROVIDER,
            addressee_number=addressee_number,
        )
        reply = await self.hand_in(business, systems.INTERMEDIATE, write_payload(asked))
        accepted: Any = read_payload(type_of(reply.body), reply.body)
        path = f"/v1/inside/inquiries/{accepted.processing_number.hex()}/answer"
        body = await self.fetched(business, systems.INTERMEDIATE, path)
        return read_payload(type_of(body), body)

    # -- links ---------------------------------------------------------------------

    async def hand_in(self, by: StationName, role: str, body: bytes) -> Reply:
        with closing(self.client(by, role)) as link:
            reply: Reply = await in_thread(link.post, MESSAGES, XML, body)
        assert reply.status in (200, 202), reply.body
        return reply

    async def get(self, by: StationName, role: str, path: str) -> Reply:
        with closing(self.client(by, role)) as link:
            reply: Reply = await in_thread(link.get, path)
        return reply

    async def fetched(self, by: StationName, role: str, path: str) -> bytes:
        """Ask until there is something."""
        for _ in range(200):
            reply = await self.get(by, role, path)
            if reply.status == 200 and reply.body:
                return reply.body
            await deferLater(reactor, 0.02)
        raise AssertionError(f"nothing came at {path}")

    async def arrivals(self, by: StationName, role: str) -> list[bytes]:
        """Fetch and take over all that waits, once something does."""
        lines = await self.fetched(by, role, "/v1/inside/arrivals")
        bodies = []
        with closing(self.client(by, role)) as link:
            for line in lines.decode().splitlines():
                path = f"/v1/inside/arrivals/{line.split()[0]}"
                bodies.append((await in_thread(link.get, path)).body)
                taken = await in_thread(link.post, f"{path}/taken", XML, b"")
                assert taken.status == 204
        return bodies

    def client(self, by: StationName, role: str) -> Client:
        """A system's link to the inside listener of a station of its city."""
        pair = (
            self.layout.certificate(by, Purpose.TLS),
            self.layout.key(by, Purpose.TLS),
        )
        context = client_context(self.layout.chain, *pair)
        port = self.inside[StationName(by.organisation, role)]
        return Client("127.0.0.1", port, context)

    # -- making --------------------------------------------------------------------

    def _addressee(self, city: str) -> AddresseeSystem:
        place = self.folder / f"{city}-house"
        place.mkdir()
        drawn = iter(range(1, 1000))
        given = Given(now, lambda size: (int(city) * next(drawn)).to_bytes(size), place)
        return AddresseeSystem(city, given, Acquiring(self.profile.value))

    def _play_jlis(self) -> Played:
        directory = Directory(
            master.read(self._master.read_bytes(), [self._anchor()], self.trust, now()),
            self.trust,
        )
        keys = Keys(self.layout.station(JLIS))
        peer = Peer(JLIS, keys, self.layout.chain, directory)
        made = played_station(peer, self.place)
        return Played(made, self.ports[JLIS], self.layout.chain)

    @property
    def _master(self) -> Path:
        return self.folder / "master.cms"

    def _anchor(self) -> Any:
        return load_certificate(self.layout.certificate(CORE, Purpose.SIGNING))

    def _write_master(self) -> None:
        key = load_p256_key(self.layout.key(CORE, Purpose.SIGNING))
        signer = Signer(key, self._anchor())
        entries = tuple(map(self._entry, OUTSIDE))
        issued = now().replace(microsecond=0)
        whole = Master(
            1,
            "TEST codes",
            issued,
            Realm.SIMULATION.value,
            entries,
            lists=(shipped(issued),),
        )
        self._master.write_bytes(master.write(whole, signer, issued))

    def _entry(self, name: StationName) -> StationEntry:
        def own(purpose: Purpose) -> Any:
            return load_certificate(self.layout.certificate(name, purpose))

        asks = name == StationName(REQUESTER, systems.INTERMEDIATE)
        return StationEntry(
            name=name,
            label=str(name),
            requester_kinds=frozenset({"municipal_mayor"} if asks else ()),
            endpoint=Endpoint("127.0.0.1", self.ports[name]),
            signing=(own(Purpose.SIGNING),),
            sealing=(own(Purpose.SEALING),),
            permit=(own(Purpose.PERMIT),) if name == CORE else (),
        )

    def _config(self, name: StationName) -> Config:
        place = self.place(name)
        place.mkdir(exist_ok=True)
        keys = self.layout.station(name)
        store = place / "records.sqlite"
        secret = self.layout.store_key(name)
        bring_up_to_date(store, StoreKeys(load_secret(secret)), create=True)
        plain = Config(
            station=configs.Station(name.organisation, name.role),
            outside=configs.Listen(self.ports[name]),
            keys=configs.Keys(keys, self.layout.chain, self.layout.crl),
            master=MasterFile(
                self._master, self.layout.certificate(CORE, Purpose.SIGNING)
            ),
            store=StoreFile(store, secret),
            code_key=self.folder / "code.key" if name == CORE else None,
        )
        clients = {
            systems.INTERMEDIATE: (systems.ADDRESSEE, systems.BUSINESS),
            systems.CS: (systems.EXISTING,),
        }.get(name.role)
        if clients is None:
            return plain
        city = name.organisation
        names = tuple(str(StationName(city, role)) for role in clients)
        return msgspec.structs.replace(
            plain,
            inside=configs.Inside(self.inside[name], names),
            prefecture=PREFECTURES[city] if name.role == systems.CS else None,
            profile=self.profile,
        )


def kept(into: list[bytes], body: bytes) -> bytes:
    """A register that takes a request over, to hand it on."""
    into.append(body)
    return write_payload(SubmissionAccepted())


async def until(condition: Callable[[], bool]) -> None:
    """Let the network work until ``condition()`` holds; to wait in vain is to fail."""
    end = reactor.seconds() + 15
    while not condition():
        assert reactor.seconds() < end, "the awaited did not happen"
        await deferLater(reactor, 0.01)


def in_thread(work: Callable[..., T], *given: Any) -> "Deferred[T]":
    """Something that blocks, while the network goes on."""
    return deferToThread(work, *given)
