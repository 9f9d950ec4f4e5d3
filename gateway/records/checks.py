# SPDX-License-Identifier: Apache-2.0
"""Consistency checks that a municipal CS was asked to run, and how far each is.

A check goes through the whole identity information file, batch by batch. After each
batch its place stands here, in the same transaction in which the batch's messages
entered the outbox: a daemon that was killed goes on with the next one. A check is over
when every server has told its whole result (R-081); what each found stands here as
counts, and the differences themselves are for the register alone.
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


class CheckResult(msgspec.Struct, frozen=True):
    """What one server has told of one check so far."""

    server: str
    """organisation/role"""
    heard: int
    """Parts that are here."""
    parts: int
    compared: int
    equal: int
    differences: int
    """In the parts that are here."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing more is to come."""
        return self.heard == self.parts


class ResultPart(msgspec.Struct, frozen=True):
    """One part of a result, as it came."""

    check_id: bytes
    server: str
    part: int
    parts: int
    compared: int
    equal: int
    differences: int
    at: datetime


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

    def note_result(self, part: ResultPart) -> None:
        """Count one part of a result; the same part again counts once."""
        self._changes(
            "INSERT INTO check_results (check_id, server, part, parts, compared, equal,"
            " differences, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            part.check_id,
            part.server,
            part.part,
            part.parts,
            part.compared,
            part.equal,
            part.differences,
            to_micros(part.at),
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

    def last_compared(self) -> tuple[datetime | None, bool]:
        """When the last whole check was asked for, and True; else since when there is
        anything on record here, and False."""
        row = self._all("SELECT max(requested) FROM checks WHERE done = 1")[0]
        if row[0] is not None:
            return from_micros(row[0]), True
        first = self._one("SELECT at FROM events ORDER BY seq LIMIT 1")
        return (None if first is None else from_micros(first[0])), False

    def check_results(self, check_id: bytes) -> list[CheckResult]:
        """What each server has told of a check, by its name."""
        rows = self._all(
            "SELECT server, count(*), max(parts), max(compared), max(equal),"
            " sum(differences) FROM check_results WHERE check_id = ?"
            " GROUP BY server ORDER BY server",
            check_id,
        )
        return [CheckResult(*row) for row in rows]

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
