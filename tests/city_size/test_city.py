# SPDX-License-Identifier: Apache-2.0
"""A city goes into its register, its CS and the servers, and is checked; all are cut.

Real processes and links; one story, each part on what the one before left. `bench city`
does the same with 370,000.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.messages import read_payload
from schemas.resident_messages import EightItems
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network import ports
from simulators.network.build import Choices
from simulators.network.cli import import_copies
from simulators.network.files import Files
from simulators.network.parties import Half
from simulators.network.processes import Processes
from simulators.network.stage import Stage, wait_for
from simulators.peers.hand import Hand
from simulators.register import Register
from simulators.residents import generate

PEOPLE = 4_000
CHOICES = Choices(seed="size", residents=20, half=Half.RESIDENT)
TITLES = ("city", "prefecture", "peers")
WHOLE = f"{PEOPLE:,} of {PEOPLE:,}"
OTHER_NAME = "別　名"


@dataclass
class City:
    """One network, and what an operator types."""

    files: Files
    processes: Processes

    @property
    def config(self) -> str:
        return str(self.files.config(people.CITY_CS))

    def fill(self, what: str, *words: str) -> list[str]:
        where = ("--network", str(self.files.root))
        return ["simulate", "fill", what, *where, *words]

    def say(self, *words: str) -> str:
        run = subprocess.run(
            command(*words), capture_output=True, text=True, timeout=60, check=False
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    def cut(self, *words: str) -> "subprocess.Popen[str]":
        """A command that has told once that something is done, and goes on."""
        begun = subprocess.Popen(
            command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert begun.stdout is not None
        for line in begun.stdout:
            if " of " in line and not line.startswith("0 "):
                return begun
        raise AssertionError(begun.communicate()[1])

    def register(self) -> Register:
        path = self.files.peer(people.REGISTER) / "register.sqlite"
        now = datetime.now(UTC)
        return Register.open(path, lambda: now, secrets.token_bytes)

    def checks(self) -> list[dict[str, Any]]:
        found = self.say("cs", "checks", "--config", self.config, "--json")
        told: list[dict[str, Any]] = json.loads(found)
        return told


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "sekisho", *words]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    files = Files(tmp_path_factory.mktemp("size") / "network")
    network = building.build(files, CHOICES)
    import_copies(files)
    processes = Processes(files, TITLES)
    try:
        processes.start()
        yield City(files, processes)
    finally:
        processes.stop()
        ports.release(network.first_port)


def test_a_register_that_was_killed_while_it_was_filled_is_filled_on(
    city: City,
) -> None:
    words = city.fill("register", "--residents", str(PEOPLE))
    begun = city.cut(*words)
    begun.kill()
    begun.communicate()
    told = city.say(*words).splitlines()
    assert told == [WHOLE]  # the first 2,000 are not written again
    with closing(city.register()) as register:
        numbers = [one.number for one in register.books.all()]
        assert numbers == list(range(1, PEOPLE + 1))
        kept = {one.resident_record_code for one in register.consistency.stream()}
    assert kept == {one.resident_record_code for one in generate("size", PEOPLE)}


def test_a_cs_that_was_killed_while_it_was_filled_is_filled_on(city: City) -> None:
    approved = ("--approved-by", "別の 者", "--persons", str(PEOPLE))
    opened = ("--config", city.config, "--operator", "試験 係", *approved)
    city.say("cs", "load", "open", *opened)
    begun = city.cut(*city.fill("cs"))
    city.processes.kill("city")
    _, complaint = begun.communicate(timeout=60)
    assert begun.returncode == 1
    assert "do it again later" in complaint
    city.processes.restart("city")
    told = city.say(*city.fill("cs")).splitlines()
    assert told[-2] == WHOLE
    assert told[-1].startswith(f"{PEOPLE:,} persons are held")
    load = json.loads(city.say("cs", "load", "show", "--config", city.config, "--json"))
    assert [(one["state"], one["taken"]) for one in load] == [("done", PEOPLE)]


def test_a_check_that_was_killed_on_both_sides_tells_what_differs(city: City) -> None:
    """R-081: planted differences are named, and the check is open until both told."""
    told = city.say(*city.fill("servers")).splitlines()
    assert told.count(WHOLE) == 2
    planted = plant(city)
    city.processes.kill("prefecture")
    asked = ("--config", city.config, "--operator", "試験 係")
    check_id = city.say("cs", "check", *asked).strip()
    assert wait_for(lambda: half_done(city)) == "half"
    city.processes.kill("city")
    city.processes.restart("prefecture")
    city.processes.restart("city")
    shown = city.say("cs", "checks", "--follow", "--config", city.config).splitlines()
    assert "servers have told their result: 2 of 2" in shown
    (check,) = city.checks()
    assert (check["check_id"], check["state"]) == (check_id, "done")
    assert [
        (one["server"], one["compared"], one["differences"]) for one in check["results"]
    ] == [
        (str(people.PREFECTURAL_SERVER), PEOPLE, len(planted)),
        (str(people.NATIONAL_SERVER), PEOPLE, 0),
    ]
    assert differences(city) == planted


def plant(city: City) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Let the prefecture know three by another name, and one whom nobody else knows."""
    with closing(city.register()) as register:
        stream = map(EightItems.of, register.consistency.stream())
        some = [one for place, one in enumerate(stream) if place in (0, 1999, 3999)]
    *_, stranger = generate("size", PEOPLE + 1)
    renamed = [replace(one, kanji_name=OTHER_NAME) for one in some]
    extra = replace(
        some[0],
        resident_record_code=stranger.resident_record_code,
        individual_number=stranger.individual_number,
    )
    with (
        closing(Stage(city.files, CHOICES)) as stage,
        Hand(stage.peer(people.PREFECTURAL_SERVER)) as hand,
    ):
        hand.load((one, people.CITY) for one in (*renamed, extra))
    named = {one.resident_record_code: ("differs", ("kanji_name",)) for one in some}
    return {**named, extra.resident_record_code: ("only_kept", ())}


def half_done(city: City) -> str:
    """Whether the national server has told, and the prefecture has not."""
    results = city.checks()[0]["results"]
    return "half" if len(results) == 1 and city.checks()[0]["state"] != "done" else ""


def differences(city: City) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What the prefecture told the register, as that fetches it."""
    found = {}
    with closing(Stage(city.files, CHOICES)) as stage:
        door = stage.inside(people.CITY_CS)
        for line in door.get("/v1/inside/arrivals").body.decode().splitlines():
            message, kind, _ = line.split()
            body = door.get(f"/v1/inside/arrivals/{message}").body
            result: Any = read_payload(kind, body)
            found |= {
                one.resident_record_code: (one.finding, one.differing)
                for one in result.differences
            }
    return found
