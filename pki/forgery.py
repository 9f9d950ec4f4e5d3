# SPDX-License-Identifier: Apache-2.0
"""Makes certificates that no authority should: for tests of those who must refuse them.

A `Recipe` says how one differs from a good certificate of its purpose; the rest is as
it must be, and signed by the right key where the signature is not the fault itself, so
that nothing but the fault can be the cause of a refusal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from pki.issuance import Issuer
from pki.plan import PlannedStation
from pki.profiles import PROFILES, TEST_MARK, key_usage, key_usage_of, make_key
from pki.recipe import Recipe
from pki.surgery import OIDS, changed

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True)
class Made:
    """A certificate with its key, and the authority between it and ours, if any."""

    key: bytes = field(repr=False)
    """PKCS#8 PEM."""
    der: bytes
    serial: int
    between: x509.Certificate | None


@dataclass(frozen=True, slots=True)
class Forger:
    """Follows recipes, with the keys of networks made for this."""

    root: Issuer = field(repr=False)
    issuing: Issuer = field(repr=False)
    other: Issuer = field(repr=False)
    """The issuing authority of another network of the same names."""
    planned: PlannedStation
    at: datetime

    def make(self, recipe: Recipe) -> Made:
        """A new key, and the certificate that the recipe says."""
        key = _new_key(recipe)
        issuer, signing = self._issuer(recipe, key)
        plain = self._builder(recipe, key, issuer).sign(signing, hashes.SHA256())
        serial = int(recipe.serial, 16) if recipe.serial else plain.serial_number
        between = issuer.certificate if recipe.signer == "below" else None
        return Made(_pem(key), changed(plain, recipe, signing), serial, between)

    def partial_list(self, days: int) -> x509.CertificateRevocationList:
        """A list that says, by a critical extension, that it is about authorities."""
        point = x509.IssuingDistributionPoint(
            None, None, False, True, None, False, False
        )
        return (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.issuing.certificate.subject)
            .last_update(self.at - timedelta(1))
            .next_update(self.at + timedelta(days))
            .add_extension(x509.CRLNumber(7), critical=False)
            .add_extension(_named(self.issuing.key), critical=False)
            .add_extension(point, critical=True)
            .sign(self.issuing.key, hashes.SHA256())
        )

    def _issuer(
        self, recipe: Recipe, key: Key
    ) -> tuple[Issuer, ec.EllipticCurvePrivateKey]:
        """Whom the certificate names as its issuer, and the key that really signs."""
        if recipe.signer == "stranger":
            return self.issuing, self.other.key
        if recipe.signer == "itself" and isinstance(key, ec.EllipticCurvePrivateKey):
            return Issuer(key, self.issuing.certificate), key
        issuer = {
            "root": self.root,
            "other": self.other,
            "below": self._below(),
        }.get(recipe.signer, self.issuing)
        return issuer, issuer.key

    def _below(self) -> Issuer:
        """An authority that the issuing one, by its path length, may not make."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = self.issuing.certificate
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(f"Below {TEST_MARK}"))
            .issuer_name(own.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.at - timedelta(1))
            .not_valid_after(self.at + timedelta(30))
            .add_extension(x509.BasicConstraints(True, 0), critical=True)
            .add_extension(key_usage(issues=True), critical=True)
            .add_extension(_own_id(key), critical=False)
            .add_extension(_named(self.issuing.key), critical=False)
            .sign(self.issuing.key, hashes.SHA256())
        )
        return Issuer(key, made)

    def _builder(
        self, recipe: Recipe, key: Key, issuer: Issuer
    ) -> x509.CertificateBuilder:
        subject = _name(f"{self.planned.role} {TEST_MARK}")
        itself = recipe.signer == "itself"
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if itself else issuer.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.at + timedelta(recipe.begins))
            .not_valid_after(self.at + timedelta(recipe.ends))
        )
        left_out = {OIDS[name] for name in recipe.without}
        marked = {OIDS[name] for name in recipe.critical}
        for extension, critical in self._extensions(recipe, key, issuer):
            if extension.oid not in left_out:
                builder = builder.add_extension(
                    extension, critical or extension.oid in marked
                )
        return builder

    def _extensions(
        self, recipe: Recipe, key: Key, issuer: Issuer
    ) -> Iterator[tuple[x509.ExtensionType, bool]]:
        length = 0 if recipe.authority else None
        yield x509.BasicConstraints(recipe.authority, length), True
        yield _usage(recipe), True
        usages = recipe.extended or sorted(PROFILES[recipe.purpose].usages)
        yield x509.ExtendedKeyUsage(map(x509.ObjectIdentifier, usages)), False
        uris = (self.planned.station.uri,) if recipe.uris is None else recipe.uris
        names = [*map(x509.UniformResourceIdentifier, uris), x509.DNSName("localhost")]
        yield x509.SubjectAlternativeName(names), False
        yield _own_id(key, recipe.key_id), False
        yield _named(issuer.key), False
        if recipe.extra is not None:
            oid = x509.ObjectIdentifier(recipe.extra.oid)
            value = bytes.fromhex(recipe.extra.value)
            yield x509.UnrecognizedExtension(oid, value), recipe.extra.critical


def _usage(recipe: Recipe) -> x509.KeyUsage:
    if recipe.usage is None:
        return key_usage_of(PROFILES[recipe.purpose])
    return x509.KeyUsage(**_NO_USAGE | dict.fromkeys(recipe.usage, True))


def _new_key(recipe: Recipe) -> Key:
    if recipe.key == "right":
        return make_key(PROFILES[recipe.purpose].key)
    if recipe.key == "p384":
        return ec.generate_private_key(ec.SECP384R1())
    if recipe.key == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, int(recipe.key.removeprefix("rsa")))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _named(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _own_id(key: Key, other: str = "") -> x509.SubjectKeyIdentifier:
    if other:
        return x509.SubjectKeyIdentifier(bytes.fromhex(other))
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
