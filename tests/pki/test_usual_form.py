# SPDX-License-Identifier: Apache-2.0
"""The quick reading and the long one give the same value, or neither gives any."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pki import der, oids, sealed_form, signed_form
from pki.cms import Signed, Signer, parse_signed, parse_unusual
from pki.cms_shapes import SealedContentInfo
from pki.errors import CmsError
from pki.sealing import Opener, Recipient
from tests.pki import forge, mangle
from tests.pki.keys import NOON, sealing, signing

OURS = [
    *(oids.ID_CT_HEADER, oids.ID_CT_PERMIT, oids.ID_CT_ROUTE),
    *(oids.ID_CT_RECEIPT, oids.ID_CT_REFUSAL, oids.ID_CT_MASTER),
]
SIZES = [0, 1, 60, 127, 128, 200, 255, 256, 2048, 65_300, 65_535, 65_536, 70_000]
SIGNER = Signer(signing().key, signing().certificate)
OPENER = Opener(sealing().key, sealing().certificate)
RECIPIENT = Recipient(sealing().certificate)
SIGNED = SIGNER.sign(b"content", oids.ID_CT_HEADER, NOON)
SEALED = RECIPIENT.seal(b"content")


def the_long_way(data: bytes) -> Signed | None:
    try:
        return parse_unusual(data)
    except CmsError:
        return None


def both_ways(data: bytes) -> Signed | None:
    try:
        return parse_signed(data)
    except CmsError:
        return None


@pytest.mark.parametrize("content_type", OURS)
@pytest.mark.parametrize("size", SIZES)
def test_what_we_sign_is_known_again(content_type: str, size: int) -> None:
    data = SIGNER.sign(bytes(size), content_type, NOON)
    assert signed_form.recognised(data) is not None
    assert parse_signed(data) == parse_unusual(data)


@given(st.binary(max_size=3000))
def test_what_we_seal_is_known_again(plain: bytes) -> None:
    data = RECIPIENT.seal(plain)
    assert sealed_form.recognised(data) == OPENER._read(data)
    assert OPENER.open(data) == plain


@pytest.mark.parametrize("size", SIZES)
def test_what_we_seal_is_known_again_at_every_length_of_a_length(size: int) -> None:
    data = RECIPIENT.seal(bytes(size))
    assert der.encode(der.decode(SealedContentInfo, data)) == data
    assert sealed_form.recognised(data) == OPENER._read(data)


@pytest.mark.parametrize("size", SIZES)
def test_a_length_never_met_before_costs_a_few_forms_and_no_search(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0

    def counted(content: int) -> sealed_form.SealedForm:
        nonlocal made
        made += 1
        return form(content)

    form = sealed_form._form
    monkeypatch.setattr(sealed_form, "_form", counted)
    whole = form(size).size
    assert sealed_form._form_of_size.__wrapped__(whole) == form(size)
    assert made <= 13


def test_a_length_is_that_of_one_content_or_of_none() -> None:
    contents = [*range(400), *range(65_000, 65_600)]
    forms = {form.size: form for form in map(sealed_form._form, contents)}
    for size in (*range(400), *range(65_300, 65_600)):
        assert sealed_form._form_of_size.__wrapped__(size) == forms.get(size)


@pytest.mark.parametrize("data", [SIGNED], ids=["signed"])
def test_every_flipped_bit_reads_the_same_both_ways(data: bytes) -> None:
    for flipped in mangle.flips(data):
        assert both_ways(flipped) == the_long_way(flipped)


def test_every_cut_of_a_signed_message_is_unusual() -> None:
    for cut in mangle.cuts(SIGNED):
        assert signed_form.recognised(cut) is None


def test_every_cut_of_a_sealed_message_is_unusual_or_of_other_bytes() -> None:
    for cut in mangle.cuts(SEALED):
        assert sealed_form.recognised(cut) is None


def test_what_is_read_of_a_flipped_sealed_message_is_what_the_long_way_reads() -> None:
    for flipped in mangle.flips(SEALED):
        usual = sealed_form.recognised(flipped)
        if usual is not None and usual.key_id == OPENER.key_id:
            assert usual == OPENER._read(flipped)


def test_ber_is_never_usual() -> None:
    for tree in forge.in_ber(SIGNED):
        assert signed_form.recognised(tree.write()) is None
    for tree in forge.in_ber(SEALED):
        assert sealed_form.recognised(tree.write()) is None


@settings(max_examples=300)
@given(st.data())
def test_a_replaced_stretch_reads_the_same_both_ways(data: st.DataObject) -> None:
    changed = data.draw(mangle.spliced(SIGNED))
    assert both_ways(changed) == the_long_way(changed)


@given(st.binary(max_size=700))
def test_any_bytes_are_usual_to_nobody(data: bytes) -> None:
    assert signed_form.recognised(data) is None
    assert sealed_form.recognised(data) is None
