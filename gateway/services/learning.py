# SPDX-License-Identifier: Apache-2.0
"""What a restored station makes of a page that a peer told it, in one transaction.

1. What the peer sent and we had signed for is remembered as seen, with our own receipt
   where the peer has it: a repeat gets that answer or none, and is never processed.
2. What the peer says it received, and our outbox still owes, is settled as delivered.
   A question that is answered at once stays: the same bytes fetch the same reply.
3. What is not in our record is put there as learned from this peer; the page, with the
   peer's signature, stands in the record before it.
4. Permits that an order or a renewal brought here are used up; holds and answers of a
   transaction that was answered already are taken back.
5. What is said of a processing number is gathered until every peer has spoken
   (`gateway.services.reopening`).

A peer speaks for itself alone: what it says of a message or transaction of others
changes nothing, and a permit counts only from the core and under the core's signature.

Reads the store and says what to change; `gateway.services.reconciling` commits it.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from gateway.records.event import Event, EventKind
from gateway.records.rows import WAITING, Outgoing
from gateway.records.told_numbers import NumberTold
from gateway.records.transaction import Transaction
from gateway.roles.plan import Plan
from gateway.roles.role import Role
from gateway.services.reconcile_answers import CORE, INQUIRY, ORDER, RENEWAL
from gateway.station import Station
from pki.cms import parse_signed
from pki.errors import PkiError
from pki.names import StationName
from pki.oids import ID_CT_RECEIPT
from pki.trust import Purpose
from protocols import limits, permit
from protocols.answers import read_receipt
from protocols.errors import ProtocolError
from protocols.permit import Permit
from protocols.reconcile import Answered, Entry
from schemas.catalogue import ROWS
from schemas.catalogue import Answer as AnswerKind

Change = Callable[[Transaction], object]

PROVISIONS: Final = {
    "information_provision": "provided",
    "provision_lapse": "lapsed",
}
"""What ends a transaction between provider and requester."""
ENDS: Final = {**PROVISIONS, "inquiry_refusal": "refused"}
"""What ends a requester's inquiry."""
LOST: Final = "SK-M16"
TOLD_IN: Final = "told by this peer after the restore"


@dataclass(slots=True)
class Lesson:
    """What one page comes to."""

    changes: list[Change] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    """What our role wants done about deliveries that it learns of."""


class Learner:
    """One restored station."""

    def __init__(self, station: Station, role: Role) -> None:
        self._station = station
        self._role = role

    def lesson(self, peer: StationName, page: Answered, now: datetime) -> Lesson:
        """Everything that follows from a page; raises `StoreUnavailable`."""
        found = Lesson()
        for entry in page.entries:
            if entry.message_type not in ROWS:
                continue
            if entry.sent:
                self._sent_to_us(found, peer, entry, now)
            else:
                self._received_from_us(found, peer, entry, now)
            self._number(found, peer, entry, now)
        return found

    # -- what the peer sent ----------------------------------------------------------

    def _sent_to_us(
        self, found: Lesson, peer: StationName, entry: Entry, now: datetime
    ) -> None:
        if not entry.taken:
            return
        if entry.message_type == ORDER:
            self._use(found, peer, entry, now)
        if self._station.seen(str(peer), entry.message_id) or self._on_record(entry):
            return
        until = min(entry.at, now) + limits.MAX_LIFETIME + limits.MAX_SKEW
        if until > now:
            remember = partial(
                Transaction.remember,
                sender=str(peer),
                message_id=entry.message_id,
                header_digest=entry.header_digest,
                answer=self._own_receipt(entry, now),
                until=until,
            )
            found.changes.append(remember)
        self._end(found, peer, entry)
        found.events.append(_learned(peer, entry, now))

    def _end(self, found: Lesson, peer: StationName, entry: Entry) -> None:
        """Requester: what was asked was answered, and the answer is lost."""
        state, number = ENDS.get(entry.message_type), entry.processing_number
        asked = None if number is None else self._station.inquiry(number)
        if state is None or number is None or asked is None:
            return
        its_own = peer.organisation == asked.provider and state != "refused"
        if its_own or (peer.role == CORE and state == "refused"):
            found.changes.append(
                partial(
                    Transaction.finish_inquiry,
                    processing_number=number,
                    state=state,
                    code=LOST,
                )
            )

    def _use(
        self, found: Lesson, peer: StationName, entry: Entry, now: datetime
    ) -> None:
        """A permit that came to us: used, or in an order of which nothing is left."""
        read = permit_of(entry.permit, self._station, now)
        if read is not None and peer.role == CORE:
            found.changes.append(
                partial(
                    Transaction.use_permit,
                    permit_id=read.permit_id,
                    processing_number=read.processing_number,
                    until=read.release_by,
                )
            )

    def _own_receipt(self, entry: Entry, now: datetime) -> bytes:
        """The receipt that we had given, if it is that; else nothing."""
        if not entry.receipt:
            return b""
        try:
            signed = parse_signed(entry.receipt)
            by = self._station.directory.signer(signed, Purpose.SIGNING, now)
            told = read_receipt(signed.content)
        except (PkiError, ProtocolError, ValueError):
            return b""
        fits = (
            signed.content_type == ID_CT_RECEIPT
            and by.station == told.receiver == self._station.name
            and told.message_id == entry.message_id
            and hmac.compare_digest(told.header_digest, entry.header_digest)
        )
        return entry.receipt if fits else b""

    # -- what the peer received ------------------------------------------------------

    def _received_from_us(
        self, found: Lesson, peer: StationName, entry: Entry, now: datetime
    ) -> None:
        owed = self._station.store.outgoing(entry.message_id)
        if owed is not None and owed.state == WAITING:
            self._settle(found, peer, entry, owed, now)
        elif owed is None and not self._on_record(entry):
            found.events.append(_learned(peer, entry, now))
            self._answered_before(found, peer, entry)
            if entry.message_type == RENEWAL:
                self._use(found, peer, entry, now)

    def _settle(
        self,
        found: Lesson,
        peer: StationName,
        entry: Entry,
        owed: Outgoing,
        now: datetime,
    ) -> None:
        if owed.peer != str(peer):
            return
        if not hmac.compare_digest(owed.header_digest, entry.header_digest):
            event = _learned(peer, entry, now, "; ours has another content: withdrawn")
            settle = partial(
                Transaction.settle, message_id=owed.message_id, state="withdrawn"
            )
        elif _answered_at_once(owed.message_type):
            return
        else:
            event = _learned(peer, entry, now)
            settle = partial(
                Transaction.settle, message_id=owed.message_id, state="delivered"
            )
            found.plans.append(self._role.receipted(owed, now))
        found.changes.append(settle)
        found.events.append(event)

    def _answered_before(self, found: Lesson, peer: StationName, entry: Entry) -> None:
        """A provision of ours arrived: of that transaction nobody makes another."""
        if entry.message_type in PROVISIONS and entry.processing_number:
            end = partial(
                Transaction.end_answering,
                processing_number=entry.processing_number,
                requester=str(peer),
            )
            found.changes.append(end)

    # -- both --------------------------------------------------------------------------

    def _on_record(self, entry: Entry) -> bool:
        """Whether our own record has this message, apart from what it was told."""
        found = self._station.store.events(message_id=entry.message_id.hex(), limit=8)
        digest = entry.header_digest.hex()
        return any(one.event.header_digest == digest for one in found)

    def _number(
        self, found: Lesson, peer: StationName, entry: Entry, now: datetime
    ) -> None:
        """What this message says of its transaction, kept until all have spoken."""
        number = entry.processing_number
        if number is None or entry.message_type not in (ORDER, INQUIRY):
            return
        own, is_core = self._station.name, self._station.name.role == CORE
        ordered = entry.sent and entry.message_type == ORDER and peer.role == CORE
        if not is_core and not ordered:
            return
        third = "" if entry.third is None else str(entry.third)
        told = NumberTold(
            number=number,
            requester=str(peer) if entry.message_type == INQUIRY else third,
            provider=str(own),
            item_no=entry.item_no or 0,
            kinds=entry.kinds,
            permit=entry.permit,
            permit_digest=entry.permit_digest or b"",
            asked=entry.message_type == INQUIRY,
            taken=entry.message_type == ORDER and entry.taken,
            outcome=entry.outcome if entry.message_type == ORDER else "",
            at=entry.at,
        )
        if is_core:
            provider = str(peer) if entry.message_type == ORDER else third
            told = msgspec.structs.replace(told, provider=provider)
        found.changes.append(partial(Transaction.put_number_told, told=told))


def permit_of(data: bytes, station: Station, now: datetime) -> Permit | None:
    """A permit that was told, if it is the core's; at a provider, if it is for us."""
    if not data:
        return None
    try:
        read = permit.read(data, station.directory, now)
    except ProtocolError:
        return None
    ours = station.name.role == CORE or read.provider == station.name
    return read if ours else None


def _answered_at_once(message_type: str) -> bool:
    return message_type in ROWS and ROWS[message_type].answer is AnswerKind.REPLY


def _learned(peer: StationName, entry: Entry, now: datetime, more: str = "") -> Event:
    """How the record speaks of a message that it had lost."""
    when = f"{entry.at:%Y-%m-%dT%H:%M:%SZ}"
    evidence = {"receipt": entry.receipt} if entry.receipt else {}
    if entry.permit:
        evidence["permit"] = entry.permit
    number = entry.processing_number
    return Event(
        kind=EventKind.LEARNED,
        at=now,
        direction="in" if entry.sent else "out",
        peer=str(peer),
        message_type=entry.message_type,
        message_id=entry.message_id.hex(),
        header_digest=entry.header_digest.hex(),
        processing_number="" if number is None else number.hex(),
        item_no=entry.item_no,
        kinds=entry.kinds,
        permit_digest="" if entry.permit_digest is None else entry.permit_digest.hex(),
        detail=f"{TOLD_IN}: taken over at {when}{more}",
        evidence=evidence,
    )
