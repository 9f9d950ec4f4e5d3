# SPDX-License-Identifier: Apache-2.0
"""The small network of the gateway's tests, made once."""

import pytest

from tests.gateway import world as worlds
from tests.gateway.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return worlds.made(tmp_path_factory.mktemp("world") / "pki")
