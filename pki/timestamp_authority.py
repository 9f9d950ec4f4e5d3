# SPDX-License-Identifier: Apache-2.0
"""A time-stamp authority's files: a root of its own, and the key that stamps.

Another authority than the network's, as in life: a station is given the root alone.

    root.key, root.crt     the anchor; the key is needed for `renew` alone
    tsa.key, tsa.crt       what stamps are signed with; renewed before it ends

TEST stands in both names: what is made here serves tests and networks on one machine.
Every certificate is linted by RFC 5280 before it is signed, as the network's are.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki import keystore, lint
from pki.enrolment import pem
from pki.errors import PkiError
from pki.issuance import BACKDATE, TokenBytes, draw_serial
from pki.profiles import TEST_MARK, key_usage
from pki.serials import serial_text
from pki.timestamping import TimeStamper

ROOT_DAYS: Final = 7300
STAMP_DAYS: Final = 1825
"""Of the key that stamps; a stamp is renewed before that."""
MAX_NAME: Final = 40


class TimeAuthorityError(PkiError):
    """A time-stamp authority cannot be made or renewed as it was asked.

    Its folder holds something already, or the name is too long. Nothing was changed.
    """


@dataclass(frozen=True, slots=True)
class TimeFiles:
    """Where the files lie."""

    directory: Path

    @property
    def root_key(self) -> Path:
        return self.directory / "root.key"

    @property
    def root(self) -> Path:
        return self.directory / "root.crt"

    @property
    def key(self) -> Path:
        return self.directory / "tsa.key"

    @property
    def certificate(self) -> Path:
        return self.directory / "tsa.crt"


def build(
    directory: Path,
    name: str,
    at: datetime,
    days: int = STAMP_DAYS,
    token_bytes: TokenBytes = os.urandom,
) -> TimeFiles:
    """Make an authority in a folder that is not there yet, or empty."""
    if directory.exists() and any(directory.iterdir()):
        raise TimeAuthorityError(f"{directory} exists already and is not overwritten")
    if not 1 <= len(name.encode()) <= MAX_NAME or not name.isprintable():
        raise TimeAuthorityError(f"its name has 1 to {MAX_NAME} printable bytes")
    directory.mkdir(parents=True, exist_ok=True)
    files, key = TimeFiles(directory), ec.generate_private_key(ec.SECP256R1())
    called = _name(f"{name} {TEST_MARK} Time Root")
    anchor = (
        _begun(called, called, key, at, ROOT_DAYS, token_bytes)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(issues=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    lint.must_meet_rfc5280(anchor)
    keystore.write_private(files.root_key, keystore.private_pem(key))
    keystore.write_public(files.root, pem(anchor))
    made, certificate = _stamping(files, at, days, token_bytes)
    keystore.write_private(files.key, keystore.private_pem(made))
    keystore.write_public(files.certificate, pem(certificate))
    return files


def renew(
    directory: Path,
    at: datetime,
    days: int = STAMP_DAYS,
    token_bytes: TokenBytes = os.urandom,
) -> x509.Certificate:
    """A new key that stamps, in the old one's place; the old pair stays beside."""
    files = TimeFiles(directory)
    old = keystore.load_certificate(files.certificate)
    key, certificate = _stamping(files, at, days, token_bytes)
    for path in (files.key, files.certificate):
        keystore.keep_beside(path, serial_text(old.serial_number))
    keystore.replace(files.key, keystore.private_pem(key), private=True)
    keystore.replace(files.certificate, pem(certificate))
    return certificate


def load(directory: Path) -> TimeStamper:
    """What stamps; raises `KeyFileError`."""
    files = TimeFiles(directory)
    key = keystore.load_p256_key(files.key)
    certificate = keystore.load_certificate(files.certificate)
    if certificate.public_key() != key.public_key():
        raise TimeAuthorityError(f"{directory}: key and certificate are not one pair")
    return TimeStamper(key, certificate)


def _stamping(
    files: TimeFiles, at: datetime, days: int, token_bytes: TokenBytes
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    root_key = keystore.load_p256_key(files.root_key)
    root = keystore.load_certificate(files.root)
    key = ec.generate_private_key(ec.SECP256R1())
    word = root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    name = _name(str(word).removesuffix(" Root"))
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    own_id = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id)
    builder = (
        _begun(name, root.subject, key, at, days, token_bytes)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs=True), critical=True)
        .add_extension(usages, critical=True)
        .add_extension(above, critical=False)
    )
    nobodys = ec.generate_private_key(ec.SECP256R1())
    lint.must_meet_rfc5280(builder.sign(nobodys, hashes.SHA256()))
    return key, builder.sign(root_key, hashes.SHA256())


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    at: datetime,
    days: int,
    token_bytes: TokenBytes,
) -> x509.CertificateBuilder:
    at, public = at.replace(microsecond=0), key.public_key()
    key_id = x509.SubjectKeyIdentifier.from_public_key(public)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(draw_serial(token_bytes))
        .not_valid_before(at - BACKDATE)
        .not_valid_after(at + timedelta(days))
        .add_extension(key_id, critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
