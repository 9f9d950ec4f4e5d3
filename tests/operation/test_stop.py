# SPDX-License-Identifier: Apache-2.0
"""A stop is clean, and over within five seconds, whatever peers do meanwhile."""

import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from simulators.web import LinkFailed, client_context
from tests.flows.conftest import PLAIN, ask

LIMIT = 5.0
AT_ONCE = 1.0
SETTLED = 20.0


class Asking:
    """Somebody who goes on asking, and keeps the numbers that were acknowledged."""

    def __init__(self, stage: Stage) -> None:
        self.numbers: list[bytes] = []
        self._stage = stage
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _go(self) -> None:
        who = 0
        while not self._stopping.is_set():
            who += 1
            try:
                self.numbers.append(ask(self._stage, who))
            except LinkFailed:
                self._stopping.wait(0.02)  # the asked station is away


@pytest.fixture
def stage(files: Any) -> Iterator[Stage]:
    with closing(Stage(files, PLAIN)) as made:
        yield made


@pytest.fixture
def network(daemon: Any) -> dict[str, Any]:
    return {name: daemon(name).start() for name in ("core", "city", "second-city")}


def stopped(one: Any, number: signal.Signals = signal.SIGTERM) -> float:
    """Stop it; how long that took. It must end well."""
    begun = time.monotonic()
    one.signal(number)
    assert one.ended(LIMIT) == 0
    return time.monotonic() - begun


@pytest.mark.parametrize("title", ["core", "city", "second-city"])
def test_a_stop_under_load_loses_nothing_that_was_acknowledged(
    network: dict[str, Any], stage: Stage, title: str
) -> None:
    with Asking(stage) as asking:
        assert wait_for(lambda: "many" if len(asking.numbers) > 20 else "")
        assert stopped(network[title]) < LIMIT
        network[title].start()
    for number in asking.numbers:
        assert stage.end_of(ASKER, number) == "provided"
    where = ("--network", str(stage.files.root))
    assert wait_for(
        lambda: "" if stage.command_json("records", "reconcile", *where) else "agreed",
        SETTLED,
    )
    assert stage.command_json("records", "verify", *where) == []
    assert not [line for line in network[title].lines() if line["level"] == "error"]
    assert network[title].messages().count("stopped") == 1


def test_a_station_that_stopped_has_all_of_its_record_in_the_log(
    network: dict[str, Any], stage: Stage
) -> None:
    where = ("--config", str(stage.files.config(people.PROVIDER)))
    with Asking(stage) as asking:
        assert wait_for(lambda: "some" if len(asking.numbers) > 5 else "")
        stopped(network["city"])
    assert "joined" not in stage.command("records", "verify", *where)
    network["city"].start()


def test_a_peer_that_hangs_does_not_hold_up_a_stop(
    network: dict[str, Any], stage: Stage
) -> None:
    network["core"].signal(signal.SIGSTOP)
    try:
        number = ask(stage)
        city = network["second-city"]
        assert wait_for(lambda: "asks" if peer_links(city) else "")
        assert stopped(city) < LIMIT
    finally:
        network["core"].signal(signal.SIGCONT)
    network["second-city"].start()
    assert stage.end_of(ASKER, number) == "provided"


def peer_links(one: Any) -> float:
    found = one.metric("sekisho_connections")
    assert isinstance(found['{listener="peers"}'], float)
    return found['{listener="peers"}']


def test_a_slow_sender_does_not_hold_up_a_stop(daemon: Any, files: Any) -> None:
    city = daemon("city").start()
    keys = files.pki.station(people.PROVIDER)
    context = client_context(files.pki.chain, keys / "tls.crt", keys / "tls.key")
    port = building.load(files).outside[str(people.PROVIDER)]
    with closing(linked(port, context)) as link:
        link.sendall(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Le")
        open_links = '{listener="outside"}'
        assert wait_for(
            lambda: str(city.metric("sekisho_connections")[open_links] or "")
        )
        assert stopped(city) < LIMIT


def linked(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    return context.wrap_socket(line)


def test_an_idle_station_stops_at_once(daemon: Any) -> None:
    city = daemon("city").start()
    assert stopped(city, signal.SIGINT) < AT_ONCE
    assert city.heard("STOPPING") is not None


def test_the_second_signal_ends_it_at_once(
    network: dict[str, Any], stage: Stage
) -> None:
    network["core"].signal(signal.SIGSTOP)
    try:
        ask(stage)
        city = network["second-city"]
        assert wait_for(lambda: "asks" if peer_links(city) else "")
        city.signal(signal.SIGTERM)
        assert city.heard("STOPPING") is not None
        begun = time.monotonic()
        city.signal(signal.SIGTERM)
        assert city.ended(AT_ONCE) == 128 + signal.SIGTERM
        assert time.monotonic() - begun < AT_ONCE
    finally:
        network["core"].signal(signal.SIGCONT)


def test_scrapes_are_answered_while_it_stops(
    network: dict[str, Any], stage: Stage
) -> None:
    network["core"].signal(signal.SIGSTOP)
    try:
        ask(stage)
        city = network["second-city"]
        assert wait_for(lambda: "asks" if peer_links(city) else "")
        city.signal(signal.SIGTERM)
        assert city.heard("STOPPING") is not None
        status, body = city.get("/ready")
        assert (status, b"stopping" in body) == (503, True)
        assert city.get("/metrics")[0] == 200
        assert city.ended(LIMIT) == 0
    finally:
        network["core"].signal(signal.SIGCONT)
