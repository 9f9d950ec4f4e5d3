# SPDX-License-Identifier: Apache-2.0
"""Signed messages in other algorithms, each truly signed, and impossible signatures."""

import hashlib
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pki import der, oids
from tests.pki import forge
from tests.pki.forge import NULL, Change, Node, oid, put, to
from tests.vectors.signing import (
    CONTENT,
    by_requester,
    by_stranger,
    changed,
    digests,
    numbers,
    resigned,
    rsa_pkcs1,
    signature,
    signed_data,
    signer_info,
)
from tests.vectors.stations import DETERMINISTIC, ORDER, key, strange_key
from tests.vectors.vector import Vector
from tests.vectors.vector import signed as make

SHA1: Final = "1.3.14.3.2.26"
DIGESTS: Final = {
    "md5": "1.2.840.113549.2.5",
    "sha1": SHA1,
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha3-256": "2.16.840.1.101.3.4.2.8",
    "unknown": "2.999",
}
SIGNATURES: Final = {
    "ecdsa-sha1": "1.2.840.10045.4.1",
    "ecdsa-sha384": "1.2.840.10045.4.3.3",
    "ecdsa-sha512": "1.2.840.10045.4.3.4",
    "ecdsa-sha3-256": "2.16.840.1.101.3.4.3.10",
    "ec-public-key": oids.ID_EC_PUBLIC_KEY,
    "dsa-sha256": "2.16.840.1.101.3.4.3.2",
    "rsa-sha256": "1.2.840.113549.1.1.11",
    "ed25519": "1.3.101.112",
    "unknown": "2.999",
}
RSA: Final = der.tlv(der.SEQUENCE, der.oid("1.2.840.113549.1.1.11"), b"\x05\x00")
PSS: Final = der.tlv(
    der.SEQUENCE,
    der.oid("1.2.840.113549.1.1.10"),
    der.tlv(
        der.SEQUENCE,
        der.tlv(0xA0, der.tlv(der.SEQUENCE, der.oid(oids.ID_SHA256))),
        der.tlv(
            0xA1,
            der.tlv(
                der.SEQUENCE,
                der.oid("1.2.840.113549.1.1.8"),
                der.tlv(der.SEQUENCE, der.oid(oids.ID_SHA256)),
            ),
        ),
        der.tlv(0xA2, der.encode(0)),
    ),
)
ED25519: Final = der.tlv(der.SEQUENCE, der.oid("1.3.101.112"))
SHA384_SIGNED: Final = der.tlv(der.SEQUENCE, der.oid("1.2.840.10045.4.3.3"))
SHA256_SIGNED: Final = der.tlv(der.SEQUENCE, der.oid(oids.ID_ECDSA_WITH_SHA256))
ROW: Final = "SignerInfo.signatureAlgorithm"


def _first(tree: Node) -> Node:
    return tree.at(1, 0, 1, 0)


def _whole(dotted: str, signed_by: str, name: str) -> Change:
    return digests(dotted, getattr(hashlib, name), signed_by)


def _as_ed25519(covered: bytes) -> bytes:
    made: bytes = strange_key("ed25519").sign(covered)
    return made


def _as_p384(covered: bytes) -> bytes:
    made: bytes = strange_key("p384").sign(covered, DETERMINISTIC["sha384"])
    return made


def _by_other_curve(covered: bytes) -> bytes:
    made: bytes = strange_key("p384").sign(covered, DETERMINISTIC["sha256"])
    return made


def _by_core(covered: bytes) -> bytes:
    made: bytes = key("core-signing").sign(covered, DETERMINISTIC["sha256"])
    return made


def _pss_salted(covered: bytes) -> bytes:
    """PSS draws a salt: only an empty one gives the same bytes each time."""
    form = padding.PSS(padding.MGF1(hashes.SHA256()), 0)
    made: bytes = strange_key("rsa-2048").sign(covered, form, hashes.SHA256())
    return made


def _negated(octets: bytes) -> bytes:
    r, s = decode_dss_signature(octets)
    return numbers(r, ORDER - s)


def _raw(octets: bytes) -> bytes:
    r, s = decode_dss_signature(octets)
    return r.to_bytes(32) + s.to_bytes(32)


def _padded(octets: bytes) -> bytes:
    """r with one octet more than it needs."""
    r, s = decode_dss_signature(octets)
    longer = der.tlv(der.INTEGER, b"\0" + der.encode(r)[2:])
    return der.tlv(der.SEQUENCE, longer, der.encode(s))


ALGORITHMS: Final = (
    *(
        make.by_value(
            f"digest-list-{name}",
            f"digestAlgorithms names {name}",
            changed(to(lambda t: _first(t)[0], oid(dotted).octets)),
            "SignedData.digestAlgorithms",
        )
        for name, dotted in DIGESTS.items()
    ),
    *(
        make.by_value(
            f"digest-{name}",
            f"the signer's digestAlgorithm is {name}",
            changed(to(lambda t: signer_info(t).at(2, 0), oid(dotted).octets)),
            "SignerInfo.digestAlgorithm",
        )
        for name, dotted in DIGESTS.items()
    ),
    *(
        make.by_value(
            f"whole-{name}",
            f"digested and signed with {name}, all of it true",
            resigned(
                _whole(DIGESTS[name], SIGNATURES[f"ecdsa-{name}"], name),
                sign=lambda covered, name=name: by_requester(covered, name),
            ),
            "SignedData.digestAlgorithms",
        )
        for name in ("sha1", "sha384", "sha512")
    ),
    make.by_shape(
        "digest-null-filled",
        "NULL parameters of SHA-256 that hold an octet",
        changed(put(_first, 1, Node(0x05, b"\0"))),
    ),
    make.by_shape(
        "digest-parameters-two",
        "two parameters of SHA-256",
        changed(put(_first, 1, NULL), put(_first, 2, NULL)),
    ),
    make.by_shape(
        "digest-oid-long",
        "the identifier of SHA-256 has an octet that it does not need",
        changed(to(lambda t: signer_info(t).at(2, 0), lambda octets: b"\x80" + octets)),
    ),
    make.by_shape(
        "digest-oid-empty",
        "the identifier of the digest is empty",
        changed(to(lambda t: signer_info(t).at(2, 0), b"")),
    ),
    make.by_shape(
        "digest-parameters",
        "parameters of SHA-256 that are neither absent nor NULL",
        changed(put(_first, 1, forge.integer(1))),
    ),
    *(
        make.by_value(
            f"signature-{name}",
            f"signatureAlgorithm is {name}",
            changed(to(lambda t: signer_info(t).at(4, 0), oid(dotted).octets)),
            ROW,
        )
        for name, dotted in SIGNATURES.items()
    ),
    make.by_value(
        "signature-null",
        "ECDSA with NULL parameters",
        changed(put(lambda t: signer_info(t)[4], 1, NULL)),
        ROW,
    ),
    make.by_shape(
        "signature-parameters",
        "ECDSA with the curve as parameters",
        changed(put(lambda t: signer_info(t)[4], 1, oid(oids.ID_SECP256R1))),
        ROW,
    ),
    *(
        make.by_value(
            f"by-{name}",
            f"truly signed with a key of {name.upper()} bits",
            by_stranger(name, rsa_pkcs1(name, hashes.SHA256()), RSA),
            ROW,
        )
        for name in ("rsa-1024", "rsa-2048")
    ),
    make.by_shape(
        "by-rsa-pss",
        "truly signed with RSA-PSS, whose parameters say much",
        by_stranger("rsa-2048", _pss_salted, PSS),
        ROW,
    ),
    make.by_value(
        "by-ed25519",
        "truly signed with Ed25519 and SHA-512",
        by_stranger(
            "ed25519",
            _as_ed25519,
            ED25519,
            _whole(DIGESTS["sha512"], "1.3.101.112", "sha512"),
        ),
        "SignedData.digestAlgorithms",
    ),
    make.by_value(
        "by-p384",
        "truly signed with a key on P-384 and SHA-384",
        by_stranger(
            "p384",
            _as_p384,
            SHA384_SIGNED,
            _whole(DIGESTS["sha384"], SIGNATURES["ecdsa-sha384"], "sha384"),
        ),
        "SignedData.digestAlgorithms",
    ),
)

KEYS: Final = (
    make.by_key(
        "by-unknown-key",
        "signed with a key that the master does not hold",
        changed(to(lambda t: signer_info(t)[1], bytes(range(20)))),
        "SignerInfo.sid",
        "SK-U04",
    ),
    make.by_key(
        "by-p384-with-sha256",
        "truly signed by a stranger's key on P-384, with SHA-256",
        by_stranger("p384", _by_other_curve, SHA256_SIGNED),
        "SignerInfo.sid",
        "SK-U04",
    ),
    make.by_key(
        "by-other-key",
        "signed with another station's key under this one's name",
        resigned(sign=_by_core),
        "SignerInfo.signature",
        "SK-U03",
    ),
    make.by_key(
        "by-other-curve",
        "signed with a key on P-384 under a name of P-256",
        resigned(sign=_by_other_curve),
        "SignerInfo.signature",
        "SK-U03",
    ),
    make.by_key(
        "over-the-content",
        "the signature covers the content, not the signed attributes",
        signature(lambda _: by_requester(CONTENT)),
        "SignerInfo.signature",
        "SK-U03",
    ),
    make.by_key(
        "over-another-digest",
        "the attributes are signed with SHA-384 where SHA-256 is said",
        resigned(sign=lambda covered: by_requester(covered, "sha384")),
        "SignerInfo.signature",
        "SK-U03",
    ),
    make.by_key(
        "over-the-wrong-tag",
        "the signature covers the attributes with the tag that they travel under",
        resigned(sign=lambda covered: by_requester(b"\xa0" + covered[1:])),
        "SignerInfo.signature",
        "SK-U03",
    ),
)

NUMBERS: Final = (
    make.accepted(
        "other-half",
        "the other signature that ECDSA lets anybody make of a true one",
        signature(_negated),
    ),
    *(
        make.by_key(
            f"numbers-{name}",
            f"the signature's numbers are {said}",
            signature(numbers(r, s)),
            "SignerInfo.signature",
            "SK-U03",
        )
        for name, said, r, s in (
            ("zero", "both 0", 0, 0),
            ("one", "both 1", 1, 1),
            ("order", "both the order of the curve", ORDER, ORDER),
            ("negative", "both -1", -1, -1),
            ("huge", "as long as a message", 1 << 2000, 1),
        )
    ),
    make.by_shape(
        "numbers-padded",
        "the signature's first number has an octet that it does not need",
        signature(_padded),
        place="EcdsaSignature",
    ),
    make.by_shape(
        "numbers-raw",
        "the signature is two numbers of 32 octets side by side",
        signature(_raw),
        place="EcdsaSignature",
    ),
    make.by_shape(
        "numbers-followed",
        "there are octets after the signature's numbers",
        signature(lambda octets: octets + b"\0"),
        place="EcdsaSignature",
    ),
    make.by_shape(
        "numbers-three",
        "the signature has three numbers",
        signature(lambda octets: der.tlv(0x30, octets[2:], der.encode(1))),
        place="EcdsaSignature",
    ),
    make.by_shape(
        "numbers-long-length",
        "the signature's length is written with an octet too many",
        signature(lambda octets: b"\x30\x81" + octets[1:]),
        place="EcdsaSignature",
    ),
    make.by_shape(
        "signature-empty",
        "the signature is empty",
        signature(b""),
        place="EcdsaSignature",
    ),
    make.by_shape(
        "signature-bit-string",
        "the signature is a BIT STRING",
        changed(lambda t: _as_bits(signer_info(t)[5])),
    ),
    make.by_shape(
        "signature-missing",
        "there is no signature",
        changed(lambda t: signer_info(t).parts.pop()),
    ),
    make.by_shape(
        "signer-info-longer",
        "one element more behind the signer",
        changed(lambda t: signed_data(t).parts.append(NULL)),
    ),
)


def _as_bits(node: Node) -> None:
    node.tag, node.octets = 0x03, b"\0" + node.octets


VECTORS: Final[tuple[Vector, ...]] = (*ALGORITHMS, *KEYS, *NUMBERS)
