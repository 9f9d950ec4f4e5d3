# SPDX-License-Identifier: Apache-2.0
"""The core's inquiry that is answered at once.

A sealed inquiry in; a permit made, and the sealed reply that announces it out; the
order that follows sealed for the provider, and the provider's receipt for it in. The
latency is that from an inquiry's first byte to its reply in the requester's hands.
"""

from collections.abc import Mapping

from bench import orders
from bench.driver import Path
from bench.limits import Recipe, opening, sealing, signing, verifying
from bench.linkage import PERMIT, RECEIPT
from bench.path import Benchmark
from bench.world import REQUESTER
from simulators.network import parties as people

REPLY = 1_000
"""Bytes of the content of a sealed reply."""


def recipe(sizes: Mapping[str, int], _batch: float) -> Recipe:
    """What the protocol requires of the core for one inquiry.

    The route is signed once for many inquiries; the provider's notice comes in
    another batch and is not of this path.
    """
    return (
        *opening(sizes["information_inquiry"], "the inquiry"),
        *signing("the permit", PERMIT),
        *sealing(REPLY, "the reply"),
        *sealing(sizes["provision_order"], "the order"),
        *verifying("the provider's receipt", RECEIPT),
    )


BENCHMARK = Benchmark(
    name="at_once",
    title="core: an inquiry answered at once, and its order",
    path=Path(
        asker=REQUESTER,
        gateway=people.CORE,
        takers=(people.PROVIDER,),
        ends_with="provision_order",
        answered_at_once=True,
    ),
    asks=orders.inquiries,
    recipe=recipe,
)
