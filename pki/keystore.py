# SPDX-License-Identifier: Apache-2.0
"""Key files: written once, readable by their owner alone, never written over.

Two laws. A file gets its name in one step, whole, that fails if anything has that name
(mode 0600 from its first moment), so no key is lost to a typing error or half written,
and none is ever readable by others, not even for an instant. And a private file that
others may read, or that belongs to another user, is not used: such a key must be
taken as known to a stranger.

Certificates and lists are public; they are replaced in one step, so that a reader
sees the old file or the new one whole. Keys in a device stay there; what is here is
for keys in files. A key may be locked with a passphrase beside (`pki.locking`).
"""

import base64
import os
import stat
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pki.errors import PkiError
from pki.locking import locked
from pki.names import MALFORMED

StationKey = EllipticCurvePrivateKey | Ed25519PrivateKey
"""P-256 for everything but the record's checkpoints, which C2SP signs by Ed25519."""

MAX_FILE = 4 * 1024 * 1024
"""Bytes read of any one file here; a CRL of 100,000 serials fits, a mistake not."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(PkiError):
    """A key or certificate file cannot be used, or cannot be written safely.

    Missing, damaged, readable by other users, of another kind than needed, locked with
    another passphrase, or its name is taken already; an operator's copy or a restored
    backup usually caused it. Nothing was overwritten. ``path`` says which file. Put the
    right file there with ``chmod 600``, or move the one that is in the way; a key that
    others could read is to be replaced with ``sekisho pki renew``.
    """

    def __init__(self, path: Path, text: str) -> None:
        super().__init__(f"{path}: {text}")
        self.path = path


def write_private(path: Path, data: bytes) -> None:
    """Make a file that only its owner can read; refuses a name that is taken."""
    _write_new(path, data, 0o600)


def write_public(path: Path, data: bytes) -> None:
    """Make a file that everybody may read; refuses a name that is taken."""
    _write_new(path, data, 0o644)


def replace(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put ``data`` in the place of ``path`` in one durable step.

    Only for what may lawfully change under one name: indexes, revocation lists, and
    the pair of a renewal whose old files are kept beside it. The owner stays the same.
    """
    beside = _beside(path, data, 0o600 if private else 0o644)
    try:
        if os.geteuid() == 0 and path.is_file():
            before = path.lstat()
            os.chown(beside, before.st_uid, before.st_gid)
        os.replace(beside, path)
    except OSError as error:
        raise KeyFileError(path, _cause(error)) from None
    settle(path.parent, deep=False)


def keep_beside(path: Path, mark: str) -> Path:
    """Give the file a second, lasting name with ``mark`` before its suffix.

    The file stays under its own name too. Refuses a second name that is taken by
    another content; the same under it (a repeated attempt) is as good as done.
    """
    kept = path.with_name(f"{path.stem}.{mark}{path.suffix}")
    try:
        os.link(path, kept)
    except FileExistsError:
        if read_public(path) != read_public(kept):
            raise KeyFileError(kept, "the name is taken by another file") from None
    except OSError as error:
        raise KeyFileError(path, _cause(error)) from None
    return kept


def settle(directory: Path, *, deep: bool = True) -> None:
    """Return once the names of all files below are on the disk.

    What is in the files is there already: every write here waits for that.
    """
    folders = [folder for folder, _, _ in os.walk(directory)] if deep else [directory]
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_public(path: Path) -> bytes:
    """The file's bytes; raises `KeyFileError` if it is missing or too large."""
    try:
        with path.open("rb") as file:
            return _bounded(path, file.read(MAX_FILE + 1))
    except OSError as error:
        raise KeyFileError(path, _cause(error)) from None


def read_private(path: Path) -> bytes:
    """The bytes of a file that only we can read; raises `KeyFileError`.

    Mode and owner are looked at on the opened file, not on its name, so that nobody
    can change one for the other in between.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyFileError(path, "not a regular file")
            if status.st_mode & _OTHERS and not _credential(status):
                raise KeyFileError(path, "other users may read or write it; chmod 600")
            if status.st_uid not in (os.geteuid(), 0):
                raise KeyFileError(path, "it belongs to another user")
            return _bounded(path, file.read(MAX_FILE + 1))
    except OSError as error:
        raise KeyFileError(path, _cause(error)) from None


def is_locked(path: Path) -> bool:
    """Whether a private key's file says that a passphrase is needed."""
    return b"ENCRYPTED" in read_private(path)


def load_secret(path: Path, length: int = 32) -> bytes:
    """A raw secret of exactly ``length`` bytes, such as ``store.key``."""
    secret = read_private(path)
    if len(secret) != length:
        raise KeyFileError(path, f"holds {len(secret)} bytes, not {length}")
    return secret


def load_private_key(path: Path, passphrase: bytes | None = None) -> StationKey:
    """The private key in a PEM file; P-256 or Ed25519, anything else is refused."""
    data = read_private(path)
    try:
        key = serialization.load_pem_private_key(data, passphrase)
    except TypeError:
        said = "is not encrypted" if passphrase else "needs its passphrase"
        raise KeyFileError(path, f"the key {said}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyFileError(path, "no private key, or a wrong passphrase") from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    raise KeyFileError(path, "the key is neither P-256 nor Ed25519")


def load_p256_key(
    path: Path, passphrase: bytes | None = None
) -> EllipticCurvePrivateKey:
    """As `load_private_key`, where only P-256 will do."""
    key = load_private_key(path, passphrase)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise KeyFileError(path, "the key is not P-256")
    return key


def load_ed25519_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """As `load_private_key`, where only Ed25519 will do."""
    key = load_private_key(path, passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(path, "the key is not Ed25519")
    return key


def load_certificate(path: Path) -> x509.Certificate:
    """The one certificate of a PEM file."""
    certificates = load_certificates(path)
    if len(certificates) != 1:
        raise KeyFileError(path, f"{len(certificates)} certificates, where one is due")
    return certificates[0]


def load_certificates(path: Path) -> list[x509.Certificate]:
    """All certificates of a PEM file, at least one, in the file's order."""
    try:
        return x509.load_pem_x509_certificates(read_public(path))
    except MALFORMED:
        raise KeyFileError(path, "no PEM certificate, or a damaged one") from None


def load_pair(
    key: Path, certificate: Path, passphrase: bytes | None = None
) -> tuple[StationKey, x509.Certificate]:
    """A private key with its certificate; refuses two that do not belong together."""
    private = load_private_key(key, passphrase)
    public = load_certificate(certificate)
    try:
        belong = public.public_key() == private.public_key()
    except (ValueError, UnsupportedAlgorithm):
        belong = False
    if not belong:
        raise KeyFileError(
            key,
            f"is not the key of {certificate.name}; if a renewal was cut short, copy "
            "the key that it kept beside back to this name",
        )
    return private, public


def private_pem(key: StationKey, passphrase: bytes | None = None) -> bytes:
    """The key as PKCS#8 PEM; without a passphrase only the file's mode protects it."""

    def written(encoding: serialization.Encoding) -> bytes:
        kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return key.private_bytes(encoding, kind, plain)

    if passphrase is None:
        return written(serialization.Encoding.PEM)
    der = locked(written(serialization.Encoding.DER), passphrase)
    label = b"ENCRYPTED PRIVATE KEY-----\n"
    return b"-----BEGIN %s%s-----END %s" % (label, base64.encodebytes(der), label)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    beside = _beside(path, data, mode)
    try:
        os.link(beside, path)  # whole from its first moment, and never over another
    except FileExistsError:
        raise KeyFileError(path, "exists already and is not overwritten") from None
    except OSError as error:
        raise KeyFileError(path, _cause(error)) from None
    finally:
        beside.unlink(missing_ok=True)


def _beside(path: Path, data: bytes, mode: int) -> Path:
    """A new file beside ``path``, on the disk when this returns."""
    beside = path.with_name(f".{path.name}.new")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        beside.unlink(missing_ok=True)  # of an attempt that was cut short
        with open(os.open(beside, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:  # such as a full disk: leave no half of a key behind
        beside.unlink(missing_ok=True)
        raise KeyFileError(path, _cause(error)) from None
    return beside


def _credential(status: os.stat_result) -> bool:
    """Whether root gave us this file by name, as systemd gives a unit its credentials.

    Such a file is root's and of root's group, read-only, and shows the mask of its
    access list where others show the group. That we, who are neither root nor of that
    group, could open it is the proof of the list, which only root can write.
    """
    ours = {os.getegid(), *os.getgroups()}
    return (
        stat.S_IMODE(status.st_mode) == stat.S_IRUSR | stat.S_IRGRP
        and status.st_uid == status.st_gid == 0
        and os.geteuid() != 0
        and 0 not in ours
    )


def _without_waiting(path: str, flags: int) -> int:
    """Open even a pipe at once, so that it can be refused instead of waited for."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _bounded(path: Path, data: bytes) -> bytes:
    if len(data) > MAX_FILE:
        raise KeyFileError(path, f"larger than {MAX_FILE} bytes")
    return data


def _cause(error: OSError) -> str:
    return error.strerror or type(error).__name__
