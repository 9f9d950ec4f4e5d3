# SPDX-License-Identifier: Apache-2.0
"""What our own systems hand in under an id of their own is taken once.

Real stations and stores; what a listener would give in is given in by hand.
"""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_twisted
from twisted.internet.defer import DeferredList, ensureDeferred

from gateway.records.event import EventKind
from gateway.services.batches import LONGEST
from gateway.services.inside_door import SUBMIT
from gateway.services.listener import Request
from gateway.services.submissions import KEPT, said
from gateway.services.sweeper import Sweeper
from protocols import limits
from schemas.messages import (
    IdentityInformationUpdate,
    SubmissionAccepted,
    SubmissionRefused,
    read_payload,
    write_payload,
)
from schemas.payload import type_of
from tests.gateway.people import resident_record
from tests.gateway.works import inside_of
from tests.gateway.world import CS, EXISTING, REQUESTER, TERMINAL
from tests.schemas.samples import sample

in_reactor = pytest_twisted.ensureDeferred
RECORD = resident_record()
ID = "0a" * 16


def updated(**changes):
    record = replace(RECORD, **changes)
    return write_payload(IdentityInformationUpdate(record=record))


LATER = updated(
    update_sequence_number=RECORD.update_sequence_number + 1,
    change_reason="S02",
    address="新しい住所",
)


class Door:
    """The inside listener of a CS at work."""

    def __init__(self, works):
        self.works = works
        self.inside = inside_of(works)

    async def hand_in(self, body, query=f"submission={ID}", by=EXISTING):
        request = Request("POST", f"{SUBMIT}?{query}", "application/xml", body, True)
        answer = await self.inside.handle(request, self.works.world.identity(by))
        return answer.status, answer.body

    def kinds(self):
        found = (EventKind.RECEIVED, EventKind.REPEATED, EventKind.REFUSED)
        return [stored.event.kind for stored in self.works.events(*found)]


@pytest.fixture
def door(works_at):
    return Door(works_at(CS))


def value_of(answer):
    return read_payload(type_of(answer[1]), answer[1])


@in_reactor
async def test_the_same_again_has_the_same_answer_and_no_second_effect(door):
    first = await door.hand_in(updated())
    assert isinstance(value_of(first), SubmissionAccepted)
    assert await door.hand_in(updated()) == first
    assert len(door.works.offered) == 1
    assert door.kinds() == [EventKind.RECEIVED, EventKind.REPEATED]


@in_reactor
async def test_the_same_again_is_answered_though_it_would_be_refused_by_now(door):
    first = await door.hand_in(updated())
    await door.hand_in(LATER, f"submission={'0b' * 16}")
    assert await door.hand_in(updated()) == first


@pytest.mark.parametrize(
    ("body", "query"),
    [(LATER, f"submission={ID}"), (updated(), f"submission={ID}&operator=x")],
)
@in_reactor
async def test_anything_else_under_the_same_id_is_refused(door, body, query):
    await door.hand_in(updated())
    refused = value_of(await door.hand_in(body, query))
    assert isinstance(refused, SubmissionRefused)
    assert refused.code == "SK-M09"
    assert len(door.works.offered) == 1


@in_reactor
async def test_of_the_same_twice_at_once_one_is_taken_and_both_are_answered(door):
    both = await DeferredList(
        [ensureDeferred(door.hand_in(updated())) for _ in range(2)]
    )
    (_, one), (_, other) = both
    assert one == other
    assert one[0] == 202
    assert len(door.works.offered) == 1
    assert door.kinds() == [EventKind.RECEIVED, EventKind.REPEATED]


@in_reactor
async def test_of_two_others_at_once_one_is_refused(door):
    both = await DeferredList(
        [ensureDeferred(door.hand_in(body)) for body in (updated(), LATER)]
    )
    assert sorted(answer[0] for _, answer in both) == [202, 422]
    assert len(door.works.offered) == 1


@in_reactor
async def test_another_systems_id_is_another_id(door):
    question = sample("identity_confirmation_request")
    await door.hand_in(updated())
    other = await door.hand_in(question, by=TERMINAL)
    assert isinstance(value_of(other), SubmissionAccepted)
    assert len(door.works.offered) == 2


@in_reactor
async def test_what_was_refused_may_come_again_mended_under_its_id(door):
    wrong = updated(individual_number="000000000000")
    assert (await door.hand_in(wrong))[0] == 422
    assert (await door.hand_in(updated()))[0] == 202


@in_reactor
async def test_a_question_that_changes_nothing_is_answered_anew(door):
    search = sample("identity_information_search")
    query = f"to={CS.organisation}&submission={ID}"
    first = await door.hand_in(search, query, TERMINAL)
    assert first[0] == 200
    assert await door.hand_in(search, query, TERMINAL) == first
    assert door.kinds() == [EventKind.RECEIVED, EventKind.RECEIVED]


@in_reactor
async def test_without_a_store_nothing_is_taken(door):
    door.works.lose_store()
    assert (await door.hand_in(updated()))[0] == 503
    assert not door.works.offered


@in_reactor
async def test_an_id_is_forgotten_after_its_time_and_not_before(door):
    first = await door.hand_in(updated())
    sweeper = Sweeper(door.works.station, door.works.clock)
    door.works.now += KEPT
    await sweeper.sweep()
    assert await door.hand_in(updated()) == first
    door.works.now += limits.MAX_SKEW + timedelta(seconds=1)
    await sweeper.sweep()
    assert door.works.store.submission(str(EXISTING), bytes.fromhex(ID)) is None


@in_reactor
async def test_nothing_of_a_hand_in_or_its_answer_is_to_be_read_in_the_store(door):
    first = await door.hand_in(updated())
    rows = sqlite3.connect(door.works.path).execute("SELECT * FROM submissions")
    (row,) = rows.fetchall()
    assert first[1] not in row
    assert RECORD.individual_number not in repr(row)
    kept = door.works.store.submission(str(EXISTING), bytes.fromhex(ID))
    assert kept.answer == first[1]
    assert "<" not in repr(kept)


QUERIES = [
    "submission=0a",
    f"submission={ID.upper()}",
    f"submission={ID}&submission={ID}",
    "submission=",
    "operator=a%20b",
    "operator=" + "a" * 33,
    "batch=1",
]


@pytest.mark.parametrize("query", QUERIES)
@in_reactor
async def test_a_parameter_that_is_not_right_is_told_and_nothing_is_taken(door, query):
    assert (await door.hand_in(updated(), query))[0] == 400
    assert not door.kinds()


def test_what_is_for_the_station_stays_as_it_was():
    found = said(f"to=102016&submission={ID}&x=1")
    assert (found.rest, found.submission.hex()) == ("to=102016&x=1", ID)


# -- batches ---------------------------------------------------------------------------

GOOD = f"batch={ID}&operator=s1&count=3"
BAD = [
    (f"batch={ID}&operator=s1", "why"),
    (GOOD.replace("s1", "s 1"), "why"),
    (GOOD.replace("=3", "=0"), "why"),
    (f"{GOOD}&approved=S1", "why"),
    (f"{GOOD}&x=1", "why"),
    (GOOD, ""),
    (GOOD, "a\nb"),
    (GOOD, "x" * (LONGEST + 1)),
    (GOOD, "about 123456789012"),
    (GOOD, "１２３４５６７８９０１２の件"),
]


@pytest.fixture
def requester(works_at):
    return Door(works_at(REQUESTER))


async def announce(door, query, reason):
    target = f"/v1/inside/batches?{query}"
    request = Request("POST", target, "text/plain", reason.encode(), True)
    identity = door.works.world.identity(EXISTING)
    return (await door.inside.handle(request, identity)).status


@in_reactor
async def test_a_batch_is_recorded_with_who_asks_who_approved_and_why(requester):
    assert await announce(requester, f"{GOOD}&approved=s2", "年次の確認") == 204
    (stored,) = requester.works.events(EventKind.OPERATOR)
    assert stored.event.operator == "s1"
    detail = f"batch inquiry {ID} of 3, approved by s2: 年次の確認"
    assert stored.event.detail == detail


@pytest.mark.parametrize(("query", "reason"), BAD)
@in_reactor
async def test_a_batch_that_is_not_told_properly_is_not_taken(requester, query, reason):
    assert await announce(requester, query, reason) == 400
    assert not requester.works.events(EventKind.OPERATOR)
