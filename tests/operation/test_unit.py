# SPDX-License-Identifier: Apache-2.0
"""The unit file: tight, and not so tight that a station could not work in it."""

import re
import shlex
import subprocess
from collections.abc import Callable
from configparser import ConfigParser
from contextlib import closing
from pathlib import Path

import pytest

from simulators.network.files import Files
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER
from tests.flows.conftest import PLAIN, ask
from tests.house import ROOT
from tests.operation.daemons import Daemon
from tests.tools import lacking, need

UNIT = ROOT / "packaging" / "sekisho@.service"
Made = Callable[..., Daemon]

ROOTS_OWN = {"fchown"}
"""What SQLite calls for root only, so that its files stay their owner's."""


def settings(name: str) -> list[str]:
    """Every value of a setting, in order."""
    lines = UNIT.read_text("utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def works(network: list[Daemon], files: Files) -> bool:
    """Whether an inquiry goes round."""
    assert len(network) == 3
    with closing(Stage(files, PLAIN)) as stage:
        return stage.end_of(ASKER, ask(stage)) == "provided"


def test_its_exposure_is_small() -> None:
    command = [need("systemd-analyze"), "security", "--offline=true", "--threshold=20"]
    done = subprocess.run(
        [*command, str(UNIT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_systemd_reads_every_line_of_it(tmp_path: Path) -> None:
    """All but the program, which is where the operator put it."""
    tool = need("systemd-analyze")
    copy = tmp_path / UNIT.name
    text = UNIT.read_text("utf-8").replace("/opt/sekisho/bin/sekisho", "/bin/true")
    copy.write_text(text, "utf-8")
    done = subprocess.run(
        [tool, "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "sekisho" in line]
    assert (done.returncode, ours) == (0, [])


def test_it_starts_the_command_that_there_is() -> None:
    words = shlex.split(settings("ExecStart")[0])
    assert words[1:4] == ["gateway", "run", "--config"]
    assert settings("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert settings("Type") == ["notify"]


def test_every_secret_that_is_read_at_the_start_only_is_a_credential() -> None:
    core = (UNIT.parent / "core.conf").read_text("utf-8")
    given = [value.partition(":")[0] for value in settings("LoadCredential")]
    assert given == ["signing.key", "sealing.key", "store.key"]
    assert re.findall(r"LoadCredential=([^:]+):", core) == ["permit.key", "code.key"]


def test_it_gives_a_stop_more_time_than_it_needs() -> None:
    assert float(settings("TimeoutStopSec")[0]) > 5.0


def test_a_station_makes_no_system_call_but_those_that_it_is_allowed(
    daemon: Made, files: Files, tmp_path: Path
) -> None:
    analyze, tracer = need("systemd-analyze"), need("strace")
    trace = tmp_path / "trace"
    traced = (tracer, "-f", "-qq", "-o", str(trace), "-e", "signal=none")
    city = daemon("city", prefix=traced).start(ready=False)
    if city.heard("READY", 60.0) is None:
        lacking("this machine does not let us trace a process")
    network = [city, daemon("core").start(), daemon("second-city").start()]
    assert works(network, files)
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text("utf-8"), re.MULTILINE))
    assert {"epoll_wait", "fdatasync", "sendto"} <= made
    assert made - allowed(analyze) - ROOTS_OWN == set()


def allowed(analyze: str) -> set[str]:
    """What `SystemCallFilter` lets through: one list, less two others."""
    first, second = settings("SystemCallFilter")
    names = expanded(analyze, first)
    for one in second.removeprefix("~").split():
        names -= expanded(analyze, one)
    return names


def expanded(analyze: str, name: str) -> set[str]:
    done = subprocess.run(
        [analyze, "--no-pager", "syscall-filter", name],
        capture_output=True,
        text=True,
        check=True,
    )
    words = [line.split("#")[0].strip() for line in done.stdout.splitlines()[1:]]
    found: set[str] = set()
    for word in filter(None, words):
        found |= expanded(analyze, word) if word.startswith("@") else {word}
    return found


@pytest.mark.parametrize("name", ["core.conf", "sekisho.sysusers"])
def test_what_lies_beside_it_says_where_it_belongs(name: str) -> None:
    text = (UNIT.parent / name).read_text("utf-8")
    assert re.search(r"^# .*: /(etc|usr)/", text, re.MULTILINE)


def test_the_unit_has_no_setting_twice_by_mistake() -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text("utf-8"))
    many = {"LoadCredential", "SystemCallFilter"}
    for name in parser["Service"]:
        assert name in many or len(settings(name)) == 1, name
