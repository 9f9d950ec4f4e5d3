# SPDX-License-Identifier: Apache-2.0
"""Staff who log in: by user ID and a second thing, with the functions open to them.

The second thing is a password, or what a biometric reader gives for an enrolled person;
either is kept as a digest that nobody can go back from. A ledger has every grant and
every revocation. Whoever is revoked is out at once: open sessions end.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final

from simulators.city.reasons import Reason, Refused
from simulators.city.store import Store
from simulators.store import instant

SCHEMA: Final = """
CREATE TABLE staff (person TEXT PRIMARY KEY, department TEXT NOT NULL,
    salt BLOB NOT NULL, digest BLOB NOT NULL, active INTEGER NOT NULL) STRICT;
CREATE TABLE grants (person TEXT, function TEXT, PRIMARY KEY (person, function)) STRICT;
CREATE TABLE sessions (token TEXT PRIMARY KEY, person TEXT NOT NULL) STRICT;
CREATE TABLE ledger (number INTEGER PRIMARY KEY, at TEXT NOT NULL, person TEXT NOT NULL,
    what TEXT NOT NULL, by TEXT NOT NULL) STRICT;
"""
_SALT: Final = 16
_TOKEN: Final = 16
_COST: Final = 2**12
"""Of scrypt: a simulator's accounts open nothing real."""


class Staff:
    """The accounts of one system."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        token_bytes: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._clock = clock
        self._token_bytes = token_bytes

    def enrol(self, person: str, department: str, secret: str, by: str) -> None:
        """A new account, with nothing open to it."""
        if not (person and department and secret):
            raise Refused(Reason.FORM)
        if by == person:
            raise Refused(Reason.SECOND_PERSON)
        salt = self._token_bytes(_SALT)
        changed = self._store.changed(
            "INSERT INTO staff VALUES (?, ?, ?, ?, 1) ON CONFLICT DO NOTHING",
            person,
            department,
            salt,
            _digest(secret, salt),
        )
        if not changed:
            raise Refused(Reason.NOT_NOW)
        self._note(person, "enrolled", by)

    def grant(self, person: str, function: str, by: str) -> None:
        """Open a function; nobody opens one to himself."""
        if by == person:
            raise Refused(Reason.SECOND_PERSON)
        self.department(person)
        sql = "INSERT INTO grants VALUES (?, ?) ON CONFLICT DO NOTHING"
        self._store.run(sql, person, function)
        self._note(person, f"granted {function}", by)

    def revoke(self, person: str, by: str) -> None:
        """Somebody moved or left: account, grants and sessions end."""
        self.department(person)
        self._store.run("UPDATE staff SET active = 0 WHERE person = ?", person)
        self._store.run("DELETE FROM grants WHERE person = ?", person)
        self._store.run("DELETE FROM sessions WHERE person = ?", person)
        self._note(person, "revoked", by)

    def department(self, person: str) -> str:
        """Where somebody with an active account works; raises `Refused`."""
        sql = "SELECT department FROM staff WHERE person = ? AND active"
        found: str | None = self._store.value(sql, person)
        if found is None:
            raise Refused(Reason.LOGIN)
        return found

    def log_in(self, person: str, secret: str) -> str:
        """A session's token; raises `Refused`, whatever is wrong, in the same words."""
        sql = "SELECT salt, digest FROM staff WHERE person = ? AND active"
        row = self._store.row(sql, person)
        salt, digest = row if row is not None else (b"", b"")
        if not hmac.compare_digest(_digest(secret, salt), digest):
            raise Refused(Reason.LOGIN)
        token = self._token_bytes(_TOKEN).hex()
        self._store.run("INSERT INTO sessions VALUES (?, ?)", token, person)
        return token

    def log_out(self, token: str) -> None:
        self._store.run("DELETE FROM sessions WHERE token = ?", token)

    def who(self, token: str, function: str) -> str:
        """Who this is, if the function is open to them; raises `Refused`."""
        person: str | None = self._store.value(
            "SELECT s.person FROM sessions s JOIN grants g ON g.person = s.person"
            " WHERE s.token = ? AND g.function = ?",
            token,
            function,
        )
        if person is None:
            raise Refused(Reason.LOGIN)
        return person

    def ledger(self) -> tuple[tuple[str, str, str], ...]:
        """Person, what, by whom: every grant and revocation, in order."""
        rows = self._store.rows("SELECT person, what, by FROM ledger ORDER BY number")
        return tuple((row[0], row[1], row[2]) for row in rows)

    def _note(self, person: str, what: str, by: str) -> None:
        at = instant(self._clock())
        sql = "INSERT INTO ledger (at, person, what, by) VALUES (?, ?, ?, ?)"
        self._store.run(sql, at, person, what, by)


def _digest(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, n=_COST, r=8, p=1)
