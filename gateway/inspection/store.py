# SPDX-License-Identifier: Apache-2.0
"""A station's store: whose file, which schema, which key, and is the record sound?

The record is verified as `sekisho records verify` does, where the store's key is given
and the keys of its months lie where the store says. A file without a log beside it is
at rest and opened so that nothing is written, not even beside it.

Its tables must be exactly those that this program makes, before any is read: a file of
somebody else's making could hold a view that never ends.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from gateway.inspection.known import Known
from gateway.inspection.record import RULE
from gateway.inspection.report import Fact, Finding, Layer, ok, refused, unchecked
from gateway.records.connection import SMALLEST, open_reader, store_errors
from gateway.records.errors import Reason, RecordsError, StoreMismatch, StoreUnavailable
from gateway.records.events import EventReads
from gateway.records.key_folder import told_folder
from gateway.records.migrate import migrate, require_current, version_of
from gateway.records.months import key_folder
from gateway.records.postgres_place import told_place
from gateway.records.sealed import StoreKeys

MAGIC: Final = b"SQLite format 3\0"
MAX_DAMAGE: Final = 20
"""Damaged records that are listed."""
_WHAT: Final = "it is a store of this program and version, with its tables"
_WHERE: Final = "gateway/records/schema"
_SCHEMA: Final = (
    "SELECT type, name, tbl_name, sql FROM sqlite_schema"
    " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
)
_BROKEN: Final = (sqlite3.Error, TypeError, ValueError, OverflowError)
"""What comes out of pages or columns that are not what was written."""


def look(path: Path, known: Known) -> tuple[Layer, ...]:
    """The layers of a store."""
    try:
        with _opened(path) as db:
            require_current(db)
            if not _is_ours(db):
                raise sqlite3.DatabaseError
            facts = (("schema", str(version_of(db))), *_counts(db))
            layer = Layer("store", (ok(_WHAT, _WHERE), _key(db, known)), facts)
            return (layer, _record(db, path, known))
    except RecordsError as error:
        return (Layer("store", (refused(_WHAT, _WHERE, "", str(error)),)),)
    except _BROKEN:
        why = "its tables are not as this program makes them"
        return (Layer("store", (refused(_WHAT, _WHERE, "", why),)),)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; raises `RecordsError` or one of `_BROKEN`."""
    if told_place(path) is not None:
        raise StoreMismatch("it lies in PostgreSQL: ask by 'sekisho records verify'")
    if path.stat().st_size < SMALLEST:
        raise StoreUnavailable(Reason.DAMAGED)
    with closing(_connection(path)) as db, store_errors():
        yield db


def _connection(path: Path) -> sqlite3.Connection:
    if path.with_name(f"{path.name}-wal").exists():
        opened = open_reader(path)
        assert isinstance(opened, sqlite3.Connection)  # `_opened` refuses others
        return opened
    at_rest = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(at_rest, uri=True, isolation_level=None)


def _is_ours(db: sqlite3.Connection) -> bool:
    """Whether tables, indexes and triggers are those of a new store, to the letter."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        migrate(new, Path())
        wanted = new.execute(_SCHEMA).fetchall()
    found: list[object] = db.execute(_SCHEMA).fetchmany(len(wanted) + 1)
    return found == wanted


def _counts(db: sqlite3.Connection) -> tuple[Fact, ...]:
    """How many rows lie in each table; none is read. `_is_ours` knows the names."""
    names = [name for kind, name, *_ in db.execute(_SCHEMA) if kind == "table"]
    return tuple(
        (name, str(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]))
        for name in names
    )


def _key(db: sqlite3.Connection, known: Known) -> Finding:
    what = "the key given is the one that it was made with"
    if known.store_key is None:
        return unchecked(what, _WHERE, "give --store-key or --config")
    row = db.execute("SELECT value FROM settings WHERE name = 'key check'").fetchone()
    if row is not None and row[0] == StoreKeys(known.store_key).check_value():
        return ok(what, _WHERE)
    return refused(what, _WHERE, "", "the store was made with another key file")


def _record(db: sqlite3.Connection, path: Path, known: Known) -> Layer:
    what = "every record is as it was written, and none is gone"
    if known.store_key is None:
        said = "give --store-key or --config: what it says is sealed"
        return Layer("record", (unchecked(what, RULE, said),))
    keys = StoreKeys(known.store_key)
    keys.months.lie_in(told_folder(db, path) or key_folder(path))
    reads = EventReads(db, keys)
    try:
        damaged = reads.verify_events()
    except (RecordsError, *_BROKEN):
        why = "it cannot be read to its end: the file is damaged"
        return Layer("record", (refused(what, RULE, "", why),))
    if damaged:
        why = f"{len(damaged)} damaged or gone"
        lines = tuple(f"record {one.seq}: {one.what}" for one in damaged[:MAX_DAMAGE])
        return Layer("record", (refused(what, RULE, "", why),), (), lines)
    found = Counter(stored.event.kind.value for stored in reads.all_events())
    kinds = tuple((kind, str(count)) for kind, count in sorted(found.items()))
    return Layer("record", (ok(what, RULE),), kinds)
