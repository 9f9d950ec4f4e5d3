# SPDX-License-Identifier: Apache-2.0
"""Signed messages that break one row of the profile, and those that use one."""

import hashlib
from typing import Final

from pki import oids
from tests.pki import forge
from tests.pki.forge import NULL, Change, Node, drop, oid, put, to, twice
from tests.vectors.signing import (
    GOOD,
    again,
    also,
    attribute,
    attributes,
    bare,
    by_station,
    changed,
    embedded,
    ess_certificate,
    resigned,
    signed_data,
    signer_info,
    without,
)
from tests.vectors.stations import certificate, der_of, revocation_list
from tests.vectors.vector import Vector
from tests.vectors.vector import signed as make

UNKNOWN: Final = "2.999"
SMIME_CAPABILITIES: Final = "1.2.840.113549.1.9.15"
COUNTERSIGNATURE: Final = "1.2.840.113549.1.9.6"
TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.14"
NAMES: Final = {
    "content-type": oids.ID_CONTENT_TYPE,
    "message-digest": oids.ID_MESSAGE_DIGEST,
    "signing-time": oids.ID_SIGNING_TIME,
    "signing-certificate": oids.ID_SIGNING_CERTIFICATE_V2,
}
"""The four signed attributes."""


def _list(tree: Node) -> Node:
    return signed_data(tree)[1]


def _signers(tree: Node) -> Node:
    return tree.at(1, 0, 3)


def _algorithm(tree: Node) -> Node:
    return signer_info(tree)[2]


def _ess(tree: Node) -> Node:
    return attribute(tree, oids.ID_SIGNING_CERTIFICATE_V2).at(1, 0)


def _issuer_and_serial() -> Node:
    whole = forge.read(der_of(certificate("requester-signing")))
    return forge.sequence(whole.at(0, 3), whole.at(0, 1))


def _issuer_serial() -> Node:
    """The same as ESSCertIDv2 writes it: issuer as GeneralNames."""
    name, serial = _issuer_and_serial().parts
    return forge.sequence(forge.sequence(Node(0xA4, parts=[name])), serial)


def _by_issuer(version: int) -> Change:
    def change(tree: Node) -> None:
        signer_info(tree)[0].octets = bytes((version,))
        signer_info(tree).parts[1] = _issuer_and_serial()

    return change


def _second_signer(tree: Node) -> None:
    """Another station's true signature of the same content, beside the first."""
    other = forge.read(by_station("core-signing")())
    _signers(tree).parts.append(signer_info(other))
    _signers(tree).parts.sort(key=Node.write)


def _untagged(tree: Node) -> None:
    attributes(tree).tag = 0xA2


def _unsigned(dotted: str, node: Node = NULL) -> Change:
    attribute = forge.sequence(oid(dotted), Node(0x31, parts=[node]))
    return put(signer_info, 6, Node(0xA1, parts=[attribute]))


def _null_in_list(tree: Node) -> None:
    tree.at(1, 0, 1, 0).insert(1, NULL)


def _null_in_signer(tree: Node) -> None:
    _algorithm(tree).insert(1, NULL)


def _number(octets: bytes) -> Node:
    return Node(0x02, octets)


ACCEPTED: Final = (
    make.accepted("usual", "just as a station writes it", lambda: GOOD),
    make.accepted(
        "digest-null-in-list",
        "NULL parameters of SHA-256 in digestAlgorithms",
        changed(_null_in_list),
        "SignedData.digestAlgorithms",
    ),
    make.accepted(
        "digest-null-in-signer",
        "NULL parameters of SHA-256 in the signer's digestAlgorithm",
        changed(_null_in_signer),
        "SignerInfo.digestAlgorithm",
    ),
    make.accepted(
        "digest-null-twice",
        "NULL parameters of SHA-256 in both places",
        changed(_null_in_list, _null_in_signer),
        "SignerInfo.digestAlgorithm",
    ),
    make.accepted(
        "issuer-serial",
        "issuer and serial beside the certificate's digest, both true",
        resigned(lambda tree: ess_certificate(tree).insert(1, _issuer_serial())),
        "signedAttrs types",
    ),
)

STRUCTURE: Final = (
    make.by_value(
        "digested-data",
        "contentType says digestedData",
        changed(to(lambda t: t[0], oid("1.2.840.113549.1.7.5").octets)),
        "signed contentType",
    ),
    make.by_value(
        "plain-data",
        "contentType says data",
        changed(to(lambda t: t[0], oid(oids.ID_DATA).octets)),
        "signed contentType",
    ),
    *(
        make.by_value(
            f"version-{name}",
            f"SignedData.version is {name}",
            changed(to(lambda t: signed_data(t)[0], octets)),
            "SignedData.version",
        )
        for name, octets in (("0", b"\0"), ("1", b"\1"), ("4", b"\4"), ("5", b"\5"))
    ),
    make.by_value(
        "version-negative",
        "SignedData.version is -3",
        changed(to(lambda t: signed_data(t)[0], b"\xfd")),
        "SignedData.version",
    ),
    make.by_shape(
        "digests-none",
        "digestAlgorithms is empty",
        changed(drop(_list, 0)),
        "SignedData.digestAlgorithms count",
    ),
    make.by_shape(
        "digests-two",
        "digestAlgorithms names SHA-256 and SHA-384",
        changed(put(_list, 1, forge.sequence(oid("2.16.840.1.101.3.4.2.2")))),
        "SignedData.digestAlgorithms count",
    ),
    make.by_shape(
        "digests-twice",
        "digestAlgorithms names SHA-256 twice",
        changed(twice(_list)),
        "SignedData.digestAlgorithms count",
    ),
    make.by_shape(
        "detached",
        "the content stands elsewhere",
        changed(drop(lambda t: signed_data(t)[2], 1)),
        "encapContentInfo.eContent",
    ),
    make.by_shape(
        "certificate-inside",
        "the signer's certificate is embedded",
        changed(put(signed_data, 3, Node(0xA0, parts=[embedded()]))),
        "SignedData.certificates",
    ),
    make.by_shape(
        "certificates-empty",
        "an empty set of certificates is embedded",
        changed(put(signed_data, 3, Node(0xA0))),
        "SignedData.certificates",
    ),
    make.by_shape(
        "crl-inside",
        "a revocation list is embedded",
        changed(put(signed_data, 3, Node(0xA1, parts=[forge.read(revocation_list())]))),
        "SignedData.crls",
    ),
    make.by_shape(
        "crls-empty",
        "an empty set of revocation lists is embedded",
        changed(put(signed_data, 3, Node(0xA1))),
        "SignedData.crls",
    ),
    make.by_shape(
        "signers-none",
        "nobody signs",
        changed(drop(_signers, 0)),
        "SignedData.signerInfos",
    ),
    make.by_shape(
        "certificates-only",
        "nobody signs, and a certificate is carried",
        changed(drop(_signers, 0), put(signed_data, 3, Node(0xA0, parts=[embedded()]))),
        "SignedData.signerInfos",
    ),
    make.by_shape(
        "signers-two",
        "two stations sign",
        changed(_second_signer),
        "SignedData.signerInfos",
    ),
    make.by_shape(
        "signers-twice",
        "one station signs twice",
        changed(twice(_signers)),
        "SignedData.signerInfos",
    ),
)

SIGNER: Final = (
    *(
        make.by_value(
            f"signer-version-{number}",
            f"SignerInfo.version is {number}",
            changed(to(lambda t: signer_info(t)[0], bytes((number,)))),
            "SignerInfo.version",
        )
        for number in (0, 1, 4)
    ),
    make.by_shape(
        "sid-issuer-and-serial",
        "the signer is named by issuer and serial, in version 1",
        changed(_by_issuer(1)),
        "SignerInfo.sid",
    ),
    make.by_shape(
        "sid-issuer-and-serial-3",
        "the signer is named by issuer and serial, in version 3",
        changed(_by_issuer(3)),
        "SignerInfo.sid",
    ),
    *(
        make.by_shape(
            f"sid-{size}-octets",
            f"the signer's key identifier has {size} octets",
            changed(to(lambda t: signer_info(t)[1], bytes(size))),
            "SignerInfo.sid",
        )
        for size in (0, 19, 21, 32)
    ),
    make.by_shape(
        "attributes-none",
        "no signed attributes: the signature covers the content alone",
        bare(),
        "SignerInfo.signedAttrs",
        "SignedContentInfo",
    ),
    make.by_value(
        "attributes-other-tag",
        "the signed attributes stand under the tag [2]",
        changed(_untagged),
        "SignerInfo.signedAttrs",
    ),
    make.by_shape(
        "attributes-empty",
        "the set of signed attributes is empty",
        resigned(lambda tree: attributes(tree).parts.clear()),
        "signedAttrs types",
        "SignedAttributes",
    ),
    *(
        make.by_shape(
            f"attribute-missing-{name}",
            f"the signed attribute {name} is missing",
            resigned(without(dotted)),
            "signedAttrs types",
            "SignedAttributes",
        )
        for name, dotted in NAMES.items()
    ),
    *(
        make.by_shape(
            f"attribute-twice-{name}",
            f"the signed attribute {name} is there twice",
            resigned(again(dotted)),
            "signedAttrs types",
            "SignedAttributes",
        )
        for name, dotted in NAMES.items()
    ),
    *(
        make.by_value(
            f"attribute-instead-of-{name}",
            f"an unknown signed attribute stands where {name} should",
            resigned(without(dotted), also(UNKNOWN, NULL)),
            "signedAttrs types",
        )
        for name, dotted in NAMES.items()
    ),
    make.by_value(
        "attribute-doubled-for-another",
        "four signed attributes, of which two are content-type and none is the time",
        resigned(without(oids.ID_SIGNING_TIME), again(oids.ID_CONTENT_TYPE)),
        "signedAttrs types",
    ),
    *(
        make.by_shape(
            f"attribute-extra-{name}",
            f"a fifth signed attribute: {name}",
            resigned(also(dotted, forge.sequence())),
            "signedAttrs types",
            "SignedAttributes",
        )
        for name, dotted in (
            ("unknown", UNKNOWN),
            ("smime-capabilities", SMIME_CAPABILITIES),
            ("countersignature", COUNTERSIGNATURE),
        )
    ),
    *(
        make.by_shape(
            f"values-none-{name}",
            f"the signed attribute {name} has no value",
            resigned(lambda t, of=dotted: attribute(t, of)[1].parts.clear()),
            "signedAttrs values",
            "SignedAttributes",
        )
        for name, dotted in NAMES.items()
    ),
    *(
        make.by_shape(
            f"values-two-{name}",
            f"the signed attribute {name} has two values",
            resigned(lambda t, of=dotted: _doubled(attribute(t, of)[1])),
            "signedAttrs values",
            "SignedAttributes",
        )
        for name, dotted in NAMES.items()
    ),
)


def _doubled(values: Node) -> None:
    """The one value, and another that sorts behind it."""
    values.insert(1, Node(0x7F, spelled=b"\x7f\x20\x00"))


def _hashed(dotted: str, digest: bytes) -> Change:
    def change(tree: Node) -> None:
        ess_certificate(tree)[0].octets = digest
        ess_certificate(tree).insert(0, forge.sequence(oid(dotted)))

    return change


def _digest(name: str) -> bytes:
    return hashlib.new(name, der_of(certificate("requester-signing"))).digest()


def _old_attribute(tree: Node) -> None:
    """signing-certificate of RFC 2634, which knows SHA-1 alone."""
    named = forge.sequence(forge.octet_string(_digest("sha1")))
    found = attribute(tree, oids.ID_SIGNING_CERTIFICATE_V2)
    found[0].octets = oid("1.2.840.113549.1.9.16.2.12").octets
    found[1].parts = [forge.sequence(forge.sequence(named))]


CERTIFICATE: Final = (
    make.by_shape(
        "ess-sha256-said",
        "ESSCertIDv2 says SHA-256, which DER leaves out as the default",
        resigned(_hashed(oids.ID_SHA256, _digest("sha256"))),
        "ESSCertIDv2.hashAlgorithm",
        "SigningCertificateV2",
    ),
    *(
        make.by_shape(
            f"ess-{name}",
            f"ESSCertIDv2 names the certificate by its {name}",
            resigned(_hashed(dotted, _digest(name))),
            "ESSCertIDv2.hashAlgorithm",
            "SigningCertificateV2",
        )
        for name, dotted in (
            ("sha1", "1.3.14.3.2.26"),
            ("sha384", "2.16.840.1.101.3.4.2.2"),
            ("sha512", "2.16.840.1.101.3.4.2.3"),
        )
    ),
    *(
        make.by_shape(
            f"ess-digest-{size}-octets",
            f"ESSCertIDv2's digest has {size} octets",
            resigned(to(lambda t: ess_certificate(t)[0], bytes(size))),
            "ESSCertIDv2.hashAlgorithm",
            "SigningCertificateV2",
        )
        for size in (0, 20, 31, 33)
    ),
    make.by_value(
        "ess-version-1",
        "signing-certificate by SHA-1 stands instead of its second version",
        resigned(_old_attribute),
        "signedAttrs types",
    ),
    make.by_shape(
        "ess-none",
        "signing-certificate-v2 names no certificate",
        resigned(lambda t: _ess(t)[0].parts.clear()),
        "SigningCertificateV2.certs",
        "SigningCertificateV2",
    ),
    make.by_shape(
        "ess-two",
        "signing-certificate-v2 names two certificates",
        resigned(twice(lambda t: _ess(t)[0])),
        "SigningCertificateV2.certs",
        "SigningCertificateV2",
    ),
    make.by_shape(
        "ess-policies",
        "signing-certificate-v2 names a policy",
        resigned(put(_ess, 1, forge.sequence(forge.sequence(oid(UNKNOWN))))),
        "SigningCertificateV2.policies",
        "SigningCertificateV2",
    ),
    make.by_shape(
        "ess-two-names",
        "the issuer beside the certificate's digest has two names",
        resigned(
            lambda t: ess_certificate(t).insert(1, _issuer_serial()),
            twice(lambda t: ess_certificate(t).at(1, 0)),
        ),
        "",
        "SigningCertificateV2",
    ),
    *(
        make.by_shape(
            f"unsigned-{name}",
            f"an unsigned attribute: {name}",
            changed(_unsigned(dotted)),
            "SignerInfo.unsignedAttrs",
        )
        for name, dotted in (
            ("unknown", UNKNOWN),
            ("countersignature", COUNTERSIGNATURE),
            ("time-stamp", TIME_STAMP),
        )
    ),
    make.by_shape(
        "unsigned-empty",
        "the set of unsigned attributes is empty",
        changed(put(signer_info, 6, Node(0xA1))),
        "SignerInfo.unsignedAttrs",
    ),
)

VECTORS: Final[tuple[Vector, ...]] = (*ACCEPTED, *STRUCTURE, *SIGNER, *CERTIFICATE)
