# SPDX-License-Identifier: Apache-2.0
"""Where a store's keys of the months lie, and whether they fit what is in it.

The station's configuration says where (`[store] month_keys`), and the store keeps
that: whoever opens the store finds the keys, and nobody can write under a key in
another folder by mistake. It is kept as the way from the store's folder, so that a
whole tree may be moved, and as it is, so that a copy of the store finds its keys.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from gateway.records.base import Row
from gateway.records.connection import Database
from gateway.records.errors import MonthKeyFault, StoreDamaged
from gateway.records.event import SALT_SIZE, commitment, moment_id
from gateway.records.migrate import version_of
from gateway.records.month_key import CONTENT
from gateway.records.month_keys import MonthKeys
from gateway.records.months import Month

SEALED_SINCE: Final = 6
"""The first schema whose events are sealed under keys of months."""
_NAME: Final = "month keys"
_READ: Final = "SELECT value FROM settings WHERE name = ?"
_WRITE: Final = (
    "INSERT INTO settings (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_FIRST: Final = (
    "SELECT at, record_id, content, commitment FROM events WHERE record_id >= ?"
    " ORDER BY record_id LIMIT 3"
)


def told_folder(db: Database, path: Path) -> Path | None:
    """Where the store at ``path`` says that its keys lie; None if it does not."""
    row = db.execute(_READ, (_NAME,)).fetchone()
    if row is None:
        return None
    way, place = msgspec.json.decode(row[0], type=tuple[str, str])
    near = Path(os.path.normpath(path.absolute().parent / way))
    return near if near.is_dir() else Path(place)


def tell_folder(db: Database, path: Path, folder: Path) -> None:
    """Have the store say it."""
    place = str(folder.absolute())
    way = os.path.relpath(place, path.absolute().parent)
    db.execute(_WRITE, (_NAME, msgspec.json.encode((way, place))))


def has_sealed(db: Database) -> bool:
    """Whether the store holds anything under a key of a month."""
    if version_of(db) < SEALED_SINCE:
        return False
    return db.execute("SELECT 1 FROM events LIMIT 1").fetchone() is not None


def must_fit(db: Database, months: MonthKeys) -> None:
    """Raises `MonthKeyFault` unless each month of the record opens with its key.

    A few records of each month are tried: another key than the right one opens none.
    """
    begins = b""
    while rows := db.execute(_FIRST, (begins,)).fetchall():
        month = Month.of_micros(rows[0][0])
        begins = max(moment_id(month.span()[1]), rows[0][1] + b"\x00")
        if months.mark(month).exists():
            continue  # it came back from a backup; the eraser takes it away again
        tried = [row for row in rows if Month.of_micros(row[0]) == month]
        if not any(_opens(row, months) for row in tried):
            raise MonthKeyFault(
                str(month),
                f"{months.file(month)} opens none of the first records of that month: "
                "it is another key, or they were changed; put the right file back, "
                "and run 'sekisho records verify'",
            )


def _opens(row: Row, months: MonthKeys) -> bool:
    at, record_id, content, promise = row
    try:
        plain = months.key_of(at).open(record_id, CONTENT, content)
    except StoreDamaged:
        return False
    return bool(commitment(plain[:SALT_SIZE], plain[SALT_SIZE:]) == promise)
