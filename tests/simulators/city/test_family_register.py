# SPDX-License-Identifier: Apache-2.0
"""The family register system: supplements as they are told, and nothing guessed."""

from datetime import date
from typing import Any

import pytest

from schemas.move_messages import FamilyRegisterSupplementUpdate
from schemas.systems import CS, EXISTING, FAMILY_REGISTER, SYSTEMS
from simulators.city.courier import Office
from simulators.city.family_register import FamilyRegisterSystem
from simulators.city.stores import IssuanceSystem
from tests.simulators.city.office import (
    CITY,
    ITEMS,
    OTHER_CITY,
    addressee,
    code_of,
    given,
    post,
    sender,
)

DOMICILE, HEAD = "群馬県高崎市見本町１番地", "架空　太郎"
NAME, BORN = "髙橋　花子", date(1990, 5, 5)
SINCE = date(2026, 4, 1)


def update(**changes: Any) -> FamilyRegisterSupplementUpdate:
    fields: dict[str, Any] = {
        "municipality_code": OTHER_CITY,
        "resident_record_code": "10293847568",
        "registered_domicile": DOMICILE,
        "domicile_head_name": HEAD,
        "kanji_name": NAME,
        "date_of_birth": BORN,
        "sex": "2",
        "address": "埼玉県熊谷市見本町２番地",
        "date_address_established": SINCE,
        "change_reason": "move_in",
        "change_date": SINCE,
    }
    return FamilyRegisterSupplementUpdate(**{**fields, **changes})


@pytest.fixture
def system() -> FamilyRegisterSystem:
    return FamilyRegisterSystem(CITY, given())


@pytest.fixture
def member(system: FamilyRegisterSystem) -> int:
    return system.enter(DOMICILE, HEAD, NAME, BORN, "heidi")


def test_an_address_is_added_to_the_persons_supplement(system, member):
    assert post(system, update()).status == 202
    (line,) = system.lines(member)
    assert (line.municipality, line.since) == (OTHER_CITY, SINCE)


def test_told_twice_it_stands_there_once(system, member):
    for _ in range(2):
        post(system, update())
    assert len(system.lines(member)) == 1


def test_addresses_stand_in_the_order_of_their_days(system, member):
    post(system, update())
    post(system, update(address="旧住所", date_address_established=date(2020, 1, 1)))
    assert [line.since.year for line in system.lines(member)] == [2020, 2026]


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"kanji_name": "高橋　花子"}, "kanji_name or date_of_birth"),
        ({"date_of_birth": date(1990, 5, 6)}, "kanji_name or date_of_birth"),
        ({"registered_domicile": "群馬県高崎市見本町２番地"}, "registered_domicile"),
    ],
    ids=["a character that one side has", "birth", "domicile"],
)
def test_what_fits_nobody_is_set_aside_and_not_made_equal(
    system, member, changes, differs
):
    assert post(system, update(**changes)).status == 202
    assert system.lines(member) == ()
    assert system.aside() == ((OTHER_CITY, differs),)


@pytest.mark.parametrize("role", sorted(SYSTEMS - {EXISTING}))
def test_it_takes_from_the_existing_resident_system_alone(system, member, role):
    """Not even from the CS: 9-4 goes by the register (R-028)."""
    assert post(system, update(), sender(role)).code == "SK-M05"
    assert CS in SYSTEMS


def test_nobody_is_entered_twice(system, member):
    work = lambda: system.enter(DOMICILE, HEAD, NAME, BORN, "heidi")  # noqa: E731
    assert code_of(work) == "SK-Y12"


@pytest.mark.parametrize("kind", ["family_register", "family_register_supplement"])
def test_its_certificates_go_to_the_shops(system, kind):
    shops = IssuanceSystem(CITY, given())
    system.certify(addressee(), kind, ITEMS, "heidi")
    assert Office(system, shops).settle() == 1
    assert shops.history.events(what="taken")[-1].by == f"{CITY}/{FAMILY_REGISTER}"


def test_other_certificates_are_not_its_own(system):
    work = lambda: system.certify(addressee(), "tax", ITEMS, "heidi")  # noqa: E731
    assert code_of(work) == "SK-Y09"
