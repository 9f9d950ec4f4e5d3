# SPDX-License-Identifier: Apache-2.0
"""The desks of the resident register, as its terminal uses them in a scenario.

Everything goes through the register's own door, under the terminal's certificate. What
a desk does not do it says as JSON; here it is an ending.
"""

from typing import Any, Final

import msgspec

from pki.names import StationName
from schemas import systems
from simulators.network import parties as people
from simulators.residents import Resident
from simulators.scenario.registry import Kept
from simulators.scenario.world import World
from simulators.web import Client, Reply

JSON: Final = "application/json"
PLACE: Final = "T-01"
"""The terminal, as the register writes it down."""
NOT_ALLOWED, NOT_SO = "not allowed", "refused by the register"
"""Nobody may do it so; or what was entered breaks its rules."""
_FORBIDDEN: Final = 403


class NotDone(Exception):
    """A desk did not do what it was asked; the text is how that ends."""


class Desk:
    """The register of a party's city, in the hands of somebody at its terminal."""

    def __init__(self, world: World, party: StationName, operator: str = "") -> None:
        code = party.organisation
        register = StationName(code, systems.EXISTING)
        terminal = StationName(code, systems.EXISTING_TERMINAL)
        self._link: Client = world.stage.house(register, terminal)
        self._operator = {"name": operator or "alice", "terminal": PLACE}

    def do(self, name: str, /, **fields: Any) -> Any:
        """What a desk did, as somebody; raises `NotDone`."""
        body = msgspec.json.encode({"by": self._operator, **fields})
        return _good(self._link.post(f"/v1/desk/{name}", JSON, body))

    def look(self, name: str, after: int = 0) -> Any:
        """What can be seen without a person."""
        return _good(self._link.get(f"/v1/desk/{name}?after={after}"))

    def all(self, name: str, after: int = 0) -> list[dict[str, Any]]:
        """Every row of a list behind that number, page by page."""
        found: list[dict[str, Any]] = []
        while page := self.look(name, after):
            found += page
            after = page[-1]["number"]
        return found

    def record_of(self, code: str) -> dict[str, Any] | None:
        """The present record under a resident record code."""
        found = self.do(
            "search", query={"resident_record_code": code}, purpose="counter"
        )
        records: list[dict[str, Any]] = found["records"]
        return records[0] if records else None

    def record(self, resident: Resident) -> dict[str, Any]:
        """A resident's record; raises `NotDone` where there is none."""
        found = self.record_of(resident.resident_record_code)
        if found is None:
            raise NotDone("no such resident")
        return found


def is_running(world: World, party: StationName) -> bool:
    """Whether a register runs in the network, and so fetches what comes for it."""
    return party == people.REGISTER and str(party) in world.stage.network.house


def kept_of(world: World, name: str) -> Kept:
    """What was kept of an earlier step."""
    kept: Kept = world.names[name]
    return kept


def _good(reply: Reply) -> Any:
    if reply.status == _FORBIDDEN:
        raise NotDone(NOT_ALLOWED)
    if reply.status != 200:
        raise NotDone(NOT_SO)
    return msgspec.json.decode(reply.body)
