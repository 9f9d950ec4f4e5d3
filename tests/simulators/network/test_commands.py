# SPDX-License-Identifier: Apache-2.0
"""Commands without starting Python for each: as if they had been typed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from simulators.network.commands import CommandFailed, Commands


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    made = Commands()
    yield made
    made.close()


def typed(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "sekisho", *words],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("scenario", "list", "--json"),
        ("scenario", "show", "F23-99"),
        ("scenario", "list", "--nothing"),
        ("nothing",),
        ("records", "list", "--network", "/nowhere", "--json"),
    ],
    ids=["done", "failed", "wrong option", "no command", "no network"],
)
def test_a_command_ends_as_if_it_had_been_typed(
    commands: Commands, words: tuple[str, ...]
) -> None:
    done, other = commands.run(*words), typed(*words)
    assert (done.status, done.out) == (other.returncode, other.stdout)
    assert done.err.splitlines()[-1:] == other.stderr.splitlines()[-1:]


def test_one_command_leaves_nothing_to_the_next(commands: Commands) -> None:
    first = commands.run("scenario", "list", "--json")
    commands.run("scenario", "show", "F23-99")
    assert commands.run("scenario", "list", "--json") == first


def test_a_text_goes_to_the_standard_input(commands: Commands) -> None:
    done = commands.run("inspect", "--help", text="not asked for\n")
    assert done.status == 0


def test_a_process_that_is_gone_is_told_and_made_anew(commands: Commands) -> None:
    commands.run("--version")
    assert commands._process is not None
    os.kill(commands._process.pid, signal.SIGKILL)
    with pytest.raises(CommandFailed, match="gave no answer"):
        commands.run("--version")
    assert commands.run("--version").status == 0


def test_nothing_is_left_running_when_it_is_closed() -> None:
    made = Commands()
    made.run("--version")
    process = made._process
    assert process is not None
    made.close()
    assert process.poll() == 0
    made.close()
