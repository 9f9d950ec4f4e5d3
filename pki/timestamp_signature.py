# SPDX-License-Identifier: Apache-2.0
"""Who signed a time-stamp: the one certificate that everything in it names.

Three things name the signer of a token: the signed attribute ESSCertIDv2 (by a digest
of the certificate), the signer's field (by issuer and serial, or key identifier), and
the key that verifies the signature. Libraries were fooled by looking at a certificate
of the token that only one of them names. Here all three must be one certificate's.
"""

import hashlib
import hmac
import warnings
from collections.abc import Mapping
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from pki import der, oids
from pki.cms_shapes import AlgorithmIdentifier
from pki.der import OID, SEQUENCE, SET, TLV, tlv
from pki.timestamp_path import StampRefused, must
from pki.timestamp_shapes import (
    IssuerAndSerial,
    SigningCertificateV2,
    TokenAttributes,
    TokenData,
    TokenSigner,
)

MAX_CERTIFICATES: Final = 8
SHA256: Final = AlgorithmIdentifier(algorithm=OID(oids.ID_SHA256), parameters=None)
_DATA_VERSION: Final = 3
_BY_SERIAL: Final = 1
_BY_KEY_ID: Final = 3
"""A signer's version says how it is named (RFC 5652, section 5.3)."""
_SEQUENCE_TAG: Final = b"\x30"
_KEY_ID_TAG: Final = b"\x80"
_SHORTEST_RSA: Final = 2048
_PKCS1: Final = "1.2.840.113549."

_DIGESTS: Final[Mapping[str, hashes.HashAlgorithm]] = {
    oids.ID_SHA256: hashes.SHA256(),
    oids.ID_SHA384: hashes.SHA384(),
    oids.ID_SHA512: hashes.SHA512(),
}
_SIGNATURES: Final[Mapping[str, str]] = {
    oids.ID_ECDSA_WITH_SHA256: oids.ID_SHA256,
    oids.ID_ECDSA_WITH_SHA384: oids.ID_SHA384,
    oids.ID_ECDSA_WITH_SHA512: oids.ID_SHA512,
    oids.ID_RSA_WITH_SHA256: oids.ID_SHA256,
    oids.ID_RSA_WITH_SHA384: oids.ID_SHA384,
    oids.ID_RSA_WITH_SHA512: oids.ID_SHA512,
}
"""Signature algorithms that say their digest; the one that does not is plain RSA."""


def signed_by(
    data: TokenData,
) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """The signer's certificate, and all that lie in the token.

    Raises `StampRefused` unless its key signed this very content under its own name.
    """
    (signer,) = data.signers.as_list()
    (digest,) = data.digest_algorithms.as_list()
    must(data.version == _DATA_VERSION, "its signed data is of another version")
    by_key_id = signer.signer.tag_bytes == _KEY_ID_TAG
    wanted = _BY_KEY_ID if by_key_id else _BY_SERIAL
    must(signer.version == wanted, "its signer is of another version")
    same = digest.algorithm == signer.digest_algorithm.algorithm
    must(same, "it tells two kinds of digest")
    certificates = _certificates(data.certificates or [])
    attributes, covered = _attributes(signer)
    _content_is_signed(data.content_info.content, attributes, signer)
    leaf = _leaf(attributes, signer, certificates)
    _signature_holds(leaf, signer, covered)
    return leaf, certificates


def _certificates(found: list[TLV]) -> list[x509.Certificate]:
    must(len(found) <= MAX_CERTIFICATES, "it holds more certificates than there may be")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as of a serial: it is not looked at
        return [x509.load_der_x509_certificate(whole(one)) for one in found]


def whole(element: TLV) -> bytes:
    """A SEQUENCE with its tag and length; raises `StampRefused` for another element."""
    must(element.tag_bytes == _SEQUENCE_TAG, "an element of it is of another kind")
    return tlv(SEQUENCE, bytes(element.data))


def _attributes(signer: TokenSigner) -> tuple[Mapping[OID, TLV], bytes]:
    """The one value of each signed attribute, and the bytes that are signed."""
    tag = signer.signed_attributes.tag_bytes
    must(tag == b"\xa0", "its signed attributes are missing")
    covered = tlv(SET, bytes(signer.signed_attributes.data))
    found = der.decode(TokenAttributes, tlv(SEQUENCE, covered)).attributes.as_list()
    values = {one.type: one.values.as_list()[0] for one in found}
    must(len(values) == len(found), "a signed attribute is there twice")
    return values, covered


def _content_is_signed(
    content: bytes, attributes: Mapping[OID, TLV], signer: TokenSigner
) -> None:
    kind = der.part(_attribute(attributes, oids.ID_CONTENT_TYPE), OID)
    must(kind == OID(oids.ID_CT_TST_INFO), "another kind of content is signed")
    told = der.part(_attribute(attributes, oids.ID_MESSAGE_DIGEST), bytes)
    digest = _digest(_digest_of(signer.digest_algorithm), content)
    must(hmac.compare_digest(told, digest), "other content is signed")


def _leaf(
    attributes: Mapping[OID, TLV],
    signer: TokenSigner,
    certificates: list[x509.Certificate],
) -> x509.Certificate:
    """The certificate that the signed attribute and the signer both name."""
    element = _attribute(attributes, oids.ID_SIGNING_CERTIFICATE_V2)
    named = der.part(element, SigningCertificateV2).certificates
    must(len(named) >= 1, "no certificate is signed along")
    first = named[0]
    algorithm = SHA256 if first.algorithm is None else first.algorithm
    fitting = [
        one
        for one in certificates
        if hmac.compare_digest(
            first.digest, _digest(_digest_of(algorithm), _encoded(one))
        )
    ]
    must(len(fitting) == 1, "the certificate that is signed along is not in it")
    leaf = fitting[0]
    if first.issuer_serial is not None:
        same = first.issuer_serial.serial == leaf.serial_number
        must(same, "the certificate that is signed along has another serial")
    must(_is_named(leaf, signer.signer), "the signer names another certificate")
    return leaf


def _is_named(leaf: x509.Certificate, signer: TLV) -> bool:
    if signer.tag_bytes == _KEY_ID_TAG:
        kind = x509.SubjectKeyIdentifier
        own = leaf.extensions.get_extension_for_class(kind).value.digest
        return hmac.compare_digest(own, bytes(signer.data))
    named = der.part(signer, IssuerAndSerial)
    issuer = whole(named.issuer)
    return named.serial == leaf.serial_number and issuer == leaf.issuer.public_bytes()


def _signature_holds(
    leaf: x509.Certificate, signer: TokenSigner, covered: bytes
) -> None:
    name = signer.signature_algorithm.algorithm.dotted_string
    digest = _digest_of(signer.digest_algorithm)
    told = _SIGNATURES.get(name)
    if told is None and name != oids.ID_RSA:
        raise StampRefused("it is signed by an algorithm that is not believed")
    chosen = digest if told is None else _DIGESTS[told]
    key = leaf.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and not _is_rsa(name):
            key.verify(signer.signature, covered, ec.ECDSA(chosen))
        elif isinstance(key, rsa.RSAPublicKey) and _is_rsa(name):
            must(key.key_size >= _SHORTEST_RSA, "its RSA key is too short")
            key.verify(signer.signature, covered, padding.PKCS1v15(), chosen)
        else:
            raise StampRefused("its signature is of another kind than its key")
    except InvalidSignature:
        raise StampRefused("its signature is wrong") from None


def _is_rsa(name: str) -> bool:
    return name.startswith(_PKCS1)


def _attribute(attributes: Mapping[OID, TLV], name: str) -> TLV:
    found = attributes.get(OID(name))
    if found is None:
        raise StampRefused(f"the signed attribute {name} is missing")
    return found


def _digest_of(algorithm: AlgorithmIdentifier) -> hashes.HashAlgorithm:
    found = _DIGESTS.get(algorithm.algorithm.dotted_string)
    if found is None:
        raise StampRefused("it uses a digest that is not believed")
    return found


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    return hashlib.new(algorithm.name, data).digest()


def _encoded(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
