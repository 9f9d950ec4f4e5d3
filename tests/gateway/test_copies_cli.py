# SPDX-License-Identifier: Apache-2.0
"""`sekisho copies`: a named person sees one copy, or takes all of them to compare."""

import json
import subprocess

import pytest
from click.testing import CliRunner

from gateway import copies_cli
from gateway.copies_cli import copies
from gateway.records.copies_out import MANY
from gateway.records.event import EventKind
from gateway.records.store import StoreReader
from pki.keystore import write_private
from pki.profiles import Purpose
from tests.gateway.files import configured
from tests.gateway.world import (
    COPIES,
    DAY,
    EMPTY,
    FLAGGED,
    NOBODY,
    NOON,
    PLAIN,
    PROVIDER,
    REQUESTER,
    STORE_KEY,
    addressee,
    code_of,
    copy_row,
    new_store,
    take_in,
)
from tests.tools import need

OPERATOR, HEAD = "審査 花子", "高崎　太郎"


@pytest.fixture
def config(world, tmp_path):
    take_in(new_store(tmp_path), *COPIES)
    return configured(world, PROVIDER, tmp_path)


class Moment:
    """What time it is for the station; a test may move it."""

    now = NOON


@pytest.fixture
def moment(monkeypatch):
    made = Moment()
    monkeypatch.setattr(copies_cli, "clock_of", lambda config: lambda: made.now)
    return made


@pytest.fixture
def run(config, moment):
    """Run a command of a named person on the provider."""

    def made(*words, operator=OPERATOR, typed=None):
        named = [*words, "--config", str(config), "--operator", operator]
        return CliRunner().invoke(copies, named, input=typed)

    return made


def acts(config):
    """What persons did, by the record."""
    with StoreReader.open(config.parent / "records.sqlite", STORE_KEY) as store:
        return [one.event for one in store.events(kind=EventKind.OPERATOR)]


# --- one ------------------------------------------------------------------------------


def test_a_named_person_sees_the_copy_and_that_is_on_record(run, config):
    shown = run("show", "--addressee", addressee(PLAIN))
    assert shown.exit_code == 0, shown.output
    assert HEAD in shown.output
    assert "妻" in shown.output
    (act,) = acts(config)
    assert (act.operator, act.detail) == (OPERATOR, "copy viewed")


def test_the_linkage_code_is_shown_to_nobody(run):
    for words in ((), ("--json",)):
        shown = run("show", "--addressee", addressee(PLAIN), *words)
        assert code_of(PLAIN, PROVIDER.organisation) not in shown.output


def test_a_copy_is_told_as_data_too(run):
    shown = run("show", "--addressee", addressee(FLAGGED), "--json")
    said = json.loads(shown.output)
    assert said["automatic_answer"] == "held for a person"
    assert said["resident_record_information.head_name"] == HEAD


def test_a_copy_of_nothing_but_a_code_shows_no_content(run):
    shown = run("show", "--addressee", addressee(EMPTY), "--json")
    assert set(json.loads(shown.output)) == {
        "addressee_number",
        "automatic_answer",
        "version",
    }


def test_a_number_can_be_typed_where_no_shell_remembers_it(run):
    shown = run("show", typed=f"{addressee(PLAIN)}\n")
    assert HEAD in shown.output


@pytest.mark.parametrize("number", [addressee(NOBODY), "no number", ""])
def test_whoever_is_not_held_is_not_named(run, config, number):
    shown = run("show", "--addressee", number)
    assert shown.exit_code == 1
    assert "no copy is held" in shown.output
    assert not number or number not in shown.output
    assert [act.operator for act in acts(config)] == [OPERATOR]


@pytest.mark.parametrize("words", [("show", "--addressee", "1"), ("export",)])
def test_nobody_is_not_a_person(run, config, tmp_path, words):
    to = ("--to", str(tmp_path / "out")) if words == ("export",) else ()
    refused = run(*words, *to, operator="　")
    assert refused.exit_code == 2
    assert acts(config) == []
    assert not (tmp_path / "out").exists()


# --- all ------------------------------------------------------------------------------


def test_an_export_is_what_was_imported_and_only_its_owner_can_read_it(
    run, config, tmp_path
):
    target = tmp_path / "out.jsonl"
    done = run("export", "--to", str(target))
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    assert rows == list(COPIES)
    assert target.stat().st_mode & 0o777 == 0o600
    assert HEAD not in done.output
    (act,) = acts(config)
    assert (act.operator, act.detail) == (OPERATOR, "3 copies exported, in the clear")


def test_a_difference_from_the_original_is_found_in_an_export(run, tmp_path):
    original = [copy_row(PLAIN, head_name="高崎　次郎"), *COPIES[1:]]
    target = tmp_path / "out.jsonl"
    run("export", "--to", str(target))
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    differing = [n for n, row in enumerate(rows) if row != original[n]]
    assert differing == [0]


def test_a_sealed_export_is_opened_by_one_key_alone(run, world, config, tmp_path):
    """Also by another program than ours."""
    openssl = need("openssl")
    certificate = world.layout.certificate(REQUESTER, Purpose.SEALING)
    target, opened = tmp_path / "out.cms", tmp_path / "out.jsonl"
    done = run("export", "--to", str(target), "--seal-for", str(certificate))
    assert done.exit_code == 0, done.output
    assert HEAD.encode() not in target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600
    assert "sealed for certificate" in acts(config)[0].detail
    key = world.layout.key(REQUESTER, Purpose.SEALING)
    how = ("cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", key)
    subprocess.run([openssl, *how, "-in", target, "-out", opened], check=True)
    rows = [json.loads(line) for line in opened.read_bytes().splitlines()]
    assert rows == list(COPIES)


def test_nothing_is_sealed_for_a_certificate_that_is_over(
    run, world, config, tmp_path, moment
):
    certificate = world.layout.certificate(REQUESTER, Purpose.SEALING)
    target = tmp_path / "out.cms"
    for when in (NOON - 2 * DAY, NOON + 3 * 365 * DAY):
        moment.now = when
        refused = run("export", "--to", str(target), "--seal-for", str(certificate))
        assert "not of this time" in refused.output
        assert not target.exists()
    assert acts(config) == []


def test_a_certificate_that_cannot_be_sealed_for_leaves_nothing(run, config, tmp_path):
    for text in ("no certificate", ""):
        other = tmp_path / "other.crt"
        other.write_text(text)
        target = tmp_path / "out.cms"
        refused = run("export", "--to", str(target), "--seal-for", str(other))
        assert refused.exit_code == 1
        assert not target.exists()
    assert acts(config) == []


def test_a_name_that_is_taken_is_not_overwritten_and_nothing_is_read(
    run, config, tmp_path
):
    target = tmp_path / "out.jsonl"
    write_private(target, b"somebody's file")
    refused = run("export", "--to", str(target))
    assert refused.exit_code == 1
    assert target.read_bytes() == b"somebody's file"
    assert acts(config) == []


def test_many_copies_need_another_person(run, config, tmp_path):
    many = [copy_row(1000 + n) for n in range(MANY + 1)]
    take_in(config.parent / "records.sqlite", *many)
    target = tmp_path / "out.jsonl"
    for approved_by in ((), ("--approved-by", OPERATOR)):
        refused = run("export", "--to", str(target), *approved_by)
        assert refused.exit_code == 1
        assert "another person" in refused.output
        assert not target.exists()
    done = run("export", "--to", str(target), "--approved-by", "管理 太郎")
    assert done.exit_code == 0, done.output
    assert len(target.read_bytes().splitlines()) == MANY + 4


def test_a_configuration_that_is_none_is_told_in_words(tmp_path):
    words = ["show", "--addressee", "1", "--operator", OPERATOR]
    refused = CliRunner().invoke(copies, [*words, "--config", str(tmp_path / "no")])
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
