# SPDX-License-Identifier: Apache-2.0
"""異動処理: entered by one person, checked by another, and only then in the register.

1. `enter` tries the entry out whole, takes it back, and keeps the form: whoever keyed
   it in hears at once what is wrong. The records it touches are held for it.
2. `check`, by somebody else who names the notification that was compared with it,
   works it out again on the register as it is by then, and writes everything or
   nothing: records, history, messages owed, requests for numbers.
3. `send_back` lets it go; the same notification can then be entered again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from simulators.register.basis import Operator, is_reference
from simulators.register.books import Books, Signed, Written
from simulators.register.cards import Cards
from simulators.register.duties import Duties
from simulators.register.effects import effect_of
from simulators.register.errors import (
    EntryRefused,
    Fault,
    NotAllowed,
    NotNow,
    NotThere,
    Rule,
)
from simulators.register.events import Events
from simulators.register.forms import Correction, Form
from simulators.register.inward import Inward
from simulators.register.logic_checks import household_faults
from simulators.register.numbers import Numbers
from simulators.register.outbox import Outbox
from simulators.register.paper import read, written
from simulators.register.pool import Pool
from simulators.register.store import Store, Taken, encoded
from simulators.register.work import Effect, Work
from simulators.store import instant


class State(Enum):
    """Where an entry is."""

    ENTERED = "entered"
    EFFECTIVE = "effective"
    SENT_BACK = "sent back"


@dataclass(frozen=True, slots=True)
class Parts:
    """What entries are made with."""

    store: Store
    clock: Callable[[], datetime]
    books: Books
    pool: Pool
    inward: Inward
    outbox: Outbox
    duties: Duties
    numbers: Numbers
    cards: Cards
    events: Events


class Entries:
    """The desk where changes are entered and checked."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store

    def enter(self, form: Form, by: Operator) -> int:
        """Try an entry out and keep it for its check; gives its number.

        Raises `EntryRefused` with every reason that was found; then nothing is kept.
        """
        if not (is_reference(by.name) and is_reference(by.terminal)):
            raise EntryRefused(Fault("operator", Rule.FORMAT))
        signed = Signed(None, form.basis, by, by)
        touched = self._store.trial(lambda: self._carry_out(form, signed))
        with self._store.transaction():
            number = self._keep(form, by)
            self._hold(touched, number)
            self._parts.events.happened("entered", by.name, f"entry {number}")
        return number

    def check(self, entry: int, by: Operator, compared_with: str) -> tuple[int, ...]:
        """Let an entry take effect; gives the records that it changed.

        Raises `NotAllowed` where the same person entered it, or where the notification
        compared with it is another one; `EntryRefused` where it no longer fits.
        """
        kind, reference, entered_by, body = self._open(entry)
        if by.name == entered_by.name:
            raise NotAllowed("nobody checks what he entered himself")
        if compared_with != reference:
            raise NotAllowed("the entry is compared with its own notification")
        form = read(kind, body)
        signed = Signed(entry, form.basis, entered_by, by)
        with self._store.transaction():
            touched = self._carry_out(form, signed)
            self._close(entry, State.EFFECTIVE, by, None)
            self._parts.events.happened("took effect", by.name, f"entry {entry}")
        return touched

    def send_back(self, entry: int, by: Operator, why: str) -> None:
        """Let an entry go: what it says is not what the notification says."""
        if not is_reference(why):
            raise EntryRefused(Fault("why", Rule.FORMAT))
        self._open(entry)
        with self._store.transaction():
            self._close(entry, State.SENT_BACK, by, why)
            self._parts.events.happened("sent back", by.name, f"entry {entry}")

    def state(self, entry: int) -> State:
        """Where an entry is; raises `NotThere`."""
        found = self._store.value("SELECT state FROM entries WHERE number = ?", entry)
        if found is None:
            raise NotThere("there is no such entry")
        return State(found)

    def form(self, entry: int) -> Form:
        """What was entered, for the eyes of whoever checks it."""
        kind, _, _, body = self._open(entry)
        return read(kind, body)

    def waiting(self) -> tuple[int, ...]:
        """The entries that wait for their check, oldest first."""
        sql = "SELECT number FROM entries WHERE state = 'entered' ORDER BY number"
        return tuple(row[0] for row in self._store.rows(sql))

    def _carry_out(self, form: Form, signed: Signed) -> tuple[int, ...]:
        """All that a form does; gives the records it touches."""
        parts = self._parts
        work = Work(
            parts.books, parts.pool, parts.inward, signed.basis, signed.entered_by
        )
        effect = effect_of(form, work)
        self._must_be_free(effect, signed.entry)
        done = [parts.books.write(change, signed) for change in effect.changes]
        self._must_be_households(done)
        for change in done:
            parts.duties.of(change)
            if isinstance(form, Correction):
                self._record_correction(form, change, signed.entry)
        self._owe(effect, done, signed)
        return _touched(effect)

    def _owe(self, effect: Effect, done: list[Written], signed: Signed) -> None:
        """What a form owes beside what each of its changes does."""
        parts = self._parts
        for place, message in enumerate(effect.messages):
            parts.outbox.owe(message, f"entry {signed.entry}/{place}")
        for record in effect.wants_numbers:
            parts.numbers.ask(parts.books.record(record))
        if effect.uses_certificate is not None:
            parts.inward.used(effect.uses_certificate)
        if effect.keeps_card is not None:
            parts.cards.go_on(*effect.keeps_card)

    def _must_be_free(self, effect: Effect, entry: int | None) -> None:
        """No record twice in one entry, none that another entry holds."""
        befores = [one.before.number for one in effect.changes if one.before]
        if len(set(befores)) != len(befores):
            raise EntryRefused(Fault("remaining", Rule.OPEN_ENTRY))
        for record in _touched(effect):
            sql = "SELECT entry FROM open_records WHERE record = ?"
            holder = self._store.value(sql, record)
            if holder not in (None, entry):
                raise EntryRefused(Fault("record", Rule.OPEN_ENTRY))

    def _must_be_households(self, done: list[Written]) -> None:
        numbers = set()
        for one in done:
            numbers.add(one.change.after.household)
            if one.change.before is not None:
                numbers.add(one.change.before.household)
        faults: list[Fault] = []
        for number in sorted(numbers):
            faults += household_faults(self._parts.books.household(number))
        if faults:
            raise EntryRefused(*faults)

    def _record_correction(
        self, form: Correction, written_change: Written, entry: int | None
    ) -> None:
        approval = form.approval
        if approval is None or entry is None:
            return
        self._store.run(
            "INSERT INTO corrections (record, entry, at, approved_by, reference,"
            " before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
            form.record,
            entry,
            instant(self._parts.clock()),
            approval.by,
            approval.reference,
            encoded(written_change.change.before),
            encoded(written_change.change.after),
        )

    def _keep(self, form: Form, by: Operator) -> int:
        try:
            return self._store.run(
                "INSERT INTO entries (kind, reference, state, entered_by, terminal,"
                " entered_at, form) VALUES (?, ?, 'entered', ?, ?, ?, ?)",
                type(form).__name__,
                form.basis.reference,
                by.name,
                by.terminal,
                instant(self._parts.clock()),
                written(form),
            )
        except Taken:
            raise EntryRefused(Fault("basis.reference", Rule.ENTERED_BEFORE)) from None

    def _hold(self, records: tuple[int, ...], entry: int) -> None:
        for record in records:
            self._store.run("INSERT INTO open_records VALUES (?, ?)", record, entry)

    def _open(self, entry: int) -> tuple[str, str, Operator, bytes]:
        """An entry that waits for its check; raises `NotThere`, `NotNow`."""
        if self.state(entry) is not State.ENTERED:
            raise NotNow("this entry took effect or was sent back")
        row = self._store.row(
            "SELECT kind, reference, entered_by, terminal, form FROM entries"
            " WHERE number = ?",
            entry,
        )
        if row is None:
            raise NotThere("there is no such entry")
        return row[0], row[1], Operator(row[2], row[3]), row[4]

    def _close(self, entry: int, state: State, by: Operator, note: str | None) -> None:
        self._store.run(
            "UPDATE entries SET state = ?, checked_by = ?, checked_at = ?, note = ?,"
            " form = NULL WHERE number = ?",
            state.value,
            by.name,
            instant(self._parts.clock()),
            note,
            entry,
        )
        self._store.run("DELETE FROM open_records WHERE entry = ?", entry)


def _touched(effect: Effect) -> tuple[int, ...]:
    """The records of before that an effect changes, or asks a number for."""
    made = {one.after.number for one in effect.changes if one.before is None}
    numbers = {one.before.number for one in effect.changes if one.before is not None}
    return tuple(sorted(numbers | (set(effect.wants_numbers) - made)))
