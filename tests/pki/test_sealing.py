# SPDX-License-Identifier: Apache-2.0
"""Sealing: the receiver opens it; everything else is one and the same `CmsError`."""

import os

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import der, oids
from pki.algorithms import ALGORITHMS
from pki.cms_shapes import SealedContentInfo
from pki.errors import CmsError
from pki.sealing import Opener, Recipient
from tests.pki import forge, mangle
from tests.pki.keys import leaf, new_key, sealing
from tests.pki.sealed_message import (
    GOOD,
    OPENER,
    PLAIN,
    content_info,
    encrypted_key,
    enveloped,
    forged,
    seal,
)

# --- whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 2048, 65_535, 65_536])
def test_what_is_sealed_is_opened_by_the_receiver(size: int) -> None:
    plain = os.urandom(size)
    assert OPENER.open(seal(plain)) == plain


@given(st.binary(max_size=600))
def test_the_template_writes_what_the_declared_structures_write(plain: bytes) -> None:
    data = seal(plain)
    assert der.encode(der.decode(SealedContentInfo, data)) == data
    assert OPENER.open(data) == plain


def test_nothing_of_the_plain_text_can_be_seen() -> None:
    assert PLAIN not in seal()


def test_the_same_plain_text_never_looks_the_same_twice() -> None:
    assert len({seal() for _ in range(20)}) == 20


def test_content_key_and_nonce_come_from_the_given_randomness() -> None:
    asked: list[int] = []

    def token_bytes(size: int) -> bytes:
        asked.append(size)
        return bytes(range(size))

    data = Recipient(sealing().certificate).seal(PLAIN, token_bytes)
    assert asked == [32, 12]
    nonce = content_info(forge.read(data)).at(1, 1, 0).octets
    assert nonce == bytes(range(12))
    assert OPENER.open(data) == PLAIN


def test_the_receivers_digest_is_its_certificates_fingerprint() -> None:
    pair = sealing()
    assert Recipient(pair.certificate).digest == pair.certificate.fingerprint(SHA256())


def test_a_message_of_ours_uses_no_algorithm_outside_the_table() -> None:
    allowed = {algorithm.oid for algorithm in ALGORITHMS}
    framing = {oids.ID_DATA, oids.ID_CT_AUTH_ENVELOPED_DATA}
    used = {n.write() for n in forge.read(seal()).walk() if n.tag == 0x06}
    assert used <= {der.oid(dotted) for dotted in allowed | framing}
    assert der.oid(oids.ID_AES256_GCM) in used


# --- broken ---------------------------------------------------------------------------


def test_every_cut_is_refused() -> None:
    for cut in mangle.cuts(GOOD):
        with pytest.raises(CmsError):
            OPENER.open(cut)


def test_every_flipped_bit_is_refused() -> None:
    for flipped in mangle.flips(GOOD):
        with pytest.raises(CmsError):
            OPENER.open(flipped)


def test_a_doubled_message_or_bytes_around_it_are_refused() -> None:
    for more in mangle.lengthened(GOOD):
        with pytest.raises(CmsError):
            OPENER.open(more)


def test_ber_is_refused_at_every_element() -> None:
    for tree in forge.in_ber(GOOD):
        with pytest.raises(CmsError):
            OPENER.open(tree.write())


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_but_cms_error(data: bytes) -> None:
    with pytest.raises(CmsError):
        OPENER.open(data)


@settings(max_examples=300)
@given(st.data())
def test_a_message_with_a_stretch_replaced_raises_nothing_but_cms_error(
    data: st.DataObject,
) -> None:
    changed = data.draw(mangle.spliced(GOOD))
    if changed == GOOD:
        return
    with pytest.raises(CmsError):
        OPENER.open(changed)


def test_every_failure_says_the_same() -> None:
    wrong_tag = forged(lambda tree: setattr(enveloped(tree)[3], "octets", bytes(16)))
    wrong_key = forged(
        lambda tree: setattr(encrypted_key(tree)[1], "octets", bytes(40))
    )
    other = Recipient(sealing("another").certificate).seal(PLAIN)
    texts = set()
    for bad in (b"", b"\x30\0", GOOD[:-1], wrong_tag, wrong_key, other):
        with pytest.raises(CmsError) as refused:
            OPENER.open(bad)
        assert type(refused.value) is CmsError
        assert refused.value.place == ""
        texts.add(str(refused.value))
    assert len(texts) == 1


def test_the_inner_cause_is_kept_for_our_record_without_its_frames() -> None:
    wrong_tag = forged(lambda tree: setattr(enveloped(tree)[3], "octets", bytes(16)))
    with pytest.raises(CmsError) as refused:
        OPENER.open(wrong_tag)
    cause = refused.value.__cause__
    assert type(cause).__name__ == "InvalidTag"
    assert cause is not None
    assert cause.__traceback__ is None


# --- keys and certificates ------------------------------------------------------------


def test_another_receiver_cannot_open() -> None:
    other = sealing("another")
    with pytest.raises(CmsError):
        Opener(other.key, other.certificate).open(GOOD)


def test_another_key_under_the_same_identifier_cannot_open() -> None:
    key_id = x509.SubjectKeyIdentifier.from_public_key(sealing().key.public_key())
    key = new_key()
    taken = leaf(key, "thief", oids.ID_KP_SEALING, key_id.digest, key_agreement=True)
    with pytest.raises(CmsError):
        Opener(key, taken).open(GOOD)


def test_a_renewed_certificate_of_the_same_key_opens() -> None:
    renewed = leaf(sealing().key, "receiver", oids.ID_KP_SEALING, key_agreement=True)
    assert Opener(sealing().key, renewed).open(GOOD) == PLAIN
