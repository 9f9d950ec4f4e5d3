# SPDX-License-Identifier: Apache-2.0
"""What a terminal asks for where somebody stands at the counter: entries to papers.

Each function calls one desk of the register and decides nothing; who does it stands in
it. The parameters beside the register are the fields of the request's JSON.
"""

from datetime import date
from typing import Any, Final

from simulators.register import Register
from simulators.register.basis import Basis, Operator
from simulators.register.cards import CardEvent
from simulators.register.certificates import Application, Certificate
from simulators.register.departures import Settled
from simulators.register.old_certificates import OldApplication
from simulators.register.paper import form_of
from simulators.register.search import Query, TooMany
from simulators.register.service.strict import Act
from simulators.register.supplement import Line


def enter(
    register: Register, form: str, fields: dict[str, Any], by: Operator
) -> dict[str, Any]:
    """1. Enter a form; the number of the entry that waits for its check."""
    return {"entry": register.entries.enter(form_of(form, fields), by)}


def check(
    register: Register, entry: int, compared_with: str, by: Operator
) -> dict[str, Any]:
    """1. Let an entry take effect; the records that it changed or made."""
    register.entries.check(entry, by, compared_with)
    rows = register.store.rows(
        "SELECT DISTINCT record FROM history WHERE entry = ? ORDER BY record", entry
    )
    return {"records": [row[0] for row in rows]}


def show_entry(register: Register, entry: int, by: Operator) -> Any:
    """1. What was entered, for whoever compares it with the notification."""
    register.inquiries.record(by, "check", ("entry",), f"entry {entry}")
    return register.entries.form(entry)


def send_back(register: Register, entry: int, why: str, by: Operator) -> None:
    """1. Let an entry go."""
    register.entries.send_back(entry, by, why)


def settle_departures(register: Register, by: Operator) -> Settled:
    """1. The day's work on planned move-outs."""
    register.events.happened("departures settled", by.name)
    return register.departures.settle()


def search(
    register: Register, query: Query, purpose: str, by: Operator
) -> dict[str, Any]:
    """2. 照会: the records that match, or that they are too many to be shown."""
    found = register.search.find(query, by, purpose)
    if isinstance(found, TooMany):
        return {"too_many": found.most}
    return {"records": found.records}


def certificate(
    register: Register, application: Application, by: Operator
) -> Certificate:
    """2. 交付."""
    return register.certificates.issue(application, by)


def search_old(
    register: Register, query: Query, purpose: str, by: Operator
) -> dict[str, Any]:
    """4. 旧住民票の照会."""
    return {"old_records": register.old.find(query, by, purpose)}


def old_certificate(
    register: Register, application: OldApplication, by: Operator
) -> dict[str, Any]:
    """4. 除票・改正原などの発行; the records that the person has here."""
    copy = register.old_certificates.issue(application, by)
    return {"copy": copy, "records": copy.records}


def supplement(
    register: Register, resident_record_code: str, purpose: str, by: Operator
) -> dict[str, tuple[Line, ...]]:
    """7. Every address in the supplement of one person."""
    register.inquiries.record(by, purpose, ("resident_record_code",), "supplement")
    return {"lines": register.supplement.lines(resident_record_code)}


def issue_card(
    register: Register,
    record: int,
    serial: str,
    certificate: str,
    by: Operator,
    valid_until: date | None = None,
) -> None:
    """11. 交付 of a card."""
    register.cards.issue(record, serial, certificate, by, valid_until)


def card_event(register: Register, serial: str, event: CardEvent, by: Operator) -> None:
    """11. Suspend, release, abolish, return or collect a card."""
    register.cards.happen(serial, event, by)


def card_state(register: Register, serial: str, by: Operator) -> dict[str, str]:
    """11. The state of a card."""
    return {"state": register.cards.state(serial)}


def protect(
    register: Register,
    record: int,
    until: date,
    basis: Basis,
    by: Operator,
    checked_by: Operator,
) -> None:
    """支援措置 up to and including a day."""
    register.flags.protect(record, until, basis, by, checked_by)


def lift(
    register: Register, record: int, basis: Basis, by: Operator, checked_by: Operator
) -> None:
    """The protection ends today."""
    register.flags.lift(record, basis, by, checked_by)


def prohibit_updates(
    register: Register, record: int, basis: Basis, by: Operator, checked_by: Operator
) -> None:
    """更新禁止."""
    register.flags.prohibit_updates(record, basis, by, checked_by)


def allow_updates(
    register: Register, record: int, basis: Basis, by: Operator, checked_by: Operator
) -> None:
    """The prohibition ends."""
    register.flags.allow_updates(record, basis, by, checked_by)


ACTS: Final = {
    "entries": Act(enter, "enter"),
    "entries/check": Act(check, "check"),
    "entries/show": Act(show_entry, "check"),
    "entries/send_back": Act(send_back, "check"),
    "departures/settle": Act(settle_departures, "check"),
    "search": Act(search, "search"),
    "certificates": Act(certificate, "issue"),
    "old/search": Act(search_old, "search"),
    "old/certificates": Act(old_certificate, "issue"),
    "supplement": Act(supplement, "search"),
    "cards": Act(issue_card, "cards"),
    "cards/event": Act(card_event, "cards"),
    "cards/state": Act(card_state, "cards"),
    "flags/protect": Act(protect, "flags"),
    "flags/lift": Act(lift, "flags"),
    "flags/prohibit_updates": Act(prohibit_updates, "flags"),
    "flags/allow_updates": Act(allow_updates, "flags"),
}
"""By their names below `/v1/desk/`, each with the right that it needs."""
