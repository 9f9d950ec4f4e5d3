# SPDX-License-Identifier: Apache-2.0
"""What our own systems handed in under an id of their own: the same is taken once.

A system that lost its link after it had posted cannot know whether it was heard. It
posts the same bytes under the same id again and is given the answer that stands here;
other bytes under that id are refused. What was handed in is known by a keyed tag alone,
and the answer is sealed: it may tell about a person.
"""

import hashlib
from datetime import datetime

import msgspec

from gateway.records.base import Reads, Row, Writes, to_micros
from gateway.records.sealed import StoreKeys

SWEEP = 1000
"""Rows forgotten in one work: a sweep must not hold up messages."""

_TABLE = "submissions"
_FIND = (
    "SELECT system, submission, tag, status, answer FROM submissions"
    " WHERE system = ? AND submission = ?"
)


class Kept(msgspec.Struct, frozen=True):
    """One hand-in that was taken, and what was answered."""

    system: str
    """organisation/role of who handed it in."""
    submission: bytes
    """The id that it chose."""
    tag: bytes
    """`SubmissionReads.submission_tag` of what was handed in."""
    status: int
    answer: bytes

    def __repr__(self) -> str:
        return f"Kept({self.submission.hex()} of {self.system})"


class SubmissionWrites(Writes):
    """Remembering, inside a transaction."""

    __slots__ = ()

    def remember_submission(self, kept: Kept, until: datetime) -> Kept | None:
        """Remember it: None. If its id is known: the earlier one, unchanged."""
        new = self._changes(
            "INSERT INTO submissions (system, submission, tag, status, answer, until)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            kept.system,
            kept.submission,
            kept.tag,
            kept.status,
            self._keys.seal(_TABLE, kept.submission, kept.answer),
            to_micros(until),
        )
        if new:
            return None
        (earlier,) = self._all(_FIND, kept.system, kept.submission)
        return _kept(earlier, self._keys)

    def forget_submissions(self, before: datetime, limit: int = SWEEP) -> int:
        """Drop up to ``limit`` whose time ended; how many were dropped."""
        return self._changes(
            "DELETE FROM submissions WHERE rowid IN"
            " (SELECT rowid FROM submissions WHERE until < ? ORDER BY until LIMIT ?)",
            to_micros(before),
            limit,
        )


class SubmissionReads(Reads):
    """Looking, outside of a transaction: a first answer, not the last word."""

    __slots__ = ()

    def submission(self, system: str, submission: bytes) -> Kept | None:
        """What that system handed in under that id."""
        row = self._one(_FIND, system, submission)
        return None if row is None else _kept(row, self._keys)

    def submission_tag(self, target: str, body: bytes) -> bytes:
        """What tells one hand-in from another, and nothing else."""
        digest = hashlib.sha256(target.encode() + b"\x00" + body).hexdigest()
        return self._keys.lookup_tag(_TABLE, digest)


def _kept(row: Row, keys: StoreKeys) -> Kept:
    system, submission, tag, status, answer = row
    return Kept(system, submission, tag, status, keys.open(_TABLE, submission, answer))
