# SPDX-License-Identifier: Apache-2.0
"""Carries out what people decided about holds, and ends holds whose time is over.

Looks at the store in short intervals, because a decision is made by a command in
another process: the command writes it with the operator's name; from then on it is
this service's to do. A daemon that was down does it when it is up again.
"""

import logging
from datetime import datetime, timedelta

from gateway.records.errors import StoreUnavailable
from gateway.records.event import Event, EventKind
from gateway.records.rows import Hold
from gateway.roles.intermediate import IntermediateServer, about_hold
from gateway.services.clock import Clock
from gateway.services.runtime import Runtime

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(minutes=1)
"""For a renewal that the core refused, or that was lost with a restart."""

HELD_AGAIN = "the content is not the one that was released: held again"


class Holds:
    """One provider's holds."""

    def __init__(
        self, runtime: Runtime, role: IntermediateServer, clock: Clock
    ) -> None:
        self._runtime = runtime
        self._role = role
        self._clock = clock
        self._renewing: dict[str, datetime] = {}
        """Released holds whose permit is being renewed, and when to ask again."""

    async def look(self) -> None:
        """Do everything that is decided or over by now."""
        store = self._runtime.station.store
        now = self._clock()
        try:
            for hold in store.decided_holds():
                await self._decided(hold, now)
            for hold in store.lapsed_holds(now):
                await self._lapsed(hold, now)
        except StoreUnavailable as error:
            log.error("%s: holds wait: %s", self._runtime.station.name, error)

    async def _decided(self, hold: Hold, now: datetime) -> None:
        asked_until = self._renewing.get(hold.hold_id, now)
        if now < asked_until and now <= hold.release_by:
            return
        if hold.state == "released":
            plan = self._role.released(hold, now)
        else:
            plan = self._role.refused(hold, now)
        if any(d.message_type == "permit_renewal_request" for d in plan.drafts):
            self._renewing[hold.hold_id] = now + ASK_AGAIN
        records = []
        if not plan.drafts:  # the role's way to say that a person must look again
            again = hold_event(EventKind.HELD, hold, now, detail=HELD_AGAIN)
            records.append(self._runtime.station.store.prepared(again))
        await self._runtime.carry_out(plan, records, now)

    async def _lapsed(self, hold: Hold, now: datetime) -> None:
        plan = self._role.lapsed(hold, now)
        lapsed = hold_event(EventKind.LAPSED, hold, now, "SK-H02")
        record = self._runtime.station.store.prepared(lapsed)
        await self._runtime.carry_out(plan, (record,), now)


def hold_event(
    kind: EventKind,
    hold: Hold,
    now: datetime,
    code: str = "",
    operator: str = "",
    detail: str = "",
) -> Event:
    """What happened to a hold, as the record keeps it."""
    about = about_hold(hold)
    return Event(
        kind=kind,
        at=now,
        direction="local",
        peer=hold.requester,
        message_type="information_provision",
        processing_number=hold.processing_number.hex(),
        item_no=hold.item_no,
        kinds=hold.kinds,
        person_tag=hold.person_tag,
        permit_digest="" if about.permit_digest is None else about.permit_digest.hex(),
        code=code,
        operator=operator,
        detail=detail,
    )
