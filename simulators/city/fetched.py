# SPDX-License-Identifier: Apache-2.0
"""What waits for a system at a station of its city: fetched, taken, acknowledged.

Only what the system awaits is fetched; the rest waits for whoever it is for. The system
takes it as if the station had posted it, and it is acknowledged once the system has
answered: what it refuses is on its record, and would be refused again. Where it gave no
answer, it comes again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pki.names import StationName
from simulators.city.door import XML
from simulators.city.system import System
from simulators.city.taken import Sender
from simulators.web import Client, LinkFailed

ARRIVALS: Final = "/v1/inside/arrivals"
OK: Final = 200
_PARTS: Final = 3
"""Of a line: id, type, sender."""


@dataclass(frozen=True, slots=True)
class Station:
    """The inside listener of one station, as a system of the city uses it."""

    client: Client
    name: StationName

    def fetch(self, system: System) -> int:
        """Take over what waits for a system; how many it were."""
        try:
            return sum(self._take(system, one) for one in self._waiting(system))
        except LinkFailed:
            return 0

    def _waiting(self, system: System) -> Iterator[str]:
        reply = self.client.get(ARRIVALS)
        if reply.status != OK:
            return
        for line in reply.body.decode("ascii", "replace").splitlines():
            parts = line.split()
            if len(parts) != _PARTS:
                continue
            message_id, kind, _ = parts
            with system.lock:
                awaited = system.awaits(kind, message_id)
            if awaited:
                yield message_id

    def _take(self, system: System, message_id: str) -> bool:
        place = f"{ARRIVALS}/{message_id}"
        shown = self.client.get(place)
        if shown.status != OK:
            return False
        if not system.take(shown.body, Sender(self.name)).body:
            return False
        self.client.post(f"{place}/taken", XML, b"")
        return True
