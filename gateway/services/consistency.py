# SPDX-License-Identifier: Apache-2.0
"""Sends the whole identity information file to the servers, batch by batch (R-079).

An operator asks for a check (`sekisho cs check`); this carries it out in the background
of the running station. Each batch goes to the prefectural and to the national server,
and holds the eight items of each person, no others (R-078). So that a city of 370,000
fills neither memory nor the outbox, there are never more than a few batches on the way;
the place stands in the store with each, so that nothing is sent twice or left out when
the daemon is killed in between.
"""

import logging
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Final

from msgspec.structs import replace

from gateway.dispatch import Draft, NoSuchPeer
from gateway.records.checks import Check
from gateway.records.errors import StoreUnavailable
from gateway.records.identities import decode_identity
from gateway.records.transaction import Transaction
from gateway.roles.municipal_cs import MunicipalCs
from gateway.roles.plan import NotTaken, Plan
from gateway.services.runtime import Runtime
from protocols.header import wire_time
from schemas.messages import Payload, write_payload
from schemas.resident_messages import EightItems
from schemas.stream_messages import (
    BATCH,
    ConsistencyCheckInformation,
    ConsistencyCheckManifest,
)

log = logging.getLogger(__name__)

ON_THE_WAY: Final = 32
"""Batches of both servers together that may wait in the outbox: 5 MB, and as many as
leave between two looks."""


class Consistency:
    """The consistency checks of one municipal CS."""

    def __init__(self, runtime: Runtime, cs: MunicipalCs) -> None:
        self._runtime = runtime
        self._cs = cs
        self._waits = ""
        """Why a check waits, as it was said last: it is looked at all the time."""

    async def go_on(self) -> None:
        """Send what may be on the way now; nothing asked for, nothing sent."""
        store = self._runtime.station.store
        try:
            for check in store.open_checks():
                while self._waiting() < ON_THE_WAY and not check.done:
                    check = await self._next(check)
            self._say("")
        except (StoreUnavailable, NoSuchPeer) as error:
            self._say(f": {error}")
        except NotTaken as no:  # one server alone is no check
            self._say(f" until {no.check}")

    def _say(self, why: str) -> None:
        """Log why a check waits, once for each cause."""
        if why and why != self._waits:
            log.error("%s: a check waits%s", self._runtime.station.name, why)
        self._waits = why

    def _waiting(self) -> int:
        waiting = self._runtime.station.store.waiting_by_peer()
        return sum(waiting.get(str(name), 0) for name in self._cs.servers())

    async def _next(self, check: Check) -> Check:
        """One batch, or behind the last one the manifest."""
        every = self._runtime.station.store.every_identity(check.place)
        rows = list(islice(every, BATCH))
        if not rows:
            return await self._send(replace(check, done=True), self._manifest(check))
        persons = tuple(EightItems.of(decode_identity(data)) for _, data in rows)
        batch = ConsistencyCheckInformation(
            check_id=check.check_id, batch=check.batches + 1, persons=persons
        )
        payload = write_payload(batch)
        after = replace(
            check,
            persons=check.persons + len(rows),
            batches=batch.batch,
            place=rows[-1][0],
            digests=check.digests + sha256(payload).digest(),
        )
        return await self._send(after, batch, payload)

    def _manifest(self, check: Check) -> ConsistencyCheckManifest:
        return ConsistencyCheckManifest(
            check_id=check.check_id,
            municipality_code=self._runtime.station.name.organisation,
            taken_at=wire_time(check.requested),
            batches=check.batches,
            records=check.persons,
            digest=sha256(check.digests).digest(),
        )

    async def _send(
        self, after: Check, value: Payload, payload: bytes | None = None
    ) -> Check:
        kind = (
            "consistency_check_manifest"
            if isinstance(value, ConsistencyCheckManifest)
            else "consistency_check_information"
        )
        data = payload or write_payload(value)
        drafts = tuple(
            Draft(message_type=kind, receiver=server, payload=data)
            for server in self._cs.servers()
        )
        keep = partial(Transaction.go_on_with_check, check=after)
        await self._runtime.carry_out(
            Plan(effects=(keep,), drafts=drafts), (), self._runtime.clock()
        )
        return after
