# SPDX-License-Identifier: Apache-2.0
"""操作履歴: every act at a desk, who did it, where, when, about which records (R-190).

The row is written before the act: where it cannot be, nothing is done. How the act
ended is added after it. The rows are found by staff, by the record that was concerned,
and by time; they are never erased.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from simulators.register.basis import Operator
from simulators.register.store import Store
from simulators.store import instant

BEGUN, DONE, REFUSED = "begun", "done", "refused"
"""How an act ended; one that was cut short stays begun."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One act."""

    number: int
    at: str
    person: str
    terminal: str
    act: str
    outcome: str
    records: tuple[int, ...]


class Operations:
    """The operation history of one register."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def begin(self, by: Operator, act: str) -> int:
        """Somebody is about to do something; the number of its row."""
        return self._store.run(
            "INSERT INTO operations (at, person, terminal, act, outcome)"
            " VALUES (?, ?, ?, ?, ?)",
            instant(self._clock()),
            by.name,
            by.terminal,
            act,
            BEGUN,
        )

    def end(self, number: int, outcome: str, records: Iterable[int] = ()) -> None:
        """How it ended, and whom it concerned."""
        with self._store.transaction():
            sql = "UPDATE operations SET outcome = ? WHERE number = ?"
            self._store.run(sql, outcome, number)
            rows = [(number, record) for record in sorted(set(records))]
            self._store.many("INSERT INTO operation_records VALUES (?, ?)", rows)

    def find(
        self,
        person: str | None = None,
        record: int | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        most: int = 1_000,
    ) -> tuple[Operation, ...]:
        """The acts of somebody, about somebody, in a time; oldest first."""
        rows = self._store.rows(
            "SELECT number, at, person, terminal, act, outcome FROM operations"
            " WHERE (?1 IS NULL OR person = ?1) AND (?2 IS NULL OR number IN"
            " (SELECT operation FROM operation_records WHERE record = ?2))"
            " AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)"
            " ORDER BY number LIMIT ?5",
            person,
            record,
            None if since is None else instant(since),
            None if until is None else instant(until),
            most,
        )
        return tuple(Operation(*(*row, self._records(row[0]))) for row in rows)

    def _records(self, number: int) -> tuple[int, ...]:
        sql = "SELECT record FROM operation_records WHERE operation = ? ORDER BY 1"
        return tuple(row[0] for row in self._store.rows(sql, number))
