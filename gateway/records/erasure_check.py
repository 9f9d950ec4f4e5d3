# SPDX-License-Identifier: Apache-2.0
"""Is what is gone of the record gone by an erasure, and is all of that gone?

An erasure counts only if the log holds the leaf of its event. What the log holds where
it took records must be what it says it took; and once it is done, no such row and no
key of its month may be left.
"""

from collections.abc import Iterator

from gateway.records.erasing import digest_of
from gateway.records.erasures import DONE, Erasure
from gateway.records.events import Damage
from gateway.records.store import StoreReader


def check_erasures(store: StoreReader) -> list[Damage]:
    """Everything that does not fit; an empty list where all erasures are sound."""
    return [
        Damage(erasure.seq, b"", said)
        for erasure in store.erasures()
        for said in _faults(store, erasure)
    ]


def _faults(store: StoreReader, erasure: Erasure) -> Iterator[str]:
    month, extent = erasure.extent.month, erasure.extent
    if store.entry_of(erasure.seq) != erasure.commitment:
        yield f"an erasure of {month} is noted here that the log does not prove"
        return
    if digest_of(store, erasure) != (extent.count, extent.digest):
        yield f"the log does not hold what the erasure of {month} says that it took"
    if erasure.step == DONE:
        if any(store.are_left(*one) for one in extent.ranges):
            yield f"{month} is erased, but records of it are here"
        if not store.numbers_of(month) and store.month_keys().file(month).exists():
            yield f"{month} is erased, but its key is here"
