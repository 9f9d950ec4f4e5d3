# SPDX-License-Identifier: Apache-2.0
"""Certificates and revocation lists, made from values; no file is read or written.

The root vouches for one issuing authority and then stays offline; the issuing
authority signs every station's certificates and the revocation list. What a station's
certificate says comes from the one table in ``pki/profiles.py``. Nothing issued
outlives what vouches for it.

Nothing is signed unseen: a look-alike, the same but for its signature, is signed first
by a key that vouches for nobody and shown to `pki.lint`. Only where that finds nothing
of warning or above does the real key sign, and what it signed must be what was linted.
(The root is linted itself: until it is handed out, its key vouches for nobody either.)
"""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.x509.oid import NameOID

from pki import lint
from pki.plan import Network, PlannedStation
from pki.profiles import (
    PROFILES,
    TEST_MARK,
    Purpose,
    StationPublicKey,
    key_usage,
    key_usage_of,
)

TokenBytes = Callable[[int], bytes]
"""Where random bytes come from: ``os.urandom``, or something repeatable in a test."""

BACKDATE = timedelta(minutes=5)
"""How far before the moment of issue a certificate or list begins to hold: a station
whose clock is a little behind must not refuse what was made a second ago."""

SERIAL_BYTES = 20
"""The longest serial RFC 5280 allows; all of it but two bits is random."""

LINTED_LINES = 1000
"""How many lines of a revocation list are linted before it is signed, the newest: 0.15
seconds. The older ones were among the newest when they were first signed."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """A key that signs certificates or lists, with its own certificate."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Terms:
    """What every certificate is made under: when, for how long, with which serial."""

    at: datetime
    days: int
    token_bytes: TokenBytes


@dataclass(frozen=True, slots=True)
class Revocation:
    """One line of a revocation list."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags


def draw_serial(token_bytes: TokenBytes) -> int:
    """A positive serial of always the same length, 158 bits of it random."""
    drawn = int.from_bytes(token_bytes(SERIAL_BYTES))
    bits = SERIAL_BYTES * 8
    return (drawn >> 2) | (1 << (bits - 2))


def make_root(
    network: Network, key: EllipticCurvePrivateKey, terms: Terms
) -> x509.Certificate:
    """The self-signed anchor of a network."""
    name = _authority_name(network, "Root")
    made = (
        _begun(name, name, key.public_key(), terms)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(key_usage(issues=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    lint.must_pass(made)  # itself: that it is self-signed is a part of the rules
    return made


def make_issuing(
    root: Issuer,
    network: Network,
    key: EllipticCurvePrivateKey,
    terms: Terms,
) -> x509.Certificate:
    """The authority that signs for stations, and for no authority below it."""
    builder = (
        _begun(
            _authority_name(network, "Issuing"),
            root.certificate.subject,
            key.public_key(),
            terms,
            no_later=root.certificate.not_valid_after_utc,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(issues=True), critical=True)
        .add_extension(_key_id_of(root), critical=False)
    )
    return _signed(builder, root.key)


def make_certificate(
    issuing: Issuer,
    network: Network,
    planned: PlannedStation,
    purpose: Purpose,
    public_key: StationPublicKey,
    terms: Terms,
) -> x509.Certificate:
    """A station's certificate for one purpose."""
    profile = PROFILES[purpose]
    usages = [x509.ObjectIdentifier(usage) for usage in sorted(profile.usages)]
    builder = (
        _begun(
            _station_name(network, planned),
            issuing.certificate.subject,
            public_key,
            terms,
            no_later=issuing.certificate.not_valid_after_utc,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage_of(profile), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(_alternative_names(planned, purpose), critical=False)
        .add_extension(_key_id_of(issuing), critical=False)
    )
    return _signed(builder, issuing.key)


def make_crl(
    issuing: Issuer,
    revoked: Iterable[Revocation],
    number: int,
    days: int,
    at: datetime,
) -> x509.CertificateRevocationList:
    """The list of all that is revoked, good until ``days`` after ``at``."""
    lines = sorted(revoked, key=lambda line: line.at)
    empty = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing.certificate.subject)
        .last_update(at - BACKDATE)
        .next_update(at + timedelta(days))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_key_id_of(issuing), critical=False)
    )
    lookalike = _filled(empty, lines[-LINTED_LINES:])
    lint.must_pass(lookalike.sign(_nobodys_key(), hashes.SHA256()))
    return _filled(empty, lines).sign(issuing.key, hashes.SHA256())


def _signed(
    builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey
) -> x509.Certificate:
    """The certificate, linted first; raises `pki.lint.LintRefused`."""
    lookalike = builder.sign(_nobodys_key(), hashes.SHA256())
    lint.must_pass(lookalike)
    made = builder.sign(key, hashes.SHA256())
    if made.tbs_certificate_bytes != lookalike.tbs_certificate_bytes:
        raise RuntimeError("what was signed is not what was linted")
    return made


@cache
def _nobodys_key() -> EllipticCurvePrivateKey:
    """Signs look-alikes; no certificate names it, so what it signs is worth nothing."""
    return generate_private_key(SECP256R1())


def _filled(
    builder: x509.CertificateRevocationListBuilder, lines: Iterable[Revocation]
) -> x509.CertificateRevocationListBuilder:
    for line in lines:
        builder = builder.add_revoked_certificate(_crl_entry(line))
    return builder


def _crl_entry(line: Revocation) -> x509.RevokedCertificate:
    entry = (
        x509.RevokedCertificateBuilder()
        .serial_number(line.serial)
        .revocation_date(line.at)
    )
    if line.reason is not x509.ReasonFlags.unspecified:  # RFC 5280: left out then
        entry = entry.add_extension(x509.CRLReason(line.reason), critical=False)
    return entry.build()


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: StationPublicKey,
    terms: Terms,
    no_later: datetime | None = None,
) -> x509.CertificateBuilder:
    until = terms.at + timedelta(terms.days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(draw_serial(terms.token_bytes))
        .not_valid_before(terms.at - BACKDATE)
        .not_valid_after(min(until, no_later or until))
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False
        )
    )


def _key_id_of(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        issuer.certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value
    )


def _authority_name(network: Network, rank: str) -> x509.Name:
    words = (network.name, TEST_MARK, rank) if network.test else (network.name, rank)
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, " ".join(words))])


def _station_name(network: Network, planned: PlannedStation) -> x509.Name:
    shown = f"{planned.name} {TEST_MARK}" if network.test else planned.name
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, shown),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, planned.organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, planned.role),
        ]
    )


def _alternative_names(
    planned: PlannedStation, purpose: Purpose
) -> x509.SubjectAlternativeName:
    names: list[x509.GeneralName] = [
        x509.UniformResourceIdentifier(planned.station.uri)
    ]
    if purpose is Purpose.TLS:
        names += [_host_name(host) for host in planned.hosts]
    return x509.SubjectAlternativeName(names)


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
