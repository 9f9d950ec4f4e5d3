# SPDX-License-Identifier: Apache-2.0
"""The end of a restoring: what all peers said together is made true, and it opens.

*Provider.* An order that was taken over and of whose answer nobody knows was lost: the
requester is told what every lapse tells. An order that the core still owes is left to
come, unless its answer arrived already or its requester could not be asked: then its
permit is used up. What a requester has, the core is told.
*Core.* Every processing number that anybody told has a transaction again, with permit
and outcome where they are known, so that none is issued twice. An inquiry that was
accepted and whose order no provider knows ended: its requester is told.

Each step is a transaction of its own, and done again it changes nothing. The last one
opens the station and says so in the record.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from gateway.records.event import Event, EventKind, prepare
from gateway.records.restoring import ANSWERED, DECIDED, PeerTold, Restore
from gateway.records.rows import CoreTransaction
from gateway.records.told_numbers import NumberTold
from gateway.records.transaction import Transaction
from gateway.roles import provider
from gateway.roles.core_role import CoreSystem
from gateway.roles.plan import NOTHING, Effect, Plan
from gateway.roles.provider import Ordered
from gateway.roles.role import Role
from gateway.services.clock import Clock
from gateway.services.learning import PROVISIONS, permit_of
from gateway.services.reconcile_answers import ORDER
from gateway.services.runtime import Runtime
from gateway.station import Station
from protocols.envelope import digest
from protocols.permit import Permit

log = logging.getLogger(__name__)

PAGE: Final = 200
UNDELIVERED: Final = "SK-C15"


class Reopening:
    """One restored station."""

    def __init__(self, runtime: Runtime, role: Role, clock: Clock) -> None:
        self._runtime = runtime
        self._station: Station = runtime.station
        self._role = role
        self._clock = clock

    async def open(self, restore: Restore) -> None:
        """Settle every processing number, then open; raises `StoreUnavailable`."""
        store, place = self._station.store, b""
        peers = store.peers_told()
        while told := store.numbers_told(place, PAGE):
            for one in told:
                plan = self._settled(one, peers)
                if plan is not NOTHING:
                    await self._runtime.carry_out(plan, (), self._clock())
            place = told[-1].number
        await self._open(restore, peers)

    async def _open(self, restore: Restore, peers: dict[str, PeerTold]) -> None:
        now = self._clock()
        silent = [one.peer for one in peers.values() if one.state == DECIDED]
        without = f"; without the word of {', '.join(silent)}" if silent else ""
        messages = sum(one.messages for one in peers.values())
        event = Event(
            kind=EventKind.RESTORED,
            at=now,
            direction="local",
            detail=(
                f"opened: {len(peers) - len(silent)} peers told of {messages} messages "
                f"since {restore.since:%Y-%m-%dT%H:%M:%SZ}{without}"
            ),
        )
        record = prepare(event, self._station.token_bytes)

        def work(tx: Transaction) -> None:
            if tx.open_restored(restore.generation, now):
                tx.record(record)

        await self._station.store.commit(work)
        restored = self._station.facts.restored
        restored.forgotten_until = self._station.store.permits_forgotten_until()
        restored.closed = False
        log.warning("%s: %s", self._station.name, event.detail)

    def _settled(self, told: NumberTold, peers: dict[str, PeerTold]) -> Plan:
        """What follows for one transaction, from all that was said of it."""
        if isinstance(self._role, CoreSystem):
            return self._at_core(self._role, told, peers)
        return self._at_provider(told, peers)

    # -- provider --------------------------------------------------------------------

    def _at_provider(self, told: NumberTold, peers: dict[str, PeerTold]) -> Plan:
        now = self._clock()
        read = permit_of(told.permit, self._station, now)
        answered, was_owed = self._answered(told)
        if answered:
            tell = partial(
                Transaction.add_notice,
                processing_number=told.number,
                outcome=answered,
                at=now,
            )
            effects: list[Effect] = [] if told.outcome or was_owed else [tell]
            effects += [] if read is None else [partial(_use, read=read)]
            return Plan(effects=tuple(effects)) if effects else NOTHING
        if read is None or told.outcome:
            return NOTHING
        asked = peers.get(str(read.requester))
        if not told.taken:
            silent = asked is None or asked.state != ANSWERED
            return Plan(effects=(partial(_use, read=read),)) if silent else NOTHING
        return self._lapse(told, read, now)

    def _answered(self, told: NumberTold) -> tuple[str, bool]:
        """With what its requester was answered, as the requester told, or empty.

        And whether our outbox owed just that: then the core is told by its settling.
        """
        found = self._station.store.events(processing_number=told.number.hex())
        owed = {
            one.event.message_id
            for one in found
            if one.event.kind is EventKind.ATTEMPTED
        }
        for event in (one.event for one in found):
            learned = event.kind is EventKind.LEARNED and event.direction == "out"
            its_own = learned and event.peer == told.requester
            if its_own and event.message_type in PROVISIONS:
                return PROVISIONS[event.message_type], event.message_id in owed
        return "", False

    def _lapse(self, told: NumberTold, read: Permit, now: datetime) -> Plan:
        """An order that was taken over, and of which nothing is left here."""
        if now > read.release_by or not self._is_lost(told.number):
            return NOTHING
        lost = Ordered(read, told.permit, b"", "", "")
        return Plan(lost.about(), (), (provider.lapse(lost),))

    def _is_lost(self, number: bytes) -> bool:
        """Whether our record has nothing of it but what peers told of the order."""
        found = self._station.store.events(processing_number=number.hex())
        return all(
            one.event.kind is EventKind.LEARNED and one.event.message_type == ORDER
            for one in found
        )

    # -- core ------------------------------------------------------------------------

    def _at_core(
        self, core: CoreSystem, told: NumberTold, peers: dict[str, PeerTold]
    ) -> Plan:
        now = self._clock()
        known = self._station.transaction(told.number)
        if known is not None and (known.outcome or not told.outcome):
            return NOTHING
        row = self._row(told, now)
        effects: list[Effect] = [partial(_begun, row=row)]
        if told.outcome:
            effects.append(
                partial(
                    Transaction.close_transaction,
                    processing_number=told.number,
                    outcome=told.outcome,
                    at=now,
                )
            )
        lost = told.asked and not told.taken and not told.outcome
        spoken = peers.get(told.provider)
        if known is None and lost and spoken is not None and spoken.state == ANSWERED:
            ended = core.ended(row, UNDELIVERED, now)
            return Plan(ended.about, (*effects, *ended.effects), ended.drafts)
        return Plan(effects=tuple(effects))

    def _row(self, told: NumberTold, now: datetime) -> CoreTransaction:
        read = permit_of(told.permit, self._station, now)
        begun = told.at or now
        timing = self._station.config.timing
        return CoreTransaction(
            processing_number=told.number,
            requester=told.requester,
            provider=told.provider,
            item_no=told.item_no,
            kinds=told.kinds,
            permit_digest=b"" if read is None else digest(told.permit),
            permit=b"" if read is None else read.encode(),
            created=begun,
            release_by=begun + timedelta(seconds=timing.release_by)
            if read is None
            else read.release_by,
        )


def _use(tx: Transaction, read: Permit) -> None:
    tx.use_permit(read.permit_id, read.processing_number, read.release_by)


def _begun(tx: Transaction, row: CoreTransaction) -> None:
    tx.open_transaction(row)
