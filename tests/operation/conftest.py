# SPDX-License-Identifier: Apache-2.0
"""A small network with admin listeners, made once and copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.files import Files
from tests.flows.conftest import PLAIN, small_network
from tests.operation.daemons import Daemon

STATIONS = {
    "core": (people.CORE,),
    "city": (people.PROVIDER, people.CITY_CS),
    "second-city": (people.SECOND_PROVIDER, people.SECOND_CS),
}
ADMIN = 100
"""Where in a network's block of ports the admin listeners begin."""


@pytest.fixture(scope="session")
def with_admin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that never runs; each of its stations has an admin listener."""
    files = small_network(tmp_path_factory.mktemp("admin") / "network", PLAIN).files
    first = building.load(files).first_port
    names = [name for group in STATIONS.values() for name in group]
    for place, name in enumerate(names):
        with files.config(name).open("a", encoding="utf-8") as file:
            file.write(f"\n[admin]\nport = {first + ADMIN + place}\n")
    return files.root


@pytest.fixture
def files(with_admin: Path, tmp_path: Path) -> Files:
    """A copy of it for one test, on the same ports: one runs at a time."""
    return Files(shutil.copytree(with_admin, tmp_path / "network"))


@pytest.fixture
def daemon(files: Files, tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Makes the daemons of this network, by the names of their processes."""
    with ExitStack() as stack:

        def make(title: str, **more: object) -> Daemon:
            configs = [files.config(name) for name in STATIONS[title]]
            made = Daemon(configs, tmp_path / title, **more)  # type: ignore[arg-type]
            stack.callback(made.end)
            return made

        yield make
