# SPDX-License-Identifier: Apache-2.0
"""`sekisho gateway`: what an operator does with a station, and what goes wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import gateway
from gateway.records.event import EventKind
from gateway.records.store import StoreReader
from protocols import master
from tests.gateway.files import configured, tables, toml
from tests.gateway.world import (
    COPIES,
    CORE,
    NOON,
    PLAIN,
    PROVIDER,
    REQUESTER,
    STORE_KEY,
    code_of,
)

OPERATOR = "登録 係"


@pytest.fixture
def config(world, tmp_path):
    path = configured(world, PROVIDER, tmp_path)
    data = master.write(world.directory.master, world.signer(CORE), NOON)
    (tmp_path / "master.cms").write_bytes(data)
    return path


@pytest.fixture
def store(config):
    """A look at the station's store."""
    return lambda: StoreReader.open(config.parent / "records.sqlite", STORE_KEY)


def run(*words):
    found = CliRunner().invoke(gateway, [*map(str, words)])
    assert found.exception is None or isinstance(found.exception, SystemExit)
    return found


def rows_file(folder, *rows):
    path = folder / "copies.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


# --- init -----------------------------------------------------------------------------


def test_a_store_is_made_once(config, store):
    made = run("init", "--config", config)
    assert made.exit_code == 0
    assert f"{PROVIDER}: " in made.output
    with store() as found:
        assert found.copy_count() == 0
    again = run("init", "--config", config)
    assert again.exit_code == 1
    assert "is there already" in again.output.replace("\n", " ")


def test_a_store_is_its_owners_only(config):
    run("init", "--config", config)
    assert (config.parent / "records.sqlite").stat().st_mode & 0o077 == 0


def test_a_network_gets_all_its_stores(world, tmp_path):
    for name in (PROVIDER, REQUESTER):
        place = tmp_path / "stations" / str(name).replace("/", "-")
        place.mkdir(parents=True)
        configured(world, name, place)
    made = run("init", "--network", tmp_path)
    assert made.exit_code == 0
    assert len(list(tmp_path.glob("stations/*/records.sqlite"))) == 2


# --- import ---------------------------------------------------------------------------


def test_copies_come_in_with_the_name_of_who_brought_them(config, store):
    run("init", "--config", config)
    done = run(
        "import",
        "--config",
        config,
        "--operator",
        OPERATOR,
        rows_file(config.parent, *COPIES),
    )
    assert done.exit_code == 0
    assert f"{PROVIDER}: 3 rows, 3 changed" in done.output
    with store() as found:
        assert found.copy_count() == 3
        assert found.copy_by_code(code_of(PLAIN, PROVIDER.organisation)) is not None
        (event,) = [s.event for s in found.events(kind=EventKind.IMPORTED)]
    assert event.operator == OPERATOR


def test_a_file_with_one_bad_row_changes_nothing(config, store):
    run("init", "--config", config)
    bad = {**COPIES[0], "addressee_number": "1"}
    rows = rows_file(config.parent, COPIES[1], bad)
    done = run("import", "--config", config, "--operator", OPERATOR, rows)
    assert done.exit_code == 1
    assert "row 2: addressee_number" in done.output
    with store() as found:
        assert found.copy_count() == 0


def test_without_a_store_nothing_is_imported(config):
    rows = rows_file(config.parent, *COPIES)
    done = run("import", "--config", config, "--operator", OPERATOR, rows)
    assert done.exit_code == 1
    assert not (config.parent / "records.sqlite").exists()


def test_a_networks_copies_come_from_each_stations_own_file(world, tmp_path):
    for name in (PROVIDER, REQUESTER):
        place = tmp_path / "stations" / str(name).replace("/", "-")
        place.mkdir(parents=True)
        configured(world, name, place)
    rows_file(tmp_path / "stations" / str(PROVIDER).replace("/", "-"), *COPIES)
    run("init", "--network", tmp_path)
    done = run("import", "--network", tmp_path, "--operator", OPERATOR)
    assert done.exit_code == 0
    assert done.output == f"{PROVIDER}: 3 rows, 3 changed\n"


@pytest.mark.parametrize("command", ["init", "import"])
def test_a_folder_that_is_no_network_is_named(tmp_path, command):
    more = ("--operator", OPERATOR) if command == "import" else ()
    found = run(command, "--network", tmp_path, *more)
    assert found.exit_code == 1
    assert "holds no stations" in found.output.replace("\n", " ")


@pytest.mark.parametrize(
    "words", [("init",), ("import", "--operator", OPERATOR), ("run",)]
)
def test_a_command_must_know_which_station(words):
    assert run(*words).exit_code == 2


def test_an_import_has_a_name_under_it(config):
    rows = rows_file(config.parent, *COPIES)
    assert run("import", "--config", config, rows).exit_code == 2


# --- check-config and run -------------------------------------------------------------


def test_a_good_configuration_is_said_to_be_good(network):
    """The one test here that needs keys that are valid today."""
    path = next(Path(network.files.root).glob("stations/102024-inter*/station.toml"))
    found = run("check-config", path)
    assert found.exit_code == 0
    assert "good; network TEST" in found.output


def test_what_is_wrong_with_a_configuration_is_said(config):
    """These keys are not valid before 2030."""
    found = run("check-config", config)
    assert found.exit_code == 1
    assert "master" in found.output


def test_a_store_key_that_is_missing_is_found_before_the_station_runs(network):
    place = next(Path(network.files.root).glob("stations/102024-intermediate_server"))
    text = (place / "station.toml").read_text("utf-8").replace("store.key", "gone.key")
    (place / "spoilt.toml").write_text(text, "utf-8")
    found = run("check-config", place / "spoilt.toml")
    (place / "spoilt.toml").unlink()
    assert found.exit_code == 1
    assert "gone.key" in found.output


@pytest.mark.parametrize("command", ["check-config", "run"])
def test_an_unclear_configuration_starts_nothing(world, tmp_path, command):
    of = tables(world.layout, PROVIDER, tmp_path)
    of["outside"]["prot"] = 1
    path = tmp_path / "station.toml"
    path.write_text(toml(of), "utf-8")
    words = (path,) if command == "check-config" else ("--config", path)
    found = run(command, *words)
    assert found.exit_code == 1
    assert "prot" in found.output
