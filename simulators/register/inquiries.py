# SPDX-License-Identifier: Apache-2.0
"""Who looked at whom, when, at which terminal and what for: one row for each inquiry.

Refused tries are rows too. What was asked for is written as the names of its keys,
never as their values.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from simulators.register.basis import Operator, is_reference
from simulators.register.errors import NotAllowed
from simulators.register.store import Store
from simulators.store import instant


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One inquiry, and the records that it showed."""

    number: int
    operator: str
    terminal: str
    purpose: str
    keys: str
    outcome: str
    at: str
    records: tuple[int, ...]


class Inquiries:
    """The record of inquiries."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def record(
        self,
        by: Operator,
        purpose: str,
        keys: Iterable[str],
        outcome: str,
        seen: Iterable[int] = (),
    ) -> None:
        """Write an inquiry down before anything of it is shown.

        Raises `NotAllowed` where operator, terminal or purpose is not given.
        """
        if not all(map(is_reference, (by.name, by.terminal, purpose))):
            raise NotAllowed("an inquiry names operator, terminal and purpose")
        with self._store.transaction():
            number = self._store.run(
                "INSERT INTO inquiries (operator, terminal, purpose, keys, outcome, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                by.name,
                by.terminal,
                purpose,
                " ".join(keys),
                outcome,
                instant(self._clock()),
            )
            rows = [(number, record) for record in sorted(set(seen))]
            self._store.many("INSERT INTO seen VALUES (?, ?)", rows)

    def all(self, after: int = 0) -> Iterator[Inquiry]:
        """Every inquiry after that number, oldest first."""
        sql = (
            "SELECT number, operator, terminal, purpose, keys, outcome, at"
            " FROM inquiries WHERE number > ? ORDER BY number LIMIT ?"
        )
        for row in self._store.pages(sql, (after,)):
            shown = self._store.rows(
                "SELECT record FROM seen WHERE inquiry = ?", row[0]
            )
            yield Inquiry(*(*row, tuple(one[0] for one in shown)))
