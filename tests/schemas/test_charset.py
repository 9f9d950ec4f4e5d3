# SPDX-License-Identifier: Apache-2.0
"""What the side of linkage can write, and what the register counts as external."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.charset import GETA, characters, external_count, unwritable, wrong_counts
from schemas.messages import IdentityInformationUpdate, IdentityRecord, read_payload
from tests.schemas.samples import sample
from tests.values import replace

TAKAI = "\u9ad9"
SELECTOR = "\U000e0100"
PLANES = {1: b"\x1b$(Q", 2: b"\x1b$(P"}
ASCII = b"\x1b(B"
TRICKY = st.text(
    f"高{TAKAI}\U00020bb7\ufa19か\u309a\u3099\ufe00{SELECTOR}〜\uff5eｶ{GETA}\n\x1b"
)


def cells() -> set[str]:
    """The character in every cell of the two planes, by the standard's own rows."""
    found = set()
    for escape in PLANES.values():
        for high in range(0x21, 0x7F):
            for low in range(0x21, 0x7F):
                try:
                    cell = escape + bytes([high, low]) + ASCII
                    found.add(cell.decode("iso2022_jp_2004"))
                except UnicodeDecodeError:
                    continue
    return found


def test_every_one_of_the_11233_characters_can_be_written() -> None:
    found = cells()
    assert len(found) == 11_233
    assert all(unwritable(character) is None for character in found)


def test_of_single_code_points_nothing_else_can_be_but_ascii() -> None:
    allowed = {text for text in cells() if len(text) == 1}
    allowed |= {chr(code) for code in range(0x20, 0x7F)} | {"\n"}
    written = {chr(code) for code in range(0x110000) if unwritable(chr(code)) is None}
    assert written == allowed


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("高崎", None),
        ("", None),
        ("山田\n太郎", None),
        (f"高{TAKAI}", 1),
        (f"か\u309a{TAKAI}", 2),
        ("\u4d92田", 0),
        ("\U00020bb7野", 0),
        ("\U0002e7bd", 0),
        ("\ufa11栁濵桒㐂\U0002363a", None),
        ("\ufa19", None),
        (f"葛{SELECTOR}城", 1),
        ("ｶ", 0),
        ("1丁目\uff5e2", 3),
        ("1丁目〜2−3－4", None),
        ("①㈱", None),
        ("あ\u309a", 1),
        ("高\x1b崎", 1),
        (f"{TAKAI}\x1b", 0),
        ("\x85", 0),
        ("\ud800", 0),
    ],
)
def test_it_names_the_first_place_that_cannot_be_written(
    text: str, place: int | None
) -> None:
    assert unwritable(text) == place


@given(TRICKY | st.text())
def test_what_stands_before_that_place_can_be_written(text: str) -> None:
    place = unwritable(text)
    if place is not None:
        assert unwritable(text[:place]) is None
        assert unwritable(text[place:]) is not None


def test_what_unicode_would_normalise_is_not_normalised_first() -> None:
    composed = unicodedata.normalize("NFC", "は\u309a")
    assert unwritable(composed) is None
    assert unwritable("は\u309a") == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("高橋", 0),
        (f"{TAKAI}橋", 1),
        (f"葛{SELECTOR}西", 1),
        (f"\U00020bb7{SELECTOR}野", 1),
        ("か\u309aㇷ\u309a", 0),
        ("あ\u309a", 1),
        (SELECTOR, 1),
        (SELECTOR * 2, 2),
        (f"{TAKAI}\ufe00{TAKAI}\ufe0f{TAKAI}\U000e01ef", 3),
        (f"{GETA}橋", 1),
        (f"{GETA}{TAKAI}{GETA}", 3),
        ("", 0),
    ],
)
def test_external_characters_are_counted_as_characters(text: str, count: int) -> None:
    assert external_count(text) == count


@given(TRICKY | st.text())
def test_the_characters_of_a_text_are_the_text(text: str) -> None:
    assert "".join(characters(text)) == text
    assert all(characters(text))
    assert external_count(text) == sum(map(external_count, characters(text)))


# -- the counts of a record ------------------------------------------------------------


@pytest.fixture
def record() -> IdentityRecord:
    value = read_payload(
        "identity_information_update", sample("identity_information_update")
    )
    assert isinstance(value, IdentityInformationUpdate)
    return value.record


def test_the_sample_counts_its_external_characters_rightly(
    record: IdentityRecord,
) -> None:
    assert wrong_counts(record) == ()


@pytest.mark.parametrize(
    "field",
    [
        "name_external_character_count",
        "address_external_character_count",
        "previous_address_external_character_count",
        "former_surname_external_character_count",
    ],
)
def test_a_count_that_is_not_what_stands_there_is_named(
    record: IdentityRecord, field: str
) -> None:
    wrong = replace(record, **{field: getattr(record, field) + 1})
    assert wrong_counts(wrong) == (field,)


def test_a_flag_that_denies_them_is_named(record: IdentityRecord) -> None:
    denied = replace(record, external_character_flag=False)
    assert wrong_counts(denied) == ("external_character_flag",)


def test_a_flag_that_says_there_are_some_where_there_are_none_is_named(
    record: IdentityRecord,
) -> None:
    plain = replace(record, kanji_name="高橋　見本", name_external_character_count=0)
    assert wrong_counts(plain) == ("external_character_flag",)
    assert wrong_counts(replace(plain, external_character_flag=False)) == ()


def test_a_text_that_is_there_has_a_count(record: IdentityRecord) -> None:
    silent = replace(record, former_surname_external_character_count=None)
    assert wrong_counts(silent) == ("former_surname_external_character_count",)


@pytest.mark.parametrize("count", [None, 0])
def test_a_text_that_is_absent_has_none(
    record: IdentityRecord, count: int | None
) -> None:
    absent = replace(
        record, former_surname_kanji=None, former_surname_external_character_count=count
    )
    assert wrong_counts(absent) == ()
    one = replace(absent, former_surname_external_character_count=1)
    assert wrong_counts(one) == ("former_surname_external_character_count",)
