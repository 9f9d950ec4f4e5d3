# SPDX-License-Identifier: Apache-2.0
"""What every inside listener does with what is handed in: read, decide, record, answer.

An organisation's own systems are known by their TLS certificates and need no other
cryptography. What they hand in is plain XML of a type that the catalogue lets this
system give to this station; it is durable before it is acknowledged. What is not taken
is recorded too, and told with its code, its rule and what to do. What a station does
with each type is for those who derive from this: `inside`, `cs_inside`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import msgspec

from gateway.dispatch import NoSuchPeer
from gateway.intake import payload_code
from gateway.outcome import Verdict
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind
from gateway.records.transaction import Transaction
from gateway.roles.plan import About, Conflict, NotTaken, Plan
from gateway.services.batches import NOT_TOLD, TOLD, announced
from gateway.services.clock import Clock
from gateway.services.listener import Answer, Request
from gateway.services.runtime import UNAVAILABLE, Runtime
from gateway.services.submissions import BAD_QUERY, HandIn, Said, Submissions, said
from gateway.station import Station
from pki.names import StationName
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
from schemas.systems import INTERMEDIATE, RESIDENT_AFFAIR
from schemas.xml import XmlRefused, parse, root_name

XML = "application/xml"
SUBMIT = "/v1/inside/messages"
INQUIRY = "information_inquiry_request"
NOT_FOUND = Answer(404, "text/plain", b"unknown\n")
_NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True)
class Submission:
    """One payload that may be handed in here by whom it came from."""

    kind: str
    value: Any
    body: bytes
    identity: Identity
    query: str
    """What stood behind the question mark for this station; empty if nothing."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What is done about a submission, and what its system is told."""

    plan: Plan
    answer: Callable[[bytes], Payload]
    """Given the id of the first message that leaves; empty if none does."""
    status: int = 202

    def told(self, message_id: bytes) -> Answer:
        """The answer, once it is known what leaves."""
        return Answer(self.status, XML, write_payload(self.answer(message_id)))


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
        self._submissions = Submissions(runtime)

    async def submit(self, request: Request, identity: Identity) -> Answer:
        """Take what is handed in, or say why not."""
        now, kind, value = self._clock(), "", None
        here = said(request.target.partition("?")[2])
        if here is None:
            return BAD_QUERY
        handed = HandIn.of(here, request, identity)
        try:
            kind, value = self._read(request.body, identity)
            answered = self._submissions.answered(handed)
            if answered is None:
                given = Submission(kind, value, request.body, identity, here.rest, now)
                return await self._take(given, handed)
        except (NotTaken, Conflict, NoSuchPeer) as no:
            answered = self._submissions.answered(handed)  # by now: two at once
            if answered is None:
                code, check = _why(no)
                about = About(person_tag=self._station.tag_of(value))
                return await self._refuse(code, check, kind, identity, now, here, about)
        except StoreUnavailable:
            return UNAVAILABLE
        event = inside_event(EventKind.REPEATED, kind, identity, Plan(), now, here=here)
        await self.record(event)
        return answered

    async def _take(self, given: Submission, handed: HandIn) -> Answer:
        """Decide about it and make that true.

        Raises `NotTaken`, `Conflict`, and `NoSuchPeer` where nobody can be sent to.
        """
        self._submissions.must_be_free(handed)
        decided = self._decide(given)
        plan = _handed_by(decided.plan, given.identity)
        event = inside_event(
            EventKind.RECEIVED,
            given.kind,
            given.identity,
            decided.plan,
            given.now,
            here=handed.said,
        )
        return await self._submissions.take(handed, plan, event, decided.told)

    async def announce(self, request: Request, identity: Identity) -> Answer:
        """A batch inquiry is about to begin: record who asks, and why."""
        event = announced(request, identity, self._clock())
        if event is None:
            return NOT_TOLD
        await self.record(event)
        return TOLD

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
            _must_not_inquire(kind, sender, station)
            raise NotTaken("SK-M05", "this system may post this type here")
        try:
            return kind, read_payload(kind, body)
        except XmlRefused as error:
            raise NotTaken(
                payload_code(error), "its payload matches its schema"
            ) from None

    async def _refuse(
        self,
        code: str,
        check: str,
        kind: str,
        identity: Identity,
        now: datetime,
        here: Said,
        about: About,
    ) -> Answer:
        found, plan = refusal(code), Plan(about)
        verdict = Verdict(found.rule, check, False)
        event = inside_event(
            EventKind.REFUSED, kind, identity, plan, now, code, (verdict.row,), here
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
        record = self._station.store.prepared(event, self._station.token_bytes)
        await self._station.store.commit(lambda tx: tx.record(record))

    async def record_with(
        self, event: Event, effect: Callable[[Transaction], object]
    ) -> None:
        """Write an event down together with what it tells of."""
        record = self._station.store.prepared(event, self._station.token_bytes)

        def work(tx: Transaction) -> None:
            effect(tx)
            tx.record(record)

        await self._station.store.commit(work)

    def status(self, message_id: bytes, identity: Identity) -> Answer:
        """What became of a message, for the system that handed it in; else 404."""
        sent = self._station.store.outgoing(message_id)
        if sent is None or sent.handed_by != str(identity.station):
            return NOT_FOUND
        status = SubmissionStatus(
            message_id=message_id, status=sent.state, code=sent.last_code or None
        )
        return Answer(200, XML, write_payload(status))


def _must_not_inquire(kind: str, sender: StationName, station: StationName) -> None:
    """The affair of the resident register asks nobody (R-123): raises `NotTaken`."""
    own = station == StationName(sender.organisation, INTERMEDIATE)
    if kind == INQUIRY and own and sender.role in RESIDENT_AFFAIR:
        raise NotTaken("SK-P08", "the asking affair is another")


def _why(no: NotTaken | Conflict | NoSuchPeer) -> tuple[str, str]:
    """The code of a refusal, and the check that did not pass."""
    match no:
        case NotTaken():
            return no.code, no.check
        case Conflict():
            return no.code, "the store agrees"
        case NoSuchPeer():
            return "SK-J02", "the master has a station that can be sent to"


def _handed_by(plan: Plan, identity: Identity) -> Plan:
    """The plan, with what leaves by it marked as that system's own."""
    name = str(identity.station)
    drafts = tuple(msgspec.structs.replace(d, handed_by=name) for d in plan.drafts)
    return replace(plan, drafts=drafts)


def inside_event(
    kind: EventKind,
    message_type: str,
    identity: Identity,
    plan: Plan,
    now: datetime,
    code: str = "",
    verdicts: tuple[tuple[str, str, str], ...] = (),
    here: Said = _NOTHING_SAID,
) -> Event:
    drafts = plan.drafts
    number = drafts[0].processing_number if drafts else None
    detail = refusal(code).en if code else plan.about.detail
    if here.batch:
        detail = f"batch {here.batch}; {detail}".removesuffix("; ")
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
        operator=here.operator,
        detail=detail,
    )
