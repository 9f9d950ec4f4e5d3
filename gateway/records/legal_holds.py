# SPDX-License-Identifier: Apache-2.0
"""Months that nothing may be erased of, for as long as a named person says so.

A legal hold (訴訟ホールド) is set because the record of those months is needed longer:
a law-suit, an inquiry, a request for disclosure that is not answered yet. It does not
end by itself. Setting and ending it are on record, each with the person and the reason.
"""

from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import (
    Reads,
    Row,
    Writes,
    from_micros,
    maybe_moment,
    to_micros,
)
from gateway.records.event import Event, EventKind
from gateway.records.months import Month

TYPE: Final = "legal_hold"
"""Message type of the events that tell of one."""
_SELECT: Final = (
    "SELECT number, first_month, last_month, operator, reason, at, ended, ended_by,"
    " ended_reason FROM legal_holds"
)


class LegalHold(msgspec.Struct, frozen=True):
    """Who holds which months, and why."""

    number: int
    first: Month
    last: Month
    """The months from the first to the last, both included."""
    operator: str
    reason: str
    at: datetime
    ended: datetime | None
    """None while it holds."""
    ended_by: str
    ended_reason: str


class LegalHoldWrites(Writes):
    """Setting and ending, inside a transaction."""

    __slots__ = ()

    def put_legal_hold(
        self, first: Month, last: Month, operator: str, reason: str, at: datetime
    ) -> int:
        """Hold those months from now on; the hold's number."""
        ((number,),) = self._all(
            "INSERT INTO legal_holds (first_month, last_month, operator, reason, at,"
            " ended, ended_by, ended_reason) VALUES (?, ?, ?, ?, ?, NULL, ?, ?)"
            " RETURNING number",
            str(first),
            str(last),
            operator,
            reason,
            to_micros(at),
            "",
            "",
        )
        return int(number)

    def end_legal_hold(
        self, number: int, operator: str, reason: str, at: datetime
    ) -> bool:
        """Hold them no more. False where no such hold holds."""
        return bool(
            self._changes(
                "UPDATE legal_holds SET ended = ?, ended_by = ?, ended_reason = ?"
                " WHERE number = ? AND ended IS NULL",
                to_micros(at),
                operator,
                reason,
                number,
            )
        )

    def is_held(self, month: Month) -> bool:
        """Whether a hold covers that month, as it stands in this transaction."""
        sql = (
            "SELECT 1 FROM legal_holds WHERE ended IS NULL"
            " AND first_month <= ? AND last_month >= ?"
        )
        return bool(self._all(sql, str(month), str(month)))


class LegalHoldReads(Reads):
    """What is held."""

    __slots__ = ()

    def legal_holds(self) -> list[LegalHold]:
        """Every hold that ever was, the first one first."""
        return [_hold(row) for row in self._all(f"{_SELECT} ORDER BY number")]

    def holds_on(self, month: Month) -> list[LegalHold]:
        """The holds that keep a month now."""
        return [
            one
            for one in self.legal_holds()
            if one.ended is None and one.first <= month <= one.last
        ]


def hold_event(
    told: str, months: tuple[Month, Month], operator: str, reason: str, at: datetime
) -> Event:
    """What the record says of it; ``told`` is what was done."""
    first, last = months
    return Event(
        kind=EventKind.OPERATOR,
        at=at,
        direction="local",
        message_type=TYPE,
        operator=operator,
        detail=f"legal hold {told}: {first} to {last}: {reason}",
    )


def _hold(row: Row) -> LegalHold:
    number, first, last, operator, reason, at, ended, ended_by, ended_reason = row
    return LegalHold(
        number,
        Month.read(first),
        Month.read(last),
        operator,
        reason,
        from_micros(at),
        maybe_moment(ended),
        ended_by,
        ended_reason,
    )
