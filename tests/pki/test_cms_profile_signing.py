# SPDX-License-Identifier: Apache-2.0
"""The profile row by row: a signed message that breaks just one row is refused.

Each forgery is signed again by the true key, so that nothing but its shape tells.
"""

import pytest

from pki import oids
from pki.cms_profile import PROFILE, Shape
from pki.errors import CmsError, DerError
from tests.pki import forge
from tests.pki.forge import NULL, Change, Node, drop, oid, put, to, twice
from tests.pki.signed_message import (
    CONTENT,
    attribute,
    attributes,
    check,
    ess_certificate,
    forged,
    signed_data,
    signer_info,
)

OTHER_DIGEST = "2.16.840.1.101.3.4.2.2"  # SHA-384
OTHER_SIGNATURE = "1.2.840.10045.4.3.3"  # ECDSA with SHA-384


def _by_issuer(tree: Node) -> None:
    signer_info(tree).parts[1] = forge.sequence(forge.sequence(), forge.integer(1))


def _untyped_attributes(tree: Node) -> None:
    attributes(tree).tag = 0xA2


def _content_types(tree: Node) -> Node:
    return attribute(tree, oids.ID_CONTENT_TYPE)[1]


def _signing_certificate(tree: Node) -> Node:
    return attribute(tree, oids.ID_SIGNING_CERTIFICATE_V2).at(1, 0)


SHA384 = forge.sequence(oid(OTHER_DIGEST))
UNSIGNED = Node(0xA1, parts=[forge.sequence(oid("2.999"), Node(0x31, parts=[NULL]))])

BREAKS: dict[str, Change] = {
    "signed contentType": to(lambda t: t.at(0), oid("1.2.840.113549.1.7.5").octets),
    "SignedData.version": to(lambda t: t.at(1, 0, 0), b"\x01"),
    "SignedData.digestAlgorithms": to(
        lambda t: t.at(1, 0, 1, 0, 0), oid(OTHER_DIGEST).octets
    ),
    "SignedData.digestAlgorithms count": put(lambda t: t.at(1, 0, 1), 1, SHA384),
    "encapContentInfo.eContent": drop(lambda t: t.at(1, 0, 2), 1),
    "SignedData.certificates": put(signed_data, 3, Node(0xA0)),
    "SignedData.crls": put(signed_data, 3, Node(0xA1)),
    "SignedData.signerInfos": twice(lambda t: t.at(1, 0, 3)),
    "SignerInfo.version": to(lambda t: t.at(1, 0, 3, 0, 0), b"\x01"),
    "SignerInfo.sid": _by_issuer,
    "SignerInfo.digestAlgorithm": to(
        lambda t: t.at(1, 0, 3, 0, 2, 0), oid(OTHER_DIGEST).octets
    ),
    "SignerInfo.signedAttrs": _untyped_attributes,
    "signedAttrs types": to(
        lambda t: attribute(t, oids.ID_SIGNING_TIME)[0], oid("2.999").octets
    ),
    "signedAttrs values": put(_content_types, 0, oid("2.999")),
    "ESSCertIDv2.hashAlgorithm": put(
        ess_certificate, 0, forge.sequence(oid(oids.ID_SHA256))
    ),
    "SigningCertificateV2.certs": twice(lambda t: _signing_certificate(t)[0]),
    "SigningCertificateV2.policies": put(
        _signing_certificate, 1, forge.sequence(forge.sequence(oid("2.999")))
    ),
    "SignerInfo.signatureAlgorithm": to(
        lambda t: t.at(1, 0, 3, 0, 4, 0), oid(OTHER_SIGNATURE).octets
    ),
    "SignerInfo.unsignedAttrs": put(signer_info, 6, UNSIGNED),
}


@pytest.mark.parametrize("place", BREAKS)
def test_a_message_that_breaks_one_row_of_the_profile_is_refused(place: str) -> None:
    with pytest.raises(CmsError) as refused:
        check(forged(BREAKS[place]))
    if isinstance(PROFILE[place].allowed, Shape):
        assert isinstance(refused.value, DerError)
    else:
        assert refused.value.place == place


def test_an_unchanged_message_that_was_signed_again_is_accepted() -> None:
    check(forged(lambda tree: None))


def test_null_parameters_of_the_digest_are_read() -> None:
    def change(tree: Node) -> None:
        tree.at(1, 0, 1, 0).insert(1, NULL)
        signer_info(tree)[2].insert(1, NULL)

    assert check(forged(change)).content == CONTENT


def test_null_parameters_of_the_signature_are_refused() -> None:
    with pytest.raises(CmsError) as refused:
        check(forged(lambda tree: signer_info(tree)[4].insert(1, NULL)))
    assert refused.value.place == "SignerInfo.signatureAlgorithm"


@pytest.mark.parametrize("place", [1, 2])
def test_other_parameters_of_the_digest_are_refused(place: int) -> None:
    def change(tree: Node) -> None:
        algorithm = tree.at(1, 0, 1, 0) if place == 1 else signer_info(tree)[2]
        algorithm.insert(1, forge.integer(1))

    with pytest.raises(DerError):
        check(forged(change))


@pytest.mark.parametrize(
    "dotted",
    [
        oids.ID_CONTENT_TYPE,
        oids.ID_MESSAGE_DIGEST,
        oids.ID_SIGNING_TIME,
        oids.ID_SIGNING_CERTIFICATE_V2,
    ],
)
def test_each_signed_attribute_is_there_once(dotted: str) -> None:
    def without(tree: Node) -> None:
        attributes(tree).parts.remove(attribute(tree, dotted))

    def twice(tree: Node) -> None:
        without(tree)
        attributes(tree).insert(0, attributes(tree)[0])

    for change in (without, twice):
        with pytest.raises(CmsError):
            check(forged(change))


def test_a_fifth_signed_attribute_is_refused() -> None:
    more = forge.sequence(oid("2.999"), Node(0x31, parts=[NULL]))
    with pytest.raises(DerError):
        check(forged(lambda tree: attributes(tree).insert(0, more)))


def test_unsorted_attributes_are_refused() -> None:
    with pytest.raises(DerError):
        check(forged(lambda tree: attributes(tree).parts.reverse(), resign=False))


def test_a_content_type_other_than_the_signed_one_is_refused() -> None:
    change = to(lambda t: t.at(1, 0, 2, 0), oid(oids.ID_CT_PERMIT).octets)
    with pytest.raises(CmsError) as refused:
        check(forged(change))
    assert refused.value.place == "contentType"


def test_content_other_than_the_digested_is_refused() -> None:
    def change(tree: Node) -> None:
        tree.at(1, 0, 2, 1, 0).octets = CONTENT + b" "

    with pytest.raises(CmsError) as refused:
        check(forged(change))
    assert refused.value.place == "messageDigest"


def test_an_attribute_value_of_another_type_is_refused() -> None:
    def change(tree: Node) -> None:
        attribute(tree, oids.ID_MESSAGE_DIGEST)[1].parts[0].tag = 0x0C

    with pytest.raises(DerError):
        check(forged(change))
