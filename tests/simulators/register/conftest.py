# SPDX-License-Identifier: Apache-2.0
"""The desk, fresh for each test."""

from collections.abc import Iterator

import pytest

from tests.simulators.register.desk import OPEN, Desk


@pytest.fixture(scope="session", autouse=True)
def _all_closed() -> Iterator[None]:
    """No register is left open."""
    yield
    for register in OPEN:
        register.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A register in memory, with its people."""
    desk = Desk()
    yield desk
    desk.register.close()
