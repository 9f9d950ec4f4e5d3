# SPDX-License-Identifier: Apache-2.0
"""The bench for sealed vectors: a seal written step by step, any step another way.

`Steps` seals for the examples' core as RFC 5083, 5084 and 5753 have it; each field is
one choice. A vector in a weaker algorithm is truly sealed in it, so that a reader who
knows the algorithm opens it. `changed` changes the finished message instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import PublicFormat

from pki import der, oids
from pki.der import OCTET_STRING, SEQUENCE, SET, tlv
from tests.pki import forge
from tests.pki.forge import Change
from tests.vectors.stations import (
    certificate,
    drawn,
    example,
    key_id,
    labelled,
    point_of,
)
from tests.vectors.vector import Make

PLAIN: Final = example("inquiry-content.der")
RECEIVER: Final = "core-sealing"
WRAPS: Final = {
    16: "2.16.840.1.101.3.4.1.5",
    24: "2.16.840.1.101.3.4.1.25",
    32: oids.ID_AES256_WRAP,
}
GCM: Final = {
    16: "2.16.840.1.101.3.4.1.6",
    24: "2.16.840.1.101.3.4.1.26",
    32: oids.ID_AES256_GCM,
}
CBC: Final = "2.16.840.1.101.3.4.1.42"
ENVELOPED: Final = "1.2.840.113549.1.7.3"


@dataclass(frozen=True, slots=True)
class Steps:
    """Every choice of a sealer; what stands here is the profile's."""

    plain: bytes = PLAIN
    receiver: str = RECEIVER
    agreement: str = oids.ID_STD_DH_SHA256_KDF
    derivation: Callable[[], hashes.HashAlgorithm] = hashes.SHA256
    wrapping: int = 32
    content_key: int = 32
    wrap: Callable[[bytes, bytes], bytes] = keywrap.aes_key_wrap
    wrap_oid: str = ""
    nonce: int = 12
    tag: int = 16
    point: PublicFormat = PublicFormat.UncompressedPoint
    material: bytes = b""
    """User keying material, said and derived with."""
    covered: bytes = b""
    """Attributes that the tag covers, as they stand in the message."""

    def sealed(self) -> bytes:
        """The message."""
        recipient = tlv(SET, self.recipient())
        encrypted, tag = self.encrypted()
        parts = (der.encode(0), recipient, encrypted, self.covered)
        data = tlv(SEQUENCE, *parts, tlv(OCTET_STRING, tag))
        kind = der.oid(oids.ID_CT_AUTH_ENVELOPED_DATA)
        return tlv(SEQUENCE, kind, tlv(0xA0, data))

    def enveloped(self) -> bytes:
        """The message as EnvelopedData in CBC, which nothing authenticates."""
        start = drawn("vector", 16)
        filler = 16 - len(self.plain) % 16
        cipher = Cipher(algorithms.AES(self._key()), modes.CBC(start)).encryptor()
        padded = self.plain + bytes((filler,)) * filler
        algorithm = tlv(SEQUENCE, der.oid(CBC), tlv(OCTET_STRING, start))
        content = tlv(0x80, cipher.update(padded) + cipher.finalize())
        encrypted = tlv(SEQUENCE, der.oid(oids.ID_DATA), algorithm, content)
        data = tlv(SEQUENCE, der.encode(2), tlv(SET, self.recipient()), encrypted)
        return tlv(SEQUENCE, der.oid(ENVELOPED), tlv(0xA0, data))

    def recipient(self) -> bytes:
        """The one receiver, by key agreement."""
        ephemeral = labelled("ephemeral", ec.SECP256R1())
        whose = certificate(self.receiver)
        public: Any = whose.public_key()
        wrap = tlv(SEQUENCE, der.oid(self.wrap_oid or WRAPS[self.wrapping]))
        size = tlv(0xA2, tlv(OCTET_STRING, (self.wrapping * 8).to_bytes(4)))
        said = tlv(OCTET_STRING, self.material) if self.material else b""
        info = tlv(SEQUENCE, wrap, tlv(0xA0, said) if said else b"", size)
        agreed = ephemeral.exchange(ec.ECDH(), public)
        under = X963KDF(self.derivation(), self.wrapping, info).derive(agreed)
        point = tlv(0x03, b"\0", point_of(ephemeral.public_key(), self.point))
        originator = tlv(0xA1, tlv(SEQUENCE, der.oid(oids.ID_EC_PUBLIC_KEY)), point)
        wrapped = tlv(OCTET_STRING, self.wrap(under, self._key()))
        name = tlv(0xA0, tlv(OCTET_STRING, key_id(whose)))
        return tlv(
            0xA1,
            *(der.encode(3), tlv(0xA0, originator), tlv(0xA1, said) if said else b""),
            tlv(SEQUENCE, der.oid(self.agreement), wrap),
            tlv(SEQUENCE, tlv(SEQUENCE, name, wrapped)),
        )

    def encrypted(self) -> tuple[bytes, bytes]:
        """The encrypted content as it stands in the message, and its tag."""
        nonce = drawn("nonce", self.nonce)
        mode = modes.GCM(nonce)
        cipher = Cipher(algorithms.AES(self._key()), mode).encryptor()
        if self.covered:
            cipher.authenticate_additional_data(b"\x31" + self.covered[1:])
        content = cipher.update(self.plain) + cipher.finalize()
        size = b"" if self.tag == 12 else der.encode(self.tag)
        parameters = tlv(SEQUENCE, tlv(OCTET_STRING, nonce), size)
        algorithm = tlv(SEQUENCE, der.oid(GCM[self.content_key]), parameters)
        kind = der.oid(oids.ID_DATA)
        return tlv(SEQUENCE, kind, algorithm, tlv(0x80, content)), cipher.tag[
            : self.tag
        ]

    def _key(self) -> bytes:
        return drawn("content key", self.content_key)


USUAL: Final = Steps()


def another(**steps: Any) -> Make:
    """Truly sealed, some steps another way."""
    return lambda: replace(USUAL, **steps).sealed()


def changed(*changes: Change) -> Make:
    """The finished message, changed."""

    def make() -> bytes:
        tree = forge.read(USUAL.sealed())
        for change in changes:
            change(tree)
        return tree.write()

    return make
