# SPDX-License-Identifier: Apache-2.0
"""While a restored station is closed, its own systems come again and its work rests."""

import pytest
import pytest_twisted
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway import log_key
from gateway.returning import RESTING, Returning
from gateway.services.inside import SUBMIT
from gateway.services.listener import Answer, Request
from gateway.services.reconcile_answers import TARGET
from gateway.services.rounds import Round
from tests.gateway.works import inside_of
from tests.gateway.world import BUSINESS, PROVIDER, REQUESTER

in_reactor = pytest_twisted.ensureDeferred
SAID = Answer(200, "text/plain", b"said\n")


@pytest.fixture
def works(works_at):
    return works_at(REQUESTER)


@pytest.fixture
def returning(works):
    origin = log_key.origin_of(REQUESTER)
    key = log_key.LogKey(origin, Ed25519PrivateKey.generate())
    return Returning(
        works.runtime, works.role, lambda _: None, key, works.clock, works.links.refused
    )


async def say(request, identity):
    return SAID


def work(done, name):
    async def one():
        done.append(name)

    return Round(name, 1.0, one)


@in_reactor
async def test_its_own_systems_are_told_to_come_again(works, returning, world):
    handle = returning.inside(inside_of(works).handle)
    request = Request("POST", SUBMIT, "application/xml", b"<nothing/>", True)
    identity = world.identity(BUSINESS)
    works.station.facts.restored.closed = True
    assert (await handle(request, identity)).status == 503
    assert works.events() == []
    works.station.facts.restored.closed = False
    assert (await handle(request, identity)).status == 422


@in_reactor
@pytest.mark.parametrize("closed", [True, False])
async def test_what_sends_or_decides_rests_and_all_else_goes_on(
    works, returning, closed
):
    works.station.facts.restored.closed = closed
    done = []
    names = [*sorted(RESTING), "log", "links"]
    others = iter([work(done, name) for name in names])
    for one in returning.rounds(others):
        if one.name != "restore":
            await one.work()
    assert done == (["log", "links"] if closed else names)


@in_reactor
async def test_peers_may_ask_what_is_on_record_and_all_else_goes_its_way(
    works, returning, world
):
    handle = returning.outside(say)
    identity = world.identity(PROVIDER)
    request = Request("POST", TARGET, "application/cms", b"", True)
    assert (await handle(request, identity)).status == 400
    other = Request("POST", "/v1/messages", "application/cms", b"", True)
    assert await handle(other, identity) == SAID
