# SPDX-License-Identifier: Apache-2.0
"""Certificates with one fault each, and the moments at which tests look at them.

Signed by the real issuing key where the fault is not the signature itself, so that
nothing but the fault can be the cause of a refusal.
"""

import base64
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki import oids
from pki.issuance import Issuer
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.profiles import key_usage
from pki.trust import Purpose, Reason, TrustStore, Untrusted
from tests.pki.network import CITY, CORE, NOON

BEFORE = datetime(2030, 1, 1, 11, 54, 59, tzinfo=UTC)
FIRST = datetime(2030, 1, 1, 11, 55, tzinfo=UTC)
LIST_ENDS = datetime(2030, 1, 8, 12, tzinfo=UTC)
LIST_OVER = datetime(2030, 1, 8, 12, 0, 1, tzinfo=UTC)
TLS_ENDS = datetime(2030, 4, 11, 12, tzinfo=UTC)
TLS_OVER = datetime(2030, 4, 11, 12, 0, 1, tzinfo=UTC)

P256 = ec.generate_private_key(ec.SECP256R1())
SIGNS = key_usage(signs=True)
AGREES = key_usage(agrees=True)
NO_AUTHORITY = x509.BasicConstraints(False, None)
KEY_ID = x509.SubjectKeyIdentifier(b"k" * 20)


def usages(*dotted: str) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(each) for each in dotted])


def names(*uris: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.UniformResourceIdentifier(uri) for uri in uris]
    )


FOR_SIGNING = usages(oids.ID_KP_SIGNING)
NAMES_CITY = names(CITY.uri)

Key = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True)
class Draft:
    """A signing certificate as it should be; a test replaces one thing."""

    key: Key = field(default_factory=P256.public_key)
    issuer: x509.Name | None = None
    authority_key: ec.EllipticCurvePublicKey | None = None
    """Whose key identifier it names; None for the issuer's."""
    signer: ec.EllipticCurvePrivateKey | None = None
    digest: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)
    constraints: x509.BasicConstraints | None = NO_AUTHORITY
    usage: x509.KeyUsage | None = SIGNS
    usages: x509.ExtendedKeyUsage | None = FOR_SIGNING
    names: x509.SubjectAlternativeName | None = NAMES_CITY
    key_id: x509.SubjectKeyIdentifier | None = KEY_ID
    names_authority: bool = True
    strange: x509.UnrecognizedExtension | None = None
    strange_is_critical: bool = True
    begins: datetime = FIRST
    days: int = 100

    def signed(self, by: Issuer) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
            .issuer_name(self.issuer or by.certificate.subject)
            .public_key(self.key)
            .serial_number(4711)
            .not_valid_before(self.begins)
            .not_valid_after(NOON + timedelta(self.days))
        )
        authority_key = self.authority_key or by.key.public_key()
        extensions: list[tuple[x509.ExtensionType | None, bool]] = [
            (self.constraints, True),
            (self.usage, True),
            (self.usages, False),
            (self.names, False),
            (self.key_id, False),
            (self.strange, self.strange_is_critical),
        ]
        if self.names_authority:
            extensions.append(
                (
                    x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key),
                    False,
                )
            )
        for extension, critical in extensions:
            if extension is not None:
                builder = builder.add_extension(extension, critical)
        return builder.sign(self.signer or by.key, self.digest)


GOOD = Draft()
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
BROKEN = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, b"\x30\x05")

FAULTS: dict[str, tuple[Reason, Draft]] = {
    "another issuer's name": (
        Reason.UNKNOWN_AUTHORITY,
        replace(GOOD, issuer=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "y")])),
    ),
    "the same name and another key": (
        Reason.UNKNOWN_AUTHORITY,
        replace(GOOD, signer=OTHER_KEY, authority_key=OTHER_KEY.public_key()),
    ),
    "forged: our names, another's signature": (
        Reason.BAD_SIGNATURE,
        replace(GOOD, signer=OTHER_KEY),
    ),
    "a digest that is not allowed": (
        Reason.WEAK_ALGORITHM,
        replace(GOOD, digest=hashes.SHA384()),
    ),
    "an RSA key": (
        Reason.WEAK_ALGORITHM,
        replace(
            GOOD,
            key=rsa.generate_private_key(
                public_exponent=65537, key_size=2048
            ).public_key(),
        ),
    ),
    "a key on another curve": (
        Reason.WEAK_ALGORITHM,
        replace(GOOD, key=ec.generate_private_key(ec.SECP384R1()).public_key()),
    ),
    "a record's kind of key for signing": (
        Reason.WEAK_ALGORITHM,
        replace(GOOD, key=ed25519.Ed25519PrivateKey.generate().public_key()),
    ),
    "an authority below the authority": (
        Reason.BAD_PROFILE,
        replace(GOOD, constraints=x509.BasicConstraints(True, 0)),
    ),
    "no basic constraints": (Reason.BAD_PROFILE, replace(GOOD, constraints=None)),
    "a critical extension nobody knows": (
        Reason.BAD_PROFILE,
        replace(GOOD, strange=STRANGE),
    ),
    "an extension that cannot be read": (
        Reason.BAD_PROFILE,
        replace(GOOD, names=None, strange=BROKEN, strange_is_critical=False),
    ),
    "no name of its authority's key": (
        Reason.BAD_PROFILE,
        replace(GOOD, names_authority=False),
    ),
    "no key identifier": (Reason.BAD_PROFILE, replace(GOOD, key_id=None)),
    "a short key identifier": (
        Reason.BAD_PROFILE,
        replace(GOOD, key_id=x509.SubjectKeyIdentifier(b"k" * 19)),
    ),
    "no usages": (Reason.WRONG_PURPOSE, replace(GOOD, usages=None)),
    "no key usage": (Reason.WRONG_PURPOSE, replace(GOOD, usage=None)),
    "the key usage of another purpose": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usage=AGREES),
    ),
    "two key usages": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usage=key_usage(signs=True, agrees=True)),
    ),
    "two purposes": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usages=usages(oids.ID_KP_SIGNING, oids.ID_KP_PERMIT)),
    ),
    "any purpose": (
        Reason.WRONG_PURPOSE,
        replace(
            GOOD,
            usages=usages(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string),
        ),
    ),
    "a server that may not call": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usages=usages(ExtendedKeyUsageOID.SERVER_AUTH.dotted_string)),
    ),
    "another purpose": (
        Reason.WRONG_PURPOSE,
        replace(GOOD, usages=usages(oids.ID_KP_PERMIT)),
    ),
    "no names": (Reason.NO_STATION_NAME, replace(GOOD, names=None)),
    "no station's name": (
        Reason.NO_STATION_NAME,
        replace(GOOD, names=names("https://example")),
    ),
    "two stations' names": (
        Reason.NO_STATION_NAME,
        replace(GOOD, names=names(CITY.uri, CORE.uri)),
    ),
}


def pem(label: str, der: bytes | bytearray) -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def certificate(
    layout: Layout, station: StationName, purpose: Purpose
) -> x509.Certificate:
    return load_certificate(layout.certificate(station, purpose))


def reason(
    store: TrustStore,
    shown: x509.Certificate,
    purpose: Purpose = Purpose.SIGNING,
    at: datetime = NOON,
) -> Reason:
    with pytest.raises(Untrusted) as caught:
        store.check(shown, purpose, at)
    return caught.value.reason
