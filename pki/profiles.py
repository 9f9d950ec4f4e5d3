# SPDX-License-Identifier: Apache-2.0
"""What each certificate of this network is for: one key, one purpose, one row.

The authority issues by this table and `pki.trust` reads certificates by the same
table, exactly: a certificate with one usage more or less than its row is refused, so
no key can be brought to serve two purposes (a signing key that also agrees on seals,
a TLS key that also signs messages). A new purpose is a new row here, an OID in
``pki/oids.py`` and a line in the plan.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from pki import oids
from pki.keystore import StationKey

StationPublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class Purpose(Enum):
    """The one thing a key is for; the value is the stem of its files."""

    TLS = "tls"
    SIGNING = "signing"
    SEALING = "sealing"
    PERMIT = "permit"
    RECORD = "record"


class KeyKind(Enum):
    """The two kinds of keys that stations hold."""

    P256 = "P-256"
    """What Debian's ``openssl cms`` can check, and the fastest to verify here."""
    ED25519 = "Ed25519"
    """What C2SP signed notes, the checkpoints of the record, are signed with."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One row: what a certificate of a purpose says, no more and no less."""

    purpose: Purpose
    key: KeyKind
    usages: frozenset[str]
    """Dotted OIDs of the extended key usage."""
    agrees_on_keys: bool = False
    """Key agreement as the only key usage; else digital signature is."""


PROFILES: Mapping[Purpose, Profile] = MappingProxyType(
    {
        row.purpose: row
        for row in (
            # Every station both calls and is called, by the same name.
            Profile(
                Purpose.TLS,
                KeyKind.P256,
                frozenset(
                    (Usage.SERVER_AUTH.dotted_string, Usage.CLIENT_AUTH.dotted_string)
                ),
            ),
            Profile(Purpose.SIGNING, KeyKind.P256, frozenset((oids.ID_KP_SIGNING,))),
            Profile(
                Purpose.SEALING,
                KeyKind.P256,
                frozenset((oids.ID_KP_SEALING,)),
                agrees_on_keys=True,
            ),
            Profile(Purpose.PERMIT, KeyKind.P256, frozenset((oids.ID_KP_PERMIT,))),
            Profile(Purpose.RECORD, KeyKind.ED25519, frozenset((oids.ID_KP_RECORD,))),
        )
    }
)

PERMIT_ROLE = "information_provision_network_system"
"""The one role that issues permits (番号法第21条), so the one that holds their key."""

TEST_MARK = "TEST"
"""The word in the names of every certificate of a network that is not a real one."""


def make_key(kind: KeyKind) -> StationKey:
    """A new private key; drawn from the library's own generator, as it insists."""
    if kind is KeyKind.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP256R1())


def kind_of(key: PublicKeyTypes) -> KeyKind | None:
    """Which of our kinds a public key is; None for every other."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return KeyKind.ED25519
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(
        key.curve, ec.SECP256R1
    ):
        return KeyKind.P256
    return None


def key_usage(
    *, signs: bool = False, agrees: bool = False, issues: bool = False
) -> x509.KeyUsage:
    """The key usage with only what is named."""
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=agrees,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def key_usage_of(profile: Profile) -> x509.KeyUsage:
    """The key usage that certificates of this row carry."""
    return key_usage(signs=not profile.agrees_on_keys, agrees=profile.agrees_on_keys)


def purpose_of(extensions: x509.Extensions) -> Purpose | None:
    """The purpose whose row these extensions meet exactly; None if none."""
    try:
        usages = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None
    told = frozenset(usage.dotted_string for usage in usages)
    for profile in PROFILES.values():
        if profile.usages == told and key_usage_of(profile) == usage:
            return profile.purpose
    return None
