# SPDX-License-Identifier: Apache-2.0
"""A station's backup: made while it works, read again, and described in a manifest.

What is looked at before a backup counts as one: the file is whole, it is this key's,
every record matches its commitment, and the log is under its newest head. A backup that
fails is not kept. The manifest is written last, and is sealed with the store's key.

Not in it: the sending-destination file (R-098), the store's key, and the keys of the
months, so that what was erased since stays erased.
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.config import Config
from gateway.log_key import verifier_of
from gateway.records import manifest as manifests
from gateway.records.backup import BackupRefused, back_up
from gateway.records.erasure_check import check_erasures
from gateway.records.log_check import check_log
from gateway.records.manifest import BadBackup, Manifest
from gateway.records.migrate import newest
from gateway.records.postgres_place import told_place
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader
from gateway.records.whole import must_be_whole
from pki.keystore import load_secret

IN_POSTGRESQL: Final = (
    "the store lies in PostgreSQL: copy its schema by 'pg_dump', put it back by "
    "'pg_restore', and before the start close it by 'sekisho restore adopt'"
)


def make(config: Config, target: Path, now: datetime) -> Manifest:
    """Make and verify a new backup; what its manifest says.

    Raises `BackupRefused`, `BadBackup`, or what is wrong with the station's store.
    """
    if told_place(config.store.path) is not None:
        raise BackupRefused(f"{config.store.path}: {IN_POSTGRESQL}")
    beside = manifests.beside(target)
    if beside.exists():
        raise BackupRefused(f"{beside}: exists already and is not overwritten")
    key = load_secret(config.store.key)
    back_up(config.store.path, key, target)
    try:
        made = _described(config, key, target, now)
        manifests.write(made, beside)
    except OSError as error:
        _drop(target, beside)
        raise BackupRefused(f"{beside}: {error.strerror}") from None
    except BaseException:
        _drop(target, beside)
        raise
    return made


def check(backup: Path, config: Config | None = None) -> Manifest:
    """Hold a backup against its manifest, and with its station's files against itself.

    Without ``config`` only the bytes are compared. Raises `BadBackup`, and of an unfit
    file what `StoreReader.open` raises.
    """
    found = manifests.read(manifests.beside(backup))
    if config is None:
        manifests.must_fit(found, backup)
        return found
    key = load_secret(config.store.key)
    must_be_ours(found, config, key)
    manifests.must_fit(found, backup)
    if found.schema == newest():
        must_match(found, config, key, backup)
    return found


def must_be_ours(found: Manifest, config: Config, key: bytes) -> None:
    """Raises `BadBackup` for another station's, another key's or a newer backup."""
    if found.station != str(config.station.name):
        raise BadBackup(
            f"the backup is of {found.station}, not of {config.station.name}"
        )
    found.must_be_sealed(StoreKeys(key))
    if found.schema > newest():
        raise BadBackup(
            f"the backup has schema {found.schema}, this program knows {newest()}: "
            "update it"
        )


def must_match(found: Manifest, config: Config, key: bytes, store: Path) -> None:
    """Raises `BadBackup` unless a store is sound and what the manifest says of it."""
    events, log, head = must_be_sound(config, key, store)
    if (events, log, head) != (found.events, found.log, found.head):
        raise BadBackup(f"{store}: holds another record than its manifest says")


def must_be_sound(config: Config, key: bytes, store: Path) -> tuple[int, str, str]:
    """How many records, which log and which head; raises `BadBackup`."""
    must_be_whole(store, StoreKeys(key))
    with StoreReader.open(store, key) as reader:
        verifier = verifier_of(config, reader.log_generation())
        damages = [
            *reader.verify_events(),
            *reader.check_finds(),
            *check_log(reader, verifier),
            *check_erasures(reader),
        ]
        if damages:
            first = damages[0]
            raise BadBackup(
                f"{store}: {len(damages)} faults; the first: record {first.seq}: "
                f"{first.what}"
            )
        head = reader.log_head()
        text = "" if head is None else head.note.decode()
        return reader.last_event(), verifier.name, text


def _described(config: Config, key: bytes, target: Path, now: datetime) -> Manifest:
    events, log, head = must_be_sound(config, key, target)
    return Manifest(
        format=manifests.FORMAT,
        station=str(config.station.name),
        made=now,
        schema=newest(),
        events=events,
        log=log,
        head=head,
        size=target.stat().st_size,
        sha256=manifests.sha256_of(target),
    ).sealed(StoreKeys(key))


def _drop(*files: Path) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()
