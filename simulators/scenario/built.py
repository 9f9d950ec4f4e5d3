# SPDX-License-Identifier: Apache-2.0
"""Every system that a scenario may name today. A new one is one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from simulators.scenario.at_authority import AUTHORITY, SIGNED
from simulators.scenario.at_backlog import BACKLOG, IN_ORDER
from simulators.scenario.at_bad_data import TELL_WRONGLY, TOOK
from simulators.scenario.at_books import ARRIVED, AT_BOOKS
from simulators.scenario.at_capture import replaying
from simulators.scenario.at_characters import ANSWER_NAMED, NAMED, TELL_ADDRESS
from simulators.scenario.at_codes import CODES, HAND_ON
from simulators.scenario.at_counter import REGISTER_TERMINAL
from simulators.scenario.at_foreign import JUSTICE_TERMINAL
from simulators.scenario.at_house import COPY, HOUSE
from simulators.scenario.at_link import AT_LINK, CUT_OFF
from simulators.scenario.at_linkage import BUSINESS
from simulators.scenario.at_network import THE_NETWORK
from simulators.scenario.at_peers import PEERS
from simulators.scenario.at_provider import INTERMEDIATE
from simulators.scenario.at_register import CS, EXISTING
from simulators.scenario.at_terminal import TERMINAL
from simulators.scenario.by_hand import CORE
from simulators.scenario.registry import System, widened

SYSTEMS: Final[Mapping[str, System]] = MappingProxyType(
    {
        one.role: replaying(one)
        for one in (
            widened(EXISTING, (*AT_BOOKS, HAND_ON, TELL_ADDRESS), ARRIVED),
            widened(CS, (*AT_LINK, TELL_WRONGLY), (CUT_OFF, SIGNED)),
            TERMINAL,
            REGISTER_TERMINAL,
            *HOUSE,
            JUSTICE_TERMINAL,
            *(widened(one, looks=(TOOK, NAMED)) for one in PEERS),
            widened(BUSINESS, BACKLOG, (ANSWER_NAMED,)),
            widened(INTERMEDIATE, (*AT_LINK, *CODES), (CUT_OFF, COPY)),
            widened(CORE, looks=(CUT_OFF, IN_ORDER)),
            widened(THE_NETWORK, AUTHORITY),
        )
    }
)
"""By the system's id; the network itself under its own name."""
