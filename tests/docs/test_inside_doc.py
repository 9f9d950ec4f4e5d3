# SPDX-License-Identifier: Apache-2.0
"""``docs/inside.md``: its recipes run as they stand, at the stations of a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import client
from client.batch_cli import BatchTable, inquire
from client.drop_rounds import DropTable
from pki.names import StationName
from schemas.systems import EXISTING
from simulators.network import parties as people
from simulators.network.stage import Stage
from simulators.network.story_refusals import ASKER
from tests.client.real import REGISTER
from tests.docs.document import DOCS, fenced, tables
from tests.schemas.samples import sample
from tests.tools import need

TEXT = (DOCS / "inside.md").read_text("utf-8")
JAPANESE = (DOCS / "inside.ja.md").read_text("utf-8")
SEKISHO = f'sekisho() {{ "{sys.executable}" -m sekisho "$@"; }}\n'


def filled(network: Stage, text: str) -> str:
    """A text of the document, with what its first table says."""
    ports = network.network.inside
    words = {
        "DIR": str(network.files.root),
        "LINKAGE": str(ports[str(ASKER)]),
        "CS": str(ports[str(people.SECOND_CS)]),
        "NUMBER": network.unflagged(network.city, 70).addressee_number,
    }
    return re.sub(r"\b(DIR|LINKAGE|CS|NUMBER)\b", lambda found: words[found[1]], text)


@pytest.fixture(scope="module")
def folder(network: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the reader of the document works, with the files that it shows."""
    made = tmp_path_factory.mktemp("inside")
    station, drop, batch = (filled(network, one) for one in fenced(TEXT, "toml"))
    (made / "business.toml").write_text(station, "utf-8")
    (made / "drop.toml").write_text(f"{station}\n{drop}", "utf-8")
    (made / "batch.toml").write_text(f"{station}\n{batch}", "utf-8")
    (lines,) = fenced(TEXT, "csv")
    (made / "people.csv").write_text(filled(network, lines), "utf-8")
    return made


def shell(network: Stage, folder: Path, text: str) -> str:
    done = subprocess.run(
        ["sh", "-e", "-c", SEKISHO + filled(network, text)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "NO_PROXY": "localhost"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_recipes_do_what_the_document_says(network: Stage, folder: Path) -> None:
    need("curl")
    need("openssl")
    blocks = fenced(TEXT, "sh")
    assert len(blocks) == 8
    shell(network, folder, "\n".join(blocks))
    assert "<head_name>" in (folder / "answer.xml").read_text("utf-8")
    assert "identity_confirmation_result" in (folder / "result.xml").read_text("utf-8")
    assert '"accepted"' in (folder / "drop/out/inquiry-1.xml.ack.json").read_text()
    rows = (folder / "people.csv.result.csv").read_text("utf-8-sig").splitlines()
    outcomes = [row.split(",")[2] for row in rows]
    assert outcomes == ["outcome", "provided", "not_asked"]


@pytest.mark.parametrize("state", ["provided", "refused", "lapsed"])
def test_the_recipe_does_not_wait_for_what_has_ended(
    tmp_path: Path, state: str
) -> None:
    (waiting,) = [one for one in fenced(TEXT, "sh") if "PENDING=in_progress" in one]
    says = f'business() {{ echo "<status>{state}</status>"; }}\n'
    done = subprocess.run(
        ["sh", "-e", "-c", f"echo 1 > number\n{says}{waiting}\nstatus < /dev/null"],
        cwd=tmp_path,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0


def test_the_example_in_python_gets_its_answer(
    network: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (example,) = fenced(TEXT, "python")
    scope: dict[str, object] = {}
    exec(filled(network, example), scope)
    assert type(scope["provided"]).__name__ == "InformationProvision"


def test_each_error_of_the_library_is_in_the_document_and_again_says_so() -> None:
    rows = {
        name: again
        for row in tables(TEXT)[1]
        for name in row[0].split(", ")
        for again in [row[2]]
    }
    errors = {
        name: value
        for name in client.__all__
        if isinstance(value := getattr(client, name), type)
        and issubclass(value, Exception)
        and value is not client.InsideError
    }
    assert rows.keys() == errors.keys()
    for name, error in errors.items():
        assert rows[name].startswith("yes") is error.again, name


@pytest.mark.parametrize("table", [DropTable, BatchTable])
def test_each_key_of_the_settings_is_in_the_document(table: type) -> None:
    for name in table.__struct_fields__:
        assert re.search(rf"^{name} = ", TEXT, re.MULTILINE), name


def test_each_option_of_the_batch_is_in_the_document() -> None:
    options = {
        name
        for one in inquire.params
        if isinstance(one, click.Option)
        for name in one.opts
    }
    assert options <= set(re.findall(r"--[a-z-]+", TEXT))


def test_the_japanese_page_shows_commands_that_the_other_shows() -> None:
    shown = [line for block in fenced(JAPANESE, "sh") for line in block.splitlines()]
    assert len(shown) == 2
    assert all(line in TEXT for line in shown)


def test_what_waits_for_the_register_is_fetched_by_the_recipe(
    network: Stage, folder: Path
) -> None:
    """The loop over arrivals, as the system that something waits for."""
    sender = network.inside(people.NEIGHBOUR_CS, REGISTER)
    target = f"/v1/inside/messages?to={people.SECOND_CITY}"
    assert (
        sender.post(target, "application/xml", sample("move_in_notice")).status == 202
    )
    blocks = fenced(TEXT, "sh")
    recipe = "\n".join([blocks[4].partition("cat >")[0], blocks[5]])
    register = StationName(people.SECOND_CITY, EXISTING)
    mine = recipe.replace("integrated_terminal", register.role)
    wait = (
        'until terminal "$CS_URL/arrivals" | grep -q move_in_notice; do sleep 1; done\n'
    )
    head, loop = mine.split('terminal "$CS_URL/arrivals" | while')
    shell(network, folder, f'{head}{wait}terminal "$CS_URL/arrivals" | while{loop}')
    fetched = [path for path in folder.glob("*.xml") if len(path.stem) == 32]
    assert [path.read_bytes() for path in fetched] == [sample("move_in_notice")]
