# SPDX-License-Identifier: Apache-2.0
"""No store, no send: a provider whose record cannot be written says nothing.

Each story breaks the store of a running provider, sees that nothing leaves it, mends
the store, and sees that nothing was lost and the station went on by itself.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.permit import issue
from simulators.network import parties as people
from simulators.network.processes import NotReady, Processes
from simulators.network.stage import Stage
from simulators.network.story_permits import pack_order, parts, permit_signer
from simulators.network.story_refusals import ASKER
from tests.flows.conftest import PLAIN, ask, copied, running
from tests.tools import mount

STATION = people.PROVIDER


@pytest.fixture
def processes(template: Path, tmp_path: Path) -> Processes:
    """A small network that is not running yet."""
    return copied(template, tmp_path / "network")


@pytest.fixture
def stage(processes: Processes) -> Iterator[Stage]:
    with running(processes, PLAIN) as found:
        yield found


@pytest.fixture
def small_disk(processes: Processes) -> Iterator[Path]:
    """The provider's folder on a disk of its own, so small that it can be filled."""
    folder = processes.files.station(STATION)
    kept = folder.rename(folder.with_name("kept"))
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder))
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def posted(stage: Stage) -> int:
    """Send the provider an order; the HTTP status of what it answers."""
    made = parts(stage)
    signed = issue(made.permit, permit_signer(stage), stage.now())
    packed = pack_order(stage, made, signed, STATION)
    return stage.peer(people.CORE).post(packed, STATION).status


def store(stage: Stage) -> Path:
    return stage.files.station(STATION) / "records.sqlite"


def said(stage: Stage) -> str:
    return (stage.files.logs / "city.log").read_text()


def goes_on(stage: Stage) -> None:
    """After the mending an inquiry is answered, and the parties agree."""
    assert stage.end_of(ASKER, ask(stage)) == "provided"


def test_a_removed_store_stops_the_station_until_it_is_back(stage: Stage) -> None:
    assert stage.end_of(ASKER, ask(stage)) == "provided"
    away = store(stage).with_name("away.sqlite")
    store(stage).rename(away)
    assert posted(stage) == 503
    waiting = ask(stage)
    assert "removed or replaced" in said(stage)
    assert str(stage.standing(ASKER, waiting).status) == "in_progress"
    away.rename(store(stage))
    assert stage.end_of(ASKER, waiting) == "provided"
    goes_on(stage)


def test_another_file_in_the_stores_place_is_not_written_to(stage: Stage) -> None:
    away = store(stage).with_name("away.sqlite")
    store(stage).rename(away)
    store(stage).write_bytes(b"")
    assert posted(stage) == 503
    assert store(stage).read_bytes() == b""
    store(stage).unlink()
    away.rename(store(stage))
    goes_on(stage)


def test_a_full_disk_stops_the_station_until_there_is_room(
    processes: Processes, small_disk: Path
) -> None:
    with running(processes, PLAIN) as stage:
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(free(small_disk)))
        assert 503 in [posted(stage) for _ in range(3)]
        assert "disk is full" in said(stage)
        waiting = ask(stage)
        ballast.unlink()
        assert stage.end_of(ASKER, waiting) == "provided"
        goes_on(stage)


def test_a_station_with_a_read_only_store_does_not_start(
    processes: Processes, small_disk: Path
) -> None:
    mount("-o", "remount,ro", str(small_disk))
    refused = pytest.raises(NotReady, match="cannot be written")
    with refused, running(processes, PLAIN):
        pytest.fail("the station started")


def free(disk: Path) -> int:
    """Bytes that still fit."""
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize
