# SPDX-License-Identifier: Apache-2.0
"""The shapes of RFC 3161: query, answer, token. Wider than our own messages' CMS.

Time-stamp authorities are others' programs, so that what they may write is wider than
what `pki.cms_shapes` knows: certificates and lists may be in a token, and the signer is
named by issuer and serial, too. It is DER all the same, and unknown fields are refused.
"""

from typing import Annotated, Final

from pki.cms_shapes import AlgorithmIdentifier, Attribute, EncapsulatedContentInfo
from pki.der import (
    OID,
    TLV,
    BitString,
    Default,
    Explicit,
    Implicit,
    SetOf,
    Size,
    sequence,
)

MAX_ATTRIBUTES: Final = 16
"""Signed attributes of a token; four are usual."""
_ONE: Final = Size(1, 1)


@sequence
class MessageImprint:
    algorithm: AlgorithmIdentifier
    digest: bytes


@sequence
class TimeStampReq:
    version: int
    imprint: MessageImprint
    policy: OID | None
    nonce: int | None
    certificates: Annotated[bool, Default(False)]


@sequence
class Accuracy:
    seconds: int | None
    millis: Annotated[int | None, Implicit(0)]
    micros: Annotated[int | None, Implicit(1)]


@sequence
class TstInfo:
    version: int
    policy: OID
    imprint: MessageImprint
    serial: int
    time: TLV
    """GeneralizedTime; parts of a second are allowed."""
    accuracy: Accuracy | None
    ordering: Annotated[bool, Default(False)]
    nonce: int | None
    authority: Annotated[list[TLV] | None, Implicit(0)]
    """[0] EXPLICIT GeneralName: to DER a list of one."""


@sequence
class PkiStatusInfo:
    status: int
    texts: list[TLV] | None
    failure: BitString | None


@sequence
class TimeStampResp:
    """An answer that holds a token."""

    status: PkiStatusInfo
    token: TLV


@sequence
class TimeStampRejection:
    """An answer that holds none."""

    status: PkiStatusInfo


@sequence
class IssuerAndSerial:
    issuer: TLV
    serial: int


@sequence
class TokenSigner:
    version: int
    signer: TLV
    """IssuerAndSerial, or [0] IMPLICIT the key identifier."""
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: TLV
    """[0] IMPLICIT; kept as received, because these very bytes are signed."""
    signature_algorithm: AlgorithmIdentifier
    signature: bytes


@sequence
class TokenData:
    version: int
    digest_algorithms: Annotated[SetOf[AlgorithmIdentifier], _ONE]
    content_info: EncapsulatedContentInfo
    certificates: Annotated[list[TLV] | None, Implicit(0)]
    """Unsorted: that it is a SET, not all writers know."""
    lists: Annotated[list[TLV] | None, Implicit(1)]
    signers: Annotated[SetOf[TokenSigner], _ONE]


@sequence
class Token:
    content_type: OID
    content: Annotated[TokenData, Explicit(0)]


@sequence
class TokenAttributes:
    """The signed attributes inside a SEQUENCE, which the DER door can open."""

    attributes: Annotated[SetOf[Attribute], Size(3, MAX_ATTRIBUTES)]


@sequence
class EssIssuerSerial:
    issuer: Annotated[list[TLV], _ONE]
    serial: int


@sequence
class EssCertIdV2:
    algorithm: AlgorithmIdentifier | None
    """Absent for SHA-256."""
    digest: bytes
    issuer_serial: EssIssuerSerial | None


@sequence
class SigningCertificateV2:
    certificates: list[EssCertIdV2]
    """The signer's own first (RFC 5035)."""
