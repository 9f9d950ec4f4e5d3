# SPDX-License-Identifier: Apache-2.0
"""The same seed gives the same city, and every number is nobody's."""

import hashlib
import json
import tracemalloc
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.identifiers import (
    Realm,
    individual_number_is_valid,
    resident_record_code_is_valid,
)
from simulators.residents import (
    City,
    Resident,
    UnknownMunicipality,
    generate,
    identity_record,
)
from simulators.residents.numbers import Shuffle
from tests.simulators.town import SEED, the_homes, the_town

GOLDEN = "0129f565ce9149791c0f52fd2f1c565486961575ac4f54bebc97c3691ef1a7aa"
"""SHA-256 over the identity records of the first thousand; changes only on purpose."""


@pytest.fixture(scope="module")
def town():
    return the_town()


@pytest.fixture(scope="module")
def homes():
    return the_homes()


def numbers(resident: Resident) -> set[str]:
    return {
        resident.individual_number,
        resident.resident_record_code,
        resident.addressee_number,
        str(resident.person_id),
    }


def digest(residents) -> str:
    lines = (json.dumps(identity_record(one), ensure_ascii=False) for one in residents)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_as_ever():
    assert digest(generate("golden", 1000)) == GOLDEN


def test_a_seed_of_digits_is_the_same_as_text_and_as_a_number():
    assert list(generate(7, 50)) == list(generate("7", 50))


def test_a_household_by_itself_is_the_one_of_the_stream(homes):
    city = City(SEED, "102024")
    for number in (0, 1, 500, len(homes) - 1):
        assert city.household(number) == homes[number]


def test_changing_the_seed_changes_everything(town):
    others = list(generate(SEED + 1, 2000))
    here, there = town[:2000], others
    assert not set().union(*map(numbers, here)) & set().union(*map(numbers, there))
    same = sum(
        one.kanji_name == two.kanji_name or one.born == two.born
        for one, two in zip(here, there, strict=True)
    )
    assert same < 20


def test_a_count_is_exact_and_may_be_nought():
    assert len(list(generate(1, 137))) == 137
    assert list(generate(1, 0)) == []


def test_an_unknown_municipality_is_refused_at_once():
    with pytest.raises(UnknownMunicipality):
        generate(1, 10, "131016")


def test_a_long_stream_stays_in_flat_memory():
    stream = generate(SEED, 370_000)
    list(islice(stream, 500))
    tracemalloc.start()
    sum(1 for _ in islice(stream, 3000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000


# -- numbers ---------------------------------------------------------------


def test_every_number_is_of_the_simulation_and_none_is_of_the_standard_realm(town):
    for one in town:
        number, code = one.individual_number, one.resident_record_code
        assert individual_number_is_valid(number, Realm.SIMULATION)
        assert not individual_number_is_valid(number, Realm.STANDARD)
        for any_code in (code, one.old_resident_record_code or code):
            assert resident_record_code_is_valid(any_code, Realm.SIMULATION)
            assert not resident_record_code_is_valid(any_code, Realm.STANDARD)


def test_no_two_residents_share_a_number_in_two_cities(town):
    everybody = [*town, *generate(SEED, 5000, "112020")]
    codes = [one.resident_record_code for one in everybody]
    codes += [c for one in everybody if (c := one.old_resident_record_code) is not None]
    for given_out in (
        codes,
        [one.individual_number for one in everybody],
        [one.addressee_number for one in everybody],
        [one.person_id for one in everybody],
    ):
        assert len(set(given_out)) == len(given_out)
    assert len(codes) > len(everybody)


def test_an_addressee_number_has_fifteen_digits_and_an_id_fits_into_any_database(town):
    for one in town:
        assert len(one.addressee_number) == 15
        assert one.addressee_number.isdecimal()
        assert 0 <= one.person_id < 2**63


def test_neighbours_have_no_neighbouring_numbers(town):
    pairs = pairwise(town)
    gaps = [abs(int(a.individual_number) - int(b.individual_number)) for a, b in pairs]
    assert sum(gap < 10**9 for gap in gaps) < len(gaps) / 100


@given(left=st.integers(1, 30), right=st.integers(1, 30), key=st.text(max_size=5))
def test_a_shuffle_is_a_permutation(left, right, key):
    shuffle = Shuffle(key, left, right)
    everything = range(left * right)
    assert sorted(map(shuffle, everything)) == list(everything)


def test_nobody_is_named_in_a_representation(town):
    for one in (town[0], City(SEED, "102024")):
        assert town[0].surname.kanji not in repr(one)
        assert town[0].individual_number not in repr(one)
