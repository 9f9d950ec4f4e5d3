# SPDX-License-Identifier: Apache-2.0
"""What are these DER bytes meant to be? By their first elements, with patience.

A damaged message is still recognised, so that it can be told where it is damaged. The
verdict is never given here.
"""

from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from gateway.inspection import tlv
from pki import oids
from pki.names import MALFORMED


class Thing(Enum):
    """What can lie in a file; the value is what a person calls it."""

    SEALED = "sealed message"
    SIGNED = "signed"
    OTHER_CMS = "CMS of another kind"
    CONTENT = "opened content of a message"
    HEADER = "header, unsigned"
    PERMIT = "permit (情報提供許可証), unsigned"
    ROUTE = "route (経路情報), unsigned"
    RECEIPT = "receipt, unsigned"
    REFUSAL = "refusal, unsigned"
    CERTIFICATE = "certificate"
    REVOCATION_LIST = "revocation list"
    REQUEST = "certification request"
    PRIVATE_KEY = "private key"
    PUBLIC_KEY = "public key"


_BEGINNINGS: Final[tuple[tuple[tuple[int, ...], Thing], ...]] = (
    ((0x04, 0x04, 0x04), Thing.CONTENT),
    ((0x02, 0x04, 0x0C, 0x0C, 0x0C), Thing.HEADER),
    ((0x02, 0x04, 0x04, 0x0C, 0x0C), Thing.PERMIT),
    ((0x02, 0x04, 0x0C, 0x0C, 0x02), Thing.ROUTE),
    ((0x02, 0x04, 0x04, 0x0C, 0x18), Thing.RECEIPT),
    ((0x02, 0x04, 0x80, 0x0C, 0x18), Thing.REFUSAL),
    ((0x02, 0x04, 0x0C, 0x18, 0x0C), Thing.REFUSAL),
    ((0x02, 0x30, 0x04), Thing.PRIVATE_KEY),
    ((0x02, 0x04, 0xA0), Thing.PRIVATE_KEY),
    ((0x30, 0x04), Thing.PRIVATE_KEY),
    ((0x30, 0x03), Thing.PUBLIC_KEY),
)
"""Tags of the first elements inside the outermost SEQUENCE."""

_PEM: Final = {
    "CERTIFICATE": Thing.CERTIFICATE,
    "X509 CRL": Thing.REVOCATION_LIST,
    "CERTIFICATE REQUEST": Thing.REQUEST,
    "NEW CERTIFICATE REQUEST": Thing.REQUEST,
    "PRIVATE KEY": Thing.PRIVATE_KEY,
    "EC PRIVATE KEY": Thing.PRIVATE_KEY,
    "RSA PRIVATE KEY": Thing.PRIVATE_KEY,
    "ENCRYPTED PRIVATE KEY": Thing.PRIVATE_KEY,
    "PUBLIC KEY": Thing.PUBLIC_KEY,
}


def thing(data: bytes, label: str = "") -> Thing | None:
    """What it is; ``label`` is that of a PEM block. None for nothing of ours."""
    if label in _PEM:
        return _PEM[label]
    found = tlv.tags(data)
    if found[:1] == (0x06,):
        return _cms(data)
    if found[:3] == (0x30, 0x30, 0x03):
        return _certified(data)
    for beginning, kind in _BEGINNINGS:
        if found[: len(beginning)] == beginning:
            return kind
    return None


def _cms(data: bytes) -> Thing:
    kind = tlv.first_oid(data)
    if kind == oids.ID_SIGNED_DATA:
        return Thing.SIGNED
    return Thing.SEALED if kind == oids.ID_CT_AUTH_ENVELOPED_DATA else Thing.OTHER_CMS


def _certified(data: bytes) -> Thing:
    """A certificate unless it reads as one of the two others of that shape."""
    for load, kind in (
        (x509.load_der_x509_crl, Thing.REVOCATION_LIST),
        (x509.load_der_x509_csr, Thing.REQUEST),
    ):
        try:
            load(data)
        except (UnsupportedAlgorithm, *MALFORMED):
            continue
        return kind
    return Thing.CERTIFICATE
