# SPDX-License-Identifier: Apache-2.0
"""The identity information file (本人確認情報ファイル) of a municipal CS.

One row for each person, under the resident record code: the newest record that the
resident register handed over (住基法30条の6). At rest a record is one sealed value; it
is found by keyed tags of its code, its number and the items that a search may name.
An update that is older than what is held is refused, so that updates in the wrong
order cannot bring an old address back.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Value, Writes
from gateway.records.errors import StoreDamaged
from gateway.records.sealed import StoreKeys
from schemas.messages import IdentityRecord

_TABLE: Final = "identities"
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(IdentityRecord)
PAGE: Final = 500
"""Records read at once where all are read: bounded memory, no long transaction."""


class IdentityWrites(Writes):
    """Keeping the newest, inside a transaction."""

    __slots__ = ()

    def put_identity(self, record: IdentityRecord) -> bool:
        """Keep a record. False if what is held is newer: nothing changed."""
        code_tag = self._keys.lookup_tag("resident", record.resident_record_code)
        changed = self._changes(
            "INSERT INTO identities (code_tag, number_tag, name_tag, birth_tag,"
            " address_tag, sequence, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (code_tag) DO UPDATE SET number_tag = excluded.number_tag,"
            " name_tag = excluded.name_tag, birth_tag = excluded.birth_tag,"
            " address_tag = excluded.address_tag, sequence = excluded.sequence,"
            " sealed = excluded.sealed WHERE excluded.sequence >= sequence",
            code_tag,
            self._keys.lookup_tag("number", record.individual_number),
            _name_tag(self._keys, record.kanji_name),
            _birth_tag(self._keys, record.date_of_birth),
            _address_tag(self._keys, record.address),
            record.update_sequence_number,
            self._keys.seal(_TABLE, code_tag, _ENCODER.encode(record)),
        )
        return changed == 1


class IdentityReads(Reads):
    """Finding people. Whether a search may be made at all, the rules decide."""

    __slots__ = ()

    def identity_by_code(self, resident_record_code: str) -> IdentityRecord | None:
        """The person with that resident record code."""
        tag = self._keys.lookup_tag("resident", resident_record_code)
        return self._first("code_tag = ?", tag)

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


def decode_identity(data: bytes) -> IdentityRecord:
    """A record as `IdentityReads.every_identity` gives it; raises `StoreDamaged`."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise StoreDamaged("an identity record") from None


def _record(row: Row, keys: StoreKeys) -> IdentityRecord:
    return decode_identity(keys.open(_TABLE, row[0], row[1]))


def _name_tag(keys: StoreKeys, name: str) -> bytes:
    return keys.lookup_tag("name", name)


def _birth_tag(keys: StoreKeys, birth: date) -> bytes:
    return keys.lookup_tag("birth", birth.isoformat())


def _address_tag(keys: StoreKeys, address: str) -> bytes:
    return keys.lookup_tag("address", address)
