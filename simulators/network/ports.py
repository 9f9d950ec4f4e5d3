# SPDX-License-Identifier: Apache-2.0
"""Ports for a network: a block of its own, so that two networks never meet.

A network chooses its ports before anything listens on them. Were they chosen one by
one, two networks that start together would soon choose the same. So ports come in
blocks, and whoever works with a block keeps its first port bound, as a claim, until
the process ends. A network that is started again claims the block that it has.
"""

import random
import socket
from collections.abc import Iterator

PORTS = range(10_240, 32_000)
"""Below the range from which this machine picks ports for outgoing connections, so
that a chosen port is not taken between being chosen and being listened on."""
BLOCK = 128
"""Ports of one network, the claim included; it needs about half of them."""

_claims: dict[int, socket.socket] = {}
"""What this process claimed, by the first port of the block."""


class NoPorts(Exception):
    """No block of ports is free, or the one that a network has is used by another.

    Stop other networks of this machine, or make a new network in another folder.
    """


def claim_any() -> int:
    """Claim a free block; its first port."""
    blocks = range(PORTS.start, PORTS.stop - BLOCK, BLOCK)
    for first in random.SystemRandom().sample(blocks, len(blocks)):
        if _claim(first) and all(map(_is_free, ports_of(first))):
            return first
        release(first)
    raise NoPorts(f"no {BLOCK} ports in a row are free")


def claim(first: int) -> None:
    """Claim the block that a network has; raises `NoPorts` if it runs already."""
    if first not in _claims and not _claim(first):
        raise NoPorts("the network's ports are in use: is it running already?")


def release(first: int) -> None:
    """Give a claim back."""
    held = _claims.pop(first, None)
    if held is not None:
        held.close()


def ports_of(first: int) -> Iterator[int]:
    """The ports of a block that may be listened on."""
    return iter(range(first + 1, first + BLOCK))


def timestamps_of(first: int) -> int:
    """Where a network's time-stamp authority listens: the last port of its block."""
    return first + BLOCK - 1


def _claim(first: int) -> bool:
    if first in _claims:
        return False
    held = socket.socket()
    try:
        held.bind(("127.0.0.1", first))
    except OSError:
        held.close()
        return False
    _claims[first] = held
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
