# SPDX-License-Identifier: Apache-2.0
"""The 40 fields: the list, the XSD and the value class say the same."""

from dataclasses import fields

import pytest
from lxml import etree

from schemas.messages import IdentityRecord
from schemas.record_fields import FIELDS
from tests.schemas.samples import TYPES, leaves, xsd_path

XS = "{http://www.w3.org/2001/XMLSchema}"
SIMULATION_SHIFT = 5


def declared() -> list[tuple[str, bool]]:
    """Name and optionality of the elements of the record type, in order."""
    root = etree.parse(str(xsd_path("record"))).getroot()
    record = root.find(f"{XS}complexType[@name='identity_record']")
    return [
        (each.get("name"), each.get("minOccurs") == "0")
        for each in record.iter(f"{XS}element")
    ]


def test_there_are_40_fields_numbered_in_order() -> None:
    assert [field.no for field in FIELDS] == list(range(1, 41))


def test_the_first_field_is_the_resident_record_code() -> None:
    assert FIELDS[0].japanese == "住民票コード"
    assert FIELDS[12].japanese == "個人番号"


def test_the_xsd_has_the_fields_in_the_order_of_the_list() -> None:
    assert declared() == [(field.english_name, field.optional) for field in FIELDS]


def test_the_value_class_has_them_too() -> None:
    found = [(each.name, each.default is None) for each in fields(IdentityRecord)]
    assert found == [(field.english_name, field.optional) for field in FIELDS]


def test_every_assumption_is_marked_as_one() -> None:
    assert all(field.assumption_note.startswith("Our own") for field in FIELDS)


NUMBERS = {"individual_number", "resident_record_code", "old_resident_record_code"}


@pytest.mark.parametrize("name", TYPES)
def test_a_sample_holds_only_numbers_of_the_simulation(name: str) -> None:
    """A real number's check digit is another one: no sample can be somebody's."""
    for leaf, number in leaves(name):
        if leaf in NUMBERS:
            shifted = (real_check_digit(number[:-1]) + SIMULATION_SHIFT) % 10
            assert int(number[-1]) == shifted, leaf


def real_check_digit(body: str) -> int:
    weights = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)
    total = sum(int(d) * w for d, w in zip(reversed(body), weights, strict=False))
    return 0 if total % 11 <= 1 else 11 - total % 11


def test_the_check_digit_of_this_test_is_the_published_one() -> None:
    assert real_check_digit("12345678901") == 8
    assert real_check_digit("45497236486") == 0
