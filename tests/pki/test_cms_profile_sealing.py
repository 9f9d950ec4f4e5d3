# SPDX-License-Identifier: Apache-2.0
"""The profile row by row: a sealed message that breaks just one row is refused.

Key agreement and tag stay true in each forgery, so that nothing but its shape tells.
"""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki import oids
from pki.cms_profile import PROFILE, Shape
from pki.errors import CmsError, DerError
from tests.pki import forge
from tests.pki.forge import NULL, Change, Node, drop, oid, put, to, twice
from tests.pki.keys import new_key
from tests.pki.sealed_message import (
    OPENER,
    PLAIN,
    agreement,
    content_info,
    encrypted_key,
    enveloped,
    forged,
    point,
)
from tests.pki.test_cms_profile_signing import BREAKS as SIGNED_BREAKS


def _gcm(tree: Node) -> Node:
    return content_info(tree).at(1, 1)


def _by_issuer(tree: Node) -> None:
    encrypted_key(tree).parts[0] = forge.sequence(forge.sequence(), forge.integer(1))


ATTRIBUTE = forge.sequence(oid("2.999"), Node(0x31, parts=[NULL]))

BREAKS: dict[str, Change] = {
    "sealed contentType": to(lambda t: t[0], oid("1.2.840.113549.1.7.3").octets),
    "AuthEnvelopedData.version": to(lambda t: enveloped(t)[0], b"\x02"),
    "AuthEnvelopedData.originatorInfo": put(enveloped, 1, Node(0xA0)),
    "AuthEnvelopedData.recipientInfos": twice(lambda t: enveloped(t)[1]),
    "KeyAgreeRecipientInfo.version": to(lambda t: agreement(t)[0], b"\x04"),
    "originator": lambda tree: setattr(
        agreement(tree)[1], "parts", [Node(0x80, bytes(20))]
    ),
    "originatorKey.algorithm": to(
        lambda t: agreement(t).at(1, 0, 0, 0), oid("1.3.132.1.12").octets
    ),
    "originatorKey.publicKey": to(point, lambda octets: b"\0\x03" + octets[2:34]),
    "originatorKey.publicKey unused bits": to(
        point, lambda octets: b"\x01" + octets[1:-1] + b"\0"
    ),
    "KeyAgreeRecipientInfo.ukm": put(
        agreement, 2, Node(0xA1, parts=[forge.octet_string(bytes(16))])
    ),
    "keyEncryptionAlgorithm": to(
        lambda t: agreement(t).at(2, 0), oid("1.3.132.1.11.2").octets
    ),
    "keyEncryptionAlgorithm wrap": to(
        lambda t: agreement(t).at(2, 1, 0), oid("2.16.840.1.101.3.4.1.5").octets
    ),
    "recipientEncryptedKeys": twice(lambda t: agreement(t)[3]),
    "RecipientEncryptedKey.rid": _by_issuer,
    "RecipientEncryptedKey.encryptedKey": to(lambda t: encrypted_key(t)[1], bytes(24)),
    "EncryptedContentInfo.contentType": to(
        lambda t: content_info(t)[0], oid(oids.ID_SIGNED_DATA).octets
    ),
    "contentEncryptionAlgorithm": to(
        lambda t: content_info(t).at(1, 0), oid("2.16.840.1.101.3.4.1.6").octets
    ),
    "GCMParameters.nonce": to(lambda t: _gcm(t)[0], bytes(16)),
    "GCMParameters.icvlen": drop(_gcm, 1),
    "AuthEnvelopedData.encryptedContent": drop(content_info, 2),
    "AuthEnvelopedData.authAttrs": put(enveloped, 3, Node(0xA1, parts=[ATTRIBUTE])),
    "AuthEnvelopedData.mac": to(lambda t: enveloped(t)[3], lambda mac: mac[:12]),
    "AuthEnvelopedData.unauthAttrs": put(enveloped, 4, Node(0xA2, parts=[ATTRIBUTE])),
}


@pytest.mark.parametrize("place", BREAKS)
def test_a_message_that_breaks_one_row_of_the_profile_is_refused(place: str) -> None:
    with pytest.raises(CmsError) as refused:
        OPENER.open(forged(BREAKS[place]))
    cause = refused.value.__cause__
    if isinstance(PROFILE[place].allowed, Shape):
        assert isinstance(cause, DerError)
    else:
        assert isinstance(cause, CmsError)
        assert cause.place == place


def test_an_unchanged_message_is_opened() -> None:
    assert OPENER.open(forged(lambda tree: None)) == PLAIN


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(lambda tree: agreement(tree).at(1, 0, 0), id="originator"),
        pytest.param(lambda tree: agreement(tree).at(2, 1), id="wrap"),
    ],
)
def test_null_parameters_are_refused_here(where: Callable[[Node], Node]) -> None:
    with pytest.raises(CmsError):
        OPENER.open(forged(put(where, 1, NULL)))


def test_a_date_beside_the_key_identifier_is_refused() -> None:
    date = Node(0x18, b"20300101120000Z")
    with pytest.raises(CmsError):
        OPENER.open(forged(put(lambda t: encrypted_key(t)[0], 1, date)))


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"\0\0", id="infinity"),
        pytest.param(b"\0\x04" + bytes(64), id="origin"),
        pytest.param(b"\0\x04" + bytes(63) + b"\x01", id="off the curve"),
        pytest.param(b"\0\x04" + b"\xff" * 64, id="beyond the field"),
        pytest.param(b"\0\x04" + bytes(63), id="short"),
        pytest.param(b"\0\x06" + bytes(64), id="hybrid"),
    ],
)
def test_a_point_that_is_none_is_refused(octets: bytes) -> None:
    with pytest.raises(CmsError):
        OPENER.open(forged(to(point, octets)))


def test_a_point_of_another_sender_is_refused() -> None:
    other = new_key().public_key()
    octets = other.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    with pytest.raises(CmsError):
        OPENER.open(forged(to(point, b"\0" + octets)))


def test_every_row_of_the_profile_has_a_message_that_breaks_it() -> None:
    assert set(PROFILE) == set(BREAKS) | set(SIGNED_BREAKS)
