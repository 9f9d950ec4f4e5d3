# SPDX-License-Identifier: Apache-2.0
"""The strict CMS profile: one table of what a message may be, and why.

CMS can say one thing in many ways, and readers that differ in what they accept can be
played against each other. Our profile has one way. Rows with a `Shape` are held by the
structures of ``pki/cms_shapes.py``, which simply lack the field or the choice; rows
with values are held by `hold`, which the readers call. Every row has a test with a
message that breaks just that row. Two laws do not fit a table and stand in the readers:
what a signed attribute repeats must be so, and the certificate must be the one named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pki import oids
from pki.algorithms import POINT_BYTES
from pki.der import OID, Null
from pki.errors import CmsError


class Shape(Enum):
    """What a structure says by its fields alone."""

    ABSENT = "left out"
    PRESENT = "always there"
    ONE = "exactly one"
    SIZED = "of one length"


@dataclass(frozen=True, slots=True)
class Clause:
    """One place of a message, what may stand there, and the reason."""

    place: str
    allowed: Shape | tuple[object, ...]
    why: str


def _plain(dotted: str) -> tuple[object, object]:
    """An algorithm without parameters, as `AlgorithmIdentifier.pair` has it."""
    return (OID(dotted), None)


_ABSENT, _PRESENT, _ONE, _SIZED = Shape
_SHA256 = (_plain(oids.ID_SHA256), (OID(oids.ID_SHA256), Null()))
_ATTRIBUTES = frozenset(
    OID(dotted)
    for dotted in (
        oids.ID_CONTENT_TYPE,
        oids.ID_MESSAGE_DIGEST,
        oids.ID_SIGNING_TIME,
        oids.ID_SIGNING_CERTIFICATE_V2,
    )
)
_UNSIGNED = "no signature or tag covers it: anybody on the way could write it"
_LOCAL = "stations have each other's certificates from the master, not from a message"
_SINGLE = "two could be believed by two readers, one each"
_NULL_TOO = "RFC 5754 2: written without parameters, read with NULL as well"
_VERSION = "RFC 5652 and 5083 give this version to just this shape"

_CLAUSES = (
    # Signing.
    Clause(
        "signed contentType",
        (OID(oids.ID_SIGNED_DATA),),
        "the one kind that carries a signature",
    ),
    Clause("SignedData.version", (3,), _VERSION),
    Clause("SignedData.digestAlgorithms", _SHA256, _NULL_TOO),
    Clause("SignedData.digestAlgorithms count", _ONE, "one signer has one digest"),
    Clause(
        "encapContentInfo.eContent", _PRESENT, "signature and content stay together"
    ),
    Clause("SignedData.certificates", _ABSENT, _LOCAL),
    Clause("SignedData.crls", _ABSENT, _LOCAL),
    Clause("SignedData.signerInfos", _ONE, _SINGLE),
    Clause("SignerInfo.version", (3,), _VERSION),
    Clause("SignerInfo.sid", _SIZED, "key identifiers name keys; issuers re-use names"),
    Clause("SignerInfo.digestAlgorithm", _SHA256, _NULL_TOO),
    Clause("SignerInfo.signedAttrs", (b"\xa0",), "without them content is signed bare"),
    Clause("signedAttrs types", (_ATTRIBUTES,), "all four, once; others mean nothing"),
    Clause("signedAttrs values", _ONE, _SINGLE),
    Clause("ESSCertIDv2.hashAlgorithm", _ABSENT, "SHA-256, which DER leaves out"),
    Clause("SigningCertificateV2.certs", _ONE, "the chain is local policy, not theirs"),
    Clause("SigningCertificateV2.policies", _ABSENT, "no policy is ever chosen by it"),
    Clause(
        "SignerInfo.signatureAlgorithm",
        (_plain(oids.ID_ECDSA_WITH_SHA256),),
        "RFC 5754 3.3: parameters must be absent",
    ),
    Clause("SignerInfo.unsignedAttrs", _ABSENT, _UNSIGNED),
    # Sealing.
    Clause(
        "sealed contentType",
        (OID(oids.ID_CT_AUTH_ENVELOPED_DATA),),
        "EnvelopedData under the same key would be an oracle against this one",
    ),
    Clause("AuthEnvelopedData.version", (0,), _VERSION),
    Clause("AuthEnvelopedData.originatorInfo", _ABSENT, _LOCAL),
    Clause("AuthEnvelopedData.recipientInfos", _ONE, _SINGLE),
    Clause("KeyAgreeRecipientInfo.version", (3,), _VERSION),
    Clause("originator", _PRESENT, "an ephemeral key, so never a name of a static one"),
    Clause(
        "originatorKey.algorithm",
        (_plain(oids.ID_EC_PUBLIC_KEY),),
        "the curve is the receiver's, so it needs no saying",
    ),
    Clause(
        "originatorKey.publicKey",
        ((POINT_BYTES, b"\x04"),),
        "uncompressed: one point, one spelling",
    ),
    Clause("originatorKey.publicKey unused bits", (0,), "a point is whole octets"),
    Clause(
        "KeyAgreeRecipientInfo.ukm", _ABSENT, "the ephemeral key makes each key new"
    ),
    Clause(
        "keyEncryptionAlgorithm",
        (OID(oids.ID_STD_DH_SHA256_KDF),),
        "openssl derives with SHA-1 unless told ecdh_kdf_md:sha256",
    ),
    Clause("keyEncryptionAlgorithm wrap", (_plain(oids.ID_AES256_WRAP),), "RFC 3565"),
    Clause("recipientEncryptedKeys", _ONE, _SINGLE),
    Clause(
        "RecipientEncryptedKey.rid", _SIZED, "key identifier alone: no date, no other"
    ),
    Clause("RecipientEncryptedKey.encryptedKey", _SIZED, "an AES-256 key, wrapped"),
    Clause(
        "EncryptedContentInfo.contentType",
        (OID(oids.ID_DATA),),
        "what it is, the signature inside says",
    ),
    Clause(
        "contentEncryptionAlgorithm", (OID(oids.ID_AES256_GCM),), "CBC shows no change"
    ),
    Clause("GCMParameters.nonce", _SIZED, "12 octets are used as they are"),
    Clause(
        "GCMParameters.icvlen", (16,), "a shorter tag is weaker than its length says"
    ),
    Clause("AuthEnvelopedData.encryptedContent", _PRESENT, "nothing travels apart"),
    Clause(
        "AuthEnvelopedData.authAttrs",
        _ABSENT,
        "what the tag must cover is in the content",
    ),
    Clause("AuthEnvelopedData.mac", _SIZED, "the full tag of 16 octets"),
    Clause("AuthEnvelopedData.unauthAttrs", _ABSENT, _UNSIGNED),
)

PROFILE: Final[Mapping[str, Clause]] = {clause.place: clause for clause in _CLAUSES}


def hold(place: str, value: object) -> None:
    """Raises `CmsError` unless the row of ``place`` allows ``value``."""
    clause = PROFILE[place]
    if isinstance(clause.allowed, Shape) or value not in clause.allowed:
        raise CmsError(f"{place} is not as the profile has it", place)
