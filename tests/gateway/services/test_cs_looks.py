# SPDX-License-Identifier: Apache-2.0
"""Whoever looks at somebody through a CS stands in the record, and sees no other."""

from dataclasses import replace

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.roles import cs_posts
from gateway.services.inside_door import SUBMIT
from schemas.messages import write_payload
from schemas.people import ConfirmationKey, FourItems, SearchKey
from schemas.search_messages import (
    IdentityConfirmationRequest,
    IdentityInformationSearch,
    JlisIdentityInformationInquiry,
)
from tests.gateway.people import resident_record
from tests.gateway.services.test_cs_inside import (
    City,
    code_of,
    later,
    updated,
    value_of,
)
from tests.gateway.world import CS, EXISTING, JLIS, NATIONAL, TERMINAL

in_reactor = pytest_twisted.ensureDeferred

RECORD = resident_record()
ANOTHER = resident_record(place=1)


@pytest.fixture
def city(works_at):
    return City(works_at(CS))


@in_reactor
@pytest.mark.parametrize("held", [True, False], ids=["held", "not held"])
async def test_the_record_tells_who_searched_and_who_was_shown(city, held):
    if held:
        await city.hand_in(updated())
    items = FourItems(kanji_name=RECORD.kanji_name, date_of_birth=RECORD.date_of_birth)
    search = IdentityInformationSearch(key=SearchKey(four_items=items))
    await city.hand_in(search, TERMINAL, CS.organisation)
    told = city.works.events(EventKind.RECEIVED)[-1].event
    tag = city.works.store.tags_of(RECORD.resident_record_code)[-1]
    assert (told.peer, told.message_type) == (
        str(TERMINAL),
        "identity_information_search",
    )
    assert told.person_tag == (tag if held else "")
    assert told.detail == f"shown: {int(held)}"


@in_reactor
async def test_nobody_is_shown_before_the_search_is_on_record(city):
    await city.hand_in(updated())
    key = SearchKey(resident_record_code=RECORD.resident_record_code)
    city.works.lose_store()
    answer = await city.hand_in(
        IdentityInformationSearch(key=key), TERMINAL, CS.organisation
    )
    city.works.find_store()
    assert (answer.status, b"person" in answer.body) == (503, False)


@in_reactor
@pytest.mark.parametrize(
    ("sexes", "most", "more"),
    [("222", 2, True), ("221", 2, True), ("221", 3, False)],
)
async def test_an_answer_that_may_not_be_all_says_so(
    city, monkeypatch, sexes, most, more
):
    """R-068: none is missing, also where the sex that was named sorts people out."""
    monkeypatch.setattr(cs_posts, "MAX_HITS", most)
    for place, sex in enumerate(sexes):
        one = replace(RECORD, resident_record_code=f"{place:011d}", sex=sex)
        city.works.write(lambda tx, one=one: tx.put_identity(one))
    items = FourItems(
        kanji_name=RECORD.kanji_name, date_of_birth=RECORD.date_of_birth, sex="2"
    )
    found = value_of(
        await city.hand_in(
            IdentityInformationSearch(key=SearchKey(four_items=items)),
            TERMINAL,
            CS.organisation,
        )
    )
    assert found.more == more
    assert {one.sex for one in found.persons} == {"2"}
    assert len(found.persons) == min(most, 2)


@in_reactor
async def test_a_number_that_changed_is_found_by_the_new_one_alone(city):
    await city.hand_in(updated())
    new = later(change_reason="S03", individual_number=ANOTHER.individual_number)
    assert (await city.hand_in(new)).status == 202
    for number, hits in ((RECORD.individual_number, 0), (ANOTHER.individual_number, 1)):
        search = IdentityInformationSearch(key=SearchKey(individual_number=number))
        answer = await city.hand_in(search, TERMINAL, CS.organisation)
        assert len(value_of(answer).persons) == hits


@in_reactor
async def test_who_moved_is_found_at_the_new_address_alone(city):
    await city.hand_in(updated())
    new = "群馬県高崎市江木町1番地"
    assert (await city.hand_in(later(change_reason="S02", address=new))).status == 202
    for address, hits in ((RECORD.address, 0), (new, 1)):
        items = FourItems(kanji_name=RECORD.kanji_name, address=address)
        search = IdentityInformationSearch(key=SearchKey(four_items=items))
        answer = await city.hand_in(search, TERMINAL, CS.organisation)
        assert len(value_of(answer).persons) == hits


@in_reactor
@pytest.mark.parametrize(
    ("ask", "key", "receiver"),
    [
        (IdentityConfirmationRequest, ConfirmationKey, NATIONAL),
        (JlisIdentityInformationInquiry, SearchKey, JLIS),
    ],
)
async def test_a_question_names_enough_and_goes_to_its_own_system(
    city, ask, key, receiver
):
    """R-066, R-070."""
    little = ask(key=key(four_items=FourItems(kanji_name=RECORD.kanji_name)))
    assert code_of(await city.hand_in(little, TERMINAL)) == "SK-J01"
    assert city.owed == []
    enough = ask(key=key(resident_record_code=RECORD.resident_record_code))
    assert (await city.hand_in(enough, TERMINAL)).status == 202
    assert [peer for peer, _ in city.owed] == [str(receiver)]


@in_reactor
@pytest.mark.parametrize("number", ["resident_record_code", "individual_number"])
async def test_a_wrong_number_is_refused_from_inside_too(city, number):
    """R-072."""
    right = getattr(RECORD, number)
    wrong = f"{right[:-1]}{(int(right[-1]) + 1) % 10}"
    search = IdentityInformationSearch(key=SearchKey(**{number: wrong}))
    assert code_of(await city.hand_in(search, TERMINAL, "131016")) == "SK-X03"
    assert city.owed == []


@in_reactor
@pytest.mark.parametrize("name", ["municipality_code", "previous_municipality_code"])
async def test_an_update_names_municipalities_that_there_may_be(city, name):
    refused = await city.hand_in(updated(**{name: "102029"}))
    assert code_of(refused) == "SK-X03"
    assert city.owed == []


@in_reactor
async def test_a_search_says_where_the_person_lives(city):
    key = SearchKey(resident_record_code=RECORD.resident_record_code)
    refused = await city.hand_in(IdentityInformationSearch(key=key), TERMINAL)
    assert (refused.status, code_of(refused)) == (422, "SK-J02")
    assert city.owed == []


@in_reactor
async def test_what_stands_behind_the_question_mark_is_a_municipality_or_refused(city):
    body = write_payload(updated())
    refused = await city.ask("POST", f"{SUBMIT}?too=131016", EXISTING, body)
    assert (refused.status, code_of(refused)) == (422, "SK-J02")
    assert city.owed == []
