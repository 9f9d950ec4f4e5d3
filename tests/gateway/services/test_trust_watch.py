# SPDX-License-Identifier: Apache-2.0
"""One look: the list first, then every link that stands, ours and theirs."""

import pytest_twisted

from gateway.services.trust_watch import TrustWatch


class Told:
    """A revocation list and a holder of links that write down what they are asked."""

    def __init__(self) -> None:
        self.order: list[str] = []

    async def look(self) -> None:
        self.order.append("list")

    def look_again(self) -> None:
        self.order.append("links")


@pytest_twisted.ensureDeferred
async def test_the_list_is_read_before_the_links_are_looked_at():
    told = Told()
    await TrustWatch(told, lambda: (told, told)).look()
    assert told.order == ["list", "links", "links"]


@pytest_twisted.ensureDeferred
async def test_links_made_since_the_last_look_are_looked_at_too():
    told, links = Told(), []
    watch = TrustWatch(told, lambda: links)
    await watch.look()
    links.append(told)
    await watch.look()
    assert told.order == ["list", "list", "links"]
