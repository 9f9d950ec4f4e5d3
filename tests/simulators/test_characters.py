# SPDX-License-Identifier: Apache-2.0
"""External characters: counted as a reader counts, replaced by the table, no more."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.residents.characters import (
    GETA,
    SUBSTITUTES,
    external_count,
    substitute,
    unvoiced,
)

TAKAI = "\u9ad9"
YOSHI = "\U00020bb7"
SELECTOR = "\U000e0100"
KAMI = "\ufa19"

ANY_TEXT = st.text() | st.text(
    f"高吉神{TAKAI}{YOSHI}{KAMI}{SELECTOR}\ufe00か\u309a\u3099ー〜\uff5e", max_size=8
)


def in_jis(text: str) -> bool:
    try:
        text.encode("shift_jis_2004")
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("高橋", 0, id="common"),
        pytest.param(f"{TAKAI}橋", 1, id="ladder-high"),
        pytest.param(f"{YOSHI}田", 1, id="beyond the basic plane"),
        pytest.param(f"{YOSHI}{SELECTOR}野", 1, id="with a selector still one"),
        pytest.param(f"葛{SELECTOR}西", 1, id="common base, form chosen"),
        pytest.param("\u4d92\U0002e7bd", 2, id="rare"),
        pytest.param("山\ufa11", 0, id="JIS X 0213 knows it"),
        pytest.param(f"{KAMI}谷", 0, id="compatibility form that JIS X 0213 knows"),
        pytest.param("\u6801\u6ff5\u6852\u3402\U0002363a", 0, id="JIS X 0213 all"),
        pytest.param("か\u309aㇷ\u309a", 0, id="two code points, one character"),
        pytest.param("あ\u309a", 1, id="a mark where no character has one"),
        pytest.param(SELECTOR, 1, id="a selector alone"),
        pytest.param("", 0, id="nothing"),
    ],
)
def test_external_characters_are_counted_as_characters(text, count):
    assert external_count(text) == count


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (f"{TAKAI}橋", "高橋"),
        (f"{YOSHI}田", "吉田"),
        (f"{YOSHI}{SELECTOR}野", "吉野"),
        (f"渡邉{SELECTOR}", "渡邉"),
        (f"{KAMI}谷　明", f"{KAMI}谷　明"),
        ("山\ufa11", "山\ufa11"),
        ("\u4d92田", f"{GETA}田"),
        (f"か\u309a{SELECTOR}", "か\u309a"),
        (SELECTOR, GETA),
    ],
)
def test_a_name_crosses_in_its_recorded_substitute(text, plain):
    assert substitute(text)[0] == plain


def test_every_substitution_is_told_with_its_place():
    _, made = substitute(f"{YOSHI}{SELECTOR}{TAKAI}田{TAKAI}")
    told = [(one.position, one.original, one.substitute) for one in made]
    assert told == [(0, f"{YOSHI}{SELECTOR}", "吉"), (2, TAKAI, "高"), (4, TAKAI, "高")]


def test_a_substitution_says_nothing_of_the_name_in_its_representation():
    _, (made,) = substitute(TAKAI)
    assert TAKAI not in repr(made)
    assert "高" not in repr(made)


@pytest.mark.parametrize("character", ["\ufa19", "①", "㈱", "\u3000", "Ａ"])
def test_what_unicode_would_normalise_stays(character):
    assert unicodedata.normalize("NFKC", character) != character
    assert substitute(character) == (character, ())


@pytest.mark.parametrize(("external", "plain"), SUBSTITUTES.items())
def test_the_table_leads_from_outside_the_set_into_it(external, plain):
    assert len(external) == len(plain) == 1
    assert not in_jis(external)
    assert in_jis(plain)


@given(text=ANY_TEXT)
def test_whatever_the_text_the_substitute_can_be_encoded(text):
    assert in_jis(substitute(text)[0])


@given(text=ANY_TEXT)
def test_as_many_are_replaced_as_are_external(text):
    plain, made = substitute(text)
    assert len(made) == external_count(text) - text.count(GETA)
    assert (plain == text) == (made == ())
    assert substitute(plain) == (plain, ())


@given(text=ANY_TEXT)
def test_the_substitutions_lead_back_to_the_original(text):
    plain, made = substitute(text)
    for one in made:
        start = one.position
        assert plain[start : start + len(one.substitute)] == one.substitute
        plain = plain[:start] + one.original + plain[start + len(one.substitute) :]
    assert plain == text


@pytest.mark.parametrize(
    ("kana", "key"),
    [
        ("たかはし　じゅんいち", "たかはし　しゆんいち"),
        ("ばんばとっぺい", "はんはとつへい"),
        ("がぎぐげござじずぜぞ", "かきくけこさしすせそ"),
        ("だぢづでどぱぴぷぺぽ", "たちつてとはひふへほ"),
        ("ぁぃぅぇぉゃゅょゎゔ", "あいうえおやゆよわう"),
        ("ーか\u3099か\u309a", "かか"),
    ],
)
def test_the_search_key_is_unvoiced_large_and_short(kana, key):
    assert unvoiced(kana) == key
    assert unvoiced(key) == key
