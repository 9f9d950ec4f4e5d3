# SPDX-License-Identifier: Apache-2.0
"""Who may use the desks: accounts, rights by business, their review, contractors.

A table says which rights each business needs; a right outside it is not given, whoever
applies (R-181). The ids are reviewed at set times: who was not there for long is
listed, and an overdue review is a warning (R-187). People of a contractor get an
account only if they stand on the list that the contractor handed in (R-248); they work
at the terminals of the places in the contract alone, and no right of theirs takes
anything out (R-254).

A register without accounts takes everybody at their word: a rehearsal needs none.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from simulators.register.basis import Operator, is_reference
from simulators.register.errors import EntryRefused, Fault, NotAllowed, NotNow, Rule
from simulators.register.events import AUTOMATIC, Events
from simulators.register.store import Store
from simulators.store import instant

MANAGER: Final = "operator_manager"
CONTRACT: Final = "maintenance"
RIGHTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        MANAGER: frozenset({"staff", "audit"}),
        "counter": frozenset({"enter", "search", "issue", "cards", "slips"}),
        "checking": frozenset({"check", "search", "flags"}),
        "link": frozenset({"numbers", "link", "search"}),
        "statistics": frozenset({"batch", "extract", "foreign"}),
        "keeping": frozenset({"dispose", "backup"}),
        CONTRACT: frozenset({"batch", "rehearse"}),
    }
)
"""アクセス権限と業務の対応表: what each business needs, and no more."""
PLACES: Final = frozenset({"city hall", "branch", "passport center"})
"""高崎市庁舎, 各支所 and パスポートセンター: where contract work is done."""
UNUSED: Final = timedelta(days=90)
"""An id that nobody used for so long is listed. Our own choice, as is the next."""
REVIEW_EVERY: Final = timedelta(days=180)
LOGIN: Final = "nobody is logged in who may do this"
_SALT: Final = 16
_TOKEN: Final = 16
_COST: Final = 2**12
"""Of scrypt: a simulator's accounts open nothing real."""


@dataclass(frozen=True, slots=True)
class Review:
    """What one review found."""

    unused: tuple[str, ...]
    """Ids that were not used for `UNUSED`: to be changed or taken away."""
    beyond: tuple[tuple[str, str], ...]
    """Rights that the person's business does not need (any more)."""


class Staff:
    """The accounts of the register."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        token_bytes: Callable[[int], bytes],
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._token_bytes = token_bytes
        self._events = events

    @property
    def needed(self) -> bool:
        """Whether the desks want a session: from the first account on."""
        return bool(self._store.value("SELECT 1 FROM staff LIMIT 1"))

    def list_workers(self, people: Iterable[str], reference: str, by: str) -> None:
        """従事者名簿 of a contractor, as it was handed in."""
        _must_be_words(reference, by, *people)
        with self._store.transaction():
            for person in people:
                sql = "INSERT INTO workers VALUES (?, ?) ON CONFLICT DO NOTHING"
                self._store.run(sql, person, reference)
                self._note(person, f"listed in {reference}", by)

    def allow_place(self, terminal: str, place: str, by: str) -> None:
        """A terminal at a place where contract work may be done."""
        _must_be_words(terminal, by)
        if place not in PLACES:
            raise EntryRefused(Fault("place", Rule.UNKNOWN_CODE))
        with self._store.transaction():
            sql = "INSERT INTO workplaces VALUES (?, ?) ON CONFLICT DO NOTHING"
            self._store.run(sql, terminal, place)
            self._events.happened("workplace", by, f"{terminal} {place}")

    def enrol(self, person: str, business: str, secret: str, by: str) -> None:
        """A new account. The first one is the operator manager's own."""
        _must_be_words(person, by)
        if business not in RIGHTS or not secret:
            raise EntryRefused(Fault("business", Rule.UNKNOWN_CODE))
        first = not self.needed
        if first is not (person == by) or (first and business != MANAGER):
            raise NotAllowed("the operator manager enrols the others, first himself")
        if business == CONTRACT and not self._is_listed(person):
            raise NotAllowed("this name is not on the contractor's list")
        salt = self._token_bytes(_SALT)
        with self._store.transaction():
            changed = self._store.changed(
                "INSERT INTO staff VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING",
                person,
                business,
                salt,
                _digest(secret, salt),
                instant(self._clock()),
            )
            if not changed:
                raise NotNow("this id was given before")
            self._note(person, f"enrolled for {business}", by)
            if first:
                for right in sorted(RIGHTS[MANAGER]):
                    self._give(person, right, "first", by)

    def grant(self, person: str, right: str, application: str, by: str) -> None:
        """A right that the person's business needs, on an application."""
        _must_be_words(application)
        if right not in RIGHTS[self._business(person)]:
            raise NotAllowed("this business does not need this right")
        if person == by:
            raise NotAllowed("nobody gives a right to himself")
        with self._store.transaction():
            self._give(person, right, application, by)

    def withdraw(self, person: str, right: str, by: str) -> None:
        """A right that is not needed any more."""
        with self._store.transaction():
            sql = "DELETE FROM rights WHERE person = ? AND right = ?"
            if not self._store.changed(sql, person, right):
                raise NotNow("this right was not given")
            self._note(person, f"withdrawn {right}", by)

    def revoke(self, person: str, by: str) -> None:
        """Somebody moved or left: account, rights and sessions end."""
        self._business(person)
        with self._store.transaction():
            self._store.run("UPDATE staff SET active = 0 WHERE person = ?", person)
            self._store.run("DELETE FROM rights WHERE person = ?", person)
            self._store.run("DELETE FROM sessions WHERE person = ?", person)
            self._note(person, "revoked", by)

    def log_in(self, person: str, secret: str, terminal: str) -> str:
        """A session at a terminal; the same words for everything that can be wrong."""
        _must_be_words(terminal)
        sql = "SELECT salt, digest, business FROM staff WHERE person = ? AND active"
        row = self._store.row(sql, person)
        salt, digest, business = row if row is not None else (b"", b"", "")
        right = hmac.compare_digest(_digest(secret, salt), digest)
        if not right or (business == CONTRACT and not self._is_workplace(terminal)):
            self._events.happened("login refused", about=terminal)
            raise NotAllowed(LOGIN)
        token = self._token_bytes(_TOKEN).hex()
        with self._store.transaction():
            sql = "INSERT INTO sessions VALUES (?, ?, ?)"
            self._store.run(sql, token, person, terminal)
            sql = "UPDATE staff SET used_at = ? WHERE person = ?"
            self._store.run(sql, instant(self._clock()), person)
            self._events.happened("logged in", person, terminal)
        return token

    def log_out(self, token: str) -> None:
        self._store.run("DELETE FROM sessions WHERE token = ?", token)

    def who(self, token: str, right: str) -> Operator:
        """Who does this at which terminal; raises `NotAllowed`."""
        row = self._store.row(
            "SELECT s.person, s.terminal FROM sessions s JOIN rights r"
            " ON r.person = s.person WHERE s.token = ? AND r.right = ?",
            token,
            right,
        )
        if row is None:
            raise NotAllowed(LOGIN)
        return Operator(row[0], row[1])

    def review(self, by: str) -> Review:
        """Look through ids and rights; that it was done is on record."""
        before = instant(self._clock() - UNUSED)
        sql = "SELECT person FROM staff WHERE active AND used_at < ? ORDER BY person"
        unused = tuple(row[0] for row in self._store.rows(sql, before))
        held = self._store.rows(
            "SELECT r.person, r.right, s.business FROM rights r JOIN staff s"
            " ON s.person = r.person ORDER BY r.person, r.right"
        )
        beyond = tuple(
            (person, right)
            for person, right, business in held
            if right not in RIGHTS[business]
        )
        with self._store.transaction():
            self._store.run(
                "INSERT INTO staff_reviews (at, by, unused) VALUES (?, ?, ?)",
                instant(self._clock()),
                by,
                len(unused),
            )
            self._events.happened("ids reviewed", by, f"{len(unused)} unused")
        return Review(unused, beyond)

    @property
    def review_is_overdue(self) -> bool:
        """Whether the last review, or the first account, is too long ago."""
        last = self._store.value(
            "SELECT coalesce((SELECT max(at) FROM staff_reviews),"
            " (SELECT min(at) FROM staff_ledger))"
        )
        return self.needed and last < instant(self._clock() - REVIEW_EVERY)

    def ledger(self) -> tuple[tuple[str, str, str], ...]:
        """管理簿: person, what, by whom, in order."""
        sql = "SELECT person, what, by FROM staff_ledger ORDER BY number"
        return tuple((row[0], row[1], row[2]) for row in self._store.rows(sql))

    def _business(self, person: str) -> str:
        sql = "SELECT business FROM staff WHERE person = ? AND active"
        found: str | None = self._store.value(sql, person)
        if found is None:
            raise NotNow("there is no such account")
        return found

    def _is_listed(self, person: str) -> bool:
        sql = "SELECT 1 FROM workers WHERE person = ?"
        return bool(self._store.value(sql, person))

    def _is_workplace(self, terminal: str) -> bool:
        sql = "SELECT 1 FROM workplaces WHERE terminal = ?"
        return bool(self._store.value(sql, terminal))

    def _give(self, person: str, right: str, application: str, by: str) -> None:
        sql = "INSERT INTO rights VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._store.run(sql, person, right, application)
        self._note(person, f"granted {right} on {application}", by)

    def _note(self, person: str, what: str, by: str = AUTOMATIC) -> None:
        sql = "INSERT INTO staff_ledger (at, person, what, by) VALUES (?, ?, ?, ?)"
        self._store.run(sql, instant(self._clock()), person, what, by)


def _digest(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=_COST, r=8, p=1)


def _must_be_words(*words: str) -> None:
    if not all(map(is_reference, words)):
        raise EntryRefused(Fault("name", Rule.FORMAT))
