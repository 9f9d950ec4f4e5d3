# SPDX-License-Identifier: Apache-2.0
"""Who a certificate says its holder is: what can be proved of it once and for all.

`identify` looks at what never changes: who signed it, by which algorithm, whether it
is exactly of one purpose's profile, and which station it names. Time and revocation
change, so they are `pki.trust`'s. Nothing of a certificate but its issuer's name and
algorithms is read before its signature holds.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from pki.algorithms import KEY_ID_BYTES
from pki.errors import PkiError
from pki.names import MALFORMED, BadStationName, StationName
from pki.oids import ID_ECDSA_WITH_SHA256
from pki.profiles import PROFILES, Purpose, StationPublicKey, kind_of, purpose_of

_UNDERSTOOD = frozenset(
    kind.oid
    for kind in (
        x509.BasicConstraints,
        x509.KeyUsage,
        x509.ExtendedKeyUsage,
        x509.SubjectAlternativeName,
    )
)
"""What may be critical. Any other extension may be there, but not be critical: nobody
knows it, or RFC 5280 forbids it (the key identifiers), and OpenSSL refuses both too."""


MAX_SERIAL_BITS = 160
"""RFC 5280: a serial is above zero and has at most 20 bytes, one bit of them a sign.
It lets readers be lenient; we are not, because revocation goes by serials."""


class Reason(Enum):
    """Why a certificate is not believed; the value is the operator's sentence."""

    UNKNOWN_AUTHORITY = "this network's issuing authority did not issue it"
    WEAK_ALGORITHM = "its key or signature is of a kind that is not allowed"
    BAD_SIGNATURE = "the issuing authority's signature on it does not hold"
    BAD_PROFILE = "it is not built as this network's certificates are"
    WRONG_PURPOSE = "it is for another purpose"
    NO_STATION_NAME = "it does not name exactly one station"
    NOT_YET_VALID = "its time, or that of its authority, has not begun"
    EXPIRED = "its time, or that of its authority, is over"
    REVOKED = "the authority has revoked it"
    STALE_REVOCATION = "nobody can say whether it is revoked: the list is out of time"
    NOT_ADMITTED = "it names a station that is not admitted where it knocked"
    """Said by whoever admits stations, of a certificate that is good."""

    @property
    def cannot_say(self) -> bool:
        """Neither good nor bad: refuse now, and a later attempt may pass."""
        return self is Reason.STALE_REVOCATION


class Untrusted(PkiError):
    """A certificate is not believed, for the reason given.

    Its holder may be a stranger, may use an old certificate or the wrong one, or the
    authority took it back. If the revocation list is out of time, fetch the new one
    (``sekisho pki crl`` makes it) or set this machine's clock right. ``reason`` says
    which, ``serial`` which certificate; ask its holder to renew it.
    """

    def __init__(self, reason: Reason, certificate: x509.Certificate) -> None:
        super().__init__(f"{reason.value} (serial {certificate.serial_number:040x})")
        self.reason = reason
        self.serial = certificate.serial_number


@dataclass(frozen=True, slots=True)
class Identity:
    """A station, proved by a certificate, for one purpose."""

    station: StationName
    purpose: Purpose
    certificate: x509.Certificate = field(repr=False)
    fingerprint: bytes = field(repr=False)
    """SHA-256 of the whole certificate."""
    key_id: bytes = field(repr=False)
    """The subject key identifier: how signed and sealed messages name the key."""
    public_key: StationPublicKey = field(repr=False)
    serial: int = field(repr=False)
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class IssuingAuthority:
    """The one certificate whose signature counts, with what is asked of it often."""

    certificate: x509.Certificate
    name: x509.Name
    key_id: bytes

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Self:
        """Raises one of `MALFORMED` or ``ExtensionNotFound`` if it has no key id."""
        key_id = certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        ).value.digest
        return cls(certificate, certificate.subject, key_id)


def identify(certificate: x509.Certificate, authority: IssuingAuthority) -> Identity:
    """The identity that a certificate proves; raises `Untrusted` with the reason."""
    try:
        extensions = certificate.extensions
        _check_issued(certificate, extensions, authority)
        _check_shape(certificate, extensions)
        return _read(certificate, extensions)
    except BadStationName:
        raise Untrusted(Reason.NO_STATION_NAME, certificate) from None
    except (*MALFORMED, x509.ExtensionNotFound):
        raise Untrusted(Reason.BAD_PROFILE, certificate) from None


def _check_issued(
    certificate: x509.Certificate,
    extensions: x509.Extensions,
    authority: IssuingAuthority,
) -> None:
    # The key id tells two authorities of one name apart; the signature decides.
    if certificate.issuer != authority.name or authority.key_id != (
        extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        ).value.key_identifier
    ):
        raise Untrusted(Reason.UNKNOWN_AUTHORITY, certificate)
    if certificate.signature_algorithm_oid.dotted_string != ID_ECDSA_WITH_SHA256:
        raise Untrusted(Reason.WEAK_ALGORITHM, certificate)
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        raise Untrusted(Reason.BAD_SIGNATURE, certificate) from None


def _check_shape(certificate: x509.Certificate, extensions: x509.Extensions) -> None:
    authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    strange = any(
        extension.critical and extension.oid not in _UNDERSTOOD
        for extension in extensions
    )
    serial = certificate.serial_number
    odd = not serial > 0 or serial.bit_length() >= MAX_SERIAL_BITS
    if authority or strange or odd or certificate.version is not x509.Version.v3:
        raise Untrusted(Reason.BAD_PROFILE, certificate)


def _read(certificate: x509.Certificate, extensions: x509.Extensions) -> Identity:
    purpose = purpose_of(extensions)
    if purpose is None:
        raise Untrusted(Reason.WRONG_PURPOSE, certificate)
    key_id = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    if len(key_id) != KEY_ID_BYTES:
        raise Untrusted(Reason.BAD_PROFILE, certificate)
    return Identity(
        station=StationName.of_certificate(certificate),
        purpose=purpose,
        certificate=certificate,
        fingerprint=certificate.fingerprint(hashes.SHA256()),
        key_id=key_id,
        public_key=_key(certificate, purpose),
        serial=certificate.serial_number,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _key(certificate: x509.Certificate, purpose: Purpose) -> StationPublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise Untrusted(Reason.WEAK_ALGORITHM, certificate) from None
    if kind_of(key) is not PROFILES[purpose].key or not isinstance(
        key, StationPublicKey
    ):
        raise Untrusted(Reason.WEAK_ALGORITHM, certificate)
    return key
