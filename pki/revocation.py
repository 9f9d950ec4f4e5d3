# SPDX-License-Identifier: Apache-2.0
"""The revocation list as a value: which serials are taken back, and until when it says.

A list counts only if our issuing authority signed it and it is whole: no delta, no
part, no list about other authorities (all of which say so by a critical extension).
Its serials are read into a set once, because looking one up in the list itself costs
a hundred microseconds.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from pki.errors import PkiError
from pki.identity import IssuingAuthority
from pki.names import MALFORMED
from pki.oids import ID_ECDSA_WITH_SHA256

_UNDERSTOOD = frozenset((x509.CRLNumber.oid, x509.AuthorityKeyIdentifier.oid))


class TrustFileError(PkiError):
    """The chain or the revocation list cannot be what this station believes by.

    Another network's file, a damaged copy, or a list older than the one in use: a slip
    while copying, or somebody who wants a revoked certificate to be believed again.
    What was in use before stays in use. Take ``chain.pem`` and ``issuing/crl.pem`` from
    the authority once more; ``sekisho pki show`` says what a file holds.
    """


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list, proved to be the authority's."""

    number: int
    this_update: datetime
    next_update: datetime
    serials: frozenset[int] = field(repr=False)

    @classmethod
    def read(cls, pem: bytes, authority: IssuingAuthority) -> Self:
        """Read and prove a list; raises `TrustFileError`."""
        try:
            crl = x509.load_pem_x509_crl(pem)
            _check(crl, authority)
            number = crl.extensions.get_extension_for_class(x509.CRLNumber).value
            next_update = crl.next_update_utc
            serials = frozenset(revoked.serial_number for revoked in crl)
        except (*MALFORMED, x509.ExtensionNotFound):
            raise TrustFileError("the revocation list is damaged") from None
        if next_update is None:
            raise TrustFileError("the revocation list does not say when it ends")
        return cls(number.crl_number, crl.last_update_utc, next_update, serials)

    def holds(self, at: datetime) -> bool:
        """Whether the list can be asked at this moment."""
        return self.this_update <= at <= self.next_update


def _check(crl: x509.CertificateRevocationList, authority: IssuingAuthority) -> None:
    if any(
        extension.critical and extension.oid not in _UNDERSTOOD
        for extension in crl.extensions
    ):
        raise TrustFileError("the revocation list is not a whole one")
    key = authority.certificate.public_key()
    if (
        crl.issuer != authority.name
        or crl.signature_algorithm_oid.dotted_string != ID_ECDSA_WITH_SHA256
        or not isinstance(key, EllipticCurvePublicKey)
        or not crl.is_signature_valid(key)
    ):
        raise TrustFileError("the revocation list is not this authority's")
