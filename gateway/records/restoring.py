# SPDX-License-Identifier: Apache-2.0
"""What a store knows of its own restoring: that it is closed, and how far it has come.

A row of ``restores`` is written when a backup is put in place, and the station is
*closed* until that row says when it opened. Meanwhile each peer has one row: where its
next answer begins, and at the end that it told everything, or who decided without it.
Everything is durable step by step, so that a station that is killed goes on where it
was.
"""

from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Row, from_micros, maybe_moment, to_micros
from gateway.records.event import moment_id
from gateway.records.told_numbers import ToldNumberReads, ToldNumberWrites

FIRST: Final = 1
LOOKED_AT: Final = 20_000
"""Records that are looked at for one page: some 20 ms of the reactor's time."""
ASKED: Final = "asked"
ANSWERED: Final = "answered"
DECIDED: Final = "decided"
SETTLED: Final = frozenset({ANSWERED, DECIDED})
"""States in which a peer is waited for no more."""

_RESTORES: Final = (
    "SELECT generation, at, made, since, operator, log, size, root, opened"
    " FROM restores ORDER BY generation"
)
_PEER: Final = (
    "SELECT peer, state, place, messages, problem, operator, reason, at"
    " FROM restore_peers"
)


class Restore(msgspec.Struct, frozen=True):
    """One return from a backup."""

    generation: int
    """Of the log from then on: the second of the restoring."""
    at: datetime
    made: datetime
    """When the backup was made."""
    since: datetime
    """From when on peers are asked what they have on record."""
    operator: str
    log: str
    """Origin of the log that is not continued."""
    size: int
    root: bytes
    opened: datetime | None = None


class PeerTold(msgspec.Struct, frozen=True):
    """How far one peer is."""

    peer: str
    state: str = ASKED
    place: int = 0
    messages: int = 0
    problem: str = ""
    operator: str = ""
    reason: str = ""
    at: datetime | None = None


class RestoringWrites(ToldNumberWrites):
    """Closing, learning and opening, inside a transaction."""

    __slots__ = ()

    def close_restored(self, restore: Restore) -> None:
        """The station is closed from now on. What witnesses said of the other log, and
        what an earlier restoring had learned, stands no more."""
        self._changes(
            "INSERT INTO restores (generation, at, made, since, operator, log, size,"
            " root, opened) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            restore.generation,
            to_micros(restore.at),
            to_micros(restore.made),
            to_micros(restore.since),
            restore.operator,
            restore.log,
            restore.size,
            restore.root,
        )
        for table in (
            "restore_peers",
            "restore_numbers",
            "log_cosigned",
            "log_witnesses",
        ):
            self._changes(f"DELETE FROM {table}")

    def open_restored(self, generation: int, at: datetime) -> bool:
        """The station is open again. False if it was already."""
        changed = self._changes(
            "UPDATE restores SET opened = ? WHERE generation = ? AND opened IS NULL",
            to_micros(at),
            generation,
        )
        self._changes("DELETE FROM restore_numbers")
        return changed == 1

    def put_peer_told(self, told: PeerTold, at: datetime) -> None:
        """Keep how far a peer is. What a person decided stands."""
        self._changes(
            "INSERT INTO restore_peers"
            " (peer, state, place, messages, problem, operator, reason, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (peer) DO UPDATE SET"
            " state = excluded.state, place = excluded.place,"
            " messages = excluded.messages, problem = excluded.problem,"
            " operator = excluded.operator, reason = excluded.reason,"
            " at = excluded.at WHERE restore_peers.state <> 'decided'",
            told.peer,
            told.state,
            told.place,
            told.messages,
            told.problem,
            told.operator,
            told.reason,
            to_micros(at),
        )

    def peer_told_now(self, peer: str) -> PeerTold | None:
        """How far a peer is, as it stands in this transaction."""
        rows = self._all(f"{_PEER} WHERE peer = ?", peer)
        return _peer(rows[0]) if rows else None


class RestoringReads(ToldNumberReads):
    """How far a restoring is."""

    __slots__ = ()

    def last_restore(self) -> Restore | None:
        """The newest return from a backup; None where there was none."""
        row = self._one(f"{_RESTORES} DESC LIMIT 1")
        return None if row is None else _restore(row)

    def restores(self) -> list[Restore]:
        """Every return from a backup, the first one first."""
        return [_restore(row) for row in self._all(_RESTORES)]

    def log_generation(self) -> int:
        """Which of the station's logs its record goes into; 1: never restored."""
        found = self.last_restore()
        return FIRST if found is None else found.generation

    def closed_restore(self) -> Restore | None:
        """The return from a backup that keeps the station closed; None: it is open."""
        found = self.last_restore()
        return found if found is not None and found.opened is None else None

    def permits_forgotten_until(self) -> datetime | None:
        """Until when permits may have been used of which nothing is known here.

        That is where a person opened the station without the core's word.
        """
        row = self._one(
            "SELECT max(at) FROM restore_peers WHERE state = 'decided'"
            " AND peer LIKE '%/information_provision_network_system'"
        )
        return None if row is None else maybe_moment(row[0])

    def peers_told(self) -> dict[str, PeerTold]:
        """How far each peer is, by its name."""
        return {row[0]: _peer(row) for row in self._all(f"{_PEER} ORDER BY peer")}

    def shared_events(
        self, peer: str, since: datetime, after: int, limit: int, most: int = LOOKED_AT
    ) -> tuple[list[bytes], int | None]:
        """Records of messages that a peer and we both know of, in their order.

        At most ``limit`` of those behind the place ``after`` and not older than
        ``since``, found among ``most`` records: a page costs so much and no more,
        however long the record is. Their ids, and the place to go on from; None at
        the end.
        """
        at = to_micros(since)
        begins = max(after, self._first_since(at, most) - 1)
        found = self._all(
            "SELECT seq, record_id FROM events WHERE seq > ? AND seq <= ? AND at >= ?"
            " AND peer = ?"
            " AND (kind IN ('received', 'held', 'receipted', 'answered') OR"
            " kind = 'attempted' AND message_type = 'provision_order')"
            " ORDER BY seq LIMIT ?",
            begins,
            begins + most,
            at,
            peer,
            limit,
        )
        ids = [row[1] for row in found]
        if len(found) == limit:
            return ids, int(found[-1][0])
        last = self._one("SELECT seq FROM events ORDER BY seq DESC LIMIT 1")
        ended = last is None or last[0] <= begins + most
        return ids, None if ended else begins + most

    def _first_since(self, at: int, most: int) -> int:
        """The first record not older than a moment: ids begin with the millisecond.

        The least number of ``most`` in the order of time, because a clock may go back.
        """
        row = self._one(
            "SELECT min(seq) FROM (SELECT seq FROM events WHERE record_id >= ?"
            " ORDER BY record_id LIMIT ?) AS since",
            moment_id(at),
            most,
        )
        return 1 if row is None or row[0] is None else int(row[0])


def _restore(row: Row) -> Restore:
    return Restore(
        generation=row[0],
        at=from_micros(row[1]),
        made=from_micros(row[2]),
        since=from_micros(row[3]),
        operator=row[4],
        log=row[5],
        size=row[6],
        root=row[7],
        opened=maybe_moment(row[8]),
    )


def _peer(row: Row) -> PeerTold:
    return PeerTold(
        peer=row[0],
        state=row[1],
        place=row[2],
        messages=row[3],
        problem=row[4],
        operator=row[5],
        reason=row[6],
        at=from_micros(row[7]),
    )
