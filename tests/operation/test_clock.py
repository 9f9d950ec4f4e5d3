# SPDX-License-Identifier: Apache-2.0
"""The daemon and its clock: a TEST network's, one that is lost, one that is wrong."""

import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pki import authority, network_clock
from pki.passphrase import Passphrases
from pki.plan import Network, Plan
from simulators.clock import belief_of, clock_of
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.moves import Choice, move
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from simulators.web import client_context
from tests.flows.conftest import PLAIN, ask, events_of, party
from tests.operation.conftest import STATIONS
from tests.operation.daemons import Daemon

Made = Callable[..., Daemon]
DAY = timedelta(days=1)
TEN_MINUTES = timedelta(minutes=10)
STOPPED = 5.0


def said(one: Daemon, name: str) -> str:
    """What a check of its health found."""
    found = one.status()["checks"]
    return next(str(check["said"]) for check in found if check["name"] == name)


def checked(config: Path) -> "subprocess.CompletedProcess[str]":
    """`sekisho gateway check-config`."""
    return subprocess.run(
        [sys.executable, "-m", "sekisho", "gateway", "check-config", str(config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# --- the network's clock --------------------------------------------------------------


def test_status_tells_the_time_of_the_network(daemon: Made, files: Files) -> None:
    city = daemon("city").start()
    assert said(city, "clock") == "runs evenly"
    now = move(files, 30 * DAY, Choice()).now
    assert said(city, "clock") == (
        "the test network's, 30 days, 0:00:00 ahead of this machine's"
    )
    assert datetime.fromisoformat(city.status()["now"]) - now < DAY / 24
    assert city.check("clock") == "ok"
    assert city.get("/ready")[0] == 200


def test_certificates_that_are_over_make_it_not_ready(
    daemon: Made, files: Files
) -> None:
    city = daemon("city").start()
    move(files, 400 * DAY, Choice())
    assert city.becomes("certificates", "failing")
    assert city.get("/ready")[0] == 503
    move(files, timedelta(0), Choice(renew=True))
    assert city.becomes("certificates", "ok")
    assert wait_for(lambda: "ready" if city.get("/ready")[0] == 200 else "")


def test_a_link_that_waits_is_not_cut_by_a_move(daemon: Made, files: Files) -> None:
    """Its time-outs are of another clock: they count seconds that pass."""
    daemon("city").start()
    keys = files.pki.station(people.CORE)
    port = building.load(files).outside[str(people.PROVIDER)]
    with closing(Stage(files, PLAIN)) as stage:
        belief = belief_of(stage.directory.trust, clock_of(files.pki))
    pair = keys / "tls.crt", keys / "tls.key"
    context = client_context(files.pki.chain, *pair, belief=belief)
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    with context.wrap_socket(plain) as link:
        move(files, 30 * DAY, Choice())
        link.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        assert link.recv(4096).startswith(b"HTTP/1.1 404")


def test_a_station_whose_clock_is_set_back_stops_cleanly_and_says_why(
    daemon: Made, files: Files
) -> None:
    network_clock.write(files.pki.clock, DAY)
    city = daemon("city").start()
    network_clock.write(files.pki.clock, timedelta(0))
    assert city.ended(STOPPED) == 1
    text = city.log.read_text()
    assert "nobody knows what time it is" in text
    assert "clock.json: was set back" in text.splitlines()[-1]
    assert city.heard("STOPPING") is not None


def test_with_a_garbled_clock_a_station_stops_and_starts_only_once_it_is_mended(
    daemon: Made, files: Files
) -> None:
    network_clock.write(files.pki.clock, DAY)
    city = daemon("city").start()
    kept = files.pki.clock.read_bytes()
    files.pki.clock.write_text("?")
    assert city.ended(STOPPED) == 1
    assert city.start(ready=False).ended(20) == 1
    assert "station.toml: clock: " in city.log.read_text()
    checking = checked(files.config(people.PROVIDER))
    assert checking.returncode == 1
    assert "station.toml: clock: " in checking.stderr
    files.pki.clock.write_bytes(kept)
    assert said(city.start(), "clock").endswith(
        "1 day, 0:00:00 ahead of this machine's"
    )


@pytest.fixture
def of_no_test(files: Files, tmp_path: Path) -> Files:
    """The network's files under the authority of a network that is no TEST."""
    plan = Plan(network=Network(name="Example", test=False), stations=())
    lock = Passphrases(root=b"root passphrase", issuing=b"issuing passphrase")
    files.pki.directory.rename(tmp_path / "kept")
    authority.build(plan, files.pki.directory, datetime.now(UTC), passphrases=lock)
    network_clock.write(files.pki.clock, timedelta(0))
    return files


def test_a_station_of_no_test_network_does_not_start_with_a_clock(
    daemon: Made, of_no_test: Files
) -> None:
    city = daemon("city").start(ready=False)
    assert city.ended(20) == 1
    assert "only a TEST network has a clock of its own" in city.log.read_text()
    checking = checked(of_no_test.config(people.PROVIDER))
    assert checking.returncode == 1
    assert "only a TEST network has a clock of its own" in checking.stderr


# --- a clock that is ten minutes off --------------------------------------------------


@pytest.fixture
def apart(files: Files) -> Callable[[str, timedelta], None]:
    """Gives the stations of one process a clock that is ahead of the others'."""

    def give(title: str, by: timedelta) -> None:
        network_clock.write(files.root / f"{title}.json", by)
        for name in STATIONS[title]:
            path = files.config(name)
            text = path.read_text("utf-8")
            there = text.replace("../../pki/clock.json", f"../../{title}.json")
            assert there != text
            path.write_text(there, "utf-8")

    return give


def look_now(*clocks: Path) -> None:
    """A clock file that is new hurries all rounds, so that no test waits for one."""
    for path in clocks:
        network_clock.write(path, network_clock.read(path))


def test_a_fast_requester_is_refused_and_both_operators_are_told(
    daemon: Made, files: Files, apart: Callable[[str, timedelta], None]
) -> None:
    apart("second-city", TEN_MINUTES)
    network = {name: daemon(name).start() for name in ("core", "city", "second-city")}
    with closing(Stage(files, PLAIN)) as stage:
        number = ask(stage)
        assert stage.end_of(ASKER, number) == "SK-M07"
        seen = {(party(e), e["kind"]) for e in events_of(stage, number) if e["code"]}
    assert seen == {("core", "refused"), ("requester", "failed")}
    look_now(files.pki.clock, files.root / "second-city.json")
    assert network["core"].becomes("clock", "warning")
    assert network["second-city"].becomes("clock", "warning")
    assert said(network["core"], "clock").startswith("a peer's message was refused")
    assert said(network["second-city"], "clock").startswith("a peer refused a message")
    assert network["city"].check("clock") == "ok"


def test_a_slow_requester_refuses_and_both_operators_are_told(
    daemon: Made, files: Files, apart: Callable[[str, timedelta], None]
) -> None:
    """Slow is what it is where all the others are fast."""
    apart("core", TEN_MINUTES)
    apart("city", TEN_MINUTES)
    network = {name: daemon(name).start() for name in ("core", "city", "second-city")}
    with closing(Stage(files, PLAIN)) as stage:
        number = ask(stage)

        def refused() -> str:
            found = {
                (party(e), e["kind"])
                for e in events_of(stage, number)
                if e["code"] == "SK-M07"
            }
            return "both" if len(found) == 2 else ""

        assert wait_for(refused) == "both"
        assert str(stage.standing(ASKER, number).status) == "in_progress"
    look_now(files.pki.clock, files.root / "city.json")
    assert network["city"].becomes("clock", "warning")
    assert network["second-city"].becomes("clock", "warning")
    assert said(network["second-city"], "clock").startswith("a peer's message was ref")
    assert said(network["city"], "clock").startswith("a peer refused a message")
