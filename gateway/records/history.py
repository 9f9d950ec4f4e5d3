# SPDX-License-Identifier: Apache-2.0
"""履歴: what a municipal CS was told of a person before, and what it kept of the dead.

Each state that another took the place of stands here, sealed, for 150 years
(`gateway.records.keeping`), and is found by keyed tags of code and number. Who asks
for people (`gateway.records.identities`) never meets it: a search and a consistency
check are about the file as it stands. What is past its time is found by its own end,
and erased in bounded steps.

Erasing early cannot be mended, and time is told by the machine. So the store remembers
the clock of the last look, and whether that clock is doubted.
"""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros
from gateway.records.errors import StoreDamaged
from gateway.records.sealed import StoreKeys
from schemas.messages import IdentityRecord

TABLE: Final = "identity_history"
SWEEP: Final = 1000
"""Rows erased in one work: it must not hold up messages."""
DECODER: Final = msgspec.msgpack.Decoder(IdentityRecord)


class Earlier(NamedTuple):
    """One earlier state, and how long it is kept."""

    record: IdentityRecord
    until: datetime


class Past(NamedTuple):
    """How many are past their time, or were erased."""

    earlier: int
    """States before the present one, and of the dead."""
    removed: int
    """Persons who were removed."""


class Kept(NamedTuple):
    """What stands in the file and behind it."""

    residents: int
    removed: int
    earlier: int
    ends: datetime | None
    """When the first of it is past its time."""


class Look(NamedTuple):
    """The last look for what is past its time."""

    at: datetime
    doubted: bool


class HistoryWrites(Writes):
    """Keeping and erasing, inside a transaction."""

    __slots__ = ()

    def keep_earlier(
        self, code_tag: bytes, number_tag: bytes, sequence: int, plain: bytes, end: int
    ) -> None:
        """Keep a state; the same one is kept once."""
        self._changes(
            "INSERT INTO identity_history (code_tag, number_tag, sequence, until,"
            " sealed) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            code_tag,
            number_tag,
            sequence,
            end,
            self._keys.seal(TABLE, _row(code_tag, sequence), plain),
        )

    def last_earlier(self, code_tag: bytes) -> int:
        """The highest sequence number in the history of a person; -1 for none."""
        sql = "SELECT max(sequence) FROM identity_history WHERE code_tag = ?"
        ((found,),) = self._all(sql, code_tag)
        return -1 if found is None else int(found)

    def erase_past(self, now: datetime, limit: int = SWEEP) -> Past:
        """Erase up to so many of each kind whose 150 years are over."""
        with self._overwriting():
            earlier, removed = (
                self._changes(
                    f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table}"
                    " WHERE until < ? ORDER BY until LIMIT ?)",
                    to_micros(now),
                    limit,
                )
                for table in (TABLE, "identities")
            )
        return Past(earlier, removed)

    def note_look(self, now: datetime, *, doubted: bool) -> None:
        """Remember the clock, and whether it is doubted."""
        self._changes(
            "INSERT INTO keeping (one, looked, doubted) VALUES (1, ?, ?)"
            " ON CONFLICT (one) DO UPDATE SET looked = excluded.looked,"
            " doubted = excluded.doubted",
            to_micros(now),
            int(doubted),
        )


class HistoryReads(Reads):
    """Looking at what is kept."""

    __slots__ = ()

    def earlier_states(self, resident_record_code: str) -> list[Earlier]:
        """Every earlier state of the person with that code, the newest first."""
        tag = self._keys.lookup_tag("resident", resident_record_code)
        return self._earlier("code_tag = ?", tag)

    def earlier_by_number(self, individual_number: str) -> list[Earlier]:
        """The same of whoever had that individual number: the dead stand here only."""
        tag = self._keys.lookup_tag("number", individual_number)
        return self._earlier("number_tag = ?", tag)

    def past(self, now: datetime) -> Past:
        """How many are past their time."""
        ((earlier, removed),) = self._all(
            "SELECT (SELECT count(*) FROM identity_history WHERE until < ?),"
            " (SELECT count(*) FROM identities WHERE until < ?)",
            to_micros(now),
            to_micros(now),
        )
        return Past(earlier, removed)

    def kept(self) -> Kept:
        """How much is kept."""
        ((everybody, removed, earlier, first, second),) = self._all(
            "SELECT (SELECT count(*) FROM identities),"
            " (SELECT count(*) FROM identities WHERE until IS NOT NULL),"
            " (SELECT count(*) FROM identity_history),"
            " (SELECT min(until) FROM identity_history),"
            " (SELECT min(until) FROM identities WHERE until IS NOT NULL)"
        )
        ends = [end for end in (first, second) if end is not None]
        first_end = from_micros(min(ends)) if ends else None
        return Kept(everybody - removed, removed, earlier, first_end)

    def last_look(self) -> Look | None:
        """The last look for what is past its time; None before the first."""
        row = self._one("SELECT looked, doubted FROM keeping")
        return None if row is None else Look(from_micros(row[0]), bool(row[1]))

    def _earlier(self, where: str, tag: bytes) -> list[Earlier]:
        rows = self._all(
            f"SELECT code_tag, sequence, until, sealed FROM {TABLE} WHERE {where}"
            " ORDER BY sequence DESC",
            tag,
        )
        return [_state(row, self._keys) for row in rows]


def decode_identity(data: bytes) -> IdentityRecord:
    """A record as the store keeps it, opened; raises `StoreDamaged`."""
    try:
        return DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise StoreDamaged("an identity record") from None


def _row(code_tag: bytes, sequence: int) -> bytes:
    """What a sealed state is bound to: its person, and its place among the states."""
    return code_tag + sequence.to_bytes(8, "big", signed=True)


def _state(row: Row, keys: StoreKeys) -> Earlier:
    plain = keys.open(TABLE, _row(row[0], row[1]), row[3])
    return Earlier(decode_identity(plain), from_micros(row[2]))
