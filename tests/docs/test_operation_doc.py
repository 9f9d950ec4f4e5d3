# SPDX-License-Identifier: Apache-2.0
"""``docs/operation.md``: its tables are the code's, and its commands do what it says.

The guide is followed on a station of its own: made, checked, started, asked, backed up.
The folder ``/etc/sekisho/NAME`` of the guide is the station's folder of a test network.
What only a service manager can do (`systemctl`) is left to the tests of the unit.
"""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.records.jst import JST
from gateway.records.store import commit_once
from gateway.services.health import State
from pki.keystore import load_secret
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.stage import wait_for
from tests.docs.document import DOCS, tables
from tests.gateway.people import resident_record
from tests.gateway.records.helpers import outgoing
from tests.house import ROOT
from tests.operation.daemons import Daemon

TEXT = (DOCS / "operation.md").read_text("utf-8")
BLOCKS = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
FOLDER = "/etc/sekisho/NAME"
CS_FOLDER = "/etc/sekisho/CS"
HOURS = "[hours]"
BACKUP = "/var/backups/NAME.sqlite"
RESTORE = "sekisho restore --config"


def commands() -> list[str]:
    """Every `sekisho` command of the guide, in order."""
    lines = [one.strip() for block in BLOCKS.findall(TEXT) for one in block.split("\n")]
    return [line for line in lines if line.startswith("sekisho ")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A network whose stations have no stores yet, and admin listeners."""
    made = Files(tmp_path_factory.mktemp("guide") / "network")
    network = building.build(made, Choices(seed="guide", residents=100))
    with made.config(people.PROVIDER).open("a", encoding="utf-8") as file:
        file.write(f"\n[admin]\nport = {network.first_port + 100}\n")
    with_calendar(made.station(people.PROVIDER))
    with_media(made)
    return made


def with_media(made: Files) -> None:
    """Who may put out media at the CS, a disc, and a prefecture that takes one in."""
    cs, there = made.station(people.CITY_CS), made.station(people.PREFECTURAL_SERVER)
    (rules,) = re.findall(r"```toml\n(\[media\]\n.*?)```", TEXT, re.S)
    told = made.config(people.CITY_CS).read_text("utf-8")
    there.mkdir(exist_ok=True)
    theirs = told.partition("[inside]")[0].replace('prefecture = "100005"\n', "")
    for city, prefecture in (
        (f'"{people.CITY}"', f'"{people.PREFECTURE}"'),
        ('"municipal_cs"', '"prefectural_server"'),
        (cs.name, there.name),
    ):
        theirs = theirs.replace(city, prefecture)
    (there / "station.toml").write_text(theirs, "utf-8")
    made.config(people.CITY_CS).write_text(f"{told}\n{rules}", "utf-8")
    (cs / "disc").mkdir()


def hold_somebody(cs: Path) -> None:
    """A resident in the CS's file, so that there is somebody to put out."""
    key = load_secret(load(cs / "station.toml").store.key)
    person = resident_record()
    commit_once(cs / "records.sqlite", key, lambda tx: tx.put_identity(person))


def with_calendar(station: Path) -> None:
    """The calendar of the guide, with its lists, and an official table."""
    (found,) = [
        one for one in re.findall(r"```toml\n(.*?)```", TEXT, re.S) if HOURS in one
    ]
    (station / "calendar.toml").write_text(found, "utf-8")
    headings = "国民の祝日・休日月日,国民の祝日・休日名称"
    holidays = f"{headings}\n2099/1/1,元日\n".encode("cp932")
    (station / "syukujitsu.csv").write_bytes(holidays)
    table = "code,prefecture,municipality\n102024,群馬県,高崎市\n"
    (station / "official.csv").write_text(table, "utf-8")
    config = station / "station.toml"
    told = config.read_text("utf-8")
    config.write_text(f'calendar = "calendar.toml"\n{told}', "utf-8")


@pytest.fixture(scope="module")
def station(files: Files) -> Path:
    return files.station(people.PROVIDER)


@pytest.fixture(scope="module")
def daemon(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    made = Daemon([files.config(people.PROVIDER)], tmp_path_factory.mktemp("guided"))
    yield made
    made.end()


def a_copy(station: Path) -> str:
    """The addressee number of somebody whose copy is imported."""
    first, _, _ = (station / "copies.jsonl").read_text("utf-8").partition("\n")
    return str(json.loads(first)["addressee_number"])


def something_owed(station: Path) -> str:
    """The id of a message that waits, for a peer that is not there."""
    now = datetime.now(JST)
    owed = outgoing(
        int(now.timestamp() * 1000),
        peer=str(people.CORE),
        message_type="provision_notice",
        created=now,
        deadline=now + timedelta(hours=1),
        guard_code=None,
        context=b"",
    )
    key = load_secret(load(station / "station.toml").store.key)
    commit_once(station / "records.sqlite", key, lambda tx: tx.enqueue(owed))
    return owed.message_id.hex()


def followed(line: str, station: Path) -> "subprocess.CompletedProcess[str]":
    """Do one line of the guide."""
    cs = Files(station.parents[1]).station(people.CITY_CS)
    there = Files(station.parents[1]).station(people.PREFECTURAL_SERVER)
    here = line.replace(FOLDER, str(station)).replace(CS_FOLDER, str(cs))
    here = here.replace("/etc/sekisho/PREFECTURE", str(there))
    here = here.replace("DISC", str(cs / "disc"))
    if "OUTPUT" in here:
        (output,) = (cs / "disc").iterdir()
        here = here.replace("OUTPUT", output.name)
    here = here.replace(BACKUP, str(station / "backup.sqlite"))
    here = re.sub(r"\b(copies|export)\.jsonl", rf"{station}/\1.jsonl", here)
    here = here.replace(" official.csv", f" {station}/official.csv")
    today = f"{datetime.now(JST):%Y-%m-%d}"
    here = here.replace("--today TODAY", f"--today {today}")
    if "NUMBER" in here:
        here = here.replace("NUMBER", a_copy(station))
    if "MESSAGE" in here:
        here = here.replace("MESSAGE", something_owed(station))
    words = [sys.executable, "-m", *shlex.split(here)]
    return subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False
    )


def test_every_command_of_the_guide_works_in_its_order(
    station: Path, daemon: Daemon
) -> None:
    lines = commands()
    assert len(lines) >= 13
    init = f"sekisho gateway init --config {CS_FOLDER}/station.toml"
    assert followed(init, station).returncode == 0
    there = init.replace("/CS/", "/PREFECTURE/")
    assert followed(there, station).returncode == 0
    hold_somebody(Files(station.parents[1]).station(people.CITY_CS))
    before = lines.index(next(line for line in lines if " status " in line))
    for line in lines[:before]:
        done = followed(line, station)
        assert (done.returncode, done.stderr) == (0, ""), line
    daemon.start()
    for line in lines[before:]:
        if line.startswith(RESTORE):
            daemon.end()
        done = followed(line, station)
        assert (done.returncode, done.stderr) == (0, ""), line
        assert done.stdout
        if line.startswith(RESTORE):
            daemon.start()
            assert wait_for(lambda: waits(daemon)) == "it waits for its peers"
        elif " restore decide " in line:
            assert daemon.becomes("restored", "ok")


def waits(daemon: Daemon) -> str:
    """Whether a restored station has begun to ask."""
    checks = {one["name"]: one["said"] for one in daemon.status()["checks"]}
    asks = checks["restored"].startswith("closed: ") and " of 0 " not in str(checks)
    return "it waits for its peers" if asks else ""


def test_before_a_store_is_made_the_check_says_how(files: Files) -> None:
    path = files.config(people.CORE)
    line = f"sekisho gateway check-config {path}"
    done = followed(line, path.parent)
    assert done.returncode == 1
    assert "made by 'sekisho gateway init'" in done.stderr


def test_the_tables_of_the_guide_are_as_the_code_is() -> None:
    script = str(DOCS / "operation_tables.py")
    done = subprocess.run(
        [sys.executable, script, "--check"], cwd=ROOT, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_example_configuration_is_one(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    assert "admin" in tomllib.loads(found[1])
    path = tmp_path / "station.toml"
    path.write_text(found[1], "utf-8")
    assert isinstance(load(path), Config)


def test_the_guide_tells_what_every_check_means(station: Path, daemon: Daemon) -> None:
    told = {row[0] for part in tables(TEXT) for row in part if len(row) == 4}
    if daemon.process is None:
        followed(f"sekisho gateway init --config {FOLDER}/station.toml", station)
        daemon.start()
    names = {one["name"] for one in daemon.status()["checks"]}
    assert names <= told
    assert {one["state"] for one in daemon.status()["checks"]} <= set(State)


@pytest.mark.parametrize("name", re.findall(r"\]\(([\w.-]+\.md)\)", TEXT))
def test_what_the_guide_points_at_is_there(name: str) -> None:
    assert (DOCS / name).exists()
