# SPDX-License-Identifier: Apache-2.0
"""A system of the city's house in a scenario's hands, through its management paths."""

from contextlib import suppress
from typing import Any, Final

import msgspec

from pki.names import StationName
from simulators.scenario.world import World
from simulators.web import Reply

JSON: Final = "application/json"
DEPARTMENT: Final = "市民課"
_REFUSED: Final = 422


class HouseRefused(Exception):
    """A system of the house did not do what somebody wanted there.

    The text is its code; what the system did not do is on its record.
    """


class HouseHand:
    """One system, under its own certificate."""

    def __init__(self, world: World, party: StationName) -> None:
        self._link = world.stage.house(party)

    def do(self, name: str, /, **words: Any) -> Any:
        """What its staff do there; raises `HouseRefused`."""
        body = msgspec.json.encode(words)
        path = f"/v1/manage/acts/{name}"
        return _good(self._link.post(path, JSON, body))["result"]

    def history(self, after: int = 0) -> list[dict[str, Any]]:
        """What happened there behind that number."""
        found: list[dict[str, Any]] = self._get(f"history?after={after}")
        return found

    def fault(self, fault: str, times: int) -> None:
        """Make it fail so, the next so many times."""
        body = msgspec.json.encode({"fault": fault, "times": times})
        _good(self._link.post("/v1/manage/faults", JSON, body))

    def session(self, person: str, **opened: str) -> str:
        """A session of somebody to whom this function, or system, is open."""
        secret = f"finger of {person}"
        with suppress(HouseRefused):  # who has an account already
            account = {"department": DEPARTMENT, "secret": secret}
            self.do("enrol", person=person, by="admin", **account)
        self.do("grant", person=person, by="admin", **opened)
        token: str = self.do("log_in", person=person, secret=secret)
        return token

    def _get(self, name: str) -> Any:
        return _good(self._link.get(f"/v1/manage/{name}"))


def _good(reply: Reply) -> Any:
    if reply.status == _REFUSED:
        raise HouseRefused(msgspec.json.decode(reply.body)["code"])
    if reply.status != 200:
        raise HouseRefused(f"it answered {reply.status}")
    return msgspec.json.decode(reply.body)
