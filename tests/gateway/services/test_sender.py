# SPDX-License-Identifier: Apache-2.0
"""One sender: the same bytes until a valid answer came, and nothing without a look."""

from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.roles.plan import Conflict, Plan
from gateway.services.peer import (
    PeerRefusesUs,
    PeerSilent,
    PeerUnreachable,
    PeerUntrusted,
)
from gateway.services.sender import MAX_IN_FLIGHT, MAX_WAITING
from protocols.envelope import InReplyTo, unpack
from schemas.messages import (
    InformationInquiryAcceptance,
    PermitNotice,
    read_payload,
)
from tests.gateway.services.network import until
from tests.gateway.services.posts import DIGEST, Post, answer_in, inquiry_in
from tests.gateway.words import (
    NUMBER,
    inquiry_message,
)
from tests.gateway.world import (
    COPIES,
    CORE,
    DAY,
    MINUTE,
    NOON,
    OTHER,
    PLAIN,
    PROVIDER,
    REQUESTER,
    SECOND,
    copy_row,
    take_in,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred
pytestmark = pytest.mark.usefixtures("no_bugs")


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER, *COPIES, retry_first=1.0, retry_longest=8.0)


@pytest.fixture
def requester(works_at):
    return works_at(REQUESTER, retry_first=1.0, retry_longest=8.0)


# --- the good answers -----------------------------------------------------------------


@in_reactor
async def test_a_receipt_ends_it_and_is_kept_as_evidence(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    receipt = to_requester.peer.receipt(sent)
    to_requester.peer.answer(receipt)
    row = await to_requester.settled(sent, "delivered")
    assert row.answer == receipt
    assert to_requester.peer.posted == [sent.envelope]
    (stored,) = provider.events(EventKind.RECEIPTED)
    assert stored.event.message_id == sent.message_id.hex()
    assert provider.store.event_evidence(stored.record_id) == {"answer": receipt}


@in_reactor
async def test_what_follows_from_a_receipt_stands_with_it(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await to_requester.settled(sent, "delivered")
    (notice,) = provider.store.notices(10)
    assert (notice.processing_number, notice.outcome) == (NUMBER, "provided")


@in_reactor
async def test_a_reply_that_was_due_is_acted_on(requester, to_core):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    value = InformationInquiryAcceptance(DIGEST, NOON + MINUTE, NOON + DAY)
    to_core.peer.answer(
        to_core.peer.reply(sent, "information_inquiry_acceptance", value)
    )
    await to_core.settled(sent, "delivered")
    assert requester.store.inquiry(NUMBER).permit_digests == (DIGEST,)
    (stored,) = requester.events(EventKind.ANSWERED)
    assert stored.event.permit_digest == DIGEST.hex()


# --- refusals -------------------------------------------------------------------------


@in_reactor
async def test_a_refusal_for_good_ends_it_with_its_code(requester, to_core):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    refusal = to_core.peer.refusal(sent, "SK-P03")
    to_core.peer.answer(refusal, status=422)
    row = await to_core.settled(sent, "refused")
    assert row.answer == refusal
    kept = requester.store.inquiry(NUMBER)
    assert (kept.state, kept.code) == ("refused", "SK-P03")
    assert requester.codes(EventKind.FAILED) == ["SK-P03"]


@in_reactor
async def test_being_unreadable_for_the_peer_ends_it_too(requester, to_core):
    """The one code that stands in no row of the table, because it has many causes."""
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    to_core.peer.answer(to_core.peer.refusal(sent, "SK-U00", header_digest=None))
    await to_core.settled(sent, "refused")
    (stored,) = requester.events(EventKind.FAILED)
    assert stored.event.code == "SK-U00"
    assert stored.event.detail
    assert requester.store.inquiry(NUMBER).code == "SK-U00"


@in_reactor
async def test_an_order_that_its_provider_cannot_read_is_told_to_the_requester(
    world, works_at
):
    core = works_at(CORE)
    await core.post(inquiry_message(world))
    (sent,) = core.offered
    post = Post(world, core, PROVIDER)
    post.sender.offer(sent)
    post.peer.answer(post.peer.refusal(sent, "SK-U00", header_digest=None))
    await post.settled(sent, "refused")
    await until(lambda: len(core.offered) == 2)
    told = core.offered[-1]
    assert (told.message_type, told.peer) == ("inquiry_refusal", str(REQUESTER))
    assert core.store.transaction(NUMBER).outcome == "refused"


@in_reactor
async def test_a_refusal_that_may_pass_later_keeps_the_message(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    to_requester.peer.answer(to_requester.peer.refusal(sent, "SK-C12", retry=True))
    row, seconds = await to_requester.postponed(sent, 1)
    assert (row.state, row.last_code) == ("waiting", "SK-C12")
    to_requester.clock.advance(seconds)
    await to_requester.asked(2)
    assert to_requester.peer.posted == [sent.envelope] * 2
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await to_requester.settled(sent, "delivered")


# --- answers that are none ------------------------------------------------------------


@in_reactor
async def test_an_answer_that_is_not_the_peers_or_not_about_it_has_no_effect(
    provider, to_requester
):
    """Each is kept as evidence of nothing: the message is offered again."""
    sent = await answer_in(provider)
    peer = to_requester.peer
    wrong = [
        b"no cms at all",
        peer.receipt(sent, name=OTHER),
        peer.receipt(sent, message_id=b"another message."),
        peer.receipt(sent, header_digest=bytes(32)),
        peer.receipt(sent)[:-1],
        peer.refusal(sent, "SK-P03", request_digest=bytes(32)),
        peer.refusal(sent, "SK-P03", header_digest=bytes(32)),
    ]
    to_requester.sender.offer(sent)
    for attempts, answer in enumerate(wrong, 1):
        peer.answer(answer)
        row, seconds = await to_requester.postponed(sent, attempts)
        assert (row.state, row.last_code) == ("waiting", "SK-T04")
        to_requester.clock.advance(seconds)
        await to_requester.asked(attempts + 1)
    assert provider.codes(EventKind.FAILED) == ["SK-T04"]
    assert provider.store.notices(10) == []


@in_reactor
async def test_an_unsigned_answer_has_no_effect_whatever_its_status(
    provider, to_requester
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    for attempts, status in enumerate((200, 404, 500, 503), 1):
        to_requester.peer.answer(b"unavailable\n", "text/plain", status)
        row, seconds = await to_requester.postponed(sent, attempts)
        assert (row.state, row.last_code) == ("waiting", "SK-T01")
        to_requester.clock.advance(seconds)
        await to_requester.asked(attempts + 1)


@in_reactor
async def test_a_receipt_where_a_reply_is_due_has_no_effect(requester, to_core):
    sent = await inquiry_in(requester)
    to_core.sender.offer(sent)
    to_core.peer.answer(to_core.peer.receipt(sent))
    row, _ = await to_core.postponed(sent, 1)
    assert row.last_code == "SK-T04"
    assert requester.store.inquiry(NUMBER).state == "in_progress"


@in_reactor
async def test_a_reply_where_a_receipt_is_due_has_no_effect(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    notice = PermitNotice(DIGEST)
    to_requester.peer.answer(
        to_requester.peer.reply(sent, "permit_notice", notice, PROVIDER)
    )
    row, _ = await to_requester.postponed(sent, 1)
    assert row.last_code == "SK-T04"


@in_reactor
async def test_a_reply_of_another_type_or_to_another_message_has_no_effect(
    requester, to_core
):
    sent = await inquiry_in(requester)
    value = InformationInquiryAcceptance(DIGEST, NOON + MINUTE, NOON + DAY)
    kind = "information_inquiry_acceptance"
    peer = to_core.peer
    wrong = [
        peer.reply(sent, "permit_notice", PermitNotice(DIGEST)),
        peer.reply(sent, "unheard_of", PermitNotice(DIGEST)),
        peer.reply(sent, kind, value, in_reply_to=None),
        peer.reply(sent, kind, value, in_reply_to=InReplyTo(bytes(16), bytes(32))),
        peer.reply(sent, kind, value, receiver=OTHER),
        peer.reply(sent, kind, PermitNotice(DIGEST)),
    ]
    to_core.sender.offer(sent)
    for attempts, answer in enumerate(wrong, 1):
        peer.answer(answer)
        row, seconds = await to_core.postponed(sent, attempts)
        assert (row.state, row.last_code) == ("waiting", "SK-T04")
        to_core.clock.advance(seconds)
        await to_core.asked(attempts + 1)
    assert requester.store.inquiry(NUMBER).permit_digests == ()


# --- no answer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (PeerUnreachable("refused"), "SK-T01", EventKind.FAILED),
        (PeerSilent("late"), "SK-T01", EventKind.FAILED),
        (PeerUntrusted("expired"), "SK-T02", EventKind.REFUSED),
        (PeerRefusesUs("alert"), "SK-T05", EventKind.FAILED),
    ],
    ids=lambda value: getattr(value, "reason", None),
)
@in_reactor
async def test_a_peer_that_gave_no_answer_is_tried_again_and_on_record(
    provider, to_requester, error, code, kind
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    to_requester.peer.fail(error)
    row, _ = await to_requester.postponed(sent, 1)
    assert (row.state, row.last_code) == ("waiting", code)
    assert provider.codes(kind) == [code]


@in_reactor
async def test_the_waits_grow_to_their_bound(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    for attempts in range(1, 8):
        to_requester.peer.fail(PeerUnreachable("refused"))
        row, seconds = await to_requester.postponed(sent, attempts)
        longest = min(8.0, 2.0**attempts)
        assert longest / 2 <= seconds <= longest
        assert abs(row.next_at - (NOON + timedelta(seconds=seconds))) < SECOND / 1000
        to_requester.clock.advance(seconds - 0.001)
        assert len(to_requester.peer.posted) == attempts
        to_requester.clock.advance(0.002)
        await to_requester.asked(attempts + 1)


@in_reactor
async def test_only_the_first_failure_of_a_kind_is_recorded(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    story = [PeerUnreachable("a"), PeerUnreachable("b"), PeerUntrusted("c")]
    for attempts, error in enumerate([*story, PeerUntrusted("d")], 1):
        to_requester.peer.fail(error)
        _, seconds = await to_requester.postponed(sent, attempts)
        to_requester.clock.advance(seconds)
        await to_requester.asked(attempts + 1)
    assert provider.codes(EventKind.FAILED, EventKind.REFUSED) == ["SK-T01", "SK-T02"]


@in_reactor
async def test_after_its_deadline_a_message_is_not_sent_any_more(requester, to_core):
    sent = await inquiry_in(requester)
    requester.now = sent.deadline + SECOND
    to_core.sender.offer(sent)
    await to_core.settled(sent, "expired")
    assert to_core.peer.posted == []
    assert requester.codes(EventKind.FAILED) == ["SK-T03"]
    assert requester.store.inquiry(NUMBER).code == "SK-T03"


@in_reactor
async def test_at_its_deadline_it_still_is(requester, to_core):
    sent = await inquiry_in(requester)
    requester.now = sent.deadline
    to_core.sender.offer(sent)
    await to_core.asked(1)


# --- the look before ------------------------------------------------------------------


@in_reactor
async def test_a_flag_raised_since_takes_the_answer_back(provider, to_requester):
    sent = await answer_in(provider)
    take_in(provider.path, copy_row(PLAIN, suppressed=True))
    to_requester.sender.offer(sent)
    await to_requester.settled(sent, "withdrawn")
    assert to_requester.peer.posted == []
    (hold,) = provider.store.holds("open")
    assert hold.processing_number == NUMBER
    (stored,) = provider.events(EventKind.WITHDRAWN)
    assert "held" in stored.event.detail


@in_reactor
async def test_a_flag_raised_between_two_attempts_stops_the_second(
    provider, to_requester
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    to_requester.peer.fail(PeerUnreachable("refused"))
    _, seconds = await to_requester.postponed(sent, 1)
    take_in(provider.path, copy_row(PLAIN, suppressed=True))
    to_requester.clock.advance(seconds)
    await to_requester.settled(sent, "withdrawn")
    assert len(to_requester.peer.posted) == 1


@in_reactor
async def test_what_is_too_late_to_answer_is_replaced_by_a_lapse(
    provider, to_requester
):
    sent = await answer_in(provider)
    provider.now = NOON + 6 * MINUTE
    to_requester.sender.offer(sent)
    await to_requester.settled(sent, "withdrawn")
    assert to_requester.peer.posted == []
    await until(lambda: len(provider.offered) == 2)
    lapse = provider.offered[-1]
    assert lapse.message_type == "provision_lapse"
    to_requester.sender.offer(lapse)
    await to_requester.asked(1)
    opener = provider.world.keys(REQUESTER).opener
    opened = unpack(
        to_requester.peer.posted[0], opener, provider.world.directory, provider.now
    )
    assert read_payload("provision_lapse", opened.payload).item_no == 11


# --- order and number -----------------------------------------------------------------


@in_reactor
async def test_what_is_offered_twice_is_sent_once(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    to_requester.sender.offer(sent)
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await to_requester.settled(sent, "delivered")
    assert to_requester.peer.posted == [sent.envelope]


@in_reactor
async def test_what_was_settled_elsewhere_is_not_settled_twice(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    provider.write(lambda tx: tx.settle(sent.message_id, "withdrawn"))
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    stopped = to_requester.sender.stop()
    await stopped
    assert provider.store.outgoing(sent.message_id).state == "withdrawn"
    assert provider.events(EventKind.RECEIPTED) == []
    assert provider.store.notices(10) == []


async def two_about_one_person(works):
    """Two messages of one person, owed one after the other, each only in its turn."""
    answer = await answer_in(works)
    kept = works.store.outgoing(answer.message_id)
    first = replace(kept, message_id=bytes(15) + b"1", person_tag="ab" * 32)
    second = replace(first, message_id=bytes(16), message_type="provision_lapse")
    works.write(lambda tx: tx.settle(answer.message_id, "withdrawn"))
    for one in (first, second):
        works.write(lambda tx, one=one: tx.enqueue(one))
    return first, second


@in_reactor
async def test_what_is_about_one_person_waits_for_what_is_older(provider, to_requester):
    first, second = await two_about_one_person(provider)
    to_requester.sender.offer(second)
    assert to_requester.peer.posted == []
    to_requester.sender.offer(first)
    to_requester.peer.fail(PeerUnreachable("refused"))
    _, seconds = await to_requester.postponed(first, 1)
    to_requester.sender.offer(second)
    assert len(to_requester.peer.posted) == 1
    to_requester.clock.advance(seconds)
    await to_requester.asked(2)
    to_requester.peer.answer(to_requester.peer.receipt(first))
    await to_requester.settled(first, "delivered")
    await to_requester.asked(3)  # by itself: nobody offered it again


@in_reactor
async def test_what_was_carried_out_already_is_ended_all_the_same(
    provider, to_requester, monkeypatch
):
    """On record, and what waited behind it goes."""

    def done_already(tx):
        raise Conflict("SK-C14")

    first, second = await two_about_one_person(provider)
    plan = Plan(effects=(done_already,))
    monkeypatch.setattr(type(provider.role), "receipted", lambda *_: plan)
    to_requester.sender.offer(first)
    to_requester.peer.answer(to_requester.peer.receipt(first))
    await to_requester.settled(first, "delivered")
    assert len(provider.events(EventKind.RECEIPTED)) == 1
    await to_requester.asked(2)
    assert to_requester.peer.posted[1] == second.envelope


@in_reactor
async def test_what_the_peer_itself_put_off_holds_up_nothing(provider, to_requester):
    first, second = await two_about_one_person(provider)
    to_requester.sender.offer(first)
    to_requester.peer.answer(to_requester.peer.refusal(first, "SK-M10", retry=True))
    await to_requester.postponed(first, 1)
    to_requester.sender.offer(second)
    await to_requester.asked(2)


@in_reactor
async def test_a_peer_that_lets_a_station_in_no_more_is_told_from_one_that_is_down(
    provider, to_requester
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    to_requester.peer.answer(b"", "text/plain", 403)
    row, _ = await to_requester.postponed(sent, 1)
    assert row.last_code == "SK-T05"


@in_reactor
async def test_the_record_has_the_exact_cause_of_a_failure(provider, to_requester):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    to_requester.peer.fail(PeerUntrusted("stale_revocation"))
    await to_requester.postponed(sent, 1)
    (stored,) = provider.events(EventKind.REFUSED)
    assert stored.event.detail.endswith(": stale_revocation")


@in_reactor
async def test_no_more_than_a_bounded_number_is_on_its_way(world, provider):
    post = Post(world, provider, REQUESTER)
    sent = await answer_in(provider)
    many = [
        replace(sent, message_id=number.to_bytes(16), message_type="provision_lapse")
        for number in range(MAX_WAITING + MAX_IN_FLIGHT + 5)
    ]
    for one in many:
        post.sender.offer(one)
    assert len(post.peer.posted) == MAX_IN_FLIGHT
    post.peer.fail(PeerUnreachable("refused"))
    await until(lambda: len(post.peer.posted) == MAX_IN_FLIGHT + 1)


@in_reactor
async def test_a_stop_waits_for_what_is_on_its_way_and_sends_nothing_new(
    provider, to_requester
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    stopped = to_requester.sender.stop()
    to_requester.sender.offer(replace(sent, message_id=bytes(16)))
    assert not stopped.called
    to_requester.peer.answer(to_requester.peer.receipt(sent))
    await stopped
    assert to_requester.peer.posted == [sent.envelope]
    assert provider.store.outgoing(sent.message_id).state == "delivered"


@in_reactor
async def test_an_idle_sender_stops_at_once(to_requester):
    assert to_requester.sender.stop().called


@in_reactor
async def test_a_message_that_was_settled_meanwhile_says_nothing_more(works_at, world):
    """Two attempts at one: what follows from it leaves once, with its record."""
    core = works_at(CORE)
    await core.post(inquiry_message(world))
    (sent,) = core.offered
    post = Post(world, core, PROVIDER)
    post.sender.offer(sent)
    await post.asked()
    core.write(lambda tx: tx.settle(sent.message_id, "refused", b"refusal"))
    post.peer.answer(post.peer.refusal(sent, "SK-C12"))
    await until(lambda: not post.sender.carried)
    assert core.offered == [sent]
    assert core.codes(EventKind.FAILED) == []


@in_reactor
async def test_a_message_found_in_the_store_is_not_offered_a_second_time_later(
    provider, to_requester
):
    sent = await answer_in(provider)
    to_requester.sender.offer(sent)
    await to_requester.passing(lambda: to_requester.peer.posted)
    to_requester.peer.fail(PeerUnreachable("connection_refused"))
    await until(to_requester.clock.getDelayedCalls)
    to_requester.sender.offer(sent)
    assert to_requester.clock.getDelayedCalls() == []
