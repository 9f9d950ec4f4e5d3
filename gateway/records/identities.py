# SPDX-License-Identifier: Apache-2.0
"""The identity information file (本人確認情報ファイル) of a municipal CS.

One row for each person, under the resident record code: the newest record that the
resident register handed over (住基法30条の6). At rest a record is one sealed value; it
is found by keyed tags of its code, its number and the items that a search may name.
An update that is older than what is held is refused, so that updates in the wrong
order cannot bring an old address back. What it takes the place of goes into the history
(`gateway.records.history`); so does all of somebody who died (R-011).
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec

from gateway.records import keeping
from gateway.records.base import Row, Value, to_micros
from gateway.records.history import HistoryReads, HistoryWrites, decode_identity
from gateway.records.sealed import StoreKeys
from schemas.messages import IdentityRecord

__all__ = ["IdentityReads", "IdentityWrites", "decode_identity"]

_TABLE: Final = "identities"
_ENCODER: Final = msgspec.msgpack.Encoder()
PAGE: Final = 500
"""Records read at once where all are read: bounded memory, no long transaction."""


class IdentityWrites(HistoryWrites):
    """Keeping the newest, inside a transaction."""

    __slots__ = ()

    def put_identity(self, record: IdentityRecord, today: date | None = None) -> bool:
        """Keep a record. False if what is held is newer, or another as new: then
        nothing changed.

        ``today`` is the day on which it came; without it, its own days alone say when
        it took the place of another.
        """
        tag = self._keys.lookup_tag("resident", record.resident_record_code)
        end = to_micros(keeping.last_moment(keeping.since(record, today)))
        dead, sequence = keeping.is_dead(record), record.update_sequence_number
        held = self._held(tag)
        if held is None:
            last = self.last_earlier(tag)
            if sequence < last or (sequence == last and not dead):
                return False
            self._under_the_old_code(record, end)
        elif sequence < held or (sequence == held and not self._holds(tag, record)):
            return False
        elif sequence > held or dead:
            self._to_history(tag, end)
        if dead:
            plain = _ENCODER.encode(record)
            number = self._keys.lookup_tag("number", record.individual_number)
            self.keep_earlier(tag, number, sequence, plain, end)
            self._leave(tag)
        else:
            self._put(tag, record, end if keeping.is_removed(record) else None)
        return True

    def _put(self, tag: bytes, record: IdentityRecord, end: int | None) -> None:
        self._changes(
            "INSERT INTO identities (code_tag, number_tag, name_tag, birth_tag,"
            " address_tag, sequence, until, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (code_tag) DO UPDATE SET number_tag = excluded.number_tag,"
            " name_tag = excluded.name_tag, birth_tag = excluded.birth_tag,"
            " address_tag = excluded.address_tag, sequence = excluded.sequence,"
            " until = excluded.until, sealed = excluded.sealed",
            tag,
            self._keys.lookup_tag("number", record.individual_number),
            _name_tag(self._keys, record.kanji_name),
            _birth_tag(self._keys, record.date_of_birth),
            _address_tag(self._keys, record.address),
            record.update_sequence_number,
            end,
            self._keys.seal(_TABLE, tag, _ENCODER.encode(record)),
        )

    def _held(self, tag: bytes) -> int | None:
        """The sequence number of what stands there; None for nothing."""
        rows = self._all("SELECT sequence FROM identities WHERE code_tag = ?", tag)
        return rows[0][0] if rows else None

    def _holds(self, tag: bytes, record: IdentityRecord) -> bool:
        """Whether this very record stands there."""
        sql = "SELECT code_tag, sealed FROM identities WHERE code_tag = ?"
        (row,) = self._all(sql, tag)
        return _record(row, self._keys) == record

    def _to_history(self, tag: bytes, end: int) -> None:
        """What stands there gives its place up to another, and is kept."""
        ((number_tag, sequence, sealed),) = self._all(
            "SELECT number_tag, sequence, sealed FROM identities WHERE code_tag = ?",
            tag,
        )
        plain = self._keys.open(_TABLE, tag, sealed)
        self.keep_earlier(tag, number_tag, sequence, plain, end)

    def _under_the_old_code(self, record: IdentityRecord, end: int) -> None:
        """住民票コードの変更: the same person stands there under another code."""
        if record.old_resident_record_code is None:
            return
        tag = self._keys.lookup_tag("resident", record.old_resident_record_code)
        rows = self._all("SELECT number_tag FROM identities WHERE code_tag = ?", tag)
        number_tag = self._keys.lookup_tag("number", record.individual_number)
        if rows and rows[0][0] == number_tag:
            self._to_history(tag, end)
            self._leave(tag)

    def _leave(self, tag: bytes) -> None:
        self._changes("DELETE FROM identities WHERE code_tag = ?", tag)


class IdentityReads(HistoryReads):
    """Finding people. Whether a search may be made at all, the rules decide."""

    __slots__ = ()

    def identity_by_code(self, resident_record_code: str) -> IdentityRecord | None:
        """The person with that resident record code."""
        tag = self._keys.lookup_tag("resident", resident_record_code)
        return self._first("code_tag = ?", tag)

    def last_told(self, resident_record_code: str) -> IdentityRecord | None:
        """The newest that is kept of them, whether they are in the file or died."""
        held = self.identity_by_code(resident_record_code)
        if held is not None:
            return held
        earlier = self.earlier_states(resident_record_code)
        return earlier[0].record if earlier else None

    def identity_by_number(self, individual_number: str) -> IdentityRecord | None:
        """The person with that individual number."""
        tag = self._keys.lookup_tag("number", individual_number)
        return self._first("number_tag = ?", tag)

    def identities_like(
        self,
        *,
        name: str = "",
        birth: date | None = None,
        address: str = "",
        limit: int = 100,
    ) -> list[IdentityRecord]:
        """Those who match every item that is given; the items are compared whole."""
        asked: dict[str, Value] = {
            "name_tag = ?": _name_tag(self._keys, name) if name else None,
            "birth_tag = ?": _birth_tag(self._keys, birth) if birth else None,
            "address_tag = ?": _address_tag(self._keys, address) if address else None,
        }
        given = {sql: value for sql, value in asked.items() if value is not None}
        if not given:
            return []
        rows = self._all(
            "SELECT code_tag, sealed FROM identities WHERE"
            f" {' AND '.join(given)} ORDER BY code_tag LIMIT ?",
            *given.values(),
            limit,
        )
        return [_record(row, self._keys) for row in rows]

    def identity_count(self) -> int:
        """How many people are held."""
        return int(self._all("SELECT count(*) FROM identities")[0][0])

    def every_identity(self, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All of them in one fixed order, from behind ``after``: place and record.

        The record is given encoded, as `decode_identity` reads it: whoever streams
        370,000 of them need not hold more than one page.
        """
        while rows := self._all(
            "SELECT code_tag, sealed FROM identities WHERE code_tag > ?"
            " ORDER BY code_tag LIMIT ?",
            after,
            PAGE,
        ):
            for tag, sealed in rows:
                yield tag, self._keys.open(_TABLE, tag, sealed)
            after = rows[-1][0]

    def _first(self, where: str, tag: bytes) -> IdentityRecord | None:
        row = self._one(f"SELECT code_tag, sealed FROM identities WHERE {where}", tag)
        return None if row is None else _record(row, self._keys)


def _record(row: Row, keys: StoreKeys) -> IdentityRecord:
    return decode_identity(keys.open(_TABLE, row[0], row[1]))


def _name_tag(keys: StoreKeys, name: str) -> bytes:
    return keys.lookup_tag("name", name)


def _birth_tag(keys: StoreKeys, birth: date) -> bytes:
    return keys.lookup_tag("birth", birth.isoformat())


def _address_tag(keys: StoreKeys, address: str) -> bytes:
    return keys.lookup_tag("address", address)
