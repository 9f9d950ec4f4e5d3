# SPDX-License-Identifier: Apache-2.0
"""Certificates are renewed while the station works; nobody who is linked notices."""

import re
import shutil
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from pki.layout import Layout
from pki.profiles import Purpose
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from simulators.web import client_context
from tests.flows.conftest import PLAIN, ask
from tests.operation.daemons import Daemon

CITY = people.PROVIDER


@pytest.fixture
def city(daemon: Callable[..., Daemon]) -> Daemon:
    return daemon("city").start()


@pytest.fixture
def layout(files: Files) -> Layout:
    return files.pki


@pytest.fixture
def link(files: Files) -> Iterator[Callable[[], ssl.SSLSocket]]:
    """Opens links to the city as the core; all are closed at the end."""
    opened: list[ssl.SSLSocket] = []
    keys = files.pki.station(people.CORE)
    context = client_context(files.pki.chain, keys / "tls.crt", keys / "tls.key")
    port = building.load(files).outside[str(CITY)]

    def make() -> ssl.SSLSocket:
        line = socket.create_connection(("127.0.0.1", port), timeout=10)
        opened.append(context.wrap_socket(line))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def shown(link: ssl.SSLSocket) -> int:
    """The serial of the certificate that the other end showed."""
    der = link.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).serial_number


def serves(link: ssl.SSLSocket) -> bool:
    """Whether requests are answered over it."""
    link.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    return link.recv(4096).startswith(b"HTTP/1.1 404")


def serial(path: Path) -> int:
    return x509.load_pem_x509_certificate(path.read_bytes()).serial_number


def renew(layout: Layout) -> None:
    """The authority makes a new pair in the old one's place, as an operator would."""
    from click.testing import CliRunner

    from pki.cli import pki

    words = ["renew", str(layout.directory), str(CITY), "--purpose", "tls"]
    done = CliRunner().invoke(pki, words)
    assert done.exit_code == 0, done.output


def test_after_a_hang_up_new_links_see_the_new_certificate_and_open_ones_stay(
    city: Daemon, layout: Layout, link: Callable[[], ssl.SSLSocket]
) -> None:
    first = link()
    old = shown(first)
    renew(layout)
    city.signal(signal.SIGHUP)
    assert "MONOTONIC_USEC" in (city.heard("RELOADING") or {})
    assert city.heard("READY") is not None
    second = link()
    new = serial(layout.certificate(CITY, Purpose.TLS))
    assert (shown(second), old == new) == (new, False)
    assert serves(first)
    assert serves(second)


def test_files_that_changed_are_taken_without_a_word(
    city: Daemon, layout: Layout, link: Callable[[], ssl.SSLSocket]
) -> None:
    renew(layout)
    new = serial(layout.certificate(CITY, Purpose.TLS))
    assert wait_for(lambda: "new" if shown(link()) == new else "")
    assert city.check("reload") == "ok"
    tls = next(c for c in city.status()["certificates"] if c["name"] == "tls")
    assert tls["days_left"] > 396


def test_a_half_written_certificate_leaves_the_old_one_and_is_told(
    city: Daemon, layout: Layout, link: Callable[[], ssl.SSLSocket]
) -> None:
    path = layout.certificate(CITY, Purpose.TLS)
    old, whole = serial(path), path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    city.signal(signal.SIGHUP)
    assert city.heard("READY") is not None
    assert city.check("reload") == "warning"
    assert shown(link()) == old
    path.write_bytes(whole)
    assert city.becomes("reload", "ok")
    assert city.get("/ready")[0] == 200


@pytest.mark.parametrize("gone", ["key", "certificate", "chain"])
def test_a_file_that_is_gone_leaves_the_old_one_and_is_told(
    city: Daemon, layout: Layout, link: Callable[[], ssl.SSLSocket], gone: str
) -> None:
    paths = {
        "key": layout.key(CITY, Purpose.TLS),
        "certificate": layout.certificate(CITY, Purpose.TLS),
        "chain": layout.chain,
    }
    away = paths[gone].rename(paths[gone].with_suffix(".away"))
    city.signal(signal.SIGHUP)
    assert city.heard("READY") is not None
    assert city.check("reload") == "warning"
    assert serves(link())
    away.rename(paths[gone])
    assert city.becomes("reload", "ok")


def test_another_stations_pair_is_not_used(
    city: Daemon, layout: Layout, link: Callable[[], ssl.SSLSocket]
) -> None:
    old = serial(layout.certificate(CITY, Purpose.TLS))
    for file in (layout.key, layout.certificate):
        shutil.copy(file(people.CORE, Purpose.TLS), file(CITY, Purpose.TLS))
    city.signal(signal.SIGHUP)
    assert city.heard("READY") is not None
    assert city.check("reload") == "warning"
    assert shown(link()) == old


def test_what_the_master_names_waits_for_a_restart_and_is_told(
    city: Daemon, files: Files
) -> None:
    anchor = files.anchor(people.CORE)
    anchor.write_bytes(anchor.read_bytes())
    assert city.becomes("reload", "warning")
    said = next(c for c in city.status()["checks"] if c["name"] == "reload")["said"]
    assert "signing.crt" in said


def test_a_hang_up_during_the_start_does_not_make_it_ready(
    daemon: Callable[..., Daemon],
) -> None:
    city = daemon("city").start(ready=False)
    told: list[dict[str, str]] = []
    while not any("READY" in one for one in told):
        found = city.heard("", 0.05)
        told += [found] if found else []
        if waits_for_signals(city):
            city.signal(signal.SIGHUP)
    assert not any("RELOADING" in one for one in told[:1])
    assert city.get("/ready")[0] == 200


def waits_for_signals(one: Daemon) -> bool:
    """Whether it has said by now what SIGHUP is to do."""
    status = Path(f"/proc/{one.process.pid}/status").read_text()
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return caught is not None and bool(int(caught[1], 16) >> (signal.SIGHUP - 1) & 1)


def test_messages_pass_while_certificates_change_again_and_again(
    daemon: Callable[..., Daemon], files: Files, layout: Layout
) -> None:
    network: dict[str, Any] = {
        name: daemon(name).start() for name in ("core", "city", "second-city")
    }
    with closing(Stage(files, PLAIN)) as stage:
        numbers = []
        for who in range(12):
            numbers.append(ask(stage, who))
            renew(layout)
            network["city"].signal(signal.SIGHUP)
        assert {stage.end_of(ASKER, number) for number in numbers} == {"provided"}
    assert network["city"].check("reload") == "ok"
