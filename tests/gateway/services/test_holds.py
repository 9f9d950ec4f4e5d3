# SPDX-License-Identifier: Apache-2.0
"""Decisions about holds become true once; nobody's silence is a decision for yes."""

import logging
from datetime import timedelta

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.services.holds import ASK_AGAIN, HELD_AGAIN, Holds
from tests.gateway.words import NUMBER, order
from tests.gateway.world import (
    COPIES,
    FLAGGED,
    HOUR,
    MINUTE,
    NOON,
    PROVIDER,
    SECOND,
    copy_row,
    take_in,
)

in_reactor = pytest_twisted.ensureDeferred
OPERATOR, REASON = "審査 花子", "本人の同意を確認した"


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER, *COPIES)


@pytest.fixture
def holds(provider):
    return Holds(provider.runtime, provider.role, provider.clock)


async def held(provider):
    """A hold that waits for a person."""
    await provider.post(order(provider.world, FLAGGED).message())
    (hold,) = provider.store.holds("open")
    return hold


def decide(provider, hold, decision):
    """What `sekisho holds` writes, from another process."""
    return provider.write(
        lambda tx: tx.decide_hold(
            hold.hold_id,
            decision,
            OPERATOR,
            REASON,
            hold.payload_digest,
            provider.now,
        )
    )


def owed(provider):
    return [one.message_type for one in provider.offered]


@in_reactor
async def test_an_undecided_hold_waits(provider, holds):
    await held(provider)
    provider.now = NOON + HOUR
    await holds.look()
    assert owed(provider) == []
    assert len(provider.store.holds("open")) == 1


@in_reactor
async def test_what_was_released_is_sent_once(provider, holds):
    hold = await held(provider)
    assert decide(provider, hold, "released")
    await holds.look()
    await holds.look()
    assert owed(provider) == ["information_provision"]
    (sent,) = provider.events(EventKind.ATTEMPTED)
    assert sent.event.processing_number == NUMBER.hex()
    done = provider.store.hold(hold.hold_id)
    assert (done.state, done.done, done.operator) == ("released", True, OPERATOR)


@in_reactor
async def test_what_was_refused_lapses_for_the_requester(provider, holds):
    hold = await held(provider)
    decide(provider, hold, "refused")
    await holds.look()
    await holds.look()
    assert owed(provider) == ["provision_lapse"]
    assert provider.store.hold(hold.hold_id).state == "refused"


@in_reactor
async def test_a_hold_that_nobody_decided_lapses_at_its_end(provider, holds):
    hold = await held(provider)
    provider.now = hold.release_by - SECOND
    await holds.look()
    assert owed(provider) == []
    provider.now = hold.release_by
    await holds.look()
    await holds.look()
    assert owed(provider) == ["provision_lapse"]
    (lapsed,) = provider.events(EventKind.LAPSED)
    assert lapsed.event.code == "SK-H02"
    assert lapsed.event.processing_number == NUMBER.hex()
    assert provider.store.hold(hold.hold_id).state == "lapsed"


@in_reactor
async def test_a_decision_after_the_end_is_not_taken(provider):
    hold = await held(provider)
    provider.now = hold.release_by
    assert not decide(provider, hold, "released")


@in_reactor
async def test_a_release_after_answer_by_asks_the_core_once(provider, holds):
    hold = await held(provider)
    provider.now = NOON + HOUR
    decide(provider, hold, "released")
    for _ in range(3):
        await holds.look()
    assert owed(provider) == ["permit_renewal_request"]
    assert not provider.store.hold(hold.hold_id).done


@in_reactor
async def test_a_renewal_without_an_answer_is_asked_for_again_in_time(provider, holds):
    """The core may have refused it for now; the person's release still stands."""
    hold = await held(provider)
    provider.now = NOON + HOUR
    decide(provider, hold, "released")
    await holds.look()
    provider.now += ASK_AGAIN - SECOND
    await holds.look()
    assert len(provider.offered) == 1
    provider.now += SECOND
    await holds.look()
    assert owed(provider) == ["permit_renewal_request"] * 2


@in_reactor
async def test_after_a_restart_it_asks_again(provider, holds):
    """That it was asked for is remembered in memory only."""
    hold = await held(provider)
    provider.now = NOON + HOUR
    decide(provider, hold, "released")
    await holds.look()
    await Holds(provider.runtime, provider.role, provider.clock).look()
    assert owed(provider) == ["permit_renewal_request"] * 2


@in_reactor
async def test_a_renewal_that_never_came_ends_in_a_lapse(provider, holds):
    hold = await held(provider)
    provider.now = NOON + HOUR
    decide(provider, hold, "released")
    await holds.look()
    provider.now = hold.release_by + SECOND
    await holds.look()
    assert owed(provider) == ["permit_renewal_request", "provision_lapse"]
    assert provider.store.hold(hold.hold_id).state == "lapsed"


@in_reactor
async def test_content_that_changed_after_the_release_is_shown_to_a_person_anew(
    provider, holds
):
    hold = await held(provider)
    decide(provider, hold, "released")
    take_in(provider.path, copy_row(FLAGGED, suppressed=True, head_name="高崎　次郎"))
    await holds.look()
    await holds.look()
    assert owed(provider) == []
    (anew,) = provider.store.holds("open")
    assert "高崎　次郎".encode() in anew.payload
    recorded = provider.events(EventKind.HELD)[-1].event
    assert recorded.detail == HELD_AGAIN
    assert recorded.processing_number == NUMBER.hex()


@in_reactor
async def test_a_hold_kept_shorter_than_its_permit_ends_sooner(works_at):
    provider = works_at(PROVIDER, *COPIES, hold_longest=3.0)
    holds = Holds(provider.runtime, provider.role, provider.clock)
    await held(provider)
    provider.now = NOON + timedelta(seconds=3)
    await holds.look()
    assert owed(provider) == ["provision_lapse"]


@in_reactor
async def test_without_a_store_holds_wait_and_go_on_later(provider, holds, caplog):
    hold = await held(provider)
    decide(provider, hold, "released")
    provider.lose_store()
    with caplog.at_level(logging.ERROR):
        await holds.look()
    assert "holds wait" in caplog.text
    assert owed(provider) == []
    provider.find_store()
    assert not provider.store.hold(hold.hold_id).done


@in_reactor
async def test_no_log_and_no_record_shows_what_is_held(provider, holds, caplog):
    hold = await held(provider)
    decide(provider, hold, "released")
    provider.now = NOON + MINUTE
    with caplog.at_level(logging.DEBUG):
        await holds.look()
    shown = caplog.text + repr(hold) + repr(provider.events())
    assert "高崎" not in shown
    assert hold.subject_code not in shown
