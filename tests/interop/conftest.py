# SPDX-License-Identifier: Apache-2.0
"""The network whose messages other tools judge."""

import pytest

from tests.protocols import network
from tests.protocols.network import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One network, made once; tests only read it."""
    return network.made(tmp_path_factory.mktemp("interop") / "network")
