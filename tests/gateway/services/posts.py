# SPDX-License-Identifier: Apache-2.0
"""A sender for a test, and the peer at its other end, played by hand.

A test sees what was posted and decides what comes back. Time passes only when the test
moves it.
"""

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gateway.dispatch import Draft
from gateway.roles.plan import Plan
from gateway.services.runtime import CMS, MESSAGES
from gateway.services.sender import Sender
from protocols import answers
from protocols.answers import Receipt, SignedRefusal
from protocols.envelope import InReplyTo, digest
from protocols.http import Response
from schemas.messages import write_payload
from tests.gateway.services.network import until
from tests.gateway.words import NUMBER, inquiry, message, open_inquiry, order
from tests.gateway.world import CORE, NOON, PLAIN, REQUESTER
from tests.values import replace

DIGEST = bytes(range(100, 132))


class Peer:
    """The other end, in the test's hands."""

    def __init__(self, world, works, name):
        self.world, self.works, self.name = world, works, name
        self.posted = []
        self.answers = []

    def post(self, path, content_type, body):
        assert (path, content_type) == (MESSAGES, CMS)
        self.posted.append(body)
        self.answers.append(Deferred())
        return self.answers[-1]

    def answer(self, body, content_type=CMS, status=200):
        self.answers.pop(0).callback(Response(status, content_type, body, True))

    def fail(self, error):
        self.answers.pop(0).errback(error)

    def receipt(self, sent, name=None, **changes):
        name = name or self.name
        receipt = Receipt(
            message_id=sent.message_id,
            header_digest=sent.header_digest,
            receiver=name,
            at=NOON,
            record_commitment=bytes(32),
        )
        signer = self.world.signer(name)
        return answers.write_receipt(replace(receipt, **changes), signer)

    def refusal(self, sent, code, retry=False, **changes):
        refusal = SignedRefusal(
            request_digest=digest(sent.envelope),
            header_digest=sent.header_digest,
            receiver=self.name,
            at=NOON,
            code=code,
            rule="",
            retry=retry,
            record_commitment=bytes(32),
        )
        signer = self.world.signer(self.name)
        return answers.write_refusal(replace(refusal, **changes), signer)

    def reply(self, sent, kind, value, receiver=REQUESTER, **changes):
        changes = {
            "processing_number": NUMBER,
            "in_reply_to": InReplyTo(sent.message_id, sent.header_digest),
            **changes,
        }
        payload = write_payload(value)
        return message(
            self.world, self.name, receiver, kind, payload, **changes
        ).envelope


class Post:
    """A station's sender to one peer, with everything around it."""

    def __init__(self, world, works, name):
        self.works = works
        self.clock = Clock()
        self.peer = Peer(world, works, name)
        self.sender = Sender(
            name,
            self.peer,
            works.station,
            works.role,
            works.runtime,
            works.clock,
            self.clock,
        )

    async def settled(self, sent, state):
        """Wait until the outbox says so; the row."""
        store = self.works.store
        await until(lambda: store.outgoing(sent.message_id).state == state)
        return store.outgoing(sent.message_id)

    async def postponed(self, sent, attempts):
        """Wait until a try was put off; the row, and in how many seconds the next."""
        store = self.works.store
        await until(lambda: store.outgoing(sent.message_id).attempts == attempts)
        await until(self.clock.getDelayedCalls)
        (call,) = self.clock.getDelayedCalls()
        return store.outgoing(sent.message_id), call.getTime() - self.clock.seconds()

    async def passing(self, condition):
        """Let time pass, a second a turn of the reactor, until something holds."""

        def look():
            self.clock.advance(1)
            return condition()

        await until(look)

    async def asked(self, count=1):
        """Wait until the peer was asked so often."""
        await until(lambda: len(self.peer.posted) == count)


async def answer_in(works, person=PLAIN):
    """An answer to an order, committed and offered."""
    await works.post(order(works.world, person).message())
    return works.offered[-1]


async def inquiry_in(works):
    """An inquiry of the requester, committed and offered."""
    works.write(lambda tx: tx.open_inquiry(open_inquiry()))
    payload = write_payload(inquiry(works.world))
    draft = Draft("information_inquiry", CORE, payload, NUMBER)
    await works.runtime.carry_out(Plan(drafts=(draft,)), (), works.now)
    return works.offered[-1]
