# SPDX-License-Identifier: Apache-2.0
"""Brings the events of an older store under the keys of their months.

Runs once, within the transaction that gives the store schema 6, so that a store is
sealed whole or not at all. Rows are moved page by page: memory is bounded, and the disk
needs room for the store's size once more. Commitments, and with them the log, stay.
What stood in the clear is overwritten with zeros as it is dropped; the copy that is
made before (`migrate`) still has it, and goes with the first erasure.

What can be searched for and stood in the content only is noted beside the events, as
`finds` does for new ones.
"""

from typing import Final

import msgspec

from gateway.records.base import Row, from_hex
from gateway.records.connection import Database
from gateway.records.errors import StoreDamaged
from gateway.records.event import read_canonical
from gateway.records.finds import operator_tag
from gateway.records.month_key import CONTENT, EVIDENCE, MonthKey
from gateway.records.sealed import StoreKeys

SCHEMA: Final = 6
"""After this file's statements the rows are moved."""
_PAGE: Final = 500
_OLD: Final = (
    "SELECT seq, record_id, at, kind, direction, peer, message_type, message_id,"
    " processing_number, person_tag, code, commitment, salt, canonical, evidence"
    " FROM events_5 WHERE seq > ? ORDER BY seq LIMIT ?"
)
_NEW: Final = (
    "INSERT INTO events (seq, record_id, at, kind, direction, peer, message_type,"
    " message_id, processing_number, person_tag, code, commitment, content, evidence)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_FIND: Final = (
    "INSERT INTO event_finds (seq, record_id, person_tag, item_no, permit_digest,"
    " operator_tag) VALUES (?, ?, ?, ?, ?, ?)"
)
_TAG: Final = 9
"""Where the person's tag stands in a row."""
_NOBODY: Final = msgspec.msgpack.encode({})


def seal_events(db: Database, keys: StoreKeys) -> None:
    """Move every event; raises `MonthKeyFault`, and then nothing was moved."""
    db.execute("PRAGMA secure_delete = ON").fetchall()
    db.execute("DROP TRIGGER events_stay")
    after = 0
    while rows := db.execute(_OLD, (after, _PAGE)).fetchall():
        for row in rows:
            key = keys.months.writing(row[2], lambda _: True)
            sealed = _sealed(row, key)
            db.execute(_NEW, sealed)
            found = sealed[_TAG], *_finds(row, keys)
            if any(one is not None for one in found):
                db.execute(_FIND, (*row[:2], *found))
        after = rows[-1][0]
        db.execute("DELETE FROM events_5 WHERE seq <= ?", (after,))


def _finds(row: Row, keys: StoreKeys) -> Row:
    """What is noted beside an event; of one that cannot be read, nothing."""
    try:
        event, _ = read_canonical(row[13])
        permit = from_hex(event.permit_digest)
    except (StoreDamaged, ValueError):
        return None, None, None
    who = operator_tag(keys, event.operator) if event.operator else None
    return event.item_no, permit, who


def _sealed(row: Row, key: MonthKey) -> Row:
    record_id, tag, (salt, canonical, evidence) = row[1], row[9], row[12:]
    return (
        *row[:9],
        None if tag is None else bytes.fromhex(key.tag(tag.hex())),
        *row[10:12],
        key.seal(record_id, CONTENT, salt + canonical),
        b"" if evidence == _NOBODY else key.seal(record_id, EVIDENCE, evidence),
    )
