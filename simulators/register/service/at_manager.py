# SPDX-License-Identifier: Apache-2.0
"""What those ask for who look after the register itself: accounts, papers, copies.

As `at_counter`: each function calls one desk and decides nothing.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from simulators.register import Register
from simulators.register.basis import Operator, is_reference
from simulators.register.errors import EntryRefused, Fault, NotAllowed, Rule
from simulators.register.service.strict import Act
from simulators.register.slips import DisclosureRequest
from simulators.register.staff import Review

OPEN: Final = ""
"""No right: it leads to a session, or away from one."""


def log_in(
    register: Register, person: str, secret: str, terminal: str
) -> dict[str, str]:
    """A session; the same words for everything that can be wrong."""
    return {"session": register.staff.log_in(person, secret, terminal)}


def log_out(register: Register, session: str) -> None:
    """The session ends."""
    register.staff.log_out(session)


def enrol(
    register: Register, person: str, business: str, secret: str, by: Operator
) -> None:
    """A new account; the first is the operator manager's own."""
    register.staff.enrol(person, business, secret, by.name)


def grant(
    register: Register, person: str, right: str, application: str, by: Operator
) -> None:
    """A right that the business needs."""
    register.staff.grant(person, right, application, by.name)


def withdraw(register: Register, person: str, right: str, by: Operator) -> None:
    """A right that is not needed any more."""
    register.staff.withdraw(person, right, by.name)


def revoke(register: Register, person: str, by: Operator) -> None:
    """Somebody moved or left."""
    register.staff.revoke(person, by.name)


def list_workers(
    register: Register, people: tuple[str, ...], reference: str, by: Operator
) -> None:
    """従事者名簿 of a contractor."""
    register.staff.list_workers(people, reference, by.name)


def allow_place(register: Register, terminal: str, place: str, by: Operator) -> None:
    """A terminal at a place of the contract."""
    register.staff.allow_place(terminal, place, by.name)


def review(register: Register, by: Operator) -> Review:
    """Ids that nobody uses, and rights that nobody needs."""
    return register.staff.review(by.name)


def operations(
    register: Register,
    by: Operator,
    person: str | None = None,
    record: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[str, Any]:
    """操作履歴 by staff, by record, by time."""
    if any(one is not None and one.tzinfo is None for one in (since, until)):
        raise EntryRefused(Fault("since", Rule.FORMAT))
    return {"operations": register.operations.find(person, record, since, until)}


def dispose(register: Register, entry: int, how: str, by: Operator) -> None:
    """Throw away the paper of an entry."""
    register.documents.dispose(entry, how, by)


def kept_until(register: Register, entry: int, by: Operator) -> dict[str, date]:
    """The last day of the paper of an entry."""
    return {"kept_until": register.documents.kept_until(entry)}


def ask(register: Register, question: str, by: Operator) -> dict[str, int]:
    """受付票."""
    return {"slip": register.slips.ask(question, by)}


def disclose(
    register: Register, request: DisclosureRequest, by: Operator
) -> dict[str, int]:
    """開示請求書."""
    return {"slip": register.slips.request(request, by)}


def answer(register: Register, slip: int, answer: str, by: Operator) -> None:
    """What was answered."""
    register.slips.answer(slip, answer, by)


def back_up(register: Register, name: str, reason: str, by: Operator) -> dict[str, str]:
    """A copy beside the register's own file."""
    if not is_reference(name):
        raise EntryRefused(Fault("name", Rule.FORMAT))
    folder = register.store.folder
    if folder is None:
        raise NotAllowed("a register in memory has no place for a copy")
    path = Path(folder) / f"{name}.backup"
    return {"digest": register.backup.make(path, reason, by)}


ACTS: Final = {
    "staff/login": Act(log_in, OPEN),
    "staff/logout": Act(log_out, OPEN),
    "staff/enrol": Act(enrol, "staff"),
    "staff/grant": Act(grant, "staff"),
    "staff/withdraw": Act(withdraw, "staff"),
    "staff/revoke": Act(revoke, "staff"),
    "staff/workers": Act(list_workers, "staff"),
    "staff/places": Act(allow_place, "staff"),
    "staff/review": Act(review, "staff"),
    "operations": Act(operations, "audit"),
    "documents/dispose": Act(dispose, "dispose"),
    "documents/kept_until": Act(kept_until, "dispose"),
    "slips": Act(ask, "slips"),
    "slips/disclosure": Act(disclose, "slips"),
    "slips/answer": Act(answer, "slips"),
    "backup": Act(back_up, "backup"),
}
"""By their names below `/v1/desk/`, each with the right that it needs."""
