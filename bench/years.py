# SPDX-License-Identifier: Apache-2.0
"""Seven years of a record: what one record costs, and how fast one is found and proven.

One store grows to each size in turn, in groups as a busy station commits them, with its
log beside it. The records are spread over seven years and over so many people. Beside
each figure stands its limit: rows of the same size into a bare SQLite file, the same
digests with nothing kept, or the bound that was set for it.
"""

import hashlib
import os
import queue
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from bench import bare
from bench.city import Figure, Measured
from gateway.log_key import LogKey
from gateway.records.event import Event, EventKind
from gateway.records.finds import PAGE, Asked
from gateway.records.log_check import check_log
from gateway.records.store import Store, StoreReader
from gateway.records.transaction import Transaction
from gateway.services.merger import Merger
from protocols.tlog import merkle
from protocols.tlog.tiles import tiles_of

SIZES: Final = (10_000, 100_000, 1_000_000)
GROUP: Final = 256
"""Records of one commit."""
BEGAN: Final = datetime(2030, 4, 1, tzinfo=UTC)
YEARS: Final = timedelta(days=7 * 365)
PEOPLE: Final = 50_000
LOOKS: Final = 200
"""Times that something is found or proven."""
VERDICTS: Final = tuple(
    (f"R-{rule}", "a check that every order passes", "passed")
    for rule in range(120, 144)
)
PROOF_LIMIT: Final = 10.0
"""Milliseconds of a proof when nothing of the file is in memory."""
FIND_LIMIT: Final = 5.0
"""Milliseconds, in the median, for everything about one person."""
KEPT_LIMIT: Final = 70.0
"""Bytes of one record that stay for ever."""
VERIFY_LIMIT: Final = 100_000.0
"""Entries of a log that are checked in a second."""


def run(
    sizes: Sequence[int] = SIZES, told: Callable[[str], object] = lambda _: None
) -> list[Measured]:
    """Measure one record at each size; ``told`` hears what is being done."""
    with (
        tempfile.TemporaryDirectory(prefix="sekisho-years-") as folder,
        closing(_Years(Path(folder), sizes[-1])) as years,
    ):
        return [Measured(size, tuple(years.measured(size, told))) for size in sizes]


class _Years:
    """One record that grows."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._path = folder, folder / "store.sqlite"
        self._step = YEARS / most
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._key = os.urandom(32)
        self._log = LogKey("sekisho.invalid/102024/bench", Ed25519PrivateKey.generate())
        self._store = Store.open(self._path, self._key, self._calls.put, create=True)
        self._merger = Merger(self._store, self._log, lambda: BEGAN + YEARS)
        self._ids: list[bytes] = []
        """Of some of the records, spread over all of them."""

    def close(self) -> None:
        self._store.close()

    def measured(self, size: int, told: Callable[[str], object]) -> Iterator[Figure]:
        """Grow to ``size``, and look."""
        told(f"a record of {size:,}")
        yield from self._grown(size)
        told("  looks")
        yield from self._looks(size)
        told("  check")
        yield from self._checked(size)

    def _grown(self, size: int) -> Iterator[Figure]:
        before = self._store.last_event()
        begun, busy = time.perf_counter(), time.process_time()
        for first in range(before, size, GROUP):
            self._group(range(first, min(first + GROUP, size)))
        seconds = time.perf_counter() - begun
        cpu = (time.process_time() - busy) / (size - before) * 1e6
        begun = time.perf_counter()
        self._wait(Deferred.fromCoroutine(self._merger.look()))
        merged = (time.perf_counter() - begun) / (size - before) * 1e6
        stored = self._stored() // size
        limit = bare.insert_rate(self._folder, size, stored)
        yield Figure("records into the store", (size - before) / seconds, "/s", limit)
        yield Figure("processor time of one record", cpu, "µs")
        yield Figure("time of one record in the log", merged, "µs")
        yield Figure("file of the store, each record", stored, "B")

    def _group(self, places: range) -> None:
        prepared = [
            self._store.prepared(_event(place, self._store, self._step))
            for place in places
        ]
        if places.start % (GROUP * 16) == 0:
            self._ids.append(prepared[0].record_id)

        def work(tx: Transaction) -> None:
            for one in prepared:
                tx.record(one)

        self._wait(self._store.commit(work))

    def _looks(self, size: int) -> Iterator[Figure]:
        yield Figure("proof, nothing in memory", self._proofs(), "ms", PROOF_LIMIT)
        yield Figure("everything about one person", self._finds(size), "ms", FIND_LIMIT)

    def _proofs(self) -> float:
        """The median of a proof whose file has left the machine's memory."""
        took = []
        for record_id in random.sample(self._ids, min(LOOKS // 4, len(self._ids))):
            _forget(self._folder)
            with StoreReader.open(self._path, self._key) as store:
                begun = time.perf_counter()
                found, head = store.content_of(record_id), store.log_head()
                assert found is not None
                assert head is not None
                hashes = store.log_hashes(head.size)
                path = merkle.inclusion(found[0], head.size, hashes)
                took.append(time.perf_counter() - begun)
                assert path
        return statistics.median(took) * 1e3

    def _finds(self, size: int) -> float:
        """The median of finding all that is recorded about one person."""
        took = []
        with StoreReader.open(self._path, self._key) as store:
            for _ in range(LOOKS):
                who = _person(random.randrange(size))
                begun = time.perf_counter()
                found = store.find(Asked(person_tags=store.tags_of(who)), PAGE)
                took.append(time.perf_counter() - begun)
                assert found
        return statistics.median(took) * 1e3

    def _checked(self, size: int) -> Iterator[Figure]:
        with StoreReader.open(self._path, self._key) as store:
            begun = time.perf_counter()
            assert check_log(store, self._log.verifier) == []
            seconds = time.perf_counter() - begun
            kept = sum(len(store.log_tile(tile)) for tile in tiles_of(size))
            kept += sum(len(head.note) for head in store.log_heads())
        yield Figure("entries of the log checked", size / seconds, "/s", VERIFY_LIMIT)
        yield Figure("kept for ever, each record", kept / size, "B", KEPT_LIMIT)

    def _stored(self) -> int:
        return sum(one.stat().st_size for one in self._folder.glob("store.sqlite*"))

    def _wait(self, deferred: "Deferred[Any]") -> Any:
        """Do what the journal hands back, until this has fired."""
        fired: list[Any] = []
        deferred.addBoth(fired.append)
        while not fired:
            self._calls.get()()
        if isinstance(fired[0], Failure):
            fired[0].raiseException()
        return fired[0]


def _event(place: int, store: StoreReader, step: timedelta) -> Event:
    """A record as an intermediate server writes it of a provision."""
    number = hashlib.sha256(b"%d" % place).hexdigest()
    at = BEGAN + place * step
    return Event(
        kind=EventKind.RECEIVED,
        at=at,
        direction="in",
        peer="131016/intermediate_server",
        message_type="provision_order",
        message_id=number[:32],
        header_digest=number,
        processing_number=number[32:],
        item_no=3,
        kinds=("resident_record_information",),
        person_tag=store.person_tag(_person(place)),
        permit_digest=number,
        verdicts=VERDICTS,
        evidence={"signed_header": bytes(620), "permit": bytes(400)},
    )


def _person(place: int) -> str:
    return f"{place % PEOPLE:032x}"


def _forget(folder: Path) -> None:
    """Have the machine let go of the pages of these files."""
    for file in filter(Path.is_file, folder.iterdir()):
        with file.open("rb") as opened:
            os.fdatasync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
