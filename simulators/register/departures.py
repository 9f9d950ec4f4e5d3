# SPDX-License-Identifier: Apache-2.0
"""The day's work on planned move-outs: whose day has come is removed (消除).

Members of one household who leave on one day go together, and those who stay are placed
as the notification said. Where that no longer fits, because a head has changed since,
nobody is removed and the event says so: a person has to decide.
"""

from dataclasses import dataclass
from itertools import groupby

from simulators.register.basis import Basis, Cause, Operator, decided
from simulators.register.books import Books, Signed
from simulators.register.duties import Duties
from simulators.register.effects_leaving import moved_out
from simulators.register.errors import EntryRefused
from simulators.register.events import AUTOMATIC, Events
from simulators.register.inward import Inward
from simulators.register.logic_checks import household_faults
from simulators.register.pool import Pool
from simulators.register.reasons import Reason
from simulators.register.record import Change, ResidentRecord
from simulators.register.store import Store
from simulators.register.work import Work


@dataclass(frozen=True, slots=True)
class Settled:
    """How many records were removed, and how many have to wait for a person."""

    removed: int
    undecided: int


class Departures:
    """Planned move-outs whose day has come."""

    def __init__(
        self,
        store: Store,
        books: Books,
        pool: Pool,
        inward: Inward,
        duties: Duties,
        events: Events,
    ) -> None:
        self._store = store
        self._books = books
        self._pool = pool
        self._inward = inward
        self._duties = duties
        self._events = events

    def settle(self) -> Settled:
        """Remove everybody whose planned day is today or was before."""
        due = sorted(
            self._books.leaving(self._books.today),
            key=lambda one: (one.household, one.number),
        )
        removed = undecided = 0
        for _, family in groupby(due, key=lambda one: one.household):
            leavers = list(family)
            try:
                with self._store.transaction():
                    self._remove(leavers)
                removed += len(leavers)
            except EntryRefused:
                undecided += len(leavers)
                about = " ".join(f"record {one.number}" for one in leavers)
                self._events.happened("move-out waits for a person", about=about)
        return Settled(removed, undecided)

    def _remove(self, leavers: list[ResidentRecord]) -> None:
        signed = self._signed(leavers[0])
        changes = [
            moved_out(one, one.leaving, signed.basis.on)
            for one in leavers
            if one.leaving is not None
        ]
        changes += self._placed(leavers[0], signed)
        for change in changes:
            self._duties.of(self._books.write(change, signed))
        faults = household_faults(self._books.household(leavers[0].household))
        if faults:
            raise EntryRefused(*faults)
        for one in leavers:
            self._events.happened("moved out", about=f"record {one.number}")

    def _placed(self, first: ResidentRecord, signed: Signed) -> list[Change]:
        leaving = first.leaving
        if leaving is None:
            return []
        work = Work(
            self._books, self._pool, self._inward, signed.basis, signed.entered_by
        )
        return work.remaining(leaving.remaining, first, leaving.on)

    def _signed(self, record: ResidentRecord) -> Signed:
        """The people and the notification behind the planned move-out."""
        row = self._store.row(
            "SELECT entry, basis, entered_by, checked_by, happened FROM history"
            " WHERE record = ? AND reason = ? ORDER BY number DESC LIMIT 1",
            record.number,
            Reason.LEAVING.value,
        )
        if row is None:
            basis: Basis = decided("planned", self._books.today, Cause.NOTICE)
            automatic = Operator(AUTOMATIC)
            return Signed(None, basis, automatic, automatic)
        basis = decided(row[1], self._books.today, Cause.NOTICE)
        return Signed(row[0], basis, Operator(row[2]), Operator(row[3]))
