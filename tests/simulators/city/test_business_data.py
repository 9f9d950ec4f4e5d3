# SPDX-License-Identifier: Apache-2.0
"""What business systems hold for linkage: taken, kept apart, and never passed on."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.card_messages import CertificateItem
from schemas.catalogue import ROWS
from schemas.matching_list import KINDS
from schemas.register_messages import BusinessLinkageData
from schemas.systems import BUSINESS, INTERMEDIATE, TAX
from simulators.city.addressee import AddresseeSystem
from simulators.city.business import BusinessSystem
from simulators.city.courier import Office
from tests.simulators.city.office import (
    CHILD,
    CITY,
    OTHER_CITY,
    code_of,
    everything,
    given,
    number,
    numbered,
    post,
    real,
    sender,
    welfare,
)

KIND = "child_allowance_information"
PAID = (CertificateItem(label="支給の開始日", value="2026-04-01"),)


@pytest.fixture
def system() -> AddresseeSystem:
    """One that knows somebody, and has approved one business system's use."""
    made = AddresseeSystem(CITY, given())
    made.apply("welfare", CHILD, "U-1", "alice")
    made.approve("U-1", "市民課", "bob")
    post(made, numbered())
    return made


def data(system: AddresseeSystem, **changes: Any) -> BusinessLinkageData:
    person = system.persons.by_number(number())
    assert person is not None
    value = BusinessLinkageData(
        affair_item=CHILD,
        kind=KIND,
        addressee_number=person.addressee_number,
        update_sequence_number=1,
        layout_version="2026-07",
        items=PAID,
    )
    return replace(value, **changes)


def test_it_is_taken_and_kept_under_the_addressee_number(system):
    value = data(system)
    assert post(system, value, welfare()).status == 202
    assert system.business_data_of(value.addressee_number) == {f"welfare {KIND}": 1}
    assert "2026-04-01" in everything(system)


def test_nothing_of_it_goes_on_to_the_intermediate_server(system):
    """This affair provides 住民票関係情報 alone."""
    before = system.outbox.sent()
    assert post(system, data(system), welfare()).status == 202
    assert system.outbox.sent() == before
    assert post(system, numbered(update_sequence_number=2, sex="1")).status == 202
    told = [one for one in system.outbox.sent() if one.receiver == INTERMEDIATE]
    assert {one.kind for one in told} <= {
        "resident_record_copy",
        "number_pair_registration",
    }


def test_no_message_takes_another_kind_to_the_intermediate_server():
    row = ROWS["business_linkage_data"]
    assert not row.outside
    assert {way[1] for way in row.inside} == {"group_integrated_addressee_system"}
    given = {name for name, kind in KINDS.items() if kind.provided_by_this_affair}
    assert given == {"resident_record_information"}


def test_what_the_register_tells_is_taken_from_nobody_else(system):
    value = data(system, kind="resident_record_information")
    assert post(system, value, welfare()).code == "SK-Y09"
    assert system.business_data_of(value.addressee_number) == {}


def test_the_newest_is_kept(system):
    for sequence in (2, 1, 2):
        value = data(system, update_sequence_number=sequence)
        assert post(system, value, welfare()).status == 202
    assert system.business_data_of(value.addressee_number) == {f"welfare {KIND}": 2}
    other = CertificateItem(label="支給の開始日", value="2026-05-01")
    again = data(system, update_sequence_number=2, items=(other,))
    assert post(system, again, welfare()).code == "SK-Y08"


def test_a_person_who_is_not_known_is_refused(system):
    value = data(system, addressee_number="0" * 15)
    assert post(system, value, welfare()).code == "SK-Y07"


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        (sender(BUSINESS, "housing"), "SK-Y03"),
        (sender(TAX), "SK-Y03"),
        (sender("seal_registration_system"), "SK-M05"),
        (sender(BUSINESS, "welfare", OTHER_CITY), "SK-M05"),
    ],
    ids=["not approved", "tax, not approved", "no business system", "another city's"],
)
def test_whoever_may_not_hand_in_is_refused(system, by, refusal):
    value = data(system)
    assert post(system, value, by).code == refusal
    assert system.business_data_of(value.addressee_number) == {}


def in_fours(text, between):
    return between.join((text[:4], text[4:8], text[8:]))


@pytest.mark.parametrize(
    "text",
    [
        number(5),
        real(5),
        "９９９９９９８００００１",
        in_fours(real(5), " "),
        in_fours(real(5), "-"),
        in_fours("９９９９９９８００００１", "\u3000"),
    ],
)
def test_text_with_room_for_a_persons_number_is_refused(system, text):
    items = (CertificateItem(label="備考", value=f"番号 {text}"),)
    assert post(system, data(system, items=items), welfare()).code == "SK-X04"
    assert text not in everything(system)


def test_somebody_in_charge_hands_it_in(system):
    business = BusinessSystem(
        CITY, given(), lambda *_: "dave", frozenset({CHILD}), "welfare"
    )
    wanted = data(system)
    business.hand_in("session", CHILD, KIND, wanted.addressee_number, 1, PAID)
    assert code_of(
        lambda: business.hand_in("session", "9", KIND, wanted.addressee_number, 1, PAID)
    )
    Office(system, business).settle()
    assert system.business_data_of(wanted.addressee_number) == {f"welfare {KIND}": 1}
