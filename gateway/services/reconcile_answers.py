# SPDX-License-Identifier: Apache-2.0
"""Tells a peer that was restored what this station has on record of the two.

Asked over mutual TLS at the listener for peers, by a signed request; answered by a
signed page (`protocols.reconcile`). A peer is told of its own messages and no others',
and of what it had signed itself. Reading only, but for one row on record when a peer
begins to ask. A closed station answers, too: two may have been restored at once.
"""

import logging
from typing import Final

from gateway.log_key import origin_of
from gateway.records.accounts import provider_accounts
from gateway.records.errors import RecordsError
from gateway.records.event import Event, EventKind, StoredEvent, prepare
from gateway.records.rows import INQUIRY_ENDS, OUTCOMES
from gateway.services.clock import Clock
from gateway.services.link_host import Answer, LinkRefused, NoMessage
from gateway.services.runtime import CMS, NOT_CMS, UNAVAILABLE
from gateway.station import Station
from pki.names import StationName
from pki.trust import Identity
from protocols import reconcile
from protocols.envelope import digest
from protocols.errors import Unreadable
from protocols.header import station_named, wire_time
from protocols.http import Request
from protocols.reconcile import MAX_ENTRIES, MAX_HEADS, TARGET, Answered, Asked, Entry
from protocols.tlog.generation import base_of
from schemas.systems import INTERMEDIATE

log = logging.getLogger(__name__)

ORDER: Final = "provision_order"
INQUIRY: Final = "information_inquiry"
RENEWAL: Final = "permit_renewal_request"
CORE: Final = "information_provision_network_system"
ONLY_POST: Final = Answer(405, "text/plain", b"POST only\n")
UNFIT: Final = Answer(400, "text/plain", b"not a request of this peer to us\n")

__all__ = ["TARGET", "ReconcileAnswers"]


class ReconcileAnswers:
    """One station, as it is asked by a peer that was restored."""

    def __init__(self, station: Station, clock: Clock, cut_off: LinkRefused) -> None:
        self._station = station
        self._clock = clock
        self._cut_off = cut_off

    async def post(self, request: Request, identity: Identity) -> Answer:
        """Answer one request to `TARGET`."""
        if request.method != "POST":
            return ONLY_POST
        if request.content_type != CMS:
            self._cut_off(str(identity.station), NoMessage.CONTENT_TYPE)
            return NOT_CMS
        now = self._clock()
        try:
            asked = reconcile.read_request(request.body, self._station.directory, now)
            if (asked.sender, asked.receiver) != (identity.station, self._station.name):
                raise Unreadable("SK-U06")
        except Unreadable:
            self._cut_off(str(identity.station), NoMessage.RECONCILING)
            return UNFIT
        try:
            if asked.place == 0:
                await self._record(asked, request.body)
            page = self._page(asked, request.body)
        except RecordsError as error:
            log.error("%s is not told what is on record: %s", asked.sender, error)
            return UNAVAILABLE
        signed = reconcile.write_answer(page, self._station.keys.signer)
        return Answer(200, CMS, signed)

    async def _record(self, asked: Asked, body: bytes) -> None:
        event = Event(
            kind=EventKind.RESTORED,
            at=self._clock(),
            direction="in",
            peer=str(asked.sender),
            detail=f"this peer was restored, and asks what happened since "
            f"{asked.since:%Y-%m-%dT%H:%M:%SZ}",
            evidence={"request": body},
        )
        record = prepare(event, self._station.token_bytes)
        await self._station.store.commit(lambda tx: tx.record(record))

    def _page(self, asked: Asked, body: bytes) -> Answered:
        store, peer = self._station.store, asked.sender
        ids, place = store.shared_events(
            str(peer), asked.since, asked.place, MAX_ENTRIES
        )
        told = [store.event(record_id) for record_id in ids]
        return Answered(
            request_digest=digest(body),
            sender=self._station.name,
            receiver=peer,
            at=wire_time(self._clock()),
            heads=self._heads(peer) if asked.place == 0 else (),
            entries=tuple(
                self._entry(one, peer)
                for one in told
                if one is not None and one.event.message_id
            ),
            place=place,
        )

    def _heads(self, peer: StationName) -> tuple[bytes, ...]:
        """The newest head of each of its logs that we co-signed."""
        first = origin_of(peer)
        witnessed = self._station.store.witnessed()
        own = [one.note for one in witnessed if base_of(one.origin) == first]
        return tuple(own[:MAX_HEADS])

    def _entry(self, stored: StoredEvent, peer: StationName) -> Entry:
        event = stored.event
        evidence = self._station.store.event_evidence(stored.record_id)
        receipt = b""
        if event.kind is EventKind.RECEIPTED:
            receipt = evidence.get("answer", b"")
        about = _Transaction(self._station, event, peer)
        return Entry(
            sent=event.direction == "out",
            taken=event.kind is not EventKind.ATTEMPTED,
            message_type=event.message_type,
            message_id=bytes.fromhex(event.message_id),
            header_digest=bytes.fromhex(event.header_digest),
            at=wire_time(event.at),
            processing_number=bytes.fromhex(event.processing_number) or None,
            third=about.third(),
            item_no=event.item_no or about.item_no(),
            kinds=event.kinds or about.kinds(),
            permit_digest=bytes.fromhex(event.permit_digest) or None,
            permit=about.permit(evidence),
            receipt=receipt,
            outcome=about.outcome(),
        )


class _Transaction:
    """What else we know of the linkage transaction that a message belongs to."""

    def __init__(self, station: Station, event: Event, peer: StationName) -> None:
        self._store = station.store
        self._own = station.name
        self._peer = peer
        self._type = event.message_type
        self._number = bytes.fromhex(event.processing_number)
        self._is_core = station.name.role == CORE

    def item_no(self) -> int | None:
        """The core: which item it is about; a receipt does not say."""
        row = self._store.transaction(self._number) if self._is_core else None
        return None if row is None else row.item_no

    def kinds(self) -> tuple[str, ...]:
        """The core: which kinds of information."""
        row = self._store.transaction(self._number) if self._is_core else None
        return () if row is None else row.kinds

    def third(self) -> StationName | None:
        """Requester or provider, whichever the peer is not."""
        if not self._number or self._type not in (ORDER, INQUIRY):
            return None
        if self._is_core:
            row = self._store.transaction(self._number)
            other = row and (row.requester if self._type == ORDER else row.provider)
            return station_named(other) if other else None
        if self._type == INQUIRY:
            inquiry = self._store.inquiry(self._number)
            if inquiry is None:
                return None
            return StationName(inquiry.provider, INTERMEDIATE)
        return self._requester()

    def permit(self, evidence: dict[str, bytes]) -> bytes:
        """The signed permit: the core tells its provider, and the provider the core."""
        if not self._number or self._type not in (ORDER, RENEWAL):
            return b""
        if not self._is_core:
            held = self._store.holds_of(self._number)
            return held[-1].permit if held else b""
        if self._type == RENEWAL:
            return evidence.get("permit", b"")
        for one in self._events():
            if (
                one.event.kind is EventKind.RECEIVED
                and one.event.message_type == INQUIRY
            ):
                return self._store.event_evidence(one.record_id).get("permit", b"")
        return b""

    def outcome(self) -> str:
        """What became of it; empty where that is not known, or not ours to say."""
        if not self._number or self._type not in (ORDER, INQUIRY):
            return ""
        if self._is_core:
            row = self._store.transaction(self._number)
            return "" if row is None else row.outcome
        if self._type == INQUIRY:
            inquiry = self._store.inquiry(self._number)
            ended = inquiry is not None and inquiry.state in INQUIRY_ENDS
            return inquiry.state if inquiry is not None and ended else ""
        for account in provider_accounts(str(self._own), self._events()):
            return account.outcome if account.outcome in OUTCOMES else ""
        return ""

    def _requester(self) -> StationName | None:
        for one in self._events():
            event = one.event
            if event.direction == "out" and event.peer != str(self._peer):
                return station_named(event.peer)
        held = self._store.holds_of(self._number)
        return station_named(held[-1].requester) if held else None

    def _events(self) -> list[StoredEvent]:
        return self._store.events(processing_number=self._number.hex())
