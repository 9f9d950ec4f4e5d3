# SPDX-License-Identifier: Apache-2.0
"""The sending-destination file (送付先情報ファイル) of a municipal CS.

One row for each extract that the register handed in, with its own id, the moment it
came and the end of its keeping time (R-094). It is written once: nothing here changes
a row (R-093). Its one reader is who sends it to the card management system (R-092), so
that an extract lives as long as its keeping time and not as long as one message. It
goes in one batch when its time is over (R-097), and at once when somebody in it died
(R-099); a message that still carries it is withdrawn with it. `gateway.records.backup`
leaves it out (R-098).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros
from gateway.records.sealed import StoreKeys

NOTICE: Final = "sending_destination_notice"
"""The type of the message that carries an extract."""
_TABLE: Final = "destinations"
_COLUMNS: Final = "batch_id, made, until, persons, digest"


class Batch(msgspec.Struct, frozen=True):
    """One extract, without what it says."""

    batch_id: bytes
    made: datetime
    until: datetime
    """The last moment for which it is kept."""
    persons: int
    digest: bytes
    """SHA-256 of the extract."""

    def __repr__(self) -> str:
        return f"Batch({self.batch_id.hex()})"


class DestinationWrites(Writes):
    """Coming and going, inside a transaction."""

    __slots__ = ()

    def keep_destinations(
        self, batch: Batch, extract: bytes, codes: Iterable[str]
    ) -> bool:
        """Keep an extract of these persons. False if its id is here for another."""
        kept = self._changes(
            f"INSERT INTO destinations ({_COLUMNS}, sealed) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            batch.batch_id,
            to_micros(batch.made),
            to_micros(batch.until),
            batch.persons,
            batch.digest,
            self._keys.seal(_TABLE, batch.batch_id, extract),
        )
        if not kept:
            sql = "SELECT 1 FROM destinations WHERE batch_id = ? AND digest = ?"
            return bool(self._all(sql, batch.batch_id, batch.digest))
        for code in codes:
            self._changes(
                "INSERT INTO destination_persons (code_tag, batch_id)"
                " VALUES (?, ?) ON CONFLICT DO NOTHING",
                self._keys.lookup_tag("resident", code),
                batch.batch_id,
            )
        return True

    def erase_destinations_of(self, resident_record_code: str) -> int:
        """Erase every extract that names that person; how many they were."""
        tag = self._keys.lookup_tag("resident", resident_record_code)
        sql = "SELECT batch_id FROM destination_persons WHERE code_tag = ?"
        return self._erase([row[0] for row in self._all(sql, tag)])

    def erase_past_destinations(self, now: datetime) -> int:
        """Erase all whose keeping time is over, in one batch; how many they were."""
        sql = "SELECT batch_id FROM destinations WHERE until < ?"
        return self._erase([row[0] for row in self._all(sql, to_micros(now))])

    def _erase(self, batch_ids: list[bytes]) -> int:
        if not batch_ids:
            return 0
        self._withdraw(frozenset(batch_ids))
        with self._overwriting():
            for one in batch_ids:
                sql = "DELETE FROM destination_persons WHERE batch_id = ?"
                self._changes(sql, one)
                self._changes("DELETE FROM destinations WHERE batch_id = ?", one)
        return len(batch_ids)

    def _withdraw(self, batch_ids: frozenset[bytes]) -> None:
        """No message carries them any more; what was sent cannot be called back."""
        waiting = self._all(
            "SELECT message_id, sealed FROM outbox"
            " WHERE state = 'waiting' AND message_type = ?",
            NOTICE,
        )
        for message_id, sealed in waiting:
            plain = self._keys.open("outbox", message_id, sealed)
            _, batch_id = msgspec.msgpack.decode(plain, type=tuple[str | None, bytes])
            if batch_id in batch_ids:
                self._changes(
                    "UPDATE outbox SET state = 'withdrawn', envelope = x'',"
                    " sealed = NULL WHERE message_id = ?",
                    message_id,
                )


class DestinationReads(Reads):
    """Looking at the file; the extract itself is for who sends it, and nobody else."""

    __slots__ = ()

    def destinations(self, batch_id: bytes) -> Batch | None:
        """The extract under that id."""
        sql = f"SELECT {_COLUMNS} FROM destinations WHERE batch_id = ?"
        row = self._one(sql, batch_id)
        return None if row is None else _batch(row)

    def every_destinations(self) -> list[Batch]:
        """All of them, the oldest first."""
        rows = self._all(f"SELECT {_COLUMNS} FROM destinations ORDER BY made")
        return [_batch(row) for row in rows]

    def extract_to_send(self, batch_id: bytes, now: datetime) -> bytes | None:
        """The extract, byte for byte; None where its keeping time is over."""
        sql = "SELECT sealed FROM destinations WHERE batch_id = ? AND until >= ?"
        row = self._one(sql, batch_id, to_micros(now))
        return None if row is None else _extract(row, batch_id, self._keys)


def _batch(row: Row) -> Batch:
    return Batch(row[0], from_micros(row[1]), from_micros(row[2]), row[3], row[4])


def _extract(row: Row, batch_id: bytes, keys: StoreKeys) -> bytes:
    return keys.open(_TABLE, batch_id, row[0])
