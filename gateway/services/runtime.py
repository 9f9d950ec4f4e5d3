# SPDX-License-Identifier: Apache-2.0
"""What makes a decision true: record, commit, then answer.

`Runtime.post` is given what a peer posted. It asks the intake, lets the role plan,
writes the record with everything that the plan wants in one transaction, and only
when that is durable gives back the answer's bytes and hands new messages to the
sender. If the store cannot be written there is no answer: the peer sees HTTP 503,
which has no effect, and will offer the message again. A request that holds no message
is answered with a plain HTTP status, and told as the listener's own refusals are.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.dispatch import Draft, NoSuchPeer, Writer
from gateway.intake import take
from gateway.outcome import Admitted, Held, Outcome, Refused, Repeated
from gateway.records.errors import StoreUnavailable
from gateway.records.event import Prepared
from gateway.records.rows import Outgoing
from gateway.records.transaction import Transaction
from gateway.roles.plan import Conflict, Plan
from gateway.roles.role import Role
from gateway.services import events
from gateway.services.clock import Clock
from gateway.services.link_host import LinkRefused, NoMessage
from gateway.services.listener import Answer, Request
from gateway.station import Station
from pki.trust import Identity
from protocols import limits
from protocols.answers import Receipt, SignedRefusal, write_receipt, write_refusal
from protocols.envelope import Packed, digest
from protocols.header import wire_time
from protocols.refusals import refusal
from schemas.catalogue import Answer as AnswerKind
from schemas.catalogue import row as catalogue_row

log = logging.getLogger(__name__)

CMS = "application/cms"
UNAVAILABLE = Answer(503, "text/plain", b"the record store is unavailable\n")
MESSAGES = "/v1/messages"
NOT_FOUND = Answer(404, "text/plain", b"POST /v1/messages\n")
CLOSED = "SK-M12"
"""The one refusal that names a time."""
NOT_CMS = Answer(415, "text/plain", b"Content-Type: application/cms\n")


@dataclass(frozen=True, slots=True)
class Ready:
    """A packed draft with its outbox row and its record."""

    outgoing: Outgoing
    record: Prepared


class Runtime:
    """One station at work. Owns no socket: the listener and the sender do."""

    def __init__(
        self,
        station: Station,
        role: Role,
        clock: Clock,
        offer: Callable[[Outgoing], None],
        cut_off: LinkRefused,
    ) -> None:
        self.station = station
        self.clock = clock
        self._role = role
        self._offer = offer
        self._cut_off = cut_off
        self._writer = Writer(
            station.name, station.keys.signer, station.directory, station.token_bytes
        )

    async def post(self, request: Request, identity: Identity) -> Answer:
        """Answer one request on the outside listener."""
        if (request.method, request.target) != ("POST", MESSAGES):
            self._cut_off(str(identity.station), NoMessage.TARGET)
            return NOT_FOUND
        if request.content_type != CMS:
            self._cut_off(str(identity.station), NoMessage.CONTENT_TYPE)
            return NOT_CMS
        now = self.clock()
        try:
            outcome = take(request.body, identity, now, self.station)
            return await self._settle(outcome, request.body, identity, now)
        except StoreUnavailable as error:
            log.error("%s: store unavailable: %s", self.station.name, error)
            return UNAVAILABLE

    async def _settle(
        self, outcome: Outcome, body: bytes, identity: Identity, now: datetime
    ) -> Answer:
        match outcome:
            case Refused():
                return await self._refuse(outcome, body, identity, now)
            case Repeated():
                return await self._repeat(outcome, identity, now)
            case _:
                return await self._admit(outcome, body, identity, now)

    async def _refuse(
        self, refused: Refused, body: bytes, identity: Identity, now: datetime
    ) -> Answer:
        tag = "" if refused.case is None else self._role.person_tag(refused.case)
        record = self._prepare(events.refused(refused, identity, now, tag))
        await self.station.store.commit(lambda tx: tx.record(record))
        row = refusal(refused.code)
        opened = refused.opened
        signed = SignedRefusal(
            request_digest=digest(body),
            header_digest=None if opened is None else opened.header_digest,
            receiver=self.station.name,
            at=wire_time(now),
            code=row.wire,
            rule=row.rule if row.wire == row.code else "",
            retry=row.retry,
            record_commitment=record.commitment,
            retry_after=self._opening(now) if row.code == CLOSED else None,
        )
        return Answer(422, CMS, write_refusal(signed, self.station.keys.signer))

    def _opening(self, now: datetime) -> datetime:
        """When this closed station opens: whole seconds, and never before it does."""
        opening = self.station.facts.hours.next_opening(now)
        return wire_time(opening + timedelta(microseconds=999_999))

    async def _repeat(
        self, repeated: Repeated, identity: Identity, now: datetime
    ) -> Answer:
        record = self._prepare(events.repeated(repeated, identity, now))
        await self.station.store.commit(lambda tx: tx.record(record))
        return Answer(200, CMS, repeated.answer)

    async def _admit(
        self, outcome: Admitted | Held, body: bytes, identity: Identity, now: datetime
    ) -> Answer:
        opened = outcome.case.opened
        plan = self._role.admit(outcome, body)
        record = self._prepare(events.received(outcome, plan, now))
        answer = self._answer(outcome, plan, record, now)
        ready = self.pack(plan.drafts, now)

        def work(tx: Transaction) -> bytes | None:
            before = tx.remember(
                str(opened.header.sender),
                opened.header.message_id,
                opened.header_digest,
                answer,
                opened.header.expires + limits.MAX_SKEW,
            )
            if before is not None:
                if before.header_digest == opened.header_digest:
                    return before.answer
                raise Conflict("SK-M09")
            apply(tx, plan, (record,), ready)
            return None

        try:
            earlier = await self.station.store.commit(work)
        except Conflict as conflict:
            refused = Refused(conflict.code, outcome.verdicts, opened, outcome.case)
            return await self._refuse(refused, body, identity, now)
        if earlier is not None:
            return Answer(200, CMS, earlier)
        self.offer(ready)
        return Answer(200, CMS, answer)

    def _answer(
        self, outcome: Admitted | Held, plan: Plan, record: Prepared, now: datetime
    ) -> bytes:
        opened = outcome.case.opened
        kind = catalogue_row(opened.header.message_type).answer
        if kind is AnswerKind.REPLY:
            assert plan.reply is not None
            return self._writer.write(plan.reply, now).envelope
        receipt = Receipt(
            message_id=opened.header.message_id,
            header_digest=opened.header_digest,
            receiver=self.station.name,
            at=wire_time(now),
            record_commitment=record.commitment,
        )
        return write_receipt(receipt, self.station.keys.signer)

    async def carry_out(
        self, plan: Plan, records: Iterable[Prepared], now: datetime
    ) -> tuple[Ready, ...]:
        """Make a plan true that no peer's message caused; hands over what it sends."""
        ready = self.pack(plan.drafts, now)
        kept = tuple(records)
        await self.station.store.commit(lambda tx: apply(tx, plan, kept, ready))
        self.offer(ready)
        return ready

    def pack(self, drafts: Iterable[Draft], now: datetime) -> tuple[Ready, ...]:
        """Seal every draft, with its outbox row and its record."""
        return tuple(self._pack(draft, now) for draft in drafts)

    def offer(self, ready: Iterable[Ready]) -> None:
        """Hand committed messages to the sender."""
        for one in ready:
            self._offer(one.outgoing)

    def _pack(self, draft: Draft, now: datetime) -> Ready:
        packed = self._writer.write(draft, now)
        record = self._prepare(events.attempted(draft, packed, now))
        return Ready(_outgoing(draft, packed), record)

    def _prepare(self, event: events.Event) -> Prepared:
        return self.station.store.prepared(event, self.station.token_bytes)


def apply(
    tx: Transaction,
    plan: Plan,
    records: Iterable[Prepared],
    ready: Iterable[Ready],
) -> None:
    """Everything of a plan inside one transaction: all of it, or nothing."""
    for effect in plan.effects:
        effect(tx)
    for record in records:
        tx.record(record)
    for one in ready:
        tx.record(one.record)
        tx.enqueue(one.outgoing)


def _outgoing(draft: Draft, packed: Packed) -> Outgoing:
    header = packed.header
    in_order = catalogue_row(header.message_type).in_order
    return Outgoing(
        message_id=header.message_id,
        peer=str(header.receiver),
        message_type=header.message_type,
        envelope=packed.envelope,
        header_digest=packed.header_digest,
        processing_number=header.processing_number,
        created=header.created,
        deadline=header.expires,
        guard_code=draft.guard_code,
        guard_version=draft.guard_version,
        context=draft.context,
        person_tag=draft.person_tag if in_order else "",
        handed_by=draft.handed_by,
    )


__all__ = ["NoSuchPeer", "Ready", "Runtime", "apply"]
