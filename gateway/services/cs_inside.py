# SPDX-License-Identifier: Apache-2.0
"""The inside listener of a municipal CS: its register and its terminal.

They hand in what is to go out, and fetch what came for them. A payload that does not
say itself whom it is for, is posted with the municipality behind a question mark. What
came for them and was not asked for is handed over by `arrivals`.

    POST /v1/inside/messages[?to=102016]   a payload; the municipality it is for
    POST /v1/inside/messages?persons=3&sha256=DIGEST    an extract, and what it is
    GET  /v1/inside/messages/ID            what became of a message
    GET  /v1/inside/messages/ID/answer     what came back to a question
    POST /v1/inside/messages/ID/answer/taken      it was taken over: it is erased here
"""

import re

from gateway.records.arrivals import Arrival
from gateway.records.errors import StoreUnavailable
from gateway.roles.cs_destinations import Said
from gateway.roles.cs_posts import Handed
from gateway.roles.municipal_cs import MunicipalCs
from gateway.roles.plan import NotTaken
from gateway.services.arrivals import Arrivals
from gateway.services.clock import Clock
from gateway.services.cs_compare import CsCompare
from gateway.services.cs_load import CsLoad
from gateway.services.inside_door import (
    NOT_FOUND,
    SUBMIT,
    Decided,
    InsideDoor,
    Submission,
)
from gateway.services.listener import Answer, Request
from gateway.services.runtime import UNAVAILABLE, Runtime
from gateway.station import Station
from pki.trust import Identity
from schemas.messages import Payload, SubmissionAccepted

_TO = re.compile(r"to=([0-9A-Z]{6})", re.ASCII)
_MESSAGE = re.compile(r"/v1/inside/messages/([0-9a-f]{32})(/answer)?", re.ASCII)
_ANSWER_TAKEN = re.compile(r"/v1/inside/messages/([0-9a-f]{32})/answer/taken", re.ASCII)


class CsInside:
    """Serves the inside listener of one municipal CS."""

    def __init__(self, runtime: Runtime, cs: MunicipalCs, clock: Clock) -> None:
        self._station: Station = runtime.station
        self._cs = cs
        self._clock = clock
        self._door = InsideDoor(runtime, clock, self._decide)
        self._load = CsLoad(runtime, clock)
        self._compare = CsCompare(runtime.station, clock)
        self._arrivals = Arrivals(runtime.station, self._door, clock)

    async def handle(self, request: Request, identity: Identity) -> Answer:
        """Answer one request of one of our own systems."""
        path, _, _ = request.target.partition("?")
        try:
            if (request.method, path) == ("POST", SUBMIT):
                return await self._door.submit(request, identity)
            filling = await self._load.handle(request, identity)
            if filling is not None:
                return filling
            page = await self._compare.handle(request, identity)
            if page is not None:
                return page
            if request.method == "GET":
                return await self._get(request.target, identity)
            if request.method == "POST":
                return await self._acknowledge(request.target, identity)
        except StoreUnavailable:
            return UNAVAILABLE
        return NOT_FOUND

    def _decide(self, submission: Submission) -> Decided:
        """What the role does with it, as the inside door wants it."""
        to, told = _TO.fullmatch(submission.query), Said.of(submission.query)
        if submission.query and to is None and told is None:
            raise NotTaken("SK-J02", "the municipality is named by its code")
        handed = Handed(
            submission.kind,
            submission.value,
            submission.body,
            submission.identity.station.role,
            to[1] if to else "",
            submission.now,
            told,
        )
        taken = self._cs.posts.take(handed)
        answer = taken.answer
        if answer is not None:
            return Decided(taken.plan, lambda _: answer, 200)
        return Decided(taken.plan, _accepted)

    async def _get(self, target: str, identity: Identity) -> Answer:
        found = _MESSAGE.fullmatch(target)
        if found is None:
            return await self._arrivals.get(target, identity)
        message_id = bytes.fromhex(found[1])
        if not found[2]:
            return self._door.status(message_id, identity)
        return await self._arrivals.show(self._answer(message_id, identity), identity)

    async def _acknowledge(self, target: str, identity: Identity) -> Answer:
        found = _ANSWER_TAKEN.fullmatch(target)
        if found is None:
            return await self._arrivals.acknowledge(target, identity)
        answer = self._answer(bytes.fromhex(found[1]), identity)
        return await self._arrivals.erase(answer, identity)

    def _answer(self, message_id: bytes, identity: Identity) -> Arrival | None:
        """What came back to a question of this system's."""
        role, now = identity.station.role, self._clock()
        return self._station.store.arrival_answering(message_id, role, now)


def _accepted(message_id: bytes) -> Payload:
    return SubmissionAccepted(message_id)
