# SPDX-License-Identifier: Apache-2.0
"""A daemon starts, tells that it is ready, or says which key of which file to mend."""

import shutil
import signal
import socket
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from simulators.network import parties as people
from simulators.network.files import Files
from tests.house import ROOT
from tests.operation.daemons import Daemon

Made = Callable[..., Daemon]
FROZEN = ROOT / "tests" / "gateway" / "frozen"


def refused(one: Daemon) -> str:
    """What it says when it does not start."""
    one.start(ready=False)
    assert one.ended(20) == 1
    assert one.heard("READY", 0.1) is None
    return one.log.read_text()


def table_of(path: Path, table: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))[table]
    return found


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


# --- readiness ------------------------------------------------------------------------


def test_it_is_ready_only_when_every_listener_is_open(daemon: Made) -> None:
    city = daemon("city").start()
    for config in city.configs:
        of = tomllib.loads(config.read_text("utf-8"))
        for table in ("outside", "inside", "admin"):
            with closing(socket.create_connection(("127.0.0.1", of[table]["port"]))):
                pass
    assert city.get("/ready")[0] == 200


def test_a_service_manager_that_watches_is_told_again_and_again(daemon: Made) -> None:
    city = daemon("city", environment={"WATCHDOG_USEC": "200000"}).start()
    assert city.heard("WATCHDOG") is not None
    assert city.heard("WATCHDOG") is not None


def test_an_abstract_socket_is_told_too(daemon: Made) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0sekisho-operation-test")
        sock.settimeout(20)
        address = {"NOTIFY_SOCKET": "@sekisho-operation-test"}
        daemon("city", environment=address).start(ready=False)
        assert sock.recv(200).startswith(b"READY=1\nSTATUS=102024/")


def test_a_station_without_an_admin_listener_runs_as_before(
    daemon: Made, files: Files
) -> None:
    for name in (people.PROVIDER, people.CITY_CS):
        path = files.config(name)
        path.write_text(path.read_text("utf-8").partition("\n[admin]")[0], "utf-8")
    assert daemon("city").start().process.poll() is None


def test_it_starts_with_the_configuration_of_an_older_version(
    daemon: Made, files: Files, tmp_path: Path
) -> None:
    """The file as it was released; only its port and folder are this test's."""
    name = people.PROVIDER
    folder = tmp_path / "old"
    shutil.copytree(files.pki.station(name), folder / "keys")
    for source, to in (
        (files.pki.chain, "chain.pem"),
        (files.pki.crl, "crl.pem"),
        (files.master, "master.cms"),
        (files.anchor(people.CORE), "core.crt"),
        (files.station(name) / "records.sqlite", "records.sqlite"),
        (FROZEN / "least-0.1.0.toml", "station.toml"),
    ):
        shutil.copy(source, folder / to)
    port = table_of(files.config(name), "outside")["port"]
    replaced(folder / "station.toml", "port = 20443", f"port = {port}")
    city = daemon("city")
    city.configs = [folder / "station.toml"]
    city.start()
    with closing(socket.create_connection(("127.0.0.1", port))):
        pass
    city.signal(signal.SIGTERM)
    assert city.ended(5) == 0


# --- what keeps it from starting ------------------------------------------------------


@pytest.mark.parametrize("table", ["outside", "inside", "admin"])
def test_a_port_that_is_taken_is_named_with_file_and_key(
    daemon: Made, files: Files, table: str
) -> None:
    path = files.config(people.CITY_CS)
    port = table_of(path, table)["port"]
    with closing(socket.create_server(("127.0.0.1", port))):
        said = refused(daemon("city"))
    assert f"{path}: {table}.port: 127.0.0.1 port {port}: another program" in said


def test_a_listener_may_have_an_ipv6_address(daemon: Made, files: Files) -> None:
    path = files.config(people.CORE)
    port = table_of(path, "outside")["port"]
    replaced(path, "[outside]", '[outside]\nhost = "::1"')
    core = daemon("core").start()
    assert core.status()["listeners"][0]["host"] == "::1"
    with closing(socket.create_connection(("::1", port))):
        pass


def test_a_test_network_is_never_opened_to_others(daemon: Made, files: Files) -> None:
    path = files.config(people.CORE)
    replaced(path, "[outside]", '[outside]\nhost = "0.0.0.0"')
    said = refused(daemon("core"))
    assert f"{path}: outside.host: a TEST PKI serves loopback addresses only" in said


@pytest.mark.parametrize(
    ("gone", "key"),
    [
        ("master.cms", "master.cms"),
        ("pki/chain.pem", "chain.pem"),
        ("pki/issuing/crl.pem", "crl.pem"),
        ("code.key", "code.key"),
        ("{keys}/tls.key", "tls.key"),
        ("{keys}/tls.crt", "tls.crt"),
        ("{keys}/signing.key", "signing.key"),
        ("{keys}/sealing.crt", "sealing.crt"),
        ("{keys}/store.key", "store.key"),
        ("{station}/records.sqlite", "no store file"),
    ],
)
def test_a_file_that_is_missing_is_named(
    daemon: Made, files: Files, gone: str, key: str
) -> None:
    keys = files.pki.station(people.CORE).relative_to(files.root)
    station = files.station(people.CORE).relative_to(files.root)
    (files.root / gone.format(keys=keys, station=station)).unlink()
    said = refused(daemon("core"))
    assert f"Error: {files.config(people.CORE)}: " in said
    assert key in said
    assert "Traceback" not in said


def test_a_key_that_others_may_read_is_not_used(daemon: Made, files: Files) -> None:
    (files.pki.station(people.CORE) / "tls.key").chmod(0o640)
    assert "chmod 600" in refused(daemon("core"))


def test_one_bad_station_of_two_leaves_none_running(daemon: Made, files: Files) -> None:
    second = files.config(people.CITY_CS)
    replaced(second, "[outside]", "[outsde]")
    said = refused(daemon("city"))
    assert f"{second}: outsde: unknown key; did you mean outside?" in said
