# SPDX-License-Identifier: Apache-2.0
"""EUC: extraction by conditions that were set beforehand, and by no others (R-017).

A condition set has a name, a manager's approval, and closed lists of what it selects by
and which columns it gives; numbers and codes are not among them. To run one needs an
approval of its own, and the run is on record with how many rows it gave.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

import msgspec

from simulators.register.basis import Approval, Operator, approved, is_reference
from simulators.register.books import Books
from simulators.register.errors import EntryRefused, Fault, NotNow, NotThere, Rule
from simulators.register.events import Events
from simulators.register.record import ResidentRecord
from simulators.register.store import Store, Taken, encoded
from simulators.store import instant


class Column(Enum):
    """What an extraction may give."""

    NAME = "name"
    FURIGANA = "furigana"
    ADDRESS = "address"
    BORN = "born"
    SEX = "sex"
    HOUSEHOLD = "household"
    RELATIONSHIP = "relationship"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What is selected; what is None does not matter."""

    columns: tuple[Column, ...]
    born_from: date | None = None
    born_until: date | None = None
    sex: str | None = None
    town_code: str | None = None
    resident_since: date | None = None
    heads_only: bool = False


class Extraction:
    """The extraction desk."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], books: Books, events: Events
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._events = events

    def define(
        self, name: str, condition: Condition, by: Operator, approval: Approval | None
    ) -> None:
        """Set a condition under a name; it is never changed afterwards."""
        approval = approved(approval, by.name)
        if not is_reference(name):
            raise EntryRefused(Fault("name", Rule.FORMAT))
        if not condition.columns:
            raise EntryRefused(Fault("columns", Rule.MISSING))
        with self._store.transaction():
            try:
                self._store.run(
                    "INSERT INTO conditions VALUES (?, ?, ?, ?, ?)",
                    name,
                    approval.by,
                    approval.reference,
                    instant(self._clock()),
                    encoded(condition),
                )
            except Taken:
                raise NotNow("a condition of this name is set") from None
            self._events.happened("condition set", by.name, name)

    def run(
        self, name: str, by: Operator, approval: Approval | None
    ) -> Iterator[tuple[str, ...]]:
        """The rows of a condition that was set, protected people left out.

        That it runs is on record before the first row, how many came after the last.
        Raises `NotThere` for a name under which nothing is set, `NotAllowed`.
        """
        approval = approved(approval, by.name)
        body = self._store.value("SELECT body FROM conditions WHERE name = ?", name)
        if body is None:
            self._events.happened("extraction refused", by.name)
            raise NotThere("no condition of this name is set")
        about = f"{name} {approval.reference}"
        self._events.happened("extraction", by.name, about)
        condition = msgspec.json.decode(body, type=Condition)
        return self._rows(condition, by, about)

    def _rows(
        self, condition: Condition, by: Operator, about: str
    ) -> Iterator[tuple[str, ...]]:
        count = 0
        today = self._books.today
        try:
            for record in self._books.all():
                if fits(record, condition) and not record.protected(today):
                    count += 1
                    yield tuple(_text(record, one) for one in condition.columns)
        finally:
            self._events.happened("extracted", by.name, f"{about} {count} rows")


def fits(record: ResidentRecord, condition: Condition) -> bool:
    """Whether a present resident is selected."""
    since = condition.resident_since
    return (
        (condition.born_from is None or record.born >= condition.born_from)
        and (condition.born_until is None or record.born <= condition.born_until)
        and condition.sex in (None, record.sex)
        and condition.town_code in (None, record.home.town_code)
        and (since is None or record.became_resident >= since)
        and (record.is_head or not condition.heads_only)
    )


def _text(record: ResidentRecord, column: Column) -> str:
    if column is Column.ADDRESS:
        return record.home.text
    if column is Column.BORN:
        return record.born_text
    return str(getattr(record, column.value))
