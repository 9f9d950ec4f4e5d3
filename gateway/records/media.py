# SPDX-License-Identifier: Apache-2.0
"""The ledger of media (媒体管理簿): every output to a medium, and every one taken in.

One row for each medium, with where it stands, and one for each act of a person on it.
An act is written once, in the transaction in which the state moves and the record is
made; the state moves only from the one that was looked at. No column tells who is on
the medium: what was chosen is kept as a keyed tag alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros

OUT: Final = "out"
IN: Final = "in"
SELECTION: Final = "media selection"
"""The kind of tag under which a selection is known again."""
_COLUMNS: Final = (
    "number, direction, peer, output_id, content, device, scope, selection, persons,"
    " large, reason, operator, opened, until, state, since, manifest"
)


class Medium(msgspec.Struct, frozen=True):
    """One medium, as the ledger has it."""

    direction: str
    """`OUT`: made here; `IN`: taken in here."""
    peer: str
    """``organisation/role`` at the other end."""
    output_id: bytes
    content: str
    """What is on it: a name of `gateway.rules.media.CONTENTS`."""
    device: str
    scope: str
    """How the persons were chosen."""
    selection: bytes
    """Keyed tag of exactly what was chosen; empty where it was taken in."""
    persons: int
    large: bool
    """Whether it takes an approval."""
    reason: str
    operator: str
    """Who asked for it, or took it in."""
    opened: datetime
    until: datetime
    """The last moment to approve it or, once that is done, to write it."""
    state: str
    since: datetime
    """When it came to stand there."""
    manifest: bytes = b""
    """SHA-256 of the manifest's file, once there is one."""
    number: int = 0
    """Of the row; given by the ledger."""


class Act(msgspec.Struct, frozen=True):
    """What a person did with a medium."""

    number: int
    at: datetime
    act: str
    operator: str
    facts: Mapping[str, str]
    """What belongs to it: a witness, who carried it, how it was destroyed."""


class MediaWrites(Writes):
    """Opening a row and moving it on, inside a transaction."""

    __slots__ = ()

    def open_medium(self, medium: Medium) -> int | None:
        """Its new number; None if that output of that peer is in the ledger already."""
        rows = self._all(
            "INSERT INTO media (direction, peer, output_id, content, device, scope,"
            " selection, persons, large, reason, operator, opened, until, state, since,"
            " manifest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING RETURNING number",
            medium.direction,
            medium.peer,
            medium.output_id,
            medium.content,
            medium.device,
            medium.scope,
            medium.selection,
            medium.persons,
            int(medium.large),
            medium.reason,
            medium.operator,
            to_micros(medium.opened),
            to_micros(medium.until),
            medium.state,
            to_micros(medium.since),
            medium.manifest,
        )
        return int(rows[0][0]) if rows else None

    def move_medium(self, before: Medium, after: Medium) -> bool:
        """From what was looked at to what it is now; False if it is not that any more.

        Only the state, its times, the count of persons and the manifest ever change.
        """
        changed = self._changes(
            "UPDATE media SET until = ?, state = ?, since = ?, persons = ?,"
            " manifest = ? WHERE number = ? AND state = ? AND since = ?",
            to_micros(after.until),
            after.state,
            to_micros(after.since),
            after.persons,
            after.manifest,
            before.number,
            before.state,
            to_micros(before.since),
        )
        return changed == 1

    def add_act(self, act: Act) -> None:
        """Write down what was done."""
        self._changes(
            "INSERT INTO media_acts (number, at, act, operator, facts)"
            " VALUES (?, ?, ?, ?, ?)",
            act.number,
            to_micros(act.at),
            act.act,
            act.operator,
            msgspec.json.encode(act.facts).decode(),
        )

    def forget_medium(self, number: int) -> None:
        """Drop a row whose time of keeping is over, with its acts."""
        self._changes("DELETE FROM media WHERE number = ?", number)
        self._changes("DELETE FROM media_acts WHERE number = ?", number)


class MediaReads(Reads):
    """Looking at the ledger."""

    __slots__ = ()

    def media(self) -> list[Medium]:
        """All of it, in the order of the numbers."""
        return [_medium(row) for row in self._all(f"{_SELECT} ORDER BY number")]

    def media_on_their_way(self) -> tuple[Medium, ...]:
        """Those that are neither declined nor destroyed."""
        where = f"{_SELECT} WHERE state NOT IN ('declined', 'destroyed')"
        return tuple(_medium(row) for row in self._all(where))

    def media_before(self, since: datetime) -> list[Medium]:
        """Those on which nothing was done since."""
        where = f"{_SELECT} WHERE since < ? ORDER BY number"
        return [_medium(row) for row in self._all(where, to_micros(since))]

    def medium(self, number: int) -> Medium | None:
        """One row."""
        row = self._one(f"{_SELECT} WHERE number = ?", number)
        return None if row is None else _medium(row)

    def medium_taken(self, peer: str, output_id: bytes) -> Medium | None:
        """What that peer's output became here, if it was taken in."""
        row = self._one(
            f"{_SELECT} WHERE direction = '{IN}' AND peer = ? AND output_id = ?",
            peer,
            output_id,
        )
        return None if row is None else _medium(row)

    def media_acts(self, number: int) -> list[Act]:
        """What was done with one medium, in its order."""
        rows = self._all(
            "SELECT number, at, act, operator, facts FROM media_acts"
            " WHERE number = ? ORDER BY seq",
            number,
        )
        return [
            Act(
                row[0],
                from_micros(row[1]),
                row[2],
                row[3],
                msgspec.json.decode(row[4], type=dict[str, str]),
            )
            for row in rows
        ]

    def selection_tag(self, digest: bytes) -> bytes:
        """The keyed tag under which a selection is known again.

        A digest of a few numbers could be guessed; the tag tells nothing without the
        store's key.
        """
        return self._keys.lookup_tag(SELECTION, digest.hex())


_SELECT: Final = f"SELECT {_COLUMNS} FROM media"


def _medium(row: Row) -> Medium:
    return Medium(
        number=row[0],
        direction=row[1],
        peer=row[2],
        output_id=row[3],
        content=row[4],
        device=row[5],
        scope=row[6],
        selection=row[7],
        persons=row[8],
        large=bool(row[9]),
        reason=row[10],
        operator=row[11],
        opened=from_micros(row[12]),
        until=from_micros(row[13]),
        state=row[14],
        since=from_micros(row[15]),
        manifest=row[16],
    )
