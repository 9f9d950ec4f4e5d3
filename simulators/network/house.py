# SPDX-License-Identifier: Apache-2.0
"""The first city's in-house systems in a network: made, joined to it, and filled.

All run in one process. Each has the certificate of its own station and a file in
`DIR/house`. What it owes goes to the port of the receiver in this network: another
system of the house, the register, the inside listener of a station; and, sealed, to the
Ministry of Justice and between the shops' center and the city. A receiver that this
network does not have is not spoken to, and what is owed to it waits.

`fill` is done once, when the network is made: those who live in the city are known to
its addressee system under the numbers that the copies have.
"""

import secrets
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from pki.keystore import load_certificate
from pki.names import StationName
from schemas import systems
from simulators.city.addressee import AddresseeSystem
from simulators.city.asked_line import AskedLine
from simulators.city.business import BusinessSystem, TaxSystem
from simulators.city.center import IssuanceCenter
from simulators.city.common_platform import CommonPlatform
from simulators.city.courier import Line
from simulators.city.door import MESSAGES, XML, Guests, digest_of
from simulators.city.family_register import FamilyRegisterSystem
from simulators.city.fetched import Station
from simulators.city.house import HOME, Face, House
from simulators.city.integrated_terminal import IntegratedTerminal
from simulators.city.justice_terminal import JusticeTerminal
from simulators.city.outside import Enveloped, line
from simulators.city.persons import Person
from simulators.city.portal import Portal
from simulators.city.sources import SealSystem
from simulators.city.stores import IssuanceSystem
from simulators.city.system import System
from simulators.city.taken import Given
from simulators.clock import Clock, belief_of, follow, machine
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.peer import Keys, Peer, load_directory
from simulators.peers.history import History
from simulators.peers.play import HISTORY, RECORDS, Played
from simulators.peers.station import PeerStation
from simulators.peers.store import Store
from simulators.residents import Resident
from simulators.residents.record import SEX_CODES
from simulators.web import Client, LinkFailed, client_context, server_context

PROCESS: Final = "house"
WELFARE: Final = "welfare"
"""The city's business system, by name: 生活保護 (23) and 児童手当 (81)."""
AFFAIRS: Final = frozenset({"23", "81"})
BATCH: Final = 2_000
"""Persons written at once."""
ALONE: Final[tuple[type[System], ...]] = (
    AddresseeSystem,
    IssuanceSystem,
    IssuanceCenter,
    SealSystem,
    FamilyRegisterSystem,
    Portal,
    IntegratedTerminal,
    JusticeTerminal,
)
"""Those that need nothing but themselves."""
WAITS_AT: Final = {
    systems.ADDRESSEE: people.PROVIDER,
    systems.TERMINAL: people.CITY_CS,
}
"""Who fetches what came for it, and where."""
SEALED: Final = {
    people.JUSTICE_TERMINAL: people.JUSTICE,
    people.SHOPS_CENTER: people.SHOPS,
}
"""Who speaks to another organisation, and to whom."""
ASKED: Final = frozenset({people.SHOPS, people.JUSTICE_TERMINAL})
"""Who takes messages from another organisation."""


def given(files: Files, clock: Clock) -> Given:
    """What every system of the house is given."""
    files.house.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Given(clock, secrets.token_bytes, files.house)


def fill(files: Files, residents: Iterable[Resident]) -> None:
    """Who lives here: known to the addressee system when the network begins."""
    system = AddresseeSystem(people.CITY, given(files, machine))
    waiting = enumerate(residents, 1)
    while batch := list(islice(waiting, BATCH)):
        with system.store.transaction():
            for record, resident in batch:
                system.persons.keep(_person(resident))
                local, own = f"R-{record:09}", resident.addressee_number
                system.persons.tie(systems.EXISTING, local, own)
    system.close()


def _person(one: Resident) -> Person:
    return Person(
        addressee_number=one.addressee_number,
        individual_number=one.individual_number,
        kanji_name=one.kanji_name,
        furigana_name=one.kana_name,
        date_of_birth=one.born,
        sex=SEX_CODES[one.sex],
        postal_code=one.town.postal_code,
        address=one.address,
        sequence=1,
        changed=one.history.address_established,
    )


class Joined:
    """The house of one network, running."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._network = building.load(files)
        self._clock = clock
        pki = files.pki
        self._directory = load_directory(
            pki.chain, pki.crl, files.master, files.anchor(people.CORE), clock
        )
        self._belief = belief_of(self._directory.trust, clock)
        self._given = given(files, clock)
        self._house = House()
        self._played: list[Played] = []
        self._clients: list[Client] = []
        try:
            for system in self._systems():
                self._open(system)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Nobody is heard any more; what is owed stays in the files."""
        for played in self._played:
            played.close()
        self._house.close()
        for client in self._clients:
            client.close()

    def _systems(self) -> Iterator[System]:
        """Those that this network has."""
        here = {one.name for one in self._network.parties if one.process == PROCESS}
        platform = CommonPlatform(people.CITY, self._given)
        yield platform
        gate = platform.must
        yield BusinessSystem(people.CITY, self._given, gate, AFFAIRS, WELFARE)
        yield TaxSystem(people.CITY, self._given, gate)
        for kind in ALONE:
            for name in here:
                if name.role == kind.role:
                    yield kind(name.organisation, self._given)

    def _open(self, system: System) -> None:
        """Let one system be heard, by plain messages, and by sealed ones if it must."""
        name = system.name
        pair = self._pair(name)
        context = server_context(self._files.pki.chain, *pair, self._belief)
        follow(self._clock, partial(context.load_cert_chain, *pair))
        guests = Guests(self._directory.trust, frozenset({name}), self._enrolled())
        face = Face(self._network.house[str(name)], context, guests)
        stations = tuple(self._stations(name))
        self._house.open(system, face, dict(self._lines(name)), stations)
        if name in ASKED:
            self._played.append(self._sealed(system))

    def _sealed(self, system: System) -> Played:
        """A station in front of a system that answers other organisations."""
        folder = self._files.peer(system.name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = Store(folder / RECORDS)
        store.part("station")
        peer = self._peer(system.name)
        history = History(store, folder / HISTORY)
        station = PeerStation(peer, store, history, Enveloped(system))
        port = self._network.outside[str(system.name)]
        return Played(station, port, self._files.pki.chain)

    # -- lines -------------------------------------------------------------------------

    def _lines(self, own: StationName) -> Iterator[tuple[str, Line]]:
        """To everybody whom a system may owe something and who is there."""
        network = self._network
        for text, port in network.house.items():
            name = StationName.parse(text)
            if name not in (own, people.SHOPS_CENTER):
                yield name.role, self._plain(own, port)
        for to in (people.PROVIDER, people.CITY_CS):
            if str(to) in network.inside:
                yield to.role, self._asked(own, network.inside[str(to)])
        sealed = SEALED.get(own)
        if sealed is not None and str(sealed) in network.outside:
            yield sealed.role, line(self._peer(own), sealed)

    def _stations(self, own: StationName) -> Iterator[Station]:
        """Where something may wait for a system of the house."""
        at = WAITS_AT.get(own.role)
        if at is not None and str(at) in self._network.inside:
            yield Station(self._client(own, self._network.inside[str(at)]), at)

    def _plain(self, own: StationName, port: int) -> Line:
        client = self._client(own, port)

        def post(body: bytes) -> bytes:
            try:
                return client.post(MESSAGES, XML, body).body
            except LinkFailed:
                return b""

        return post

    def _asked(self, own: StationName, port: int) -> Line:
        return AskedLine(self._client(own, port))

    def _client(self, own: StationName, port: int) -> Client:
        chain, pair = self._files.pki.chain, self._pair(own)
        context = client_context(chain, *pair, belief=self._belief)
        follow(self._clock, partial(context.load_cert_chain, *pair))
        client = Client(HOME, port, context)
        self._clients.append(client)
        return client

    def _peer(self, name: StationName) -> Peer:
        keys = Keys(self._files.pki.station(name))
        chain = self._files.pki.chain
        return Peer(name, keys, chain, self._directory, self._clock)

    def _pair(self, name: StationName) -> tuple[Path, Path]:
        keys = self._files.pki.station(name)
        return keys / "tls.crt", keys / "tls.key"

    def _enrolled(self) -> dict[str, str]:
        """The certificate of the business system, by whose name it is known."""
        own = StationName(people.CITY, systems.BUSINESS)
        return {digest_of(load_certificate(self._pair(own)[0])): WELFARE}
