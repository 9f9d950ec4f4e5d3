# SPDX-License-Identifier: Apache-2.0
"""A register behind its door, fresh for each test."""

import pytest

from tests.simulators.register.desk import Desk
from tests.simulators.register.service.lone import Lone, PlayedCs


@pytest.fixture
def lone(desk: Desk) -> Lone:
    return Lone(desk)


@pytest.fixture
def cs() -> PlayedCs:
    return PlayedCs()
