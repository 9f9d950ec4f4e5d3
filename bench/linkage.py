# SPDX-License-Identifier: Apache-2.0
"""The provider's whole linkage transaction.

Order in, receipt out, provision out, its receipt in, and a share of the notice that
tells the core, with the store on the disk and every commit synchronised. The latency
is that from an order's first byte to the provision in the requester's hands.
"""

from collections.abc import Mapping

from bench import orders
from bench.driver import Path
from bench.limits import HEADER, Recipe, opening, sealing, signing, verifying
from bench.path import Benchmark
from bench.world import REQUESTER
from simulators.network import parties as people

RECEIPT = 137
"""Bytes of a receipt's content."""
PERMIT = 320
"""Bytes of a permit's content."""


def recipe(sizes: Mapping[str, int], batch: float) -> Recipe:
    """What the protocol requires of the provider for one transaction.

    The route's signature is remembered; the permit's is checked once.
    """
    share = 1 / batch
    return (
        *opening(sizes["provision_order"], "the order"),
        *verifying("the permit", PERMIT),
        *verifying("the requester's signed header", HEADER),
        *signing("the receipt for the order", RECEIPT),
        *sealing(sizes["information_provision"], "the provision"),
        *verifying("the requester's receipt", RECEIPT),
        *sealing(sizes["provision_notice"], "a share of a notice", share),
        *verifying("a share of the core's receipt", RECEIPT, share),
    )


BENCHMARK = Benchmark(
    name="linkage",
    title="provider: a whole linkage transaction",
    path=Path(
        asker=people.CORE,
        gateway=people.PROVIDER,
        takers=(REQUESTER, people.CORE),
        ends_with="information_provision",
        answered_at_once=False,
    ),
    asks=orders.orders,
    recipe=recipe,
)
