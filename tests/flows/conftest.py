# SPDX-License-Identifier: Apache-2.0
"""Small networks that a flow may break, and what every flow asks of a stage."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.cli import import_copies
from simulators.network.files import Files
from simulators.network.processes import Processes
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER

ITEM = 28
SMALL = ("core", "city", "second-city")
"""Core, provider and one requester, without the rest of the network."""
PLAIN = Choices(seed="small", residents=100, vouched=False)
"""What a small network is made with where nothing else matters: few of its processes
run, so nobody could vouch for the record of those."""

Event = dict[str, Any]


def small_network(folder: Path, choices: Choices) -> Processes:
    """A network of three processes, which are not running yet."""
    files = Files(folder)
    building.build(files, choices)
    import_copies(files)
    return Processes(files, SMALL)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that never runs: making one takes longer than copying it."""
    return small_network(tmp_path_factory.mktemp("small") / "network", PLAIN).files.root


def copied(template: Path, folder: Path) -> Processes:
    """A copy of the small network, on the same ports: one may run at a time."""
    return Processes(Files(shutil.copytree(template, folder)), SMALL)


@contextmanager
def running(processes: Processes, choices: Choices) -> Iterator[Stage]:
    """The stage of a network that runs meanwhile."""
    try:
        processes.start()
        with closing(Stage(processes.files, choices)) as stage:
            yield stage
    finally:
        processes.stop()


def ask(stage: Stage, who: int = 1) -> bytes:
    """Ask the city about one of its unflagged residents; the processing number."""
    subject = stage.unflagged(stage.city, who).addressee_number
    number = stage.ask(ASKER, ITEM, subject)
    assert isinstance(number, bytes)
    return number


def events_of(stage: Stage, number: bytes) -> list[Event]:
    """What all stations have on record of one processing number, by time."""
    words = ["--network", str(stage.files.root), "--processing-number", number.hex()]
    found: list[Event] = stage.command_json("records", "search", *words)
    return found


def every_event(stage: Stage) -> list[Event]:
    """All that stands in any record of the network."""
    words = ["--network", str(stage.files.root), "--limit", "1000000"]
    found: list[Event] = stage.command_json("records", "list", *words)
    return found


def party(event: Event) -> str:
    """Which of the three of 番号法第23条 wrote an event of an inquiry to the city."""
    names = {
        str(ASKER): "requester",
        str(people.CORE): "core",
        str(people.PROVIDER): "provider",
    }
    return names[event["station"]]
