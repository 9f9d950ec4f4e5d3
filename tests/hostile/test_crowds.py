# SPDX-License-Identifier: Apache-2.0
"""Thousands at the door of one real process: bounded memory, bounded record, and the
others are served.

The strangers come from other loopback addresses than the peers, as they would from
other networks.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest

from gateway.config import Limits
from gateway.records.event import Event, EventKind
from gateway.services.links import SINGLES
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.cli import import_copies
from simulators.network.files import Files
from simulators.network.processes import Processes
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER, OTHER
from simulators.raw import RawLink, converse
from simulators.web import client_context
from tests.hostile.desk import MEGABYTE, Process, Watch, until

STRANGER = "127.0.0.66"
MANY = 3000
LIMITS = Limits()
ASK = b"GET / HTTP/1.1\r\nHost: city\r\n\r\n"
ANSWER = b"POST /v1/messages\n"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One process of a network: the stations of a city, with nobody else."""
    files = Files(tmp_path_factory.mktemp("city") / "network")
    choices = Choices(seed="crowd", residents=100)
    building.build(files, choices)
    import_copies(files)
    processes = Processes(files, ("city",))
    try:
        processes.start()
        with closing(Stage(files, choices)) as stage:
            yield stage
    finally:
        processes.stop()


@pytest.fixture
def process(city: Stage) -> Process:
    served(city)
    return Process(city, people.PROVIDER)


def door(city: Stage) -> int:
    return city.network.outside[str(people.PROVIDER)]


def served(city: Stage) -> float:
    """A peer makes a new link and is answered; the seconds that it took."""
    begun = time.monotonic()
    link = RawLink(door(city), city.peer(OTHER).context())
    try:
        link.send(ASK)
        assert link.answer(ANSWER).startswith(b"HTTP/1.1 404 ")
    finally:
        link.close()
    return time.monotonic() - begun


def knock(city: Stage, source: str) -> socket.socket:
    """A TCP connection that says nothing."""
    return socket.create_connection(("127.0.0.1", door(city)), 10, (source, 0))


def one_source(number: int) -> str:
    return STRANGER


def many_sources(number: int) -> str:
    return f"127.{1 + number // 60_000}.{number // 250 % 240}.{1 + number % 250}"


@pytest.mark.parametrize("source", [one_source, many_sources])
def test_thousands_of_silent_connections_take_no_more_than_their_bound(
    city: Stage, process: Process, source: Callable[[int], str]
) -> None:
    before, files = process.resident, process.files
    process.reset_peak()
    with ExitStack() as held:
        for number in range(MANY):
            held.enter_context(knock(city, source(number)))
            if number % 500 == 499:
                assert served(city) < 5
        assert process.files - files <= LIMITS.unproven_connections + 8
        assert served(city) < 5
    assert process.peak - before < 64 * MEGABYTE
    until(lambda: process.files <= files + 2)


def test_a_station_with_a_hundred_links_keeps_its_share_and_nobody_elses(
    city: Stage, process: Process
) -> None:
    watch = Watch(city, people.PROVIDER)
    context = city.peer(ASKER).context()
    with ExitStack() as held:
        links = [RawLink(door(city), context) for _ in range(100)]
        for link in links:
            held.callback(link.close)
        alive = [link for link in links if asks(link)]
        assert len(alive) == LIMITS.station_connections
        assert served(city) < 5
    watch.until(lambda found: (str(ASKER), "SK-L11") in by_whom(found))


def by_whom(events: list[Event]) -> set[tuple[str, str]]:
    """Who is said to have caused which refusal of a link."""
    refused = [one for one in events if one.kind is EventKind.LINK_REFUSED]
    return {(one.peer, one.code) for one in refused}


def asks(link: RawLink) -> bool:
    try:
        return link.send(ASK) and link.answer(ANSWER) != b""
    except OSError:
        return False


@contextmanager
def flood(city: Stage, context: ssl.SSLContext | None, *said: bytes) -> Iterator[None]:
    """Handshakes that fail, one after the other, until the block is left."""
    over = threading.Event()

    def run(number: int) -> None:
        while not over.is_set():
            with ExitStack():
                converse(door(city), context, said, source=STRANGER, timeout=5)

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(run, number) for number in range(2)]
        try:
            yield
        finally:
            over.set()
        for one in running:
            one.result()


def test_a_flood_of_strangers_is_counted_but_fills_neither_record_nor_log(
    city: Stage, process: Process
) -> None:
    watch = Watch(city, people.CITY_CS)
    log = city.files.logs / "city.log"
    record, logged = sizes(watch), log.stat().st_size
    stranger = client_context(city.files.pki.chain, None, None)
    port = city.network.outside[str(people.CITY_CS)]
    for number in range(MANY):
        converse(port, stranger, source=many_sources(number // 4))
    events = watch.until(lambda found: len(found) > SINGLES)
    assert served(city) < 5
    events += watch.new()
    assert SINGLES < len(events) <= SINGLES + 4
    assert {one.code for one in events} == {"SK-L01"}
    assert {one.kind for one in events} == {EventKind.LINK_REFUSED}
    assert "others" in {one.peer for one in events}
    assert sizes(watch) - record < MEGABYTE
    assert log.stat().st_size - logged < 4096


def sizes(watch: Watch) -> int:
    """Bytes of a store, what is not merged yet included."""
    files = watch.file.parent.glob(f"{watch.file.name}*")
    return sum(path.stat().st_size for path in files)


@pytest.mark.parametrize("tls", [True, False], ids=["handshakes", "no TLS"])
def test_during_a_flood_from_elsewhere_peers_are_served(city: Stage, tls: bool) -> None:
    stranger = client_context(city.files.pki.chain, None, None) if tls else None
    said = () if tls else (ASK,)
    with flood(city, stranger, *said):
        took = [served(city) for _ in range(30)]
    assert sorted(took)[15] < 1
    assert max(took) < 5


def test_an_address_that_only_fails_is_turned_away_before_tls(city: Stage) -> None:
    stranger = client_context(city.files.pki.chain, None, None)
    alerts = 0
    for _ in range(400):
        heard = converse(door(city), stranger, source="127.0.0.77")
        alerts += bool(heard.alert)
    assert 200 <= alerts < 390
    assert served(city) < 5
