# SPDX-License-Identifier: Apache-2.0
"""The door: mutual TLS, plain XML, and the management of a simulation."""

import inspect
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from pki import authority
from pki.keystore import load_certificate
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation, Validity
from pki.profiles import Purpose
from pki.trust import TrustStore
from schemas.messages import read_payload, write_payload
from schemas.payload import type_of
from schemas.systems import (
    ADDRESSEE,
    BUSINESS,
    EXISTING,
    PLATFORM,
    PORTAL,
    STORES,
    TAX,
)
from simulators.city import courier
from simulators.city.addressee import AddresseeSystem
from simulators.city.cli import ALONE, city
from simulators.city.common_platform import CommonPlatform
from simulators.city.door import JSON, MESSAGES, XML, Door, Guests, acts_of, digest_of
from simulators.city.portal import Portal
from simulators.city.stores import IssuanceSystem
from simulators.city.system import System
from simulators.city.taken import Given, Sender
from simulators.web import Client, LinkFailed, client_context, serve, server_context
from tests.simulators.city.office import (
    CITY,
    WELFARE,
    chance,
    changed,
    number,
    numbered,
)
from tests.simulators.city.test_common_platform import fetch

ROLES = (EXISTING, ADDRESSEE, PLATFORM, BUSINESS, TAX, STORES, PORTAL)


def now() -> datetime:
    return datetime.now(UTC)


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
    authority.build(plan, layout.directory, now())
    return layout


def keys(pki: Layout, role: str) -> tuple[Path, Path]:
    folder = pki.station(StationName(CITY, role))
    return folder / "tls.crt", folder / "tls.key"


@contextmanager
def listening(pki: Layout, system: System) -> Iterator[int]:
    """The system behind its door; the port."""
    trust = TrustStore.load(pki.chain, pki.crl)
    business = digest_of(load_certificate(keys(pki, BUSINESS)[0]))
    guests = Guests(trust, frozenset({system.name}), {business: "welfare"})
    context = server_context(pki.chain, *keys(pki, system.role))
    server = serve("127.0.0.1", 0, context, Door(system, guests).handle)
    thread = threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def client(pki: Layout, role: str, port: int) -> Iterator[Client]:
    made = Client("127.0.0.1", port, client_context(pki.chain, *keys(pki, role)))
    try:
        yield made
    finally:
        made.close()


def ask(client: Client, path: str, **words: Any) -> tuple[int, Any]:
    reply = client.post(path, JSON, json.dumps(words).encode())
    return reply.status, json.loads(reply.body or b"null")


def live() -> Given:
    return Given(now, chance())


def test_a_payload_goes_through_the_door_and_its_answer_comes_back(pki):
    system = CommonPlatform(CITY, live())
    system.apply("welfare", WELFARE, "U-1", "alice")
    system.approve("U-1", "市民課", "bob")
    with listening(pki, system) as port:
        with client(pki, EXISTING, port) as register:
            reply = register.post(MESSAGES, XML, write_payload(changed()))
            assert reply.status == HTTPStatus.ACCEPTED
        with client(pki, BUSINESS, port) as business:
            reply = business.post(MESSAGES, XML, write_payload(fetch()))
            value = read_payload(type_of(reply.body), reply.body)
            assert value.update_sequence_number == 1


def test_which_business_system_it_is_its_certificate_says(pki):
    """R-034: the tax system has another one, whatever it posts."""
    system = CommonPlatform(CITY, live())
    system.apply("welfare", WELFARE, "U-1", "alice")
    system.approve("U-1", "市民課", "bob")
    with listening(pki, system) as port, client(pki, TAX, port) as tax:
        reply = tax.post(MESSAGES, XML, write_payload(fetch()))
    assert reply.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert b"SK-Y03" in reply.body


def test_two_systems_speak_over_tls(pki):
    """Addressee system to the shops, by the courier."""
    sending, taking = AddresseeSystem(CITY, live()), IssuanceSystem(CITY, live())
    with listening(pki, sending) as port, client(pki, EXISTING, port) as register:
        register.post(MESSAGES, XML, write_payload(numbered()))
    with listening(pki, taking) as port, client(pki, ADDRESSEE, port) as line:
        post = lambda body: line.post(MESSAGES, XML, body).body  # noqa: E731
        assert courier.run(sending, {STORES: post}) == 1
    assert taking.store.value("SELECT individual_number FROM numbers") == number()


def test_without_a_certificate_nobody_comes_in(pki):
    with listening(pki, CommonPlatform(CITY, live())) as port:
        context = client_context(pki.chain, None, None)
        with pytest.raises(LinkFailed):
            Client("127.0.0.1", port, context).post(MESSAGES, XML, b"")


def test_a_certificate_of_another_authority_does_not_open_the_door(pki, tmp_path):
    copied = Layout(tmp_path / "pki")
    plan = authority.Authority.open(pki.directory).plan
    authority.build(plan, copied.directory, now())
    with (
        listening(copied, CommonPlatform(CITY, live())) as port,
        client(pki, EXISTING, port) as stranger,
        pytest.raises(LinkFailed),
    ):
        stranger.post(MESSAGES, XML, write_payload(changed()))


@pytest.mark.parametrize(
    "path", ["/", "/v1/messages", "/v1/manage/history", "/v1/applications", "/v1/x"]
)
def test_there_is_nothing_behind_other_paths(pki, path):
    system = CommonPlatform(CITY, live())
    with listening(pki, system) as port, client(pki, EXISTING, port) as register:
        assert register.get(path).status == HTTPStatus.NOT_FOUND
        assert register.post(path, XML, b"{}").status == HTTPStatus.NOT_FOUND


# -- management ------------------------------------------------------------------------


def test_a_simulation_is_run_through_its_door(pki):
    system = CommonPlatform(CITY, live())
    with listening(pki, system) as port, client(pki, PLATFORM, port) as own:
        acts = "/v1/manage/acts"
        assert "approve" in json.loads(own.get(acts).body)
        words = {"system": "welfare", "affair": WELFARE, "reference": "U", "by": "a"}
        assert ask(own, f"{acts}/apply", **words) == (200, {"result": None})
        assert ask(own, "/v1/manage/faults", fault="down") == (200, {"down": 1})
        status = json.loads(own.get("/v1/manage/status").body)
        assert status["faults"] == {"down": 1}
        (event,) = json.loads(own.get("/v1/manage/history").body)
        assert event["what"] == "use applied for"
        assert json.loads(own.get("/v1/manage/history?after=1").body) == []
        assert json.loads(own.get("/v1/manage/looks").body) == []


@pytest.mark.parametrize(
    ("path", "words", "status"),
    [
        ("acts/apply", {"system": "welfare"}, 422),
        ("acts/apply", {"nothing": 1}, 422),
        ("acts/log_in", {"person": 7, "secret": "x"}, 400),
        ("acts/log_in", {"person": "x", "secret": "x"}, 422),
        ("acts/close", {}, 404),
        ("acts/handle", {}, 404),
        ("acts/_do", {}, 404),
        ("faults", {"fault": "explode"}, 400),
        ("faults", {}, 400),
    ],
)
def test_what_is_asked_wrongly_is_told(pki, path, words, status):
    system = CommonPlatform(CITY, live())
    with listening(pki, system) as port, client(pki, PLATFORM, port) as own:
        body = json.dumps(words).encode()
        reply = own.post(f"/v1/manage/{path}", JSON, body)
    assert reply.status == status
    assert b"welfare" not in reply.body


def test_every_act_has_words_that_json_can_say(pki):
    """No act of a system that runs alone needs what no request could hold."""
    for made in ALONE.values():
        for work in acts_of(made(CITY, live())).values():
            hints = get_type_hints(inspect.unwrap(work))
            hints.pop("return")
            assert all(msgspec.json.schema(hint) for hint in hints.values())


def test_the_portal_has_a_face_of_its_own(pki):
    portal = Portal(CITY, live())
    fields = {
        "name": "髙橋　花子",
        "date_of_birth": "1990-05-05",
        "new_address": "埼玉県熊谷市見本町２番地",
        "move_on": "2026-04-10",
        "telephone": "000",
    }
    with listening(pki, portal) as port:
        with client(pki, PORTAL, port) as own:
            words = {"kind": "move_out", "municipality": CITY, "fields": fields}
            sent = ask(own, "/v1/manage/acts/send", certificate_serial="FF", **words)
            assert sent == (200, {"result": 1})
        with client(pki, EXISTING, port) as register:
            (found,) = json.loads(register.get("/v1/applications").body)
            assert found["fields"] == fields
            settled = ask(register, "/v1/applications/1", outcome="accepted")
            assert settled == (200, {})
            assert json.loads(register.get("/v1/applications?after=1").body) == []
        with client(pki, BUSINESS, port) as business:
            assert business.get("/v1/applications").status == 422


# -- attacks ---------------------------------------------------------------------------

WORDS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from([CITY, WELFARE, number(), "82の2", "0A1B2C", "2026-04-01"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=8), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def doors(pki) -> list[Door]:
    trust = TrustStore.load(pki.chain, pki.crl)
    return [
        Door(system, Guests(trust, frozenset({system.name})))
        for made in ALONE.values()
        for system in [made(CITY, live())]
    ]


@settings(max_examples=400)
@drawn(data=st.data())
def test_whatever_is_asked_of_a_door_the_answer_is_ours(doors, data):
    acts = [(door, name) for door in doors for name in sorted(acts_of(door.system))]
    door, name = data.draw(st.sampled_from(acts))
    system = door.system
    hints = get_type_hints(inspect.unwrap(acts_of(system)[name]))
    hints.pop("return")
    words = {one: data.draw(WORDS) for one in hints}
    body = data.draw(st.just(json.dumps(words).encode()) | st.binary(max_size=40))
    path = f"/v1/manage/acts/{name}"
    reply = door.answer("POST", path, body, Sender(system.name))
    assert reply.status in (200, 400, 422, 503)


@drawn(
    method=st.sampled_from(["GET", "POST"]),
    path=st.sampled_from(
        [
            "/v1/manage/history?after=",
            "/v1/applications?after=",
            "/v1/applications/",
            "/v1/manage/faults",
            MESSAGES,
            "",
        ]
    ),
    rest=st.text(max_size=20) | st.integers().map(str),
    body=st.binary(max_size=40),
    data=st.data(),
)
def test_whatever_path_is_asked_for_the_answer_is_ours(
    doors, method, path, rest, body, data
):
    door = data.draw(st.sampled_from(doors))
    for who in (door.system.name, StationName(CITY, EXISTING)):
        reply = door.answer(method, path + rest, body, Sender(who))
        assert reply.status in (200, 202, 400, 404, 422, 503)


def test_many_at_once_are_served_one_after_the_other(pki):
    system = AddresseeSystem(CITY, live())
    serials = list(range(1, 21))
    with listening(pki, system) as port:

        def one(serial: int) -> int:
            with client(pki, EXISTING, port) as register:
                body = write_payload(numbered(serial))
                return register.post(MESSAGES, XML, body).status

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(one, serials * 2))
    assert set(statuses) == {HTTPStatus.ACCEPTED}
    found = {system.persons.by_number(number(one)).addressee_number for one in serials}
    assert len(found) == len(serials)
    assert len(system.outbox.sent("resident_record_copy")) == len(serials)


# -- the command -----------------------------------------------------------------------


def options(pki: Layout, role: str) -> list[str]:
    folder = str(pki.station(StationName(CITY, role)))
    files = ["--chain", str(pki.chain), "--crl", str(pki.crl)]
    return ["--keys", folder, *files]


def test_one_system_runs_alone_and_is_spoken_to(pki):
    command = [sys.executable, "-m", "sekisho", "simulate", "city"]
    with subprocess.Popen(
        [*command, PLATFORM, *options(pki, PLATFORM)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        try:
            with client(pki, EXISTING, port) as register:
                reply = register.post(MESSAGES, XML, write_payload(changed()))
                assert reply.status == HTTPStatus.ACCEPTED
            with client(pki, PLATFORM, port) as own:
                (event,) = json.loads(own.get("/v1/manage/history").body)
                assert event["by"] == f"{CITY}/{EXISTING}"
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("role", "more"),
    [(PORTAL, []), (PLATFORM, ["--to", "x"]), (PLATFORM, ["--business", "welfare"])],
    ids=["another's keys", "no address", "no certificate"],
)
def test_what_cannot_be_run_is_told(pki, role, more):
    done = CliRunner().invoke(city, [role, *options(pki, PLATFORM), *more])
    assert done.exit_code != 0
    assert "Error" in done.output
