# SPDX-License-Identifier: Apache-2.0
"""A network of three stations for tests of links; a test may move its time.

And senders to one peer, between the provider and the requester of the test's module.
"""

import pytest

from tests.gateway.services.network import NOON, Network
from tests.gateway.services.posts import Post
from tests.gateway.world import CORE, REQUESTER


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


@pytest.fixture
def to_requester(world, provider):
    return Post(world, provider, REQUESTER)


@pytest.fixture
def to_core(world, requester):
    return Post(world, requester, CORE)


@pytest.fixture
def own_fault():
    """For a test that brings about a fault of ours."""


@pytest.fixture
def no_bugs(caplog, request):
    """A sender that meets the unexpected says so; here nobody else may."""
    yield
    said = [record.getMessage() for record in caplog.get_records("call")]
    expected = "own_fault" in request.fixturenames
    assert any("sending to" in line for line in said) is expected
