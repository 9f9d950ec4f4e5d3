# SPDX-License-Identifier: Apache-2.0
"""What a backup is, in a small file beside it: whose, of when, of which bytes.

The manifest is sealed with the store's key (an HMAC): whoever has not that key can
neither change the backup nor say anything else about it. It holds nothing about a
person, and anybody may compare its digest with the file.
"""

import hashlib
import hmac
import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from gateway.records.errors import RecordsError
from gateway.records.sealed import StoreKeys

SUFFIX: Final = ".manifest"
FORMAT: Final = 1
LARGEST: Final = 64 * 1024
"""Bytes of a manifest; a larger file is another file."""
_CHUNK: Final = 1024 * 1024


class BadBackup(RecordsError):
    """The file is no backup that this station can be restored from.

    It is another station's or another key's, was cut or changed, or does not fit its
    manifest. Nothing was changed by looking. Take another backup.
    """


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One backup."""

    format: int
    station: str
    """``organisation/role``."""
    made: datetime
    schema: int
    """Of the store."""
    events: int
    """How many stand in its record."""
    log: str
    """Origin of the log of its record."""
    head: str
    """The newest signed head of that log, as text; empty before the first."""
    size: int
    """Of the file, in bytes."""
    sha256: str
    seal: str = ""
    """HMAC under the store's key over all of it but this."""

    def sealed(self, keys: StoreKeys) -> "Manifest":
        """The same, sealed."""
        return msgspec.structs.replace(self, seal=keys.manifest_seal(self._plain()))

    def must_be_sealed(self, keys: StoreKeys) -> None:
        """Raises `BadBackup` unless it is as the owner of this key wrote it."""
        if not hmac.compare_digest(self.seal, keys.manifest_seal(self._plain())):
            raise BadBackup(
                "the manifest was changed, or made with another key than store.key"
            )

    def _plain(self) -> bytes:
        plain = msgspec.structs.replace(self, seal="")
        return msgspec.json.encode(plain, order="deterministic")


def beside(backup: Path) -> Path:
    """Where a backup's manifest lies."""
    return backup.with_name(f"{backup.name}{SUFFIX}")


def write(manifest: Manifest, path: Path) -> None:
    """Lay a new manifest, for its owner only; raises `OSError`."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(text + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Manifest:
    """A manifest; raises `BadBackup`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise BadBackup(f"{path}: cannot be read ({error.strerror})") from None
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadBackup(f"{path}: is no manifest of a backup") from None
    if found.format != FORMAT or found.made.tzinfo is None:
        raise BadBackup(f"{path}: is a manifest of another kind")
    return found


def sha256_of(path: Path) -> str:
    """The digest of a file; raises `OSError`."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(_CHUNK):
            found.update(data)
    return found.hexdigest()


def must_fit(manifest: Manifest, backup: Path) -> None:
    """Raises `BadBackup` unless the file is byte for byte the one that is described."""
    try:
        size, digest = backup.stat().st_size, sha256_of(backup)
    except OSError as error:
        raise BadBackup(f"{backup}: cannot be read ({error.strerror})") from None
    if (size, digest) != (manifest.size, manifest.sha256):
        raise BadBackup(f"{backup}: is not the file that its manifest describes")
