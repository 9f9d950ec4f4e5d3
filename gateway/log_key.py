# SPDX-License-Identifier: Apache-2.0
"""The key under which a station signs the heads of its record's log, and its name.

The name (*origin*) is the log's for ever. It looks like an address, as others' tools
expect it, under a domain that nobody can have (RFC 2606): nothing is looked up by it.

A station co-signs its peers' heads with the same key. What is signed then begins with
another line and names the time (C2SP tlog-cosignature), and the key's name and id are
others: neither kind of signature can be shown as the other.
"""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from gateway.config import Config, ConfigRefused
from pki.keystore import load_certificate, load_private_key
from pki.names import StationName
from pki.trust import Purpose, Untrusted
from protocols.directory import Directory
from protocols.tlog import note
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.generation import FIRST, base_of, named
from protocols.tlog.note import Kind, Signature, Verifier

PURPOSE = "record"


@dataclass(frozen=True, slots=True)
class LogKey:
    """What a log is signed with."""

    origin: str
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """What others believe it by."""
        return Verifier.of(self.origin, Kind.LOG, self.key)

    @property
    def witness(self) -> Verifier:
        """What others know our co-signatures by."""
        return Verifier.of(witness_name(self.origin), Kind.WITNESS, self.key)

    def cosigned(self, head: Checkpoint, at: datetime) -> Signature:
        """Our co-signature of a peer's head."""
        return note.cosign(head.text, witness_name(self.origin), self.key, at)

    def head(self, size: int, root: bytes) -> bytes:
        """A signed head."""
        return Checkpoint(self.origin, size, root).signed(self.key).encode()


def origin_of(station: StationName, generation: int = FIRST) -> str:
    """What a station's log is called; after a restore, the log of that generation."""
    return named(f"sekisho.invalid/{station.organisation}/{station.role}", generation)


def witness_name(origin: str) -> str:
    """What a station is called as a witness, by the origin of any of its logs."""
    return f"{base_of(origin)}/witness"


def peers_keys(directory: Directory, peer: StationName, at: datetime) -> list[bytes]:
    """The record keys of a peer that the master names and that are believed now."""
    known = directory.peer(peer)
    found = []
    for certificate in () if known is None else known.entry.record:
        try:
            identity = directory.trust.check(certificate, Purpose.RECORD, at)
        except Untrusted:
            continue
        key = certificate.public_key()
        if identity.station == peer and isinstance(key, Ed25519PublicKey):
            found.append(key.public_bytes_raw())
    return found


def log_verifiers(
    directory: Directory, peer: StationName, at: datetime, origin: str = ""
) -> list[Verifier]:
    """What a peer's heads are believed by; of one of its logs, if it is named."""
    keys = peers_keys(directory, peer, at)
    return [Verifier(origin or origin_of(peer), Kind.LOG, key) for key in keys]


def witness_verifiers(
    directory: Directory, peer: StationName, at: datetime
) -> list[Verifier]:
    """What a peer's co-signatures are believed by."""
    name, keys = witness_name(origin_of(peer)), peers_keys(directory, peer, at)
    return [Verifier(name, Kind.WITNESS, key) for key in keys]


def load(config: Config, generation: int = FIRST) -> LogKey:
    """Read the private key; raises `ConfigRefused` or `KeyFileError`."""
    path = config.keys.key(PURPOSE)
    key = load_private_key(path, config.keys.passphrase())
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigRefused(f"{path}: an Ed25519 key is wanted here")
    return LogKey(origin_of(config.station.name, generation), key)


def verifier_of(config: Config, generation: int = FIRST) -> Verifier:
    """The public half, by the certificate; raises `ConfigRefused`, `KeyFileError`."""
    path = config.keys.certificate(PURPOSE)
    certificate: x509.Certificate = load_certificate(path)
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigRefused(f"{path}: a certificate of an Ed25519 key is wanted here")
    origin = origin_of(config.station.name, generation)
    return Verifier(origin, Kind.LOG, key.public_bytes_raw())
