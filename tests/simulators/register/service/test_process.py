# SPDX-License-Identifier: Apache-2.0
"""The register as a process: over real TLS, beside a CS that a test plays."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pki import authority
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation, Validity
from pki.profiles import Purpose
from schemas.messages import SubmissionAccepted, read_payload, write_payload
from schemas.number_messages import PersonalIdentifierCodeRequest
from schemas.payload import type_of
from schemas.systems import ADDRESSEE, BUSINESS, CS, EXISTING, EXISTING_TERMINAL
from simulators.register.service import starting
from simulators.register.service.cli import register
from simulators.register.service.doing import ACTS
from simulators.register.service.looks import LOOKS
from simulators.register.service.running import Running
from simulators.web import (
    Client,
    LinkFailed,
    Reply,
    client_context,
    serve,
    server_context,
)
from tests.house import ROOT
from tests.simulators.register.desk import ALICE, number

CITY = "102024"
ROLES = (EXISTING, EXISTING_TERMINAL, CS, ADDRESSEE, BUSINESS)
PATIENCE = 10.0


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    stations = tuple(
        PlannedStation(
            organisation=CITY, role=role, name="高崎市", purposes=(Purpose.TLS,)
        )
        for role in ROLES
    )
    plan = Plan(
        network=Network(name="City", test=True),
        validity=Validity(tls_days=10, crl_days=7),
        stations=stations,
    )
    layout = Layout(tmp_path_factory.mktemp("city") / "pki")
    authority.build(plan, layout.directory, datetime.now(UTC))
    return layout


def keys(pki: Layout, role: str) -> Path:
    return pki.station(StationName(CITY, role))


@contextmanager
def client(pki: Layout, role: str, port: int) -> Iterator[Client]:
    folder = keys(pki, role)
    context = client_context(pki.chain, folder / "tls.crt", folder / "tls.key")
    with closing(Client("127.0.0.1", port, context)) as made:
        yield made


class City:
    """The CS and the addressee system of the city: takes everything, and remembers."""

    def __init__(self, pki: Layout, role: str) -> None:
        self.posted: list[tuple[str, str]] = []
        self.heard = threading.Event()
        folder = keys(pki, role)
        context = server_context(pki.chain, folder / "tls.crt", folder / "tls.key")
        self.server = serve("127.0.0.1", 0, context, self._handle)
        self.port = self.server.server_address[1]
        work = partial(self.server.serve_forever, 0.01)
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def _handle(self, method: str, target: str, body: bytes, _: Any) -> Reply:
        if method == "GET":
            return Reply(200, "text/plain", b"")
        self.posted.append((target, type_of(body)))
        self.heard.set()
        accepted = write_payload(SubmissionAccepted(bytes(16)))
        return Reply(202, "application/xml", accepted)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def city(pki: Layout) -> Iterator[City]:
    with closing(City(pki, CS)) as made:
        yield made


def place(pki: Layout, folder: Path | None = None, **changes: Any) -> starting.Place:
    fields: dict[str, Any] = {
        "name": StationName(CITY, EXISTING),
        "keys": keys(pki, EXISTING),
        "chain": pki.chain,
        "crl": pki.crl,
        "clock": lambda: datetime.now(UTC),
        "host": "127.0.0.1",
        "port": 0,
        "cs": None,
        "city": {},
        "folder": folder,
    }
    return starting.Place(**{**fields, **changes})


def running(where: starting.Place) -> Running:
    return starting.run(*starting.alone(where, "7", 20, CITY))


def ask(client: Client, name: str, **fields: Any) -> Any:
    body = json.dumps({"by": {"name": "alice"}, **fields}).encode()
    reply = client.post(f"/v1/desk/{name}", "application/json", body)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def test_what_a_card_event_owes_reaches_the_cs_at_once(pki, city):
    where = place(pki, cs=("127.0.0.1", city.port))
    with (
        closing(running(where)) as made,
        client(pki, EXISTING_TERMINAL, made.port) as terminal,
    ):
        card = {"record": 1, "serial": "CARD-1", "certificate": "0A"}
        assert ask(terminal, "cards", **card) == {}
        assert city.heard.wait(PATIENCE)
    assert city.posted[0] == ("/v1/inside/messages", "card_status_notice")


def test_a_request_for_a_code_goes_on_to_the_cs(pki, city):
    """R-029: between addressee system and CS stands the register."""
    asked = PersonalIdentifierCodeRequest(
        processing_number=bytes(16), individual_number=number(1)
    )
    where = place(pki, cs=("127.0.0.1", city.port))
    with (
        closing(running(where)) as made,
        client(pki, ADDRESSEE, made.port) as addressee,
    ):
        body = write_payload(asked)
        reply = addressee.post("/v1/inside/messages", "application/xml", body)
        assert isinstance(
            read_payload(type_of(reply.body), reply.body), SubmissionAccepted
        )
        assert city.heard.wait(PATIENCE)
    assert [kind for _, kind in city.posted] == ["personal_identifier_code_request"]


@pytest.mark.parametrize("role", [BUSINESS, CS])
def test_another_systems_certificate_opens_no_desk(pki, role):
    with closing(running(place(pki))) as made, client(pki, role, made.port) as other:
        assert other.get("/v1/desk/status").status == 403


def test_without_a_certificate_there_is_no_link(pki):
    with closing(running(place(pki))) as made:
        context = client_context(pki.chain, None, None)
        with (
            closing(Client("127.0.0.1", made.port, context)) as nobody,
            pytest.raises(LinkFailed),
        ):
            nobody.get("/v1/desk/status")


def test_what_is_owed_outlives_the_process(pki, city, tmp_path):
    with closing(running(place(pki, tmp_path))) as made:
        made.register.cards.issue(1, "CARD-1", "0A", ALICE)
        assert made.register.outbox.next(CS) is not None
    where = place(pki, tmp_path, cs=("127.0.0.1", city.port))
    with closing(running(where)) as made:
        assert city.heard.wait(PATIENCE)
        assert made.register.cards.state("CARD-1") == "in use"
    assert city.posted[0][1] == "card_status_notice"


def test_a_fresh_register_has_residents_and_codes_and_a_used_one_keeps_them(
    pki, tmp_path
):
    for _ in range(2):
        with closing(running(place(pki, tmp_path))) as made:
            store = made.register.store
            assert store.value("SELECT count(*) FROM records") == 20
            assert made.register.pool.left() == 200


# -- the command -------------------------------------------------------------------


def words(pki: Layout, *more: str) -> list[str]:
    folder = str(keys(pki, EXISTING))
    return [
        *("--keys", folder, "--chain", str(pki.chain), "--crl", str(pki.crl)),
        *("--residents", "20", *more),
    ]


def test_the_command_is_ready_serves_and_ends_with_its_standard_input(pki, tmp_path):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(address))
        notify.settimeout(PATIENCE)
        folder = tmp_path / "store"
        folder.mkdir(mode=0o700)
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sekisho", "simulate", "register"),
                *words(pki, "--until-stdin-closes", "--folder", str(folder)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NOTIFY_SOCKET": str(address)},
        )
        with process:
            assert process.stdout is not None
            assert process.stdin is not None
            line = process.stdout.readline()
            assert notify.recv(100) == b"READY=1"
            port = int(line.rpartition(":")[2])
            with client(pki, EXISTING, port) as own:
                status = json.loads(own.get("/v1/desk/status").body)
            process.stdin.close()
            assert process.wait(PATIENCE) == 0
    assert status["counts"]["residents"] == 20
    assert (folder / "register.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--cs", "nowhere"], "is not HOST:PORT"),
        (["--cs", "h:99999999"], "is not HOST:PORT"),
        (["--to", "nobody=127.0.0.1:1"], "is not SYSTEM=HOST:PORT"),
        (["--municipality", "112020"], "the certificate is that of"),
        (["--port", "-1"], "Invalid value"),
    ],
)
def test_a_mistaken_command_says_what_is_wrong(pki, more, says):
    done = CliRunner().invoke(register, words(pki, *more))
    assert done.exit_code != 0
    assert says in done.output


def test_the_command_of_the_document_starts_and_ends(pki):
    text = (ROOT / "docs" / "register.md").read_text("utf-8")
    (shown,) = re.findall(r"^sekisho (simulate register .*)$", text, re.MULTILINE)
    means = {
        "KEYS": str(keys(pki, EXISTING)),
        "CHAIN": str(pki.chain),
        "CRL": str(pki.crl),
        "HOST:PORT": "127.0.0.1:1",
    }
    given = [means.get(word, word) for word in shown.split()]
    done = subprocess.run(
        [sys.executable, "-m", "sekisho", *given, "--until-stdin-closes"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "listens on 127.0.0.1:" in done.stdout


def test_the_document_names_every_act_and_every_look():
    text = (ROOT / "docs" / "register.md").read_text("utf-8")
    table = text.partition("| for | acts | looks |")[2].partition("\n\n")[0]
    acts, looks = set(), set()
    for line in table.splitlines()[2:]:
        cells = line.split("|")
        acts |= set(re.findall(r"`([^`]+)`", cells[2]))
        looks |= set(re.findall(r"`([^`]+)`", cells[3]))
    assert (acts, looks) == (set(ACTS), set(LOOKS))


def test_a_command_without_keys_says_what_to_give():
    done = CliRunner().invoke(register, [])
    assert done.exit_code == 2
    assert "give --network, or --keys as well" in done.output
