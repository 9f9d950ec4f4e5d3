# SPDX-License-Identifier: Apache-2.0
"""What can be looked at without naming a person: counts, states, numbers of ours.

Lists go by number: ``after`` is the last one that was seen, and at most `MOST` rows
follow. Nothing here shows a name, a number of a person or a code.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from simulators.register import Register
from simulators.register.entries import State

MOST: Final = 1_000
"""Rows of one look."""


def status(register: Register, after: int) -> dict[str, Any]:
    """How the register stands: counts, and what waits for whom."""
    store = register.store
    counts = {name: store.value(sql) for name, sql in _COUNTS.items()}
    waiting: dict[str, int] = dict(
        store.rows(
            "SELECT receiver, count(*) FROM outbox WHERE delivered_at IS NULL"
            " AND code IS NULL GROUP BY receiver"
        )
    )
    isolated = [row[0] for row in store.rows("SELECT source FROM isolated ORDER BY 1")]
    return {
        "municipality": register.municipality,
        "counts": counts,
        "owed": waiting,
        "isolated": isolated,
        "review_is_overdue": register.staff.review_is_overdue,
    }


def history(register: Register, after: int) -> list[Any]:
    """What happened."""
    return list(islice(register.events.all(after), MOST))


def inquiries(register: Register, after: int) -> list[Any]:
    """Who looked at whom."""
    return list(islice(register.inquiries.all(after), MOST))


def entries(register: Register, after: int) -> list[dict[str, Any]]:
    """Every entry, and where it is."""
    rows = register.store.rows(
        "SELECT number, kind, reference, state, entered_by, checked_by FROM entries"
        " WHERE number > ? ORDER BY number LIMIT ?",
        after,
        MOST,
    )
    names = ("entry", "form", "reference", "state", "entered_by", "checked_by")
    return [dict(zip(names, row, strict=True)) for row in rows]


def outbox(register: Register, after: int) -> list[Any]:
    """What was ever owed, without its content."""
    return list(register.outbox.sent(after=after, most=MOST))


def numbers(register: Register, after: int) -> list[dict[str, Any]]:
    """Requests for individual numbers; an answered one waits for its designation."""
    rows = register.store.rows(
        "SELECT rowid, reference, record, reason, state FROM number_requests"
        " WHERE rowid > ? ORDER BY rowid LIMIT ?",
        after,
        MOST,
    )
    names = ("number", "request", "record", "reason", "state")
    return [dict(zip(names, row, strict=True)) for row in rows]


def arrivals(register: Register, after: int) -> list[dict[str, Any]]:
    """What came by way of the CS, and whether it was taken in."""
    rows = register.store.rows(
        "SELECT rowid, message, type, source, at, state, why FROM came_in"
        " WHERE rowid > ? ORDER BY rowid LIMIT ?",
        after,
        MOST,
    )
    names = ("number", "message", "type", "source", "at", "state", "why")
    return [dict(zip(names, row, strict=True)) for row in rows]


def certificates(register: Register, after: int) -> list[dict[str, Any]]:
    """Move-out certificate information from other municipalities."""
    rows = register.store.rows(
        "SELECT number, source, planned, state FROM certificates_in"
        " WHERE number > ? ORDER BY number LIMIT ?",
        after,
        MOST,
    )
    names = ("certificate", "source", "planned", "state")
    return [dict(zip(names, row, strict=True)) for row in rows]


def statistics(register: Register, after: int) -> Any:
    """人口・世帯: counts, the small ones hidden."""
    return register.statistics.population()


def foreign(register: Register, after: int) -> dict[str, int]:
    """How many notices for the Ministry of Justice wait."""
    return {"waiting": register.foreign.waiting()}


def towns(register: Register, after: int) -> list[Any]:
    """The towns that addresses are held against."""
    return list(register.places.all())


def staff(register: Register, after: int) -> list[dict[str, str]]:
    """管理簿: every account and right, given and taken."""
    names = ("person", "what", "by")
    return [dict(zip(names, row, strict=True)) for row in register.staff.ledger()]


def slips(register: Register, after: int) -> list[Any]:
    """Questions and disclosure requests, without what was asked."""
    return list(register.slips.all(after, MOST))


def disposals(register: Register, after: int) -> list[Any]:
    """Papers that were thrown away."""
    return list(register.documents.disposals())


def consistency(register: Register, after: int) -> Any:
    """Count and digest of the identity information of everybody whom it covers."""
    return register.consistency.digest()


_COUNTS: Final = {
    "residents": "SELECT count(*) FROM records WHERE present",
    "households": "SELECT count(DISTINCT household) FROM records WHERE present",
    "removed": "SELECT count(*) FROM records WHERE NOT present",
    "entries_waiting": (
        f"SELECT count(*) FROM entries WHERE state = '{State.ENTERED.value}'"
    ),
    "codes_left": "SELECT count(*) FROM codes WHERE used_at IS NULL",
    "numbers_asked": "SELECT count(*) FROM number_requests WHERE state = 'asked'",
    "numbers_answered": "SELECT count(*) FROM number_requests WHERE state = 'answered'",
    "delivered": "SELECT count(*) FROM outbox WHERE delivered_at IS NOT NULL",
    "refused": "SELECT count(*) FROM outbox WHERE code IS NOT NULL",
    "set_aside": "SELECT count(*) FROM came_in WHERE body IS NOT NULL",
    "certificates_waiting": (
        "SELECT count(*) FROM certificates_in WHERE state = 'waits'"
    ),
    "issued": "SELECT count(*) FROM issues",
    "foreign_waiting": "SELECT count(*) FROM foreign_notices WHERE output_at IS NULL",
}

LOOKS: Final[Mapping[str, Callable[[Register, int], Any]]] = {
    one.__name__: one
    for one in (
        status,
        history,
        inquiries,
        entries,
        outbox,
        numbers,
        arrivals,
        certificates,
        statistics,
        foreign,
        towns,
        consistency,
        staff,
        slips,
        disposals,
    )
}
"""By their names below `/v1/desk/`."""
