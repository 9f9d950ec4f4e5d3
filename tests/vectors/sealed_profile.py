# SPDX-License-Identifier: Apache-2.0
"""Sealed messages that break one row of the profile, and those that use one."""

from typing import Final

from pki import der, oids
from tests.pki import forge
from tests.pki.forge import NULL, Change, Node, drop, integer, oid, put, to, twice
from tests.pki.sealed_message import (
    agreement,
    content_info,
    encrypted_key,
    enveloped,
)
from tests.vectors import signing
from tests.vectors.sealing import USUAL, Steps, another, changed
from tests.vectors.stations import certificate, der_of
from tests.vectors.vector import Vector
from tests.vectors.vector import sealed as make

ATTRIBUTE: Final = forge.sequence(oid("2.999"), Node(0x31, parts=[NULL]))
COVERED: Final = Node(0xA1, parts=[ATTRIBUTE]).write()


def _recipients(tree: Node) -> Node:
    return enveloped(tree)[1]


def _only(node: Node) -> Change:
    """Another receiver instead of ours."""
    return lambda tree: setattr(_recipients(tree), "parts", [node])


def _two(tree: Node) -> None:
    """A second receiver, sealed for as truly as the first."""
    other = forge.read(Steps(receiver="requester-sealing").recipient())
    _recipients(tree).parts.append(other)
    _recipients(tree).parts.sort(key=Node.write)


def _key_ids(tree: Node) -> Node:
    return encrypted_key(tree).at(0, 0)


def _issuer_and_serial() -> Node:
    whole = forge.read(der_of(certificate("core-sealing")))
    return forge.sequence(whole.at(0, 3), whole.at(0, 1))


def _named_by_issuer(tree: Node) -> None:
    encrypted_key(tree).parts[0] = _issuer_and_serial()


def _originator(node: Node) -> Change:
    return lambda tree: setattr(agreement(tree)[1], "parts", [node])


def _gcm(tree: Node) -> Node:
    return content_info(tree).at(1, 1)


def _kind(dotted: str) -> Change:
    return to(lambda t: content_info(t)[0], oid(dotted).octets)


WRAPPED: Final = forge.octet_string(bytes(40))
WRAP: Final = forge.sequence(oid(oids.ID_AES256_WRAP))
TRANSPORT: Final = forge.sequence(
    integer(2),
    Node(0x80, bytes(20)),
    forge.sequence(oid("1.2.840.113549.1.1.1"), NULL),
    forge.octet_string(bytes(256)),
)
KEK: Final = Node(
    0xA2,
    parts=[integer(4), forge.sequence(forge.octet_string(bytes(20))), WRAP, WRAPPED],
)
PASSWORD: Final = Node(0xA3, parts=[integer(0), WRAP, WRAPPED])
OTHER: Final = Node(0xA4, parts=[oid("2.999"), NULL])

ACCEPTED: Final = (
    make.accepted("usual", "just as a station writes it", USUAL.sealed),
    make.accepted("of-nothing", "the content is empty", another(plain=b"")),
    make.accepted("of-one-octet", "the content is one octet", another(plain=b"\0")),
    make.accepted(
        "of-300-octets",
        "the lengths around the content take three octets",
        another(plain=bytes(300)),
    ),
)

STRUCTURE: Final = (
    *(
        make.by_value(
            f"content-type-{name}",
            f"contentType says {name}",
            changed(to(lambda t: t[0], oid(dotted).octets)),
            "sealed contentType",
        )
        for name, dotted in (
            ("enveloped-data", "1.2.840.113549.1.7.3"),
            ("encrypted-data", "1.2.840.113549.1.7.6"),
            ("authenticated-data", "1.2.840.113549.1.9.16.1.2"),
            ("compressed-data", "1.2.840.113549.1.9.16.1.9"),
            ("data", oids.ID_DATA),
        )
    ),
    make.by_shape(
        "enveloped-cbc",
        "EnvelopedData in AES-256-CBC, truly sealed",
        USUAL.enveloped,
        "sealed contentType",
    ),
    *(
        make.by_value(
            f"version-{number}",
            f"AuthEnvelopedData.version is {number}",
            changed(to(lambda t: enveloped(t)[0], bytes((number,)))),
            "AuthEnvelopedData.version",
        )
        for number in (1, 2, 3, 4)
    ),
    make.by_shape(
        "originator-info",
        "the sender's certificate is embedded",
        changed(
            put(
                enveloped,
                1,
                Node(
                    0xA0,
                    parts=[
                        Node(
                            0xA0,
                            parts=[forge.read(der_of(certificate("core-signing")))],
                        )
                    ],
                ),
            )
        ),
        "AuthEnvelopedData.originatorInfo",
    ),
    make.by_shape(
        "originator-info-empty",
        "an empty originatorInfo is there",
        changed(put(enveloped, 1, Node(0xA0))),
        "AuthEnvelopedData.originatorInfo",
    ),
    make.by_shape(
        "receivers-none",
        "it is sealed for nobody",
        changed(drop(_recipients, 0)),
        "AuthEnvelopedData.recipientInfos",
    ),
    make.by_shape(
        "receivers-two",
        "it is sealed for two stations",
        changed(_two),
        "AuthEnvelopedData.recipientInfos",
    ),
    make.by_shape(
        "receivers-twice",
        "it is sealed for one station twice",
        changed(twice(_recipients)),
        "AuthEnvelopedData.recipientInfos",
    ),
    *(
        make.by_shape(
            f"receiver-by-{name}",
            f"the one receiver is told the key by {said}",
            changed(_only(node)),
            "AuthEnvelopedData.recipientInfos",
        )
        for name, said, node in (
            ("transport", "RSA", TRANSPORT),
            ("kek", "a key known before", KEK),
            ("password", "a password", PASSWORD),
            ("other", "a way unknown", OTHER),
        )
    ),
    *(
        make.by_value(
            f"agreement-version-{number}",
            f"KeyAgreeRecipientInfo.version is {number}",
            changed(to(lambda t: agreement(t)[0], bytes((number,)))),
            "KeyAgreeRecipientInfo.version",
        )
        for number in (0, 2, 4)
    ),
)

RECIPIENT: Final = (
    make.by_shape(
        "originator-key-id",
        "the sender's key is named by its identifier",
        changed(_originator(Node(0x80, bytes(20)))),
        "originator",
    ),
    make.by_shape(
        "originator-issuer",
        "the sender's key is named by issuer and serial",
        changed(_originator(_issuer_and_serial())),
        "originator",
    ),
    make.by_shape(
        "ukm",
        "keying material of the sender, derived with",
        another(material=bytes(range(16))),
        "KeyAgreeRecipientInfo.ukm",
    ),
    make.by_shape(
        "ukm-empty",
        "empty keying material of the sender",
        changed(put(agreement, 2, Node(0xA1, parts=[forge.octet_string(b"")]))),
        "KeyAgreeRecipientInfo.ukm",
    ),
    make.by_shape(
        "keys-none",
        "no wrapped key is there",
        changed(drop(lambda t: agreement(t)[3], 0)),
        "recipientEncryptedKeys",
    ),
    make.by_shape(
        "keys-two",
        "the wrapped key is there twice",
        changed(twice(lambda t: agreement(t)[3])),
        "recipientEncryptedKeys",
    ),
    make.by_shape(
        "rid-issuer",
        "the receiver is named by issuer and serial, both true",
        changed(_named_by_issuer),
        "RecipientEncryptedKey.rid",
    ),
    *(
        make.by_shape(
            f"rid-{size}-octets",
            f"the receiver's key identifier has {size} octets",
            changed(to(_key_ids, bytes(size))),
            "RecipientEncryptedKey.rid",
        )
        for size in (0, 19, 21, 32)
    ),
    make.by_shape(
        "rid-date",
        "a date stands beside the receiver's key identifier",
        changed(put(lambda t: encrypted_key(t)[0], 1, Node(0x18, b"20300101120000Z"))),
        "RecipientEncryptedKey.rid",
    ),
    make.by_shape(
        "rid-other",
        "another attribute stands beside the receiver's key identifier",
        changed(put(lambda t: encrypted_key(t)[0], 1, forge.sequence(oid("2.999")))),
        "RecipientEncryptedKey.rid",
    ),
    make.by_value(
        "for-another",
        "it is sealed for another station",
        another(receiver="requester-sealing"),
        "",
        "RecipientEncryptedKey.rid",
    ),
    *(
        make.by_shape(
            f"wrapped-{size}-octets",
            f"the wrapped key has {size} octets",
            changed(to(lambda t: encrypted_key(t)[1], bytes(size))),
            "RecipientEncryptedKey.encryptedKey",
        )
        for size in (0, 24, 32, 39, 48)
    ),
)

CONTENT: Final = (
    *(
        make.by_value(
            f"inside-{name}",
            f"the content is said to be {name}",
            changed(_kind(dotted)),
            "EncryptedContentInfo.contentType",
        )
        for name, dotted in (
            ("signed-data", oids.ID_SIGNED_DATA),
            ("auth-enveloped-data", oids.ID_CT_AUTH_ENVELOPED_DATA),
            ("header", oids.ID_CT_HEADER),
        )
    ),
    make.by_shape(
        "content-missing",
        "the encrypted content stands elsewhere",
        changed(drop(content_info, 2)),
        "AuthEnvelopedData.encryptedContent",
    ),
    make.by_shape(
        "content-untagged",
        "the encrypted content stands without its tag",
        changed(lambda t: setattr(content_info(t)[2], "tag", 0x04)),
        "AuthEnvelopedData.encryptedContent",
    ),
    make.by_shape(
        "authenticated-attributes",
        "attributes that the tag covers",
        another(covered=COVERED),
        "AuthEnvelopedData.authAttrs",
    ),
    make.by_shape(
        "authenticated-empty",
        "an empty set of attributes that the tag covers",
        changed(put(enveloped, 3, Node(0xA1))),
        "AuthEnvelopedData.authAttrs",
    ),
    make.by_shape(
        "unauthenticated-attributes",
        "attributes that nothing covers",
        changed(put(enveloped, 4, Node(0xA2, parts=[ATTRIBUTE]))),
        "AuthEnvelopedData.unauthAttrs",
    ),
    make.by_shape(
        "unauthenticated-empty",
        "an empty set of attributes that nothing covers",
        changed(put(enveloped, 4, Node(0xA2))),
        "AuthEnvelopedData.unauthAttrs",
    ),
    *(
        make.by_shape(
            f"mac-{size}-octets",
            f"the tag has {size} octets where 16 are said",
            changed(
                to(lambda t: enveloped(t)[3], lambda tag, s=size: (tag + bytes(2))[:s])
            ),
            "AuthEnvelopedData.mac",
        )
        for size in (0, 12, 15, 17)
    ),
    make.by_shape(
        "mac-missing",
        "there is no tag",
        changed(lambda t: enveloped(t).parts.pop()),
        "AuthEnvelopedData.mac",
    ),
    make.by_protocol(
        "nested",
        "the content is another sealed message",
        lambda: Steps(plain=USUAL.sealed()).sealed(),
        "SK-U01",
    ),
    make.by_protocol(
        "of-a-signed-header",
        "the content is a signed header alone",
        lambda: Steps(plain=signing.GOOD).sealed(),
        "SK-U01",
    ),
    make.by_protocol(
        "of-four-parts",
        "the content has one part too many",
        lambda: Steps(plain=_longer(USUAL.plain)).sealed(),
        "SK-U01",
    ),
    make.by_shape(
        "signed-as-sealed",
        "a signed message where a sealed one belongs",
        lambda: signing.GOOD,
    ),
)


def _longer(content: bytes) -> bytes:
    tree = forge.read(content)
    return der.tlv(der.SEQUENCE, *(part.write() for part in tree.parts), b"\x04\x00")


VECTORS: Final[tuple[Vector, ...]] = (*ACCEPTED, *STRUCTURE, *RECIPIENT, *CONTENT)
