# SPDX-License-Identifier: Apache-2.0
"""The table of events: written once, found by what the operator knows, checked.

Nothing here changes or removes a row, and triggers in the schema keep others from
doing so by accident. `verify_events` finds what was done on purpose: a changed
record, a changed column, changed evidence, and rows that are gone.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Value, Writes, from_hex, to_micros
from gateway.records.errors import StoreDamaged
from gateway.records.event import (
    EventKind,
    Prepared,
    StoredEvent,
    commitment,
    moment_id,
    read_canonical,
    search_columns,
)

_INSERT: Final = (
    "INSERT INTO events (record_id, at, kind, direction, peer, message_type,"
    " message_id, processing_number, person_tag, code, salt, commitment, canonical,"
    " evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SELECT: Final = "SELECT seq, record_id, commitment, canonical FROM events"
_PAGED: Final = " FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
_EVERY: Final = f"SELECT seq, record_id, commitment, canonical{_PAGED}"
_WHOLE: Final = (
    "SELECT seq, record_id, commitment, canonical, salt, evidence,"
    " at, CAST(kind AS BLOB), CAST(direction AS BLOB), CAST(peer AS BLOB),"
    " CAST(message_type AS BLOB), message_id, processing_number, person_tag,"
    f" CAST(code AS BLOB){_PAGED}"
)
"""Texts as bytes: a damaged one may be no UTF-8, and is to be named, not to stop us."""
_PAGE: Final = 500
"""Rows read at once where all are read: bounded memory, and no long transaction."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A record that is not as it was written, or is gone."""

    seq: int
    record_id: bytes
    """Empty where the record is gone."""
    what: str


class EventWrites(Writes):
    """Recording, inside a transaction."""

    __slots__ = ()

    def record(self, prepared: Prepared) -> None:
        """Append one event."""
        self._db.execute(_INSERT, prepared.columns)


class EventReads(Reads):
    """Finding and checking events."""

    __slots__ = ()

    def events(
        self,
        *,
        message_id: str = "",
        processing_number: str = "",
        peer: str = "",
        kind: EventKind | None = None,
        code: str = "",
        person_tag: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> list[StoredEvent]:
        """The newest ``limit`` events that match everything given, oldest first.

        Ids are hex, as in an event; ``until`` is exclusive. Raises `ValueError` for
        an id that is not hex.
        """
        asked: dict[str, Value] = {
            "message_id = ?": from_hex(message_id),
            "processing_number = ?": from_hex(processing_number),
            "peer = ?": peer or None,
            "kind = ?": None if kind is None else kind.value,
            "code = ?": code or None,
            "person_tag = ?": from_hex(person_tag),
            **_between(since, until),
        }
        given = {sql: value for sql, value in asked.items() if value is not None}
        where = f" WHERE {' AND '.join(given)}" if given else ""
        sql = f"{_SELECT}{where} ORDER BY seq DESC LIMIT ?"
        rows = self._all(sql, *given.values(), limit)
        return [_stored(row) for row in reversed(rows)]

    def event(self, record_id: bytes) -> StoredEvent | None:
        """The event of one record."""
        row = self._one(f"{_SELECT} WHERE record_id = ?", record_id)
        return None if row is None else _stored(row)

    def all_events(self) -> Iterator[StoredEvent]:
        """Every event in order, read page by page."""
        return (_stored(row) for row in self._every_row(_EVERY))

    def event_evidence(self, record_id: bytes) -> dict[str, bytes]:
        """What peers signed for that record; empty where there is no such record."""
        row = self._one("SELECT evidence FROM events WHERE record_id = ?", record_id)
        return {} if row is None else _evidence(row[0])

    def verify_events(self) -> list[Damage]:
        """Every record that is changed or gone; an empty list is a sound record.

        It cannot find a record that was inserted together with its commitment.
        """
        found: list[Damage] = []
        expected = 1
        for row in self._every_row(_WHOLE):
            found += _missing(expected, row[0])
            expected = row[0] + 1
            fault = _fault(row)
            if fault:
                named = row[1] if isinstance(row[1], bytes) else b""
                found.append(Damage(row[0], named, fault))
        last = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        if last is not None:
            found += _missing(expected, last[0] + 1)
        return found

    def _every_row(self, sql: str) -> Iterator[Row]:
        after = 0
        while rows := self._all(sql, after, _PAGE):
            yield from rows
            after = rows[-1][0]


def _between(since: datetime | None, until: datetime | None) -> dict[str, Value]:
    """From ``since`` on and before ``until``, exactly.

    The ids, which begin with the millisecond, have the index that ``at`` has not.
    """
    asked: dict[str, Value] = {}
    if since is not None:
        asked["record_id >= ?"] = moment_id(to_micros(since))
        asked["at >= ?"] = to_micros(since)
    if until is not None:
        asked["record_id < ?"] = moment_id(to_micros(until) + 999)
        asked["at < ?"] = to_micros(until)
    return asked


def _stored(row: Row) -> StoredEvent:
    event, digests = read_canonical(row[3])
    return StoredEvent(row[0], row[1], row[2], event, digests)


def _missing(expected: int, seq: int) -> list[Damage]:
    if seq <= expected:
        return []
    gone = f"records {expected} to {seq - 1} are gone"
    return [Damage(expected, b"", gone)]


def _fault(row: Row) -> str:
    """What is wrong with one row; empty where nothing is."""
    if not all(isinstance(value, bytes) for value in row[1:6]):
        return "a column is not of its type"
    canonical, salt, evidence = row[3:6]
    if commitment(salt, canonical) != row[2]:
        return "its content does not match its commitment"
    try:
        event, digests = read_canonical(canonical)
        columns = search_columns(event)
        texts_as_bytes = [c.encode() if isinstance(c, str) else c for c in columns]
        begins = moment_id(to_micros(event.at))
        if texts_as_bytes != list(row[6:]) or not row[1].startswith(begins):
            return "its search columns do not match its content"
        if _digests(_evidence(evidence)) != digests:
            return "its evidence does not match its content"
    except (StoreDamaged, ValueError):
        return "it cannot be read"
    return ""


def _digests(evidence: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in evidence.items()}


def _evidence(packed: bytes) -> dict[str, bytes]:
    try:
        return msgspec.msgpack.decode(packed, type=dict[str, bytes])
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
        # No msgpack, a name that is no UTF-8, or no bytes at all.
        raise StoreDamaged("the evidence of an event") from None
