# SPDX-License-Identifier: Apache-2.0
"""Sealing: CMS AuthEnvelopedData for one receiver, by key agreement on P-256.

Seal: a fresh key pair per message agrees a key with the receiver's certificate (X9.63
derivation, SHA-256); it wraps a random AES-256 key, which encrypts the content in GCM.
Open: the same steps back; nothing of the content is used before its tag is right.
Sealing says nothing of the sender: what is sealed must be signed inside. Whoever cannot
open a message learns, and tells, only that: every failure has the same words, and its
inner cause hangs on ``__cause__`` for the record of our own station.
"""

import os
from collections.abc import Callable
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki import der
from pki.algorithms import (
    CONTENT_KEY_BYTES,
    CURVE,
    NONCE_BYTES,
)
from pki.certified_key import CertifiedKey
from pki.cms_profile import hold
from pki.cms_shapes import (
    EncryptedContentInfo,
    KeyAgreeRecipientInfo,
    SealedContentInfo,
)
from pki.der import OCTET_STRING, SEQUENCE, tlv
from pki.errors import CmsError
from pki.sealed_form import AES256_WRAP, Usual, form_for, recognised

_ECDH: Final = ec.ECDH()
_SHA256: Final = hashes.SHA256()

_SHARED_INFO: Final = tlv(
    SEQUENCE,
    AES256_WRAP,
    tlv(0xA2, tlv(OCTET_STRING, (CONTENT_KEY_BYTES * 8).to_bytes(4, "big"))),
)
"""ECC-CMS-SharedInfo (RFC 5753 7.2): the derived key is for this algorithm alone."""


class Recipient:
    """Seals for one certificate; keep it as long as the certificate."""

    def __init__(self, certificate: x509.Certificate) -> None:
        """Raises `UnusableCertificate` where the key is no P-256 one."""
        certified = CertifiedKey.of(certificate)
        self._public_key = certified.public_key
        self.certificate = certificate
        self.digest = certified.digest
        self.key_id = certified.key_id

    def seal(
        self, plain: bytes, token_bytes: Callable[[int], bytes] = os.urandom
    ) -> bytes:
        """DER of the sealed content, which only the certificate's key opens.

        ``token_bytes`` gives content key and nonce; the ephemeral key pair is always
        of the library's own generator. The same plain text never looks the same twice.
        """
        ephemeral = ec.generate_private_key(CURVE)
        content_key = token_bytes(CONTENT_KEY_BYTES)
        nonce = token_bytes(NONCE_BYTES)
        key = _derive(ephemeral.exchange(_ECDH, self._public_key))
        wrapped = aes_key_wrap(key, content_key)
        sealed = AESGCM(content_key).encrypt(nonce, plain, None)
        point = ephemeral.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        form = form_for(len(plain))
        return form.written(point, self.key_id, wrapped, nonce, sealed)


class Opener:
    """Opens what was sealed for one certificate; keep it as long as the key."""

    def __init__(
        self,
        private_key: ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
    ) -> None:
        """Raises `UnusableCertificate` if the two are no pair, or no P-256 one."""
        certified = CertifiedKey.of(certificate)
        certified.must_match(private_key)
        self._private_key = private_key
        self.key_id = certified.key_id
        self.certificate = certificate

    def open(self, data: bytes) -> bytes:
        """The plain content; raises `CmsError`, with one text for every cause."""
        try:
            return self._opened(data)
        except (CmsError, InvalidUnwrap, InvalidTag, ValueError) as failed:
            cause = failed.with_traceback(None)  # its frames would keep key material
        raise CmsError("the message cannot be opened with our key") from cause

    def _opened(self, data: bytes) -> bytes:
        usual = recognised(data)
        if usual is None or usual.key_id != self.key_id:
            usual = self._read(data)
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, usual.point)
        key = _derive(self._private_key.exchange(_ECDH, sender))
        content_key = aes_key_unwrap(key, usual.wrapped)
        return AESGCM(content_key).decrypt(usual.nonce, usual.sealed, None)

    def _read(self, data: bytes) -> Usual:
        """The long way, for whatever has not the usual form."""
        outer = der.decode(SealedContentInfo, data)
        hold("sealed contentType", outer.content_type)
        sealed = outer.content
        hold("AuthEnvelopedData.version", sealed.version)
        (recipient,) = sealed.recipients.as_list()
        content = sealed.content_info
        _check_content(content)
        point, wrapped = self._for_us(recipient)
        nonce = content.algorithm.parameters.nonce
        return Usual(point, self.key_id, wrapped, nonce, content.content + sealed.tag)

    def _for_us(self, recipient: KeyAgreeRecipientInfo) -> tuple[bytes, bytes]:
        """The sender's point and the wrapped key, in the one form, for our key."""
        hold("KeyAgreeRecipientInfo.version", recipient.version)
        originator = recipient.originator.key
        hold("originatorKey.algorithm", originator.algorithm.pair)
        hold(
            "originatorKey.publicKey unused bits", originator.public_key.padding_bits()
        )
        point = originator.public_key.as_bytes()
        hold("originatorKey.publicKey", (len(point), point[:1]))
        hold("keyEncryptionAlgorithm", recipient.algorithm.algorithm)
        hold("keyEncryptionAlgorithm wrap", recipient.algorithm.wrap.pair)
        (encrypted,) = recipient.encrypted_keys
        if encrypted.recipient.key_id != self.key_id:
            raise CmsError("sealed for another key", "RecipientEncryptedKey.rid")
        return point, encrypted.wrapped_key


def _check_content(content: EncryptedContentInfo) -> None:
    hold("EncryptedContentInfo.contentType", content.content_type)
    hold("contentEncryptionAlgorithm", content.algorithm.algorithm)
    hold("GCMParameters.icvlen", content.algorithm.parameters.tag_length)


def _derive(agreed: bytes) -> bytes:
    return X963KDF(_SHA256, CONTENT_KEY_BYTES, _SHARED_INFO).derive(agreed)
