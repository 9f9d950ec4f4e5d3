# SPDX-License-Identifier: Apache-2.0
"""An organisation's own systems: durable before acknowledged, asked for later."""

import sqlite3
from dataclasses import replace

import pytest
import pytest_twisted

from gateway.dispatch import Draft
from gateway.records.event import EventKind
from gateway.roles.plan import Plan
from gateway.services import inside_door
from gateway.services.inside import SUBMIT
from gateway.services.listener import Request
from gateway.services.runtime import UNAVAILABLE
from protocols import envelope
from protocols.errors import Unreadable
from protocols.identifiers import Realm, make_individual_number
from protocols.refusals import refusal
from schemas.catalogue import row
from schemas.messages import (
    IdentityInformationUpdate,
    InformationInquiryRequest,
    InquiryStatus,
    SubmissionStatus,
    read_payload,
    write_payload,
)
from schemas.payload import NAMESPACE
from schemas.xml import parse, root_name
from tests.gateway.people import resident_record
from tests.gateway.words import ITEM, NUMBER, RECORD, open_inquiry, provision
from tests.gateway.works import inside_of
from tests.gateway.world import (
    BUSINESS,
    CARDS,
    CORE,
    CS,
    DAY,
    EXISTING,
    HOUR,
    NOON,
    PLAIN,
    PREFECTURE,
    PROVIDER,
    REQUESTER,
    SECOND,
    SUBJECTS,
    TERMINAL,
    addressee,
)
from tests.schemas.samples import sample

in_reactor = pytest_twisted.ensureDeferred
DIGEST = bytes(range(100, 132))
QUESTION = InformationInquiryRequest(
    item_no=ITEM,
    kinds=(RECORD,),
    addressee_number=addressee(PLAIN),
    provider=PROVIDER.organisation,
)
CHANGE = resident_record()


class Door:
    """The inside listener of a station, asked by hand."""

    def __init__(self, works, by):
        self.works, self.by = works, by
        self.inside = inside_of(works)

    def ask(self, method, target, body=b"", by=None):
        request = Request(method, target, "application/xml", body, True)
        identity = self.works.world.identity(by or self.by)
        return self.inside.handle(request, identity)

    def submit(self, value, by=None):
        body = value if isinstance(value, bytes) else write_payload(value)
        return self.ask("POST", SUBMIT, body, by)

    def get(self, target):
        return self.ask("GET", f"/v1/inside/{target}")


@pytest.fixture
def requester(works_at):
    return Door(works_at(REQUESTER, *SUBJECTS), BUSINESS)


@pytest.fixture
def cs(works_at):
    return Door(works_at(CS), EXISTING)


def told(answer):
    """What a system reads in an answer."""
    return read_payload(root_name(parse(answer.body)), answer.body)


# --- what is taken --------------------------------------------------------------------


@in_reactor
async def test_a_question_is_owed_to_the_core_before_it_is_acknowledged(requester):
    answer = await requester.submit(QUESTION)
    assert (answer.status, answer.content_type) == (202, "application/xml")
    number = told(answer).processing_number
    (sent,) = requester.works.offered
    assert (sent.peer, sent.message_type) == (str(CORE), "information_inquiry")
    assert sent.processing_number == number
    assert told(answer).message_id == sent.message_id
    inquiry = requester.works.store.inquiry(number)
    assert (inquiry.state, inquiry.item_no) == ("in_progress", ITEM)


@in_reactor
async def test_who_asked_what_about_whom_is_on_record(requester):
    answer = await requester.submit(QUESTION)
    came, owed = [stored.event for stored in requester.works.events()][-2:]
    assert (came.kind, owed.kind) == (EventKind.RECEIVED, EventKind.ATTEMPTED)
    assert came.peer == str(BUSINESS)
    assert came.processing_number == told(answer).processing_number.hex()
    assert (came.item_no, came.kinds) == (ITEM, (RECORD,))
    assert came.person_tag == owed.person_tag != ""
    assert addressee(PLAIN) not in repr(came)


@in_reactor
async def test_every_question_is_a_transaction_of_its_own(requester):
    first = told(await requester.submit(QUESTION))
    second = told(await requester.submit(QUESTION))
    assert first.processing_number != second.processing_number
    assert first.message_id != second.message_id


@in_reactor
async def test_a_change_is_owed_to_the_prefecture(cs):
    answer = await cs.submit(IdentityInformationUpdate(record=CHANGE))
    assert answer.status == 202
    (sent,) = cs.works.offered
    assert sent.peer == str(PREFECTURE)
    assert sent.message_type == "identity_information_update_notice"
    assert told(answer).message_id == sent.message_id
    assert told(answer).processing_number is None


# --- what is not ----------------------------------------------------------------------


async def refused_with(door, value, code, by=None):
    """Refused with this code to the system and on the record; nothing else happened."""
    answer = await door.submit(value, by)
    assert (answer.status, answer.content_type) == (422, "application/xml")
    said, known = told(answer), refusal(code)
    assert (said.code, said.rules) == (code, (known.rule,))
    assert (said.text_ja, said.what_to_do) == (known.ja, known.mend)
    (stored,) = door.works.events(EventKind.REFUSED)
    assert stored.event.code == code
    assert stored.event.peer == str(by or door.by)
    assert stored.event.verdicts[-1][-1] == "refused"
    assert door.works.offered == []
    assert door.works.store.inquiries() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<information_inquiry_request xmlns="urn:x-sekisho:payload:1">',
    ],
)
@in_reactor
async def test_what_is_not_plain_xml_is_refused(requester, body):
    await refused_with(requester, body, "SK-X01")


@pytest.mark.parametrize("place", [b"<unknown/>", write_payload(QUESTION)])
@in_reactor
async def test_an_element_that_no_schema_has_is_a_fault_of_the_schema(requester, place):
    """The same code as a peer's message gets for it."""
    body = place.replace(b"item_no>", b"unknown>")
    await refused_with(requester, body, "SK-X02")


@in_reactor
async def test_an_element_that_is_no_message_type_is_an_unknown_type(requester):
    body = f'<item_no xmlns="{NAMESPACE}">11</item_no>'.encode()
    await refused_with(requester, body, "SK-M04")


@in_reactor
async def test_what_does_not_match_its_schema_is_refused(requester):
    body = write_payload(QUESTION).replace(b"<item_no>11</item_no>", b"")
    await refused_with(requester, body, "SK-X02")


@in_reactor
async def test_a_receiver_beside_the_payload_is_refused_in_words(requester):
    """Whoever hands in by a folder must learn of it, and others go on behind it."""
    target = f"{SUBMIT}?to={PROVIDER.organisation}"
    answer = await requester.ask("POST", target, write_payload(QUESTION))
    assert (answer.status, told(answer).code) == (422, "SK-J02")


@in_reactor
async def test_a_refused_question_is_on_record_under_the_person_it_was_about(requester):
    target = f"{SUBMIT}?to={PROVIDER.organisation}"
    await requester.ask("POST", target, write_payload(QUESTION))
    (stored,) = requester.works.events(EventKind.REFUSED)
    store = requester.works.store
    code = store.copy_by_addressee(QUESTION.addressee_number).linkage_code
    assert stored.event.person_tag in store.tags_of(code)
    assert requester.works.offered == []


@in_reactor
async def test_another_organisations_system_may_not_post_here(requester):
    await refused_with(requester, QUESTION, "SK-M05", EXISTING)


@in_reactor
async def test_a_system_may_not_post_what_is_another_systems_to_post(cs):
    await refused_with(cs, QUESTION, "SK-M05")


@in_reactor
async def test_a_station_takes_only_what_is_for_its_role(requester):
    change = IdentityInformationUpdate(record=CHANGE)
    await refused_with(requester, change, "SK-M05")


@in_reactor
async def test_what_stations_say_to_each_other_is_not_taken_from_inside(requester):
    status = SubmissionStatus(message_id=NUMBER, status="waiting")
    await refused_with(requester, status, "SK-M05")


@in_reactor
async def test_what_a_system_may_post_and_this_station_does_not_do_is_refused(
    requester, monkeypatch
):
    """A row in the catalogue alone opens nothing."""
    way = (BUSINESS.role, REQUESTER.role)
    opened = replace(row("move_in_notice"), inside=frozenset({way}))
    monkeypatch.setattr(inside_door, "row", lambda kind: opened)
    await refused_with(requester, sample("move_in_notice"), "SK-M04")


@in_reactor
async def test_the_answer_of_a_system_is_not_taken_as_a_message(cs):
    await refused_with(cs, sample("submission_accepted"), "SK-M05")


@in_reactor
async def test_a_person_without_a_linkage_code_cannot_be_asked_about(requester):
    unknown = replace(QUESTION, addressee_number=addressee(4711))
    await refused_with(requester, unknown, "SK-K01")


@in_reactor
async def test_a_number_of_the_other_realm_is_refused(cs):
    body = CHANGE.individual_number[:11]
    number = make_individual_number(body, Realm.STANDARD)
    record = resident_record(individual_number=number)
    await refused_with(cs, IdentityInformationUpdate(record=record), "SK-X04")


@in_reactor
async def test_a_number_with_a_wrong_check_digit_is_refused(cs):
    number = CHANGE.individual_number
    realms = {make_individual_number(number[:11], realm)[-1] for realm in Realm}
    wrong = next(digit for digit in "0123456789" if digit not in realms)
    record = resident_record(individual_number=number[:11] + wrong)
    await refused_with(cs, IdentityInformationUpdate(record=record), "SK-X03")


@in_reactor
async def test_without_a_store_nothing_is_acknowledged_and_nothing_refused(requester):
    requester.works.lose_store()
    for body in (write_payload(QUESTION), b"no xml"):
        assert await requester.submit(body) == UNAVAILABLE
    assert requester.works.offered == []


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", SUBMIT),
        ("PUT", SUBMIT),
        ("POST", "/v1/messages"),
        ("POST", f"/v1/inside/inquiries/{NUMBER.hex()}"),
        ("GET", "/v1/inside/inquiries/"),
        ("GET", f"/v1/inside/inquiries/{NUMBER.hex().upper()}"),
        ("GET", f"/v1/inside/inquiries/{NUMBER.hex()}/answer/"),
        ("GET", f"/v1/inside/messages/{NUMBER.hex()}0"),
    ],
)
@in_reactor
async def test_nothing_else_is_found_here(requester, method, target):
    answer = await requester.ask(method, target)
    assert answer.status == 404


# --- what they ask for ----------------------------------------------------------------


@pytest.fixture
def asked(requester):
    """A requester whose inquiry is under way, with its permit announced."""

    def work(tx):
        tx.open_inquiry(open_inquiry())
        tx.announce(NUMBER, DIGEST)

    requester.works.write(work)
    return requester


STANDING = f"inquiries/{NUMBER.hex()}"
ANSWER = f"{STANDING}/answer"


@in_reactor
async def test_an_inquiry_under_way_says_so_and_has_no_answer(asked):
    status = told(await asked.get(STANDING))
    assert status == InquiryStatus(processing_number=NUMBER, status="in_progress")
    assert (await asked.get(ANSWER)).status == 404


@in_reactor
async def test_an_inquiry_that_nobody_made_is_unknown(requester):
    for target in (STANDING, ANSWER, f"messages/{NUMBER.hex()}"):
        assert (await requester.get(target)).status == 404


@in_reactor
async def test_a_refused_inquiry_says_why(asked):
    asked.works.write(lambda tx: tx.finish_inquiry(NUMBER, "refused", "SK-P01", None))
    status = told(await asked.get(STANDING))
    assert (status.status, status.code) == ("refused", "SK-P01")
    assert (await asked.get(ANSWER)).status == 404


@in_reactor
async def test_what_was_provided_is_opened_for_the_system_that_asks(world, asked):
    packed = provision(world, DIGEST)
    assert (await asked.works.post(packed)).status == 200
    assert told(await asked.get(STANDING)).status == "provided"
    answer = await asked.get(ANSWER)
    assert (answer.status, answer.content_type) == (200, "application/xml")
    value = told(answer)
    assert value.resident_record_information.head_name == "高崎　太郎"
    asked.works.now += HOUR - SECOND
    assert await asked.get(ANSWER) == answer


@in_reactor
async def test_who_reads_an_answer_is_on_record_before_it_is_handed_out(world, asked):
    await asked.works.post(provision(world, DIGEST))
    assert (await asked.get(ANSWER)).status == 200
    (stored,) = asked.works.events(EventKind.FETCHED)
    assert stored.event.peer == str(BUSINESS)
    assert stored.event.processing_number == NUMBER.hex()
    asked.works.lose_store()
    answer = await asked.get(ANSWER)
    asked.works.find_store()
    assert (answer.status, b"head" in answer.body) == (503, False)


@in_reactor
async def test_what_came_stays_readable_when_its_provider_is_believed_no_more(
    world, asked
):
    """It was verified when it came, and the record says so."""
    packed = provision(world, DIGEST)
    await asked.works.post(packed)
    answer = await asked.get(ANSWER)
    asked.works.now += 3 * 365 * DAY
    with pytest.raises(Unreadable, match="SK-U05"):
        envelope.unpack(
            packed.envelope,
            world.keys(REQUESTER).opener,
            world.directory,
            asked.works.now,
        )
    assert await asked.get(ANSWER) == answer
    assert answer.status == 200


@in_reactor
async def test_an_answer_that_is_no_envelope_is_shown_to_nobody(asked):
    asked.works.write(
        lambda tx: tx.finish_inquiry(NUMBER, "provided", "", b"no envelope")
    )
    assert (await asked.get(ANSWER)).status == 409


@in_reactor
async def test_an_answer_of_which_the_record_knows_nothing_is_shown_to_nobody(
    world, asked
):
    """A good envelope of a good provider, laid into the store by hand."""
    laid = provision(world, DIGEST).envelope
    asked.works.write(lambda tx: tx.finish_inquiry(NUMBER, "provided", "", laid))
    assert (await asked.get(ANSWER)).status == 409


@in_reactor
async def test_another_envelope_than_the_one_that_came_is_shown_to_nobody(world, asked):
    await asked.works.post(provision(world, DIGEST))
    other = provision(world, DIGEST, message_id=b"message number 2").envelope
    with sqlite3.connect(asked.works.path) as db:
        db.execute("UPDATE inquiries SET answer = ?", (other,))
    db.close()
    assert (await asked.get(ANSWER)).status == 409


# --- whose it is ----------------------------------------------------------------------


@pytest.mark.parametrize("target", [STANDING, ANSWER])
@in_reactor
async def test_what_one_system_asked_is_unknown_to_every_other(world, asked, target):
    await asked.works.post(provision(world, DIGEST))
    asked.by = EXISTING
    other = await asked.get(target)
    unknown = await asked.get(target.replace(NUMBER.hex(), "0" * 32))
    assert other == unknown
    assert other.status == 404
    (stored,) = asked.works.events(EventKind.REFUSED)
    assert (stored.event.peer, stored.event.code) == (str(EXISTING), "SK-C14")
    assert stored.event.processing_number == NUMBER.hex()


@in_reactor
async def test_what_became_of_a_question_is_told_to_no_other_system(requester):
    accepted = told(await requester.submit(QUESTION))
    target = f"messages/{accepted.message_id.hex()}"
    assert told(await requester.get(target)).status == "waiting"
    requester.by = EXISTING
    assert (await requester.get(target)).status == 404


@in_reactor
async def test_what_became_of_a_message_is_told_to_no_other_system_of_the_city(cs):
    accepted = told(await cs.submit(IdentityInformationUpdate(record=CHANGE)))
    target = f"messages/{accepted.message_id.hex()}"
    cs.by = TERMINAL
    other = await cs.get(target)
    assert other == await cs.get(f"messages/{NUMBER.hex()}")
    assert other.status == 404


@in_reactor
async def test_what_no_system_handed_in_is_nobodys_to_ask_about(cs):
    """Such as a batch of a consistency check, which an operator asked for."""
    draft = Draft("card_status_notice", CARDS, sample("card_status_notice"))
    (ready,) = await cs.works.runtime.carry_out(Plan(drafts=(draft,)), (), NOON)
    for cs.by in (EXISTING, TERMINAL):
        target = f"messages/{ready.outgoing.message_id.hex()}"
        assert (await cs.get(target)).status == 404


@in_reactor
async def test_what_is_for_nobody_who_can_be_sent_to_is_refused(cs, monkeypatch):
    """The master names the prefecture, and no key to seal for."""
    peers = cs.works.station.directory.peers
    unsealed = replace(peers[PREFECTURE], recipient=None)
    monkeypatch.setitem(peers, PREFECTURE, unsealed)
    await refused_with(cs, IdentityInformationUpdate(record=CHANGE), "SK-J02")
    held = cs.works.store.identity_by_code(CHANGE.resident_record_code)
    assert held is None


@in_reactor
async def test_who_asked_first_gets_the_answer_of_its_own_question(requester):
    accepted = told(await requester.submit(QUESTION))
    kept = requester.works.store.inquiry(accepted.processing_number)
    assert kept.asked_by == str(BUSINESS)


@in_reactor
async def test_an_inquiry_of_which_nobody_knows_who_asked_is_nobodys(requester):
    requester.works.write(lambda tx: tx.open_inquiry(open_inquiry(asked_by="")))
    assert (await requester.get(STANDING)).status == 404


@in_reactor
async def test_without_a_store_the_attempt_of_another_is_not_answered(asked):
    asked.works.lose_store()
    asked.by = EXISTING
    assert await asked.get(STANDING) == UNAVAILABLE


@in_reactor
async def test_what_became_of_a_message_can_be_asked(cs):
    accepted = told(await cs.submit(IdentityInformationUpdate(record=CHANGE)))
    target = f"messages/{accepted.message_id.hex()}"
    assert told(await cs.get(target)).status == "waiting"
    cs.works.write(
        lambda tx: tx.postpone(accepted.message_id, 1, cs.works.now, "SK-T01")
    )
    status = told(await cs.get(target))
    assert (status.status, status.code) == ("waiting", "SK-T01")
    cs.works.write(lambda tx: tx.settle(accepted.message_id, "delivered"))
    assert told(await cs.get(target)).status == "delivered"
