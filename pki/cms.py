# SPDX-License-Identifier: Apache-2.0
"""Signing: CMS SignedData with one signer, read strictly and written from a template.

Sign: a `Signer` is made once per key and signs any number of contents. Read:
`parse_signed` turns bytes into a `Signed` that meets the profile and agrees with itself
(digest and content type); then a `Verifier`, made once per peer certificate, says
whether this certificate's key signed it. Neither asks whether the certificate is
trusted, of this moment, or allowed to sign this type: `pki.trust` and the rules do.
ECDSA lets anybody turn one valid signature into one other; nothing of ours compares
signatures, only what they cover.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from pki import der, oids
from pki.algorithms import DIGEST_BYTES, ECDSA_SHA256
from pki.certified_key import CertifiedKey
from pki.cms_profile import hold
from pki.cms_shapes import (
    EcdsaSignature,
    SignedAttributes,
    SignedContentInfo,
    SignedData,
    SignerInfo,
    SigningCertificateV2,
)
from pki.der import OCTET_STRING, OID, SEQUENCE, SET, TLV, around, tlv
from pki.errors import CmsError

_CONTENT_TYPE: Final = OID(oids.ID_CONTENT_TYPE)
_MESSAGE_DIGEST: Final = OID(oids.ID_MESSAGE_DIGEST)
_SIGNING_TIME: Final = OID(oids.ID_SIGNING_TIME)
_SIGNING_CERTIFICATE: Final = OID(oids.ID_SIGNING_CERTIFICATE_V2)

_VERSION_3: Final = der.encode(3)
_SHA256: Final = tlv(SEQUENCE, der.oid(oids.ID_SHA256))
_ECDSA: Final = tlv(SEQUENCE, der.oid(oids.ID_ECDSA_WITH_SHA256))
_SIGNED_DATA: Final = der.oid(oids.ID_SIGNED_DATA)
_BEFORE_CONTENT: Final = _VERSION_3 + tlv(SET, _SHA256)
_ATTRIBUTES_TAG: Final = 0xA0
_KEY_ID_TAG: Final = 0x80
_EXPLICIT_0: Final = 0xA0


@dataclass(frozen=True, slots=True)
class Signed:
    """A message of the profile that agrees with itself; who signed it is open yet."""

    content_type: str
    content: bytes = field(repr=False)
    key_id: bytes
    """Which key the signer says it used; `Verifier` finds out whether it did."""
    signing_time: datetime
    """The signer's claim, to the second, UTC."""
    certificate_digest: bytes
    """SHA-256 of the certificate that the signer means."""
    issuer_serial: bytes | None = field(repr=False)
    attributes: bytes = field(repr=False)
    """The signed attributes as the signature covers them."""
    signature: bytes = field(repr=False)

    def verify(self, certificate: x509.Certificate) -> None:
        """As `Verifier.verify`, for a certificate that is met only once."""
        Verifier(certificate).verify(self)


class Verifier:
    """Checks signatures of one certificate; keep it as long as the certificate."""

    def __init__(self, certificate: x509.Certificate) -> None:
        """Raises `UnusableCertificate` where the key is no P-256 one."""
        self._certified = CertifiedKey.of(certificate)
        self.certificate = certificate
        self.key_id = self._certified.key_id

    def verify(self, signed: Signed) -> None:
        """Raises `CmsError` unless this certificate's key signed exactly this.

        The certificate must be the very one that the signer named, not only hold the
        same key. Its time, trust and purpose are not looked at.
        """
        mine = self._certified
        if signed.key_id != mine.key_id:
            raise CmsError("signed with another key", "SignerInfo.sid")
        if signed.certificate_digest != mine.digest:
            raise CmsError("signed under another certificate", "ESSCertIDv2.certHash")
        if signed.issuer_serial not in (None, mine.issuer_serial):
            raise CmsError("another issuer or serial", "ESSCertIDv2.issuerSerial")
        try:
            mine.public_key.verify(signed.signature, signed.attributes, ECDSA_SHA256)
        except InvalidSignature:
            raise CmsError("the signature is wrong", "SignerInfo.signature") from None


class Signer:
    """Signs with one private key; keep it as long as the key."""

    def __init__(
        self,
        private_key: ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
    ) -> None:
        """Raises `UnusableCertificate` if the two are no pair, or no P-256 one."""
        certified = CertifiedKey.of(certificate)
        certified.must_match(private_key)
        self._private_key = private_key
        self.certificate = certificate
        self.key_id = certified.key_id
        self._certificate_attribute = _attribute(
            oids.ID_SIGNING_CERTIFICATE_V2, _signing_certificate(certified.digest)
        )
        self._before_attributes = b"".join(
            (_VERSION_3, tlv(_KEY_ID_TAG, certified.key_id), _SHA256)
        )

    def sign(self, content: bytes, content_type: str, at: datetime) -> bytes:
        """DER of the signed content. ``content_type`` is a dotted identifier.

        ``at`` must be aware (`ValueError`); it is the time that the signature claims.
        """
        type_der, type_attribute = _typed(content_type)
        attributes = b"".join(
            sorted(
                (
                    type_attribute,
                    _digest_attribute(sha256(content).digest()),
                    _attribute(oids.ID_SIGNING_TIME, der.time(at)),
                    self._certificate_attribute,
                )
            )
        )
        signature = self._private_key.sign(tlv(SET, attributes), ECDSA_SHA256)
        signer_info = tlv(
            SEQUENCE,
            self._before_attributes,
            tlv(_ATTRIBUTES_TAG, attributes),
            _ECDSA,
            tlv(OCTET_STRING, signature),
        )
        return around(
            content,
            (OCTET_STRING, b"", b""),
            (_EXPLICIT_0, b"", b""),
            (SEQUENCE, type_der, b""),
            (SEQUENCE, _BEFORE_CONTENT, tlv(SET, signer_info)),
            (_EXPLICIT_0, b"", b""),
            (SEQUENCE, _SIGNED_DATA, b""),
        )


def parse_signed(data: bytes) -> Signed:
    """Read a signed message of the profile; raises `CmsError` for any other bytes.

    What comes back has not been verified: nothing in it may be used before
    `Verifier.verify` has passed, except to find the certificate.
    """
    outer = der.decode(SignedContentInfo, data)
    hold("signed contentType", outer.content_type)
    signer = _only_signer(outer.content)
    covered, attributes = _attributes(signer)
    inner = outer.content.content_info
    if der.part(attributes[_CONTENT_TYPE], OID) != inner.content_type:
        raise CmsError("the signed content type is another one", "contentType")
    digest = der.part(attributes[_MESSAGE_DIGEST], bytes)
    if digest != sha256(inner.content).digest():
        raise CmsError("the signed digest is of other content", "messageDigest")
    certificate = der.part(attributes[_SIGNING_CERTIFICATE], SigningCertificateV2)
    (named,) = certificate.certificates
    issuer_serial = named.issuer_serial
    der.decode(EcdsaSignature, signer.signature)
    return Signed(
        content_type=inner.content_type.dotted_string,
        content=inner.content,
        key_id=signer.key_id,
        signing_time=der.moment(attributes[_SIGNING_TIME]),
        certificate_digest=named.digest,
        issuer_serial=None if issuer_serial is None else der.encode(issuer_serial),
        attributes=covered,
        signature=signer.signature,
    )


def _only_signer(signed: SignedData) -> SignerInfo:
    hold("SignedData.version", signed.version)
    (digest_algorithm,) = signed.digest_algorithms.as_list()
    hold("SignedData.digestAlgorithms", digest_algorithm.pair)
    (signer,) = signed.signer_infos.as_list()
    hold("SignerInfo.version", signer.version)
    hold("SignerInfo.digestAlgorithm", signer.digest_algorithm.pair)
    hold("SignerInfo.signatureAlgorithm", signer.signature_algorithm.pair)
    return signer


def _attributes(signer: SignerInfo) -> tuple[bytes, Mapping[OID, TLV]]:
    """The bytes that are signed, and the one value of each attribute by its type."""
    hold("SignerInfo.signedAttrs", signer.signed_attributes.tag_bytes)
    covered = tlv(SET, bytes(signer.signed_attributes.data))
    found = der.decode(SignedAttributes, tlv(SEQUENCE, covered)).attributes.as_list()
    hold("signedAttrs types", frozenset(attribute.type for attribute in found))
    return covered, {each.type: each.values.as_list()[0] for each in found}


def _attribute(dotted: str, value: bytes) -> bytes:
    return tlv(SEQUENCE, der.oid(dotted), tlv(SET, value))


def _signing_certificate(digest: bytes) -> bytes:
    named = tlv(SEQUENCE, tlv(OCTET_STRING, digest))
    return tlv(SEQUENCE, tlv(SEQUENCE, named))


@lru_cache(maxsize=64)
def _typed(dotted: str) -> tuple[bytes, bytes]:
    """A content type's encoding, and the attribute that repeats it."""
    encoded = der.oid(dotted)
    return encoded, _attribute(oids.ID_CONTENT_TYPE, encoded)


_DIGEST_ATTRIBUTE: Final = _attribute(
    oids.ID_MESSAGE_DIGEST, tlv(OCTET_STRING, bytes(DIGEST_BYTES))
)[:-DIGEST_BYTES]


def _digest_attribute(digest: bytes) -> bytes:
    return _DIGEST_ATTRIBUTE + digest
