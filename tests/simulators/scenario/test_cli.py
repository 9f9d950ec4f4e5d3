# SPDX-License-Identifier: Apache-2.0
"""`sekisho scenario` before anything runs: what it lists, shows and refuses."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from simulators.network.build import NetworkFile
from simulators.network.parties import Half, parties
from simulators.scenario.cli import scenario
from simulators.scenario.loader import shipped
from tests.simulators.scenario.text import SOUND


def a_network(folder: Path, half: Half) -> None:
    """What a network's folder says of it; nothing of it runs."""
    said = NetworkFile("1", 100, 12_000, {}, {}, half=half)
    (folder / "network.json").write_bytes(msgspec.json.encode(said))


def told(*words: str) -> Result:
    return CliRunner().invoke(scenario, list(words))


def test_the_list_has_every_scenario_with_its_steps() -> None:
    found = json.loads(told("list", "--json").stdout)
    assert [one["id"] for one in found] == [one.id for one in shipped()]
    by_id = {one["id"]: one for one in found}
    assert by_id["F23-01"]["flow"] == ["F23-01-3", "F23-01-4"]
    assert by_id["S6"]["needs"]


def test_a_family_of_scenarios_goes_by_the_name_of_its_flow() -> None:
    text = told("show", "F23-01").stdout
    family = [one for one in shipped() if one.id.startswith("F23-01")]
    assert text.count("[parties]") == len(family) > 1


def test_a_shown_scenario_is_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SOUND, encoding="utf-8")
    assert told("show", str(path)).stdout == SOUND + "\n"
    whole = json.loads(told("show", str(path), "--json").stdout)
    assert whole["step"][0]["resident"]["number"] == 3
    assert whole["afterwards"][0]["kind"] == "received"


def test_the_words_name_every_action() -> None:
    found = json.loads(told("words", "--json").stdout)
    assert "deliver" in found["municipal_cs"]["actions"]
    assert "deliver" in told("words").stdout


@pytest.mark.parametrize("command", ["show", "run"])
def test_an_unknown_id_is_refused_with_those_that_there_are(command: str) -> None:
    result = told(command, "F23-99")
    assert result.exit_code == 1
    assert "no such scenario" in result.stderr
    assert "F23-01" in result.stderr


@pytest.mark.parametrize("command", ["show", "run"])
def test_a_spoiled_file_is_refused_with_its_line(command: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SOUND.replace('"deliver"', '"devour"'), encoding="utf-8")
    result = told(command, str(path))
    assert result.exit_code == 1
    assert f"{path}:21: step 2, action: " in result.stderr


def test_a_folder_without_a_network_cannot_be_joined(tmp_path: Path) -> None:
    result = told("run", "F23-01", "--dir", str(tmp_path))
    assert result.exit_code == 1
    assert "holds no network" in result.stderr


def test_what_breaks_a_network_is_not_for_a_guest(tmp_path: Path) -> None:
    a_network(tmp_path, Half.ALL)
    result = told("run", "S6", "--dir", str(tmp_path))
    assert result.exit_code == 1
    assert "it breaks a line" in result.stderr


@pytest.mark.parametrize(
    ("half", "scenario_id", "missing"),
    [
        (Half.RESIDENT, "F1-12", "112020/individual_business_system"),
        (Half.LINKAGE, "F23-01", "102024/municipal_cs"),
    ],
)
def test_what_needs_the_other_half_does_not_apply(
    tmp_path: Path, half: Half, scenario_id: str, missing: str
) -> None:
    a_network(tmp_path, half)
    result = told("run", scenario_id, "--dir", str(tmp_path))
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert f"apply to --network {half.value}, which has no {missing}" in said


@pytest.mark.parametrize("half", [Half.RESIDENT, Half.LINKAGE])
def test_some_scenarios_apply_to_each_half_and_some_to_both(half: Half) -> None:
    there = {party.name for party in parties(half)}
    apply = [one.id for one in shipped() if there.issuperset(one.parties.values())]
    own = {Half.RESIDENT: "F23-01", Half.LINKAGE: "F1-12"}[half]
    assert {own, "F1-04", "F1-05", "F1-06"} <= set(apply)
    assert len(apply) < len(shipped())


@pytest.mark.parametrize("text", ["{}", "{", '{"seed": 1}'])
def test_a_spoiled_network_cannot_be_joined(tmp_path: Path, text: str) -> None:
    (tmp_path / "network.json").write_text(text, encoding="utf-8")
    result = told("run", "F23-01", "--dir", str(tmp_path))
    assert result.exit_code == 1
    assert "network.json" in result.stderr
    assert isinstance(result.exception, SystemExit)
