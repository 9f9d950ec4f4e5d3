# SPDX-License-Identifier: Apache-2.0
"""Names with their readings, and people who can live together."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from simulators.residents import City, Resident, Sex
from simulators.residents.characters import external_count
from simulators.residents.tables import given_names
from tests.simulators.town import age, table, the_homes, the_town, years_between

PYRAMID = [
    *(3.3, 4.0, 4.3, 4.5, 5.0, 5.2, 5.1, 5.6, 6.2, 7.1),
    *(7.8, 6.7, 6.2, 5.9, 6.4, 6.3, 4.8, 3.2, 1.8, 0.6),
]
"""Japan in the 2020s: per cent in each five years of age, the last 95 and over."""


@pytest.fixture(scope="module")
def town():
    return the_town()


@pytest.fixture(scope="module")
def homes():
    return the_homes()


def test_kanji_and_kana_are_the_pairs_of_the_tables(town):
    surnames = {
        (row["kanji"], row["kana"])
        for name in ("surnames.csv", "hard_surnames.csv")
        for row in table(name)
    }
    given_names = {
        (row["kanji"], row["kana"], row["sex"]): range(
            int(row["first_year"]), int(row["last_year"]) + 1
        )
        for row in table("given_names.csv")
    }
    for one in town:
        given_name = (one.given_name.kanji, one.given_name.kana, one.sex.value)
        assert (one.surname.kanji, one.surname.kana) in surnames
        assert one.born.year in given_names[given_name]
        if one.former_surname is not None:
            former = (one.former_surname.kanji, one.former_surname.kana)
            assert former in surnames


def test_the_tables_have_enough_names_without_a_double():
    surnames = [row["kanji"] for row in table("surnames.csv")]
    given_names = [(row["kanji"], row["sex"]) for row in table("given_names.csv")]
    assert len(set(surnames)) == len(surnames) >= 70
    assert len(set(given_names)) == len(given_names) >= 120
    assert external_count("".join(surnames)) == 0


def test_every_kana_of_the_tables_is_hiragana():
    for name in ("surnames.csv", "hard_surnames.csv", "given_names.csv"):
        for row in table(name):
            assert all("ぁ" <= kana <= "ゖ" for kana in row["kana"]), row


@pytest.mark.parametrize(
    "mark",
    ["\u9ad9", "\ufa11", "\U00020bb7", "\U00020bb7\U000e0100", "\ufa19", "\U0002363a"],
)
def test_hard_characters_are_present_and_unspoiled(town, mark):
    assert any(mark in one.surname.kanji for one in town)


def test_about_two_in_a_hundred_have_a_hard_surname(town):
    hard = {row["kanji"] for row in table("hard_surnames.csv")}
    share = sum(one.surname.kanji in hard for one in town) / len(town)
    assert 0.015 < share < 0.025


def test_some_wives_keep_a_former_surname_on_record(town):
    former = [one for one in town if one.former_surname is not None]
    assert former
    assert all(one.sex is Sex.FEMALE for one in former)
    assert all(one.former_surname != one.surname for one in former)


# -- who lives together ----------------------------------------------------


def test_a_household_has_one_grown_up_head_who_comes_first(homes):
    for home in homes:
        assert [one.is_head for one in home] == [True] + [False] * (len(home) - 1)
        assert age(home[0]) >= 18


def test_a_household_has_one_surname_one_address_and_no_name_twice(homes):
    for home in homes:
        assert len({one.surname for one in home}) == 1
        assert len({(one.address, one.town) for one in home}) == 1
        assert len({one.given_name.kanji for one in home}) == len(home)
        assert len({one.given_name.kana for one in home}) == len(home)


def test_relationships_fit_the_sexes(town):
    sexes = {
        "妻": Sex.FEMALE,
        "夫": Sex.MALE,
        "母": Sex.FEMALE,
        "父": Sex.MALE,
        "子の妻": Sex.FEMALE,
    }
    seen = Counter(one.relationship for one in town)
    assert set(seen) == {*sexes, "世帯主", "子", "子の子"}
    for one in town:
        assert one.sex is sexes.get(one.relationship, one.sex)


def test_a_couple_is_grown_up_and_not_far_apart(homes):
    for home in homes:
        for spouse in home:
            if spouse.relationship in ("妻", "夫"):
                assert spouse.sex is not home[0].sex
                assert age(spouse) >= 18
                assert abs(years_between(home[0], spouse)) < 6.1


def parents_and_children(home: list[Resident]) -> list[tuple[Resident, Resident]]:
    by_word: dict[str, list[Resident]] = {}
    for one in home:
        by_word.setdefault(one.relationship, []).append(one)
    grandparents = by_word.get("父", []) + by_word.get("母", [])
    parents = [home[0], *by_word.get("妻", []), *by_word.get("夫", [])]
    heirs = by_word.get("子", []) if "子の妻" in by_word else []
    young_parents = [*heirs, *by_word.get("子の妻", [])]
    return [
        *((old, home[0]) for old in grandparents),
        *((old, child) for old in parents for child in by_word.get("子", [])),
        *((old, child) for old in young_parents for child in by_word.get("子の子", [])),
    ]


def test_a_child_is_born_to_grown_up_parents_and_a_mother_not_too_old(homes):
    for home in homes:
        for parent, child in parents_and_children(home):
            assert years_between(parent, child) > 15
            if parent.sex is Sex.FEMALE:
                assert 19.9 < years_between(parent, child) < 45


def test_brothers_and_sisters_are_born_apart(homes):
    for home in homes:
        for word in ("子", "子の子"):
            births = sorted(one.born for one in home if one.relationship == word)
            for first, second in pairwise(births):
                assert second - first > timedelta(days=300)


def test_ages_follow_the_pyramid(town):
    ages = Counter(min(19, int(age(one) // 5)) for one in town)
    for band, per_cent in enumerate(PYRAMID):
        assert abs(100 * ages[band] / len(town) - per_cent) < 1.2, 5 * band


def test_a_household_has_as_many_as_in_japan(homes):
    assert 2.1 < sum(map(len, homes)) / len(homes) < 2.4


def test_somebody_of_a_hundred_and_two_years_has_a_name():
    """One household in 150,000: older than the table of given names begins."""
    (oldest,) = [
        one
        for one in City("bench", "102024").household(153_091)
        if one.relationship == "父"
    ]
    assert oldest.born.year == 1924
    assert oldest.given_name in given_names(Sex.MALE, 1925)
