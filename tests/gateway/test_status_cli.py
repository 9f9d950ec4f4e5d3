# SPDX-License-Identifier: Apache-2.0
"""`sekisho gateway status`: what a person sees, and what a program reads."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest
from click.testing import CliRunner

from gateway.cli import gateway
from gateway.records.survey import Room
from gateway.services.status import status
from tests.gateway.files import tables, toml
from tests.gateway.services.overviews import watched
from tests.gateway.world import NOON, PROVIDER


class Station:
    """What stands in for a station: an admin listener with one answer."""

    def __init__(self, body, code=200):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(code)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Says nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def told(world, tmp_path):
    """What a station with something to tell tells."""
    folder = tmp_path / "station"
    folder.mkdir()
    found = watched(world, folder)
    found.look()
    found.overview.room = Room(used=2048, free=10**9)
    found.overview.successes = {("C00001/x", "out"): NOON - timedelta(minutes=1)}
    made = msgspec.to_builtins(status(found.overview), builtin_types=())
    found.overview.store.close()
    return made


@pytest.fixture
def ask(world, tmp_path):
    """Asks the station at a port."""

    def run(port, *words):
        of = {**tables(world.layout, PROVIDER, tmp_path)}
        if port is not None:
            of["admin"] = {"port": port}
        path = tmp_path / "station.toml"
        path.write_text(toml(of), "utf-8")
        return CliRunner().invoke(gateway, ["status", "--config", str(path), *words])

    return run


def encoded(told):
    return msgspec.json.encode(told)


def test_a_person_sees_checks_listeners_certificates_and_peers(ask, told):
    with Station(encoded(told)) as station:
        found = ask(station.port)
    assert found.exit_code == 0
    for word in (
        f"{PROVIDER}: ready",
        "revocation_list",
        "127.0.0.1 port",
        "C00001/x",
        "2030-01-01 20:59:00.000",
        "outbox: 0 waiting",
        "holds: 0 waiting",
        "2 KB",
    ):
        assert word in found.output


def test_a_program_reads_the_same_as_json(ask, told):
    with Station(encoded(told)) as station:
        found = ask(station.port, "--json")
    assert json.loads(found.output) == json.loads(encoded(told))


def test_what_fails_is_in_the_exit_status(ask, told):
    told["ready"] = False
    told["checks"][1] |= {"state": "failing", "said": "the disk is full [admin]"}
    with Station(encoded(told)) as station:
        found = ask(station.port)
    assert found.exit_code == 3
    assert "not ready" in found.output
    assert "the disk is full [admin]" in found.output


def test_without_an_admin_table_nobody_can_be_asked(ask):
    found = ask(None)
    assert found.exit_code == 1
    assert "admin.port: is missing" in found.output


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", 200), (b"{}", 200), (b"[1]", 200), (b"<html>", 200), (b"{}", 500)],
)
def test_another_program_on_the_port_is_not_taken_for_a_station(ask, body, code):
    with Station(body, code) as station:
        found = ask(station.port)
    assert found.exit_code == 1
    assert f"no station answers at 127.0.0.1 port {station.port}" in found.output


def test_a_station_that_is_down_is_said_to_be(ask):
    with Station(b"") as station:
        pass
    found = ask(station.port)
    assert found.exit_code == 1
    assert "is it running?" in found.output


def test_every_field_of_the_status_stays():
    from gateway.services.status import Status

    assert {one.name for one in msgspec.structs.fields(Status)} >= {
        "station",
        "version",
        "now",
        "since",
        "ready",
        "checks",
        "listeners",
        "certificates",
        "store",
        "outbox_waiting",
        "outbox_oldest",
        "holds_waiting",
        "holds_oldest",
        "peers",
    }
