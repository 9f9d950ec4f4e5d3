# SPDX-License-Identifier: Apache-2.0
"""Messages that were taken over, and permits that were used: each once.

Both answer the question "was this here before?" inside the transaction that acts on
it, so that of two at the same time one is the first.
"""

from datetime import datetime

from gateway.records.base import Reads, Writes, to_micros
from gateway.records.rows import Seen

SWEEP = 1000
"""Rows forgotten in one work: a sweep must not hold up messages."""


class SeenWrites(Writes):
    """Remembering, inside a transaction."""

    __slots__ = ()

    def remember(
        self,
        sender: str,
        message_id: bytes,
        header_digest: bytes,
        answer: bytes,
        until: datetime,
    ) -> Seen | None:
        """Remember a message: None. If it is known: the earlier one, unchanged."""
        new = self._changes(
            "INSERT INTO seen (sender, message_id, header_digest, answer, until)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            sender,
            message_id,
            header_digest,
            answer,
            to_micros(until),
        )
        if new:
            return None
        (earlier,) = self._all(_SEEN, sender, message_id)
        return Seen(*earlier)

    def forget_seen(self, before: datetime, limit: int = SWEEP) -> int:
        """Drop up to ``limit`` messages whose time ended; how many were dropped."""
        return self._changes(
            "DELETE FROM seen WHERE rowid IN"
            " (SELECT rowid FROM seen WHERE until < ? ORDER BY until LIMIT ?)",
            to_micros(before),
            limit,
        )

    def use_permit(
        self, permit_id: bytes, processing_number: bytes, until: datetime
    ) -> bool:
        """Use a permit up. False if one of its id was used before.

        The id is enough: of all that the core may sign under it, anew or with other
        content, one is used; and nothing with another id has the same bytes.
        """
        new = self._changes(
            "INSERT INTO permits (permit_id, processing_number, until)"
            " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            permit_id,
            processing_number,
            to_micros(until),
        )
        return new == 1

    def forget_permits(self, before: datetime, limit: int = SWEEP) -> int:
        """Drop used permits that their own time refuses by now."""
        return self._changes(
            "DELETE FROM permits WHERE permit_id IN"
            " (SELECT permit_id FROM permits WHERE until < ? LIMIT ?)",
            to_micros(before),
            limit,
        )


class SeenReads(Reads):
    """Looking, outside of a transaction: a first answer, not the last word."""

    __slots__ = ()

    def seen(self, sender: str, message_id: bytes) -> Seen | None:
        """The message of that sender under that id."""
        row = self._one(_SEEN, sender, message_id)
        return None if row is None else Seen(*row)

    def permit_used(self, permit_id: bytes) -> bool:
        """Whether a permit of that id was used here."""
        sql = "SELECT 1 FROM permits WHERE permit_id = ?"
        return self._one(sql, permit_id) is not None


_SEEN = "SELECT header_digest, answer FROM seen WHERE sender = ? AND message_id = ?"
