# SPDX-License-Identifier: Apache-2.0
"""受付票 and 開示請求書: what residents ask about the files themselves.

A question gets a slip when it comes, and its answer is written on it (R-275); slips
without one are listed. A disclosure request comes in writing and with what it needs
(個人情報の保護に関する法律第77条第1項): who asks, where that person lives, what is to
be disclosed, and the identity that was confirmed (R-276).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum

from simulators.register.basis import WITH_PHOTO, Operator, Proof
from simulators.register.errors import EntryRefused, Fault, NotNow, NotThere, Rule
from simulators.register.events import Events
from simulators.register.format_checks import is_line
from simulators.register.silent import Silent
from simulators.register.store import Store, encoded
from simulators.store import instant


class Kind(Enum):
    """What a slip is about."""

    QUESTION = "question"
    DISCLOSURE = "disclosure"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DisclosureRequest(Silent):
    """開示請求書."""

    name: str
    address: str
    wanted: str
    """Which file, and what in it: enough to find it."""
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip, without what was asked."""

    number: int
    kind: str
    at: str
    by: str
    answered_at: str | None
    answered_by: str | None


class Slips:
    """The counter for questions about the files."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], events: Events
    ) -> None:
        self._store = store
        self._clock = clock
        self._events = events

    def ask(self, question: str, by: Operator) -> int:
        """A question came; the number of its slip."""
        if not is_line(question):
            raise EntryRefused(Fault("question", Rule.FORMAT))
        return self._open(Kind.QUESTION, encoded(question), by)

    def request(self, request: DisclosureRequest, by: Operator) -> int:
        """開示請求: raises `EntryRefused` with everything that is missing."""
        faults = [
            Fault(one.name, Rule.MISSING)
            for one in fields(request)
            if one.name != "proofs" and not is_line(getattr(request, one.name))
        ]
        if not WITH_PHOTO.intersection(request.proofs) and len(request.proofs) < 2:
            faults.append(Fault("proofs", Rule.PROOF))
        if faults:
            raise EntryRefused(*faults)
        return self._open(Kind.DISCLOSURE, encoded(request), by)

    def answer(self, slip: int, answer: str, by: Operator) -> None:
        """What was answered, once."""
        if not is_line(answer):
            raise EntryRefused(Fault("answer", Rule.FORMAT))
        if self._store.value("SELECT 1 FROM slips WHERE number = ?", slip) is None:
            raise NotThere("there is no such slip")
        with self._store.transaction():
            changed = self._store.changed(
                "UPDATE slips SET answered_at = ?, answered_by = ?, answer = ?"
                " WHERE number = ? AND answered_at IS NULL",
                instant(self._clock()),
                by.name,
                answer,
                slip,
            )
            if not changed:
                raise NotNow("this slip was answered")
            self._events.happened("slip answered", by.name, f"slip {slip}")

    def open(self) -> tuple[Slip, ...]:
        """Slips that nobody answered, oldest first."""
        return tuple(one for one in self.all() if one.answered_at is None)

    def all(self, after: int = 0, most: int = 1_000) -> tuple[Slip, ...]:
        """Slips after that number, oldest first."""
        rows = self._store.rows(
            "SELECT number, kind, at, by, answered_at, answered_by FROM slips"
            " WHERE number > ? ORDER BY number LIMIT ?",
            after,
            most,
        )
        return tuple(Slip(*row) for row in rows)

    def _open(self, kind: Kind, body: bytes, by: Operator) -> int:
        with self._store.transaction():
            number = self._store.run(
                "INSERT INTO slips (kind, at, by, body) VALUES (?, ?, ?, ?)",
                kind.value,
                instant(self._clock()),
                by.name,
                body,
            )
            self._events.happened(f"slip: {kind.value}", by.name, f"slip {number}")
        return number
