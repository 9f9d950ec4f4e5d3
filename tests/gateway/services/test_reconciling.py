# SPDX-License-Identifier: Apache-2.0
"""What a restored station learns from its peers, from whom it believes what, and when
it opens.
"""

import pytest
import pytest_twisted

from gateway.records.event import Event, EventKind, prepare
from gateway.records.restoring import DECIDED, PeerTold
from gateway.records.rows import WAITING
from gateway.services.runtime import CMS, MESSAGES
from gateway.services.settling import Settling
from pki.names import StationName
from protocols import reconcile as wire
from protocols.answers import Receipt, SignedRefusal, write_receipt
from protocols.envelope import digest as digest_of
from protocols.http import Request
from protocols.permit import recall
from tests.gateway.services.posts import inquiry_in
from tests.gateway.services.restored import (
    Town,
    closed,
    empty_again,
    reconcile,
)
from tests.gateway.words import NUMBER, order
from tests.gateway.world import (
    COPIES,
    CORE,
    FLAGGED,
    NOON,
    OTHER,
    PROVIDER,
    REQUESTER,
    SECOND_PROVIDER,
    take_in,
)
from tests.values import replace

in_reactor = pytest_twisted.ensureDeferred
ALL = (CORE, PROVIDER, REQUESTER, SECOND_PROVIDER, OTHER)


@pytest.fixture
def town(works_at):
    """Everybody whom an intermediate server has to do with."""
    made = Town({name: works_at(name) for name in ALL})
    take_in(made.stations[PROVIDER].path, *COPIES)
    return made


@pytest.fixture
def again(world, tmp_path, town):
    """Brings a station back from a backup of before everything."""
    made = []

    def come_back(name, *rows):
        there = empty_again(world, name, tmp_path / f"again-{name.role}-{len(made)}")
        made.append(there)
        if rows:
            take_in(there.path, *rows)
        town.stations[name] = there
        return there

    yield come_back
    for one in made:
        one.store.close()


async def provided(town):
    """An inquiry that was answered, with all that follows."""
    await inquiry_in(town.stations[REQUESTER])
    await town.settle()


def is_open(works):
    return works.store.closed_restore() is None and not (
        works.station.facts.restored.closed
    )


def order_of(town):
    """The order as the core's record has it."""
    found = town.stations[CORE].events(EventKind.RECEIPTED)
    return next(o.event for o in found if o.event.message_type == "provision_order")


def without_jlis(works):
    """Somebody decided about the one peer of the core that is not in this town."""
    told = PeerTold("N00001/jlis", DECIDED, operator="復元 一郎", reason="away")
    works.write(lambda tx: tx.put_peer_told(told, NOON))


# --- provider -------------------------------------------------------------------------


@in_reactor
async def test_a_permit_that_was_used_before_stays_used(town, again, world):
    await provided(town)
    core = town.stations[CORE]
    (made,) = core.events(EventKind.RECEIVED)
    signed = core.store.event_evidence(made.record_id)["permit"]
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    assert is_open(there)
    good = order(world)
    forged = good.message(good.value(permit=signed), processing_number=NUMBER)
    answer = there.read(forged, await there.post(forged))
    assert isinstance(answer, SignedRefusal)
    assert answer.code == "SK-C04"


@in_reactor
async def test_a_message_that_was_taken_over_keeps_its_first_receipt(town, again):
    await provided(town)
    told = order_of(town)
    before = town.stations[PROVIDER].store
    first = before.seen(str(CORE), bytes.fromhex(told.message_id))
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    seen = there.store.seen(str(CORE), bytes.fromhex(told.message_id))
    assert seen == first


@in_reactor
async def test_what_it_forgot_is_on_record_as_learned_with_the_peers_word(town, again):
    await provided(town)
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    learned = {
        (e.event.direction, e.event.peer, e.event.message_type): e
        for e in there.events(EventKind.LEARNED)
    }
    assert ("in", str(CORE), "provision_order") in learned
    arrived = learned["out", str(REQUESTER), "information_provision"].event
    assert arrived.processing_number == NUMBER.hex()
    page = learned["local", str(REQUESTER), ""]
    raw = there.store.event_evidence(page.record_id)["answer"]
    found = [one for name, one in town.asked if name == REQUESTER]
    directory = there.station.directory
    digest = digest_of(found[0])
    read = wire.read_answer(raw, digest, REQUESTER, directory, NOON)
    assert read.receiver == PROVIDER


@in_reactor
async def test_the_core_hears_of_a_provision_that_it_was_not_told_of(town, again):
    await inquiry_in(town.stations[REQUESTER])
    await town.settle()  # the notice waits at the provider, and is lost with it
    assert town.stations[CORE].store.transaction(NUMBER).outcome == ""
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    (notice,) = there.store.notices(9)
    assert (notice.processing_number, notice.outcome) == (NUMBER, "provided")


@in_reactor
async def test_an_order_of_which_nothing_is_left_is_answered_by_a_lapse(town, again):
    await inquiry_in(town.stations[REQUESTER])
    await town.carry(REQUESTER)
    await town.carry(CORE)  # the provider's answer is never sent
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    assert is_open(there)
    await town.settle()
    assert town.stations[REQUESTER].store.inquiry(NUMBER).state == "lapsed"
    (made,) = town.stations[CORE].events(EventKind.RECEIVED)
    signed = town.stations[CORE].store.event_evidence(made.record_id)["permit"]
    assert there.store.permit_used(recall(signed).permit_id)


@in_reactor
async def test_an_order_that_the_core_still_owes_is_taken_afterwards(town, again):
    await inquiry_in(town.stations[REQUESTER])
    there = again(PROVIDER, *COPIES)
    await town.carry(REQUESTER)
    await reconcile(town, there)
    assert is_open(there)
    await town.settle()
    assert town.stations[REQUESTER].store.inquiry(NUMBER).state == "provided"


@in_reactor
async def test_an_owed_order_whose_answer_arrived_is_not_answered_again(town, again):
    await inquiry_in(town.stations[REQUESTER])
    await town.carry(REQUESTER)
    core, provider = town.stations[CORE], town.stations[PROVIDER]
    sent = next(o for o in core.offered if o.peer == str(PROVIDER))
    await provider.runtime.post(posted(sent), provider.world.identity(CORE))
    await town.carry(PROVIDER)  # the requester has it; our receipt was lost
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    await town.carry(CORE)
    assert core.store.outgoing(sent.message_id).last_code in ("", "SK-C04")
    assert core.store.outgoing(sent.message_id).state == "refused"
    assert there.store.outgoing_counts() == {}


@in_reactor
async def test_nobody_decides_about_what_was_answered_already(town, again, world):
    await provided(town)
    there = again(PROVIDER, *COPIES)
    held = order(world, FLAGGED).message()
    there.station.facts.restored.closed = False
    await there.post(held)  # as the backup had it: somebody was to look first
    there.station.facts.restored.closed = True
    assert [hold.state for hold in there.store.holds_of(NUMBER)] == ["open"]
    await reconcile(town, there)
    assert [hold.state for hold in there.store.holds_of(NUMBER)] == ["withdrawn"]


@in_reactor
async def test_what_the_outbox_owes_and_the_peer_has_is_not_sent_again(town):
    await inquiry_in(town.stations[REQUESTER])
    await town.carry(REQUESTER)
    await town.carry(CORE)
    provider, requester = town.stations[PROVIDER], town.stations[REQUESTER]
    sent = provider.offered.pop()
    await requester.runtime.post(posted(sent), requester.world.identity(PROVIDER))
    closed(provider)  # the backup was made before the receipt came
    await reconcile(town, provider)
    assert provider.store.outgoing(sent.message_id).state == "delivered"
    assert provider.store.due(NOON, 9) == []
    assert [one.outcome for one in provider.store.notices(9)] == ["provided"]


# --- core and requester ---------------------------------------------------------------


@in_reactor
async def test_a_core_knows_every_number_again_and_its_outcome(town, again):
    await provided(town)
    there = again(CORE)
    without_jlis(there)
    await reconcile(town, there)
    assert is_open(there)
    known = there.store.transaction(NUMBER)
    assert (known.requester, known.provider) == (str(REQUESTER), str(PROVIDER))
    assert known.outcome == "provided"


@in_reactor
async def test_an_inquiry_whose_order_is_lost_ends_at_its_requester(town, again):
    await inquiry_in(town.stations[REQUESTER])
    await town.carry(REQUESTER)  # accepted; the order is never sent
    there = again(CORE)
    without_jlis(there)
    await reconcile(town, there)
    assert there.store.transaction(NUMBER).outcome == "refused"
    await town.settle()
    assert town.stations[REQUESTER].store.inquiry(NUMBER).code == "SK-C15"


@in_reactor
async def test_a_requester_whose_answer_is_lost_says_that_it_was_provided(town):
    requester = town.stations[REQUESTER]
    await inquiry_in(requester)
    await town.carry(REQUESTER)
    await town.carry(CORE)
    provider = town.stations[PROVIDER]
    await provided_behind(town, provider)
    closed(requester)
    await reconcile(town, requester)
    found = requester.store.inquiry(NUMBER)
    assert (found.state, found.code, found.answer) == ("provided", "SK-M16", None)


async def provided_behind(town, provider):
    """The provider has the requester's receipt, and the requester's record has not."""
    (sent,) = provider.offered
    provider.offered.clear()
    receipt = Receipt(sent.message_id, sent.header_digest, REQUESTER, NOON, bytes(32))
    signer = provider.world.signer(REQUESTER)
    raw = write_receipt(receipt, signer)
    settling = Settling(provider.station, provider.runtime, lambda _: None)
    plan = provider.role.receipted(sent, NOON)
    await settling.settle(sent, plan, EventKind.RECEIPTED, "delivered", raw, NOON)


# --- who is waited for ----------------------------------------------------------------


@in_reactor
async def test_a_peer_that_is_away_keeps_it_closed(town, again):
    del town.stations[OTHER]
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    assert not is_open(there)
    told = there.store.peers_told()[str(OTHER)]
    assert told.problem == "it cannot be reached: refused"
    refused = there.read(m := order(there.world).message(), await there.post(m))
    assert (refused.code, refused.retry) == ("SK-M15", True)


@in_reactor
async def test_it_opens_when_a_person_decided_about_who_is_away(town, again):
    del town.stations[OTHER]
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    decide(there, OTHER)
    await reconcile(town, there)
    assert is_open(there)
    (opened,) = there.events(EventKind.RESTORED)
    assert f"without the word of {OTHER}" in opened.event.detail


@in_reactor
async def test_without_the_cores_word_no_earlier_permit_is_good(town, again, world):
    del town.stations[CORE]
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    decide(there, CORE)
    await reconcile(town, there)
    assert is_open(there)
    earlier = order(world).message()
    answer = there.read(earlier, await there.post(earlier))
    assert answer.code == "SK-C04"


@in_reactor
async def test_a_page_that_was_learned_from_is_not_asked_for_again(town, again):
    there = again(PROVIDER, *COPIES)
    there.write(lambda tx: tx.put_peer_told(PeerTold(str(CORE), place=77), NOON))
    await reconcile(town, there)
    (body,) = [one for name, one in town.asked if name == CORE]
    asked = wire.read_request(body, there.station.directory, NOON)
    assert asked.place == 77


@in_reactor
async def test_what_does_not_fit_one_page_comes_in_several(town, again):
    """Page by page, each durable before the next: none twice, and none left out."""
    core, many = town.stations[CORE], 2 * wire.MAX_ENTRIES + 7
    digests = [number.to_bytes(32) for number in range(many)]

    def work(tx):
        for digest in digests:
            tx.record(prepare(taken_over(digest)))

    await core.store.commit(work)
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    assert is_open(there)
    assert there.store.peers_told()[str(CORE)].messages == many
    assert len([name for name, _ in town.asked if name == CORE]) == 3
    seen = [there.store.seen(str(CORE), digest[16:]) for digest in digests]
    assert [one.header_digest for one in seen] == digests


def taken_over(digest):
    """The core's record that the provider took a message over."""
    return Event(
        EventKind.RECEIPTED,
        NOON,
        "out",
        str(PROVIDER),
        "permit_notice",
        digest[16:].hex(),
        digest.hex(),
    )


# --- who is believed ------------------------------------------------------------------


@in_reactor
async def test_an_answer_that_was_altered_is_none(town, again):
    town.altered[CORE] = lambda body: body[:-1] + bytes([body[-1] ^ 1])
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    assert not is_open(there)
    problem = there.store.peers_told()[str(CORE)].problem
    assert problem == "its answer is not signed by it, or answers something else"


@in_reactor
async def test_an_answer_to_an_earlier_request_is_none(town, again):
    kept = []
    town.altered[CORE] = lambda body: kept.append(body) or kept[0]
    there = again(PROVIDER, *COPIES)
    await reconcile(town, there)
    later = again(PROVIDER, *COPIES)
    await reconcile(town, later)
    assert is_open(there)
    assert not is_open(later)


@in_reactor
@pytest.mark.parametrize("liar", [OTHER, SECOND_PROVIDER])
async def test_a_peer_changes_nothing_of_what_is_between_others(town, liar):
    await inquiry_in(town.stations[REQUESTER])
    await town.carry(REQUESTER)
    await town.carry(CORE)
    provider = town.stations[PROVIDER]
    (sent,) = provider.offered
    provider.offered.clear()
    lies = [
        entry(sent.message_id, sent.header_digest, sent=False),
        entry(b"another message.", bytes(32), sent=False),
    ]
    town.altered[liar] = lambda body: page(provider.world, liar, town, lies)
    closed(provider)
    await reconcile(town, provider)
    assert is_open(provider)
    assert provider.store.outgoing(sent.message_id).state == WAITING
    assert provider.store.notices(9) == []


@in_reactor
async def test_a_permit_that_somebody_else_shows_is_not_used_up(town, world):
    provider = closed(town.stations[PROVIDER])
    good = order(world)
    shown = entry(
        b"an order of his.", bytes(32), message_type="provision_order",
        permit=good.signed_permit(),
    )  # fmt: skip
    town.altered[OTHER] = lambda body: page(world, OTHER, town, [shown])
    await reconcile(town, provider)
    assert is_open(provider)
    assert not provider.store.permit_used(good.permit.permit_id)


@in_reactor
async def test_a_word_that_is_no_type_of_message_is_passed_over(town, world):
    provider = closed(town.stations[PROVIDER])
    strange = entry(b"a strange thing.", bytes(32), message_type="no_such_type")
    town.altered[OTHER] = lambda body: page(world, OTHER, town, [strange])
    await reconcile(town, provider)
    assert is_open(provider)
    assert provider.store.seen(str(OTHER), b"a strange thing.") is None


def entry(message_id, header_digest, *, sent=True, **changes):
    good = wire.Entry(
        sent=sent,
        taken=True,
        message_type="information_provision",
        message_id=message_id,
        header_digest=header_digest,
        at=NOON,
        processing_number=NUMBER,
    )
    return replace(good, **changes)


def page(world, name, town, entries):
    """What a peer that says these things would sign."""
    body = next(b for n, b in reversed(town.asked) if n == name)
    told = wire.Answered(
        digest_of(body), name, PROVIDER, NOON, (), tuple(entries), None
    )
    return wire.write_answer(told, world.signer(name))


def decide(works, peer: StationName):
    told = PeerTold(str(peer), DECIDED, operator="復元 一郎", reason="it is gone")
    works.write(lambda tx: tx.put_peer_told(told, NOON))


def posted(sent):
    return Request("POST", MESSAGES, CMS, sent.envelope, True)
