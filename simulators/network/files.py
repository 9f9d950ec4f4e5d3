# SPDX-License-Identifier: Apache-2.0
"""Where everything of a network lies. Makes nothing: `build` does.

DIR/network.json            ports and choices of this network
DIR/pki/…                   the authority and every station's keys
DIR/other-pki/…             an authority that nobody here trusts
DIR/master.cms              the signed master
DIR/code.key                the core's key for linkage codes
DIR/stations/NAME/          station.toml, records.sqlite, copies.jsonl
DIR/peers/NAME/             history.jsonl and records.sqlite of each simulated peer
DIR/house/*.sqlite          what each in-house system of the first city keeps
DIR/tsa/…                   the time-stamp authority's keys
DIR/log/*.log               what each process wrote
"""

from dataclasses import dataclass
from pathlib import Path

from pki.layout import Layout
from pki.names import StationName


@dataclass(frozen=True, slots=True)
class Files:
    """The paths of one network."""

    root: Path

    @property
    def pki(self) -> Layout:
        return Layout(self.root / "pki")

    @property
    def other_pki(self) -> Layout:
        return Layout(self.root / "other-pki")

    @property
    def timestamps(self) -> Path:
        return self.root / "tsa"

    @property
    def unfinished(self) -> Path:
        """There while the network is being made: what is cut off then is none."""
        return self.root / "unfinished"

    @property
    def network(self) -> Path:
        return self.root / "network.json"

    @property
    def master(self) -> Path:
        return self.root / "master.cms"

    @property
    def code_key(self) -> Path:
        return self.root / "code.key"

    @property
    def forged(self) -> Path:
        return self.root / "forged.txt"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    def station(self, name: StationName) -> Path:
        return self.root / "stations" / f"{name.organisation}-{name.role}"

    def config(self, name: StationName) -> Path:
        return self.station(name) / "station.toml"

    def copies(self, name: StationName) -> Path:
        return self.station(name) / "copies.jsonl"

    def history(self, name: StationName) -> Path:
        return self.peer(name) / "history.jsonl"

    def peer(self, name: StationName) -> Path:
        return self.root / "peers" / f"{name.organisation}-{name.role}"

    @property
    def house(self) -> Path:
        return self.root / "house"

    def anchor(self, core: StationName) -> Path:
        return self.pki.station(core) / "signing.crt"
