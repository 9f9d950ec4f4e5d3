# SPDX-License-Identifier: Apache-2.0
"""What this station owes to its peers.

A message enters in the transaction that records the intent to send it, waits until it
is settled (delivered, refused, expired, withdrawn), and is settled once. What it is
sent for (linkage code, the role's context) is sealed; the envelope already is, for
its receiver. A settled message keeps neither.
"""

from collections.abc import Collection
from datetime import datetime

import msgspec

from gateway.records.base import (
    Reads,
    Row,
    Writes,
    from_micros,
    to_micros,
)
from gateway.records.rows import SETTLED, Outgoing, known
from gateway.records.sealed import StoreKeys
from gateway.records.seen import SWEEP

_TABLE = "outbox"
_COLUMNS = (
    "message_id, peer, message_type, envelope, header_digest, processing_number,"
    " created, deadline, sealed, guard_version, attempts, next_at, last_code, state,"
    " answer, handed_by, person_tag"
)

_HOLDS_UP = (
    "state = 'waiting' AND person_tag <> ''"
    " AND (last_code = '' OR last_code LIKE 'SK-T%' AND last_code <> 'SK-T07')"
)
"""What others about the same person wait for. Not what the peer itself put off: by a
signed refusal, or by its published hours."""

_OLDER = (
    "(outbox.person_tag <> '' AND EXISTS (SELECT 1 FROM outbox AS older"
    f" WHERE {_HOLDS_UP} AND older.person_tag = outbox.person_tag"
    " AND older.peer = outbox.peer AND older.turn < outbox.turn))"
)
"""Whether something older about the same person waits for the same peer."""

_GIVEN_UP = "outbox.message_id IN (SELECT message_id FROM given_up)"
"""Whether a person decided that it is not to be sent any more."""


class OutboxWrites(Writes):
    """Owing and settling, inside a transaction."""

    __slots__ = ()

    def enqueue(self, out: Outgoing) -> None:
        """Owe a message; its id is new, or an `IntegrityError` undoes the work."""
        sealed = None
        if out.guard_code is not None or out.context:
            plain = msgspec.msgpack.encode((out.guard_code, out.context))
            sealed = self._keys.seal(_TABLE, out.message_id, plain)
        self._changes(
            f"INSERT INTO outbox ({_COLUMNS})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            out.message_id,
            out.peer,
            out.message_type,
            out.envelope,
            out.header_digest,
            out.processing_number,
            to_micros(out.created),
            to_micros(out.deadline),
            sealed,
            out.guard_version,
            out.attempts,
            to_micros(out.next_at or out.created),
            out.last_code,
            out.state,
            out.answer,
            out.handed_by,
            out.person_tag,
        )

    def settle(self, message_id: bytes, state: str, answer: bytes = b"") -> bool:
        """Owe it no more. False if it was settled before or never owed.

        Nothing reads its envelope or what it was sent for any more: both go. What was
        signed, by us and by the peer, is evidence in the record.
        """
        changed = self._changes(
            "UPDATE outbox SET state = ?, answer = ?, envelope = ?, sealed = NULL"
            " WHERE message_id = ? AND state = 'waiting'",
            known(state, SETTLED),
            answer or None,
            b"",
            message_id,
        )
        return changed == 1

    def postpone(
        self, message_id: bytes, attempts: int, next_at: datetime, code: str = ""
    ) -> bool:
        """Try again at ``next_at``. False if nothing is owed under that id."""
        changed = self._changes(
            "UPDATE outbox SET attempts = ?, next_at = ?, last_code = ?"
            " WHERE message_id = ? AND state = 'waiting'",
            attempts,
            to_micros(next_at),
            code,
            message_id,
        )
        return changed == 1

    def next_about(self, peer: str, person_tag: str) -> Outgoing | None:
        """The oldest message about a person whose turn for that peer has come."""
        if not person_tag:
            return None
        rows = self._all(
            f"SELECT {_COLUMNS} FROM outbox WHERE {_HOLDS_UP} AND person_tag = ?"
            " AND peer = ? ORDER BY turn LIMIT 1",
            person_tag,
            peer,
        )
        return _outgoing(rows[0], self._keys) if rows else None

    def forget_settled(self, before: datetime, limit: int = SWEEP) -> int:
        """Drop settled messages whose deadline is past; how many were dropped."""
        return self._changes(
            "DELETE FROM outbox WHERE turn IN (SELECT turn FROM outbox"
            " WHERE state <> 'waiting' AND deadline < ? LIMIT ?)",
            to_micros(before),
            limit,
        )


class OutboxReads(Reads):
    """What is owed."""

    __slots__ = ()

    def due(
        self,
        now: datetime,
        limit: int,
        *,
        peer: str = "",
        exclude: Collection[bytes] = (),
    ) -> list[Outgoing]:
        """Up to ``limit`` messages whose time and turn have come, longest due first.

        Whose deadline is past, or who was given up, waits for no turn: it is to be
        told. ``exclude`` names messages that are on their way already.
        """
        at, of = to_micros(now), [peer] if peer else []
        rows = self._all(
            f"SELECT {_COLUMNS} FROM outbox WHERE state = 'waiting'"
            f" AND next_at <= ? AND (deadline < ? OR {_GIVEN_UP} OR NOT {_OLDER})"
            f"{' AND peer = ?' if peer else ''} ORDER BY next_at LIMIT ?",
            at,
            at,
            *of,
            limit + len(exclude),
        )
        wanted = [row for row in rows if row[0] not in exclude]
        return [_outgoing(row, self._keys) for row in wanted[:limit]]

    def is_its_turn(self, out: Outgoing) -> bool:
        """Whether nothing older about the same person still waits for that peer.

        Asked before every attempt: it looks into two indexes, and at no envelope.
        """
        if not out.person_tag:
            return True
        older = self._one(
            f"SELECT 1 FROM outbox WHERE {_HOLDS_UP} AND person_tag = ? AND peer = ?"
            " AND turn < (SELECT turn FROM outbox WHERE message_id = ?) LIMIT 1",
            out.person_tag,
            out.peer,
            out.message_id,
        )
        return older is None

    def next_due(self) -> datetime | None:
        """When the next message falls due (perhaps long ago); None if none waits."""
        row = self._one("SELECT min(next_at) FROM outbox WHERE state = 'waiting'")
        return None if row is None or row[0] is None else from_micros(row[0])

    def outgoing(self, message_id: bytes) -> Outgoing | None:
        """The message under that id, owed or settled."""
        sql = f"SELECT {_COLUMNS} FROM outbox WHERE message_id = ?"
        row = self._one(sql, message_id)
        return None if row is None else _outgoing(row, self._keys)

    def outgoing_counts(self) -> dict[str, int]:
        """How many messages are in each state."""
        return dict(self._all("SELECT state, count(*) FROM outbox GROUP BY state"))

    def waiting_by_peer(self) -> dict[str, int]:
        """How many messages wait for each peer."""
        sql = "SELECT peer, count(*) FROM outbox WHERE state = 'waiting' GROUP BY peer"
        return dict(self._all(sql))


def _outgoing(row: Row, keys: StoreKeys) -> Outgoing:
    guard: tuple[str | None, bytes] = (None, b"")
    if row[8] is not None:
        plain = keys.open(_TABLE, row[0], row[8])
        guard = msgspec.msgpack.decode(plain, type=tuple[str | None, bytes])
    return Outgoing(
        message_id=row[0],
        peer=row[1],
        message_type=row[2],
        envelope=row[3],
        header_digest=row[4],
        processing_number=row[5],
        created=from_micros(row[6]),
        deadline=from_micros(row[7]),
        guard_code=guard[0],
        guard_version=row[9],
        context=guard[1],
        attempts=row[10],
        next_at=from_micros(row[11]),
        last_code=row[12],
        state=row[13],
        answer=row[14],
        handed_by=row[15],
        person_tag=row[16],
    )
