# SPDX-License-Identifier: Apache-2.0
"""Simulators' links follow the network's clock, at both ends and no less strictly."""

import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pki import authority, network_clock
from pki.layout import Layout
from pki.names import StationName
from pki.plan import Network, Plan, PlannedStation
from pki.trust import TrustStore
from simulators import web
from simulators.clock import (
    Clock,
    belief_of,
    clock_of,
    context,
    follow,
    machine,
    problem_of,
)

DAY = timedelta(days=1)
CITY = StationName("102024", "municipal_cs")
PREFECTURE = StationName("100005", "prefectural_server")
Link = Callable[[], str]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Two stations, issued now: OpenSSL's own look would believe them today."""
    plan = Plan(
        network=Network(name="Example", test=True),
        stations=tuple(
            PlannedStation(organisation=s.organisation, role=s.role, name="x")
            for s in (CITY, PREFECTURE)
        ),
    )
    layout = Layout(tmp_path_factory.mktemp("pki") / "network")
    authority.build(plan, layout.directory, machine())
    return layout


@pytest.fixture
def pki(template: Layout, tmp_path: Path) -> Layout:
    """The same with a clock of its own, to be moved by one test."""
    layout = Layout(tmp_path / "network")
    shutil.copytree(template.directory, layout.directory)
    network_clock.write(layout.clock, timedelta(0))
    return layout


@pytest.fixture
def clock(pki: Layout) -> Clock:
    return clock_of(pki)


@pytest.fixture
def trust(pki: Layout, clock: Clock) -> TrustStore:
    """What both ends believe by; its list is read again at each move."""
    trust = TrustStore.load(pki.chain, pki.crl)
    follow(clock, trust.reload)
    return trust


def keys(pki: Layout, station: StationName) -> tuple[Path, Path]:
    folder = pki.station(station)
    return folder / "tls.crt", folder / "tls.key"


@pytest.fixture
def post(pki: Layout, clock: Clock, trust: TrustStore) -> Iterator[Link]:
    """Posts to the prefecture over a new link; what came of it."""
    belief = belief_of(trust, clock)
    accepting = web.server_context(pki.chain, *keys(pki, PREFECTURE), belief)
    server = web.serve("127.0.0.1", 0, accepting, taken)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def go() -> str:
        opening = web.client_context(pki.chain, *keys(pki, CITY), belief=belief)
        client = web.Client("127.0.0.1", server.server_port, opening)
        try:
            return client.post("/", "text/plain", b"").body.decode()
        except web.LinkFailed as error:
            return str(error)
        finally:
            client.close()

    yield go
    server.shutdown()
    server.server_close()


def taken(_m: str, _p: str, _b: bytes, peer: x509.Certificate) -> web.Reply:
    return web.Reply(200, "text/plain", str(StationName.of_certificate(peer)).encode())


def renewed(pki: Layout, ahead: timedelta) -> None:
    """The authority's list for that time, then the move."""
    authority.Authority.open(pki.directory).publish_crl(machine() + ahead)
    network_clock.write(pki.clock, ahead)


# --- the clock ------------------------------------------------------------------------


def test_a_network_without_a_clock_goes_by_the_machines(template: Layout) -> None:
    assert clock_of(template) is machine
    trust = TrustStore.load(template.chain, template.crl)
    assert belief_of(trust, machine) is None
    assert problem_of(machine) == ""


def test_work_that_fails_at_a_move_holds_up_nobody(pki: Layout, clock: Clock) -> None:
    def fails() -> None:
        raise FileNotFoundError

    follow(clock, fails)
    before = clock()
    network_clock.write(pki.clock, DAY)
    assert clock() - before >= DAY


def test_a_spoilt_file_is_told_of(pki: Layout, clock: Clock) -> None:
    pki.clock.write_text("?")
    clock()
    assert str(pki.clock) in problem_of(clock)


# --- links ----------------------------------------------------------------------------


def test_both_ends_believe_each_other_in_time(post: Link) -> None:
    assert post() == str(CITY)


def test_nobody_is_believed_once_certificates_are_over(pki: Layout, post: Link) -> None:
    renewed(pki, 400 * DAY)
    assert post() == "SSLCertVerificationError"


def test_nobody_is_believed_once_the_list_is_over(pki: Layout, post: Link) -> None:
    network_clock.write(pki.clock, 8 * DAY)
    assert post() == "SSLCertVerificationError"


def test_with_a_fresh_list_it_goes_on(pki: Layout, post: Link) -> None:
    renewed(pki, 8 * DAY)
    assert post() == str(CITY)


@pytest.mark.parametrize("end", ["server", "client"])
def test_each_end_looks_for_itself(
    pki: Layout, clock: Clock, trust: TrustStore, end: str
) -> None:
    """The other end of it has no idea of the time, and would go on."""
    renewed(pki, 400 * DAY)
    strict, lax = belief_of(trust, clock), lambda _: None
    sides = (strict, lax) if end == "server" else (lax, strict)
    server = web.server_context(pki.chain, *keys(pki, PREFECTURE), sides[0])
    client = web.client_context(pki.chain, *keys(pki, CITY), belief=sides[1])
    assert shaken(server, client)[end] == "SSLCertVerificationError"


def shaken(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, str]:
    """How a handshake between two contexts ended at each end."""
    ends = dict(zip(("server", "client"), socket.socketpair(), strict=True))
    came: dict[str, str] = {}

    def shake(name: str, made: ssl.SSLContext) -> None:
        ends[name].settimeout(10)
        try:
            made.wrap_socket(ends[name], server_side=name == "server").close()
            came[name] = "shaken"
        except OSError as error:
            came[name] = type(error).__name__
        finally:
            ends[name].close()

    other = threading.Thread(target=shake, args=("server", server))
    other.start()
    shake("client", client)
    other.join(10)
    return came


@pytest.mark.parametrize("end", ["server", "client"])
def test_a_link_that_somebody_else_carries_holds_the_belief_too(
    pki: Layout, clock: Clock, trust: TrustStore, end: str
) -> None:
    strict, lax = belief_of(trust, clock), lambda _: None
    sides = (strict, lax) if end == "server" else (lax, strict)
    server = web.server_context(pki.chain, *keys(pki, PREFECTURE), sides[0])
    client = web.client_context(pki.chain, *keys(pki, CITY), belief=sides[1])
    assert carried(server, client) == {}
    renewed(pki, 400 * DAY)
    assert carried(server, client) == {end: "SSLCertVerificationError"}


def carried(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, str]:
    """A handshake in memory; who broke it off, and why."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = {
        "client": client.wrap_bio(back, there),
        "server": server.wrap_bio(there, back, server_side=True),
    }
    for _ in range(4):
        for name, link in ends.items():
            with suppress(ssl.SSLWantReadError):
                try:
                    link.do_handshake()
                except ssl.SSLCertVerificationError as error:
                    return {name: type(error).__name__}
    return {}


def test_without_a_belief_openssl_looks_at_the_time() -> None:
    assert not context(ssl.PROTOCOL_TLS_CLIENT, None).verify_flags & 0x200000


def test_a_moment_is_aware(clock: Clock) -> None:
    moment: datetime = clock()
    assert moment.tzinfo is not None
