# SPDX-License-Identifier: Apache-2.0
"""One sender for each peer, made when it is first needed."""

from twisted.internet.defer import Deferred

from gateway.dispatch import Draft
from gateway.services.post import Post
from pki.names import StationName
from tests.gateway.words import outgoing
from tests.gateway.world import CORE, PROVIDER, REQUESTER


class Kept:
    """A sender that keeps what it is offered."""

    def __init__(self):
        self.offered = []
        self.carried = {b"carried"}
        self.stopped = Deferred()

    def offer(self, sent):
        self.offered.append(sent)

    def stop(self):
        return self.stopped


def to(name):
    return outgoing(Draft("provision_notice", name, b""))


def test_each_peer_has_one_sender_and_gets_only_its_own_messages():
    made = {}

    def make(name):
        assert name not in made
        made[name] = Kept()
        return made[name]

    post = Post(make)
    for name in (CORE, REQUESTER, CORE):
        post.offer(to(name))
    assert list(made) == [CORE, REQUESTER]
    assert [len(sender.offered) for sender in made.values()] == [2, 1]
    assert set(post.senders) == {str(CORE), str(REQUESTER)}


def test_what_its_sender_has_in_memory_is_known_for_each_peer():
    post = Post(lambda name: Kept())
    post.offer(to(CORE))
    assert post.carried(str(CORE)) == {b"carried"}
    assert post.carried(str(PROVIDER)) == frozenset()


def test_it_has_stopped_when_every_sender_has():
    senders = [Kept(), Kept()]
    names = iter([CORE, StationName("112020", "intermediate_server")])
    waiting = list(senders)
    post = Post(lambda name: waiting.pop())
    for name in names:
        post.offer(to(name))
    stopped = post.stop()
    senders[0].stopped.callback(None)
    assert not stopped.called
    senders[1].stopped.callback(None)
    assert stopped.called
