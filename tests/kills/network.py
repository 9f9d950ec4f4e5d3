# SPDX-License-Identifier: Apache-2.0
"""A small network whose stations can be told where to die, with a relay between them.

Core, one provider, one requester: three processes under the launcher. Every port where
peers are met is the relay's; the stations listen elsewhere.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from click.testing import CliRunner

from gateway import config as configs
from gateway.cli import gateway
from gateway.config import Config
from gateway.config_tables import StoreFile
from gateway.records.store import Store, StoreReader
from pki.keystore import load_secret
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network import ports
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.stage import Stage
from tests.kills.children import Daemon, Launcher
from tests.kills.database import Files as Database
from tests.kills.moments import CORE, PROVIDER, REQUESTER, STATIONS
from tests.kills.relay import Relay

CHOICES: Final = Choices(seed="kills", residents=100, vouched=False)
NAMES: Final = {
    CORE: people.CORE,
    PROVIDER: people.PROVIDER,
    REQUESTER: people.SECOND_PROVIDER,
}
BACK: Final = 100
"""Where in the network's block of ports the stations listen."""
TIMING: Final = "\nretry_first = 0.05\nretry_longest = 0.3\nnotice_every = 0.1\n"


@dataclass(slots=True)
class Network:
    """One running network."""

    stage: Stage
    relay: Relay
    daemons: dict[str, Daemon]
    configs: dict[str, Config]
    database: Database

    def restart(self, title: str) -> None:
        """Start a dead daemon again."""
        self.daemons[title].start()
        self.daemons[title].get_ready()

    # -- what its stores hold ------------------------------------------------------

    @contextmanager
    def stores(self) -> Iterator[dict[str, StoreReader]]:
        """Every station's, to look at while all of them run."""
        with ExitStack() as opened:
            yield {title: opened.enter_context(self.store(title)) for title in STATIONS}

    def store(self, title: str) -> StoreReader:
        """One station's, to be closed before it is killed: else nothing is tried."""
        config = self.configs[title]
        return StoreReader.open(config.store.path, load_secret(config.store.key))


def template(folder: Path, database: Database) -> Path:
    """The files of such a network, made once; `running` copies them."""
    files = Files(folder)
    building.build(files, CHOICES)
    for other in {*(folder / "stations").iterdir()} - {
        *map(files.station, NAMES.values())
    }:
        shutil.rmtree(other)
    _apart(files)
    for path in map(files.config, NAMES.values()):
        kept = configs.load(path).store
        key = load_secret(kept.key)
        Store.open(kept.path, key, lambda call: call(), create=True).close()
    words = ["import", "--network", str(folder), "--operator", "kills"]
    CliRunner().invoke(gateway, words, catch_exceptions=False)
    database.first(_stores(files))
    return folder


def _apart(files: Files) -> None:
    """Let each station listen behind its relay, and try again soon."""
    network = building.load(files)
    for place, name in enumerate(NAMES.values()):
        path = files.config(name)
        text = path.read_text("utf-8")
        front = network.outside[str(name)]
        back = network.first_port + BACK + place
        text, found = re.subn(
            rf"(\[outside\]\n)port = {front}\n", rf"\1port = {back}\n", text
        )
        assert found == 1, "the configuration of a station has another form"
        text = text.replace("\n[timing]\n", f"\n[timing]{TIMING}", 1)
        path.write_text(text, "utf-8")


def _stores(files: Files) -> dict[str, StoreFile]:
    """Where each station's store and its key are looked for."""
    return {
        title: configs.load(files.config(name)).store for title, name in NAMES.items()
    }


def fronts(files: Files) -> dict[int, int]:
    """Where peers come, and where the station listens."""
    network = building.load(files)
    return {
        network.outside[str(name)]: network.first_port + BACK + place
        for place, name in enumerate(NAMES.values())
    }


@contextmanager
def running(
    made: Path, database: Database, launcher: Launcher, seed: int
) -> Iterator[Network]:
    """A copy of those files, running; only one at a time, as the ports are the same."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kills-")))
        files = Files(shutil.copytree(made, folder / "network"))
        database.copied(_stores(files))
        ports.claim(building.load(files).first_port)
        relay = stack.enter_context(closing(Relay(fronts(files), seed)))
        daemons = {
            title: Daemon(launcher, title, files.config(NAMES[title]), folder)
            for title in STATIONS
        }
        for daemon in daemons.values():
            daemon.start()
            stack.callback(daemon.kill)
        for daemon in daemons.values():
            daemon.get_ready()
        stage = stack.enter_context(closing(Stage(files, CHOICES)))
        found = {title: configs.load(files.config(NAMES[title])) for title in STATIONS}
        yield Network(stage, relay, daemons, found, database)
