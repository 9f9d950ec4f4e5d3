# SPDX-License-Identifier: Apache-2.0
"""Finding events over years: by anything that an operator may know, page by page.

Everything that is asked must hold. Events come in the order in which they were
recorded, which is that of their numbers, and a number is the place to go on from: what
is recorded while somebody reads changes nothing before it. So each event comes once,
and memory holds a page, however long the record is.

Person, item, permit and operator are noted beside an event in the transaction that
records it, the operator as a keyed tag: in one table for all years, while events may
lie in a table for each month.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

import msgspec

from gateway.records.base import Row, Value, from_hex, to_micros
from gateway.records.errors import MonthKeyFault, StoreDamaged
from gateway.records.event import Event, EventKind, Prepared, StoredEvent, moment_id
from gateway.records.events import Damage, EventReads, EventWrites
from gateway.records.sealed import StoreKeys

PAGE: Final = 500
"""Events looked up at once: bounded memory, and no long look at the store."""
TOGETHER: Final = 32
"""Events read at once."""
SHORT: Final = 100_000
"""Fewer events make a time short: some 20 ms to look through their ids."""
_TAG_SIZE: Final = 16
NOTHING: Final = (None, None, None, None)
"""Beside most events of a station that is no part of linkage stands this."""
_NOTE: Final = (
    "INSERT INTO event_finds (seq, record_id, person_tag, item_no, permit_digest,"
    " operator_tag) SELECT seq, record_id, ?, ?, ?, ? FROM events WHERE record_id = ?"
)
_LAST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'events'"
"""The number given last: no index of a month is looked into."""
_NOTED: Final = (
    "SELECT e.seq, e.record_id, f.record_id, f.person_tag, f.item_no, f.permit_digest,"
    " f.operator_tag FROM events e LEFT JOIN event_finds f ON f.seq = e.seq"
    " WHERE e.seq > ? ORDER BY e.seq LIMIT ?"
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an event must be like; whatever is empty asks for nothing."""

    message_id: str = ""
    processing_number: str = ""
    permit_digest: str = ""
    """These three in hex."""
    person_tags: tuple[str, ...] | None = None
    """The tags of one person, in hex; an empty tuple finds nobody."""
    peer: str = ""
    message_type: str = ""
    kinds: tuple[EventKind, ...] = ()
    direction: str = ""
    code: str = ""
    item_no: int | None = None
    operator: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """From ``since`` on and before ``until``."""

    def __repr__(self) -> str:
        return "Asked(<hidden>)"


class FindWrites(EventWrites):
    """Recording, and noting what the event can be found by."""

    __slots__ = ()

    def record(self, prepared: Prepared) -> None:
        """Append one event, findable."""
        super().record(prepared)
        values = notes(prepared.event, self._keys)
        if values != NOTHING:
            self._db.execute(_NOTE, (*values, prepared.record_id))


class FindReads(EventReads):
    """Searching."""

    __slots__ = ()

    def found(
        self,
        asked: Asked,
        *,
        after: int = 0,
        before: int | None = None,
        newest: bool = False,
    ) -> Iterator[StoredEvent]:
        """Every event that is as ``asked``, numbered between the two (both excluded).

        The oldest first, or the ``newest`` first. Without ``before``: up to the last
        event that stands when this is called. Raises `ValueError` for what is no hex.
        """
        (last,) = self._one(_LAST) or (0,)
        first, end = self._span(asked, after, before or last + 1)
        rows = self._matching(asked, first, end, newest)
        return self._read(rows)

    def find(
        self,
        asked: Asked,
        limit: int,
        *,
        after: int = 0,
        before: int | None = None,
        newest: bool = False,
    ) -> list[StoredEvent]:
        """One page: up to ``limit`` of them. The last one's number leads on."""
        found = self.found(asked, after=after, before=before, newest=newest)
        return list(islice(found, limit))

    def tags_of(self, code: str) -> tuple[str, ...]:
        """Every tag under which this store's record speaks of a person."""
        tag = self._keys.person_tag(code)
        return tuple(dict.fromkeys((tag, *self.tags(tag))))

    def check_finds(self) -> Iterator[Damage]:
        """Every event that is not found by what it says, or by what it does not say.

        An event that cannot be read is `verify_events`' to name.
        """
        after = 0
        while rows := self._all(_NOTED, after, PAGE):
            for seq, record_id, beside, *noted in rows:
                try:
                    stored = self.event(record_id)
                except (StoreDamaged, MonthKeyFault):
                    continue
                if stored is None:
                    continue
                wanted = notes(stored.event, self._keys)
                known = None if wanted == NOTHING else record_id
                if (beside, *noted) != (known, *wanted):
                    yield Damage(seq, record_id, "a search does not find it as it is")
            after = rows[-1][0]

    def _read(self, rows: Iterator[Row]) -> Iterator[StoredEvent]:
        """The events of these rows, several at a time."""
        while some := [row[1] for row in islice(rows, TOGETHER)]:
            yield from self.events_of(some)

    def _span(self, asked: Asked, after: int, before: int) -> tuple[int, int]:
        """Closer bounds for a short time: its events lie side by side in an index.

        Numbers do not tell the time: a clock may have gone back. So the bounds are
        those of every event of that time, and of a long one there are none.
        """
        terms = list(_times(asked))
        if not terms:
            return after, before
        row = self._one(
            "SELECT count(*), min(seq), max(seq) FROM (SELECT seq FROM events e"
            f" WHERE {' AND '.join(term for term, _ in terms)} LIMIT ?) AS short",
            *(value for _, some in terms for value in some),
            SHORT,
        )
        count, low, high = row or (0, None, None)
        if count == 0:
            return after, after
        if count == SHORT:
            return after, before
        return max(after, low - 1), min(before, high + 1)

    def _matching(
        self, asked: Asked, after: int, before: int, newest: bool
    ) -> Iterator[Row]:
        """Number and record id of each match, read page by page."""
        noted, own = list(_noted(asked, self._keys)), list(_terms(asked))
        terms, by = [*noted, *own], "f" if noted else "e"
        source = "event_finds f" if noted else "events e"
        if noted and own:  # an id tells the month, and so the table of an event
            source += " JOIN events e ON e.record_id = f.record_id"
        # One person has many tags and few events: by their index, and then sorted.
        place = f"{by}.seq" if asked.person_tags is None else f"{by}.seq + 0"
        where = [f"{place} > ?", f"{place} < ?", *(term for term, _ in terms)]
        sql = (
            f"SELECT {by}.seq, {by}.record_id FROM {source}"
            f" WHERE {' AND '.join(where)}"
            f" ORDER BY {place} {'DESC' if newest else 'ASC'} LIMIT ?"
        )
        values = [value for _, some in terms for value in some]
        while after < before - 1:
            rows = self._all(sql, after, before, *values, PAGE)
            yield from rows
            if len(rows) < PAGE:
                return
            if newest:
                before = rows[-1][0]
            else:
                after = rows[-1][0]


def notes(event: Event, keys: StoreKeys) -> tuple[Value, ...]:
    """What is noted beside an event: person, item, permit, operator."""
    permit = from_hex(event.permit_digest)
    who = operator_tag(keys, event.operator) if event.operator else None
    return from_hex(event.person_tag), event.item_no, permit, who


def plain(name: str) -> str:
    """A name as it is compared: however its spaces and letters were typed."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def operator_tag(keys: StoreKeys, name: str) -> bytes:
    """The tag under which an operator's acts are found."""
    return keys.lookup_tag("operator", plain(name))[:_TAG_SIZE]


_Term = tuple[str, tuple[Value, ...]]


def _terms(asked: Asked) -> Iterator[_Term]:
    """What holds of an event's own columns."""
    for column, value in (
        ("message_id", from_hex(asked.message_id)),
        ("processing_number", from_hex(asked.processing_number)),
        ("peer", asked.peer or None),
        ("message_type", asked.message_type or None),
        ("direction", asked.direction or None),
    ):
        if value is not None:
            yield f"e.{column} = ?", (value,)
    if asked.code:
        yield "e.code = ? AND e.code <> ''", (asked.code,)  # as its index is written
    if asked.kinds:
        yield _one_of("e.kind", tuple(kind.value for kind in asked.kinds))
    yield from _times(asked)


def _times(asked: Asked) -> Iterator[_Term]:
    """When it happened. The ids, which begin with the millisecond, have an index."""
    if asked.since is not None:
        begins = to_micros(asked.since)
        yield "e.record_id >= ? AND e.at >= ?", (moment_id(begins), begins)
    if asked.until is not None:
        ends = to_micros(asked.until)
        yield "e.record_id < ? AND e.at < ?", (moment_id(ends + 999), ends)


def _one_of(column: str, values: tuple[Value, ...]) -> _Term:
    if not values:
        return "1 = 0", ()
    return f"{column} IN ({', '.join('?' for _ in values)})", values


def _noted(asked: Asked, keys: StoreKeys) -> Iterator[_Term]:
    """What holds of what was noted beside an event."""
    if asked.person_tags is not None:
        yield _one_of("f.person_tag", tuple(map(bytes.fromhex, asked.person_tags)))
    if asked.item_no is not None:
        yield "f.item_no = ?", (asked.item_no,)
    if asked.permit_digest:
        yield "f.permit_digest = ?", (bytes.fromhex(asked.permit_digest),)
    if asked.operator:
        yield "f.operator_tag = ?", (operator_tag(keys, asked.operator),)
