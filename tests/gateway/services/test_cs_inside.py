# SPDX-License-Identifier: Apache-2.0
"""A municipal CS between its own city and the resident-register network.

Real stations and stores; what a sender would carry is posted by hand.
"""

import sqlite3
from dataclasses import replace
from datetime import date, timedelta

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.roles.cs_posts import Handed
from gateway.roles.plan import Conflict
from gateway.rules.neighbour import last_moment
from gateway.services.inside_door import SUBMIT
from gateway.services.listener import Request
from gateway.services.sweeper import Sweeper
from protocols import envelope
from protocols.errors import AnswerInvalid
from protocols.header import InReplyTo
from schemas.extracts import query_of
from schemas.messages import (
    IdentityInformationUpdate,
    SubmissionAccepted,
    read_payload,
    write_payload,
)
from schemas.move_messages import (
    FamilyRegisterSupplementInformation,
    FamilyRegisterSupplementUpdate,
)
from schemas.people import ConfirmationKey, FourItems, SearchKey
from schemas.resident_messages import EightItems
from schemas.search_messages import (
    IdentityConfirmationRequest,
    IdentityInformationSearch,
    IdentityInformationSearchResult,
)
from schemas.stream_messages import SendingDestinationNotice
from schemas.xml import parse, root_name
from tests.gateway.people import resident_record
from tests.gateway.words import message
from tests.gateway.works import inside_of
from tests.gateway.world import (
    CARDS,
    CS,
    EXISTING,
    JLIS,
    NATIONAL,
    NEIGHBOUR,
    NEXT_DOOR,
    NOON,
    PREFECTURE,
    TERMINAL,
)
from tests.schemas.samples import sample

in_reactor = pytest_twisted.ensureDeferred

RECORD = resident_record()
"""Somebody who has just moved in."""
ANOTHER = resident_record(place=1)


class City:
    """A CS at work, with its two neighbours inside."""

    def __init__(self, works):
        self.works = works
        self.inside = inside_of(works)

    async def ask(self, method, target, by, body=b""):
        request = Request(method, target, "application/xml", body, True)
        return await self.inside.handle(request, self.works.world.identity(by))

    async def hand_in(self, value, by=EXISTING, to="", said=""):
        body = value if isinstance(value, bytes) else write_payload(value)
        target = f"{SUBMIT}?to={to}" if to else SUBMIT + said
        return await self.ask("POST", target, by, body)

    async def fetch(self, by=EXISTING):
        """What waits for a system: its lines."""
        listed = await self.ask("GET", "/v1/inside/arrivals", by)
        return [line.split() for line in listed.body.decode().splitlines()]

    @property
    def owed(self):
        return [(sent.peer, sent.message_type) for sent in self.works.offered]


@pytest.fixture
def city(works_at):
    return City(works_at(CS))


@pytest.fixture
def neighbour(works_at):
    return City(works_at(NEIGHBOUR))


def value_of(answer):
    return read_payload(root_name(parse(answer.body)), answer.body)


def code_of(answer):
    return value_of(answer).code


async def passed_on(sender, receiver):
    """The last message of one station, as the other gets it."""
    sent = sender.works.offered[-1]
    answer = await receiver.works.post(sent.envelope, sender.works.station.name)
    assert answer.status == 200
    return sent


def updated(**changes):
    return IdentityInformationUpdate(record=replace(RECORD, **changes))


def later(**changes):
    number = RECORD.update_sequence_number + 1
    return updated(update_sequence_number=number, **changes)


# --- the identity information file ----------------------------------------------------


@in_reactor
async def test_an_update_is_kept_and_owed_to_the_prefecture_in_one_step(city):
    assert (await city.hand_in(updated())).status == 202
    held = city.works.store.identity_by_code(RECORD.resident_record_code)
    assert held == RECORD
    assert city.owed == [(str(PREFECTURE), "identity_information_update_notice")]


@in_reactor
async def test_a_newer_state_of_a_person_does_not_overtake_the_older(city):
    await city.hand_in(updated())
    await city.hand_in(later(address="新しい住所", change_reason="S02"))
    first, second = city.works.offered
    store = city.works.store
    assert [store.is_its_turn(one) for one in (first, second)] == [True, False]


@in_reactor
async def test_an_older_update_does_not_bring_an_old_address_back(city):
    """R-076: an update is matched with the file by resident record code."""
    moved = later(address="新しい住所", change_reason="S02")
    assert (await city.hand_in(moved)).status == 202
    refused = await city.hand_in(updated())
    assert (refused.status, code_of(refused)) == (422, "SK-J03")
    held = city.works.store.identity_by_code(RECORD.resident_record_code)
    assert held.address == "新しい住所"
    assert len(city.owed) == 1


@in_reactor
async def test_an_older_one_that_was_judged_before_the_newer_was_kept_is_undone(city):
    kind, old = "identity_information_update", updated()
    handed = Handed(kind, old, write_payload(old), EXISTING.role, "", NOON)
    plan = city.works.role.posts.take(handed).plan
    assert (await city.hand_in(later(address="新しい住所"))).status == 202
    with pytest.raises(Conflict, match="SK-J03"):
        await city.works.runtime.carry_out(plan, (), NOON)
    held = city.works.store.identity_by_code(RECORD.resident_record_code)
    assert held.address == "新しい住所"
    assert len(city.owed) == 1


@in_reactor
async def test_the_same_update_handed_in_again_is_told_again(city):
    """A register that did not hear the answer asks again, and nothing is wrong."""
    for _ in range(2):
        assert (await city.hand_in(updated())).status == 202
    assert len(city.owed) == 2


@in_reactor
async def test_a_move_in_of_somebody_who_is_a_resident_is_an_error(city):
    """R-073."""
    await city.hand_in(updated())
    refused = await city.hand_in(later(change_reason="S01"))
    assert code_of(refused) == "SK-J04"
    assert len(city.owed) == 1
    assert city.works.store.identity_by_code(RECORD.resident_record_code) == RECORD


@in_reactor
async def test_a_move_within_the_city_changes_nothing_but_the_address(city):
    """R-074, R-075."""
    await city.hand_in(updated())
    both = later(change_reason="S02", address="別の住所", kanji_name="別　名")
    assert code_of(await city.hand_in(both)) == "SK-J05"
    assert len(city.owed) == 1
    assert (
        await city.hand_in(later(change_reason="S02", address="別の住所"))
    ).status == 202


# --- search ---------------------------------------------------------------------------


@in_reactor
@pytest.mark.parametrize(
    "key",
    [
        SearchKey(resident_record_code=RECORD.resident_record_code),
        SearchKey(individual_number=RECORD.individual_number),
        SearchKey(
            four_items=FourItems(
                kanji_name=RECORD.kanji_name, date_of_birth=RECORD.date_of_birth
            )
        ),
        SearchKey(
            four_items=FourItems(kanji_name=RECORD.kanji_name, address=RECORD.address)
        ),
    ],
    ids=["code", "number", "name and birth", "name and address"],
)
async def test_who_lives_here_is_found_in_our_own_file_at_once(city, key):
    """R-065, R-067, R-069."""
    await city.hand_in(updated())
    answer = await city.hand_in(
        IdentityInformationSearch(key=key), TERMINAL, CS.organisation
    )
    assert answer.status == 200
    found = value_of(answer)
    assert (found.key, found.more) == (key, False)
    assert found.persons == (EightItems.of(RECORD),)
    assert len(city.owed) == 1, "nobody else was asked"


@in_reactor
@pytest.mark.parametrize(
    "items",
    [
        FourItems(kanji_name=RECORD.kanji_name),
        FourItems(kanji_name=RECORD.kanji_name, sex=RECORD.sex),
        FourItems(sex=RECORD.sex),
        FourItems(),
    ],
    ids=["one", "one and sex", "sex", "none"],
)
async def test_a_search_names_two_of_the_four_items_sex_not_counted(city, items):
    """R-066."""
    await city.hand_in(updated())
    search = IdentityInformationSearch(key=SearchKey(four_items=items))
    for to in (CS.organisation, "100005", "131016"):
        refused = await city.hand_in(search, TERMINAL, to)
        assert (refused.status, code_of(refused)) == (422, "SK-J01")
    assert len(city.owed) == 1


@in_reactor
@pytest.mark.parametrize(
    ("lives", "asked"), [("102016", PREFECTURE), ("131016", NATIONAL)]
)
async def test_a_search_goes_where_the_person_lives(city, lives, asked):
    """R-069: the prefecture for its other municipalities, else the national server."""
    key = SearchKey(resident_record_code=RECORD.resident_record_code)
    answer = await city.hand_in(IdentityInformationSearch(key=key), TERMINAL, lives)
    assert answer.status == 202
    assert city.owed == [(str(asked), "identity_information_search_request")]


async def asked_of_the_national_server(city, **key):
    search = IdentityInformationSearch(key=SearchKey(**key))
    answer = await city.hand_in(search, TERMINAL, "131016")
    return value_of(answer).message_id, city.works.offered[-1]


def found(city, key, *people):
    """The national server's reply to the last question, opened."""
    sent = city.works.offered[-1]
    value = IdentityInformationSearchResult(key=key, more=False, persons=people)
    packed = message(
        city.works.world,
        NATIONAL,
        CS,
        "identity_information_search_result",
        write_payload(value),
        in_reply_to=InReplyTo(sent.message_id, sent.header_digest),
    )
    return opened_by(city.works.world, packed.envelope, CS)


def opened_by(world, sealed, name):
    return envelope.unpack(sealed, world.keys(name).opener, world.directory, NOON)


def opened_at(works, receiver):
    """The last message of a station, as its receiver opens it."""
    return opened_by(works.world, works.offered[-1].envelope, receiver)


@in_reactor
async def test_an_answer_waits_for_the_terminal_that_asked(city):
    code = RECORD.resident_record_code
    message_id, sent = await asked_of_the_national_server(
        city, resident_record_code=code
    )
    key = SearchKey(resident_record_code=code)
    plan = city.works.role.replied(sent, found(city, key, EightItems.of(RECORD)), NOON)
    city.works.write(lambda tx: [effect(tx) for effect in plan.effects])
    target = f"/v1/inside/messages/{message_id.hex()}/answer"
    answer = await city.ask("GET", target, TERMINAL)
    assert value_of(answer).persons == (EightItems.of(RECORD),)
    assert (await city.ask("GET", target, EXISTING)).status == 404
    (told,) = city.works.events(EventKind.FETCHED)
    assert told.event.peer == str(TERMINAL)
    ((waiting, *_),) = await city.fetch(TERMINAL)
    taken = f"/v1/inside/arrivals/{waiting}/taken"
    assert await city.fetch(EXISTING) == []
    assert (await city.ask("POST", taken, EXISTING)).status == 404
    city.works.now = NOON + timedelta(hours=1)
    assert (await city.ask("GET", target, TERMINAL)).status == 200
    city.works.now += timedelta(microseconds=1)
    assert (await city.ask("GET", target, TERMINAL)).status == 404
    assert (await city.ask("POST", taken, TERMINAL)).status == 404


@in_reactor
@pytest.mark.parametrize("wrong", ["key", "person"])
async def test_an_answer_about_somebody_else_has_no_effect(city, wrong):
    """R-027, R-068: only the person concerned, and exactly what was asked."""
    _, sent = await asked_of_the_national_server(
        city, resident_record_code=RECORD.resident_record_code
    )
    mine = SearchKey(resident_record_code=RECORD.resident_record_code)
    theirs = SearchKey(resident_record_code=ANOTHER.resident_record_code)
    reply = found(city, theirs if wrong == "key" else mine, EightItems.of(ANOTHER))
    with pytest.raises(AnswerInvalid):
        city.works.role.replied(sent, reply, NOON)


@in_reactor
async def test_an_answer_with_a_wrong_number_has_no_effect(city):
    """R-072: it fits what was asked, and still cannot be right."""
    code = RECORD.resident_record_code
    _, sent = await asked_of_the_national_server(city, resident_record_code=code)
    number = RECORD.individual_number
    wrong = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    person = replace(EightItems.of(RECORD), individual_number=wrong)
    reply = found(city, SearchKey(resident_record_code=code), person)
    with pytest.raises(AnswerInvalid):
        city.works.role.replied(sent, reply, NOON)


@in_reactor
async def test_identity_is_confirmed_by_the_national_server(city):
    """R-064."""
    key = ConfirmationKey(resident_record_code=RECORD.resident_record_code)
    answer = await city.hand_in(IdentityConfirmationRequest(key=key), TERMINAL)
    assert isinstance(value_of(answer), SubmissionAccepted)
    assert city.owed == [(str(NATIONAL), "identity_confirmation_request")]


# --- from CS to CS --------------------------------------------------------------------


def certificate(**changes):
    value = read_payload(
        "move_out_certificate_information", sample("move_out_certificate_information")
    )
    return replace(
        value,
        new_municipality_code=NEIGHBOUR.organisation,
        planned_move_out_date=NOON.date(),
        **changes,
    )


@in_reactor
async def test_move_out_certificate_information_goes_from_cs_to_cs_and_no_further(
    city, neighbour
):
    """R-085: through the CS; and nobody but the other municipality gets it."""
    assert (await city.hand_in(certificate())).status == 202
    assert city.owed == [(str(NEIGHBOUR), "move_out_certificate_information")]
    sent = await passed_on(city, neighbour)
    (line,) = await neighbour.fetch(NEXT_DOOR)
    assert line == [
        sent.message_id.hex(),
        "move_out_certificate_information",
        str(CS),
    ]
    target = f"/v1/inside/arrivals/{line[0]}"
    fetched = await neighbour.ask("GET", target, NEXT_DOOR)
    assert fetched.body == write_payload(certificate())
    assert neighbour.owed == []


@in_reactor
async def test_who_reads_what_came_is_on_record_before_it_is_handed_out(
    city, neighbour
):
    await city.hand_in(certificate())
    sent = await passed_on(city, neighbour)
    target = f"/v1/inside/arrivals/{sent.message_id.hex()}"
    assert (await neighbour.ask("GET", target, TERMINAL)).status == 404
    assert neighbour.works.events(EventKind.FETCHED) == []
    assert (await neighbour.ask("GET", target, NEXT_DOOR)).status == 200
    (told,) = neighbour.works.events(EventKind.FETCHED)
    assert told.event.peer == str(NEXT_DOOR)
    assert told.event.message_id == sent.message_id.hex()
    neighbour.works.lose_store()
    answer = await neighbour.ask("GET", target, NEXT_DOOR)
    neighbour.works.find_store()
    assert (answer.status, b"move_out" in answer.body) == (503, False)


@in_reactor
async def test_another_message_under_an_id_that_waits_gets_no_receipt(city, neighbour):
    """Ids are the senders' own: what is not kept is not acknowledged."""
    await city.hand_in(certificate())
    sent = await passed_on(city, neighbour)
    kept = neighbour.works.store.arrival(sent.message_id, NEXT_DOOR.role, NOON)
    packed = message(
        neighbour.works.world,
        JLIS,
        NEIGHBOUR,
        "individual_number_generation_response",
        sample("individual_number_generation_response"),
        message_id=sent.message_id,
    )
    answer = await neighbour.works.post(packed)
    assert answer.status == 422
    assert neighbour.works.codes(EventKind.REFUSED) == ["SK-M09"]
    assert neighbour.works.store.arrival(sent.message_id, NEXT_DOOR.role, NOON) == kept


@in_reactor
async def test_what_is_acknowledged_is_erased_and_that_is_on_record(city, neighbour):
    await city.hand_in(certificate())
    sent = await passed_on(city, neighbour)
    target = f"/v1/inside/arrivals/{sent.message_id.hex()}"
    assert (await neighbour.ask("POST", f"{target}/taken", NEXT_DOOR)).status == 204
    assert await neighbour.fetch(NEXT_DOOR) == []
    assert (await neighbour.ask("GET", target, NEXT_DOOR)).status == 404
    assert (await neighbour.ask("POST", f"{target}/taken", NEXT_DOOR)).status == 404
    (told,) = neighbour.works.events(EventKind.ERASED)
    assert told.event.message_id == sent.message_id.hex()
    assert told.event.peer == str(NEXT_DOOR)


@in_reactor
async def test_nobody_fetches_it_thirty_days_after_the_planned_day(city, neighbour):
    """R-087."""
    await city.hand_in(certificate())
    await passed_on(city, neighbour)
    neighbour.works.now = last_moment(NOON.date())
    assert len(await neighbour.fetch(NEXT_DOOR)) == 1
    neighbour.works.now += timedelta(seconds=1)
    assert await neighbour.fetch(NEXT_DOOR) == []


@in_reactor
async def test_what_comes_after_those_thirty_days_is_refused(city, neighbour):
    late = replace(certificate(), planned_move_out_date=date(2029, 12, 1))
    await city.hand_in(late)
    sent = city.works.offered[-1]
    answer = await neighbour.works.post(sent.envelope, CS)
    assert answer.status == 422
    assert neighbour.works.codes(EventKind.REFUSED) == ["SK-J06"]
    assert await neighbour.fetch(NEXT_DOOR) == []


@in_reactor
@pytest.mark.parametrize("to", ["", "131016", CS.organisation, "10 202"])
async def test_a_municipality_that_the_master_does_not_have_gets_nothing(city, to):
    refused = await city.hand_in(sample("move_in_notice"), EXISTING, to)
    assert (refused.status, code_of(refused)) == (422, "SK-J02")
    assert city.owed == []


@in_reactor
@pytest.mark.parametrize(
    ("kind", "by", "role"),
    [
        ("move_in_notice", EXISTING, NEXT_DOOR),
        ("move_out_certificate_resend_request", TERMINAL, NEXT_DOOR),
        ("wide_area_issuance_request", TERMINAL, NEXT_DOOR),
        ("family_register_supplement_mismatch", EXISTING, NEXT_DOOR),
    ],
)
async def test_what_municipalities_tell_each_other_arrives_as_it_was_sent(
    city, neighbour, kind, by, role
):
    """R-088, R-089: CS to CS, seen by nobody else."""
    assert (await city.hand_in(sample(kind), by, NEIGHBOUR.organisation)).status == 202
    assert city.owed == [(str(NEIGHBOUR), kind)]
    sent = await passed_on(city, neighbour)
    assert [line[:2] for line in await neighbour.fetch(role)] == [
        [sent.message_id.hex(), kind]
    ]
    arrived = await neighbour.ask(
        "GET", f"/v1/inside/arrivals/{sent.message_id.hex()}", role
    )
    assert arrived.body == sample(kind)
    neighbour.works.now = NOON + timedelta(days=30)
    assert len(await neighbour.fetch(role)) == 1
    neighbour.works.now += timedelta(microseconds=1)
    assert await neighbour.fetch(role) == []


@in_reactor
async def test_the_certificate_that_was_asked_for_waits_at_the_counter(city, neighbour):
    kind = "wide_area_issuance_reply"
    await city.hand_in(sample(kind), EXISTING, NEIGHBOUR.organisation)
    sent = await passed_on(city, neighbour)
    assert await neighbour.fetch(NEXT_DOOR) == []
    (waits,) = neighbour.works.store.arrivals(TERMINAL.role, NOON)
    assert waits.message_id == sent.message_id


@in_reactor
async def test_a_supplement_is_handed_on_with_the_municipality_that_told_it(
    city, neighbour
):
    kind = "family_register_supplement_information"
    await city.hand_in(sample(kind), EXISTING, NEIGHBOUR.organisation)
    sent = await passed_on(city, neighbour)
    target = f"/v1/inside/arrivals/{sent.message_id.hex()}"
    update = value_of(await neighbour.ask("GET", target, NEXT_DOOR))
    told = read_payload(kind, sample(kind))
    assert isinstance(update, FamilyRegisterSupplementUpdate)
    assert isinstance(told, FamilyRegisterSupplementInformation)
    assert update.municipality_code == CS.organisation
    assert update.registered_domicile == told.registered_domicile


@in_reactor
async def test_it_is_erased_then_and_that_is_on_record(city, neighbour):
    """R-087: 30 days after the planned day it is gone, used or not."""
    await city.hand_in(certificate())
    sent = await passed_on(city, neighbour)
    sweeper = Sweeper(neighbour.works.station, neighbour.works.clock)
    neighbour.works.now = last_moment(NOON.date())
    await sweeper.sweep()
    assert neighbour.works.events(EventKind.ERASED) == []
    neighbour.works.now += timedelta(seconds=1)
    await sweeper.sweep()
    (erased,) = neighbour.works.events(EventKind.ERASED)
    assert erased.event.message_id == sent.message_id.hex()
    neighbour.works.now = NOON
    assert await neighbour.fetch(NEXT_DOOR) == []


@in_reactor
async def test_a_damaged_one_holds_up_neither_the_list_nor_the_sweeper(city, neighbour):
    await city.hand_in(certificate())
    await passed_on(city, neighbour)
    with sqlite3.connect(neighbour.works.path) as db:
        db.execute("UPDATE arrivals SET sealed = x'00'")
    db.close()
    assert len(await neighbour.fetch(NEXT_DOOR)) == 1
    neighbour.works.now = last_moment(NOON.date()) + timedelta(seconds=1)
    await Sweeper(neighbour.works.station, neighbour.works.clock).sweep()
    assert len(neighbour.works.events(EventKind.ERASED)) == 1


# --- to the national systems ----------------------------------------------------------


@in_reactor
async def test_the_extract_reaches_the_card_system_byte_for_byte(city):
    """R-083."""
    extract = sample("sending_destination_extract")
    assert (await city.hand_in(extract, said=query_of(extract))).status == 202
    assert city.owed == [(str(CARDS), "sending_destination_notice")]
    opened = opened_at(city.works, CARDS)
    notice = read_payload("sending_destination_notice", opened.payload)
    assert isinstance(notice, SendingDestinationNotice)
    assert notice.extract == extract


@in_reactor
@pytest.mark.parametrize(
    ("kind", "receiver"),
    [
        ("individual_number_generation_request", JLIS),
        ("card_status_notice", CARDS),
        ("card_management_information_update_request", CARDS),
    ],
)
async def test_the_register_reaches_the_national_systems_through_the_cs(
    city, kind, receiver
):
    """R-084: what happened to a card is passed on, too."""
    assert (await city.hand_in(sample(kind))).status == 202
    assert city.owed == [(str(receiver), kind)]
    assert opened_at(city.works, receiver).payload == sample(kind)


@in_reactor
@pytest.mark.parametrize(("shift", "code"), [(1, "SK-X03"), (5, "SK-X04")])
async def test_a_wrong_number_or_a_real_one_is_refused_from_outside_too(
    neighbour, shift, code
):
    """R-072: whoever is in the message, and wherever the number stands in it."""
    whole = certificate()
    mover = whole.movers[0]
    number = mover.individual_number
    wrong = f"{number[:-1]}{(int(number[-1]) + shift) % 10}"
    bad = replace(whole, movers=(replace(mover, individual_number=wrong),))
    kind = "move_out_certificate_information"
    world = neighbour.works.world
    packed = message(world, CS, NEIGHBOUR, kind, write_payload(bad))
    assert (await neighbour.works.post(packed)).status == 422
    assert neighbour.works.codes(EventKind.REFUSED) == [code]
    assert await neighbour.fetch(NEXT_DOOR) == []
