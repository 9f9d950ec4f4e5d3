# SPDX-License-Identifier: Apache-2.0
"""What a CS finds in its own file, asks of J-LIS, and keeps for how many days."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.event import EventKind
from gateway.rules.neighbour import last_moment
from gateway.rules.resident import KEPT_BY_A_MOVE, MOVED_IN, update_fault
from gateway.services.sweeper import Sweeper
from protocols.errors import AnswerInvalid
from protocols.header import InReplyTo
from schemas.messages import write_payload
from schemas.payload import NAMESPACE
from schemas.people import FourItems, SearchKey
from schemas.resident_messages import EightItems
from schemas.search_messages import (
    IdentityInformationSearch,
    JlisIdentityInformationInquiry,
    JlisIdentityInformationResponse,
)
from tests.gateway.people import resident_record
from tests.gateway.services.test_cs_inside import (
    City,
    certificate,
    code_of,
    later,
    opened_by,
    updated,
    value_of,
)
from tests.gateway.words import message
from tests.gateway.world import CS, JLIS, NEIGHBOUR, NOON, TERMINAL

in_reactor = pytest_twisted.ensureDeferred

RECORD = resident_record()
SAME = ("kanji_name", "address", "date_of_birth", "sex")
"""What a neighbour may have in common with somebody."""
OTHER = {
    "kanji_name": "別　人",
    "address": "別の住所",
    "date_of_birth": RECORD.date_of_birth + timedelta(days=1),
    "sex": "1" if RECORD.sex == "2" else "2",
}
PEOPLE = [
    RECORD,
    *(
        resident_record(
            place,
            **{n: (OTHER[n] if n == name else getattr(RECORD, n)) for n in SAME},
        )
        for place, name in enumerate(SAME, 1)
    ),
]
"""Somebody, and four who differ from them in one of the four items each."""
KEYS = {
    "code": SearchKey(resident_record_code=RECORD.resident_record_code),
    "number": SearchKey(individual_number=RECORD.individual_number),
    "items": SearchKey(four_items=FourItems(**{n: getattr(RECORD, n) for n in SAME})),
}


@pytest.fixture
def city(works_at):
    return City(works_at(CS))


@pytest.fixture
def neighbour(works_at):
    return City(works_at(NEIGHBOUR))


# --- search ---------------------------------------------------------------------------


@in_reactor
@pytest.mark.parametrize(
    "named",
    [SAME, SAME[:3], SAME[:2], SAME[1:3], ("kanji_name", "date_of_birth"), SAME[1:]],
    ids=" ".join,
)
async def test_a_list_has_whom_a_plain_filter_selects_and_no_more(city, named):
    """R-067, R-068: whoever shares all that is named, and nobody who does not."""
    for one in PEOPLE:
        city.works.write(lambda tx, one=one: tx.put_identity(one))
    items = {name: getattr(RECORD, name) for name in named}
    search = IdentityInformationSearch(key=SearchKey(four_items=FourItems(**items)))
    found = value_of(await city.hand_in(search, TERMINAL, CS.organisation)).persons
    expected = [
        EightItems.of(one)
        for one in PEOPLE
        if all(getattr(one, name) == text for name, text in items.items())
    ]
    assert 0 < len(expected) < len(PEOPLE)
    assert sorted(found, key=lambda one: one.resident_record_code) == sorted(
        expected, key=lambda one: one.resident_record_code
    )


@in_reactor
@pytest.mark.parametrize(
    "key",
    [
        "",
        "<card_number>1</card_number>",
        f"<resident_record_code>{RECORD.resident_record_code}</resident_record_code>"
        f"<individual_number>{RECORD.individual_number}</individual_number>",
    ],
    ids=["none", "another", "two"],
)
async def test_a_search_has_one_of_the_three_keys(city, key):
    """R-065, R-070."""
    kinds = ("identity_information_search", "jlis_identity_information_inquiry")
    for kind in kinds:
        body = f'<{kind} xmlns="{NAMESPACE}"><key>{key}</key></{kind}>'.encode()
        refused = await city.hand_in(body, TERMINAL, CS.organisation)
        assert (refused.status, code_of(refused)) == (422, "SK-X02")
    assert city.owed == []


# --- the inquiry to J-LIS -------------------------------------------------------------


async def inquired(city, key):
    """The question of the terminal, on its way."""
    asked = JlisIdentityInformationInquiry(key=key)
    return await city.hand_in(asked, TERMINAL)


def told(city, key, person):
    """What J-LIS says to it."""
    sent = city.works.offered[-1]
    packed = message(
        city.works.world,
        JLIS,
        CS,
        "jlis_identity_information_response",
        write_payload(JlisIdentityInformationResponse(key=key, person=person)),
        in_reply_to=InReplyTo(sent.message_id, sent.header_digest),
    )
    return sent, opened_by(city.works.world, packed.envelope, CS)


@in_reactor
@pytest.mark.parametrize("name", KEYS)
async def test_an_inquiry_goes_to_jlis_and_its_answer_to_the_terminal(city, name):
    """R-070: by code, by number or by the four items."""
    answer = await inquired(city, KEYS[name])
    assert answer.status == 202
    assert city.owed == [(str(JLIS), "jlis_identity_information_inquiry")]
    sent, reply = told(city, KEYS[name], EightItems.of(RECORD))
    plan = city.works.role.replied(sent, reply, NOON)
    city.works.write(lambda tx: [effect(tx) for effect in plan.effects])
    target = f"/v1/inside/messages/{value_of(answer).message_id.hex()}/answer"
    got = await city.ask("GET", target, TERMINAL)
    assert value_of(got).person == EightItems.of(RECORD)


@in_reactor
@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("other", PEOPLE[1:], ids=SAME)
async def test_what_jlis_says_of_somebody_else_has_no_effect(city, name, other):
    """R-070, R-027: the person whom the key fits, alone."""
    await inquired(city, KEYS[name])
    sent, reply = told(city, KEYS[name], EightItems.of(other))
    with pytest.raises(AnswerInvalid):
        city.works.role.replied(sent, reply, NOON)


@in_reactor
async def test_jlis_is_asked_by_two_of_the_four_items_at_least(city):
    key = SearchKey(four_items=FourItems(kanji_name=RECORD.kanji_name, sex="1"))
    assert code_of(await inquired(city, key)) == "SK-J01"
    assert city.owed == []


# --- a move within the city -----------------------------------------------------------


@given(name=st.sampled_from(KEPT_BY_A_MOVE), reason=st.sampled_from(["S02", "S05"]))
def test_a_move_within_the_city_may_change_nothing_else(name, reason):
    """R-074: of everything that says who somebody is, the address alone."""
    moved = replace(
        RECORD,
        update_sequence_number=RECORD.update_sequence_number + 1,
        change_reason=reason,
        address="新しい住所",
    )
    assert update_fault(RECORD, moved) == ""
    both = replace(moved, **{name: "another"})
    assert update_fault(RECORD, both) == ("SK-J05" if reason == "S02" else "")


def test_what_a_move_leaves_is_all_that_tells_who_somebody_is_but_where():
    """The eight items and the surname before; not code, address and dates of moving."""
    eight = set(EightItems.__dataclass_fields__)
    where = {"address", "resident_record_code", "change_reason", "change_date"}
    assert eight - where <= {*KEPT_BY_A_MOVE}
    assert "address" not in KEPT_BY_A_MOVE


# --- thirty days ----------------------------------------------------------------------


@in_reactor
@pytest.mark.parametrize(("days", "taken"), [(29, True), (30, True), (31, False)])
async def test_a_certificate_is_taken_until_the_thirtieth_day(
    city, neighbour, days, taken
):
    """R-087: counted from the planned day, in Japan; it is 1 January here."""
    planned = NOON.date() - timedelta(days=days)
    await city.hand_in(replace(certificate(), planned_move_out_date=planned))
    answer = await neighbour.works.post(city.works.offered[-1].envelope, CS)
    assert (answer.status == 200) is taken
    assert neighbour.works.codes(EventKind.REFUSED) == ([] if taken else ["SK-J06"])


def test_the_thirtieth_day_ends_at_midnight_in_japan():
    ends = last_moment(NOON.date() - timedelta(days=30))
    assert ends.isoformat() == "2030-01-01T23:59:59+09:00"


# --- the file -------------------------------------------------------------------------


@in_reactor
@pytest.mark.parametrize("reason", sorted(MOVED_IN))
async def test_who_is_a_resident_does_not_move_in_again(city, reason):
    """R-073, R-075: 転入 and 特例転入."""
    assert {"S01", "S15"} == MOVED_IN
    await city.hand_in(updated())
    assert code_of(await city.hand_in(later(change_reason=reason))) == "SK-J04"
    assert len(city.owed) == 1


@in_reactor
async def test_a_record_that_fails_its_checks_is_neither_kept_nor_told(city):
    """R-075: here the check digit of a municipality."""
    refused = await city.hand_in(updated(municipality_code="102025"))
    assert (refused.status, code_of(refused)) == (422, "SK-X03")
    assert city.works.store.identity_by_code(RECORD.resident_record_code) is None
    assert city.owed == []


@in_reactor
async def test_the_current_row_stays_until_the_next_correction(city):
    """R-208: whatever else is forgotten in the meantime."""
    await city.hand_in(updated())
    for _ in range(20):
        city.works.now += timedelta(days=365)
        await Sweeper(city.works.station, city.works.clock).sweep()
    held = city.works.store.identity_by_code(RECORD.resident_record_code)
    assert held == RECORD
    corrected = later(change_reason="S02", address="新しい住所")
    assert (await city.hand_in(corrected)).status == 202
    held = city.works.store.identity_by_code(RECORD.resident_record_code)
    assert held == corrected.record
    assert city.works.store.identity_count() == 1
