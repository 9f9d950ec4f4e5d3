# SPDX-License-Identifier: Apache-2.0
"""What persons see and decide about messages that are owed.

An `Owed` is a row of the outbox without its content, and without what it is about: no
envelope, no code, no tag. A person can have a message tried at once, or give it up. Who
gave it up and why stands beside the message until the station, which alone can do what
follows from it, has settled it.
"""

from datetime import datetime

import msgspec

from gateway.records.base import Reads, Row, Value, Writes, from_micros, to_micros
from gateway.records.rows import WAITING

_COLUMNS = (
    "outbox.turn, outbox.message_id, outbox.peer, outbox.message_type,"
    " outbox.header_digest, outbox.processing_number, outbox.created, outbox.deadline,"
    " outbox.attempts, outbox.next_at, outbox.last_code, outbox.state,"
    " outbox.handed_by, length(outbox.envelope), given_up.operator, given_up.reason,"
    " given_up.at"
)
_FROM = (
    " FROM outbox LEFT JOIN given_up ON given_up.message_id = outbox.message_id WHERE "
)


class GivenUp(msgspec.Struct, frozen=True):
    """Who decided that a message is not to be sent any more."""

    operator: str
    reason: str
    at: datetime


class Owed(msgspec.Struct, frozen=True):
    """A message of the outbox, as a person may see it."""

    turn: int
    """Rises from message to message, in the order in which they were owed."""
    message_id: bytes
    peer: str
    message_type: str
    header_digest: bytes
    processing_number: bytes | None
    created: datetime
    deadline: datetime
    attempts: int
    next_at: datetime
    last_code: str
    state: str
    handed_by: str
    size: int
    """Bytes of its envelope; 0 once it is settled."""
    given_up: GivenUp | None


class OutboxActWrites(Writes):
    """What a person decides, inside a transaction."""

    __slots__ = ()

    def try_now(self, message_id: bytes, now: datetime) -> bool:
        """Make a message due at once. False if nothing is owed under that id."""
        changed = self._changes(
            "UPDATE outbox SET next_at = ? WHERE message_id = ? AND state = 'waiting'"
            " AND NOT EXISTS (SELECT 1 FROM given_up"
            " WHERE given_up.message_id = outbox.message_id)",
            to_micros(now),
            message_id,
        )
        return changed == 1

    def give_up(self, message_id: bytes, given_up: GivenUp) -> bool:
        """Have it settled undelivered. False if it is settled, or given up already."""
        if not self.try_now(message_id, given_up.at):
            return False
        self._changes(
            "INSERT INTO given_up (message_id, operator, reason, at)"
            " VALUES (?, ?, ?, ?)",
            message_id,
            given_up.operator,
            given_up.reason,
            to_micros(given_up.at),
        )
        return True

    def forget_given_up(self) -> int:
        """Drop what was decided about messages that are here no more."""
        return self._changes(
            "DELETE FROM given_up WHERE message_id NOT IN"
            " (SELECT message_id FROM outbox)"
        )


class OutboxActReads(Reads):
    """The outbox as a person looks at it."""

    __slots__ = ()

    def owed(
        self, *, peer: str = "", settled: bool = False, after: int = 0, limit: int = 200
    ) -> list[Owed]:
        """Up to ``limit`` messages behind the turn ``after``, the oldest first.

        Only those that wait, unless ``settled`` ones are asked for, too.
        """
        where = "outbox.turn > ?"
        asked: list[Value] = [after, *([peer] if peer else [])]
        if peer:
            where += " AND outbox.peer = ?"
        if not settled:
            where += f" AND outbox.state = '{WAITING}'"
        sql = f"SELECT {_COLUMNS}{_FROM}{where} ORDER BY outbox.turn LIMIT ?"
        return [_owed(row) for row in self._all(sql, *asked, limit)]

    def owed_one(self, message_id: bytes) -> Owed | None:
        """One message of the outbox."""
        sql = f"SELECT {_COLUMNS}{_FROM}outbox.message_id = ?"
        row = self._one(sql, message_id)
        return None if row is None else _owed(row)

    def given_up(self, message_id: bytes) -> GivenUp | None:
        """Who gave a message up. Asked before every attempt: one look at an index."""
        row = self._one(
            "SELECT operator, reason, at FROM given_up WHERE message_id = ?", message_id
        )
        return None if row is None else GivenUp(row[0], row[1], from_micros(row[2]))


def _owed(row: Row) -> Owed:
    given_up = None
    if row[14] is not None:
        given_up = GivenUp(row[14], row[15], from_micros(row[16]))
    return Owed(
        turn=row[0],
        message_id=row[1],
        peer=row[2],
        message_type=row[3],
        header_digest=row[4],
        processing_number=row[5],
        created=from_micros(row[6]),
        deadline=from_micros(row[7]),
        attempts=row[8],
        next_at=from_micros(row[9]),
        last_code=row[10],
        state=row[11],
        handed_by=row[12],
        size=row[13],
        given_up=given_up,
    )
