# SPDX-License-Identifier: Apache-2.0
"""Consistency checks that a municipal CS was asked to run, and how far each is.

A check goes through the whole identity information file, batch by batch. After each
batch its place stands here, in the same transaction in which the batch's messages
entered the outbox: a daemon that was killed goes on with the next one.
"""

from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros

_COLUMNS: Final = (
    "check_id, requested, operator, persons, batches, place, digests, done"
)


class Check(msgspec.Struct, frozen=True):
    """One run of a consistency check."""

    check_id: bytes
    requested: datetime
    operator: str
    """Who asked for it."""
    persons: int = 0
    """Sent so far."""
    batches: int = 0
    place: bytes = b""
    """Behind which record the next batch begins."""
    digests: bytes = b""
    """The SHA-256 of each batch's payload, one after the other."""
    done: bool = False
    """The manifest was handed to the outbox, too."""


class CheckWrites(Writes):
    """Asking for a check, and going on with it, inside a transaction."""

    __slots__ = ()

    def open_check(self, check: Check) -> bool:
        """Ask for a run. False while another one is going on."""
        going = self._all("SELECT 1 FROM checks WHERE done = 0 LIMIT 1")
        if going:
            return False
        self._changes(
            f"INSERT INTO checks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            check.check_id,
            to_micros(check.requested),
            check.operator,
            check.persons,
            check.batches,
            check.place,
            check.digests,
            int(check.done),
        )
        return True

    def go_on_with_check(self, check: Check) -> None:
        """Where it is after one more batch."""
        self._changes(
            "UPDATE checks SET persons = ?, batches = ?, place = ?, digests = ?,"
            " done = ? WHERE check_id = ?",
            check.persons,
            check.batches,
            check.place,
            check.digests,
            int(check.done),
            check.check_id,
        )


class CheckReads(Reads):
    """Looking at checks."""

    __slots__ = ()

    def open_checks(self) -> list[Check]:
        """Those that are not done; there is at most one."""
        return self._checks("WHERE done = 0")

    def checks(self) -> list[Check]:
        """All of them, the newest first."""
        return self._checks("")

    def _checks(self, where: str) -> list[Check]:
        sql = f"SELECT {_COLUMNS} FROM checks {where} ORDER BY requested DESC"
        return [_check(row) for row in self._all(sql)]


def _check(row: Row) -> Check:
    return Check(
        check_id=row[0],
        requested=from_micros(row[1]),
        operator=row[2],
        persons=row[3],
        batches=row[4],
        place=row[5],
        digests=row[6],
        done=bool(row[7]),
    )
