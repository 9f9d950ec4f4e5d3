# SPDX-License-Identifier: Apache-2.0
"""`sekisho up` as a new user meets it: one command, a table, nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.parties import Half
from simulators.network.player import story_of
from simulators.residents import generate
from tests.house import ROOT

Played = tuple[Path, list[dict[str, Any]]]
SEKISHO = [sys.executable, "-m", "sekisho"]


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that work in ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(folder) in line:
                found.append(line)
    return found


def gone(folder: Path, seconds: float = 10.0) -> bool:
    """Whether all of a network's processes end in time."""
    deadline = time.monotonic() + seconds
    while processes_of(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A network whose story was played to its end."""
    folder = tmp_path_factory.mktemp("up") / "network"
    words = ["up", "--once", "--json", "--residents", "200", "--seed", "7", "--dir"]
    done = subprocess.run(
        [*SEKISHO, *words, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr
    return folder, json.loads(done.stdout)


def test_every_step_of_the_story_is_as_expected(
    played: Played,
) -> None:
    wrong = [line for line in played[1] if not line["right"]]
    assert wrong == []


def test_the_story_asks_for_all_sixty_items(played: Played) -> None:
    items = [line for line in played[1] if line["key"].startswith("items/")]
    assert len(items) == 60


def test_the_readmes_say_how_many_steps_there_are(played: Played) -> None:
    for name in ("README.md", "README.ja.md"):
        text = (ROOT / name).read_text("utf-8")
        told = set(re.findall(r"(\d+) (?:steps|の手順|of \d+ as expected)", text))
        assert told == {str(len(played[1]))}, name


def test_the_story_is_told_in_a_minute(played: Played) -> None:
    assert sum(line["seconds"] for line in played[1]) < 60


def test_a_record_is_proven_by_witnesses_and_time(
    played: Played, tmp_path: Path
) -> None:
    """By the commands of a new user, who then takes two files away."""
    config = str(Files(played[0]).config(people.PROVIDER))
    rules, proof = str(tmp_path / "policy"), str(tmp_path / "one.tlog-proof")
    listed = told("records", "list", "--limit", "1000", "--json", "--config", config)
    first = json.loads(listed)[0]["record_id"]
    told("records", "policy", "--config", config, "--out", rules)
    told("records", "prove", first, "--config", config, "--out", proof)
    held = told("records", "verify", "--proof", proof, "--policy", rules)
    assert held.startswith("entry 0 of ")
    stamps = json.loads(told("records", "stamps", "--config", config, "--json"))
    assert stamps[0]["cosigned"]


def told(*words: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [*SEKISHO, *words], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_nothing_is_left_running_after_the_story(
    played: Played,
) -> None:
    assert gone(played[0])


def test_no_file_of_a_station_holds_a_name_or_a_number(
    played: Played,
) -> None:
    """Copies are encrypted at rest, and so is what waits in a store.

    What a simulated system keeps is in the open; its history is not let off.
    """
    secrets = [
        text.encode()
        for resident in generate("7", 200)
        for text in (
            resident.kanji_name,
            resident.individual_number,
            resident.resident_record_code,
            resident.addressee_number,
        )
    ]
    for path in played[0].rglob("*"):
        simulated = played[0] in (path.parent.parent.parent, path.parent.parent)
        open_to_see = {"peers", "house"} & {path.parent.name, path.parent.parent.name}
        kept = simulated and open_to_see and ".sqlite" in path.name
        if path.is_file() and not kept:
            data = path.read_bytes()
            assert not [s for s in secrets if s in data], path.name


def test_key_files_are_for_their_owner_alone(played: Played) -> None:
    keys = [*played[0].rglob("*.key")]
    assert keys
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}


def test_the_same_folder_with_another_seed_is_refused(
    played: Played,
) -> None:
    done = subprocess.run(
        [*SEKISHO, "up", "--once", "--dir", str(played[0]), "--seed", "8"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "choose another --dir" in done.stderr


def told_in(folder: Path, half: str) -> list[dict[str, Any]]:
    """The story of half a network, as its table tells it."""
    words = ["up", "--once", "--json", "--residents", "100", "--network", half]
    done = subprocess.run(
        [*SEKISHO, *words, "--dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module", params=["resident", "linkage"])
def half_played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("half") / "network"
    return request.param, folder, told_in(folder, request.param)


def test_half_a_network_plays_the_story_that_applies(
    half_played: tuple[str, Path, list[dict[str, Any]]],
) -> None:
    half, folder, told = half_played
    processes = {
        "resident": {"city", "second-city", "prefecture", "peers"},
        "linkage": {"core", "city", "second-city", "requesters"},
    }[half]
    assert [line for line in told if not line["right"]] == []
    assert len(told) == len(story_of(Half(half)))
    started = {path.stem for path in (folder / "log").iterdir()}
    assert started - {"neighbour"} == {*processes, "house", "register", "timestamps"}
    made = {path.name.partition("-")[2] for path in (folder / "stations").iterdir()}
    foreign = {"resident": "intermediate_server", "linkage": "municipal_cs"}[half]
    assert foreign not in made
    again = subprocess.run(
        [*SEKISHO, "up", "--once", "--residents", "100", "--dir", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert again.returncode == 1
    assert f"of which there is: {half}" in " ".join(again.stderr.split())


def test_the_story_can_be_told_again_in_the_same_folder(
    half_played: tuple[str, Path, list[dict[str, Any]]],
) -> None:
    """What an earlier telling left waiting holds up nothing of the next."""
    half, folder, _ = half_played
    assert [line for line in told_in(folder, half) if not line["right"]] == []


def start(folder: Path, half: str) -> "subprocess.Popen[str]":
    """A network that keeps running; back when its story is over."""
    words = ["up", "--residents", "200", "--network", half, "--dir", str(folder)]
    running = subprocess.Popen(
        [*SEKISHO, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout is not None
    for line in running.stdout:
        if "runs until Ctrl-C" in line:
            return running
    raise AssertionError("the network ended by itself")


@pytest.mark.parametrize(
    ("number", "half"),
    [
        (signal.SIGINT, "resident"),
        (signal.SIGTERM, "resident"),
        (signal.SIGKILL, "all"),
    ],
)
def test_however_it_ends_it_leaves_no_process_behind(
    tmp_path: Path, number: signal.Signals, half: str
) -> None:
    running = start(tmp_path / "network", half)
    try:
        assert processes_of(tmp_path)
        os.kill(running.pid, number)
        running.wait(30)
        assert gone(tmp_path)
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        running.stdout.close()


def test_a_network_that_was_cut_off_while_it_was_made_is_not_gone_on_with(
    tmp_path: Path,
) -> None:
    files = Files(tmp_path)
    files.unfinished.touch()
    done = subprocess.run(
        [*SEKISHO, "up", "--once", "--dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "was cut off while it was being made" in done.stderr
    assert "remove the folder" in done.stderr


def test_a_network_that_was_made_is_marked_as_whole(played: Played) -> None:
    assert Files(played[0]).network.exists()
    assert not Files(played[0]).unfinished.exists()
