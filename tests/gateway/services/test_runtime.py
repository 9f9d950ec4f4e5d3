# SPDX-License-Identifier: Apache-2.0
"""Record, commit, then answer: and where it cannot be recorded, no answer."""

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred, gatherResults

from gateway.dispatch import Draft, NoSuchPeer
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import EventKind
from gateway.roles.plan import Conflict, Plan
from gateway.services.link_host import NoMessage
from gateway.services.listener import Request
from gateway.services.runtime import UNAVAILABLE
from pki.names import StationName
from protocols.answers import Receipt, SignedRefusal
from protocols.envelope import Opened, digest
from protocols.refusals import refusal
from schemas.messages import PermitNotice, read_payload, write_payload
from tests.gateway.words import (
    ITEM,
    NUMBER,
    OTHER_NUMBER,
    RECORD,
    inquiry,
    inquiry_message,
    order,
)
from tests.gateway.world import (
    COPIES,
    CORE,
    EMPTY,
    FLAGGED,
    MINUTE,
    NOBODY,
    NOON,
    OTHER,
    PLAIN,
    PROVIDER,
    REQUESTER,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred
NOTICE = write_payload(PermitNotice(bytes(32)))


@pytest.fixture
def core(works_at):
    return works_at(CORE)


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER, *COPIES)


def at_once(*coroutines):
    return gatherResults([Deferred.fromCoroutine(one) for one in coroutines])


# --- what is no message ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "content_type", "status", "word"),
    [
        ("GET", "/v1/messages", "", 404, NoMessage.TARGET),
        ("POST", "/", "application/cms", 404, NoMessage.TARGET),
        ("POST", "/v1/messages/", "application/cms", 404, NoMessage.TARGET),
        ("POST", "/v1/messages", "text/xml", 415, NoMessage.CONTENT_TYPE),
        ("POST", "/v1/messages", "", 415, NoMessage.CONTENT_TYPE),
    ],
)
@in_reactor
async def test_only_a_posted_cms_message_is_looked_at_and_the_rest_is_recorded(
    world, core, method, target, content_type, status, word
):
    body = inquiry_message(world).envelope
    request = Request(method, target, content_type, body, True)
    answer = await core.runtime.post(request, world.identity(REQUESTER))
    assert answer.status == status
    await core.links.write()
    (stored,) = core.events()
    assert stored.event.kind is EventKind.LINK_REFUSED
    assert stored.event.peer == str(REQUESTER)
    assert stored.event.code == "SK-L09"
    assert stored.event.detail == f"{refusal('SK-L09').en}: {word}"


@in_reactor
async def test_many_requests_for_nothing_are_two_records_a_minute(world, core):
    request = Request("GET", "/", "", b"", True)
    for _ in range(100):
        await core.runtime.post(request, world.identity(REQUESTER))
        await core.links.write()
    core.now += MINUTE
    await core.links.write()
    told = f"{refusal('SK-L09').en}: {NoMessage.TARGET}"
    assert [s.event.detail for s in core.events()] == [told, f"{told} (99)"]


# --- refused --------------------------------------------------------------------------


@in_reactor
async def test_a_refusal_is_signed_and_on_record_with_every_verdict(world, core):
    packed = inquiry_message(world, inquiry(world, item_no=4))
    answer = await core.post(packed)
    told = core.read(packed, answer)
    assert answer.status == 422
    assert isinstance(told, SignedRefusal)
    assert (told.code, told.rule, told.retry) == ("SK-P01", "R-104", False)
    (stored,) = core.events()
    event = stored.event
    assert (event.kind, event.code, event.peer) == (
        EventKind.REFUSED,
        "SK-P01",
        str(REQUESTER),
    )
    assert event.message_id == packed.header.message_id.hex()
    assert event.processing_number == NUMBER.hex()
    assert event.verdicts[-1] == (
        "R-104",
        "the item is on the matching list",
        "refused",
    )
    assert {outcome for _, _, outcome in event.verdicts[:-1]} == {"passed"}
    assert event.detail == refusal("SK-P01").en
    assert told.record_commitment == stored.commitment


@in_reactor
async def test_the_evidence_of_a_refusal_is_the_peers_signed_header(world, core):
    packed = inquiry_message(world, inquiry(world, item_no=4))
    await core.post(packed)
    (stored,) = core.events()
    assert core.store.event_evidence(stored.record_id) == {
        "signed_header": packed.signed_header
    }


@in_reactor
async def test_what_is_unreadable_has_one_code_for_the_peer_and_its_own_on_record(
    world, core
):
    junk = b"no envelope at all"
    astray = inquiry_message(world, seal_for=PROVIDER)
    for body in (junk, astray.envelope):
        packed = inquiry_message(world)
        answer = await core.post(body, REQUESTER)
        shown = core.read(replace(packed, envelope=body), answer)
        assert (shown.code, shown.rule, shown.header_digest) == ("SK-U00", "", None)
        assert shown.request_digest == digest(body)
    assert core.codes() == ["SK-U02", "SK-U02"]
    assert all(stored.event.message_id == "" for stored in core.events())


@in_reactor
async def test_a_refused_message_may_be_sent_again_and_is_judged_again(world, core):
    """Only what was taken over is remembered; a refusal remembers nothing."""
    packed = inquiry_message(world, inquiry(world, item_no=4))
    for _ in range(2):
        answer = await core.post(packed)
        assert core.read(packed, answer).code == "SK-P01"
    assert core.codes() == ["SK-P01", "SK-P01"]


@in_reactor
async def test_a_refusal_changes_nothing(world, core):
    await core.post(inquiry_message(world, inquiry(world, item_no=4)))
    assert core.store.transactions() == []
    assert core.offered == []


# --- admitted -------------------------------------------------------------------------


@in_reactor
async def test_an_inquiry_is_answered_at_once_and_its_order_is_owed(world, core):
    packed = inquiry_message(world)
    answer = await core.post(packed)
    told = core.read(packed, answer)
    assert answer.status == 200
    assert isinstance(told, Opened)
    assert told.header.message_type == "information_inquiry_acceptance"
    assert told.header.processing_number == NUMBER
    (sent,) = core.offered
    assert (sent.message_type, sent.peer) == ("provision_order", str(PROVIDER))
    assert sent.deadline == NOON + 5 * MINUTE
    assert core.store.transaction(NUMBER).permit_digest == (
        read_payload(told.header.message_type, told.payload).permit_digest
    )


@in_reactor
async def test_what_came_and_what_is_owed_are_on_record_together(world, core):
    await core.post(inquiry_message(world))
    received, attempted = core.events()
    assert (received.event.kind, attempted.event.kind) == (
        EventKind.RECEIVED,
        EventKind.ATTEMPTED,
    )
    assert (received.event.item_no, received.event.kinds) == (ITEM, (RECORD,))
    assert set(received.evidence_digests) == {"signed_header", "permit", "route"}
    assert attempted.event.message_id == core.offered[0].message_id.hex()
    assert received.event.processing_number == attempted.event.processing_number


@in_reactor
async def test_a_transaction_of_linkage_waits_for_no_other_about_the_same_person(
    world, provider
):
    await provider.post(order(world).message())
    assert provider.offered
    assert not any(one.person_tag for one in provider.offered)


@in_reactor
async def test_a_receipt_promises_the_record_that_stands(world, provider):
    packed = order(world).message()
    told = provider.read(packed, await provider.post(packed))
    assert isinstance(told, Receipt)
    received = provider.events(EventKind.RECEIVED)[0]
    assert told.record_commitment == received.commitment
    assert told.header_digest == packed.header_digest
    assert provider.store.verify_events() == []


@pytest.mark.parametrize("person", [PLAIN, FLAGGED, EMPTY, NOBODY])
@in_reactor
async def test_every_order_gets_the_same_receipt_whoever_it_is_about(
    world, provider, person
):
    packed = order(world, person).message()
    answer = await provider.post(packed)
    told = provider.read(packed, answer)
    assert (answer.status, answer.content_type) == (200, "application/cms")
    assert isinstance(told, Receipt)
    assert (told.receiver, told.at) == (PROVIDER, NOON)


@in_reactor
async def test_an_order_about_a_flagged_subject_is_recorded_as_held(world, provider):
    await provider.post(order(world, FLAGGED).message())
    (stored,) = provider.events(EventKind.HELD)
    assert stored.event.verdicts[-1][0] == "R-130"
    assert len(provider.store.holds("open")) == 1
    assert provider.offered == []


@in_reactor
async def test_why_nothing_will_come_is_on_record_and_not_on_the_wire(world, provider):
    await provider.post(order(world, NOBODY).message())
    (received,) = provider.events(EventKind.RECEIVED)
    assert received.event.code == "SK-H03"
    (sent,) = provider.offered
    assert sent.message_type == "provision_lapse"


# --- again ----------------------------------------------------------------------------


@in_reactor
async def test_the_same_bytes_get_the_same_answer_and_have_no_second_effect(
    world, core
):
    packed = inquiry_message(world)
    first = await core.post(packed)
    core.now = NOON + MINUTE
    again = await core.post(packed)
    assert again.body == first.body
    assert again.status == first.status
    assert len(core.offered) == 1
    assert len(core.store.transactions()) == 1
    assert [s.event.kind for s in core.events()][2:] == [EventKind.REPEATED]


@in_reactor
async def test_the_same_bytes_twice_at_once_are_still_one_message(world, core):
    packed = inquiry_message(world)
    first, again = await at_once(core.post(packed), core.post(packed))
    assert first.body == again.body
    assert len(core.store.transactions()) == 1
    assert len(core.offered) == 1


@in_reactor
async def test_of_two_messages_under_one_id_at_once_one_is_refused(world, core):
    one = inquiry_message(world)
    other = inquiry_message(world, processing_number=OTHER_NUMBER)
    answers = await at_once(core.post(one), core.post(other))
    assert sorted(answer.status for answer in answers) == [200, 422]
    assert core.codes(EventKind.REFUSED) == ["SK-M09"]
    assert len(core.store.transactions()) == 1


@in_reactor
async def test_of_two_orders_with_one_permit_at_once_one_is_refused(world, provider):
    made = order(world)
    one = made.message()
    other = made.message(message_id=b"message number 2")
    answers = await at_once(provider.post(one), provider.post(other))
    assert sorted(answer.status for answer in answers) == [200, 422]
    assert provider.codes(EventKind.REFUSED) == ["SK-C04"]
    assert len(provider.offered) == 1
    assert sum(provider.store.outgoing_counts().values()) == 1


@in_reactor
async def test_of_two_inquiries_with_one_number_at_once_one_is_refused(world, core):
    one = inquiry_message(world)
    other = inquiry_message(world, message_id=b"message number 2")
    answers = await at_once(core.post(one), core.post(other))
    assert sorted(answer.status for answer in answers) == [200, 422]
    assert core.codes(EventKind.REFUSED) == ["SK-C11"]


@in_reactor
async def test_who_posts_anothers_message_again_does_not_get_its_answer(world, core):
    packed = inquiry_message(world)
    first = await core.post(packed)
    again = await core.post(packed, by=OTHER)
    assert again.body != first.body
    assert core.read(packed, again).code == "SK-M02"


# --- no store -------------------------------------------------------------------------


@in_reactor
async def test_without_a_store_there_is_no_answer_and_nothing_is_owed(world, core):
    core.lose_store()
    for packed in (
        inquiry_message(world),
        inquiry_message(world, inquiry(world, item_no=4)),
    ):
        assert await core.post(packed) == UNAVAILABLE
    assert core.offered == []
    core.find_store()
    assert core.store.transactions() == []
    assert core.events() == []


@in_reactor
async def test_not_even_a_repeated_answer_leaves_unrecorded(world, core):
    packed = inquiry_message(world)
    await core.post(packed)
    core.lose_store()
    assert await core.post(packed) == UNAVAILABLE


@in_reactor
async def test_a_store_that_cannot_be_read_is_no_reason_to_guess(
    world, core, monkeypatch
):
    def fails(sender, message_id):
        raise StoreUnavailable(Reason.DISK)

    monkeypatch.setattr(core.station, "seen", fails)
    assert await core.post(inquiry_message(world)) == UNAVAILABLE


# --- what nobody's message caused -----------------------------------------------------


@in_reactor
async def test_a_plan_is_carried_out_whole(core):
    draft = Draft("permit_notice", REQUESTER, NOTICE, NUMBER)
    (ready,) = await core.runtime.carry_out(Plan(drafts=(draft,)), (), NOON)
    assert core.offered == [ready.outgoing]
    assert core.store.outgoing(ready.outgoing.message_id).state == "waiting"
    assert [s.event.kind for s in core.events()] == [EventKind.ATTEMPTED]


@in_reactor
async def test_a_plan_that_meets_a_conflict_leaves_nothing(core):
    def conflict(tx):
        raise Conflict("SK-C04")

    draft = Draft("permit_notice", REQUESTER, NOTICE, NUMBER)
    plan = Plan(effects=(conflict,), drafts=(draft,))
    with pytest.raises(Conflict):
        await core.runtime.carry_out(plan, (), NOON)
    assert core.offered == []
    assert core.events() == []
    assert core.store.outgoing_counts() == {}


@in_reactor
async def test_nothing_is_written_for_a_station_that_the_master_lacks(core):
    stranger = StationName("999999", "intermediate_server")
    draft = Draft("permit_notice", stranger, NOTICE, NUMBER)
    with pytest.raises(NoSuchPeer, match="999999"):
        await core.runtime.carry_out(Plan(drafts=(draft,)), (), NOON)
    assert core.events() == []
