# SPDX-License-Identifier: Apache-2.0
"""The networks that tests of this room look at."""

from pathlib import Path

import pytest

from pki.layout import Layout
from pki.trust import TrustStore
from tests.pki import network


@pytest.fixture(scope="session")
def city_network(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """One network, made once; tests only read it."""
    return network.made(tmp_path_factory.mktemp("pki") / "network")


@pytest.fixture(scope="session")
def other_network(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Another network whose authorities have the same names, and other keys."""
    return network.made(tmp_path_factory.mktemp("pki") / "other")


@pytest.fixture
def own_network(city_network: Layout, tmp_path: Path) -> Layout:
    """A copy of the network that one test may change."""
    return network.copied(city_network, tmp_path / "network")


@pytest.fixture
def store(city_network: Layout) -> TrustStore:
    """What a station of the network believes by."""
    return TrustStore.load(city_network.chain, city_network.crl)
