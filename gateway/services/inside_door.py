# SPDX-License-Identifier: Apache-2.0
"""What every inside listener does with what is handed in: read, decide, record, answer.

An organisation's own systems are known by their TLS certificates and need no other
cryptography. What they hand in is plain XML of a type that the catalogue lets this
system give to this station; it is durable before it is acknowledged. What is not taken
is recorded too, and told with its code, its rule and what to do. What a station does
with each type is for those who derive from this: `inside`, `cs_inside`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.intake import payload_code
from gateway.outcome import Verdict
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind, prepare
from gateway.records.transaction import Transaction
from gateway.roles.plan import Conflict, NotTaken, Plan
from gateway.services.clock import Clock
from gateway.services.listener import Answer, Request
from gateway.services.runtime import UNAVAILABLE, Runtime
from gateway.station import Station
from pki.trust import Identity
from protocols.refusals import refusal
from schemas.catalogue import Answer as AnswerKind
from schemas.catalogue import UnknownType, row
from schemas.messages import (
    Payload,
    SubmissionRefused,
    SubmissionStatus,
    read_payload,
    write_payload,
)
from schemas.xml import XmlRefused, parse, root_name

XML = "application/xml"
SUBMIT = "/v1/inside/messages"
NOT_FOUND = Answer(404, "text/plain", b"unknown\n")


@dataclass(frozen=True, slots=True)
class Submission:
    """One payload that may be handed in here by whom it came from."""

    kind: str
    value: Any
    body: bytes
    identity: Identity
    query: str
    """What stood behind the question mark; empty if nothing."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What is done about a submission, and what its system is told."""

    plan: Plan
    answer: Callable[[bytes], Payload]
    """Given the id of the first message that leaves; empty if none does."""
    status: int = 202


class Decide(Protocol):
    """What a station does with a type; raises `NotTaken`."""

    def __call__(self, submission: Submission) -> Decided: ...


class InsideDoor:
    """The part that all inside listeners share."""

    def __init__(self, runtime: Runtime, clock: Clock, decide: Decide) -> None:
        self._runtime = runtime
        self._station: Station = runtime.station
        self._clock = clock
        self._decide = decide

    async def submit(self, request: Request, identity: Identity) -> Answer:
        """Take what is handed in, or say why not."""
        now = self._clock()
        kind = ""
        _, _, query = request.target.partition("?")
        try:
            kind, value = self._read(request.body, identity)
            submission = Submission(kind, value, request.body, identity, query, now)
            decided = self._decide(submission)
            event = inside_event(EventKind.RECEIVED, kind, identity, decided.plan, now)
            record = prepare(event, self._station.token_bytes)
            ready = await self._runtime.carry_out(decided.plan, (record,), now)
        except (NotTaken, Conflict) as no:
            check = no.check if isinstance(no, NotTaken) else "the store agrees"
            return await self._refuse(no.code, check, kind, identity, now)
        except StoreUnavailable:
            return UNAVAILABLE
        first = ready[0].outgoing.message_id if ready else b""
        return Answer(decided.status, XML, write_payload(decided.answer(first)))

    def _read(self, body: bytes, identity: Identity) -> tuple[str, Any]:
        try:
            kind = root_name(parse(body))
            known = row(kind)
        except XmlRefused as error:
            raise NotTaken(
                payload_code(error), "it is plain XML of this network"
            ) from None
        except UnknownType:
            raise NotTaken("SK-M04", "its type is in the catalogue") from None
        sender, station = identity.station, self._station.name
        allowed = (
            (sender.role, station.role) in known.inside
            and known.answer is not AnswerKind.NONE
            and sender.organisation == station.organisation
        )
        if not allowed:
            raise NotTaken("SK-M05", "this system may post this type here")
        try:
            return kind, read_payload(kind, body)
        except XmlRefused as error:
            raise NotTaken(
                payload_code(error), "its payload matches its schema"
            ) from None

    async def _refuse(
        self, code: str, check: str, kind: str, identity: Identity, now: datetime
    ) -> Answer:
        found = refusal(code)
        verdict = Verdict(found.rule, check, False)
        event = inside_event(
            EventKind.REFUSED, kind, identity, Plan(), now, code, (verdict.row,)
        )
        await self.record(event)
        told = SubmissionRefused(
            code=code,
            rules=(found.rule,),
            text_ja=found.ja,
            text_en=found.en,
            what_to_do=found.mend,
            retry=found.retry,
        )
        return Answer(422, XML, write_payload(told))

    async def record(self, event: Event) -> None:
        """Write an event down by itself."""
        record = prepare(event, self._station.token_bytes)
        await self._station.store.commit(lambda tx: tx.record(record))

    async def record_with(
        self, event: Event, effect: Callable[[Transaction], object]
    ) -> None:
        """Write an event down together with what it tells of."""
        record = prepare(event, self._station.token_bytes)

        def work(tx: Transaction) -> None:
            effect(tx)
            tx.record(record)

        await self._station.store.commit(work)

    def status(self, message_id: bytes) -> Answer:
        """What became of a message of ours."""
        sent = self._station.store.outgoing(message_id)
        if sent is None:
            return NOT_FOUND
        status = SubmissionStatus(
            message_id=message_id, status=sent.state, code=sent.last_code or None
        )
        return Answer(200, XML, write_payload(status))


def inside_event(
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
        detail=refusal(code).en if code else plan.about.detail,
    )
