# SPDX-License-Identifier: Apache-2.0
"""`sekisho records search | export`: what is asked, found, and taken out."""

import csv
import io
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import EventKind
from gateway.records.export import BOM
from tests.gateway.records.helpers import (
    NOON,
    PROVIDER,
    REQUESTER,
    Turns,
    digest,
    event,
    full_event,
    open_store,
)
from tests.gateway.records.test_records_cli import Network

SECOND = timedelta(seconds=1)
PERSON = "fedcba9876543210fedcba9876543210"
BY = ("--operator", "監査 次郎")


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path / "network")


def config(network: Network) -> tuple[str, str]:
    return "--config", str(network.place(PROVIDER) / "station.toml")


def tag(network: Network) -> str:
    store = open_store(network.place(PROVIDER) / "records.sqlite", Turns())
    try:
        return store.person_tag(PERSON)
    finally:
        store.close()


def acts(network: Network) -> list[dict[str, object]]:
    found = network.alone("search", "--kind", "operator", "--json", *config(network))
    return list(json.loads(found.stdout))


# --- search ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--item", "3"], 1),
        (["--item", "4"], 0),
        (["--permit", digest(4).hex()], 1),
        (["--by", "監査 太郎"], 1),
        (["--by", "監査 次郎"], 0),
        (["--type", "provision_order"], 1),
        (["--outcome", "refused"], 1),
        (["--outcome", "taken"], 1),
        (["--outcome", "refused", "--item", "3", "--peer", REQUESTER], 1),
        (["--code", "sk-c04"], 1),
        (["--kind", "refused", "--kind", "received"], 2),
    ],
)
def test_events_are_found_by_all_that_is_known(
    network: Network, words: list[str], expected: int
) -> None:
    network.record(PROVIDER, full_event(), event(at=NOON + SECOND))
    assert len(network.json("search", *words)) == expected


def test_a_kind_and_an_outcome_that_never_meet_are_said(network: Network) -> None:
    found = network.run("search", "--kind", "held", "--outcome", "refused", status=2)
    assert "no event of that --kind" in found.output


def test_a_person_is_read_from_a_file_or_from_standard_input(
    network: Network, tmp_path: Path
) -> None:
    network.record(PROVIDER, event(person_tag=tag(network)), event())
    file = tmp_path / "person"
    file.write_text(f"{PERSON}\n")
    for words, given in (([str(file)], ""), (["-"], f"{PERSON}\n")):
        done = network.run("search", "--person-file", *words, "--json", input=given)
        assert PERSON not in done.output
        assert len(json.loads(done.stdout)) == 1


@pytest.mark.parametrize("text", ["", "\n", "a\nb\n", "x" * 300])
def test_a_person_that_is_none_finds_nobody_and_is_not_shown(
    network: Network, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "person"
    file.write_text(text)
    done = network.run("search", "--person-file", str(file), status=1)
    assert "one line, and not empty" in done.output
    assert "xxx" not in done.output


def test_the_pages_of_a_search_give_every_event_once(network: Network) -> None:
    network.record(PROVIDER, *(event(at=NOON + n * SECOND) for n in range(7)))
    words = ("search", "--limit", "3", *config(network))
    newest = network.alone(*words)
    assert "--before 5" in newest.output
    pages = [json.loads(network.alone(*words, "--json").stdout)]
    while len(pages[-1]) == 3:
        before = str(pages[-1][0]["seq"])
        done = network.alone(*words, "--json", "--before", before)
        pages.append(json.loads(done.stdout))
    assert [[one["seq"] for one in page] for page in pages] == [
        [5, 6, 7],
        [2, 3, 4],
        [1],
    ]
    forward = json.loads(network.alone(*words, "--json", "--after", "0").stdout)
    assert [one["seq"] for one in forward] == [1, 2, 3]


def test_a_cursor_is_of_one_station(network: Network) -> None:
    assert "one --config" in network.run("search", "--after", "1", status=2).output


# --- export ---------------------------------------------------------------------------


def test_a_csv_file_holds_what_was_asked_for_and_is_on_record(
    network: Network, tmp_path: Path
) -> None:
    network.record(PROVIDER, full_event(), event(), full_event())
    out = tmp_path / "out.csv"
    network.alone(
        "export", "--item", "3", "--bom", *BY, "--out", str(out), *config(network)
    )
    data = out.read_bytes()
    assert data.startswith(BOM)
    rows = list(csv.reader(io.StringIO(data.removeprefix(BOM).decode(), newline="")))
    assert [row[1] for row in rows] == ["seq", "1", "3"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    (act,) = acts(network)
    assert act["operator"] == BY[1]
    assert act["detail"] == "2 events exported as csv: item_no=3"


def test_a_file_of_json_lines_holds_the_same(network: Network, tmp_path: Path) -> None:
    network.record(PROVIDER, full_event(), event())
    listed = network.alone("search", "--json", *config(network)).stdout
    out = tmp_path / "out.jsonl"
    network.alone(
        "export", "--format", "jsonl", *BY, "--out", str(out), *config(network)
    )
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert lines == json.loads(listed)


def test_the_record_of_an_export_names_no_person(
    network: Network, tmp_path: Path
) -> None:
    person = tag(network)
    network.record(PROVIDER, event(person_tag=person))
    out = tmp_path / "out.csv"
    words = ("export", "--person-file", "-", *BY, "--out", str(out), *config(network))
    network.alone(*words, input=PERSON)
    (act,) = acts(network)
    assert act["detail"] == "1 events exported as csv: one person"


def test_what_is_there_is_not_written_over(network: Network, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine")
    words = ("export", *BY, "--out", str(out), *config(network))
    assert "not overwritten" in network.alone(*words, status=1).output
    assert out.read_text() == "mine"
    assert acts(network) == []


def test_an_export_that_cannot_be_recorded_leaves_nothing(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreUnavailable(Reason.FULL)

    monkeypatch.setattr("gateway.records.export_cli.commit_once", fails)
    network.record(PROVIDER, event())
    folder = tmp_path / "outs"
    folder.mkdir()
    words = ("export", *BY, "--out", str(folder / "out.csv"), *config(network))
    assert "disk is full" in network.alone(*words, status=1).output
    assert list(folder.iterdir()) == []


def test_nobody_exports_without_a_name(network: Network, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    for words in ((), ("--operator", " ")):
        network.alone("export", *words, "--out", str(out), *config(network), status=2)
    assert not out.exists()


def test_a_mark_for_spreadsheets_is_for_spreadsheets(
    network: Network, tmp_path: Path
) -> None:
    out = str(tmp_path / "out")
    words = ("export", "--format", "jsonl", "--bom", *BY, "--out", out)
    assert "--format csv" in network.alone(*words, *config(network), status=2).output


def test_an_outcome_covers_no_kind_twice() -> None:
    from gateway.records.search_cli import OUTCOMES

    kinds = [kind for some in OUTCOMES.values() for kind in some]
    assert len(kinds) == len(set(kinds))
    assert EventKind.OPERATOR not in kinds
