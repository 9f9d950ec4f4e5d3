# SPDX-License-Identifier: Apache-2.0
"""A network of peers: keys once for all tests, everything else for each."""

from collections.abc import Iterator

import pytest

from simulators.network import ports
from tests.simulators.peers.desk import Desk, World, made


@pytest.fixture(scope="session")
def peers_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = made(tmp_path_factory.mktemp("peers") / "pki")
    yield world
    ports.release(world.first_port)


@pytest.fixture
def desk(peers_world: World, tmp_path) -> Iterator[Desk]:
    desk = Desk(peers_world, tmp_path)
    yield desk
    desk.close()
