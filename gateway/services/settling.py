# SPDX-License-Identifier: Apache-2.0
"""The end of what is owed to a peer: settled once, recorded, with all that follows.

What the role plans for it, the record and the row in the outbox are one transaction.
What waited behind it because it is about the same person is offered then.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from gateway.records.event import EventKind, prepare
from gateway.records.outbox_acts import GivenUp
from gateway.records.rows import Outgoing
from gateway.records.transaction import Transaction
from gateway.roles.plan import Conflict, Plan
from gateway.services import events
from gateway.services.runtime import Runtime, apply
from gateway.station import Station

_Settled: TypeAlias = tuple[bool, Outgoing | None]
"""Whether it was settled now, and what waits next about the same person."""


class Settling:
    """For one peer. Sends nothing: ``offer`` is the peer's sender."""

    def __init__(
        self, station: Station, runtime: Runtime, offer: Callable[[Outgoing], None]
    ) -> None:
        self._station = station
        self._runtime = runtime
        self._offer = offer

    async def settle(
        self,
        outgoing: Outgoing,
        plan: Plan,
        kind: EventKind,
        state: str,
        answer: bytes,
        now: datetime,
        code: str = "",
        given_up: GivenUp | None = None,
    ) -> None:
        """Make it so; raises `StoreUnavailable`, and then it is still owed."""
        event = events.outgoing(
            kind,
            outgoing,
            now,
            code,
            plan.about.detail if given_up is None else given_up.reason,
            {"answer": answer} if answer else {},
            plan.about.permit_digest,
            "" if given_up is None else given_up.operator,
        )
        record = prepare(event, self._station.token_bytes)
        ready = self._runtime.pack(plan.drafts, now)

        def work(tx: Transaction) -> _Settled:
            first = tx.settle(outgoing.message_id, state, answer)
            behind = tx.next_about(outgoing.peer, outgoing.person_tag)
            if first:
                apply(tx, plan, (record,), ready)
            return first, behind

        def alone(tx: Transaction) -> _Settled:
            if tx.settle(outgoing.message_id, state, answer):
                tx.record(record)
            return False, tx.next_about(outgoing.peer, outgoing.person_tag)

        try:
            first, behind = await self._station.store.commit(work)
        except Conflict:  # what the plan wanted was done already
            first, behind = await self._station.store.commit(alone)
        if first:  # else nothing of the plan stands: it was settled before
            self._runtime.offer(ready)
        if behind is not None:
            self._offer(behind)
