# SPDX-License-Identifier: Apache-2.0
"""届出書 and what lies with it: kept for the time that the law sets, then thrown away.

住民基本台帳法施行令第34条第3項: one year from the day on which it was received. Before
that nobody throws it away (R-061). Whoever does so afterwards writes down when, who and
how (R-214). What is in the register because of it stays there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from simulators.register.basis import Operator
from simulators.register.books import JAPAN
from simulators.register.entries import State
from simulators.register.errors import (
    EntryRefused,
    Fault,
    NotNow,
    NotThere,
    Rule,
    StillKept,
)
from simulators.register.events import Events
from simulators.register.store import Store, Taken
from simulators.store import instant

METHODS = frozenset({"shredded", "dissolved", "burnt"})
"""How paper is made unreadable."""


@dataclass(frozen=True, slots=True)
class Disposal:
    """One document that was thrown away."""

    entry: int
    at: str
    by: str
    how: str


class Documents:
    """The papers behind the entries."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], events: Events
    ) -> None:
        self._store = store
        self._clock = clock
        self._events = events

    def kept_until(self, entry: int) -> date:
        """The last day on which the paper of an entry has to be there."""
        received = self._received(entry)
        try:
            return received.replace(year=received.year + 1)
        except ValueError:  # 29 February
            return received.replace(year=received.year + 1, month=3, day=1)

    def dispose(self, entry: int, how: str, by: Operator) -> None:
        """Throw a paper away; raises `StillKept`, `NotNow`, `NotThere`."""
        if how not in METHODS:
            raise EntryRefused(Fault("how", Rule.UNKNOWN_CODE))
        today = self._clock().astimezone(JAPAN).date()
        if today <= self.kept_until(entry):
            self._events.happened("disposal refused", by.name, f"entry {entry}")
            raise StillKept("the paper has to be kept for a year")
        with self._store.transaction():
            try:
                self._store.run(
                    "INSERT INTO disposals VALUES (?, ?, ?, ?)",
                    entry,
                    instant(self._clock()),
                    by.name,
                    how,
                )
            except Taken:
                raise NotNow("this paper was thrown away before") from None
            self._events.happened(f"paper {how}", by.name, f"entry {entry}")

    def disposals(self) -> tuple[Disposal, ...]:
        """What was thrown away, when, by whom and how."""
        sql = "SELECT entry, at, by, how FROM disposals ORDER BY at, entry"
        return tuple(Disposal(*row) for row in self._store.rows(sql))

    def _received(self, entry: int) -> date:
        sql = "SELECT entered_at, state FROM entries WHERE number = ?"
        row = self._store.row(sql, entry)
        if row is None:
            raise NotThere("there is no such entry")
        if row[1] == State.ENTERED.value:
            raise NotNow("the entry waits for its check against the paper")
        return datetime.fromisoformat(row[0]).astimezone(JAPAN).date()
