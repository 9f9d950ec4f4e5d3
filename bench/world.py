# SPDX-License-Identifier: Apache-2.0
"""A network in a temporary folder: authority, master, configurations and residents.

`sekisho up` makes the same; here one station is the daemon, and every other is played
by the driver with that station's own keys. The folder is removed at the end.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gateway import config as configs
from gateway.config import Config
from gateway.records.copies import import_copies
from gateway.records.store import Store, StoreReader
from pki.keystore import load_secret
from pki.names import StationName
from protocols.directory import Directory
from protocols.linkage_code import CodeMaker
from schemas.matching_list import ITEMS
from simulators.network import build as building
from simulators.network import copies
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.peer import Keys, Peer, load_directory
from simulators.residents import Resident

ITEM = next(item for item in ITEMS.values() if item.requester_kind != people.MAYOR)
REQUESTER = people.requester(ITEM.requester_kind)
NOTICE_EVERY = "notice_every = 0.1"
"""A notice holds 200 entries at most: at the default of 0.5 s that is 400 a second."""


@dataclass(slots=True)
class World:
    """One network's files, and everybody's keys."""

    files: Files
    directory: Directory
    residents: list[Resident]
    """Those without a flag: an answer to one comes without a person."""
    codes: CodeMaker
    _peers: dict[StationName, Peer] = field(default_factory=dict)

    def peer(self, name: StationName) -> Peer:
        """The keys of a station, to speak as it."""
        if name not in self._peers:
            keys = Keys(self.files.pki.station(name))
            self._peers[name] = Peer(name, keys, self.files.pki.chain, self.directory)
        return self._peers[name]

    def fresh(self, station: StationName) -> Path:
        """The station's configuration, with a new store that holds its copies."""
        path = self.files.config(station)
        config = configs.load(path)
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{config.store.path}{suffix}").unlink()
        key = load_secret(config.store.key)
        Store.open(config.store.path, key, lambda call: call(), create=True).close()
        if self.files.copies(station).exists():
            with self.files.copies(station).open("rb") as rows:
                now = datetime.now(UTC)
                import_copies(config.store.path, key, rows, at=now, operator="bench")
        return path

    def delivered(self, station: StationName) -> int:
        """How many messages the station's store knows as delivered."""
        config: Config = configs.load(self.files.config(station))
        with StoreReader.open(
            config.store.path, load_secret(config.store.key)
        ) as store:
            return store.outgoing_counts().get("delivered", 0)


@contextmanager
def world() -> Iterator[World]:
    """A new network of 1,000 residents; its folder is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder:
        files, choices = Files(Path(folder) / "network"), Choices(vouched=False)
        building.build(files, choices)
        for station in (people.CORE, people.PROVIDER):
            _by_the_systems_clock(files.config(station))
        _tell_often(files.config(people.PROVIDER))
        directory = load_directory(
            files.pki.chain, files.pki.crl, files.master, files.anchor(people.CORE)
        )
        residents = copies.residents(choices.seed, choices.residents, people.CITY)
        flagged = copies.flagged(residents)
        plain = [r for r in residents if r.addressee_number not in flagged]
        codes = CodeMaker(files.code_key.read_bytes())
        yield World(files, directory, plain, codes)


def _by_the_systems_clock(config: Path) -> None:
    """A station in earnest has no rehearsal clock to look at."""
    lines = config.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("clock = ")]
    config.write_text("".join(kept), encoding="utf-8")


def _tell_often(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    config.write_text(
        text.replace("[timing]\n", f"[timing]\n{NOTICE_EVERY}\n"), encoding="utf-8"
    )
