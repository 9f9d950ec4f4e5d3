# SPDX-License-Identifier: Apache-2.0
"""How fast the record is written, beside a bare loop over the same database.

*Single*: one record is handed in when the one before is durable. *Grouped*: so many
wait that they share commits, as at a busy station. The bare loop writes rows of the
same size into a table with a key and nothing else, one commit each, or as many in one
commit as the journal puts into one.
"""

import os
import queue
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.records.connection import Database, open_writer
from gateway.records.event import Event, EventKind, prepare
from gateway.records.journal import MAX_GROUP
from gateway.records.postgres_place import Place, tell_place
from gateway.records.store import Store
from gateway.records.transaction import Transaction

SINGLE: Final = 1_000
GROUPED: Final = 20_000
SIZE: Final = 500
"""Bytes of a record's row, about."""
_EVENT: Final = Event(
    kind=EventKind.RECEIVED,
    at=datetime(2030, 1, 1, tzinfo=UTC),
    direction="in",
    peer="131016/intermediate_server",
    message_type="information_inquiry",
    message_id="00" * 16,
)


def run(conninfo: str) -> dict[str, float]:
    """Figures and limits, in rows a second; with ``conninfo``, on that server too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = _figures("SQLite", folder / "records.sqlite", _bare(folder))
        if conninfo:
            path = folder / "records.postgresql"
            tell_place(path, Place(conninfo, f"bench_{os.getpid()}"))
            found |= _figures("PostgreSQL", path, lambda: open_writer(path))
        return found


def _figures(name: str, path: Path, bare: Callable[[], Database]) -> dict[str, float]:
    calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    store = Store.open(path, bytes(32), calls.put, create=True)
    try:
        found = {
            f"{name}, single": _single(store, calls),
            f"{name}, grouped": _grouped(store, calls),
        }
        per_commit = max(1, store.journal.works // max(1, store.journal.commits))
    finally:
        store.close()
    with closing(bare()) as db:
        found[f"{name}, single: limit"] = _loop(db, SINGLE, 1)
        found[f"{name}, grouped: limit"] = _loop(db, GROUPED, MAX_GROUP)
    found[f"{name}: works in a commit"] = per_commit
    return found


def _record(tx: Transaction) -> None:
    tx.record(prepare(_EVENT))


def _single(store: Store, calls: "queue.SimpleQueue[Callable[[], None]]") -> float:
    begun = time.perf_counter()
    for _ in range(SINGLE):
        done: list[object] = []
        store.commit(_record).addBoth(done.append)
        while not done:
            calls.get()()
    return SINGLE / (time.perf_counter() - begun)


def _grouped(store: Store, calls: "queue.SimpleQueue[Callable[[], None]]") -> float:
    done: list[object] = []
    begun = time.perf_counter()
    for _ in range(GROUPED):
        store.commit(_record).addBoth(done.append)
    while len(done) < GROUPED:
        calls.get()()
    return GROUPED / (time.perf_counter() - begun)


def _bare(folder: Path) -> Callable[[], Database]:
    def opened() -> Database:
        db = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            db.execute(f"PRAGMA {pragma}")
        return db

    return opened


def _loop(db: Database, rows: int, group: int) -> float:
    kind = "BLOB" if isinstance(db, sqlite3.Connection) else "BYTEA"
    db.execute(f"CREATE TABLE bare_{group} (key {kind} PRIMARY KEY, data {kind})")
    data, sql = os.urandom(SIZE), f"INSERT INTO bare_{group} VALUES (?, ?)"
    begun = time.perf_counter()
    for _ in range(0, rows, group):
        db.execute("BEGIN IMMEDIATE")
        for _ in range(group):
            db.execute(sql, (os.urandom(32), data))
        db.execute("COMMIT")
    return rows / (time.perf_counter() - begun)
