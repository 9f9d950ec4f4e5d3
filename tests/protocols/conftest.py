# SPDX-License-Identifier: Apache-2.0
"""The network in which the messages of these tests are sent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from pki.authority import Authority
from pki.serials import RevocationReason
from protocols.envelope import Packed
from tests.pki.network import copied
from tests.protocols import network
from tests.protocols.network import NOON, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One network, made once; tests only read it."""
    return network.made(tmp_path_factory.mktemp("protocols") / "network")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Another network of the same plan: the same names under other keys."""
    return network.made(tmp_path_factory.mktemp("protocols") / "stranger")


@pytest.fixture(scope="session")
def inquiry(world: World) -> Packed:
    """One message from the requester to the provider, the same in every test."""
    return network.message(world.requester, world.provider)


@pytest.fixture
def own_world(world: World, tmp_path: Path) -> World:
    """A copy of the network, with the same keys, whose authority a test may use."""
    return network.opened(copied(world.layout, tmp_path / "network"))


@pytest.fixture
def revoke(own_world: World) -> Callable[[x509.Certificate], None]:
    """Takes a certificate of ``own_world`` back, and has its trust store know it."""

    def take_back(certificate: x509.Certificate) -> None:
        authority = Authority.open(own_world.layout.directory)
        serial = authority.serial_of(certificate)
        authority.revoke(serial, RevocationReason.KEY_COMPROMISE, NOON)
        own_world.trust.reload()

    return take_back
