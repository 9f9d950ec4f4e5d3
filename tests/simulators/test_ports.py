# SPDX-License-Identifier: Apache-2.0
"""Two networks on one machine never get each other's ports."""

import socket
from collections.abc import Iterator

import pytest

from simulators.network import ports
from simulators.network.ports import BLOCK, PORTS, NoPorts


@pytest.fixture
def claimed() -> Iterator[list[int]]:
    made: list[int] = []
    yield made
    for first in made:
        ports.release(first)


def test_no_two_networks_get_the_same_block(claimed: list[int]) -> None:
    claimed += [ports.claim_any() for _ in range(20)]
    assert len(set(claimed)) == 20
    used = [port for first in claimed for port in ports.ports_of(first)]
    assert len(set(used)) == 20 * (BLOCK - 1)
    assert all(port in PORTS for port in used)


def test_a_claim_keeps_another_process_out(claimed: list[int]) -> None:
    claimed.append(ports.claim_any())
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", claimed[0]))


def test_a_network_that_is_started_again_has_its_block(claimed: list[int]) -> None:
    first = ports.claim_any()
    ports.release(first)
    ports.claim(first)
    claimed.append(first)
    ports.claim(first)


def test_a_network_whose_ports_are_in_use_is_refused() -> None:
    first = ports.claim_any()
    ports.release(first)
    with socket.socket() as other:
        other.bind(("127.0.0.1", first))
        with pytest.raises(NoPorts, match="running already"):
            ports.claim(first)
