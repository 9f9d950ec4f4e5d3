# SPDX-License-Identifier: Apache-2.0
"""The key under which a station signs the heads of its record's log, and its name.

The name (*origin*) is the log's for ever. It looks like an address, as others' tools
expect it, under a domain that nobody can have (RFC 2606): nothing is looked up by it.
"""

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from gateway.config import Config, ConfigRefused
from pki.keystore import load_certificate, load_private_key
from pki.names import StationName
from protocols.tlog.checkpoint import Checkpoint
from protocols.tlog.note import Kind, Verifier

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

    def head(self, size: int, root: bytes) -> bytes:
        """A signed head."""
        return Checkpoint(self.origin, size, root).signed(self.key).encode()


def origin_of(station: StationName) -> str:
    """What a station's log is called."""
    return f"sekisho.invalid/{station.organisation}/{station.role}"


def load(config: Config) -> LogKey:
    """Read the private key; raises `ConfigRefused` or `KeyFileError`."""
    path = config.keys.key(PURPOSE)
    key = load_private_key(path, config.keys.passphrase())
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigRefused(f"{path}: an Ed25519 key is wanted here")
    return LogKey(origin_of(config.station.name), key)


def verifier_of(config: Config) -> Verifier:
    """The public half, by the certificate; raises `ConfigRefused`, `KeyFileError`."""
    path = config.keys.certificate(PURPOSE)
    certificate: x509.Certificate = load_certificate(path)
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigRefused(f"{path}: a certificate of an Ed25519 key is wanted here")
    origin = origin_of(config.station.name)
    return Verifier(origin, Kind.LOG, key.public_bytes_raw())
