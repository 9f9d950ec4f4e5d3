# SPDX-License-Identifier: Apache-2.0
"""Accidents of an operator's day: each is named, and none ends the station."""

import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.stage import Stage, wait_for
from simulators.network.story_refusals import ASKER
from tests.flows.conftest import PLAIN, ask
from tests.operation.daemons import Daemon
from tests.tools import lacking, mount, need

Made = Callable[..., Daemon]
LIMIT = 5.0


def said(one: Daemon, name: str) -> str:
    """What a check found."""
    found = one.status()["checks"]
    return next(str(check["said"]) for check in found if check["name"] == name)


# --- kill -9 --------------------------------------------------------------------------


def test_a_killed_station_starts_again_and_is_well(daemon: Made, files: Files) -> None:
    network = [daemon(name).start() for name in ("core", "city", "second-city")]
    with closing(Stage(files, PLAIN)) as stage:
        numbers = [ask(stage, who) for who in range(5)]
        for one in network:
            one.signal(signal.SIGKILL)
            assert one.ended(LIMIT) == -signal.SIGKILL
            one.start()
        assert {stage.end_of(ASKER, number) for number in numbers} == {"provided"}
    assert [one.get("/ready")[0] for one in network] == [200] * 3


# --- the store ------------------------------------------------------------------------


@pytest.fixture
def small_disk(files: Files) -> Iterator[Path]:
    """The city's folder on a disk of its own that can be filled."""
    folder = files.station(people.PROVIDER)
    kept = folder.rename(folder.with_name("kept"))
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def filled(filler: Path) -> None:
    """Write until there is no room left."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_a_full_disk_is_named_and_room_mends_it(
    small_disk: Path, daemon: Made, files: Files
) -> None:
    network = {name: daemon(name).start() for name in ("core", "city", "second-city")}
    city = network["city"]
    assert city.becomes("disk", "failing")
    filler = small_disk / "filler"
    filled(filler)
    with closing(Stage(files, PLAIN)) as stage:
        number = ask(stage)
        assert city.becomes("store", "failing")
        assert "make room" in said(city, "store")
        assert city.get("/ready")[0] == 503
        assert city.metric("sekisho_store_available") == {"": 0.0}
        assert city.get("/health")[0] == 200
        filler.unlink()
        assert city.becomes("store", "ok")
        assert stage.end_of(ASKER, number) == "provided"


def test_a_store_that_is_taken_away_is_named_without_any_traffic(
    daemon: Made, files: Files
) -> None:
    city = daemon("city").start()
    path = files.station(people.PROVIDER) / "records.sqlite"
    path.rename(path.with_name("away"))
    assert city.becomes("store", "failing")
    assert "removed or replaced" in said(city, "store")
    path.with_name("away").rename(path)
    assert city.becomes("store", "ok")


def test_a_store_that_another_process_holds_does_not_hold_up_a_stop(
    daemon: Made, files: Files
) -> None:
    network = {name: daemon(name).start() for name in ("core", "city", "second-city")}
    path = files.station(people.PROVIDER) / "records.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with closing(Stage(files, PLAIN)) as stage:
            number = ask(stage)
            core = network["core"]
            links = '{listener="peers"}'
            assert wait_for(
                lambda: str(core.metric("sekisho_connections")[links] or "")
            )
            network["city"].signal(signal.SIGTERM)
            assert network["city"].ended(LIMIT) in (0, 3)
            db.execute("ROLLBACK")
            network["city"].start()
            assert stage.end_of(ASKER, number) == "provided"


# --- the clock ------------------------------------------------------------------------


class Moved:
    """The wall clock of one process, moved by hand; its monotonic clock runs on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.by(timedelta(0))

    def by(self, delta: timedelta) -> None:
        self._file.write_text(f"{int(delta.total_seconds()):+d}\n")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(faketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }


def faketime() -> Path:
    """The library of the `faketime` tool, which moves one process's wall clock."""
    folder = Path(need("faketime")).parents[1] / "lib"
    found = sorted(folder.glob("*/faketime/libfaketimeMT.so.1"))
    return found[0] if found else lacking("faketime has no library on this machine")


@pytest.fixture
def moved(tmp_path: Path) -> Moved:
    return Moved(tmp_path / "faketime")


def under_faketime(moved: Moved, daemon: Made, title: str) -> Daemon:
    return daemon(title, environment=moved.environment)


def test_a_clock_that_is_set_back_is_named_and_stops_no_timer(
    daemon: Made, files: Files, moved: Moved
) -> None:
    city = under_faketime(moved, daemon, "city").start()
    assert city.check("clock") == "ok"
    moved.by(timedelta(hours=1))
    assert city.becomes("clock", "warning")
    assert "moved by +3600 s" in said(city, "clock")
    moved.by(timedelta(0))
    assert wait_for(lambda: "back" if "by -3600 s" in said(city, "clock") else "")
    files.anchor(people.CORE).touch()
    assert city.becomes("reload", "warning"), "background work stands still"


def test_a_clock_before_the_newest_record_is_not_ready(
    daemon: Made, files: Files, moved: Moved
) -> None:
    network = {name: daemon(name).start() for name in ("core", "second-city")}
    city = under_faketime(moved, daemon, "city").start()
    with closing(Stage(files, PLAIN)) as stage:
        number = ask(stage)
        assert stage.end_of(ASKER, number) == "provided"
    assert len(network) == 2
    moved.by(timedelta(minutes=-10))
    assert city.becomes("clock", "failing")
    assert city.get("/ready")[0] == 503


# --- certificates and lists -----------------------------------------------------------


def test_what_ends_soon_and_what_ended_are_named(
    daemon: Made, files: Files, moved: Moved
) -> None:
    city = under_faketime(moved, daemon, "city").start()
    assert city.get("/ready")[0] == 200
    moved.by(timedelta(days=6, hours=12))
    assert city.becomes("revocation_list", "warning")
    moved.by(timedelta(days=370))
    assert city.becomes("certificates", "warning")
    assert city.check("revocation_list") == "failing"
    assert "nobody is believed" in said(city, "revocation_list")
    moved.by(timedelta(days=400))
    assert city.becomes("certificates", "failing")
    assert "tls (" in said(city, "certificates")
    assert city.get("/ready")[0] == 503


# --- the outbox and the admin listener ------------------------------------------------


def test_messages_that_wait_too_long_are_named_with_their_peer(
    daemon: Made, files: Files
) -> None:
    path = files.config(people.SECOND_PROVIDER)
    with path.open("a", encoding="utf-8") as file:
        file.write("\n[health]\noutbox_seconds = 0.5\n")
    city = daemon("second-city").start()
    with closing(Stage(files, PLAIN)) as stage:
        ask(stage)
    assert city.becomes("outbox", "warning")
    assert str(people.CORE) in said(city, "outbox")
    assert city.get("/ready")[0] == 200
    assert city.metric("sekisho_outbox_messages") == {"": 1.0}
    assert city.metric("sekisho_outbox_age_seconds")[""] > 0.5


def test_idle_guests_of_the_admin_listener_keep_nobody_out_for_long(
    daemon: Made,
) -> None:
    city = daemon("city").start()
    with ExitStack() as stack:
        for _ in range(40):
            line = socket.create_connection(("127.0.0.1", city.admin), timeout=20)
            stack.enter_context(closing(line))
        assert wait_for(lambda: answers(city), 20.0) == "answered"


def answers(one: Daemon) -> str:
    try:
        return "answered" if one.get("/health")[0] == 200 else ""
    except OSError:
        return ""


def test_a_log_that_nobody_reads_any_more_ends_nothing(
    daemon: Made, files: Files
) -> None:
    city = daemon("city", prefix=("sh", "-c", 'exec "$@" 2>&1 | true', "sh"))
    city.start()
    files.anchor(people.CORE).touch()
    city.process.send_signal(0)
    assert city.becomes("reload", "warning")
    assert datetime.fromisoformat(city.status()["now"]).tzinfo == UTC
