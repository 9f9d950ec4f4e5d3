# SPDX-License-Identifier: Apache-2.0
"""A small network for unit tests: made once at NOON, its stations ready to be asked.

Core, two providers, two requesters, two municipal CSs and their servers, and the inside
systems. Keys, certificates and the signed master are real; nothing listens anywhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from cryptography import x509

from gateway import config as configs
from gateway import station as stations
from gateway.config import Config, MasterFile, StoreFile, Timing
from gateway.intake import take
from gateway.outcome import Outcome
from gateway.records.copies import import_copies
from gateway.records.opening import bring_up_to_date
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from gateway.roles.plan import Plan
from gateway.station import Keys, Station
from gateway.view import Facts
from pki import authority
from pki.cms import Signer
from pki.keystore import load_certificate, load_p256_key
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, PlannedStation, Validity
from pki.plan import Plan as PkiPlan
from pki.profiles import Purpose
from pki.trust import Identity, TrustStore
from protocols import master
from protocols.directory import Directory
from protocols.envelope import Packed
from protocols.identifiers import Realm
from protocols.linkage_code import CodeMaker
from protocols.master import Endpoint, LayoutVersion, Master, StationEntry
from protocols.route import RouteReader
from schemas.matching_list import MatchingList, shipped

T = TypeVar("T")

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
LISTED = shipped(datetime(2029, 1, 1, tzinfo=UTC))
"""The matching list that its master carries."""
"""When everything here is issued; no test ages."""
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

CORE = StationName("C00001", "information_provision_network_system")
PROVIDER = StationName("102024", "intermediate_server")
SECOND_PROVIDER = StationName("112020", "intermediate_server")
REQUESTER = StationName("Q00001", "intermediate_server")
OTHER = StationName("Q00002", "intermediate_server")
CS = StationName("102024", "municipal_cs")
NEIGHBOUR = StationName("112020", "municipal_cs")
PREFECTURE = StationName("100005", "prefectural_server")
NATIONAL = StationName("N00001", "national_server")
JLIS = StationName("N00001", "jlis")
CARDS = StationName("N00001", "individual_number_card_management_system")
BUSINESS = StationName("Q00001", "individual_business_system")
EXISTING = StationName("102024", "existing_resident_system")
ADDRESSEES = StationName("102024", "group_integrated_addressee_system")
TERMINAL = StationName("102024", "integrated_terminal")
NEXT_DOOR = StationName("112020", "existing_resident_system")

KINDS = {
    REQUESTER: frozenset({"prefectural_governor"}),
    OTHER: frozenset({"japan_health_insurance_association"}),
}
"""As whom they may ask: items 11, 13, … and items 2, 7."""
INSIDE_ONLY = (BUSINESS, EXISTING, TERMINAL, NEXT_DOOR, ADDRESSEES)
EVERYBODY = (
    CORE,
    PROVIDER,
    SECOND_PROVIDER,
    REQUESTER,
    OTHER,
    CS,
    NEIGHBOUR,
    PREFECTURE,
    NATIONAL,
    JLIS,
    CARDS,
    *INSIDE_ONLY,
)
PORTS = {name: 10_001 + place for place, name in enumerate(EVERYBODY)}

STORE_KEY = bytes(range(32))
CODES = CodeMaker(bytes(range(32)))

PLAIN, FLAGGED, EMPTY, NOBODY = 17, 18, 19, 99
"""Persons: one whose copy is answered at once, one whom a person must see first, one
of whom nothing is held but the code, and one of whom there is no copy."""


def code_of(person: int, organisation: str) -> str:
    """The linkage code of ``person`` at ``organisation``."""
    return CODES.code(person, organisation)


def addressee(person: int) -> str:
    """The number under which an organisation's own systems know ``person``."""
    return f"{person:015d}"


def copy_row(
    person: int,
    organisation: str = PROVIDER.organisation,
    *,
    suppressed: bool = False,
    held: bool = True,
    head_name: str = "高崎　太郎",
) -> dict[str, Any]:
    """One row of an import file."""
    row: dict[str, Any] = {
        "addressee_number": addressee(person),
        "linkage_code": code_of(person, organisation),
        "suppressed": suppressed,
    }
    if held:
        row["resident_record_information"] = {
            "head_of_household": False,
            "head_name": head_name,
            "relationship": "妻",
        }
    return row


COPIES = (
    copy_row(PLAIN),
    copy_row(FLAGGED, suppressed=True),
    copy_row(EMPTY, held=False),
)
SUBJECTS = tuple(
    copy_row(person, REQUESTER.organisation, held=False)
    for person in (PLAIN, FLAGGED, EMPTY, NOBODY)
)
"""The codes by which the requester knows people."""


def take_in(store: Path, *rows: dict[str, Any], replace: bool = False) -> None:
    """Import copies into a store, as an operator would."""
    lines = [msgspec.json.encode(row) for row in rows]
    import_copies(store, STORE_KEY, lines, at=NOON, operator="試験 係", replace=replace)


@dataclass(frozen=True)
class World:
    """The network as its stations know it."""

    layout: Layout

    @cached_property
    def trust(self) -> TrustStore:
        return TrustStore.load(self.layout.chain, self.layout.crl)

    @cached_property
    def directory(self) -> Directory:
        return self.directory_of(*self._entries())

    def directory_of(
        self,
        *entries: StationEntry,
        layouts: tuple[LayoutVersion, ...] = (),
        lists: tuple[MatchingList, ...] = (LISTED,),
    ) -> Directory:
        """What a master with these stations tells; it goes over the wire once."""
        signer, realm = self.signer(CORE), Realm.SIMULATION.value
        whole = Master(1, "TEST Example", NOON, realm, entries, layouts, lists)
        written = master.write(whole, signer, NOON)
        read = master.read(written, [signer.certificate], self.trust, NOON)
        return Directory(read, self.trust)

    @cache  # noqa: B019 - one world a session
    def signer(self, name: StationName, purpose: Purpose = Purpose.SIGNING) -> Signer:
        key = load_p256_key(self.layout.key(name, purpose))
        return Signer(key, self.certificate(name, purpose))

    @cache  # noqa: B019
    def certificate(self, name: StationName, purpose: Purpose) -> x509.Certificate:
        return load_certificate(self.layout.certificate(name, purpose))

    @cache  # noqa: B019
    def keys(self, name: StationName) -> Keys:
        return stations.load_keys(self.config(name, Path("nowhere")))

    def identity(self, name: StationName) -> Identity:
        """Who stands at the other end of a link of ``name``."""
        certificate = self.certificate(name, Purpose.TLS)
        return self.trust.check(certificate, Purpose.TLS, NOON)

    def facts(self, name: StationName, directory: Directory | None = None) -> Facts:
        known = directory or self.directory
        keys = self.keys(name)
        return Facts(
            name=name,
            directory=known,
            routes=RouteReader(known),
            opener=keys.opener,
            sealing_digest=keys.sealing_digest,
            realm=Realm.SIMULATION,
        )

    def config(self, name: StationName, folder: Path, **timing: float) -> Config:
        """A station's configuration with its store in ``folder``."""
        place = self.layout.station(name)
        return Config(
            station=configs.Station(name.organisation, name.role),
            outside=configs.Listen(PORTS[name]),
            keys=configs.Keys(place, self.layout.chain, self.layout.crl),
            master=MasterFile(
                folder / "master.cms", self.layout.certificate(CORE, Purpose.SIGNING)
            ),
            store=StoreFile(folder / "records.sqlite", self.layout.store_key(name)),
            prefecture=PREFECTURE.organisation if name.role == CS.role else None,
            timing=Timing(**timing),
        )

    def station(
        self, name: StationName, store: Any, folder: Path, **timing: float
    ) -> Station:
        """A real station over an open store."""
        return Station(
            self.config(name, folder, **timing),
            self.keys(name),
            self.directory,
            store,
            CODES if name == CORE else None,
        )

    def _entries(self) -> Iterator[StationEntry]:
        for name in EVERYBODY:
            if name not in INSIDE_ONLY:
                yield self.entry(name)

    def entry(self, name: StationName) -> StationEntry:
        """What the master says of one station."""
        permit = self.certificate(CORE, Purpose.PERMIT)
        return StationEntry(
            name=name,
            label=str(name),
            requester_kinds=KINDS.get(name, frozenset()),
            endpoint=Endpoint("127.0.0.1", PORTS[name]),
            signing=(self.certificate(name, Purpose.SIGNING),),
            sealing=(self.certificate(name, Purpose.SEALING),),
            permit=(permit,) if name == CORE else (),
            record=(self.certificate(name, Purpose.RECORD),),
        )


def made(folder: Path) -> World:
    """The network, with keys of its own."""
    plan = PkiPlan(
        network=Network(name="Example", test=True),
        validity=Validity(crl_days=31),
        stations=tuple(map(_planned, EVERYBODY)),
    )
    authority.build(plan, folder, NOON)
    return World(Layout(folder))


def _planned(name: StationName) -> PlannedStation:
    return PlannedStation(
        organisation=name.organisation,
        role=name.role,
        name=name.organisation,
        purposes=(Purpose.TLS,) if name in INSIDE_ONLY else (),
    )


@dataclass(frozen=True)
class Desk:
    """A real station that only reads, over a store that a test may write to."""

    station: Station
    path: Path

    @property
    def store(self) -> StoreReader:
        return self.station.store

    def do(self, plan: Plan) -> None:
        """Make a plan's effects true, all or none; raises `Conflict`."""

        def work(tx: Transaction) -> None:
            for effect in plan.effects:
                effect(tx)

        self.write(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """One work on the store, as another process would do it."""
        return commit_once(self.path, STORE_KEY, work)

    def take(self, packed: Packed, by: Identity, at: datetime = NOON) -> Outcome:
        """What this station decides about a message."""
        return take(packed.envelope, by, at, self.station)


def desk(world: World, name: StationName, folder: Path, **timing: float) -> Desk:
    """A station with an empty store; whoever made it closes its reader."""
    path = new_store(folder)
    reader = StoreReader.open(path, STORE_KEY)
    return Desk(world.station(name, reader, folder, **timing), path)


def new_store(folder: Path) -> Path:
    """An empty store file."""
    path = folder / "records.sqlite"
    bring_up_to_date(path, StoreKeys(STORE_KEY), create=True)
    return path
