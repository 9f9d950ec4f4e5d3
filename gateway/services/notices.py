# SPDX-License-Identifier: Apache-2.0
"""Tells the core, in batches and without personal data, what was provided.

Law: 番号法第23条. Notices wait in the store; a batch leaves the table in the same
transaction in which its message enters the outbox, so none is told twice or lost.
"""

import logging
from functools import partial

from gateway.dispatch import Draft
from gateway.records.errors import StoreUnavailable
from gateway.records.transaction import Transaction
from gateway.roles.plan import Plan
from gateway.services.clock import Clock
from gateway.services.runtime import Runtime
from protocols.header import wire_time
from schemas.messages import ProvisionNotice, ProvisionNoticeEntry, write_known

log = logging.getLogger(__name__)

MAX_BATCH = 200
"""Entries of one notice: about 30 KB."""


class Notices:
    """One provider's notices to its core."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime = runtime
        self._clock = clock

    async def tell(self) -> None:
        """Send what has gathered; nothing gathered, nothing sent."""
        station = self._runtime.station
        core = station.core()
        waiting = station.store.notices(MAX_BATCH)
        if core is None or not waiting:
            return
        entries = tuple(
            ProvisionNoticeEntry(w.processing_number, w.outcome, wire_time(w.at))
            for w in waiting
        )
        draft = Draft(
            message_type="provision_notice",
            receiver=core,
            payload=write_known(ProvisionNotice(entries=entries)),
        )
        drop = partial(Transaction.drop_notices, ids=[w.id for w in waiting])
        try:
            plan = Plan(effects=(drop,), drafts=(draft,))
            await self._runtime.carry_out(plan, (), self._clock())
        except StoreUnavailable as error:
            log.error("%s: notices wait: %s", station.name, error)
