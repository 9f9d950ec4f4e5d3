# SPDX-License-Identifier: Apache-2.0
"""Which algorithms sign and seal, and why each one: a small closed table.

Nothing is negotiated: a message in any other algorithm is refused, so nobody can talk
two stations down to a weaker one. All of them give about 128 bits of strength, are in
the lists of NIST and CRYPTREC, and are the ones that ``openssl cms`` of a plain Debian
can make and check by itself. A new algorithm is a new row here, new values in
``pki/cms_profile.py``, and a change of ``docs/protocol.md``.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pki import oids

CURVE: Final = ec.SECP256R1()
POINT_BYTES: Final = 65
"""04, x, y: an uncompressed point. Compressed ones say the same in a second way."""
ECDSA_SHA256: Final = ec.ECDSA(hashes.SHA256())
DIGEST_BYTES: Final = 32
CONTENT_KEY_BYTES: Final = 32
WRAPPED_KEY_BYTES: Final = 40
"""A content key and the eight check bytes of RFC 3394."""
NONCE_BYTES: Final = 12
"""The one length for which GCM uses the nonce as it is."""
TAG_BYTES: Final = 16
"""The full tag; GCM with shorter tags loses strength faster than the length says."""
KEY_ID_BYTES: Final = 20
"""Length of a subject key identifier as RFC 5280 4.2.1.2 and RFC 7093 make it."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One allowed algorithm."""

    name: str
    oid: str
    use: str
    why: str


ALGORITHMS: Final = (
    Algorithm(
        "SHA-256",
        oids.ID_SHA256,
        "digest of content, certificates, and inside signature and key derivation",
        "one digest everywhere; no known weakness, fast in hardware",
    ),
    Algorithm(
        "EC public key",
        oids.ID_EC_PUBLIC_KEY,
        "kind of every key under a signing or sealing certificate",
        "short keys and signatures, fast private operations",
    ),
    Algorithm(
        "P-256",
        oids.ID_SECP256R1,
        "curve of every such key, the ephemeral ones included",
        "faster to verify here than Ed25519, and Debian 12's openssl cms has no other",
    ),
    Algorithm(
        "ECDSA with SHA-256",
        oids.ID_ECDSA_WITH_SHA256,
        "signature over the signed attributes",
        "the signature scheme of P-256 that all of CMS's readers know",
    ),
    Algorithm(
        "stdDH with SHA-256 KDF",
        oids.ID_STD_DH_SHA256_KDF,
        "agreement of an ephemeral key with the receiver's (RFC 5753 7.1.4)",
        "a fresh key per message; the SHA-1 derivation is openssl's default, not ours",
    ),
    Algorithm(
        "AES-256 key wrap",
        oids.ID_AES256_WRAP,
        "wrapping of the content key under the agreed key (RFC 3565)",
        "deterministic and self-checking: a wrong key is noticed before any content",
    ),
    Algorithm(
        "AES-256-GCM",
        oids.ID_AES256_GCM,
        "encryption of the content (RFC 5084)",
        "authenticated: CBC, which is not, lets a stranger change what is sealed",
    ),
)
