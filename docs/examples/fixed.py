# SPDX-License-Identifier: Apache-2.0
"""Everything about a message that is random, made repeatable for the examples.

Never for a real message: whoever knows a label knows the key. Keys come from labels,
signatures by RFC 6979, salts and nonces from a counted digest, so that the generator
writes the same bytes each time and a changed byte is a changed protocol. `seal` is
written from section 5 of ``docs/protocol.md`` and shares nothing with
``pki/sealing.py`` but the DER writer; a test opens its results with the latter.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki import der
from pki.der import OCTET_STRING, SEQUENCE, SET, tlv

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_REPEATABLE = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


class RepeatableKey(ec.EllipticCurvePrivateKey):
    """A P-256 key made from a label, which signs one content in one way."""

    def __init__(self, label: str) -> None:
        number = int.from_bytes(sha256(b"TEST key " + label.encode()).digest())
        self.real = ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())

    def sign(self, data: bytes, algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        return self.real.sign(data, _REPEATABLE)

    def exchange(
        self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey
    ) -> bytes:
        return self.real.exchange(algorithm, peer_public_key)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.real.public_key()

    @property
    def curve(self) -> ec.EllipticCurve:
        return self.real.curve

    @property
    def key_size(self) -> int:
        return self.real.key_size

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        return self.real.private_numbers()

    def private_bytes(self, *form: Any) -> bytes:
        return self.real.private_bytes(*form)

    def __copy__(self) -> "RepeatableKey":
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> "RepeatableKey":
        return self


def drawn(label: str) -> Callable[[int], bytes]:
    """A source of bytes that gives the same ones for the same label."""
    count = 0

    def token_bytes(size: int) -> bytes:
        nonlocal count
        found = b""
        while len(found) < size:
            found += sha256(f"TEST bytes {label} {count}".encode()).digest()
            count += 1
        return found[:size]

    return token_bytes


def seal(plain: bytes, certificate: x509.Certificate, label: str) -> bytes:
    """AuthEnvelopedData for ``certificate``, step by step as section 5 tells it."""
    token_bytes = drawn(f"seal {label}")
    content_key, nonce = token_bytes(32), token_bytes(12)
    ephemeral = RepeatableKey(f"ephemeral {label}")
    wrap = tlv(SEQUENCE, der.oid("2.16.840.1.101.3.4.1.45"))
    shared_info = tlv(
        SEQUENCE, wrap, tlv(0xA2, tlv(OCTET_STRING, bytes.fromhex("00000100")))
    )
    public_key = certificate.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    agreed = ephemeral.exchange(ec.ECDH(), public_key)
    wrapping_key = sha256(agreed + bytes.fromhex("00000001") + shared_info).digest()
    recipient = _recipient(
        ephemeral, certificate, wrap, aes_key_wrap(wrapping_key, content_key)
    )
    sealed = AESGCM(content_key).encrypt(nonce, plain, None)
    gcm = tlv(SEQUENCE, tlv(OCTET_STRING, nonce), der.encode(16))
    encrypted = tlv(
        SEQUENCE,
        der.oid("1.2.840.113549.1.7.1"),
        tlv(SEQUENCE, der.oid("2.16.840.1.101.3.4.1.46"), gcm),
        tlv(0x80, sealed[:-16]),
    )
    data = tlv(
        SEQUENCE,
        der.encode(0),
        tlv(SET, recipient),
        encrypted,
        tlv(OCTET_STRING, sealed[-16:]),
    )
    return tlv(SEQUENCE, der.oid("1.2.840.113549.1.9.16.1.23"), tlv(0xA0, data))


def _recipient(
    ephemeral: RepeatableKey, certificate: x509.Certificate, wrap: bytes, wrapped: bytes
) -> bytes:
    point = ephemeral.public_key().public_bytes(
        Encoding.X962, PublicFormat.UncompressedPoint
    )
    key_id = certificate.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    ).value.digest
    algorithm = tlv(SEQUENCE, der.oid("1.2.840.10045.2.1"))
    originator = tlv(0xA1, algorithm, tlv(0x03, b"\0", point))
    for_key = tlv(0xA0, tlv(OCTET_STRING, key_id))
    return tlv(
        0xA1,
        der.encode(3),
        tlv(0xA0, originator),
        tlv(SEQUENCE, der.oid("1.3.132.1.11.1"), wrap),
        tlv(SEQUENCE, tlv(SEQUENCE, for_key, tlv(OCTET_STRING, wrapped))),
    )
