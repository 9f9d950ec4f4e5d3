# SPDX-License-Identifier: Apache-2.0
"""One sender for each peer: it carries what the outbox holds, and owns none of it.

Starts with the station; is offered messages that are already committed; posts each,
waits for the signed answer, and has its consequence recorded. A message that got no
valid answer stays in the outbox and is offered again: the same bytes, later. So does
one that met a fault of this program, which is recorded and holds up no other. On start
everything due is read back from the store, so a killed daemon goes on where it was.

Before each attempt the role looks again: what may no longer leave is taken back. What a
person gave up is settled, and whoever depends on it hears that as of an expiry. What is
about one person leaves in the order in which it was owed: nothing of that person goes
while something older could not be delivered to this peer.
"""

import logging
from collections import deque
from collections.abc import Set
from datetime import datetime, timedelta
from typing import Protocol

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gateway.faults import place
from gateway.records.errors import StoreUnavailable
from gateway.records.event import EventKind, prepare
from gateway.records.outbox_acts import GivenUp
from gateway.records.rows import Outgoing
from gateway.records.transaction import Transaction
from gateway.roles.plan import Plan
from gateway.roles.role import Role
from gateway.rules.hours import ASKING
from gateway.services import events
from gateway.services.clock import Clock
from gateway.services.deadlines import Timer
from gateway.services.peer import PeerError, Response
from gateway.services.retry import Later, retry_after
from gateway.services.runtime import CMS, MESSAGES, Runtime
from gateway.services.settling import Settling
from gateway.station import Station
from pki.names import StationName
from protocols import answers
from protocols.answers import Receipt, SignedRefusal
from protocols.envelope import Opened
from protocols.errors import AnswerInvalid, ProtocolError
from protocols.refusals import refusal
from schemas.catalogue import Answer as AnswerKind
from schemas.catalogue import Row
from schemas.catalogue import row as catalogue_row
from schemas.errors import SchemaError

log = logging.getLogger(__name__)

MAX_IN_FLIGHT = 16
"""Messages on their way to one peer at once: more would only wait in memory."""
MAX_WAITING = 2048
"""Messages kept in memory for one peer; what is beyond waits in the store."""

FORBIDDEN = 403
"""The HTTP status of a peer that knows this station, and takes nothing from it now."""

GIVEN_UP = "SK-T08"
"""A named person decided that it is not to be sent any more."""
_NONE = timedelta(0)
_SOON = timedelta(seconds=1)

FAULT = "%s: sending to %s failed: %s"


class Client(Protocol):
    """What a sender needs of a peer client."""

    def post(self, path: str, content_type: str, body: bytes) -> Deferred[Response]: ...


class Sender:
    """Carries the messages of one station to one peer."""

    def __init__(
        self,
        peer: StationName,
        client: Client,
        station: Station,
        role: Role,
        runtime: Runtime,
        clock: Clock,
        reactor: Timer,
    ) -> None:
        self._peer = peer
        self._client = client
        self._station = station
        self._hours = station.calendars.of(peer)
        self._role = role
        self._clock = clock
        self._settle = Settling(station, runtime, self.offer).settle
        self._waiting: deque[Outgoing] = deque()
        self._known: set[bytes] = set()
        self._later = Later(reactor, self.offer)
        self._in_flight = 0
        self._stopping = False
        self._idle: list[Deferred[None]] = []

    def offer(self, outgoing: Outgoing) -> None:
        """Take a committed message; it is sent as soon as there is room."""
        self._later.forget(outgoing.message_id)
        if self._stopping or outgoing.message_id in self._known:
            return
        if len(self._waiting) >= MAX_WAITING:
            return
        self._known.add(outgoing.message_id)
        self._waiting.append(outgoing)
        self._fill()

    @property
    def carried(self) -> Set[bytes]:
        """The messages that wait in memory or are on their way."""
        return self._known

    def stop(self) -> Deferred[None]:
        """Send nothing new; fires when what is in flight has ended."""
        self._stopping = True
        done: Deferred[None] = Deferred()
        if self._in_flight == 0:
            done.callback(None)
        else:
            self._idle.append(done)
        return done

    def _fill(self) -> None:
        while self._waiting and self._in_flight < MAX_IN_FLIGHT and not self._stopping:
            self._in_flight += 1
            running = Deferred.fromCoroutine(self._carry(self._waiting.popleft()))
            running.addErrback(self._bug)
            running.addBoth(self._landed)

    def _landed(self, _: object) -> None:
        self._in_flight -= 1
        if self._stopping and self._in_flight == 0:
            for done in self._idle:
                done.callback(None)
            self._idle.clear()
        self._fill()

    def _bug(self, failure: Failure) -> None:
        """Not even the fault could be recorded; the row in the store still waits."""
        log.error(FAULT, self._station.name, self._peer, place(failure.value))

    async def _carry(self, outgoing: Outgoing) -> None:
        """One delivery attempt, with whatever follows from it."""
        try:
            await self._attempt(outgoing)
        except StoreUnavailable as error:
            log.error("%s: store unavailable: %s", self._station.name, error)
            self._later.at(replace(outgoing, attempts=outgoing.attempts + 1))
        except Exception as error:  # a fault of ours waits as one of theirs does
            log.error(FAULT, self._station.name, self._peer, place(error))
            await self._postpone(outgoing, "SK-T06", detail=place(error))
        finally:
            self._known.discard(outgoing.message_id)

    async def _attempt(self, outgoing: Outgoing) -> None:
        now = self._clock()
        if self._station.facts.restored.closed:
            return  # it waits in the store until the station is open again
        given_up = self._station.store.given_up(outgoing.message_id)
        if given_up is not None:
            await self._give_up(outgoing, GIVEN_UP, "given_up", given_up=given_up)
            return
        if now > outgoing.deadline:
            await self._give_up(outgoing, "SK-T03", "expired")
            return
        if not self._hours.is_open(now) and outgoing.message_type in ASKING:
            await self._await_opening(outgoing, now)
            return
        if not self._station.store.is_its_turn(outgoing):
            return  # it waits in the store, and is offered behind the other
        back = self._role.before_sending(outgoing, now)
        if back is not None:
            await self._take_back(outgoing, back, now)
            return
        self._station.store.must_be_writable()
        stops = self._station.facts.vouched.problem
        if stops:
            await self._postpone(outgoing, "SK-T09", detail=stops)
            return
        if self._station.facts.is_frozen(now):
            await self._postpone(outgoing, "SK-T10")
            return
        try:
            response = await self._client.post(MESSAGES, CMS, outgoing.envelope)
        except PeerError as error:
            detail = f"{refusal(error.code).en}: {error.reason}"
            await self._postpone(outgoing, error.code, detail=detail)
            return
        await self._answered(outgoing, response)

    async def _answered(self, outgoing: Outgoing, response: Response) -> None:
        now = self._clock()
        if response.content_type != CMS:
            refused = response.status == FORBIDDEN
            await self._postpone(outgoing, "SK-T05" if refused else "SK-T01")
            return
        sent, signed = outgoing.envelope, outgoing.header_digest
        offered = answers.offered(sent, self._peer, signed, outgoing.message_id)
        facts = self._station.facts
        try:
            answer = answers.read(
                response.body, offered, facts.opener, facts.directory, now
            )
            await self._consequence(outgoing, answer, response.body, now)
        except (ProtocolError, SchemaError):
            await self._postpone(outgoing, "SK-T04")

    async def _consequence(
        self, outgoing: Outgoing, answer: answers.Answer, raw: bytes, now: datetime
    ) -> None:
        kind = catalogue_row(outgoing.message_type)
        match answer:
            case Receipt() if kind.answer is AnswerKind.RECEIPT:
                plan = self._role.receipted(outgoing, now)
                await self._settle(
                    outgoing, plan, EventKind.RECEIPTED, "delivered", raw, now
                )
            case Opened() if _is_reply_for(answer, self._station.name, kind):
                plan = self._role.replied(outgoing, answer, now)
                await self._settle(
                    outgoing,
                    plan,
                    EventKind.ANSWERED,
                    "delivered",
                    answer.signed_header,
                    now,
                )
            case SignedRefusal(retry=True, retry_after=until):
                await self._postpone(outgoing, answer.code, raw, until=until)
            case SignedRefusal():
                await self._give_up(outgoing, answer.code, "refused", raw)
            case _:
                raise AnswerInvalid("SK-T04")

    async def _take_back(self, outgoing: Outgoing, plan: Plan, now: datetime) -> None:
        await self._settle(outgoing, plan, EventKind.WITHDRAWN, "withdrawn", b"", now)

    async def _give_up(
        self,
        outgoing: Outgoing,
        code: str,
        state: str,
        answer: bytes = b"",
        given_up: GivenUp | None = None,
    ) -> None:
        now = self._clock()
        plan = self._role.failed(outgoing, code, now)
        await self._settle(
            outgoing, plan, EventKind.FAILED, state, answer, now, code, given_up
        )

    async def _await_opening(self, outgoing: Outgoing, now: datetime) -> None:
        """The peer is closed: it goes at the opening, or is told now if it cannot."""
        opening = self._hours.next_opening(now)
        if opening > outgoing.deadline:
            await self._give_up(outgoing, "SK-T07", "expired")
        else:
            await self._postpone(outgoing, "SK-T07", until=opening)

    async def _postpone(
        self,
        outgoing: Outgoing,
        code: str,
        answer: bytes = b"",
        detail: str = "",
        until: datetime | None = None,
    ) -> None:
        """Keep it for later; the first failure of each kind is recorded."""
        now = self._clock()
        attempts = outgoing.attempts + 1
        closed = _NONE if until is None else until - now
        delay = retry_after(self._station.config.timing, attempts, closed)
        delay = min(delay, max(outgoing.deadline - now, _NONE) + _SOON)  # and told then
        if code != "SK-T06" and self._station.store.given_up(outgoing.message_id):
            delay = _NONE  # it is settled next, not tried
        event = events.not_taken(outgoing, now, code, detail, answer)
        record = prepare(event, self._station.token_bytes)

        def work(tx: Transaction) -> None:
            if attempts == 1 or code != outgoing.last_code:
                tx.record(record)
            tx.postpone(outgoing.message_id, attempts, now + delay, code)

        await self._station.store.commit(work)
        self._later.at(replace(outgoing, attempts=attempts, last_code=code), delay)


def _is_reply_for(reply: Opened, station: StationName, kind: Row) -> bool:
    """Whether a reply is of the type that was asked for, and meant for us."""
    header = reply.header
    return header.receiver == station and header.message_type == kind.reply_type
