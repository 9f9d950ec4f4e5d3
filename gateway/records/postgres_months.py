# SPDX-License-Identifier: Apache-2.0
"""The tables of the months, that the events of a store in PostgreSQL lie in.

Life: made within the transaction that needs it, with the one of the month after; never
emptied by anybody but an erasure. A month's events are those whose id begins with one
of its milliseconds, so that an id alone tells the table. A table is made apart and then
joined to the others, which keeps nobody from reading or writing them.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from gateway.records.months import Month

TABLE: Final = "events"
_INTO: Final = f"INSERT INTO {TABLE} ("
_PREFIX: Final = 6
"""Bytes of an id that are milliseconds."""


class Runs(Protocol):
    """What a statement is given to."""

    def run(self, text: str, values: Sequence[Any] = ()) -> Any:
        """Run it."""


class Months:
    """Which months this connection knows to have a table."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: set[Month] = set()

    def forget(self) -> None:
        """A table that was made is gone again if its transaction was undone."""
        self._known.clear()

    def lies_in(self, sql: str) -> bool:
        """Whether a statement adds an event."""
        return sql.startswith(_INTO)

    def make_room(self, db: Runs, values: Sequence[Any]) -> None:
        """A table for the event in ``values``: the first bytes in them are its id."""
        record_id = next(v for v in values if isinstance(v, bytes))
        millis = int.from_bytes(record_id[:_PREFIX])
        month = Month.of_micros(millis * 1000)
        if month not in self._known:
            for one in (month, month.following()):
                make_table(db, one)
                self._known.add(one)


def name_of(month: Month) -> str:
    """What the table of a month is called."""
    return f"{TABLE}_{month.year:04}_{month.number:02}"


def free_table(db: Runs, month: Month) -> None:
    """Give the files of an emptied table back; within a transaction.

    Deleted rows stay in them else, until somebody cleans up.
    """
    name = name_of(month)
    if db.run("SELECT to_regclass(%b)::oid::bigint", [name]).fetchone()[0] is None:
        return
    db.run(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
    if db.run(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is None:
        db.run(f"TRUNCATE {name}")


def make_table(db: Runs, month: Month) -> None:
    """The table of a month, if there is none."""
    name = name_of(month)
    if db.run("SELECT to_regclass(%b)::oid::bigint", [name]).fetchone()[0] is not None:
        return
    first, after = (f"'\\x{_bound(one).hex()}'" for one in month.span())
    db.run(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)")
    db.run(
        f"ALTER TABLE {TABLE} ATTACH PARTITION {name}"
        f" FOR VALUES FROM ({first}) TO ({after})"
    )


def _bound(micros: int) -> bytes:
    return max(0, micros // 1000).to_bytes(_PREFIX)
