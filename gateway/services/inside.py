# SPDX-License-Identifier: Apache-2.0
"""The inside listener: the organisation's own systems post plain XML and fetch answers.

They are known by their TLS certificates and need no other cryptography. What they post
is checked and made durable before it is acknowledged; what happened to it later, they
ask for (情報照会結果取得要求). An answer is opened for nobody but them.

    POST /v1/inside/messages                 a payload of the catalogue's inside types
    GET  /v1/inside/inquiries/NUMBER         how an inquiry stands
    GET  /v1/inside/inquiries/NUMBER/answer  what was provided
    GET  /v1/inside/messages/ID              what became of a message
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from gateway.intake import payload_code
from gateway.outcome import Verdict
from gateway.records.copies import Copy
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.roles import requester
from gateway.roles.municipal_cs import MunicipalCs
from gateway.roles.plan import Plan
from gateway.rules import identity_record
from gateway.services.clock import Clock
from gateway.services.listener import Answer, Request
from gateway.services.runtime import UNAVAILABLE, Runtime
from gateway.station import Station
from pki.trust import Identity
from protocols import envelope
from protocols.errors import Unreadable
from protocols.refusals import refusal
from schemas.catalogue import UnknownType, row
from schemas.messages import (
    InquiryStatus,
    Payload,
    SubmissionAccepted,
    SubmissionRefused,
    SubmissionStatus,
    read_payload,
    write_payload,
)
from schemas.xml import XmlRefused, parse, root_name

XML = "application/xml"
SUBMIT = "/v1/inside/messages"
_INQUIRY = re.compile(r"/v1/inside/inquiries/([0-9a-f]{32})(/answer)?", re.ASCII)
_MESSAGE = re.compile(r"/v1/inside/messages/([0-9a-f]{32})", re.ASCII)
NOT_FOUND = Answer(404, "text/plain", b"unknown\n")


class _No(Exception):
    """A submission that is not taken, with the code that its system is told."""

    def __init__(self, code: str, check: str) -> None:
        super().__init__(code)
        self.code = code
        self.check = check


class Inside:
    """Serves the inside listener of one station."""

    def __init__(self, runtime: Runtime, cs: MunicipalCs | None, clock: Clock) -> None:
        self._runtime = runtime
        self._station: Station = runtime.station
        self._cs = cs
        self._clock = clock

    async def handle(self, request: Request, identity: Identity) -> Answer:
        """Answer one request of one of our own systems."""
        try:
            if request.method == "POST" and request.target == SUBMIT:
                return await self._submit(request.body, identity)
            if request.method == "GET":
                return await self._ask(request.target)
        except StoreUnavailable:
            return UNAVAILABLE
        return NOT_FOUND

    # -- what they post ------------------------------------------------------------

    async def _submit(self, body: bytes, identity: Identity) -> Answer:
        now = self._clock()
        kind = ""
        try:
            kind, value = self._read(body, identity)
            plan, answer = self._plan(kind, value, now)
        except _No as no:
            return await self._refuse(no, kind, identity, now)
        record = prepare(_event(EventKind.RECEIVED, kind, identity, plan, now))
        ready = await self._runtime.carry_out(plan, (record,), now)
        message_id = ready[0].outgoing.message_id
        return Answer(202, XML, write_payload(answer(message_id)))

    def _read(self, body: bytes, identity: Identity) -> tuple[str, Any]:
        try:
            kind = root_name(parse(body))
            known = row(kind)
        except XmlRefused as error:
            raise _No(payload_code(error), "it is plain XML of this network") from None
        except UnknownType:
            raise _No("SK-M04", "its type is in the catalogue") from None
        sender, station = identity.station, self._station.name
        allowed = (
            known.network == "inside"
            and sender.role in known.sender_roles
            and station.role in known.receiver_roles
            and sender.organisation == station.organisation
        )
        if not allowed:
            raise _No("SK-M05", "this system may post this type here")
        try:
            return kind, read_payload(kind, body)
        except XmlRefused as error:
            raise _No(payload_code(error), "its payload matches its schema") from None

    def _plan(
        self, kind: str, value: Any, now: datetime
    ) -> tuple[Plan, Callable[[bytes], Payload]]:
        if kind == "information_inquiry_request":
            return self._inquire(value, now)
        return self._update(value)

    def _inquire(
        self, value: Any, now: datetime
    ) -> tuple[Plan, Callable[[bytes], Payload]]:
        core = self._station.core()
        subject = self._subject(value.addressee_number)
        if core is None or subject is None:
            raise _No("SK-K01", "a linkage code is held for this person")
        tag = self._station.store.person_tag(subject.linkage_code)
        digest = self._station.facts.sealing_digest
        number, plan = requester.ask(value, subject, core, digest, tag, now)
        return plan, partial(SubmissionAccepted, processing_number=number)

    def _subject(self, addressee_number: str) -> Copy | None:
        return self._station.store.copy_by_addressee(addressee_number)

    def _update(self, value: Any) -> tuple[Plan, Callable[[bytes], Payload]]:
        assert self._cs is not None
        code = identity_record.fault(value.record, self._station.facts.realm)
        if code:
            raise _No(code, "the record's numbers and characters are right")
        tag = self._station.store.person_tag(value.record.resident_record_code)
        return self._cs.notice(value.record, tag), SubmissionAccepted

    async def _refuse(
        self, no: _No, kind: str, identity: Identity, now: datetime
    ) -> Answer:
        found = refusal(no.code)
        verdict = Verdict(found.rule, no.check, False)
        event = _event(
            EventKind.REFUSED, kind, identity, Plan(), now, no.code, (verdict.row,)
        )
        record = prepare(event)
        await self._station.store.commit(lambda tx: tx.record(record))
        told = SubmissionRefused(
            code=no.code,
            rules=(found.rule,),
            text_ja=found.ja,
            text_en=found.en,
            what_to_do=found.mend,
            retry=found.retry,
        )
        return Answer(422, XML, write_payload(told))

    # -- what they ask ---------------------------------------------------------------

    async def _ask(self, target: str) -> Answer:
        if found := _INQUIRY.fullmatch(target):
            number = bytes.fromhex(found[1])
            return self._answer(number) if found[2] else self._standing(number)
        if found := _MESSAGE.fullmatch(target):
            return self._message(bytes.fromhex(found[1]))
        return NOT_FOUND

    def _standing(self, number: bytes) -> Answer:
        inquiry = self._station.inquiry(number)
        if inquiry is None:
            return NOT_FOUND
        status = InquiryStatus(
            processing_number=number, status=inquiry.state, code=inquiry.code or None
        )
        return Answer(200, XML, write_payload(status))

    def _answer(self, number: bytes) -> Answer:
        inquiry = self._station.inquiry(number)
        if inquiry is None or inquiry.answer is None:
            return NOT_FOUND
        facts = self._station.facts
        try:
            opened = envelope.unpack(
                inquiry.answer, facts.opener, facts.directory, self._clock()
            )
        except Unreadable:
            return Answer(409, "text/plain", b"the answer can no longer be verified\n")
        return Answer(200, XML, opened.payload)

    def _message(self, message_id: bytes) -> Answer:
        sent = self._station.store.outgoing(message_id)
        if sent is None:
            return NOT_FOUND
        status = SubmissionStatus(
            message_id=message_id, status=sent.state, code=sent.last_code or None
        )
        return Answer(200, XML, write_payload(status))


def _event(
    kind: EventKind,
    message_type: str,
    identity: Identity,
    plan: Plan,
    now: datetime,
    code: str = "",
    verdicts: tuple[tuple[str, str, str], ...] = (),
) -> Event:
    drafts = plan.drafts
    number = drafts[0].processing_number if drafts else None
    return Event(
        kind=kind,
        at=now,
        direction="in",
        peer=str(identity.station),
        message_type=message_type,
        processing_number="" if number is None else number.hex(),
        item_no=plan.about.item_no,
        kinds=plan.about.kinds,
        person_tag=plan.about.person_tag,
        code=code,
        verdicts=verdicts,
        detail=refusal(code).en if code else "",
    )
