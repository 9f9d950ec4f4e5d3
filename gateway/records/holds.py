# SPDX-License-Identifier: Apache-2.0
"""Answers that wait for a person (自動応答不可フラグ; R-130, R-131).

A hold is opened with the exact bytes that would be sent. A named person decides, in
whichever process: the decision is bound to the digest of what that person was shown,
and is taken once. The daemon then carries it out and closes the hold; a hold on which
nobody decided lapses.
"""

from datetime import datetime
from hashlib import sha256

import msgspec

from gateway.records.base import (
    Reads,
    Row,
    Value,
    Writes,
    from_hex,
    from_list,
    from_micros,
    maybe_micros,
    maybe_moment,
    to_list,
    to_micros,
)
from gateway.records.rows import DECISIONS, HOLD_ENDS, Hold, known
from gateway.records.sealed import StoreKeys

_TABLE = "holds"
_COLUMNS = (
    "hold_id, processing_number, opened, answer_by, release_by, requester, item_no,"
    " kinds, person_tag, payload_digest, flag_version, sealed, state, operator,"
    " reason, decided, done"
)
_SELECT = f"SELECT {_COLUMNS} FROM holds"


class _Inside(msgspec.Struct, array_like=True, frozen=True):
    """What of a hold is sealed."""

    subject_code: str
    payload: bytes
    permit: bytes
    route: bytes
    evidence: dict[str, bytes]


class HoldWrites(Writes):
    """Opening, deciding, closing, inside a transaction."""

    __slots__ = ()

    def open_hold(self, hold: Hold) -> None:
        """Keep an answer for a person. Raises `ValueError` if the digest is wrong."""
        if sha256(hold.payload).digest() != hold.payload_digest:
            raise ValueError("a hold's digest is not that of its payload")
        inside = _Inside(
            hold.subject_code,
            hold.payload,
            hold.permit,
            hold.route,
            dict(hold.evidence),
        )
        plain = msgspec.msgpack.encode(inside)
        self._changes(
            f"INSERT INTO holds ({_COLUMNS})"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            hold.hold_id,
            hold.processing_number,
            to_micros(hold.opened),
            to_micros(hold.answer_by),
            to_micros(hold.release_by),
            hold.requester,
            hold.item_no,
            to_list(hold.kinds),
            from_hex(hold.person_tag) or b"",
            hold.payload_digest,
            hold.flag_version,
            self._keys.seal(_TABLE, hold.hold_id.encode(), plain),
            hold.state,
            hold.operator,
            hold.reason,
            maybe_micros(hold.decided),
            int(hold.done),
        )

    def decide_hold(
        self,
        hold_id: str,
        decision: str,
        operator: str,
        reason: str,
        payload_digest: bytes,
        at: datetime,
    ) -> bool:
        """Record a person's decision, ``released`` or ``refused``.

        False if the hold is not open, its time is over, or it is not on the content
        that the person was shown. Raises `ValueError` for a decision by nobody.
        """
        if not operator:
            raise ValueError("a decision has a name under it")
        changed = self._changes(
            "UPDATE holds SET state = ?, operator = ?, reason = ?, decided = ?"
            " WHERE hold_id = ? AND state = 'open' AND payload_digest = ?"
            " AND release_by > ?",
            known(decision, DECISIONS),
            operator,
            reason,
            to_micros(at),
            hold_id,
            payload_digest,
            to_micros(at),
        )
        return changed == 1

    def close_hold(self, hold_id: str, state: str) -> bool:
        """The hold was carried out, or ended undecided. False if it was done before.

        In the same transaction as what follows from it, so that it happens once.
        """
        changed = self._changes(
            "UPDATE holds SET state = ?, done = 1 WHERE hold_id = ? AND done = 0",
            known(state, HOLD_ENDS),
            hold_id,
        )
        return changed == 1


class HoldReads(Reads):
    """What waits, what was decided, what lapsed."""

    __slots__ = ()

    def holds(self, state: str = "") -> list[Hold]:
        """The holds in that state (all where none is given), oldest first."""
        sql = f"{_SELECT} WHERE (state = ? OR ? = '') ORDER BY opened"
        return self._holds(sql, state, state)

    def hold(self, hold_id: str) -> Hold | None:
        """The hold under that id."""
        found = self._holds(f"{_SELECT} WHERE hold_id = ?", hold_id)
        return found[0] if found else None

    def holds_of(self, processing_number: bytes) -> list[Hold]:
        """The holds of one linkage transaction, oldest first."""
        sql = f"{_SELECT} WHERE processing_number = ? ORDER BY opened"
        return self._holds(sql, processing_number)

    def decided_holds(self) -> list[Hold]:
        """Decided, perhaps in another process, and not carried out yet."""
        states = "state IN ('released', 'refused')"
        return self._holds(f"{_SELECT} WHERE done = 0 AND {states} ORDER BY decided")

    def lapsed_holds(self, now: datetime) -> list[Hold]:
        """Still open although their last moment has come."""
        sql = f"{_SELECT} WHERE done = 0 AND state = 'open' AND release_by <= ?"
        return self._holds(sql, to_micros(now))

    def _holds(self, sql: str, *values: Value) -> list[Hold]:
        return [_hold(row, self._keys) for row in self._all(sql, *values)]


def _hold(row: Row, keys: StoreKeys) -> Hold:
    plain = keys.open(_TABLE, row[0].encode(), row[11])
    inside = msgspec.msgpack.decode(plain, type=_Inside)
    return Hold(
        hold_id=row[0],
        processing_number=row[1],
        opened=from_micros(row[2]),
        answer_by=from_micros(row[3]),
        release_by=from_micros(row[4]),
        requester=row[5],
        item_no=row[6],
        kinds=from_list(row[7]),
        person_tag=row[8].hex(),
        subject_code=inside.subject_code,
        payload=inside.payload,
        payload_digest=row[9],
        flag_version=row[10],
        permit=inside.permit,
        route=inside.route,
        evidence=inside.evidence,
        state=row[12],
        operator=row[13],
        reason=row[14],
        decided=maybe_moment(row[15]),
        done=bool(row[16]),
    )
