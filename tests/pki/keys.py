# SPDX-License-Identifier: Apache-2.0
"""Certificates for the tests of signing and sealing, made on the spot.

One authority and as many leaves as a test likes; valid around ``NOON``, so that no test
ages. They have what our messages need (P-256, key identifier, one key usage, our own
extended key usage) and no more: what stations' certificates look like is tested with
the authority.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from pki import oids

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def authority() -> Pair:
    """A self-signed root."""
    key = new_key()
    builder = _builder("root", "root", key)
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True), critical=True)
    return Pair(key, builder.sign(key, hashes.SHA256()))


@cache
def signing(name: str = "signer") -> Pair:
    key = new_key()
    return Pair(key, leaf(key, name, oids.ID_KP_SIGNING, digital_signature=True))


@cache
def sealing(name: str = "receiver") -> Pair:
    key = new_key()
    return Pair(key, leaf(key, name, oids.ID_KP_SEALING, key_agreement=True))


def leaf(
    key: Key,
    name: str = "leaf",
    purpose: str = oids.ID_KP_SIGNING,
    key_id: bytes | None = b"",
    **usage: bool,
) -> x509.Certificate:
    """A certificate for ``key``; ``key_id`` None for none, empty for the usual one."""
    builder = _builder(name, "root", key, key_id)
    builder = builder.add_extension(_usage(**usage), critical=True)
    extended = x509.ExtendedKeyUsage([x509.ObjectIdentifier(purpose)])
    builder = builder.add_extension(extended, critical=False)
    return builder.sign(authority().key, hashes.SHA256())


def _builder(
    subject: str, issuer: str, key: Key, key_id: bytes | None = b""
) -> x509.CertificateBuilder:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=1))
        .not_valid_after(NOON + timedelta(days=1))
    )
    if key_id is None:
        return builder
    identifier = (
        x509.SubjectKeyIdentifier(key_id)
        if key_id
        else x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    )
    return builder.add_extension(identifier, critical=False)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(**on: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment "
        "key_agreement key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: on.get(name, False) for name in names.split()})
