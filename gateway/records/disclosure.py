# SPDX-License-Identifier: Apache-2.0
"""Everything that a station's record says about one person (開示請求).

Started from the person's tags: what is recorded under them, and then everything under
the same processing number or message, which is where receipts and refusals stand. So a
matter is told whole: who asked, under which item of the law, for which kinds, what was
decided, and when what was provided to whom. What is under the same message and about
another person is left out.

What is kept back: operators' names and words (`disclosure_words` says why), tags, and
digests that say nothing to a reader. Record id and commitment stand in the data, so
that each line can be proven (`sekisho records prove`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from gateway.records.accounts import provider_accounts
from gateway.records.disclosure_words import ACTS, KINDS, TYPES, UNSENT, peer_name
from gateway.records.event import Event, EventKind, StoredEvent
from gateway.records.finds import Asked
from gateway.records.store import StoreReader
from protocols.refusals import RefusalClass, refusal
from schemas.catalogue import ROWS
from schemas.matching_list import ITEMS
from schemas.matching_list import KINDS as INFORMATION

ENDED: Final = (EventKind.RELEASED, EventKind.DECLINED, EventKind.LAPSED)
_TAKEN: Final = (EventKind.RECEIPTED, EventKind.ANSWERED)


class Act(msgspec.Struct, frozen=True):
    """One event, as it is disclosed."""

    at: datetime
    what: str
    kind: str
    direction: str
    peer: str
    peer_name: str
    message_type: str
    type_name: str
    legal_basis: str
    code: str
    why: str
    """What the code means, in Japanese."""
    seq: int
    record_id: str
    commitment: str


class Item(msgspec.Struct, frozen=True):
    """Under which item of the matching list something was asked."""

    item_no: int
    article: int | None
    requester: str
    affair: str


class Matter(msgspec.Struct, frozen=True):
    """One transaction of linkage, one message, or one act."""

    processing_number: str
    """Hex; empty outside of linkage."""
    role: str
    """``provider``, ``requester``, or ``other``."""
    other: str
    """Who asked or was asked, ``organisation/role``."""
    item: Item | None
    kinds: tuple[str, ...]
    kind_names: tuple[str, ...]
    asked_at: datetime | None
    provided_at: datetime | None
    outcome: str
    acts: tuple[Act, ...]


class Disclosure(msgspec.Struct, frozen=True):
    """The whole document."""

    station: str
    made_at: datetime
    since: datetime | None
    until: datetime | None
    applicant: str
    """``self`` or ``representative``."""
    events: int
    matters: tuple[Matter, ...]


def gathered(
    store: StoreReader,
    tags: Iterable[str],
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[StoredEvent]:
    """Every event about the person, in order; the time is that of its matter."""
    theirs = ("", *tags)
    own = list(store.found(Asked(person_tags=theirs[1:], since=since, until=until)))
    found = {stored.seq: stored for stored in own}
    numbers = {one.event.processing_number for one in own} - {""}
    messages = {one.event.message_id for one in own} - {""}
    for asked in (
        *(Asked(processing_number=number) for number in sorted(numbers)),
        *(Asked(message_id=message) for message in sorted(messages)),
    ):
        found.update(
            (stored.seq, stored)
            for stored in store.found(asked)
            if stored.event.person_tag in theirs
        )
    return [stored for _, stored in sorted(found.items())]


def matters(
    station: str, events: Iterable[StoredEvent], asked: Mapping[str, str]
) -> tuple[Matter, ...]:
    """The events by what they belong to, in the order in which each began.

    ``asked`` is the organisation that was asked under a processing number.
    """
    groups: dict[str, list[StoredEvent]] = {}
    for stored in events:
        event = stored.event
        under = event.processing_number or event.message_id or f"event {stored.seq}"
        groups.setdefault(under, []).append(stored)
    return tuple(
        _matter(station, group, asked.get(number, ""))
        for number, group in groups.items()
    )


def _matter(station: str, group: list[StoredEvent], asked: str) -> Matter:
    events = [stored.event for stored in group]
    role = _role(events)
    item_no = next((e.item_no for e in events if e.item_no is not None), None)
    kinds = next((e.kinds for e in events if e.kinds), ())
    names = tuple(_kind_name(kind) for kind in kinds)
    return Matter(
        processing_number=next((e.processing_number for e in events), ""),
        role=role,
        other=_other(role, events) or asked,
        item=None if item_no is None else _item(item_no),
        kinds=tuple(kinds),
        kind_names=names,
        asked_at=events[0].at if role != "other" else None,
        provided_at=_provided_at(role, events),
        outcome=_outcome(station, role, group),
        acts=tuple(_act(stored) for stored in group),
    )


def _role(events: list[Event]) -> str:
    types = {event.message_type for event in events}
    if "provision_order" in types:
        return "provider"
    asked = {"information_inquiry", "information_inquiry_request"}
    return "requester" if types & asked else "other"


def _other(role: str, events: list[Event]) -> str:
    """The organisation at the other end of the provision, as far as it is known."""
    for event in events:
        there = event.direction == ("out" if role == "provider" else "in")
        if role == "other" and event.peer:
            return event.peer
        if there and event.message_type in ("information_provision", "provision_lapse"):
            return event.peer
        if role == "provider" and event.kind is EventKind.HELD and _local(event):
            return event.peer
    return ""


def _local(event: Event) -> bool:
    return event.direction == "local"


def _provided_at(role: str, events: list[Event]) -> datetime | None:
    for event in events:
        if event.message_type != "information_provision":
            continue
        given = role == "provider" and event.kind in _TAKEN
        got = role == "requester" and event.kind is EventKind.RECEIVED
        if given or got:
            return event.at
    return None


def _outcome(station: str, role: str, group: list[StoredEvent]) -> str:
    events = [stored.event for stored in group]
    if _provided_at(role, events) is not None:
        return "provided" if role == "provider" else "received"
    kinds = [event.kind for event in events]
    if role == "requester":
        return _of_inquiry(events)
    if role == "other":
        return "recorded"
    if any(map(_was_turned_away, events)):
        return "turned_away"
    if EventKind.DECLINED in kinds:
        return "declined"
    if EventKind.HELD in kinds and not any(kind in kinds for kind in ENDED):
        return "held"
    account = next(iter(provider_accounts(station, group)), None)
    return "in_progress" if account is None else account.outcome


def _was_turned_away(event: Event) -> bool:
    """Whether a provision came to the peer, which then refused it for good."""
    if event.kind is not EventKind.FAILED or not event.code:
        return False
    row = refusal(event.code)
    final = row.kind is not RefusalClass.LOCAL and not row.retry
    return final and event.message_type == "information_provision"


def _of_inquiry(events: list[Event]) -> str:
    types = {e.message_type for e in events if e.kind is EventKind.RECEIVED}
    if "provision_lapse" in types:
        return "lapsed"
    refused = any(e.kind in (EventKind.REFUSED, EventKind.FAILED) for e in events)
    ended = any(e.code and not refusal(e.code).retry for e in events)
    over = "inquiry_refusal" in types or (refused and ended)
    return "refused" if over else "in_progress"


def _act(stored: StoredEvent) -> Act:
    event = stored.event
    row = ROWS.get(event.message_type)
    return Act(
        at=event.at,
        what=_what(event),
        kind=event.kind.value,
        direction=event.direction,
        peer=event.peer,
        peer_name=peer_name(event.peer) if event.peer else "",
        message_type=event.message_type,
        type_name=TYPES.get(event.message_type, event.message_type),
        legal_basis="" if row is None else row.legal_basis,
        code=event.code,
        why=_why(event.code),
        seq=stored.seq,
        record_id=stored.record_id.hex(),
        commitment=stored.commitment.hex(),
    )


def _what(event: Event) -> str:
    if event.kind is EventKind.REFUSED and event.direction == "out":
        return UNSENT
    if event.kind is EventKind.OPERATOR or "shown" in event.detail.partition(":")[0]:
        begins = event.detail.partition(":")[0]
        return ACTS.get(begins, KINDS[event.kind])
    return KINDS[event.kind]


def _why(code: str) -> str:
    try:
        return refusal(code).ja if code else ""
    except KeyError:  # of an older version of this program
        return ""


def _item(item_no: int) -> Item:
    known = ITEMS.get(item_no)
    if known is None:
        return Item(item_no, None, "", "")
    return Item(item_no, known.article, known.requester, known.affair)


def _kind_name(kind: str) -> str:
    known = INFORMATION.get(kind)
    return kind if known is None else known.japanese
