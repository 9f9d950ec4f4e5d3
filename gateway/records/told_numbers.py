# SPDX-License-Identifier: Apache-2.0
"""What peers told of linkage transactions, put together until a closed station opens.

One row for each processing number. Each peer adds what it knows: who asked, who was to
provide, under which permit, whether the order was taken, what came of it. What one said
first stands.
"""

from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import (
    Reads,
    Row,
    Writes,
    from_list,
    from_micros,
    to_list,
    to_micros,
)

_NUMBER: Final = (
    "SELECT number, requester, provider, item_no, kinds, permit, permit_digest, asked,"
    " taken, outcome, at FROM restore_numbers"
)


class NumberTold(msgspec.Struct, frozen=True):
    """What peers told of one linkage transaction, put together."""

    number: bytes
    requester: str = ""
    provider: str = ""
    item_no: int = 0
    kinds: tuple[str, ...] = ()
    permit: bytes = b""
    permit_digest: bytes = b""
    asked: bool = False
    taken: bool = False
    outcome: str = ""
    at: datetime | None = None


class ToldNumberWrites(Writes):
    """Gathering, inside a transaction."""

    __slots__ = ()

    def put_number_told(self, told: NumberTold) -> None:
        """Add what one more peer says to what is known of a processing number."""
        rows = self._all(f"{_NUMBER} WHERE number = ?", told.number)
        joined = _joined(_number(rows[0]), told) if rows else told
        assert told.at is not None
        self._changes(
            "INSERT INTO restore_numbers (number, requester, provider, item_no, kinds,"
            " permit, permit_digest, asked, taken, outcome, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (number) DO UPDATE SET requester = excluded.requester,"
            " provider = excluded.provider, item_no = excluded.item_no,"
            " kinds = excluded.kinds, permit = excluded.permit,"
            " permit_digest = excluded.permit_digest, asked = excluded.asked,"
            " taken = excluded.taken, outcome = excluded.outcome",
            joined.number,
            joined.requester,
            joined.provider,
            joined.item_no,
            to_list(joined.kinds),
            joined.permit,
            joined.permit_digest,
            int(joined.asked),
            int(joined.taken),
            joined.outcome,
            to_micros(told.at),
        )

    def end_answering(self, processing_number: bytes, requester: str) -> None:
        """Provider: its requester has an answer already. Nobody is to decide about it
        any more, and what waits here, made another time, is not sent.
        """
        self._changes(
            "UPDATE outbox SET state = 'withdrawn', envelope = ?, sealed = NULL"
            " WHERE processing_number = ? AND state = 'waiting' AND ("
            " peer = ? AND message_type IN ('information_provision', 'provision_lapse')"
            " OR message_type = 'permit_renewal_request' AND processing_number IN"
            " (SELECT processing_number FROM holds WHERE requester = ?))",
            b"",
            processing_number,
            requester,
            requester,
        )
        self._changes(
            "UPDATE holds SET state = 'withdrawn', done = 1"
            " WHERE processing_number = ? AND requester = ? AND done = 0",
            processing_number,
            requester,
        )


class ToldNumberReads(Reads):
    """What was gathered."""

    __slots__ = ()

    def numbers_told(self, after: bytes = b"", limit: int = 500) -> list[NumberTold]:
        """What was told of processing numbers behind ``after``, in their order."""
        sql = f"{_NUMBER} WHERE number > ? ORDER BY number LIMIT ?"
        return [_number(row) for row in self._all(sql, after, limit)]


def _joined(known: NumberTold, told: NumberTold) -> NumberTold:
    return NumberTold(
        number=known.number,
        requester=known.requester or told.requester,
        provider=known.provider or told.provider,
        item_no=known.item_no or told.item_no,
        kinds=known.kinds or told.kinds,
        permit=told.permit or known.permit,
        permit_digest=told.permit_digest or known.permit_digest,
        asked=known.asked or told.asked,
        taken=known.taken or told.taken,
        outcome=known.outcome or told.outcome,
        at=known.at,
    )


def _number(row: Row) -> NumberTold:
    return NumberTold(
        number=row[0],
        requester=row[1],
        provider=row[2],
        item_no=row[3],
        kinds=from_list(row[4]),
        permit=row[5],
        permit_digest=row[6],
        asked=bool(row[7]),
        taken=bool(row[8]),
        outcome=row[9],
        at=from_micros(row[10]),
    )
