# SPDX-License-Identifier: Apache-2.0
"""Signing: what is signed is read back; everything else is a `CmsError`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import der, oids
from pki.algorithms import ALGORITHMS, ECDSA_SHA256
from pki.cms import Signer, Verifier, parse_signed
from pki.cms_shapes import SignedContentInfo
from pki.errors import CmsError, DerError
from tests.pki import forge, mangle
from tests.pki.forge import Node
from tests.pki.keys import NOON, leaf, signing
from tests.pki.signed_message import (
    CONTENT,
    check,
    ess_certificate,
    forged,
    sign,
    signed_again,
    signer_info,
)
from tests.values import replace

GOOD = sign()
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


# --- whole ----------------------------------------------------------------------------


def test_what_is_signed_is_read_back_and_verified() -> None:
    signed = check(sign())
    assert signed.content == CONTENT
    assert signed.content_type == oids.ID_CT_HEADER
    assert signed.signing_time == NOON
    pair = signing()
    assert signed.key_id == Signer(pair.key, pair.certificate).key_id


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 2048, 65_535, 65_536])
def test_content_of_any_size_comes_back_whole(size: int) -> None:
    assert check(sign(bytes(size))).content == bytes(size)


@given(st.binary(max_size=600), st.sampled_from([oids.ID_DATA, "1.2.3", "2.999.1"]))
def test_the_template_writes_what_the_declared_structures_write(
    content: bytes, content_type: str
) -> None:
    pair = signing()
    data = Signer(pair.key, pair.certificate).sign(content, content_type, NOON)
    assert der.encode(der.decode(SignedContentInfo, data)) == data
    assert check(data).content_type == content_type


@pytest.mark.parametrize("year", [1949, 1950, 2049, 2050, 9999])
def test_the_signing_time_is_kept_in_every_year(year: int) -> None:
    at = datetime(year, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
    assert check(sign(at=at)).signing_time == at.replace(microsecond=0)


def test_the_signing_time_is_the_same_moment_in_every_zone() -> None:
    japan = timezone(timedelta(hours=9))
    assert check(sign(at=NOON.astimezone(japan))).signing_time == NOON


def test_a_message_of_ours_uses_no_algorithm_outside_the_table() -> None:
    allowed = {der.oid(algorithm.oid) for algorithm in ALGORITHMS}
    framing = {
        der.oid(dotted)
        for name, dotted in vars(oids).items()
        if name.startswith("ID_") and dotted not in {a.oid for a in ALGORITHMS}
    }
    used = {n.write() for n in forge.read(sign()).walk() if n.tag == 0x06}
    assert used <= allowed | framing
    assert {der.oid(oids.ID_SHA256), der.oid(oids.ID_ECDSA_WITH_SHA256)} <= used


def test_verifying_once_is_the_same_as_with_a_kept_verifier() -> None:
    parse_signed(sign()).verify(signing().certificate)
    with pytest.raises(CmsError):
        parse_signed(sign()).verify(signing("another").certificate)


# --- broken ---------------------------------------------------------------------------


def test_every_cut_is_refused() -> None:
    for cut in mangle.cuts(sign()):
        with pytest.raises(DerError):
            parse_signed(cut)


def test_every_flipped_bit_is_refused() -> None:
    for flipped in mangle.flips(sign()):
        with pytest.raises(CmsError):
            check(flipped)


def test_a_doubled_message_or_bytes_around_it_are_refused() -> None:
    for more in mangle.lengthened(sign()):
        with pytest.raises(DerError):
            parse_signed(more)


def test_ber_is_refused_at_every_element() -> None:
    for tree in forge.in_ber(sign()):
        with pytest.raises(CmsError):
            check(signed_again(tree))


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_but_cms_error(data: bytes) -> None:
    with pytest.raises(CmsError):
        parse_signed(data)


@settings(max_examples=300)
@given(st.data())
def test_a_message_with_a_stretch_replaced_raises_nothing_but_cms_error(
    data: st.DataObject,
) -> None:
    good = GOOD
    changed = data.draw(mangle.spliced(good))
    if changed == good:
        return
    with pytest.raises(CmsError):
        check(changed)


# --- the certificate and the signature ------------------------------------------------


def test_another_certificate_of_the_same_key_is_refused() -> None:
    renewed = leaf(signing().key, "signer", digital_signature=True)
    with pytest.raises(CmsError) as refused:
        Verifier(renewed).verify(parse_signed(sign()))
    assert refused.value.place == "ESSCertIDv2.certHash"


def test_a_signature_of_another_key_is_refused() -> None:
    with pytest.raises(CmsError) as refused:
        Verifier(signing("another").certificate).verify(parse_signed(sign()))
    assert refused.value.place == "SignerInfo.sid"


def test_a_key_that_takes_the_names_of_another_is_refused() -> None:
    own, other = signing(), signing("another")
    signed = parse_signed(sign())
    forgery = replace(signed, signature=other.key.sign(signed.attributes, ECDSA_SHA256))
    with pytest.raises(CmsError) as refused:
        Verifier(own.certificate).verify(forgery)
    assert refused.value.place == "SignerInfo.signature"


def _issuer_serial(serial: int) -> Node:
    issuer = forge.read(signing().certificate.issuer.public_bytes())
    name = forge.sequence(Node(0xA4, parts=[issuer]))
    return forge.sequence(name, forge.read(der.encode(serial)))


def test_issuer_and_serial_are_read_where_they_are_the_certificates() -> None:
    right = _issuer_serial(signing().certificate.serial_number)
    check(forged(lambda tree: ess_certificate(tree).insert(1, right)))


def test_issuer_and_serial_of_another_certificate_are_refused() -> None:
    wrong = _issuer_serial(signing().certificate.serial_number ^ 1)
    with pytest.raises(CmsError) as refused:
        check(forged(lambda tree: ess_certificate(tree).insert(1, wrong)))
    assert refused.value.place == "ESSCertIDv2.issuerSerial"


def test_the_mirrored_signature_is_valid_too() -> None:
    # Nothing of ours compares signatures; see the docstring of pki/cms.py.
    def change(tree: Node) -> None:
        r, s = decode_dss_signature(signer_info(tree)[5].octets)
        signer_info(tree)[5].octets = encode_dss_signature(r, P256_ORDER - s)

    check(forged(change, resign=False))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: s + b"\0", id="followed by a byte"),
        pytest.param(lambda s: b"", id="empty"),
        pytest.param(lambda s: s[:-1], id="cut"),
        pytest.param(lambda s: b"\x30\x81" + s[1:], id="long length"),
        pytest.param(
            lambda s: der.tlv(0x30, b"\x02", bytes((s[3] + 1,)), b"\0", s[4:]),
            id="long integer",
        ),
        pytest.param(lambda s: bytes(64), id="bare r and s"),
        pytest.param(lambda s: encode_dss_signature(0, 0), id="zeros"),
        pytest.param(lambda s: encode_dss_signature(1, P256_ORDER), id="order"),
    ],
)
def test_a_signature_that_is_not_der_or_out_of_range_is_refused(
    change: Callable[[bytes], bytes],
) -> None:
    def put(tree: Node) -> None:
        signer_info(tree)[5].octets = change(signer_info(tree)[5].octets)

    with pytest.raises(CmsError):
        check(forged(put, resign=False))


def test_what_is_signed_is_not_shown() -> None:
    shown = repr(parse_signed(sign(b"a secret")))
    assert "secret" not in shown
    assert oids.ID_CT_HEADER in shown
