# SPDX-License-Identifier: Apache-2.0
"""Every system that a scenario may name today. A new one is one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulators.scenario.at_linkage import BUSINESS
from simulators.scenario.at_network import THE_NETWORK
from simulators.scenario.at_peers import PEERS
from simulators.scenario.at_provider import INTERMEDIATE
from simulators.scenario.at_register import CS, EXISTING
from simulators.scenario.at_terminal import TERMINAL
from simulators.scenario.by_hand import CORE
from simulators.scenario.registry import System

SYSTEMS: Final[Mapping[str, System]] = MappingProxyType(
    {
        one.role: one
        for one in (
            EXISTING,
            CS,
            TERMINAL,
            *PEERS,
            BUSINESS,
            INTERMEDIATE,
            CORE,
            THE_NETWORK,
        )
    }
)
"""By the system's id; the network itself under its own name."""
