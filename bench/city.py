# SPDX-License-Identifier: Apache-2.0
"""A city of 1,000 to 370,000 through register, CS, servers and copies: how cost grows.

For each size a new network is made and the city goes into it by the operator's own
commands, with every process running. Times are those of the clock on the wall, from a
command's start to its end. Beside each figure stands its limit of the same run: the
same bytes into a bare SQLite file, or over a bare TLS link (`bare`).
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import bare
from bench.city_parts import Town, town
from pki.names import StationName
from simulators.network import parties as people

SIZES = (1_000, 10_000, 100_000, 370_000)
SEARCHES = 400
MEMORY_LIMIT = 300.0
"""Megabytes that no process of a city's may hold."""
WIRE = 400
"""Bytes of one person in a batch of the consistency check, sealed, on average."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured at one size, beside its limit."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    """None: there is nothing to compare it with."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One size."""

    residents: int
    figures: tuple[Figure, ...]


def run(
    sizes: Sequence[int] = SIZES, told: Callable[[str], object] = lambda _: None
) -> list[Measured]:
    """Measure each size; ``told`` hears what is being done."""
    with tempfile.TemporaryDirectory(prefix="sekisho-city-") as folder:
        found = []
        for size in sizes:
            told(f"a city of {size:,}")
            with town(Path(folder), size) as made:
                found.append(Measured(size, tuple(_figures(made, told))))
            shutil.rmtree(made.files.root)
        return found


def _figures(made: Town, told: Callable[[str], object]) -> Iterator[Figure]:
    for part in (_fillings, _check, _copies, _searches, _memory):
        told(f"  {part.__name__.strip('_')}")
        yield from part(made)


def _fillings(made: Town) -> Iterator[Figure]:
    """Residents a second into each file; the limit is that of its own bytes."""
    size = made.residents
    for what, system in (("register", "register"), ("cs", "cs"), ("servers", "server")):
        if what == "cs":
            made.open_cs()
        done = made.fill(what)
        times = 2 if what == "servers" else 1
        stored = made.stored(system) // size
        limit = bare.insert_rate(made.files.root, size, stored)
        yield Figure(f"into the {system}", times * size / done.seconds, "/s", limit)
        yield Figure(f"memory of filling the {system}", done.megabytes, "MB", 300.0)
        yield Figure(f"file of the {system}, each person", stored, "B")


def _check(made: Town) -> Iterator[Figure]:
    """The consistency check with both servers."""
    done = made.check()
    keys = made.files.pki.station(StationName(people.CITY, people.CITY_CS.role))
    pair, chain = (keys / "tls.crt", keys / "tls.key"), made.files.pki.chain
    limit = bare.tls_seconds(pair, chain, 2 * WIRE * made.residents)
    yield Figure("consistency check", done.seconds, "s", limit)


def _copies(made: Town) -> Iterator[Figure]:
    """The copies of the whole city into a provider that runs."""
    before = made.stored("provider")
    done = made.import_copies()
    stored = (made.stored("provider") - before) // made.residents
    limit = bare.insert_rate(made.files.root, made.residents, stored)
    yield Figure("copies imported", made.residents / done.seconds, "/s", limit)
    yield Figure("memory of importing copies", done.megabytes, "MB", MEMORY_LIMIT)


def _searches(made: Town) -> Iterator[Figure]:
    """Name and day of birth; the limit is one row by its key.

    At the register each search is on record before it is shown: there, a durable commit
    more.
    """
    asked = made.some(SEARCHES)
    root = made.files.root
    found = bare.search_milliseconds(root, made.residents, 2_000, SEARCHES)
    recorded = found + bare.commit_milliseconds(root, SEARCHES)
    for system, search, limit in (
        ("register", made.at_register, recorded),
        ("cs", made.at_cs, found),
        ("server", made.at_server, found),
    ):
        took = sorted(search(asked))
        for name, place in (("p50", 0.50), ("p99", 0.99)):
            value = took[min(len(took) - 1, int(place * len(took)))] * 1e3
            yield Figure(f"search at the {system}, {name}", value, "ms", limit)


def _memory(made: Town) -> Iterator[Figure]:
    """What the processes held at most, after all of it."""
    for title, name in (("city", "CS and provider"), ("prefecture", "server")):
        peak = made.megabytes(title)
        yield Figure(f"memory of the {name}", peak, "MB", MEMORY_LIMIT)
