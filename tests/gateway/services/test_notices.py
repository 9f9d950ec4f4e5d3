# SPDX-License-Identifier: Apache-2.0
"""The core is told what was provided: in batches, once, and without personal data."""

import logging

import pytest
import pytest_twisted

from gateway.records.event import EventKind
from gateway.services.notices import MAX_BATCH, Notices
from protocols.envelope import unpack
from schemas.messages import read_payload
from tests.gateway.world import CORE, NOON, PROVIDER

in_reactor = pytest_twisted.ensureDeferred


@pytest.fixture
def provider(works_at):
    return works_at(PROVIDER)


@pytest.fixture
def notices(provider):
    return Notices(provider.runtime, provider.clock)


def gather(provider, count, outcome="provided"):
    def work(tx):
        for number in range(count):
            tx.add_notice(number.to_bytes(16), outcome, NOON)

    provider.write(work)


def told(provider):
    """Every entry of every notice that is owed, as the core reads it."""
    opener = provider.world.keys(CORE).opener
    found = []
    for sent in provider.offered:
        opened = unpack(sent.envelope, opener, provider.world.directory, NOON)
        found.append(read_payload("provision_notice", opened.payload).entries)
    return found


@in_reactor
async def test_where_nothing_gathered_nothing_is_told(provider, notices):
    await notices.tell()
    assert provider.offered == []
    assert provider.events() == []


@in_reactor
async def test_what_gathered_is_told_in_one_message(provider, notices):
    gather(provider, 3)
    await notices.tell()
    ((first, second, third),) = told(provider)
    assert first.processing_number == bytes(16)
    assert (second.outcome, third.at) == ("provided", NOON)
    assert provider.offered[0].peer == str(CORE)


@in_reactor
async def test_nothing_is_told_twice(provider, notices):
    gather(provider, 2)
    await notices.tell()
    await notices.tell()
    assert len(told(provider)) == 1
    assert provider.store.notices(10) == []


@pytest.mark.parametrize("outcome", ["provided", "lapsed", "refused"])
@in_reactor
async def test_each_outcome_can_be_told(provider, notices, outcome):
    gather(provider, 1, outcome)
    await notices.tell()
    (((entry,)),) = told(provider)
    assert entry.outcome == outcome


@in_reactor
async def test_a_batch_is_bounded_and_the_rest_comes_next(provider, notices):
    gather(provider, MAX_BATCH + 1)
    await notices.tell()
    await notices.tell()
    assert [len(entries) for entries in told(provider)] == [MAX_BATCH, 1]


@in_reactor
async def test_a_notice_names_no_person(provider, notices):
    gather(provider, 1)
    await notices.tell()
    (attempted,) = provider.events(EventKind.ATTEMPTED)
    assert attempted.event.message_type == "provision_notice"
    assert attempted.event.person_tag == ""


@in_reactor
async def test_without_a_store_notices_wait(provider, notices, caplog):
    gather(provider, 1)
    provider.lose_store()
    with caplog.at_level(logging.ERROR):
        await notices.tell()
    assert "notices wait" in caplog.text
    assert provider.offered == []
    provider.find_store()
    assert len(provider.store.notices(10)) == 1
