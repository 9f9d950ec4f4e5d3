# SPDX-License-Identifier: Apache-2.0
"""The next master of a TEST network: a higher version, and perhaps a shorter list."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from protocols.master import Master, unverified
from schemas.matching_list import ITEMS
from simulators.network import build as building
from simulators.network.build import Choices
from simulators.network.files import Files
from simulators.network.master_cli import master
from simulators.network.masters import may_follow

SOON = "2099-07-01T00:00:00+09:00"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    made = Files(tmp_path_factory.mktemp("masters") / "network")
    building.build(made, Choices(seed="masters", residents=10))
    return made


def lies_there(files: Files) -> Master:
    return unverified(files.master.read_bytes())


def run(files: Files, *words: str) -> Result:
    return CliRunner().invoke(master, ["--network", str(files.root), *words])


def test_the_first_master_carries_the_list_that_ships(files: Files) -> None:
    made = building.load(files)
    building.issue_master(files, made, datetime.now(UTC))
    first = lies_there(files)
    assert [one.items for one in first.lists] == [ITEMS]
    assert first.lists[0].in_force <= datetime.now(UTC)


def test_the_next_one_keeps_the_lists_and_has_a_higher_version(files: Files) -> None:
    before = lies_there(files)
    assert run(files).exit_code == 0
    after = lies_there(files)
    assert after.version == before.version + 1
    assert after.lists == before.lists


def test_a_list_without_an_item_begins_at_its_moment(files: Files) -> None:
    begins = datetime.fromisoformat(SOON)
    done = run(files, "--without", "28", "--without", "15", "--from", SOON)
    assert done.exit_code == 0
    told = lies_there(files)
    moment = timedelta(microseconds=1)
    assert {28, 15} <= told.items(begins - moment).keys()
    assert set(ITEMS) - told.items(begins).keys() == {28, 15}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--without", "999"), "item 999 is not on matching list"),
        (("--without", "37", "--from", "tomorrow"), "write a moment with its zone"),
        (("--without", "37", "--from", "2099-01-01T00:00:00"), "with its zone"),
        (("--from", SOON), "name --without as well"),
    ],
)
def test_what_cannot_be_issued_is_told_and_changes_nothing(
    files: Files, words: tuple[str, ...], said: str
) -> None:
    before = files.master.read_bytes()
    done = run(files, *words)
    assert done.exit_code == 2
    assert said in done.output
    assert files.master.read_bytes() == before


def test_a_folder_without_a_network_is_told(tmp_path: Path) -> None:
    done = run(Files(tmp_path))
    assert done.exit_code == 1
    assert "holds no network" in done.output


def test_another_may_follow_an_old_one_while_the_cores_key_is_good(
    files: Files,
) -> None:
    issued, age = lies_there(files).issued, timedelta(days=90)
    assert not may_follow(files, issued + age, age)
    assert may_follow(files, issued + age + timedelta(seconds=1), age)
    assert not may_follow(files, issued + timedelta(days=4000), age)
