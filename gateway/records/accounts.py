# SPDX-License-Identifier: Apache-2.0
"""What one station's store says about each linkage transaction, as plain values.

The requester tells it from its inquiries (and from answers that it refused), the core
from its transactions (and from inquiries that it refused), the provider from its
events alone: it has no table of transactions, only the record of orders that came and
answers that went.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.records.event import Event, EventKind, StoredEvent
from gateway.records.rows import CoreTransaction, Inquiry
from protocols.refusals import RefusalClass, refusal

IN_PROGRESS: Final = "in_progress"
UNDELIVERED: Final = "undelivered"
"""The provider gave its answer up without knowing whether it arrived."""
REFUSED: Final = "refused"
LAPSED: Final = "lapsed"
PROVIDED: Final = "provided"
_ORDER: Final = (IN_PROGRESS, UNDELIVERED, REFUSED, LAPSED, PROVIDED)
"""Weakest first. A provider that refused a second order has still provided."""

_TAKEN: Final = frozenset({EventKind.RECEIPTED, EventKind.ANSWERED, EventKind.LEARNED})
"""The peer's own signature says that it has the message, then or after a restore."""
_ANSWERS: Final = frozenset({"information_provision", "provision_lapse"})


@dataclass(frozen=True, slots=True)
class Account:
    """One party's account of one processing number. Empty fields say nothing."""

    station: str
    """Whose store tells it, ``organisation/role``."""
    processing_number: str
    """Hex."""
    requester: str
    """Organisation."""
    provider: str
    """Organisation."""
    item_no: int | None
    kinds: frozenset[str]
    outcome: str
    answered: bool = False
    """Provider: it took the order and made an answer, whatever became of that."""


def requester_accounts(
    station: str, inquiries: Iterable[Inquiry], events: Iterable[StoredEvent]
) -> Iterator[Account]:
    """What a requester says: every inquiry of its own systems.

    One that waits, although its provider's answer was refused for good, is refused.
    """
    turned_away = _answers_refused(events)
    for inquiry in inquiries:
        number = inquiry.processing_number.hex()
        yield Account(
            station=station,
            processing_number=number,
            requester=organisation(station),
            provider=organisation(inquiry.provider),
            item_no=inquiry.item_no,
            kinds=frozenset(inquiry.kinds),
            outcome=_standing(inquiry, turned_away),
        )


def core_accounts(
    station: str,
    transactions: Iterable[CoreTransaction],
    events: Iterable[StoredEvent],
) -> Iterator[Account]:
    """What the core says: every permit transaction, and every inquiry refused."""
    issued: set[str] = set()
    for row in transactions:
        number = row.processing_number.hex()
        issued.add(number)
        yield Account(
            station=station,
            processing_number=number,
            requester=organisation(row.requester),
            provider=organisation(row.provider),
            item_no=row.item_no,
            kinds=frozenset(row.kinds),
            outcome=row.outcome or IN_PROGRESS,
        )
    for stored in events:
        event = stored.event
        number = event.processing_number
        if number and number not in issued and _is_refused_inquiry(event):
            issued.add(number)
            yield Account(
                station=station,
                processing_number=number,
                requester=organisation(event.peer),
                provider="",
                item_no=event.item_no,
                kinds=frozenset(event.kinds),
                outcome=REFUSED,
            )


def provider_accounts(station: str, events: Iterable[StoredEvent]) -> Iterator[Account]:
    """What a provider says: every order that came, every answer that went."""
    found: dict[str, Account] = {}
    for stored in events:
        event = stored.event
        if event.processing_number and _is_providers(event):
            known = found.get(event.processing_number)
            found[event.processing_number] = _with(known, event, station)
    yield from found.values()


def organisation(station: str) -> str:
    """The organisation of a station's name (or the organisation itself)."""
    return station.partition("/")[0]


def _answers_refused(events: Iterable[StoredEvent]) -> set[tuple[str, str]]:
    """Processing numbers, and the organisations whose answers to them were refused."""
    return {
        (event.processing_number, organisation(event.peer))
        for event in (stored.event for stored in events)
        if event.kind is EventKind.REFUSED
        and event.direction == "in"
        and event.message_type in _ANSWERS
        and not refusal(event.code).retry
    }


def _standing(inquiry: Inquiry, turned_away: Collection[tuple[str, str]]) -> str:
    key = inquiry.processing_number.hex(), organisation(inquiry.provider)
    waits = inquiry.state == IN_PROGRESS
    return REFUSED if waits and key in turned_away else inquiry.state


def _is_refused_inquiry(event: Event) -> bool:
    return (
        event.kind is EventKind.REFUSED
        and event.direction == "in"
        and event.message_type == "information_inquiry"
    )


def _is_providers(event: Event) -> bool:
    return (event.direction, event.message_type) in {
        ("in", "provision_order"),
        ("out", "information_provision"),
        ("out", "provision_lapse"),
    }


def _with(known: Account | None, event: Event, station: str) -> Account:
    """``known``, and what one more event adds to it."""
    if known is None:
        provider = organisation(station)
        known = Account(
            station,
            event.processing_number,
            requester="",
            provider=provider,
            item_no=None,
            kinds=frozenset(),
            outcome=IN_PROGRESS,
        )
    says_who = event.direction == "out"
    refused = event.kind is EventKind.REFUSED
    return Account(
        station=station,
        processing_number=known.processing_number,
        requester=organisation(event.peer) if says_who else known.requester,
        provider=known.provider,
        item_no=known.item_no if refused else (known.item_no or event.item_no),
        kinds=known.kinds if refused else (known.kinds or frozenset(event.kinds)),
        outcome=max(known.outcome, _outcome(event), key=_ORDER.index),
        answered=known.answered or says_who,
    )


def _outcome(event: Event) -> str:
    if event.kind in _TAKEN and event.direction == "out":
        provided = event.message_type == "information_provision"
        return PROVIDED if provided else LAPSED
    if event.kind is EventKind.REFUSED and event.direction == "in":
        return REFUSED
    if event.kind is EventKind.FAILED and not refusal(event.code).retry:
        told = refusal(event.code).kind is not RefusalClass.LOCAL
        return REFUSED if told else UNDELIVERED
    return IN_PROGRESS
