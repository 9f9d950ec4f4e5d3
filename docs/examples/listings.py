# SPDX-License-Identifier: Apache-2.0
"""Which examples are shown element by element, and what each element is called.

Also `header_conf`: the example header in the words of ``openssl asn1parse -genconf``,
from which openssl makes the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from listing import listing

from pki.cms import parse_signed
from protocols.header import Header

_ALGORITHM = ("AlgorithmIdentifier", "algorithm")


def _attribute(*value: str) -> tuple[str, ...]:
    return ("Attribute", "attrType", "attrValues", *value)


SIGNED = (
    "ContentInfo",
    "contentType",
    "[0] content",
    "SignedData",
    "version",
    "digestAlgorithms SET",
    *_ALGORITHM,
    "encapContentInfo",
    "eContentType",
    "[0] eContent",
    "OCTET STRING: the header above",
    "signerInfos SET",
    "SignerInfo",
    "version",
    "[0] sid: subject key identifier",
    *_ALGORITHM,
    "[0] signedAttrs, sorted as a SET",
    *_attribute("value"),
    *_attribute("value"),
    *_attribute("value: SHA-256 of the eContent octets"),
    *_attribute(
        "SigningCertificateV2",
        "certs",
        "ESSCertIDv2",
        "certHash: SHA-256 of the signer's certificate",
    ),
    *_ALGORITHM,
    "signature: an ECDSA-Sig-Value",
)


ENVELOPE = (
    "ContentInfo",
    "contentType",
    "[0] content",
    "AuthEnvelopedData",
    "version",
    "recipientInfos SET",
    "[1] KeyAgreeRecipientInfo",
    "version",
    "[0] originator",
    "[1] originatorKey",
    *_ALGORITHM,
    "publicKey BIT STRING: 00, then the ephemeral point 04 x y",
    "keyEncryptionAlgorithm",
    "algorithm",
    "AlgorithmIdentifier of the wrap",
    "algorithm",
    "recipientEncryptedKeys",
    "RecipientEncryptedKey",
    "[0] rKeyId",
    "subjectKeyIdentifier of the receiver's sealing certificate",
    "encryptedKey: the wrapped content key",
    "authEncryptedContentInfo",
    "contentType",
    "contentEncryptionAlgorithm",
    "algorithm",
    "GCMParameters",
    "aes-nonce",
    "aes-ICVlen",
    "[0] encryptedContent: EnvelopeContent, encrypted",
    "mac: the GCM tag",
)

HEADER = (
    "MessageHeader",
    "version",
    "messageId",
    "messageType",
    "sender",
    "receiver",
    "[0] processingNumber",
    "created",
    "expires",
    "sealingCertificateDigest",
    "contentDigest",
)
REPLY_HEADER = (
    *HEADER[:9],
    "[1] inReplyTo",
    "messageId",
    "headerDigest",
    *HEADER[9:],
)
PERMIT = (
    "Permit",
    "version",
    "permitId",
    "processingNumber",
    "requester",
    "provider",
    "itemNo",
    "kinds",
    "kind",
    "subjectCommitment",
    "requestDigest",
    "sealingCertificateDigest",
    "routeDigest",
    "issued",
    "answerBy",
    "releaseBy",
)
ROUTE = (
    "Route",
    "version",
    "routeId",
    "requester",
    "host",
    "port",
    "sealingCertificateDigest",
    "notBefore",
    "notAfter",
)
RECEIPT = (
    "Receipt",
    "version",
    "messageId",
    "headerDigest",
    "receiver",
    "at",
    "recordCommitment",
)
REFUSAL = (
    "Refusal",
    "version",
    "requestDigest",
    "[0] headerDigest",
    "receiver",
    "at",
    "code",
    "[1] rule",
    "retry",
    "recordCommitment",
)
UNREADABLE = tuple(name for name in REFUSAL if not name.startswith("["))
CONTENT = ("EnvelopeContent", "signedHeader: the ContentInfo above", "salt", "payload")


def _inside(names: Sequence[str], data: bytes) -> str:
    """The listing of what a SignedData holds."""
    return listing(parse_signed(data).content, names)


LISTINGS: Mapping[str, Callable[[bytes], str]] = {
    "inquiry-header.der": partial(listing, names=HEADER),
    "inquiry-signed-header.cms": partial(listing, names=SIGNED),
    "inquiry-content.der": partial(listing, names=CONTENT),
    "inquiry-envelope.cms": partial(listing, names=ENVELOPE),
    "acceptance-header.der": partial(listing, names=REPLY_HEADER),
    "route.der": partial(listing, names=ROUTE),
    "permit.der": partial(listing, names=PERMIT),
    "receipt.cms": partial(_inside, RECEIPT),
    "refusal.cms": partial(_inside, REFUSAL),
    "unreadable-refusal.cms": partial(_inside, UNREADABLE),
}


def header_conf(header: Header) -> bytes:
    """What ``openssl asn1parse -genconf`` makes this header of."""
    assert header.processing_number is not None
    lines = (
        "asn1=SEQUENCE:header",
        "[header]",
        "version=INTEGER:1",
        f"messageId={_octets(header.message_id)}",
        f"messageType=UTF8:{header.message_type}",
        f"sender=UTF8:{header.sender}",
        f"receiver=UTF8:{header.receiver}",
        f"processingNumber=IMPLICIT:0C,{_octets(header.processing_number)}",
        f"created=GENERALIZEDTIME:{header.created:%Y%m%d%H%M%SZ}",
        f"expires=GENERALIZEDTIME:{header.expires:%Y%m%d%H%M%SZ}",
        f"sealingCertificateDigest={_octets(header.sealing_certificate)}",
        f"contentDigest={_octets(header.content_digest)}",
    )
    return "".join(f"{line}\n" for line in lines).encode()


def _octets(data: bytes) -> str:
    return f"FORMAT:HEX,OCTETSTRING:{data.hex()}"
