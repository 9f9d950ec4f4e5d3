# SPDX-License-Identifier: Apache-2.0
"""The inside listener: the organisation's own systems post plain XML and fetch answers.

They are known by their TLS certificates and need no other cryptography. What they post
is checked and made durable before it is acknowledged; what happened to it later, they
ask for (情報照会結果取得要求). An answer is opened for nobody but them.

    POST /v1/inside/messages                 a payload of the catalogue's inside types
    POST /v1/inside/batches                  a batch inquiry begins, see `batches`
    GET  /v1/inside/inquiries/NUMBER         how an inquiry stands
    GET  /v1/inside/inquiries/NUMBER/answer  what was provided
    GET  /v1/inside/messages/ID              what became of a message

The addressee system hands in copies and what begins the getting of a code
(`gateway.roles.acquiring`); a request that is for it waits as in `arrivals`.
"""

import re
from functools import partial

from msgspec.structs import replace

from gateway.records.copies import Copy
from gateway.records.errors import StoreDamaged, StoreUnavailable
from gateway.records.event import Event, EventKind
from gateway.records.rows import Inquiry
from gateway.roles import requester
from gateway.roles.intermediate import IntermediateServer
from gateway.roles.plan import NotTaken, Plan
from gateway.services.arrivals import Arrivals
from gateway.services.batches import BATCHES
from gateway.services.clock import Clock
from gateway.services.inside_door import (
    NOT_FOUND,
    SUBMIT,
    XML,
    Decided,
    InsideDoor,
    Submission,
    inside_event,
)
from gateway.services.listener import Answer, Request
from gateway.services.runtime import UNAVAILABLE, Runtime
from gateway.station import Station
from pki.trust import Identity
from protocols import envelope
from protocols.errors import Unreadable
from schemas.messages import (
    InquiryStatus,
    SubmissionAccepted,
    SubmissionStatus,
    write_payload,
)
from schemas.systems import ADDRESSEE

_INQUIRY = re.compile(r"/v1/inside/inquiries/([0-9a-f]{32})(/answer)?", re.ASCII)
_MESSAGE = re.compile(r"/v1/inside/messages/([0-9a-f]{32})", re.ASCII)


class Inside:
    """Serves the inside listener of one station."""

    def __init__(
        self, runtime: Runtime, server: IntermediateServer, clock: Clock
    ) -> None:
        self._station: Station = runtime.station
        self._acquiring = server.acquiring
        self._clock = clock
        self._door = InsideDoor(runtime, clock, self._decide)
        self._arrivals = Arrivals(runtime.station, self._door, clock)

    async def handle(self, request: Request, identity: Identity) -> Answer:
        """Answer one request of one of our own systems."""
        try:
            path, _, _ = request.target.partition("?")
            if (request.method, path) == ("POST", BATCHES):
                return await self._door.announce(request, identity)
            if (request.method, path) == ("POST", SUBMIT):
                return await self._door.submit(request, identity)
            if request.method == "GET":
                return await self._ask(request.target, identity)
            if request.method == "POST":
                return await self._arrivals.acknowledge(request.target, identity)
        except StoreUnavailable:
            return UNAVAILABLE
        return NOT_FOUND

    # -- what they post ------------------------------------------------------------

    def _decide(self, submission: Submission) -> Decided:
        value, now = submission.value, submission.now
        if submission.query:
            raise NotTaken("SK-J02", "no receiver is named beside the payload")
        taken = self._acquiring.take(submission.kind, value, now)
        if taken is not None:
            answer = taken.answer
            return Decided(taken.plan, lambda _: answer, taken.status)
        if submission.kind != "information_inquiry_request":
            raise NotTaken("SK-M04", "this station takes its type")
        core = self._station.core()
        subject = self._subject(value.addressee_number)
        if core is None or subject is None or not subject.linkage_code:
            raise NotTaken("SK-K01", "a linkage code is held for this person")
        tag = self._station.store.person_tag(subject.linkage_code)
        digest = self._station.facts.sealing_digest
        by, token_bytes = submission.identity.station, self._station.token_bytes
        layout = self._station.directory.master.layout(now)
        number, plan = requester.ask(
            value, subject, core, digest, tag, by, now, token_bytes, layout
        )
        return Decided(plan, partial(SubmissionAccepted, processing_number=number))

    def _subject(self, addressee_number: str) -> Copy | None:
        return self._station.store.copy_by_addressee(addressee_number)

    # -- what they ask ---------------------------------------------------------------

    async def _ask(self, target: str, identity: Identity) -> Answer:
        if found := _INQUIRY.fullmatch(target):
            inquiry = await self._own(bytes.fromhex(found[1]), identity)
            if inquiry is None:
                return NOT_FOUND
            if found[2]:
                return await self._answer(inquiry, identity)
            return _standing(inquiry)
        if found := _MESSAGE.fullmatch(target):
            return await self._message(bytes.fromhex(found[1]), identity)
        return await self._arrivals.get(target, identity)

    async def _own(self, number: bytes, identity: Identity) -> Inquiry | None:
        """The inquiry, for the system that made it; for others there is none.

        That another asked for it is recorded: it knows a number that is not its own.
        """
        inquiry = self._station.inquiry(number)
        if inquiry is None or inquiry.asked_by == str(identity.station):
            return inquiry
        verdict = ("R-128", "the inquiry is this system's own", "refused")
        event = inside_event(
            EventKind.REFUSED, "", identity, Plan(), self._clock(), "SK-C14", (verdict,)
        )
        await self._door.record(replace(event, processing_number=number.hex()))
        return None

    async def _answer(self, inquiry: Inquiry, identity: Identity) -> Answer:
        """What came, as it was verified when it came; that it is read is on record.

        A certificate that expired or was revoked since does not take it back: it was
        believed when this station took the answer over, and the record says when.
        """
        if inquiry.answer is None:
            return NOT_FOUND
        try:
            arrived = self._arrived(inquiry.processing_number)
            payload = envelope.recall(
                inquiry.answer, self._station.facts.opener, arrived
            )
        except (StoreDamaged, Unreadable):
            return Answer(
                409, "text/plain", b"the answer cannot be opened as it came\n"
            )
        event = Event(
            kind=EventKind.FETCHED,
            at=self._clock(),
            direction="local",
            peer=str(identity.station),
            message_type="information_provision",
            processing_number=inquiry.processing_number.hex(),
            item_no=inquiry.item_no,
            kinds=inquiry.kinds,
        )
        await self._door.record(event)
        return Answer(200, XML, payload)

    def _arrived(self, number: bytes) -> bytes:
        """The digest of the signed header that came with an inquiry's answer."""
        for stored in self._station.store.events(
            processing_number=number.hex(), kind=EventKind.RECEIVED
        ):
            if stored.event.message_type == "information_provision":
                return bytes.fromhex(stored.event.header_digest)
        return b""

    async def _message(self, message_id: bytes, identity: Identity) -> Answer:
        sent = self._station.store.outgoing(message_id)
        if sent is None:
            return self._getting(message_id, identity)
        number = sent.processing_number
        if number is not None and await self._own(number, identity) is None:
            return NOT_FOUND
        return self._door.status(message_id, identity)

    def _getting(self, known_by: bytes, identity: Identity) -> Answer:
        """Whether a linkage code came: asked by the id, or the processing number."""
        known = self._station.acquisition(known_by)
        if known is None or identity.station.role != ADDRESSEE:
            return NOT_FOUND
        state = "waiting" if known.is_open else "delivered"
        status = SubmissionStatus(message_id=known_by, status=state)
        return Answer(200, XML, write_payload(status))


def _standing(inquiry: Inquiry) -> Answer:
    status = InquiryStatus(
        processing_number=inquiry.processing_number,
        status=inquiry.state,
        code=inquiry.code or None,
    )
    return Answer(200, XML, write_payload(status))
