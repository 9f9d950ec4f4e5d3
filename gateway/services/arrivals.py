# SPDX-License-Identifier: Apache-2.0
"""What waits inside for one of our own systems: listed, read, and taken over.

Each system sees what is for its role, and nothing else. What was read stays until it is
acknowledged, so that nothing is lost on the way; then it is erased. Both are on record
before they have an effect.

    GET  /v1/inside/arrivals               what waits: id, type, sender, in lines
    GET  /v1/inside/arrivals/ID            one payload
    POST /v1/inside/arrivals/ID/taken      it was taken over: it is erased here
"""

import re

from gateway.records.arrivals import Arrival, Head
from gateway.records.event import Event, EventKind
from gateway.services.clock import Clock
from gateway.services.inside_door import NOT_FOUND, XML, InsideDoor
from gateway.services.listener import Answer
from gateway.station import Station
from pki.trust import Identity

PAGE = 100
"""Arrivals in one list."""
ARRIVALS = "/v1/inside/arrivals"
_ARRIVAL = re.compile(r"/v1/inside/arrivals/([0-9a-f]{32})", re.ASCII)
_TAKEN = re.compile(r"/v1/inside/arrivals/([0-9a-f]{32})/taken", re.ASCII)
_GONE = Answer(204, "text/plain", b"")


class Arrivals:
    """The part of an inside listener that hands over what came."""

    def __init__(self, station: Station, door: InsideDoor, clock: Clock) -> None:
        self._store = station.store
        self._door = door
        self._clock = clock

    async def get(self, target: str, identity: Identity) -> Answer:
        """The list, or one of it."""
        role, now = identity.station.role, self._clock()
        if target == ARRIVALS:
            waiting = self._store.arrivals(role, now, PAGE)
            return Answer(200, "text/plain", "".join(map(_line, waiting)).encode())
        if found := _ARRIVAL.fullmatch(target):
            arrival = self._store.arrival(bytes.fromhex(found[1]), role, now)
            return await self.show(arrival, identity)
        return NOT_FOUND

    async def acknowledge(self, target: str, identity: Identity) -> Answer:
        """Our system has one of them."""
        found = _TAKEN.fullmatch(target)
        if found is None:
            return NOT_FOUND
        role, now = identity.station.role, self._clock()
        arrival = self._store.arrival(bytes.fromhex(found[1]), role, now)
        return await self.erase(arrival, identity)

    async def show(self, arrival: Arrival | None, identity: Identity) -> Answer:
        """What it says, once it is on record who reads it."""
        if arrival is None:
            return NOT_FOUND
        await self._door.record(self._event(EventKind.FETCHED, arrival, identity))
        return Answer(200, XML, arrival.payload)

    async def erase(self, arrival: Arrival | None, identity: Identity) -> Answer:
        """It was taken over: it is gone from here, and that is on record."""
        if arrival is None:
            return NOT_FOUND
        message_id, role = arrival.message_id, identity.station.role
        event = self._event(EventKind.ERASED, arrival, identity, "taken over")
        await self._door.record_with(
            event, lambda tx: tx.take_arrival(message_id, role)
        )
        return _GONE

    def _event(
        self, kind: EventKind, arrival: Arrival, identity: Identity, detail: str = ""
    ) -> Event:
        return Event(
            kind=kind,
            at=self._clock(),
            direction="local",
            peer=str(identity.station),
            message_type=arrival.message_type,
            message_id=arrival.message_id.hex(),
            detail=detail,
        )


def _line(head: Head) -> str:
    return f"{head.message_id.hex()} {head.message_type} {head.sender}\n"
