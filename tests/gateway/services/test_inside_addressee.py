# SPDX-License-Identifier: Apache-2.0
"""The addressee system at its intermediate server: copies in, codes got (F1-10, 11)."""

import msgspec
import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from gateway.config import Profile
from gateway.records.event import EventKind
from gateway.roles.acquiring import WAITED_FOR
from gateway.services.listener import Request
from gateway.services.sweeper import Sweeper
from protocols.identifiers import Realm, make_individual_number
from schemas.messages import (
    InformationInquiryRequest,
    ResidentRecordInformation,
    write_payload,
)
from schemas.number_messages import (
    NumberPairRegistration,
    PersonalIdentifierCodeNotice,
    PersonalIdentifierCodeRequest,
    ProcessingNumberNotice,
    ProcessingNumberRequest,
)
from schemas.payload import type_of
from schemas.register_messages import ResidentRecordCopy
from schemas.systems import SYSTEMS
from tests.gateway.services.test_inside import Door, told
from tests.gateway.words import message
from tests.gateway.world import (
    ADDRESSEES,
    COPIES,
    CORE,
    EMPTY,
    FLAGGED,
    NOBODY,
    PLAIN,
    PROVIDER,
    SECOND,
    addressee,
    code_of,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred

MINE = make_individual_number("99999980001", Realm.SIMULATION)
OTHERS = make_individual_number("99999980002", Realm.SIMULATION)
PAIR = NumberPairRegistration(
    individual_number=MINE, addressee_number=addressee(NOBODY)
)
WANTED = ProcessingNumberRequest(addressee_number=addressee(NOBODY))
CODE = code_of(NOBODY, PROVIDER.organisation)
COPY = ResidentRecordCopy(
    addressee_number=addressee(NOBODY),
    update_sequence_number=2,
    layout_version="2029-07",
    resident_record_information=ResidentRecordInformation(
        head_of_household=False, head_name="高崎　太郎", relationship="妻"
    ),
)
ARRIVALS = "arrivals"


class Server(Door):
    """The intermediate server of a city, at both of its doors."""

    def __init__(self, world, works):
        super().__init__(works, ADDRESSEES)
        self.world = world
        self.role = ADDRESSEES.role

    def ask(self, method, target, body=b"", by=None):
        """As the addressee system, or as the system of another role."""
        known = self.world.identity(by or self.by)
        station = replace(known.station, role=self.role)
        request = Request(method, target, "application/xml", body, True)
        return self.inside.handle(request, replace(known, station=station))

    def become(self, profile):
        config = self.works.station.config
        self.works.station.config = msgspec.structs.replace(config, profile=profile)

    async def requests(self):
        """Fetch what waits for the addressee system, and leave it there."""
        lines = (await self.get(ARRIVALS)).body.decode().splitlines()
        ids = [line.split()[0] for line in lines]
        return {one: told(await self.get(f"{ARRIVALS}/{one}")) for one in ids}

    async def take_over(self, one):
        path = f"/v1/inside/{ARRIVALS}/{one}/taken"
        return await self.ask("POST", path)

    async def notice(self, number, code=CODE, sender=CORE, at=None, **header):
        """The core tells a code; its answer, as the core reads it."""
        value = PersonalIdentifierCodeNotice(
            processing_number=number, subject_code=code
        )
        header.setdefault("message_id", bytes(number[:8]) + bytes.fromhex(code)[:8])
        packed = message(
            self.world,
            sender,
            PROVIDER,
            "personal_identifier_code_notice",
            write_payload(value),
            at=at or self.works.now,
            **header,
        )
        return self.works.read(packed, await self.works.post(packed))

    def held(self, person=NOBODY):
        return self.works.store.copy_by_addressee(addressee(person))


@pytest.fixture
def server(world, works_at):
    return Server(world, works_at(PROVIDER, *COPIES))


@pytest.fixture
def separated(server):
    server.become(Profile.SEPARATED)
    return server


async def number_given(server):
    """The processing number, as profile `separated` gives it."""
    return told(await server.submit(WANTED)).processing_number


# --- copies ---------------------------------------------------------------------------


@in_reactor
async def test_a_copy_is_kept_and_that_is_on_record(server):
    answer = await server.submit(COPY)
    assert (answer.status, type_of(answer.body)) == (202, "submission_accepted")
    record = server.held().kinds["resident_record_information"]
    assert record.head_name == "高崎　太郎"
    (came,) = [one.event for one in server.works.events(EventKind.RECEIVED)]
    assert (came.peer, came.message_type) == (str(ADDRESSEES), "resident_record_copy")
    assert addressee(NOBODY) not in repr(came)


@in_reactor
async def test_the_record_speaks_of_a_copy_under_its_code(server):
    await server.submit(replace(COPY, addressee_number=addressee(PLAIN)))
    (came,) = [one.event for one in server.works.events(EventKind.RECEIVED)]
    tag = server.works.store.tags_of(code_of(PLAIN, PROVIDER.organisation))[-1]
    assert came.person_tag == tag


@in_reactor
async def test_an_older_copy_is_refused_and_what_is_held_stands(server):
    await server.submit(COPY)
    before = server.held()
    older = replace(COPY, update_sequence_number=1)
    answer = await server.submit(older)
    assert (answer.status, told(answer).code) == (422, "SK-J03")
    assert (await server.submit(COPY)).status == 202, "the same again is taken"
    assert server.held() == before


@in_reactor
@pytest.mark.parametrize("item", ["head_name", "relationship"])
@pytest.mark.parametrize("text", ["髙橋", "𠮷田", "葛\U000e0100", "ｱ"])
async def test_a_copy_in_other_characters_is_refused(server, item, text):
    told_of = replace(COPY.resident_record_information, **{item: text})
    answer = await server.submit(replace(COPY, resident_record_information=told_of))
    assert (answer.status, told(answer).code) == (422, "SK-X05")
    assert server.held() is None


@in_reactor
async def test_a_flag_outlives_every_copy_that_comes(server):
    await server.submit(replace(COPY, addressee_number=addressee(FLAGGED)))
    assert server.held(FLAGGED).suppressed
    head = server.held(FLAGGED).kinds["resident_record_information"].head_name
    assert head == "高崎　太郎"


@in_reactor
async def test_only_the_addressee_system_hands_in_copies_and_begins_codes(server):
    for role in sorted(SYSTEMS - {ADDRESSEES.role}):
        server.role = role
        for value in (COPY, PAIR, WANTED):
            assert told(await server.submit(value)).code == "SK-M05", role
    server.role = ADDRESSEES.role
    assert server.held() is None
    assert await server.requests() == {}


# --- profile `document`: the pair, and the request that is fetched --------------------


@in_reactor
async def test_a_pair_becomes_a_request_that_the_addressee_system_fetches(server):
    answer = await server.submit(PAIR)
    assert answer.status == 202
    ((one, request),) = (await server.requests()).items()
    assert isinstance(request, PersonalIdentifierCodeRequest)
    assert request.individual_number == MINE
    assert told(answer).message_id.hex() == one
    assert server.works.offered == [], "it is the addressee system's to send on"
    assert (await server.take_over(one)).status == 204
    assert await server.requests() == {}


@in_reactor
async def test_nobody_else_can_fetch_it(server):
    one = told(await server.submit(PAIR)).message_id.hex()
    server.role = "individual_business_system"
    assert (await server.get(ARRIVALS)).body == b""
    for path in (f"{ARRIVALS}/{one}", f"messages/{one}"):
        assert (await server.get(path)).status == 404
    assert (await server.take_over(one)).status == 404


@in_reactor
async def test_the_same_pair_twice_waits_once_and_comes_again_once_fetched(server):
    await server.submit(PAIR)
    await server.submit(PAIR)
    ((one, first),) = (await server.requests()).items()
    await server.take_over(one)
    await server.submit(PAIR)
    ((_, again),) = (await server.requests()).items()
    assert again == first, "under the same processing number"


@in_reactor
async def test_another_number_of_the_same_person_is_another_request(server):
    await server.submit(PAIR)
    await server.submit(replace(PAIR, individual_number=OTHERS))
    found = list((await server.requests()).values())
    assert {one.individual_number for one in found} == {MINE, OTHERS}
    assert len({one.processing_number for one in found}) == 2


@in_reactor
async def test_no_record_ever_tells_a_processing_number(server):
    await server.submit(PAIR)
    ((one, request),) = (await server.requests()).items()
    await server.take_over(one)
    await server.notice(request.processing_number)
    number = request.processing_number
    for stored in server.works.events():
        assert not stored.event.processing_number
        assert number.hex() not in stored.event.message_id + stored.event.detail


@in_reactor
@pytest.mark.parametrize("realm", [None, Realm.STANDARD])
async def test_a_pair_with_a_wrong_number_is_refused(server, realm):
    realms = {make_individual_number(MINE[:11], each)[-1] for each in Realm}
    wrong = next(digit for digit in "0123456789" if digit not in realms)
    number = (
        MINE[:11] + wrong if realm is None else make_individual_number(MINE[:11], realm)
    )
    answer = await server.submit(replace(PAIR, individual_number=number))
    assert told(answer).code == ("SK-X03" if realm is None else "SK-X04")
    assert await server.requests() == {}


# --- profile `separated`: a number, and no pair ---------------------------------------


@in_reactor
async def test_separated_the_addressee_system_is_given_a_number_at_once(separated):
    answer = await separated.submit(WANTED)
    assert answer.status == 200
    notice = told(answer)
    assert isinstance(notice, ProcessingNumberNotice)
    assert notice.addressee_number == addressee(NOBODY)
    assert len(notice.processing_number) == 16
    assert await separated.requests() == {}


@in_reactor
async def test_separated_the_number_is_the_same_until_its_code_has_come(separated):
    first = await number_given(separated)
    assert await number_given(separated) == first
    await separated.notice(first)
    assert await number_given(separated) != first


@in_reactor
async def test_separated_two_people_are_given_two_numbers(separated):
    other = replace(WANTED, addressee_number=addressee(EMPTY))
    second = told(await separated.submit(other)).processing_number
    assert await number_given(separated) != second


@in_reactor
async def test_each_profile_refuses_the_others_way_to_begin(server):
    for profile, value in (
        (Profile.SEPARATED, PAIR),
        (Profile.DOCUMENT, WANTED),
    ):
        server.become(profile)
        answer = await server.submit(value)
        assert (answer.status, told(answer).code) == (422, "SK-K03")
        assert await server.requests() == {}


# --- the code -------------------------------------------------------------------------


@in_reactor
async def test_the_processing_number_ties_the_code_to_the_addressee_number(separated):
    await separated.submit(COPY)
    await separated.notice(await number_given(separated))
    found = separated.works.store.copy_by_code(CODE)
    assert found == separated.held()
    assert found.kinds
    came = separated.works.events(EventKind.RECEIVED)[-1].event
    assert came.person_tag == separated.works.store.tags_of(CODE)[-1]


@in_reactor
async def test_a_code_under_a_number_that_nobody_waits_for_is_refused(separated):
    assert (await separated.notice(bytes(16))).code == "SK-C14"
    number = await number_given(separated)
    await separated.notice(number)
    again = await separated.notice(number, message_id=b"another message!")
    assert again.code == "SK-C14"
    late = await number_given(separated)
    separated.works.now += WAITED_FOR + SECOND
    assert (await separated.notice(late)).code == "SK-C14"


@in_reactor
async def test_a_code_that_is_another_numbers_is_refused_and_changes_nothing(separated):
    number = await number_given(separated)
    of_another = code_of(PLAIN, PROVIDER.organisation)
    assert (await separated.notice(number, of_another)).code == "SK-K02"
    assert separated.held() is None
    assert separated.held(PLAIN).linkage_code == of_another
    await separated.notice(number)
    assert separated.held().linkage_code == CODE


@in_reactor
async def test_a_code_is_not_tied_under_what_stands_for_a_number(server):
    """The id by which the addressee system asks is no processing number."""
    accepted = told(await server.submit(PAIR))
    assert (await server.notice(accepted.message_id)).code == "SK-C14"
    assert server.held() is None
    assert server.works.station.acquisition(accepted.message_id).is_open


@in_reactor
async def test_of_two_that_come_at_once_with_one_code_one_is_refused(separated):
    """Both were checked before either was kept."""
    other = replace(WANTED, addressee_number=addressee(EMPTY))
    numbers = [
        told(await separated.submit(one)).processing_number for one in (WANTED, other)
    ]
    both = [Deferred.fromCoroutine(separated.notice(number)) for number in numbers]
    answers = [await one for one in both]
    assert [getattr(one, "code", "") for one in answers] == ["", "SK-K02"]
    assert separated.held().linkage_code == CODE
    assert separated.works.station.acquisition(numbers[1]).is_open


@in_reactor
async def test_a_header_that_names_the_number_is_refused(separated):
    number = await number_given(separated)
    answer = await separated.notice(number, processing_number=number)
    assert answer.code == "SK-C11"
    assert separated.held() is None


@in_reactor
async def test_the_addressee_system_can_ask_whether_the_code_came(separated):
    number = await number_given(separated)
    path = f"messages/{number.hex()}"
    assert told(await separated.get(path)).status == "waiting"
    await separated.notice(number)
    assert told(await separated.get(path)).status == "delivered"


@in_reactor
async def test_who_got_no_code_in_time_is_forgotten_and_that_is_on_record(server):
    accepted = told(await server.submit(PAIR))
    sweeper = Sweeper(server.works.station, server.works.clock)
    server.works.now += WAITED_FOR
    await sweeper.sweep()
    assert server.works.station.acquisition(accepted.message_id) is not None
    server.works.now += SECOND
    await sweeper.sweep()
    assert server.works.station.acquisition(accepted.message_id) is None
    told_of = [one.event.detail for one in server.works.events(EventKind.ERASED)]
    assert "processing number erased: no linkage code came in its time" in told_of
    assert (await server.get(f"messages/{accepted.message_id.hex()}")).status == 404


@in_reactor
async def test_without_a_store_nothing_is_given(separated):
    separated.works.lose_store()
    assert (await separated.submit(WANTED)).status == 503
    separated.works.find_store()


@in_reactor
async def test_nobody_can_be_asked_about_before_the_code_has_come(server):
    """A copy alone is no way to a person in linkage."""
    await server.submit(COPY)
    server.role = "individual_business_system"
    question = InformationInquiryRequest(
        item_no=28,
        kinds=("resident_record_information",),
        addressee_number=addressee(NOBODY),
        provider=PROVIDER.organisation,
    )
    assert told(await server.submit(question)).code == "SK-K01"
