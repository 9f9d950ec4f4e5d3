# SPDX-License-Identifier: Apache-2.0
"""The inside listener of a municipal CS: its register and its terminal.

They hand in what is to go out, and fetch what came for them. A payload that does not
say itself whom it is for, is posted with the municipality behind a question mark. What
was fetched stays until it is acknowledged, so that nothing is lost on the way. Who
reads a payload is on record before it leaves.

    POST /v1/inside/messages[?to=102016]   a payload; the municipality it is for
    GET  /v1/inside/messages/ID            what became of a message
    GET  /v1/inside/messages/ID/answer     what came back to a question
    GET  /v1/inside/arrivals               what waits: id, type, sender, in lines
    GET  /v1/inside/arrivals/ID            one payload
    POST /v1/inside/arrivals/ID/taken      it was taken over: it is erased here
"""

import re

from gateway.records.arrivals import Arrival, Head
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind
from gateway.roles.cs_posts import Handed
from gateway.roles.municipal_cs import MunicipalCs
from gateway.roles.plan import NotTaken
from gateway.services.clock import Clock
from gateway.services.inside_door import (
    NOT_FOUND,
    SUBMIT,
    XML,
    Decided,
    InsideDoor,
    Submission,
)
from gateway.services.listener import Answer, Request
from gateway.services.runtime import UNAVAILABLE, Runtime
from gateway.station import Station
from pki.trust import Identity
from schemas.messages import Payload, SubmissionAccepted

PAGE = 100
"""Arrivals in one list."""
ARRIVALS = "/v1/inside/arrivals"
_TO = re.compile(r"to=([0-9A-Z]{6})", re.ASCII)
_MESSAGE = re.compile(r"/v1/inside/messages/([0-9a-f]{32})(/answer)?", re.ASCII)
_ARRIVAL = re.compile(r"/v1/inside/arrivals/([0-9a-f]{32})", re.ASCII)
_TAKEN = re.compile(r"/v1/inside/arrivals/([0-9a-f]{32})/taken", re.ASCII)
_GONE = Answer(204, "text/plain", b"")


class CsInside:
    """Serves the inside listener of one municipal CS."""

    def __init__(self, runtime: Runtime, cs: MunicipalCs, clock: Clock) -> None:
        self._station: Station = runtime.station
        self._cs = cs
        self._clock = clock
        self._door = InsideDoor(runtime, clock, self._decide)

    async def handle(self, request: Request, identity: Identity) -> Answer:
        """Answer one request of one of our own systems."""
        path, _, _ = request.target.partition("?")
        try:
            if (request.method, path) == ("POST", SUBMIT):
                return await self._door.submit(request, identity)
            if request.method == "GET":
                return await self._get(request.target, identity)
            if request.method == "POST":
                return await self._acknowledge(request.target, identity)
        except StoreUnavailable:
            return UNAVAILABLE
        return NOT_FOUND

    def _decide(self, submission: Submission) -> Decided:
        """What the role does with it, as the inside door wants it."""
        to = _TO.fullmatch(submission.query)
        if submission.query and to is None:
            raise NotTaken("SK-J02", "the municipality is named by its code")
        handed = Handed(
            submission.kind,
            submission.value,
            submission.body,
            submission.identity.station.role,
            to[1] if to else "",
        )
        taken = self._cs.posts.take(handed)
        answer = taken.answer
        if answer is not None:
            return Decided(taken.plan, lambda _: answer, 200)
        return Decided(taken.plan, _accepted)

    async def _get(self, target: str, identity: Identity) -> Answer:
        role, now = identity.station.role, self._clock()
        if target == ARRIVALS:
            waiting = self._station.store.arrivals(role, now, PAGE)
            lines = "".join(_line(one) for one in waiting)
            return Answer(200, "text/plain", lines.encode())
        if found := _ARRIVAL.fullmatch(target):
            arrival = self._station.store.arrival(bytes.fromhex(found[1]), role, now)
            return await self._shown(arrival, identity)
        if found := _MESSAGE.fullmatch(target):
            message_id = bytes.fromhex(found[1])
            if not found[2]:
                return self._door.status(message_id)
            store = self._station.store
            arrival = store.arrival_answering(message_id, role, now)
            return await self._shown(arrival, identity)
        return NOT_FOUND

    async def _shown(self, arrival: Arrival | None, identity: Identity) -> Answer:
        """What it says, once it is on record who reads it."""
        if arrival is None:
            return NOT_FOUND
        await self._door.record(self._event(EventKind.FETCHED, arrival, identity))
        return Answer(200, XML, arrival.payload)

    async def _acknowledge(self, target: str, identity: Identity) -> Answer:
        """Our system has it: it is erased here, and that is recorded."""
        found = _TAKEN.fullmatch(target)
        if found is None:
            return NOT_FOUND
        role, message_id = identity.station.role, bytes.fromhex(found[1])
        arrival = self._station.store.arrival(message_id, role, self._clock())
        if arrival is None:
            return NOT_FOUND
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


def _accepted(message_id: bytes) -> Payload:
    return SubmissionAccepted(message_id)


def _line(head: Head) -> str:
    return f"{head.message_id.hex()} {head.message_type} {head.sender}\n"
