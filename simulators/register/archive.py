# SPDX-License-Identifier: Apache-2.0
"""履歴, 除票 and 改製原: every state of every record, numbered, kept for 150 years.

住民基本台帳法施行令第34条第2項. A state is kept for 150 years from the moment at which
another took its place; the state that stands is kept until then, also of a removed
record. Nothing is erased by itself, however old (R-211): past its time, and only then,
a state goes by an order that a manager approved, on record. The store itself deletes
nothing without such an order, and takes no order for less than 150 years.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from simulators.register.basis import Approval, Operator, approved
from simulators.register.books import Books, decode
from simulators.register.errors import NotThere, StillKept
from simulators.register.events import Events
from simulators.register.reasons import Reason
from simulators.register.record import ResidentRecord
from simulators.register.silent import Silent
from simulators.register.store import Store, Taken
from simulators.store import instant

KEPT_YEARS = 150


@dataclass(frozen=True, slots=True, repr=False)
class Row(Silent):
    """One state of a record, and how it came about."""

    number: int
    record: int
    entry: int | None
    reason: Reason
    happened: date
    written: datetime
    entered_by: str
    checked_by: str
    basis: str
    state: ResidentRecord


@dataclass(frozen=True, slots=True, repr=False)
class Corrected(Silent):
    """A correction: before, after, and whose permission."""

    number: int
    record: int
    approved_by: str
    reference: str
    before: ResidentRecord
    after: ResidentRecord


class Archive:
    """The history of the register."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        books: Books,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._events = events

    def of(self, record: int) -> tuple[Row, ...]:
        """Every state of one record, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM history WHERE record = ? ORDER BY number"
        return tuple(_row(*row) for row in self._store.rows(sql, record))

    def all(self, after: int = 0) -> Iterator[Row]:
        """Every change of the register after that number, as a stream."""
        sql = f"SELECT {_COLUMNS} FROM history WHERE number > ? ORDER BY number LIMIT ?"
        return (_row(*row) for row in self._store.pages(sql, (after,)))

    def at(self, record: int, moment: datetime) -> ResidentRecord | None:
        """How a record stood at a moment; None before it was made."""
        body = self._store.value(
            "SELECT body FROM history WHERE record = ? AND written <= ?"
            " ORDER BY number DESC LIMIT 1",
            record,
            instant(moment),
        )
        return None if body is None else decode(body)

    def removed(self, record: int) -> ResidentRecord:
        """除票: a removed record; raises `NotThere` where it is not one."""
        found = self._books.record(record)
        if found.present:
            raise NotThere("this record is not a removed one")
        return found

    def pre_revision(self, record: int) -> tuple[ResidentRecord, ...]:
        """改製原: the last state of each edition before the present one."""
        last: dict[int, ResidentRecord] = {}
        for row in self.of(record):
            last[row.state.edition] = row.state
        current = self._books.record(record).edition
        return tuple(state for edition, state in last.items() if edition < current)

    def corrections(self, record: int) -> tuple[Corrected, ...]:
        """訂正 of one record, oldest first."""
        rows = self._store.rows(
            "SELECT number, record, approved_by, reference, before, after"
            " FROM corrections WHERE record = ? ORDER BY number",
            record,
        )
        return tuple(Corrected(*(*row[:4], *map(decode, row[4:]))) for row in rows)

    def erase(self, upto: datetime, by: Operator, approval: Approval | None) -> int:
        """Erase states that were replaced by then; gives how many.

        Raises `StillKept` where that is less than 150 years ago, `NotAllowed` without
        a manager's approval.
        """
        approval = approved(approval, by.name)
        if upto > years_before(self._clock(), KEPT_YEARS):
            self._events.happened("erasure refused", by.name)
            raise StillKept("history is kept for 150 years")
        with self._store.transaction():
            order = self._store.run(
                "INSERT INTO erasures (reference, approved_by, operator, at, until)"
                " VALUES (?, ?, ?, ?, ?)",
                approval.reference,
                approval.by,
                by.name,
                instant(self._clock()),
                instant(upto),
            )
            count = self._erase(upto)
            self._store.run(
                "UPDATE erasures SET rows = ? WHERE number = ?", count, order
            )
            self._events.happened("erased", by.name, f"{count} rows, order {order}")
        return count

    def _erase(self, upto: datetime) -> int:
        """The oldest states first, so that each still has its successor."""
        rows = self._store.rows(
            "SELECT number FROM (SELECT number, LEAD(written) OVER"
            " (PARTITION BY record ORDER BY number) AS replaced FROM history)"
            " WHERE replaced <= ? ORDER BY number",
            instant(upto),
        )
        for (number,) in rows:
            try:
                self._store.run("DELETE FROM history WHERE number = ?", number)
            except Taken:
                raise StillKept("history is kept for 150 years") from None
        return len(rows)


def years_before(moment: datetime, years: int) -> datetime:
    """The same day and time that many years ago; 29 February becomes the 28th."""
    try:
        return moment.replace(year=moment.year - years)
    except ValueError:
        return moment.replace(year=moment.year - years, day=28)


_COLUMNS = (
    "number, record, entry, reason, happened, written, entered_by, checked_by,"
    " basis, body"
)


def _row(
    number: int,
    record: int,
    entry: int | None,
    reason: str,
    happened: str,
    written: str,
    entered_by: str,
    checked_by: str,
    basis: str,
    body: bytes,
) -> Row:
    return Row(
        number,
        record,
        entry,
        Reason(reason),
        date.fromisoformat(happened),
        datetime.fromisoformat(written),
        entered_by,
        checked_by,
        basis,
        decode(body),
    )
