# SPDX-License-Identifier: Apache-2.0
"""Erasing a month of the record whose seven years are over: whether, and in what order.

A month goes only if all of this is true: its last day is seven years past by our clock;
an authority's time-stamp over a co-signed head says so too (no clock of ours can make
it run ahead); every record of the month lies under such a head; nobody holds it.

1. The erasure is recorded: who, which month, which numbers, how many, a digest of their
   commitments. Durable before anything is gone.
2. The rows are deleted, some at a time, and overwritten; with them what was kept
   beside the record of settled transactions of that month.
3. The store's write-ahead log is emptied; copies that an upgrade left are destroyed.
4. The month's key is destroyed. From here on no backup brings anything back.

The store knows which of these is next, so that a station that is killed goes on there.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.records.connection import open_writer, store_errors, transaction
from gateway.records.erasures import DONE, KEY, ROWS, Erasure
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import prepare
from gateway.records.extent import erasure_event
from gateway.records.jst import jst
from gateway.records.months import Month
from gateway.records.postgres_months import free_table
from gateway.records.postgres_place import told_place
from gateway.records.postgres_schema import as_server
from gateway.records.store import StoreReader
from gateway.records.transaction import Transaction

MOST: Final = 256
"""Rows deleted in one transaction: some 10 ms of the reactor's time."""
_CHUNK: Final = 1024 * 1024
Work = Callable[[Transaction], object]


def why_not(store: StoreReader, month: Month, now: datetime) -> str:
    """Why a month may not be erased now; empty where it may.

    One that was erased before, and came back from a backup without its key, goes as
    soon as the log holds all of it: nobody can read it.
    """
    over = month.over_at()
    if now < over:
        return f"kept until {jst(over)}"
    numbers = store.numbers_of(month)
    if store.month_keys().mark(month).exists():
        in_log = not numbers or numbers[-1] <= store.log_size()
        return "" if in_log else "not all of it is in the log"
    for hold in store.holds_on(month):
        return f"held by {hold.operator} (legal hold {hold.number}): {hold.reason}"
    proven = store.proven_moment()
    if proven is None or proven < over:
        return "no time-stamp over a co-signed head is from after its seven years"
    if numbers and numbers[-1] > store.proven_size():
        return "not all of it is time-stamped and co-signed yet"
    return ""


def begin(store: StoreReader, month: Month, at: datetime, operator: str = "") -> Work:
    """What records an erasure, in one transaction. It does nothing under a hold."""
    extent = store.extent_of(month)
    record = prepare(erasure_event(extent, at, operator))

    def work(tx: Transaction) -> None:
        if extent.count and tx.may_erase(extent) and not tx.is_held(month):
            tx.record(record)
            tx.note_erasure(record, extent)

    return work


def steps(erasure: Erasure) -> Iterator[Work]:
    """What deletes its rows: one transaction each, to be done one after the other."""
    if erasure.step != ROWS:
        return
    after: bytes | None = b""

    def some(tx: Transaction) -> None:
        nonlocal after
        assert after is not None
        after = tx.erase_rows(erasure, after, MOST)

    while after is not None:
        yield some

    def beside(tx: Transaction) -> None:
        tx.erase_linkage(erasure)
        tx.note_step(erasure.number, KEY)

    yield beside


def destroy(store: StoreReader, path: Path, erasure: Erasure) -> Work:
    """Destroy the key, once no row is left; the work that notes that all is done.

    Rows that are not of this erasure (a clock went back into its month) keep the key:
    they go with an erasure of their own. Raises `StoreUnavailable`.
    """
    empty_files(path, erasure.extent.month)
    for copy in path.parent.glob(f"{path.name}.schema-[1-5]"):
        _overwrite(copy)
    if not store.numbers_of(erasure.extent.month):
        store.month_keys().destroy(erasure.extent.month)
    return lambda tx: tx.note_step(erasure.number, DONE)


def empty_files(path: Path, month: Month) -> None:
    """Leave nothing of deleted rows behind; raises where that cannot be.

    SQLite's write-ahead log is moved into the store and emptied; PostgreSQL gives the
    files of the month's table back.
    """
    with closing(open_writer(path)) as db, store_errors():
        if told_place(path) is not None:
            with transaction(db):
                free_table(as_server(db), month)
            return
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise StoreUnavailable(Reason.LOCKED)


def _overwrite(path: Path) -> None:
    """A copy of the store as it was before its events were sealed."""
    with suppress(FileNotFoundError):
        size = path.stat().st_size
        with path.open("r+b") as file:
            for place in range(0, size, _CHUNK):
                file.write(bytes(min(_CHUNK, size - place)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def digest_of(store: StoreReader, erasure: Erasure) -> tuple[int, str]:
    """How many entries the log has where an erasure took records, and their digest."""
    found, count = hashlib.sha256(), 0
    for first, last in erasure.extent.ranges:
        for _, entry in store.entries_of(range(first, last + 1)):
            found.update(entry)
            count += bool(entry)
    return count, found.hexdigest()
