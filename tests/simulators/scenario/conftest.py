# SPDX-License-Identifier: Apache-2.0
"""One running network for all scenarios; each leaves it whole for the next."""

from collections.abc import Iterator

import pytest

from simulators.scenario.loader import shipped
from simulators.scenario.world import World, own_network


@pytest.fixture(scope="package")
def world() -> Iterator[World]:
    chosen = shipped()
    parties = dict.fromkeys(party for one in chosen for party in one.parties.values())
    lines = dict.fromkeys(party for one in chosen for party in one.lines)
    with own_network(parties, lines, lambda words: None) as made:
        yield made
