# SPDX-License-Identifier: Apache-2.0
"""The two ways for a person to see copies (副本): one of them, or all to compare.

Whoever looks has a name, and that they looked is durable before they see anything: in
the same transaction in which the sealed rows are read, so that what is recorded is what
was given. Many at once need a second person.
"""

import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.records.copies import Copy, CopyReads
from gateway.records.copy_rows import encode_row
from gateway.records.copy_table import EVERY_COPY, read_row
from gateway.records.errors import OutputRefused
from gateway.records.event import Event, EventKind, prepare
from gateway.records.finds import FindWrites
from gateway.records.opening import writing
from gateway.records.sealed import StoreKeys

MANY: Final = 100
"""Copies that one person may export alone; the rules name no number (R-199)."""


def view_copy(
    path: Path, key: bytes, addressee_number: str, *, at: datetime, operator: str
) -> Copy | None:
    """The copy of one subject, for a person to look at (R-147); None if none is held.

    Raises `StoreUnavailable`, `StoreMismatch` or `StoreDamaged`.
    """
    keys = StoreKeys(key)
    with writing(path, keys) as db:
        found = CopyReads(db, keys).copy_by_addressee(addressee_number)
        event = Event(
            kind=EventKind.OPERATOR,
            at=at,
            direction="local",
            operator=operator,
            person_tag=_tag(keys, found),
            detail="copy looked for, none is held" if found is None else "copy viewed",
        )
        writes = FindWrites(db, keys)
        writes.record(writes.prepared(event))
    return found


def export_copies(
    path: Path,
    key: bytes,
    *,
    at: datetime,
    operator: str,
    approved_by: str = "",
    way: str = "",
) -> list[bytes]:
    """Every copy as its import row, by addressee number, to compare (R-148).

    ``way`` is how they leave, in words for the record. Raises `OutputRefused` where
    they are `MANY` and nobody but the operator approved it, and what `view_copy` does.
    """
    keys = StoreKeys(key)
    with writing(path, keys) as db:
        rows = db.execute(EVERY_COPY).fetchall()
        allowed = len(rows) <= MANY or is_another(approved_by, operator)
        said = [f"{len(rows)} copies exported" if allowed else "export refused: many"]
        said += [f"approved by {approved_by}"] if approved_by else []
        said += [way] if way and allowed else []
        event = Event(
            kind=EventKind.OPERATOR,
            at=at,
            direction="local",
            operator=operator,
            detail=", ".join(said),
        )
        FindWrites(db, keys).record(prepare(event))
    if not allowed:
        raise OutputRefused(len(rows))
    copies = [read_row(row, keys).copy for row in rows]
    copies.sort(key=lambda copy: copy.addressee_number)
    return [encode_row(copy) for copy in copies]


def _tag(keys: StoreKeys, found: Copy | None) -> str:
    """The record speaks of people by their codes; of somebody without one by none."""
    code = "" if found is None else found.linkage_code
    return keys.person_tag(code) if code else ""


def is_another(name: str, operator: str) -> bool:
    """Whether a name is there and is not the operator's in another spelling."""
    return bool(_letters(name)) and _letters(name) != _letters(operator)


def _letters(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
