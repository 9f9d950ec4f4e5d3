# SPDX-License-Identifier: Apache-2.0
"""The shapes of CMS that our profile knows, as ASN.1 structures.

A field that the profile leaves out is not here, so DER that has it is refused by the
reader itself; lengths that are fixed stand as sizes. Which values the rest may take,
and the reason for everything left out, is one table in ``pki/cms_profile.py``: the two
change together. Field names are ours, structure names those of RFC 5652 (CMS), 5083 and
5084 (AES-GCM), 5753 (key agreement) and 5035 (signing certificate).
"""

from typing import Annotated, Final

from pki.algorithms import (
    DIGEST_BYTES,
    KEY_ID_BYTES,
    NONCE_BYTES,
    TAG_BYTES,
    WRAPPED_KEY_BYTES,
)
from pki.der import (
    OID,
    TLV,
    BitString,
    Default,
    Explicit,
    Implicit,
    Null,
    SetOf,
    Size,
    sequence,
)

_ONE: Final = Size(1, 1)


# --- shapes: both ---------------------------------------------------------------------


@sequence
class AlgorithmIdentifier:
    algorithm: OID
    parameters: Null | None

    @property
    def pair(self) -> tuple[OID, Null | None]:
        """Both, as one value that can be looked up."""
        return self.algorithm, self.parameters


# --- shapes: signing ------------------------------------------------------------------


@sequence
class EncapsulatedContentInfo:
    content_type: OID
    content: Annotated[bytes, Explicit(0)]


@sequence
class SignerInfo:
    version: int
    key_id: Annotated[bytes, Implicit(0), Size(KEY_ID_BYTES, KEY_ID_BYTES)]
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: TLV
    """[0] IMPLICIT; kept as received, because these very bytes are signed."""
    signature_algorithm: AlgorithmIdentifier
    signature: bytes


@sequence
class SignedData:
    version: int
    digest_algorithms: Annotated[SetOf[AlgorithmIdentifier], _ONE]
    content_info: EncapsulatedContentInfo
    signer_infos: Annotated[SetOf[SignerInfo], _ONE]


@sequence
class SignedContentInfo:
    content_type: OID
    content: Annotated[SignedData, Explicit(0)]


@sequence
class Attribute:
    type: OID
    values: Annotated[SetOf[TLV], _ONE]


@sequence
class SignedAttributes:
    """The signed attributes inside a SEQUENCE, which the DER door can open."""

    attributes: Annotated[SetOf[Attribute], Size(4, 4)]


@sequence
class IssuerSerial:
    issuer: Annotated[list[TLV], _ONE]
    serial_number: int


@sequence
class EssCertIdV2:
    digest: Annotated[bytes, Size(DIGEST_BYTES, DIGEST_BYTES)]
    issuer_serial: IssuerSerial | None


@sequence
class SigningCertificateV2:
    certificates: Annotated[list[EssCertIdV2], _ONE]


@sequence
class EcdsaSignature:
    r: int
    s: int


# --- shapes: sealing ------------------------------------------------------------------


@sequence
class OriginatorPublicKey:
    algorithm: AlgorithmIdentifier
    public_key: BitString


@sequence
class Originator:
    """[0] EXPLICIT around [1] IMPLICIT: to DER a SEQUENCE with one tagged field."""

    key: Annotated[OriginatorPublicKey, Implicit(1)]


@sequence
class RecipientKeyIdentifier:
    key_id: Annotated[bytes, Size(KEY_ID_BYTES, KEY_ID_BYTES)]


@sequence
class RecipientEncryptedKey:
    recipient: Annotated[RecipientKeyIdentifier, Implicit(0)]
    wrapped_key: Annotated[bytes, Size(WRAPPED_KEY_BYTES, WRAPPED_KEY_BYTES)]


@sequence
class KeyAgreementAlgorithm:
    algorithm: OID
    wrap: AlgorithmIdentifier


@sequence
class KeyAgreeRecipientInfo:
    version: int
    originator: Annotated[Originator, Implicit(0)]
    algorithm: KeyAgreementAlgorithm
    encrypted_keys: Annotated[list[RecipientEncryptedKey], _ONE]


@sequence
class GcmParameters:
    nonce: Annotated[bytes, Size(NONCE_BYTES, NONCE_BYTES)]
    tag_length: Annotated[int, Default(12)]


@sequence
class ContentEncryptionAlgorithm:
    algorithm: OID
    parameters: GcmParameters


@sequence
class EncryptedContentInfo:
    content_type: OID
    algorithm: ContentEncryptionAlgorithm
    content: Annotated[bytes, Implicit(0)]


@sequence
class AuthEnvelopedData:
    version: int
    recipients: Annotated[SetOf[Annotated[KeyAgreeRecipientInfo, Implicit(1)]], _ONE]
    content_info: EncryptedContentInfo
    tag: Annotated[bytes, Size(TAG_BYTES, TAG_BYTES)]


@sequence
class SealedContentInfo:
    content_type: OID
    content: Annotated[AuthEnvelopedData, Explicit(0)]
