# SPDX-License-Identifier: Apache-2.0
"""The table of events: written once, found by what the operator knows, checked.

Nothing here changes or removes a row, and triggers in the schema keep others from
doing so by accident. `verify_events` finds what was done on purpose: a changed
record, a changed column, changed evidence, and rows that are gone without an erasure
that says so.

What an event says, its salt and its evidence are sealed under the key of its month.
In the clear stands only what it is found by and names nobody.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Row, Value, Writes, from_hex, to_micros
from gateway.records.erasures import ErasureReads
from gateway.records.errors import MonthKeyFault
from gateway.records.event import (
    SALT_SIZE,
    Event,
    EventKind,
    Prepared,
    StoredEvent,
    TokenBytes,
    moment_id,
    prepare,
    read_canonical,
)
from gateway.records.event_rows import evidence_of, fault_of
from gateway.records.extent import Erased
from gateway.records.month_key import CONTENT, EVIDENCE
from gateway.records.month_keys import MonthKeys
from gateway.records.months import Month

_INSERT: Final = (
    "INSERT INTO events (record_id, at, kind, direction, peer, message_type,"
    " message_id, processing_number, person_tag, code, commitment, content, evidence)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_COLUMNS: Final = "SELECT seq, record_id, commitment, content, at, person_tag"
_SELECT: Final = f"{_COLUMNS} FROM events"
_PAGED: Final = " FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
_EVERY: Final = f"{_COLUMNS}{_PAGED}"
_OF_MONTH: Final = (
    "SELECT seq FROM events WHERE record_id >= ? AND record_id < ? LIMIT 1"
)
_WHOLE: Final = (
    "SELECT seq, record_id, commitment, content, evidence,"
    " at, CAST(kind AS BLOB), CAST(direction AS BLOB), CAST(peer AS BLOB),"
    " CAST(message_type AS BLOB), message_id, processing_number, person_tag,"
    f" CAST(code AS BLOB){_PAGED}"
)
"""Texts as bytes: a damaged one may be no UTF-8, and is to be named, not to stop us."""
_ABOUT: Final = "record_id IN (SELECT record_id FROM event_finds WHERE person_tag = ?)"
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
        """Append one event; raises `MonthKeyFault`.

        The key of its month is on the disk before the first record under it.
        """
        columns = prepared.columns
        record_id, at = prepared.record_id, columns[1]
        assert isinstance(at, int)
        key = self._keys.months.writing(at, self._is_new)
        content = key.seal(record_id, CONTENT, prepared.salt + prepared.canonical)
        evidence = prepared.evidence
        if evidence:
            evidence = key.seal(record_id, EVIDENCE, evidence)
        self._db.execute(_INSERT, (*columns, content, evidence))

    def prepared(self, event: Event, token_bytes: TokenBytes = os.urandom) -> Prepared:
        """As `EventReads.prepared`, inside a transaction."""
        return _prepared(event, token_bytes, self._keys.months, self._is_new)

    def _is_new(self, month: Month) -> bool:
        return not self._all(_OF_MONTH, *ids_of(month))


class EventReads(ErasureReads):
    """Finding and checking events."""

    __slots__ = ()

    def prepared(self, event: Event, token_bytes: TokenBytes = os.urandom) -> Prepared:
        """As `event.prepare`, of an event that may be about a person.

        The event tells of them by the store's tag (`StoreReader.person_tag`); the
        record does by a tag of its month. Raises `MonthKeyFault`.
        """
        return _prepared(event, token_bytes, self._keys.months, self._has_none)

    def tags(self, store_tag: str) -> tuple[str, ...]:
        """What the records of every month that has a key call that person."""
        return self._keys.months.tags(store_tag)

    def _has_none(self, month: Month) -> bool:
        return self._one(_OF_MONTH, *ids_of(month)) is None

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
            _ABOUT: from_hex(person_tag),
            **_between(since, until),
        }
        given = {sql: value for sql, value in asked.items() if value is not None}
        where = f" WHERE {' AND '.join(given)}" if given else ""
        sql = f"{_SELECT}{where} ORDER BY seq DESC LIMIT ?"
        rows = self._all(sql, *given.values(), limit)
        return [self._as_event(row) for row in reversed(rows)]

    def event(self, record_id: bytes) -> StoredEvent | None:
        """The event of one record."""
        row = self._one(f"{_SELECT} WHERE record_id = ?", record_id)
        return None if row is None else self._as_event(row)

    def events_of(self, record_ids: Sequence[bytes]) -> list[StoredEvent]:
        """The events of these records in their order; what is gone is left out."""
        marks = ", ".join("?" for _ in record_ids)
        rows = self._all(f"{_SELECT} WHERE record_id IN ({marks})", *record_ids)
        found = {row[1]: row for row in rows}
        return [self._as_event(found[one]) for one in record_ids if one in found]

    def all_events(self) -> Iterator[StoredEvent]:
        """Every event in order, read page by page."""
        return (self._as_event(row) for row in self._every_row(_EVERY))

    def content_of(self, record_id: bytes) -> tuple[int, bytes, bytes] | None:
        """An event's place in the log, its salt and its canonical content."""
        row = self._one(f"{_SELECT} WHERE record_id = ?", record_id)
        return None if row is None else (row[0] - 1, *self._opened(row))

    def event_evidence(self, record_id: bytes) -> dict[str, bytes]:
        """What peers signed for that record; empty where there is no such record."""
        sql = "SELECT at, evidence FROM events WHERE record_id = ?"
        row = self._one(sql, record_id)
        if row is None or row[1] == b"":
            return {}
        key = self._keys.months.key_of(row[0])
        return evidence_of(key.open(record_id, EVIDENCE, row[1]))

    def verify_events(self) -> list[Damage]:
        """Every record that is changed or gone; an empty list is a sound record.

        It cannot find a record that was inserted together with its commitment.
        """
        found: list[Damage] = []
        expected = 1
        erased, unread = self.erased(), set[str]()
        for row in self._every_row(_WHOLE):
            found += _missing(expected, row[0], erased)
            expected = row[0] + 1
            try:
                fault = fault_of(row, self._keys.months)
            except MonthKeyFault as error:
                fault = "" if str(error) in unread else str(error)
                unread.add(str(error))
            if fault:
                named = row[1] if isinstance(row[1], bytes) else b""
                found.append(Damage(row[0], named, fault))
        last = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        if last is not None:
            found += _missing(expected, last[0] + 1, erased)
        return found

    def _as_event(self, row: Row) -> StoredEvent:
        event, digests = read_canonical(self._opened(row)[1])
        if event.person_tag and isinstance(row[5], bytes):
            # A record from before there were keys of months says the store's tag.
            event = msgspec.structs.replace(event, person_tag=row[5].hex())
        return StoredEvent(row[0], row[1], row[2], event, digests)

    def _opened(self, row: Row) -> tuple[bytes, bytes]:
        """Salt and canonical content."""
        plain = self._keys.months.key_of(row[4]).open(row[1], CONTENT, row[3])
        return plain[:SALT_SIZE], plain[SALT_SIZE:]

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


def ids_of(month: Month) -> tuple[bytes, bytes]:
    """The first id that a record of that month can have, and the first one after."""
    begins, ends = month.span()
    return moment_id(begins), moment_id(ends)


def _prepared(
    event: Event,
    token_bytes: TokenBytes,
    months: MonthKeys,
    is_new: Callable[[Month], bool],
) -> Prepared:
    if event.person_tag:
        key = months.writing(to_micros(event.at), is_new)
        tag = key.tag(event.person_tag)
        event = msgspec.structs.replace(event, person_tag=tag)
    return prepare(event, token_bytes)


def _missing(expected: int, seq: int, erased: Erased) -> list[Damage]:
    """What is gone between two records, but for what an erasure tells of."""
    return [
        Damage(first, b"", f"records {first} to {last} are gone")
        for first, last in erased.others(expected, seq - 1)
    ]
