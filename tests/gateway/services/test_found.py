# SPDX-License-Identifier: Apache-2.0
"""A peer that the master names no address of: told, tried again, and not for ever."""

import logging

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred

from gateway.records.event import EventKind
from gateway.services.found import Found
from gateway.services.peer import PeerUnreachable
from tests.gateway.services.posts import Post, inquiry_in
from tests.gateway.world import CORE, PROVIDER, REQUESTER, SECOND

in_reactor = pytest_twisted.ensureDeferred
pytestmark = pytest.mark.usefixtures("no_bugs")
WORDS = ("/v1/messages", "application/cms", b"body")


class Client:
    def __init__(self):
        self.posted = []

    def post(self, *words):
        self.posted.append(words)
        return Deferred()


@in_reactor
async def test_without_an_address_every_attempt_fails_and_one_line_is_logged(caplog):
    found = Found(PROVIDER, lambda: None)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            with pytest.raises(PeerUnreachable):
                await found.post(*WORDS)
    assert caplog.text.count(f"no endpoint for {PROVIDER}") == 1


@in_reactor
async def test_an_address_that_comes_later_is_used_from_then_on():
    client = Client()
    known = [client, None]
    found = Found(PROVIDER, lambda: known.pop())
    with pytest.raises(PeerUnreachable):
        await found.post(*WORDS)
    for _ in range(2):
        found.post(*WORDS)
    assert client.posted == [WORDS] * 2


@in_reactor
async def test_a_message_to_nowhere_still_ends_with_its_deadline(world, works_at):
    requester = works_at(REQUESTER, retry_first=1.0, retry_longest=8.0)
    post = Post(world, requester, CORE)
    post.sender._client = Found(CORE, lambda: None)
    sent = await inquiry_in(requester)
    post.sender.offer(sent)
    await post.postponed(sent, 1)
    assert requester.codes(EventKind.FAILED) == ["SK-T01"]
    requester.now = sent.deadline + SECOND
    post.sender.offer(sent)
    await post.settled(sent, "expired")
