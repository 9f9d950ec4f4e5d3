# SPDX-License-Identifier: Apache-2.0
"""Notices for the Ministry of Justice: each change of a foreign resident's record.

Made with the change, put out by an operator for the link terminal (F1-08-2), each
output on record. A notice holds what the residence card is about; it holds no
individual number and no resident record code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from simulators.register.basis import Operator
from simulators.register.books import Written
from simulators.register.events import Events
from simulators.register.record import Foreign
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
