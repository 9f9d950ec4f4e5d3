# SPDX-License-Identifier: Apache-2.0
"""Fillings of a municipal CS's identity information file, and how far each is.

Two persons open one: whoever asks, and another who approves so many persons. Then the
existing resident system hands the city in, batch by batch; after each batch its counts
and its place stand here, in the same transaction in which its persons were kept.
"""

from datetime import datetime
from typing import Final

import msgspec

from gateway.records.base import Reads, Row, Writes, from_micros, to_micros
from gateway.records.sealed import StoreKeys

_TABLE: Final = "loads"
_COLUMNS: Final = (
    "load_id, opened, operator, approved_by, persons, taken, again, refused, batches,"
    " place, state"
)
OPEN: Final = "open"
DONE: Final = "done"
"""The register has handed in all, and as many are held as it has."""
ENDED: Final = "ended"
"""An operator ended it before that."""


class Load(msgspec.Struct, frozen=True):
    """One filling."""

    load_id: bytes
    opened: datetime
    operator: str
    """Who asked for it."""
    approved_by: str
    persons: int
    """How many were approved."""
    taken: int = 0
    again: int = 0
    """How often somebody came who was kept already: after a cut, for instance."""
    refused: int = 0
    batches: int = 0
    place: str = ""
    """How far the register said that it is: its own word, to go on from."""
    state: str = OPEN

    def __repr__(self) -> str:
        return f"Load({self.load_id.hex()}, {self.state})"


class LoadWrites(Writes):
    """Opening a filling, and going on with it, inside a transaction."""

    __slots__ = ()

    def begin_load(self, load: Load) -> bool:
        """Begin one. False while another one is open."""
        if self._all("SELECT 1 FROM loads WHERE state = 'open' LIMIT 1"):
            return False
        self._changes(
            f"INSERT INTO loads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            load.load_id,
            to_micros(load.opened),
            load.operator,
            load.approved_by,
            load.persons,
            load.taken,
            load.again,
            load.refused,
            load.batches,
            self._place(load.load_id, load.place),
            load.state,
        )
        return True

    def go_on_with_load(
        self, load_id: bytes, taken: int, again: int, refused: int, place: str
    ) -> bool:
        """Count one more batch. False if it is not open any more, or would be full."""
        changed = self._changes(
            "UPDATE loads SET taken = taken + ?, again = again + ?,"
            " refused = refused + ?, batches = batches + 1, place = ?"
            " WHERE load_id = ? AND state = 'open' AND taken + ? <= persons",
            taken,
            again,
            refused,
            self._place(load_id, place),
            load_id,
            taken,
        )
        return changed == 1

    def close_load(self, load_id: bytes, state: str) -> bool:
        """End it; nobody's place is kept beyond. False if it is not open any more."""
        changed = self._changes(
            "UPDATE loads SET state = ?, place = ?"
            " WHERE load_id = ? AND state = 'open'",
            state,
            self._place(load_id, ""),
            load_id,
        )
        return changed == 1

    def _place(self, load_id: bytes, place: str) -> bytes:
        return self._keys.seal(_TABLE, load_id, place.encode())


class LoadReads(Reads):
    """Looking at fillings."""

    __slots__ = ()

    def open_load(self) -> Load | None:
        """The one that is open, if there is one."""
        found = self._loads("WHERE state = 'open'")
        return found[0] if found else None

    def is_filled(self) -> bool:
        """Whether the register has handed in all that it has, once at least."""
        return bool(self._all("SELECT 1 FROM loads WHERE state = 'done' LIMIT 1"))

    def loads(self) -> list[Load]:
        """All of them, the newest first."""
        return self._loads("")

    def _loads(self, where: str) -> list[Load]:
        rows = self._all(f"SELECT {_COLUMNS} FROM loads {where} ORDER BY opened DESC")
        return [_load(row, self._keys) for row in rows]


def _load(row: Row, keys: StoreKeys) -> Load:
    return Load(
        load_id=row[0],
        opened=from_micros(row[1]),
        operator=row[2],
        approved_by=row[3],
        persons=row[4],
        taken=row[5],
        again=row[6],
        refused=row[7],
        batches=row[8],
        place=keys.open(_TABLE, row[0], row[9]).decode(),
        state=row[10],
    )
