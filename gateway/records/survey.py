# SPDX-License-Identifier: Apache-2.0
"""How a store stands, for whoever watches the station: counts and ages, no content.

Read by a thread of its own over a connection of its own, so that no message waits for
it. What happened is counted from the record itself, page by page since the last look:
a count can so never say more, or less, than what stands on record, whoever wrote it.
"""

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from gateway.records.base import from_micros, maybe_moment
from gateway.records.connection import open_reader, store_errors
from gateway.records.event import EventKind
from gateway.records.media import MediaReads, Medium
from gateway.records.migrate import newest, version_of
from gateway.records.opening import checked_reader
from gateway.records.sealed import StoreKeys

PAGE: Final = 50_000
"""Events counted in one look at most; what is beyond is counted in the next."""
FILES: Final = ("", "-wal", "-shm")
SUCCESSES: Final = (EventKind.RECEIVED, EventKind.RECEIPTED, EventKind.ANSWERED)
"""What shows that a peer and we understood each other."""


class Kind(NamedTuple):
    """What is counted apart. ``message_type`` and ``code`` may be a peer's words."""

    kind: str
    direction: str
    message_type: str
    code: str


@dataclass(frozen=True, slots=True)
class Happened:
    """What was recorded between two looks."""

    until: int = 0
    """The last event counted; the next look begins behind it."""
    counts: Mapping[Kind, int] = field(default_factory=dict)
    successes: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """By peer (`organisation/role`) and direction, when it last went well."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A store at one moment."""

    last_event: datetime | None
    """The moment of the newest event."""
    waiting: Mapping[str, int]
    """Messages that wait, by peer."""
    oldest_waiting: datetime | None
    holds: int
    """Held answers on which nobody decided."""
    oldest_hold: datetime | None
    happened: Happened
    media: tuple[Medium, ...] = ()
    """Those on their way, as the ledger has them."""
    hold_ends: datetime | None = None
    """When the first of them is over."""


@dataclass(frozen=True, slots=True)
class Room:
    """A store's files and the disk that they lie on, in bytes."""

    used: int
    free: int


def survey(path: Path, key: bytes, after: int | None) -> Standing:
    """Look at a store; events are counted behind ``after``, or from now on if None.

    Raises `StoreUnavailable` or `StoreMismatch`.
    """
    keys = StoreKeys(key)
    with closing(checked_reader(path, keys)) as reader:
        return _Looks(reader, keys).standing(after)


def room(path: Path) -> Room:
    """How large a store is, and how much it may grow; raises `OSError`."""
    disk = os.statvfs(path.parent)
    sizes = [_size(f"{path}{suffix}") for suffix in FILES]
    return Room(sum(sizes), disk.f_bavail * disk.f_frsize)


def awaits_upgrade(path: Path) -> bool:
    """Whether a store is of an older schema, which the next start brings up to date.

    Raises `StoreUnavailable` or `StoreMismatch`.
    """
    with closing(open_reader(path)) as reader, store_errors():
        return 0 < version_of(reader) < newest()


def _size(name: str) -> int:
    try:
        return os.stat(name).st_size
    except FileNotFoundError:
        return 0


class _Looks(MediaReads):
    __slots__ = ()

    def standing(self, after: int | None) -> Standing:
        newest = self._one("SELECT seq, at FROM events ORDER BY seq DESC LIMIT 1")
        last = 0 if newest is None else newest[0]
        waiting = self._all(
            "SELECT peer, count(*), min(created) FROM outbox"
            " WHERE state = 'waiting' GROUP BY peer"
        )
        held = self._one(
            "SELECT count(*), min(opened), min(release_by) FROM holds"
            " WHERE done = 0 AND state = 'open'"
        )
        assert held is not None  # an aggregate always gives a row
        return Standing(
            last_event=None if newest is None else from_micros(newest[1]),
            waiting={row[0]: row[1] for row in waiting},
            oldest_waiting=maybe_moment(min((row[2] for row in waiting), default=None)),
            holds=held[0],
            oldest_hold=maybe_moment(held[1]),
            happened=self._happened(after, last),
            media=self.media_on_their_way(),
            hold_ends=maybe_moment(held[2]),
        )

    def _happened(self, after: int | None, last: int) -> Happened:
        if after is None:
            first = max(0, last - PAGE)
            return Happened(last, {}, self._successes(first, last))
        until = min(last, after + PAGE)
        rows = self._all(
            "SELECT kind, direction, message_type, code, count(*) FROM events"
            " WHERE seq > ? AND seq <= ? GROUP BY kind, direction, message_type, code",
            after,
            until,
        )
        counts = {Kind(*row[:4]): row[4] for row in rows}
        return Happened(until, counts, self._successes(after, until))

    def _successes(self, after: int, until: int) -> dict[tuple[str, str], datetime]:
        rows = self._all(
            "SELECT peer, direction, max(at) FROM events WHERE seq > ? AND seq <= ?"
            " AND kind IN (?, ?, ?) GROUP BY peer, direction",
            after,
            until,
            *SUCCESSES,
        )
        return {(row[0], row[1]): from_micros(row[2]) for row in rows}
