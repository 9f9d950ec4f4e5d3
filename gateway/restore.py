# SPDX-License-Identifier: Apache-2.0
"""Puts a backup in the place of a lost store, so that its station starts closed.

In this order, and a failure at any step leaves the station's place as it was: (1) the
backup is this station's, whole, and what its manifest says; (2) a copy of it beside the
place is brought to this program's schema and read through; (3) in one transaction the
copy is marked closed, its log is ended and one of a new generation begun, and who did
this is put on record; (4) an old store is moved aside, if that was asked for, and the
copy gets its name.

The log is never continued. What the station signed after the backup is lost, and a
second tree under the same name would make a liar of every head that somebody kept. The
new log has the same key and the same entries as far as the backup has them; its number
is the second of the restoring, so that two stores that were restored from one backup
never have one name.
"""

import errno
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gateway import backup as backups
from gateway import log_key
from gateway.config import Config
from gateway.log_key import LogKey
from gateway.records import manifest as manifests
from gateway.records.erased_again import erase_again
from gateway.records.errors import RecordsError
from gateway.records.event import Event, EventKind, Prepared, prepare
from gateway.records.log import Head
from gateway.records.months import Month
from gateway.records.opening import bring_up_to_date
from gateway.records.postgres_place import told_place
from gateway.records.restoring import Restore
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from pki.keystore import load_secret
from protocols.tlog.generation import FIRST
from protocols.tlog.merkle import Frontier

MARGIN: Final = timedelta(minutes=10)
"""Peers are asked from so long before the backup: clocks differ, and what was on its
way while the copy was made may be in one record and not in the other."""
PARTS: Final = ("", "-wal", "-shm")


class RestoreRefused(RecordsError):
    """Nothing was put in the store's place, and what lies there was not changed.

    The station runs, a store is there already, the clock stands before the backup, or
    the disk refused. The text says which.
    """


def restore(
    config: Config,
    backup: Path,
    operator: str,
    now: datetime,
    *,
    aside: bool = False,
    erased: tuple[Month, ...] = (),
) -> Restore:
    """Put ``backup`` in the place of the station's store, closed.

    With ``aside`` an old store is moved away first; else it is in the way. ``erased``
    names months that were erased after the backup. Raises `RestoreRefused`,
    `BadBackup`, and what is wrong with configuration, key or file.
    """
    key = load_secret(config.store.key)
    found = manifests.read(manifests.beside(backup))
    backups.must_be_ours(found, config, key)
    manifests.must_fit(found, backup)
    must_not_run(config)
    place = config.store.path
    if told_place(place) is not None:
        raise RestoreRefused(f"{place}: {backups.IN_POSTGRESQL}")
    there = [part for part in PARTS if _part(place, part).exists()]
    if there and not aside:
        raise RestoreRefused(
            f"{place}: is there already; with --aside it is moved away and kept"
        )
    with _disk_errors(place), _beside(place) as made:
        _copy(backup, made)
        manifests.must_fit(found, made)
        erase_again(made, key, erased, operator, now)
        bring_up_to_date(
            made, StoreKeys(key), create=False, months=config.store.month_keys
        )
        if erased:
            backups.must_be_sound(config, key, made)
        else:
            backups.must_match(found, config, key, made)
        done = close_store(config, made, found.made, operator, now, backup)
        if there:
            _move_aside(place, now)
        os.link(made, place)
        _sync(place.parent)
    return done


def adopt(config: Config, made: datetime, operator: str, now: datetime) -> Restore:
    """Close a store that was put back by other means, such as a disk's snapshot.

    ``made`` is when that state was taken. Raises as `restore` does.
    """
    must_not_run(config)
    key = load_secret(config.store.key)
    bring_up_to_date(
        config.store.path, StoreKeys(key), create=False, months=config.store.month_keys
    )
    return close_store(config, config.store.path, made, operator, now, None)


def close_store(
    config: Config,
    store: Path,
    made: datetime,
    operator: str,
    now: datetime,
    backup: Path | None,
) -> Restore:
    """Mark a store closed, and begin the log of a new generation in it."""
    key = load_secret(config.store.key)
    with StoreReader.open(store, key) as reader:
        last = reader.events(limit=1)
        earlier = reader.log_generation()
        head = reader.log_head()
        tree = Frontier()
        if head is not None:
            tree = Frontier.of(head.size, reader.log_hashes(head.size))
        newest = last[-1].event.at if last else made
    if now < max(newest, made):
        raise RestoreRefused(
            f"the clock stands at {now:%Y-%m-%dT%H:%M:%SZ}, before what is restored; "
            "set it right first"
        )
    generation = max(int(now.timestamp()), earlier + 1, FIRST + 1)
    ended = log_key.origin_of(config.station.name, earlier)
    restored = Restore(
        generation=generation,
        at=now,
        made=made,
        since=made - MARGIN,
        operator=operator,
        log=ended,
        size=tree.size,
        root=tree.root() if tree.size else b"",
    )
    signer = log_key.load(config, generation)
    record = prepare(_event(restored, signer, head, backup))
    commit_once(store, key, lambda tx: _begin(tx, restored, record, tree, signer, now))
    return restored


def _begin(
    tx: Transaction,
    restored: Restore,
    record: Prepared,
    tree: Frontier,
    signer: LogKey,
    now: datetime,
) -> None:
    tx.close_restored(restored)
    tx.record(record)
    grown = tx.grow(tree)
    while grown.size > tree.size:
        tree, grown = grown, tx.grow(grown)
    tx.put_head(Head(tree.size, now, signer.head(tree.size, tree.root())))


def _event(
    restored: Restore, signer: LogKey, head: Head | None, backup: Path | None
) -> Event:
    """What the first entry of the new log says of the one before."""
    from_what = "a backup" if backup is not None else "another copy"
    evidence = {} if head is None else {"log_head": head.note}
    if backup is not None:
        evidence["manifest"] = manifests.beside(backup).read_bytes()
    return Event(
        kind=EventKind.RESTORED,
        at=restored.at,
        direction="local",
        operator=restored.operator,
        detail=(
            f"from {from_what} of {restored.made:%Y-%m-%dT%H:%M:%SZ}; the log "
            f"{restored.log} ends at {restored.size}, {signer.origin} goes on"
        ),
        evidence=evidence,
    )


def must_not_run(config: Config) -> None:
    """Raises `RestoreRefused` where something listens at the station's addresses."""
    for table, address in config.listeners():
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address.host, address.port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise RestoreRefused(
                        f"something listens at {table}.port {address.port}: stop the "
                        "station first"
                    ) from None


def _part(place: Path, part: str) -> Path:
    return place.with_name(place.name + part)


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A name for the copy; whatever is left of it at the end is removed."""
    made = place.with_name(f".{place.name}.restoring")
    _clear(made)
    try:
        yield made
    finally:
        _clear(made)


def _clear(made: Path) -> None:
    for left in made.parent.glob(f"{made.name}*"):
        with suppress(FileNotFoundError):
            left.unlink()


def _copy(backup: Path, made: Path) -> None:
    descriptor = os.open(
        made, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600
    )
    with backup.open("rb") as source, os.fdopen(descriptor, "wb") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())


def _move_aside(place: Path, now: datetime) -> None:
    """With its write-ahead log: it may hold what the backup has not."""
    for part in reversed(PARTS):
        old = _part(place, part)
        if old.exists():
            old.rename(_part(place, f".before-{now:%Y%m%dT%H%M%SZ}{part}"))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _disk_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RestoreRefused(f"{place}: {error.strerror}") from None
