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
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from pki import der, oids
from pki.algorithms import ECDSA_SHA256
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
from pki.der import OID, SEQUENCE, SET, TLV, tlv
from pki.errors import CmsError
from pki.signed_form import form_of, recognised

_CONTENT_TYPE: Final = OID(oids.ID_CONTENT_TYPE)
_MESSAGE_DIGEST: Final = OID(oids.ID_MESSAGE_DIGEST)
_SIGNING_TIME: Final = OID(oids.ID_SIGNING_TIME)
_SIGNING_CERTIFICATE: Final = OID(oids.ID_SIGNING_CERTIFICATE_V2)


class Signed(msgspec.Struct, frozen=True, gc=False):
    """A message of the profile that agrees with itself; who signed it is open yet."""

    content_type: str
    content: bytes
    key_id: bytes
    """Which key the signer says it used; `Verifier` finds out whether it did."""
    signing_time: datetime
    """The signer's claim, to the second, UTC."""
    certificate_digest: bytes
    """SHA-256 of the certificate that the signer means."""
    issuer_serial: bytes | None
    attributes: bytes
    """The signed attributes as the signature covers them."""
    signature: bytes

    def __repr__(self) -> str:
        return f"Signed({self.content_type}, by {self.key_id.hex()})"

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
        self._digest = certified.digest

    def sign(self, content: bytes, content_type: str, at: datetime) -> bytes:
        """DER of the signed content. ``content_type`` is a dotted identifier.

        ``at`` must be aware (`ValueError`); it is the time that the signature claims.
        """
        time = _time(at.replace(microsecond=0))
        form = form_of(content_type, len(time))
        attributes = form.attributes(time, sha256(content).digest(), self._digest)
        signature = self._private_key.sign(attributes, ECDSA_SHA256)
        tail = form.signer_infos(self.key_id, attributes, signature)
        return b"".join((form.before_content(len(content), len(tail)), content, tail))


def parse_signed(data: bytes) -> Signed:
    """Read a signed message of the profile; raises `CmsError` for any other bytes.

    What comes back has not been verified: nothing in it may be used before
    `Verifier.verify` has passed, except to find the certificate.
    """
    usual = recognised(data)
    if usual is None:
        return parse_unusual(data)
    der.decode(EcdsaSignature, usual.signature)
    return Signed(
        content_type=usual.content_type,
        content=usual.content,
        key_id=usual.key_id,
        signing_time=_moment(usual.time),
        certificate_digest=usual.certificate_digest,
        issuer_serial=None,
        attributes=usual.attributes,
        signature=usual.signature,
    )


def parse_unusual(data: bytes) -> Signed:
    """The long way, for whatever has not the usual form."""
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


@lru_cache(maxsize=64)
def _time(at: datetime) -> bytes:
    """The DER of a whole second: every message of that second has the same."""
    return der.time(at)


@lru_cache(maxsize=64)
def _moment(time: bytes) -> datetime:
    return der.moment(der.decode(TLV, time))
