# SPDX-License-Identifier: Apache-2.0
"""How residents came to live here, and the forty fields that say so."""

from datetime import date, timedelta

import pytest

from protocols.identifiers import (
    local_government_code_is_valid,
)
from schemas.payload import document, validate
from schemas.record_fields import FIELDS
from simulators.residents import (
    generate,
    identity_record,
    municipality_of,
)
from simulators.residents.characters import external_count, unvoiced
from simulators.residents.family import STANDING_DAY
from simulators.residents.tables import municipalities
from tests.simulators.town import SEED, the_town


@pytest.fixture(scope="module")
def town():
    return the_town()


def test_events_come_in_their_order(town):
    for one in town:
        came = one.history
        assert (
            one.born
            <= came.became_resident
            <= came.address_established
            <= came.notified
            <= STANDING_DAY
        )
        assert came.notified - came.address_established <= timedelta(days=14)
        assert came.notified.weekday() < 5
        assert date(2002, 8, 5) <= one.record_code_used_from <= STANDING_DAY


def test_who_moved_in_came_from_another_municipality(town):
    for one in [*town[:3000], *generate(SEED, 3000, "112020")]:
        origin = one.history.origin
        assert (origin is None) == (one.history.became_resident == one.born)
        if origin is not None:
            assert origin.municipality != one.municipality_code
            assert local_government_code_is_valid(origin.municipality)


@pytest.mark.parametrize(("code", "least"), [("102024", 25), ("112020", 15)])
def test_a_city_has_its_towns_with_postal_code_and_reading(code, least):
    place = municipality_of(code)
    assert local_government_code_is_valid(code)
    assert len({town.name for town in place.towns}) == len(place.towns) >= least
    assert len({town.code for town in place.towns}) == len(place.towns)
    for town in place.towns:
        assert len(town.postal_code) == 7
        assert town.postal_code.startswith(("370", "360"))
        assert all("ァ" <= kana <= "ヶ" for kana in town.kana)


def test_the_two_readings_of_a_town_are_told_apart():
    readings = {town.name: town.kana for town in municipality_of("102024").towns}
    assert readings["中尾町"] == "ナカオマチ"
    assert readings["山田町"] == "ヤマダチョウ"


def test_each_city_has_its_own_part_of_the_serials():
    blocks = [place.block for place in municipalities().values()]
    assert sorted(blocks) == list(range(len(blocks)))
    assert len(blocks) <= 10


# -- the record ------------------------------------------------------------


def test_a_record_has_the_forty_fields_in_their_order(town):
    order = [field.english_name for field in FIELDS]
    needed = {field.english_name for field in FIELDS if not field.optional}
    for one in town[:3000]:
        record = identity_record(one)
        assert list(record) == [name for name in order if name in record]
        assert needed <= set(record)
        assert all(record.values())


def test_a_record_is_a_valid_payload(town):
    hard = [one for one in town if external_count(one.kanji_name)]
    changed = [one for one in town if one.old_resident_record_code is not None]
    former = [one for one in town if one.former_surname is not None]
    for one in [*town[:100], *hard[:100], *changed[:10], *former[:10]]:
        fields = (f"<{k}>{v}</{k}>" for k, v in identity_record(one).items())
        record = f"<record>{''.join(fields)}</record>"
        data = document("identity_information_update", record)
        root = validate("identity_information_update", data)
        assert root[0][1].text == one.kanji_name


def test_a_record_counts_its_external_characters_and_says_so(town):
    for one in town:
        record = identity_record(one)
        counts = {
            "name": one.kanji_name,
            "address": one.address,
            "previous_address": record.get("previous_address", ""),
            "former_surname": record.get("former_surname_kanji", ""),
        }
        total = 0
        for field, text in counts.items():
            total += external_count(text)
            counted = record.get(f"{field}_external_character_count", "0")
            assert counted == str(external_count(text))
        assert record["external_character_flag"] == ("true" if total else "false")


def test_the_search_reading_is_derived_from_the_reading(town):
    for one in town[:1000]:
        record = identity_record(one)
        assert record["furigana_name"] == one.kana_name
        assert record["unvoiced_kana_name"] == unvoiced(one.kana_name)
        assert len(record["furigana_name"].split("　")) == 2


def test_a_record_says_who_wrote_it_as_it_is_told(town):
    record = identity_record(
        town[0],
        update_sequence_number=3,
        operator_id="A1",
        operation_terminal_id="B2",
    )
    assert record["update_sequence_number"] == "3"
    assert record["operator_id"] == "A1"
    assert record["operation_terminal_id"] == "B2"
