# SPDX-License-Identifier: Apache-2.0
"""Sealed messages in other algorithms, each truly sealed, and points that are none."""

from typing import Any, Final

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import PublicFormat

from pki import oids
from tests.pki.forge import NULL, Change, Node, drop, integer, oid, put, to
from tests.pki.sealed_message import (
    agreement,
    content_info,
    encrypted_key,
    enveloped,
    point,
)
from tests.vectors.sealing import CBC, GCM, another, changed
from tests.vectors.stations import drawn, labelled, point_of, strange_key
from tests.vectors.vector import Vector
from tests.vectors.vector import sealed as make

AGREEMENT: Final = "keyEncryptionAlgorithm"
WRAP: Final = "keyEncryptionAlgorithm wrap"
CIPHER: Final = "contentEncryptionAlgorithm"
NONCE: Final = "GCMParameters.nonce"
TAG: Final = "GCMParameters.icvlen"
ENCRYPTED_KEY: Final = "RecipientEncryptedKey.encryptedKey"
POINT: Final = "originatorKey.publicKey"
KIND: Final = "originatorKey.algorithm"
PRIME: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
"""Of the field of P-256."""


def _agreed(dotted: str) -> Change:
    return to(lambda t: agreement(t).at(2, 0), oid(dotted).octets)


def _wrapped_by(dotted: str) -> Change:
    return to(lambda t: agreement(t).at(2, 1, 0), oid(dotted).octets)


def _cipher(dotted: str) -> Change:
    return to(lambda t: content_info(t).at(1, 0), oid(dotted).octets)


def _gcm(tree: Node) -> Node:
    return content_info(tree).at(1, 1)


def _key_kind(tree: Node) -> Node:
    return agreement(tree).at(1, 0, 0)


def _length(node: Node) -> Change:
    """Another length of the tag said; the tag itself is left as it is."""
    return lambda tree: _gcm(tree).parts.__setitem__(1, node)


def _flipped(octets: bytes) -> bytes:
    return bytes((octets[0] ^ 1,)) + octets[1:]


def _spelled(octets: bytes) -> Any:
    return changed(to(point, octets))


def _hybrid(octets: bytes) -> bytes:
    """The uncompressed point with a first octet that also says its sign."""
    return b"\0" + bytes((6 | octets[-1] & 1,)) + octets[2:]


def _mirrored(octets: bytes) -> bytes:
    """The point with the other sign: key agreement looks at x alone."""
    y = int.from_bytes(octets[34:])
    return octets[:34] + (PRIME - y).to_bytes(32)


def _beyond(octets: bytes) -> bytes:
    """A point whose x is the field's prime more than it should be."""
    small = 5  # x = 5 is on the curve, and 5 + p still fits into 32 octets
    y = ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), b"\x02" + small.to_bytes(32)
    )
    return b"\0\x04" + (small + PRIME).to_bytes(32) + point_of(y)[33:]


ALGORITHMS: Final = (
    make.by_value(
        "kdf-sha1",
        "the key is derived with SHA-1",
        another(agreement="1.3.133.16.840.63.0.2", derivation=hashes.SHA1),
        AGREEMENT,
    ),
    make.by_value(
        "kdf-sha384",
        "the key is derived with SHA-384",
        another(agreement="1.3.132.1.11.2", derivation=hashes.SHA384),
        AGREEMENT,
    ),
    make.by_value(
        "kdf-sha512",
        "the key is derived with SHA-512",
        another(agreement="1.3.132.1.11.3", derivation=hashes.SHA512),
        AGREEMENT,
    ),
    make.by_value(
        "cofactor",
        "agreement with the cofactor, which P-256 has as 1",
        another(agreement="1.3.132.1.14.1"),
        AGREEMENT,
    ),
    *(
        make.by_value(
            f"agreement-{name}",
            f"the key is agreed by {name}",
            changed(_agreed(dotted)),
            AGREEMENT,
        )
        for name, dotted in (
            ("mqv", "1.3.132.1.15.1"),
            ("ephemeral-static", "1.2.840.113549.1.9.16.3.5"),
            ("x25519", "1.3.101.110"),
            ("unknown", "2.999"),
        )
    ),
    make.by_shape(
        "agreement-without-wrap",
        "the agreement does not say how keys are wrapped",
        changed(drop(lambda t: agreement(t)[2], 1)),
        WRAP,
    ),
    make.by_value(
        "wrap-aes128",
        "the key is wrapped with AES-128",
        another(wrapping=16),
        WRAP,
    ),
    make.by_value(
        "wrap-aes192",
        "the key is wrapped with AES-192",
        another(wrapping=24),
        WRAP,
    ),
    make.by_value(
        "wrap-padded",
        "the key is wrapped with AES-256 and padding",
        another(
            wrap=keywrap.aes_key_wrap_with_padding, wrap_oid="2.16.840.1.101.3.4.1.48"
        ),
        WRAP,
    ),
    *(
        make.by_value(
            f"wrap-{name}",
            f"the key is wrapped by {name}",
            changed(_wrapped_by(dotted)),
            WRAP,
        )
        for name, dotted in (
            ("triple-des", "1.2.840.113549.1.9.16.3.6"),
            ("camellia", "1.2.392.200011.61.1.1.3.4"),
            ("unknown", "2.999"),
        )
    ),
    make.by_value(
        "wrap-null",
        "the wrapping has NULL parameters",
        changed(put(lambda t: agreement(t).at(2, 1), 1, NULL)),
        WRAP,
    ),
    *(
        make.by_shape(
            f"content-aes{size * 8}",
            f"the content is encrypted with AES-{size * 8}-GCM",
            another(content_key=size),
            CIPHER,
        )
        for size in (16, 24)
    ),
    *(
        make.by_value(
            f"cipher-{name}",
            f"the content's algorithm is {name}",
            changed(_cipher(dotted)),
            CIPHER,
        )
        for name, dotted in (
            ("aes128-gcm", GCM[16]),
            ("aes256-cbc", CBC),
            ("aes256-ccm", "2.16.840.1.101.3.4.1.47"),
            ("chacha20-poly1305", "1.2.840.113549.1.9.16.3.18"),
            ("triple-des", "1.2.840.113549.3.7"),
            ("unknown", "2.999"),
        )
    ),
    make.by_shape(
        "cipher-without-parameters",
        "the content's algorithm has no parameters",
        changed(drop(lambda t: content_info(t)[1], 1)),
        NONCE,
    ),
    *(
        make.by_shape(
            f"nonce-{size}-octets",
            f"the nonce has {size} octets",
            another(nonce=size),
            NONCE,
        )
        for size in (8, 11, 13, 16, 32)
    ),
    make.by_shape(
        "nonce-empty",
        "the nonce is empty",
        changed(to(lambda t: _gcm(t)[0], b"")),
        NONCE,
    ),
    *(
        make.by_shape(
            f"tag-{size}-octets",
            f"the tag has {size} octets, as it says",
            another(tag=size),
            TAG,
        )
        for size in (4, 8, 12, 13, 14, 15)
    ),
    make.by_value(
        "tag-length-missing",
        "the tag of 16 octets is said to have 12, by saying nothing",
        changed(drop(_gcm, 1)),
        TAG,
    ),
    make.by_shape(
        "tag-length-default",
        "the tag's length 12 is said, which DER leaves out as the default",
        changed(_length(integer(12))),
        TAG,
    ),
    *(
        make.by_value(
            f"tag-length-{name}",
            f"the tag's length is said to be {name}",
            changed(_length(Node(0x02, octets))),
            TAG,
        )
        for name, octets in (
            ("4", b"\4"),
            ("15", b"\x0f"),
            ("17", b"\x11"),
            ("0", b"\0"),
            ("negative", b"\xf0"),
        )
    ),
)

BROKEN: Final = (
    make.by_library(
        "wrapped-changed",
        "one bit of the wrapped key was changed",
        changed(to(lambda t: encrypted_key(t)[1], _flipped)),
        "InvalidUnwrap",
    ),
    make.by_library(
        "content-changed",
        "one bit of the encrypted content was changed",
        changed(to(lambda t: content_info(t)[2], _flipped)),
        "InvalidTag",
    ),
    make.by_library(
        "content-cut",
        "the last octet of the encrypted content is missing",
        changed(to(lambda t: content_info(t)[2], lambda octets: octets[:-1])),
        "InvalidTag",
    ),
    make.by_library(
        "nonce-changed",
        "one bit of the nonce was changed",
        changed(to(lambda t: _gcm(t)[0], _flipped)),
        "InvalidTag",
    ),
    make.by_library(
        "mac-changed",
        "one bit of the tag was changed",
        changed(to(lambda t: enveloped(t)[3], _flipped)),
        "InvalidTag",
    ),
    make.by_library(
        "mac-zero",
        "the tag is all zeros",
        changed(to(lambda t: enveloped(t)[3], bytes(16))),
        "InvalidTag",
    ),
)

POINTS: Final = (
    *(
        make.by_value(
            f"point-{name}",
            said,
            how,
            POINT,
        )
        for name, said, how in (
            (
                "compressed",
                "the sender's point is compressed, all of it true",
                another(point=PublicFormat.CompressedPoint),
            ),
            (
                "hybrid",
                "the sender's point is whole and says its sign as well",
                changed(to(point, _hybrid)),
            ),
            (
                "infinity",
                "the sender's point is the one at infinity",
                _spelled(b"\0\0"),
            ),
            ("empty", "the sender's point is empty", _spelled(b"\0")),
            (
                "short",
                "the sender's point has an octet too few",
                changed(to(point, lambda octets: octets[:-1])),
            ),
            (
                "long",
                "the sender's point has an octet too many",
                changed(to(point, lambda octets: octets + b"\0")),
            ),
            (
                "unknown-form",
                "the sender's point begins with an unknown octet",
                changed(to(point, lambda octets: b"\0\5" + octets[2:])),
            ),
            (
                "of-p384",
                "the sender's point is on P-384",
                _spelled(b"\0" + point_of(strange_key("p384").public_key())),
            ),
            (
                "of-x25519",
                "the sender's key is 32 octets of X25519",
                _spelled(b"\0" + drawn("x25519", 32)),
            ),
        )
    ),
    *(
        make.by_library(f"point-{name}", said, how, "ValueError")
        for name, said, how in (
            (
                "off-the-curve",
                "the sender's point is not on the curve",
                changed(to(point, lambda octets: octets[:-1] + _flipped(octets[-1:]))),
            ),
            (
                "origin",
                "the sender's point is 0, 0",
                _spelled(b"\0\4" + bytes(64)),
            ),
            (
                "highest",
                "the sender's point is made of the largest numbers",
                _spelled(b"\0\4" + b"\xff" * 64),
            ),
            (
                "beyond-the-field",
                "the sender's point is on the curve but written beyond its field",
                changed(to(point, _beyond)),
            ),
        )
    ),
    make.by_library(
        "point-of-another",
        "the sender's point is somebody else's",
        _spelled(b"\0" + point_of(labelled("other", ec.SECP256R1()).public_key())),
        "InvalidUnwrap",
    ),
    make.accepted(
        "point-mirrored",
        "the sender's point is mirrored, which agrees the same key",
        changed(to(point, _mirrored)),
        POINT,
    ),
    *(
        make.by_value(
            f"point-unused-{bits}",
            f"the sender's point leaves {bits} bits unused",
            changed(
                to(
                    point,
                    lambda octets, b=bits: (
                        bytes((b,)) + octets[1:-1] + bytes((octets[-1] >> b << b,))
                    ),
                )
            ),
            "originatorKey.publicKey unused bits",
        )
        for bits in (1, 7)
    ),
    *(
        make.by_value(
            f"key-kind-{name}",
            f"the sender's key is said to be {name}",
            changed(to(lambda t: _key_kind(t)[0], oid(dotted).octets)),
            KIND,
        )
        for name, dotted in (
            ("ec-dh", "1.3.132.1.12"),
            ("dh", "1.2.840.10046.2.1"),
            ("x25519", "1.3.101.110"),
            ("rsa", "1.2.840.113549.1.1.1"),
        )
    ),
    make.by_value(
        "key-kind-null",
        "the kind of the sender's key has NULL parameters",
        changed(put(_key_kind, 1, NULL)),
        KIND,
    ),
    make.by_shape(
        "key-kind-curve",
        "the kind of the sender's key names the curve",
        changed(put(_key_kind, 1, oid(oids.ID_SECP256R1))),
        KIND,
    ),
)

VECTORS: Final[tuple[Vector, ...]] = (*ALGORITHMS, *BROKEN, *POINTS)
