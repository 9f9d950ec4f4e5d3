# SPDX-License-Identifier: Apache-2.0
"""既存住基システムとの整合処理: the register holds itself against the file of its CS.

Due once in every period, or when somebody asks. It is begun when nothing waits for the
CS, and goes through the file page by page; between two pages other work goes on. Of
each person the CS gives code and digest, and the register makes the digest of its own.
What was changed while it went on is no difference: it is looked at the next time. The
report says how many were compared and which records differ, by our own number and in
one word; it holds no value and no code, and stands in the list of what happened.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from schemas.reconciliation import digest_of
from schemas.systems import CS
from simulators.register.basis import Operator
from simulators.register.books import Books
from simulators.register.consistency import Side, is_member
from simulators.register.events import AUTOMATIC, Events
from simulators.register.identity import identity_of
from simulators.register.outbox import Outbox
from simulators.register.store import Store
from simulators.store import instant

DAILY: Final = timedelta(days=1)
"""The usual period. The document says that it is regular, and not how often."""
TOLD: Final = 1_000
"""Differences of one report that are told one by one; the number is told of all."""
PATIENCE: Final = 3
"""Times that it is begun anew; then what looks like a difference is told as one."""
REPORT: Final = "reconciled with the CS"
DIFFERS: Final = "differs from the CS"
NOT_NOW: Final = "not reconciled: the CS's file was never filled"


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """One page of the CS's file."""

    persons: tuple[tuple[str, bytes], ...]
    """Code and digest of each."""
    place: str
    """Behind which the next page begins; empty where this was the last."""


Pages: TypeAlias = Callable[[str], Page | None]
"""The page behind a place; None where the CS has no file to compare.

Raises `ConnectionError` where it did not answer."""


@dataclass(slots=True, repr=False)
class _Run:
    """One comparison that is under way."""

    begun_behind: int
    """The newest message that was owed when it began."""
    place: str = ""
    seen: "array[int]" = field(default_factory=lambda: array("q"))
    """The codes that the CS has, as numbers: three megabytes for a large city."""
    found: list[tuple[int, Side]] = field(default_factory=list)
    """Record, 0 where there is none, and what is wrong with it."""


class Reconciliation:
    """The comparison with the CS, again and again."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        books: Books,
        outbox: Outbox,
        events: Events,
    ) -> None:
        self._store = store
        self._clock = clock
        self._books = books
        self._outbox = outbox
        self._events = events
        self._run: _Run | None = None
        self._anew = 0

    def ask(self, by: Operator) -> None:
        """Have it done as soon as nothing waits for the CS."""
        with self._store.transaction():
            self._set("reconcile from", instant(self._clock()))
            self._events.happened("reconciliation asked for", by.name)

    def step(self, pages: Pages, every: timedelta = DAILY) -> int:
        """One page more, if one is due; how much was done."""
        if self._run is None and not self._is_due(every):
            return 0
        run = self._run or _Run(self._newest())
        try:
            page = pages(run.place)
        except ConnectionError:
            return 0
        if page is None:
            return self._put_off(every)
        for code, digest in page.persons:
            self._look_at(run, code, digest)
        run.place, self._run = page.place, run
        if not page.place:
            self._run = None
            self._finish(run, every)
        return 1

    def _is_due(self, every: timedelta) -> bool:
        due = self._store.value(
            "SELECT value FROM settings WHERE name = 'reconcile from'"
        )
        if due is None:  # a new register: one period from now on
            self._set("reconcile from", instant(self._clock() + every))
            return False
        late = str(due) <= instant(self._clock())
        return late and not self._outbox.waiting(CS, 1)

    def _put_off(self, every: timedelta) -> int:
        with self._store.transaction():
            self._set("reconcile from", instant(self._clock() + every))
            self._events.happened(NOT_NOW)
        return 0

    # -- one person --------------------------------------------------------------------

    def _look_at(self, run: _Run, code: str, digest: bytes) -> None:
        record = self._books.by_code(code)
        if record is None or not is_member(record):
            run.found.append((0 if record is None else record.number, Side.HERE))
            return
        run.seen.append(int(code))
        ours = identity_of(record, self._books.municipality)
        if digest_of(ours) != digest:
            run.found.append((record.number, Side.BOTH_DIFFER))

    def _missing_there(self, run: _Run) -> None:
        """Those of ours whom no page named."""
        seen = array("q", sorted(run.seen))
        sql = "SELECT DISTINCT code FROM records WHERE code > ? ORDER BY code LIMIT ?"
        for (code,) in self._store.pages(sql, ("",)):
            place = bisect_left(seen, int(code))
            if place < len(seen) and seen[place] == int(code):
                continue
            record = self._books.by_code(code)
            if record is not None and is_member(record):
                run.found.append((record.number, Side.THERE))

    # -- the report --------------------------------------------------------------------

    def _finish(self, run: _Run, every: timedelta) -> None:
        """Write the report; or begin anew where somebody's code may have changed."""
        self._missing_there(run)
        changed = self._changed_behind(run.begun_behind)
        nobody = any(record == 0 for record, _ in run.found)
        if changed and nobody and self._anew < PATIENCE:
            self._anew += 1
            return
        self._anew = 0
        stands = [(one, side) for one, side in run.found if one not in changed]
        with self._store.transaction():
            for record, side in stands[:TOLD]:
                about = f"record {record or 'none'}: {side.value}"
                self._events.happened(DIFFERS, AUTOMATIC, about)
            about = f"{len(run.seen)} compared, {len(stands)} differences"
            self._events.happened(REPORT, AUTOMATIC, about)
            self._set("reconcile from", instant(self._clock() + every))

    def _newest(self) -> int:
        return int(self._store.value("SELECT max(number) FROM outbox") or 0)

    def _changed_behind(self, number: int) -> frozenset[int]:
        """The records of which something was owed since."""
        sql = "SELECT DISTINCT record FROM outbox WHERE number > ? AND record NOTNULL"
        return frozenset(row[0] for row in self._store.rows(sql, number))

    def _set(self, name: str, value: str) -> None:
        self._store.run(
            "INSERT INTO settings VALUES (?1, ?2)"
            " ON CONFLICT (name) DO UPDATE SET value = ?2",
            name,
            value,
        )
