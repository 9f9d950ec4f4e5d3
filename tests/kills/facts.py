# SPDX-License-Identifier: Apache-2.0
"""What must be true of a network in which everything is said, whoever was killed.

The records of all stations are read on from where the last look ended, so that a look
costs what has happened since. A fault is a sentence; no sentence, no fault.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gateway.config import Config
from gateway.log_key import verifier_of
from gateway.records.accounts import (
    core_accounts,
    provider_accounts,
    requester_accounts,
)
from gateway.records.errors import StoreDamaged
from gateway.records.event import EventKind, StoredEvent
from gateway.records.log_check import check_log
from gateway.records.reconcile import reconcile
from gateway.records.store import StoreReader
from gateway.services.merger import stored_tree
from tests.kills.moments import CORE, PROVIDER, REQUESTER

Stores = Mapping[str, StoreReader]
Configs = Mapping[str, Config]

TAKEN: Final = (EventKind.RECEIVED, EventKind.HELD)
ENDED: Final = (
    EventKind.RECEIPTED,
    EventKind.ANSWERED,
    EventKind.WITHDRAWN,
)
AGAIN: Final = timedelta(seconds=60)
"""Looked at once more: the order of the record is not that of its moments."""
TOO_EARLY: Final = "SK-C12"
"""An answer that overtook its announcement: told to come again, and taken then."""
HOLD: Final = "a hold"
"""What waits for a person."""
ANSWERS: Final = ("information_provision", "provision_lapse")

ONCE: Final = (
    (REQUESTER, (EventKind.RECEIVED,), ("information_inquiry_request",)),
    (REQUESTER, (EventKind.ATTEMPTED,), ("information_inquiry",)),
    (CORE, (EventKind.RECEIVED,), ("information_inquiry",)),
    (CORE, (EventKind.ATTEMPTED,), ("provision_order",)),
    (PROVIDER, TAKEN, ("provision_order",)),
    (PROVIDER, (EventKind.ATTEMPTED,), ANSWERS),
    (REQUESTER, TAKEN, ANSWERS),
)
"""Of each inquiry: what happens exactly once, and where."""


@dataclass(slots=True)
class Facts:
    """What one network's records have said so far."""

    names: Mapping[str, str]
    """Process to the station's name."""
    events: dict[str, list[StoredEvent]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _last: dict[str, datetime] = field(default_factory=dict)
    _known: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _intents: dict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    """By station, message id: how often its intent was recorded."""
    _taken: dict[str, dict[tuple[str, str], list[StoredEvent]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """By station, peer and message id."""
    _permits: Counter[str] = field(default_factory=Counter)

    def read_on(self, stores: Stores) -> dict[str, list[StoredEvent]]:
        """What was recorded since the last look, by station."""
        new = {}
        for title, store in stores.items():
            last = self._last.get(title)
            since = None if last is None else last - AGAIN
            known = self._known[title]
            found = [
                one
                for one in store.events(since=since, limit=10**6)
                if one.seq not in known
            ]
            known.update(one.seq for one in found)
            if found:
                latest = max(one.event.at for one in found)
                self._last[title] = latest if last is None else max(last, latest)
            self.events[title] += found
            self._take_in(title, found)
            new[title] = found
        return new

    def _take_in(self, title: str, found: Iterable[StoredEvent]) -> None:
        for one in found:
            event = one.event
            if event.kind is EventKind.ATTEMPTED:
                self._intents[title][event.message_id] += 1
            elif event.kind in TAKEN and event.message_id and event.direction == "in":
                self._taken[title][event.peer, event.message_id].append(one)
                if event.message_type == "provision_order":
                    self._permits[event.permit_digest] += 1

    # -- the laws ------------------------------------------------------------------

    def of_messages(
        self, stores: Stores, new: Mapping[str, list[StoredEvent]]
    ) -> Iterator[str]:
        """Intent before bytes; taken over once; receipted only if taken over."""
        stations = {name: title for title, name in self.names.items()}
        for title, events in new.items():
            for one in events:
                event = one.event
                peer = stations.get(event.peer, "")
                if event.message_id and event.direction == "in" and peer:
                    yield from self._came(title, peer, one)
                if event.kind in ENDED and event.direction == "out" and peer:
                    yield from self._ended(stores[title], title, peer, one)
        for permit, times in self._permits.items():
            if times > 1:
                yield f"permit {permit[:8]} was used {times} times"

    def _came(self, title: str, peer: str, one: StoredEvent) -> Iterator[str]:
        event, what = one.event, f"{one.event.message_type} {one.event.message_id[:8]}"
        if self._intents[peer][event.message_id] != 1:
            yield f"{title} has {event.kind} {what}, and {peer} no intent to send it"
        if len(self._taken[title][event.peer, event.message_id]) > 1:
            yield f"{title} took {what} over more than once"
        if event.kind is EventKind.REFUSED and event.code != TOO_EARLY:
            yield f"{title} refused {what}: {event.code}"

    def _ended(
        self, store: StoreReader, title: str, peer: str, one: StoredEvent
    ) -> Iterator[str]:
        event, what = one.event, f"{one.event.message_type} {one.event.message_id[:8]}"
        ends = [
            end
            for end in store.events(message_id=event.message_id)
            if end.event.kind in (*ENDED, EventKind.FAILED)
            and end.event.direction == "out"
        ]
        last = [end for end in ends if end.event.kind in ENDED]
        if len(last) != 1:
            yield f"{title} settled {what} {len(last)} times"
        if event.kind is EventKind.WITHDRAWN:
            yield f"{title} took {what} back"
            return
        took = self._taken[peer][self.names[title], event.message_id]
        if not took:
            yield f"{title} was told that {peer} took {what}, and it has no record"
        elif event.kind is EventKind.RECEIPTED:
            raw = store.event_evidence(one.record_id).get("answer", b"")
            if took[0].commitment not in raw:
                yield f"the receipt for {what} is not of the record that {peer} has"

    def of_inquiries(
        self, new: Mapping[str, list[StoredEvent]], numbers: Iterable[str]
    ) -> Iterator[str]:
        """Every step of each inquiry happened once."""
        for title, kinds, types in ONCE:
            found = Counter(
                one.event.processing_number
                for one in new[title]
                if one.event.kind in kinds and one.event.message_type in types
            )
            for number in numbers:
                if found[number] != 1:
                    said = f"{kinds[0]} {types[0]} {found[number]} times"
                    yield f"{title} has for {number[:8]} on record: {said}"

    def of_holds(
        self, new: Mapping[str, list[StoredEvent]], decided: Mapping[str, str]
    ) -> Iterator[str]:
        """Each hold was decided once, as the person said."""
        kinds = {"release": EventKind.RELEASED, "refuse": EventKind.DECLINED}
        for number, decision in decided.items():
            found = [
                one.event.kind
                for one in new[PROVIDER]
                if one.event.processing_number == number
                and one.event.kind in kinds.values()
            ]
            if found != [kinds[decision]]:
                yield f"the hold of {number[:8]} was decided {found}, not {decision}"

    def differences(self, stores: Stores, numbers: Iterable[str]) -> list[str]:
        """Where requester, provider and core do not say the same."""
        asked = set(numbers)
        requester, core = stores[REQUESTER], stores[CORE]
        inquiries = [
            one for one in requester.inquiries() if one.processing_number.hex() in asked
        ]
        transactions = [
            one for one in core.transactions() if one.processing_number.hex() in asked
        ]
        about = {
            title: [e for e in events if e.event.processing_number in asked]
            for title, events in self.events.items()
        }
        found = reconcile(
            requester_accounts(self.names[REQUESTER], inquiries, about[REQUESTER]),
            provider_accounts(self.names[PROVIDER], about[PROVIDER]),
            core_accounts(self.names[CORE], transactions, about[CORE]),
        )
        return [f"the parties differ: {one}" for one in found]


def settled(stores: Stores) -> str:
    """What is still on its way; empty where nothing is."""
    for title, store in stores.items():
        if store.outgoing_counts().get("waiting"):
            return f"{title}'s outbox"
        if store.log_size() != store.last_event():
            return f"{title}'s log"
    if stores[PROVIDER].holds("open"):
        return HOLD
    if stores[PROVIDER].decided_holds():
        return "what was decided"
    if stores[REQUESTER].inquiries("in_progress"):
        return "an inquiry"
    if stores[PROVIDER].notices(1):
        return "a notice"
    if any(not one.outcome for one in stores[CORE].transactions()):
        return "a transaction"
    return ""


def of_logs(stores: Stores, of: Configs, *, whole: bool) -> Iterator[str]:
    """The log is the one that its head signs; of the whole: every record and entry."""
    for title, store in stores.items():
        key = verifier_of(of[title], store.log_generation())
        try:
            stored_tree(store, key)
        except StoreDamaged as error:
            yield f"{title}: {error}"
        if whole:
            for damage in (*store.verify_events(), *check_log(store, key)):
                yield f"{title}: record {damage.seq}: {damage.what}"
