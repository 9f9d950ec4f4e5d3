# SPDX-License-Identifier: Apache-2.0
"""Notices for the Ministry of Justice: each change of a foreign resident's record.

Made with the change, put out by an operator for the link terminal (F1-08-2), each
output on record. A notice holds what the residence card is about; it holds no
individual number and no resident record code.

And what the Ministry tells (住民基本台帳法第30条の50): it becomes an entry like any
other, made by one person and checked by another. Once it is in the register, the notice
of that change goes the other way.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from schemas.register_messages import ForeignResidentChangeNotice
from simulators.register.basis import Cause, Operator, decided
from simulators.register.books import Books, Written
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.events import Events
from simulators.register.forms import Amendment, ChangeExOfficio
from simulators.register.record import Foreign, ResidentRecord
from simulators.register.silent import Silent
from simulators.register.store import Store, encoded
from simulators.store import instant


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ForeignNotice(Silent):
    """市町村通知 about one change."""

    residence_card: str
    name: str
    alias: str | None
    born: date
    sex: str
    nationality: str
    status: str
    address: str
    change_reason: str
    change_date: date
    removed: bool


class ForeignNotices:
    """What the Ministry is to be told."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], events: Events
    ) -> None:
        self._store = store
        self._clock = clock
        self._events = events

    def note(self, written: Written) -> None:
        """Make the notice of a change, where there is one to make."""
        after = written.change.after
        if after.foreign is None:
            return
        self._store.run(
            "INSERT INTO foreign_notices (history, at, body) VALUES (?, ?, ?)",
            written.history,
            instant(self._clock()),
            encoded(_notice(written, after.foreign)),
        )

    def waiting(self) -> int:
        """How many notices were not put out."""
        sql = "SELECT count(*) FROM foreign_notices WHERE output_at IS NULL"
        found: int = self._store.value(sql)
        return found

    def output(self, by: Operator) -> tuple[ForeignNotice, ...]:
        """Put out what waits, in order; each is put out once and on record."""
        with self._store.transaction():
            rows = self._store.rows(
                "SELECT number, body FROM foreign_notices WHERE output_at IS NULL"
                " ORDER BY number"
            )
            for number, _ in rows:
                self._store.run(
                    "UPDATE foreign_notices SET output_at = ?, output_by = ?"
                    " WHERE number = ?",
                    instant(self._clock()),
                    by.name,
                    number,
                )
                self._events.happened("foreign notice put out", by.name, str(number))
        return tuple(msgspec.json.decode(body, type=ForeignNotice) for _, body in rows)


def change_form(
    told: ForeignResidentChangeNotice, reference: str, books: Books, today: date
) -> ChangeExOfficio:
    """The form to enter for what the Ministry told; raises `EntryRefused`."""
    if told.municipality_code != books.municipality:
        raise EntryRefused(Fault("municipality_code", Rule.NOT_PRESENT))
    record = _holder_of(told.residence_card_number, books)
    assert record.foreign is not None
    foreign = replace(
        record.foreign,
        residence_card=told.new_residence_card_number or told.residence_card_number,
        nationality=told.nationality or record.foreign.nationality,
        status=told.residence_status or record.foreign.status,
        stay_until=told.stay_until or record.foreign.stay_until,
    )
    name = told.roman_name
    if foreign == record.foreign and name in (None, record.name):
        raise EntryRefused(Fault("notice", Rule.NOTHING_CHANGED))
    return ChangeExOfficio(
        basis=decided(reference, today, Cause.NOTICE),
        record=record.number,
        changed_on=told.change_date,
        amendment=Amendment(name=name, foreign=foreign),
    )


def _holder_of(card: str, books: Books) -> ResidentRecord:
    for record in books.foreign():
        if record.foreign is not None and record.foreign.residence_card == card:
            return record
    raise EntryRefused(Fault("residence_card_number", Rule.NOT_PRESENT))


def _notice(written: Written, foreign: Foreign) -> ForeignNotice:
    change = written.change
    return ForeignNotice(
        residence_card=foreign.residence_card,
        name=change.after.name,
        alias=change.after.alias,
        born=change.after.born,
        sex=change.after.sex,
        nationality=foreign.nationality,
        status=foreign.status,
        address=change.after.home.text,
        change_reason=change.reason.value,
        change_date=change.on,
        removed=not change.after.present,
    )
