# SPDX-License-Identifier: Apache-2.0
"""Joins what a station follows while it works: calendars, the master, advisories.

A part of `gateway.assembly`, which builds one for each station; decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

from cryptography import x509

from gateway.services.calendar_watch import CalendarWatch
from gateway.services.clock import Clock
from gateway.services.master_watch import MasterWatch
from gateway.services.patch_watch import PatchWatch
from gateway.services.peer import PeerClient
from gateway.services.rounds import Round
from gateway.station import Station

FILE_INTERVAL = 1.0
PATCH_INTERVAL = 5.0


class Following:
    """One station's."""

    def __init__(
        self,
        station: Station,
        own: Mapping[str, x509.Certificate],
        clients: Sequence[PeerClient],
        clock: Clock,
    ) -> None:
        self._station = station
        self._clients = clients
        self.calendars = CalendarWatch(station.config, station.calendars)
        self.master = MasterWatch(station, own, self._moved, clock)
        self.patches = PatchWatch(station.config, station.store, clock)

    def rounds(self) -> Iterator[Round]:
        """The background work."""
        yield Round("calendars", FILE_INTERVAL, self.calendars.look)
        yield Round("master", FILE_INTERVAL, self.master.look)
        yield Round("patches", PATCH_INTERVAL, self.patches.look)

    def _moved(self) -> None:
        """A newer master may reach peers elsewhere."""
        for client in self._clients:
            known = self._station.directory.peer(client.door.expected)
            if known is not None and known.endpoint is not None:
                client.door.move(known.endpoint.host, known.endpoint.port)
