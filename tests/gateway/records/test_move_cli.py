# SPDX-License-Identifier: Apache-2.0
"""A real station on PostgreSQL: made there, started, killed, moved to SQLite."""

import shlex
import signal
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import gateway
from gateway.records.cli import records
from gateway.records.event import prepare
from gateway.records.store import StoreReader, commit_once
from pki.keystore import load_secret
from simulators.network import build as building
from simulators.network import parties as people
from simulators.network.build import Choices
from simulators.network.files import Files
from tests.gateway.records.helpers import event
from tests.operation.daemons import Daemon
from tests.postgres import TestServer


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The provider of a network whose stations have no stores yet."""
    made = Files(tmp_path_factory.mktemp("moving") / "network")
    building.build(made, Choices(seed="database", residents=20))
    return made.config(people.PROVIDER)


def run(command: object, words: str) -> Result:
    return CliRunner().invoke(command, shlex.split(words))  # type: ignore[arg-type]


def seen(config: Path) -> list[bytes]:
    """The record of a stopped or running station, by its configuration."""
    told = tomllib.loads(config.read_text("utf-8"))["store"]
    key = load_secret(config.parent / told["key"])
    with StoreReader.open(config.parent / told["path"], key) as store:
        assert store.verify_events() == []
        return [one.commitment for one in store.all_events()]


def written(config: Path) -> None:
    """Records of another process, beside the running station."""
    told = tomllib.loads(config.read_text("utf-8"))["store"]
    key = load_secret(config.parent / told["key"])
    for _ in range(3):
        one = prepare(event())
        commit_once(config.parent / told["path"], key, lambda tx, o=one: tx.record(o))


@pytest.fixture
def started(config: Path, tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon([config], tmp_path)
    yield daemon
    daemon.end()


def test_both_words_of_a_place_are_needed(config: Path) -> None:
    done = run(gateway, f"init --config {config} --schema city")
    assert done.exit_code == 2
    assert "go together" in done.output


def test_a_server_that_is_not_there_makes_no_store(config: Path) -> None:
    where = "--postgresql 'host=/nowhere dbname=x' --schema city"
    done = run(gateway, f"init --config {config} {where}")
    assert done.exit_code == 1
    assert "database server" in done.output
    assert not (config.parent / "records.sqlite").exists()


def test_a_station_lives_on_postgresql_is_killed_and_moves_to_sqlite(
    config: Path, postgres: TestServer, started: Daemon
) -> None:
    there = f"--postgresql '{postgres.conninfo}' --schema {postgres.schema()}"
    done = run(gateway, f"init --config {config} {there}")
    assert done.exit_code == 0, done.output
    started.start()
    written(config)
    started.signal(signal.SIGKILL)
    started.ended(10)
    before = seen(config)
    assert len(before) == 3
    started.start()
    started.signal(signal.SIGTERM)
    assert started.ended(10) == 0
    after = seen(config)
    assert after[: len(before)] == before
    done = run(records, f"migrate --config {config} --to {config.parent}/back.sqlite")
    assert done.exit_code == 0, done.output
    text = config.read_text("utf-8").replace("records.sqlite", "back.sqlite")
    config.write_text(text, "utf-8")
    assert seen(config) == after
