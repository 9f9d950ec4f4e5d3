# SPDX-License-Identifier: Apache-2.0
"""What signing and sealing need of a certificate, taken out once and kept.

Reading a key and an extension costs as much as half a signature, so a `CertifiedKey`
is made when a certificate is first met and used again for every message. It says
nothing about trust: whether the certificate is to be believed, is of this moment and
for this purpose, `pki.trust` decides before.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki import der
from pki.algorithms import CURVE, KEY_ID_BYTES
from pki.errors import UnusableCertificate
from pki.names import MALFORMED

_UNREADABLE = (UnsupportedAlgorithm, x509.ExtensionNotFound, *MALFORMED)


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A certificate whose P-256 key and key identifier are at hand."""

    certificate: x509.Certificate = field(repr=False)
    public_key: ec.EllipticCurvePublicKey = field(repr=False)
    key_id: bytes
    """The subject key identifier: how messages name this key."""
    digest: bytes
    """SHA-256 of the whole certificate: how messages bind themselves to it."""
    issuer_serial: bytes = field(repr=False)
    """DER of the IssuerSerial of RFC 5035, for signers that add it."""

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Self:
        """Raises `UnusableCertificate` where key or key identifier do not fit."""
        try:
            public_key = certificate.public_key()
            key_id = certificate.extensions.get_extension_for_class(
                x509.SubjectKeyIdentifier
            ).value.digest
            issuer_serial = _issuer_serial(certificate)
        except _UNREADABLE:
            raise UnusableCertificate("no readable key or key identifier") from None
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            raise UnusableCertificate("the key is not an elliptic curve key")
        if public_key.curve.name != CURVE.name:
            raise UnusableCertificate("the key is not on the curve P-256")
        if len(key_id) != KEY_ID_BYTES:
            raise UnusableCertificate("the key identifier is not 20 bytes long")
        digest = sha256(certificate.public_bytes(Encoding.DER)).digest()
        return cls(certificate, public_key, key_id, digest, issuer_serial)

    def must_match(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        """Raises `UnusableCertificate` if the private key is not this one's."""
        if private_key.public_key() != self.public_key:
            raise UnusableCertificate("the private key is not the certificate's")


def _issuer_serial(certificate: x509.Certificate) -> bytes:
    directory_name = der.tlv(0xA4, certificate.issuer.public_bytes())
    return der.tlv(
        der.SEQUENCE,
        der.tlv(der.SEQUENCE, directory_name),
        der.encode(certificate.serial_number),
    )
