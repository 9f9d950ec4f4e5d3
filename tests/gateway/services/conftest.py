# SPDX-License-Identifier: Apache-2.0
"""A network of three stations for tests of links; a test may move its time."""

import pytest

from tests.gateway.services.network import NOON, Network


@pytest.fixture(scope="session")
def shared_network(tmp_path_factory):
    return Network(tmp_path_factory.mktemp("network") / "authority")


@pytest.fixture
def network(shared_network):
    """The network at NOON, whatever the test before did to its time."""
    shared_network.now = NOON
    return shared_network


@pytest.fixture
def own_network(tmp_path):
    """A network that the test may revoke from."""
    return Network(tmp_path / "authority")
