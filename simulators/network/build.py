# SPDX-License-Identifier: Apache-2.0
"""Makes a network's files: authority, master, configurations, residents, copies.

Everything is made once into an empty folder. Keys come from the operating system and
differ every time; residents come from the seed and are the same every time.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509

from pki import authority, network_clock, timestamp_authority
from pki.cms import Signer
from pki.keystore import load_private_key, replace, write_private
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation
from pki.profiles import Purpose
from protocols.master import Endpoint, LayoutVersion, Master, StationEntry
from protocols.master import write as write_master
from schemas import systems
from schemas.matching_list import MatchingList, shipped
from simulators.network import parties as people
from simulators.network import ports, vouching
from simulators.network.copies import write_all
from simulators.network.files import Files
from simulators.network.parties import Half, Party
from simulators.network.shown import Say


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose."""

    seed: str = "1"
    residents: int = 1000
    half: Half = Half.ALL
    hold_longest: float = 7 * 86400.0
    second_hold_longest: float = 3.0
    """Short: the story shows a hold that lapses."""
    answer_by: float = 300.0
    vouched: bool = True
    """Whether witnesses co-sign the logs, and an authority stamps them."""


class NetworkFile(msgspec.Struct, frozen=True):
    """What `network.json` keeps."""

    seed: str
    residents: int
    first_port: int
    outside: dict[str, int]
    inside: dict[str, int]
    house: dict[str, int] = {}
    """Where each in-house system that runs takes plain messages."""
    half: Half = Half.ALL
    vouched: bool = False

    @property
    def parties(self) -> tuple[Party, ...]:
        """Everybody in it."""
        return people.parties(self.half)


def build(files: Files, choices: Choices, say: Say = lambda _: None) -> NetworkFile:
    """Make everything below ``files.root``, which must not hold a network yet.

    ``say`` hears how far it is with a large city.
    """
    now = datetime.now(UTC)
    everybody = people.parties(choices.half)
    for folder in (files.root, files.logs):
        folder.mkdir(parents=True, exist_ok=True)
    _pki(files, everybody, now)
    first = ports.claim_any()
    addresses = addresses_of(everybody, first)
    network = NetworkFile(
        choices.seed,
        choices.residents,
        first,
        *addresses,
        choices.half,
        choices.vouched,
    )
    if choices.vouched:
        timestamp_authority.build(files.timestamps, "sekisho up", now)
    issue_master(files, network, now)
    write_private(files.code_key, os.urandom(32))
    for party in everybody:
        if party.name.role in people.DAEMON_ROLES:
            _config(files, party, network, choices)
    if choices.half is not Half.RESIDENT:
        write_all(files, choices.seed, choices.residents, say)
    files.network.write_bytes(msgspec.json.encode(network))
    return network


def load(files: Files) -> NetworkFile:
    """The choices and ports of a network that was made before."""
    return msgspec.json.decode(files.network.read_bytes(), type=NetworkFile)


# -- keys -------------------------------------------------------------------------


def _pki(files: Files, everybody: Iterable[Party], now: datetime) -> None:
    stations = tuple(_planned(party) for party in everybody)
    if all(party.name != people.CORE for party in everybody):
        signing = (Purpose.TLS, Purpose.SIGNING)
        stations = (_planned_name(people.CORE, "配信マスター署名", signing), *stations)
    plan = Plan(network=Network(name="sekisho up", test=True), stations=stations)
    authority.build(plan, files.pki.directory, now)
    network_clock.write(files.pki.clock, timedelta(0))
    strangers = (
        _planned_name(people.IMPOSTOR, "埼玉県"),
        _planned_name(people.SECOND_PROVIDER, "熊谷市"),
    )
    other = Plan(network=Network(name="another network", test=True), stations=strangers)
    authority.build(other, files.other_pki.directory, now)


def _planned(party: Party) -> PlannedStation:
    purposes = (Purpose.TLS,) if party.tls_only else ()
    return _planned_name(party.name, party.label, purposes)


def _planned_name(
    name: StationName, label: str, purposes: tuple[Purpose, ...] = ()
) -> PlannedStation:
    return PlannedStation(
        organisation=name.organisation,
        role=name.role,
        name=label[:40],
        purposes=purposes,
    )


# -- ports and master ---------------------------------------------------------------


def addresses_of(
    everybody: Iterable[Party], first: int
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Outside, inside, in the house."""
    free = ports.ports_of(first)
    outside, inside, house = {}, {}, {}
    for party in everybody:
        if not party.tls_only:
            outside[str(party.name)] = next(free)
        if party.inside is not None:
            inside[str(party.name)] = next(free)
        if party.listens:
            house[str(party.name)] = next(free)
    return outside, inside, house


def issue_master(
    files: Files,
    network: NetworkFile,
    now: datetime,
    version: int = 1,
    layouts: tuple[LayoutVersion, ...] = (),
    lists: tuple[MatchingList, ...] = (),
) -> None:
    """Sign the master of everybody's certificates as they lie there now.

    Where no matching list is named, it carries the one that ships.
    """
    entries = tuple(
        _entry(files, party, network.outside[str(party.name)])
        for party in network.parties
        if not party.tls_only
    )
    master = Master(
        version=version,
        network="TEST sekisho up",
        issued=now.replace(microsecond=0),
        realm="simulation",
        stations=entries,
        layouts=layouts,
        lists=lists or (shipped(now.replace(microsecond=0)),),
    )
    base = files.pki.station(people.CORE)
    key: Any = load_private_key(base / "signing.key")
    signer = Signer(key, _certificate(base / "signing.crt"))
    replace(files.master, write_master(master, signer, now))


def _entry(files: Files, party: Party, port: int) -> StationEntry:
    base = files.pki.station(party.name)
    permit, record = base / "permit.crt", base / "record.crt"
    return StationEntry(
        name=party.name,
        label=party.label,
        requester_kinds=frozenset(party.requester_kinds),
        endpoint=Endpoint("127.0.0.1", port),
        signing=(_certificate(base / "signing.crt"),),
        sealing=(_certificate(base / "sealing.crt"),),
        permit=(_certificate(permit),) if permit.exists() else (),
        record=(_certificate(record),) if record.exists() else (),
    )


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


# -- configurations -----------------------------------------------------------------


def _config(files: Files, party: Party, network: NetworkFile, choices: Choices) -> None:
    name = str(party.name)
    folder = files.station(party.name)
    folder.mkdir(parents=True)
    pki, keys = "../../pki", f"../../pki/stations/{folder.name}"
    head: dict[str, object] = {"clock": f"{pki}/{files.pki.clock.name}"}
    if party.name.role == systems.CS:
        head["prefecture"] = people.prefecture_of(party.name.organisation)
    if party.name == people.CORE:
        head["code_key"] = "../../code.key"
    tables: dict[str, Mapping[str, object]] = {
        "station": {"organisation": party.name.organisation, "role": party.name.role},
        "outside": {"port": network.outside[name]},
        "keys": {
            "directory": keys,
            "chain": f"{pki}/chain.pem",
            "crl": f"{pki}/issuing/crl.pem",
        },
        "master": {
            "path": "../../master.cms",
            "anchor": f"{pki}/stations/{files.anchor(people.CORE).parent.name}"
            "/signing.crt",
        },
        "store": {"path": "records.sqlite", "key": f"{keys}/store.key"},
        "timing": _timing(party, choices),
    }
    if choices.vouched:
        tables["proof"] = vouching.proof_of(party.name, network.first_port)
    if party.inside is not None:
        tables["inside"] = {
            "port": network.inside[name],
            "clients": [str(one) for one in _inside_of(party)],
        }
    files.config(party.name).write_text(_toml(head, tables), encoding="utf-8")


def _inside_of(party: Party) -> Iterator[StationName]:
    """Who may use a station's inside listener."""
    if party.inside is not None:
        yield party.inside
    if party.name.role == systems.CS:
        yield people.terminal_of(party.name.organisation)
    if party.name == people.PROVIDER:
        yield StationName(party.name.organisation, systems.ADDRESSEE)


def _timing(party: Party, choices: Choices) -> Mapping[str, object]:
    if party.name == people.SECOND_PROVIDER:
        return {"hold_longest": choices.second_hold_longest}
    return {"hold_longest": choices.hold_longest, "answer_by": choices.answer_by}


def _toml(
    head: Mapping[str, object], tables: Mapping[str, Mapping[str, object]]
) -> str:
    """TOML of plain tables: a JSON string, number or list is written the same."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in head.items()]
    for table, values in tables.items():
        lines.append(f"\n[{table}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
