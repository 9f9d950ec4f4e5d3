# SPDX-License-Identifier: Apache-2.0
"""Who speaks in the vectors: the stations of ``docs/examples``, and some strangers.

The requester signs, the core opens. All keys are public TEST keys: files of the
examples, made from a label here, or (RSA) files beside the vectors.
"""

from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from pki.trust import TrustStore
from protocols import master
from protocols.directory import Directory
from tests.house import ROOT

EXAMPLES: Final = ROOT / "docs" / "examples"
FOLDER: Final = Path(__file__).resolve().parent / "cms"
NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""When the examples were made."""
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256: every number of a signature is below it."""
STRANGERS: Final = ("rsa-1024", "rsa-2048", "p384", "ed25519")
DETERMINISTIC: Final = {
    name: ec.ECDSA(kind(), deterministic_signing=True)
    for name, kind in (
        ("sha1", hashes.SHA1),
        ("sha256", hashes.SHA256),
        ("sha384", hashes.SHA384),
        ("sha512", hashes.SHA512),
    )
}
"""Signatures by RFC 6979: the same recipe gives the same bytes each time."""


def example(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


@cache
def certificate(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(example(f"keys/{name}.crt"))


@cache
def key(name: str) -> Any:
    return load_pem_private_key(example(f"keys/{name}.key"), None)


@cache
def directory() -> Directory:
    """What a station of the examples knows of the others."""
    trust = TrustStore.load(EXAMPLES / "pki/chain.pem", EXAMPLES / "pki/crl.pem")
    anchor = certificate("core-signing")
    read = master.read(example("master.cms"), [anchor], trust, NOON)
    return Directory(read, trust)


def revocation_list() -> bytes:
    """The list of the examples' authority, as DER."""
    crl = x509.load_pem_x509_crl(example("pki/crl.pem"))
    return crl.public_bytes(Encoding.DER)


def drawn(label: str, size: int) -> bytes:
    """Bytes that only look random."""
    found = b""
    while len(found) < size:
        found += sha256(f"TEST {label} {len(found)}".encode()).digest()
    return found[:size]


def labelled(label: str, curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    """A key that anybody can make who knows the label."""
    return ec.derive_private_key(int.from_bytes(drawn(label, 31)), curve)


@cache
def issuing_key() -> ec.EllipticCurvePrivateKey:
    """The key of the examples' issuing authority, from its label."""
    number = int.from_bytes(sha256(b"TEST key issuing").digest())
    return ec.derive_private_key(number % (ORDER - 1) + 1, ec.SECP256R1())


@cache
def strange_key(name: str) -> Any:
    """The key of somebody whom the master does not know."""
    if name == "p384":
        return labelled(name, ec.SECP384R1())
    if name == "ed25519":
        return ed25519.Ed25519PrivateKey.from_private_bytes(drawn(name, 32))
    return load_pem_private_key((FOLDER / "keys" / f"{name}.key").read_bytes(), None)


@cache
def strange_certificate(name: str) -> x509.Certificate:
    """The certificate that somebody made for himself."""
    private = strange_key(name)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"TEST {name}")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(int.from_bytes(drawn(f"serial {name}", 19)))
        .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2124, 1, 1, tzinfo=UTC))
        .add_extension(identifier, critical=False)
    )
    if name == "p384":
        return builder.sign(private, hashes.SHA384(), ecdsa_deterministic=True)
    return builder.sign(private, None if name == "ed25519" else hashes.SHA256())


def key_id(of: x509.Certificate) -> bytes:
    return of.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def der_of(of: x509.Certificate) -> bytes:
    return of.public_bytes(Encoding.DER)


def point_of(
    of: ec.EllipticCurvePublicKey, form: PublicFormat = PublicFormat.UncompressedPoint
) -> bytes:
    return of.public_bytes(Encoding.X962, form)
