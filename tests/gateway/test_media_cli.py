# SPDX-License-Identifier: Apache-2.0
"""`sekisho media`: from the asking to the end, told by named persons, in a ledger."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from gateway import media_ledger_cli
from gateway import media_words as words
from gateway.media_cli import media
from gateway.records.event import EventKind
from gateway.records.store import StoreReader, commit_once
from gateway.rules.media import CONTENTS, DEVICES, Act, State
from tests.gateway.files import configured
from tests.gateway.media import (
    CHIEF,
    CLERK,
    REASON,
    WITNESS,
    Moment,
    person,
    signed_master,
)
from tests.gateway.world import CARDS, CS, PREFECTURE, STORE_KEY, new_store
from tests.schemas.samples import sample

RULES = f"""
[media]
writers = ["{CLERK}"]
approvers = ["{CHIEF}"]
approval_above = 3
days_out = 14
"""
CHECK = ("--content", "consistency_check", "--to", str(PREFECTURE), "--reason", REASON)


@pytest.fixture
def moment(monkeypatch):
    made = Moment()
    monkeypatch.setattr(media_ledger_cli, "clock_of", lambda config: made)
    return made


def station(world, name, folder, people=0):
    """A station's files, with so many residents."""
    folder.mkdir()
    store = new_store(folder)
    for place in range(people):
        commit_once(store, STORE_KEY, lambda tx, p=place: tx.put_identity(person(p)))
    path = configured(world, name, folder)
    path.write_text(path.read_text() + RULES)
    (folder / "master.cms").write_bytes(signed_master(world))
    return path


@pytest.fixture
def city(world, tmp_path):
    return station(world, CS, tmp_path / "city", 4)


@pytest.fixture
def run(city, moment):
    """A command at the city, or elsewhere; what it said."""

    def made(name, *given, operator=CLERK, at=city, ends=0):
        line = [name, "--config", str(at), *map(str, given)]
        if operator is not None:
            line += ["--operator", operator]
        done = CliRunner().invoke(media, line)
        assert done.exception is None or isinstance(done.exception, SystemExit)
        assert done.exit_code == ends, done.output
        return done.output

    return made


@pytest.fixture
def listed(run):
    """The ledger as data."""
    return lambda *words: json.loads(run("list", "--json", *words, operator=None))


@pytest.fixture
def written(run, tmp_path):
    """Medium 1: the whole file, on a disc."""
    run("request", *CHECK, "--device", "optical_disc")
    run("approve", 1, "--reason", "確認した", operator=CHIEF)
    (tmp_path / "disc").mkdir()
    run("write", 1, "--witness", WITNESS, "--into", tmp_path / "disc")
    (where,) = (tmp_path / "disc").iterdir()
    return where


def acts(run, number=1):
    shown = json.loads(run("show", number, "--json", operator=None))
    return [(act["act"], act["operator"]) for act in shown["acts"]]


def test_a_medium_is_followed_from_the_asking_to_its_end(
    world, run, written, listed, tmp_path
):
    run("handed-over", 1, "--carrier", "運搬 四郎", "--recipient", "受領 五郎",
        "--seal", "A-17")  # fmt: skip
    there = station(world, PREFECTURE, tmp_path / "prefecture")
    said = run("read", written, "--device", "optical_disc", "--to", tmp_path / "in",
               operator="受入 係", at=there)  # fmt: skip
    assert "4 persons from 102024/municipal_cs" in said
    run("returned", 1, "--carrier", "運搬 四郎", "--kept-at", "書庫３")
    run("destroyed", 1, "--method", "細断", "--witness", WITNESS)
    assert acts(run) == [
        ("request", CLERK),
        ("approve", CHIEF),
        ("begin", CLERK),
        ("place", CLERK),
        ("hand_over", CLERK),
        ("return", CLERK),
        ("destroy", CLERK),
    ]
    assert listed() == []
    (gone,) = listed("--all")
    assert (gone["state"], gone["over"]) == ("destroyed", True)


def test_a_disposal_says_when_who_and_what_was_done(run, written):
    """R-213, R-214."""
    run("destroyed", 1, "--method", "細断", "--witness", WITNESS)
    shown = json.loads(run("show", 1, "--json", operator=None))
    last = shown["acts"][-1]
    assert last["operator"] == CLERK
    assert last["at"].startswith("2030-01-01T12:00")
    assert last["facts"] == {"method": "細断", "witness": WITNESS}


@pytest.mark.parametrize(
    "given",
    [
        ("--method", "", "--witness", WITNESS),
        ("--method", "　", "--witness", WITNESS),
        ("--method", "細断", "--witness", CLERK),
        ("--method", "細断", "--witness", ""),
    ],
)
def test_a_disposal_without_method_or_witness_is_refused(run, written, given):
    run("destroyed", 1, *given, ends=1)
    assert ("destroy", CLERK) not in acts(run)


@pytest.mark.parametrize(
    "given",
    [("--method", "細断"), ("--witness", WITNESS), ()],
)
def test_a_disposal_that_leaves_something_out_is_refused(run, written, given):
    run("destroyed", 1, *given, ends=2)


def test_sending_destinations_end_with_being_handed_over(run, listed, tmp_path):
    """R-101: the city keeps no medium, and the ledger closes with who took it over."""
    extract = tmp_path / "extract.xml"
    extract.write_bytes(sample("sending_destination_extract"))
    run("request", "--content", "sending_destination", "--to", CARDS, "--reason",
        REASON, "--device", "optical_disc", "--file", extract)  # fmt: skip
    run("write", 1, "--witness", WITNESS, "--into", tmp_path, "--file", extract)
    run("handed-over", 1, "--carrier", "運搬 四郎", "--recipient", "機構 六郎",
        "--seal", "B-1")  # fmt: skip
    assert listed() == []
    assert acts(run)[-1] == ("hand_over", CLERK)
    for back in (
        ("returned", 1, "--carrier", "運搬 四郎", "--kept-at", "書庫３"),
        ("destroyed", 1, "--method", "細断", "--witness", WITNESS),
    ):
        run(*back, ends=1)


def test_a_medium_that_stays_too_long_is_listed_as_overdue(
    run, written, listed, moment
):
    assert listed("--overdue") == []
    moment.now += timedelta(days=15)
    (late,) = listed("--overdue")
    assert (late["number"], late["state"], late["overdue"]) == (1, "written", True)
    assert "期限超過" in run("list", "--language", "ja", operator=None)
    run("handed-over", 1, "--carrier", "a", "--recipient", "b", "--seal", "c")
    assert listed("--overdue") == []


def test_the_ledger_can_be_printed_in_both_languages(run, written):
    english = run("ledger", operator=None)
    assert "consistency check" in english
    assert "hand over" not in english
    japanese = run("ledger", "--language", "ja", operator=None)
    for text in ("整合性確認用本人確認情報", "承認", "立会者", WITNESS, CHIEF, CLERK):
        assert text in japanese


@pytest.mark.parametrize(
    "name", [*CONTENTS, *DEVICES, *State, *Act, *words.HEADS, "witness", "seal"]
)
def test_every_word_of_the_ledger_has_a_japanese_one(name):
    assert words.word(name, "ja") != name


def test_an_approval_can_be_bound_to_what_was_shown(run):
    run("request", *CHECK, "--device", "optical_disc")
    shown = json.loads(run("show", 1, "--json", operator=None))
    wrong = ("approve", 1, "--reason", "確認した", "--selection")
    assert "another selection" in run(*wrong, "00", operator=CHIEF, ends=1)
    run(*wrong, shown["selection"], operator=CHIEF)


def test_who_is_waited_for_is_said(run, listed):
    said = run("request", *CHECK, "--device", "optical_disc")
    assert "waits for an approver" in said
    assert listed()[0]["waits"]


def test_a_refusal_is_read_in_a_sentence_and_is_on_record(run, city):
    said = run("request", *CHECK, "--device", "flash_memory", ends=1)
    assert "flash memory is not used (R-120)" in said
    assert "Traceback" not in said
    with StoreReader.open(city.parent / "records.sqlite", STORE_KEY) as store:
        (noted,) = store.events(kind=EventKind.OPERATOR)
    assert noted.event.operator == CLERK
    assert "flash memory" in noted.event.detail


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("show", (7,)),
        ("approve", (7, "--reason", "x")),
        ("write", (7, "--witness", WITNESS, "--into", ".")),
    ],
)
def test_a_number_that_the_ledger_does_not_have_is_told(run, name, given):
    operator = None if name == "show" else CHIEF
    assert "no such medium" in run(name, *given, operator=operator, ends=1)


def test_nobody_but_a_writer_says_what_became_of_a_medium(run, written):
    given = ("--method", "細断", "--witness", WITNESS)
    run("destroyed", 1, *given, operator="通行人", ends=1)
    assert acts(run)[-1] == ("place", CLERK)


def test_no_output_of_a_command_tells_who_is_on_a_medium(run, written):
    said = "".join(
        run(*line, operator=None)
        for line in (("list",), ("show", 1), ("ledger",), ("show", 1, "--json"))
    )
    for place in range(4):
        assert person(place).resident_record_code not in said
        assert person(place).kanji_name not in said


def test_a_configuration_that_is_none_is_told_in_words(tmp_path):
    words = ["list", "--config", str(tmp_path / "no")]
    refused = CliRunner().invoke(media, words)
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
