# SPDX-License-Identifier: Apache-2.0
"""Signed messages that contradict themselves, odd times, and other kinds of content."""

from hashlib import sha256
from typing import Final

from pki import der, oids
from tests.pki import forge
from tests.pki.forge import Change, Node, drop, oid, put, to
from tests.vectors.signing import (
    CONTENT,
    GOOD,
    attribute,
    changed,
    ess_certificate,
    resigned,
    value,
)
from tests.vectors.stations import certificate, der_of, example
from tests.vectors.vector import Vector
from tests.vectors.vector import signed as make

TYPE: Final = oids.ID_CONTENT_TYPE
DIGEST: Final = oids.ID_MESSAGE_DIGEST
TIME: Final = oids.ID_SIGNING_TIME
TRUE: Final = sha256(CONTENT).digest()
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18


def _content(octets: bytes) -> Change:
    """Another content, truly digested."""

    def change(tree: Node) -> None:
        tree.at(1, 0, 2, 1, 0).octets = octets
        attribute(tree, DIGEST)[1][0].octets = sha256(octets).digest()

    return change


def _kind(dotted: str) -> Change:
    """Another content type, said in both places."""

    def change(tree: Node) -> None:
        tree.at(1, 0, 2, 0).octets = oid(dotted).octets
        attribute(tree, TYPE)[1].parts = [oid(dotted)]

    return change


def _long_oid(tree: Node) -> None:
    """The content type with an octet that its first arc does not need."""
    octets = b"\x80" + oid(oids.ID_CT_HEADER).octets
    tree.at(1, 0, 2, 0).octets = octets
    attribute(tree, TYPE)[1][0].octets = octets


def _time(tag: int, text: str) -> Change:
    return value(TIME, Node(tag, text.encode()))


def _other_certificate(tree: Node) -> None:
    digest = sha256(der_of(certificate("core-signing"))).digest()
    ess_certificate(tree)[0].octets = digest


def _other_serial(tree: Node) -> None:
    whole = forge.read(der_of(certificate("core-signing")))
    issuer = forge.sequence(Node(0xA4, parts=[whole.at(0, 3)]))
    ess_certificate(tree).insert(1, forge.sequence(issuer, whole.at(0, 1)))


CONTRADICTIONS: Final = (
    make.by_value(
        "type-other-in-attribute",
        "the signed content type is another than the one beside the content",
        resigned(value(TYPE, oid(oids.ID_CT_PERMIT))),
        "",
        "contentType",
    ),
    make.by_value(
        "type-changed",
        "the content type beside the content was changed",
        changed(to(lambda t: t.at(1, 0, 2, 0), oid(oids.ID_CT_PERMIT).octets)),
        "",
        "contentType",
    ),
    make.by_shape(
        "type-as-text",
        "the signed content type is text",
        resigned(value(TYPE, Node(0x0C, oids.ID_CT_HEADER.encode()))),
        place="ObjectIdentifier",
    ),
    make.by_shape(
        "type-oid-long",
        "the content type has an octet that it does not need",
        resigned(_long_oid),
    ),
    make.by_value(
        "content-changed",
        "the content was changed by one bit",
        changed(to(lambda t: t.at(1, 0, 2, 1, 0), CONTENT[:-1] + b"\0")),
        "",
        "messageDigest",
    ),
    make.by_value(
        "content-empty",
        "the content was taken out, its place left",
        changed(to(lambda t: t.at(1, 0, 2, 1, 0), b"")),
        "",
        "messageDigest",
    ),
    *(
        make.by_value(
            f"digest-{size}-octets",
            f"messageDigest has {size} octets",
            resigned(value(DIGEST, forge.octet_string(TRUE[:size]))),
            "",
            "messageDigest",
        )
        for size in (0, 20, 31)
    ),
    make.by_shape(
        "digest-as-bits",
        "messageDigest is a BIT STRING",
        resigned(value(DIGEST, Node(0x03, b"\0" + TRUE))),
        place="bytes",
    ),
    make.by_key(
        "certificate-other",
        "the signer means another certificate than the key's",
        resigned(_other_certificate),
        "ESSCertIDv2.certHash",
        "SK-U03",
    ),
    make.by_key(
        "serial-other",
        "issuer and serial beside the certificate's digest are another's",
        resigned(_other_serial),
        "ESSCertIDv2.issuerSerial",
        "SK-U03",
    ),
)

TIMES: Final = (
    make.accepted(
        "time-of-2050",
        "a signing time from 2050 on, as GeneralizedTime",
        resigned(_time(GENERALIZED_TIME, "20500101120000Z")),
        "signedAttrs types",
    ),
    *(
        make.by_shape(
            f"time-{name}",
            f"the signing time {said}",
            resigned(_time(UTC_TIME, text)),
            place="UTCTime",
        )
        for name, said, text in (
            ("without-seconds", "has no seconds", "3001011200Z"),
            ("with-offset", "is of another zone", "300101210000+0900"),
            ("without-zone", "does not say its zone", "300101120000"),
            ("month-13", "is in a thirteenth month", "301301120000Z"),
            ("february-30", "is on the 30th of February", "300230120000Z"),
            ("hour-24", "is at 24 o'clock", "300101240000Z"),
            ("second-60", "is in a leap second", "300101120060Z"),
            ("empty", "is empty", ""),
        )
    ),
    *(
        make.by_shape(
            f"time-generalized-{name}",
            f"the signing time is a GeneralizedTime {said}",
            resigned(_time(GENERALIZED_TIME, text)),
            place=place,
        )
        for name, said, text, place in (
            ("early", "where UTCTime can say it", "20300101120000Z", "Time"),
            ("fraction", "with a fraction", "20500101120000.5Z", "Time"),
            (
                "zeros",
                "with zeros behind",
                "20500101120000.0Z",
                "GeneralizedTime",
            ),
            ("year-0", "of the year 0", "00000101120000Z", "GeneralizedTime"),
            ("year-10000", "of the year 10000", "100000101120000Z", "GeneralizedTime"),
        )
    ),
    make.by_shape(
        "time-as-text",
        "the signing time is text",
        resigned(_time(0x13, "300101120000Z")),
        place="GeneralizedTime",
    ),
    make.by_shape(
        "time-as-number",
        "the signing time is a number",
        resigned(value(TIME, Node(0x02, bytes.fromhex("70dbd880")))),
        place="GeneralizedTime",
    ),
)

KINDS: Final = (
    *(
        make.by_protocol(
            f"type-{name}",
            f"the content is said to be {name}",
            resigned(_kind(dotted)),
            "SK-U01",
        )
        for name, dotted in (
            ("data", oids.ID_DATA),
            ("permit", oids.ID_CT_PERMIT),
            ("refusal", oids.ID_CT_REFUSAL),
            ("unknown", "2.999"),
        )
    ),
    make.by_protocol(
        "nested",
        "the content is another signed message",
        resigned(_kind(oids.ID_SIGNED_DATA), _content(GOOD)),
        "SK-U01",
    ),
    make.by_protocol(
        "sealed-inside",
        "the content is a sealed message",
        resigned(
            _kind(oids.ID_CT_AUTH_ENVELOPED_DATA),
            _content(example("inquiry-envelope.cms")),
        ),
        "SK-U01",
    ),
    make.by_protocol(
        "nested-as-header",
        "the content is another signed message and is said to be a header",
        resigned(_content(GOOD)),
        "SK-U06",
    ),
    make.by_shape(
        "content-as-bits",
        "the content is a BIT STRING",
        changed(lambda t: setattr(t.at(1, 0, 2, 1, 0), "tag", 0x03)),
    ),
    make.by_shape(
        "content-untagged",
        "the content stands without its tag",
        changed(
            drop(lambda t: t.at(1, 0, 2), 1),
            put(lambda t: t.at(1, 0, 2), 1, forge.octet_string(CONTENT)),
        ),
    ),
    make.by_shape(
        "content-twice",
        "two contents stand under one tag",
        changed(lambda t: t.at(1, 0, 2, 1).insert(1, forge.octet_string(CONTENT))),
    ),
    make.by_shape(
        "sealed-as-signed",
        "a sealed message where a signed one belongs",
        lambda: example("inquiry-envelope.cms"),
    ),
    make.by_shape(
        "content-alone",
        "the content without any signature",
        lambda: CONTENT,
    ),
    make.by_shape(
        "null",
        "NULL where a message belongs",
        lambda: der.tlv(0x05),
    ),
)

VECTORS: Final[tuple[Vector, ...]] = (*CONTRADICTIONS, *TIMES, *KINDS)
