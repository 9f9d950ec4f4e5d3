# SPDX-License-Identifier: Apache-2.0
"""支援措置 and the prohibition of updates: set and lifted by two people, on record.

A protected person's copies go to that person alone; whoever else asks hears what
everybody hears who has no right to them. The protection ends by itself after its last
day, or is lifted before. Common platform and addressee system are told, so that nothing
about the person is answered without a look.
"""

from dataclasses import replace
from datetime import date

from simulators.register.basis import Basis, Operator, basis_faults
from simulators.register.basis import Kind as BasisKind
from simulators.register.books import Books, Signed
from simulators.register.duties import Duties
from simulators.register.errors import EntryRefused, Fault, NotAllowed, Rule
from simulators.register.events import Events
from simulators.register.reasons import Reason
from simulators.register.record import Change
from simulators.register.store import Store


class Flags:
    """Marks on records that say how they are to be handled."""

    def __init__(
        self, store: Store, books: Books, duties: Duties, events: Events
    ) -> None:
        self._store = store
        self._books = books
        self._duties = duties
        self._events = events

    def protect(
        self, record: int, until: date, basis: Basis, by: Operator, checked_by: Operator
    ) -> None:
        """支援措置 up to and including that day."""
        if until < self._books.today:
            raise EntryRefused(Fault("until", Rule.BEFORE_LAST))
        self._set(record, basis, by, checked_by, protected_until=until)

    def lift(
        self, record: int, basis: Basis, by: Operator, checked_by: Operator
    ) -> None:
        """The protection ends today."""
        self._set(record, basis, by, checked_by, protected_until=None)

    def prohibit_updates(
        self, record: int, basis: Basis, by: Operator, checked_by: Operator
    ) -> None:
        """更新禁止: no entry on this record takes effect until it is allowed again."""
        self._set(record, basis, by, checked_by, updates_prohibited=True)

    def allow_updates(
        self, record: int, basis: Basis, by: Operator, checked_by: Operator
    ) -> None:
        """The prohibition ends."""
        self._set(record, basis, by, checked_by, updates_prohibited=False)

    def _set(
        self,
        record: int,
        basis: Basis,
        by: Operator,
        checked_by: Operator,
        **fields: object,
    ) -> None:
        if by.name == checked_by.name:
            raise NotAllowed("nobody checks what he enters himself")
        today = self._books.today
        faults = basis_faults(basis, frozenset(BasisKind), today)
        if faults:
            raise EntryRefused(*faults)
        before = self._books.record(record)
        change = Change(
            before=before,
            after=replace(before, **fields),  # type: ignore[arg-type]
            reason=Reason.FLAGGED,
            on=today,
            notified=basis.on,
        )
        with self._store.transaction():
            signed = Signed(None, basis, by, checked_by)
            self._duties.of(self._books.write(change, signed))
            self._events.happened("flagged", by.name, f"record {record}")
