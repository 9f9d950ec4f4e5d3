# SPDX-License-Identifier: Apache-2.0
"""Linkage codes: another at every organisation, and only the core sees through."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import Refused
from protocols.linkage_code import CodeMaker, UnknownCode
from protocols.refusals import refusal

KEY = bytes(range(32))
MAKER = CodeMaker(KEY)
RECORD_CODES = st.from_regex(r"[0-9]{11}", fullmatch=True)
PERSONS = st.integers(0, 2**64 - 1)
ORGANISATIONS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6)


# printf 'sekisho code102024' | sha256sum   begins with 241e5e1ae080c89e; then
# printf '0000000000000001241e5e1ae080c89e' | xxd -r -p |
#     openssl enc -aes-256-ecb -nopad -K 000102…1f | xxd -p     (and -aes-128-ecb)
@pytest.mark.parametrize(
    ("key", "code"),
    [
        (bytes(range(32)), "da29a2ef44a0fd4c880284eeef64f9e0"),
        (bytes(range(16)), "77b27acde3b9bca959423e3449670113"),
    ],
    ids=["aes-256", "aes-128"],
)
def test_a_code_is_the_one_that_openssl_works_out(key, code):
    assert CodeMaker(key).code(1, "102024") == code
    assert CodeMaker(key).issue("00000000001", "102024") == code


@given(person=PERSONS, organisation=ORGANISATIONS)
def test_a_code_is_thirty_two_small_hexadecimal_digits_and_stays(person, organisation):
    code = MAKER.code(person, organisation)
    assert len(code) == 32
    assert code == bytes.fromhex(code).hex()
    assert code == CodeMaker(KEY).code(person, organisation)


@given(person=PERSONS, here=ORGANISATIONS, there=ORGANISATIONS)
def test_translation_gives_the_code_that_the_other_organisation_has(
    person, here, there
):
    code = MAKER.code(person, here)
    assert MAKER.translate(code, here, there) == MAKER.code(person, there)
    assert MAKER.translate(code, here, here) == code


@given(person=PERSONS, here=ORGANISATIONS, there=ORGANISATIONS)
def test_two_organisations_never_hold_the_same_code(person, here, there):
    same = MAKER.code(person, here) == MAKER.code(person, there)
    assert same == (here == there)


@given(one=RECORD_CODES, other=RECORD_CODES, organisation=ORGANISATIONS)
def test_two_people_have_two_codes_and_one_person_one_whoever_asks(
    one, other, organisation
):
    code = MAKER.issue(one, organisation)
    assert code == CodeMaker(KEY).issue(one, organisation)
    assert (code == MAKER.issue(other, organisation)) is (one == other)


@given(one=RECORD_CODES, here=ORGANISATIONS, there=ORGANISATIONS)
def test_a_code_that_was_issued_is_translated_to_the_one_issued_elsewhere(
    one, here, there
):
    assert MAKER.translate(MAKER.issue(one, here), here, there) == MAKER.issue(
        one, there
    )


def test_a_code_shows_nothing_of_the_resident_record_code():
    record_code = "98765432100"
    code = bytes.fromhex(MAKER.issue(record_code, "102024"))
    for shown in (int(record_code).to_bytes(5), bytes.fromhex("0" + record_code)):
        assert shown not in code


@given(one=PERSONS, other=PERSONS)
def test_two_persons_never_share_a_code(one, other):
    same = MAKER.code(one, "102024") == MAKER.code(other, "102024")
    assert same == (one == other)


def test_a_code_of_another_organisation_is_unknown():
    with pytest.raises(UnknownCode):
        MAKER.translate(MAKER.code(7, "112020"), "102024", "112020")


@pytest.mark.parametrize("other", [bytes(32), bytes(range(16))], ids=["key", "size"])
def test_a_code_made_under_another_key_is_unknown(other):
    with pytest.raises(UnknownCode):
        MAKER.translate(CodeMaker(other).code(7, "102024"), "102024", "112020")


@given(person=PERSONS, bit=st.integers(0, 127))
def test_a_flipped_bit_is_refused(person, bit):
    flipped = int(MAKER.code(person, "102024"), 16) ^ (1 << bit)
    with pytest.raises(UnknownCode):
        MAKER.translate(f"{flipped:032x}", "102024", "112020")


@pytest.mark.parametrize("bit", range(64))
def test_every_bit_of_an_organisations_mark_counts(bit):
    mark = int.from_bytes(hashlib.sha256(b"sekisho code" + b"102024").digest()[:8])
    block = (1).to_bytes(8) + (mark ^ (1 << bit)).to_bytes(8)
    code = Cipher(algorithms.AES(KEY), modes.ECB()).encryptor().update(block).hex()
    with pytest.raises(UnknownCode):
        MAKER.translate(code, "102024", "112020")


def test_a_refused_code_leaves_nothing_behind_in_the_maker():
    code = MAKER.code(7, "102024")
    for wrong in ("", code[:-2], MAKER.code(8, "112020")):
        with pytest.raises(UnknownCode):
            MAKER.translate(wrong, "102024", "112020")
    assert MAKER.translate(code, "102024", "112020") == CodeMaker(KEY).code(7, "112020")


def test_one_maker_serves_several_threads():
    persons = range(2000)
    wanted = [CodeMaker(KEY).code(person, "102024") for person in persons]

    def all_of_them(_):
        found = [MAKER.code(person, "102024") for person in persons]
        back = [MAKER.translate(code, "102024", "102024") for code in found]
        return found == wanted == back

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(all_of_them, range(4)))


@given(text=st.text() | st.text("0123456789abcdefABCDEF\n ", min_size=30, max_size=34))
def test_garbage_is_an_unknown_code_and_nothing_else(text):
    with pytest.raises(UnknownCode):
        MAKER.translate(text, "102024", "112020")


@pytest.mark.parametrize(
    "spoil",
    [
        str.upper,
        lambda c: c + "\n",
        lambda c: c[:-2],
        lambda c: c + c,
        lambda c: " " + c,
    ],
    ids=["capitals", "newline", "cut", "doubled", "space"],
)
def test_a_code_has_one_spelling(spoil):
    code = MAKER.code(0xABCDEF, "102024")
    with pytest.raises(UnknownCode):
        MAKER.translate(spoil(code), "102024", "112020")


def test_a_refusal_has_its_code_and_says_nothing_of_the_subject():
    code = MAKER.code(7, "112020")
    with pytest.raises(Refused) as refused:
        MAKER.translate(code, "102024", "112020")
    assert refusal(refused.value.code).code == "SK-K01"
    assert code not in repr(refused.value)


@pytest.mark.parametrize("person", [-1, 2**64])
def test_an_id_of_another_size_is_our_fault(person):
    with pytest.raises(ValueError, match="64 bits"):
        MAKER.code(person, "102024")


@pytest.mark.parametrize("size", [0, 15, 24, 33])
def test_a_key_of_another_size_is_our_fault(size):
    with pytest.raises(ValueError, match="16 or 32"):
        CodeMaker(bytes(size))


def test_the_key_is_not_in_the_makers_representation():
    assert KEY.hex() not in repr(MAKER)
    assert "\\x01\\x02" not in repr(MAKER)
