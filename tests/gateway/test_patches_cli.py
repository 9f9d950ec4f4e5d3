# SPDX-License-Identifier: Apache-2.0
"""A person looks at the versions, and that they did stands on record."""

import json

import msgspec
import pytest
from click.testing import CliRunner

from gateway.patches import versions
from gateway.patches_cli import OVERDUE, patches_group
from gateway.records.event import EventKind
from gateway.records.store import StoreReader
from gateway.services.patch_watch import PatchWatch
from tests.gateway.files import configured
from tests.gateway.test_patches import GOOD
from tests.gateway.world import NOON, PROVIDER, STORE_KEY, new_store

WHO = ("--operator", "運用 太郎", "--reason", "月次の確認")


@pytest.fixture
def station(world, tmp_path):
    """A provider with a list of advisories that stands in its configuration."""
    path = configured(world, PROVIDER, tmp_path)
    text = path.read_text("utf-8")
    path.write_text(f'{text}\n[patches]\nadvisories = "advisories.toml"\n', "utf-8")
    new_store(tmp_path)
    (tmp_path / "advisories.toml").write_text(GOOD, "utf-8")
    return path


@pytest.fixture
def listed(station):
    """Lays another list in."""

    def lay(text):
        (station.parent / "advisories.toml").write_text(text, "utf-8")

    return lay


@pytest.fixture
def run(station):
    def call(*words):
        return CliRunner().invoke(patches_group, [*words, "--config", str(station)])

    return call


@pytest.fixture
def store(station):
    with StoreReader.open(station.parent / "records.sqlite", STORE_KEY) as found:
        yield found


@pytest.fixture
def watch(station, store):
    """What a running station would find, at a moment."""
    from gateway.config import load

    def at(moment=NOON):
        return PatchWatch(load(station), store, lambda: moment)

    return at


def test_what_is_needed_is_told_with_its_last_day(run):
    done = run("show")
    assert "99.0 (critical, CVE-2030-1)" in done.output
    assert "2030-01-15" in done.output
    assert "nobody ever confirmed" in done.output


def test_a_patch_past_its_last_day_ends_with_status_three(run, listed):
    listed(GOOD.replace("2030-01-01", "2001-01-01"))
    done = run("show")
    assert "OVERDUE" in done.output
    assert done.exit_code == OVERDUE


def test_the_json_holds_every_version(run):
    found = json.loads(run("show", "--json").output)
    assert found["versions"] == dict(versions())
    assert found["open"][0]["component"] == "openssl"
    assert found["confirmed"] is None


def test_who_confirmed_which_state_is_on_record(run, store):
    assert run("confirm", *WHO).exit_code == 0
    made = store.patches_confirmed()
    assert (made.operator, made.reason) == ("運用 太郎", "月次の確認")
    assert made.versions == dict(versions())
    assert len(made.list_digest) == 32
    (stored,) = store.all_events()
    assert stored.event.kind is EventKind.OPERATOR
    assert stored.event.operator == "運用 太郎"
    assert "CVE-2030-1" in stored.event.detail


def test_nobody_confirms_without_a_name_and_a_reason(run, store):
    assert run("confirm", "--operator", " ", "--reason", "x").exit_code == 2
    assert run("confirm", "--operator", "x", "--reason", " ").exit_code == 2
    assert store.patches_confirmed() is None


def test_a_confirmation_is_of_one_list_and_of_one_state(run, listed, watch):
    run("confirm", *WHO)
    assert watch().is_confirmed
    assert "these versions and this list" in run("show").output
    listed(GOOD.replace("99.0", "98.0"))
    assert not watch().is_confirmed
    assert "another list" in run("show").output


def test_other_versions_are_not_those_that_were_confirmed(run, watch):
    run("confirm", *WHO)
    found = watch()
    found.confirmed = msgspec.structs.replace(found.confirmed, versions={"python": "1"})
    assert not found.is_confirmed


def test_a_list_that_cannot_be_used_is_refused_by_commands(run, listed):
    listed("[")
    assert run("show").exit_code == 1
    assert "advisories.toml" in run("show").output
    assert run("confirm", *WHO).exit_code == 1


def test_a_list_that_changes_is_read_again(listed, watch, store):
    import asyncio

    found = watch()
    listed(GOOD + GOOD.replace("CVE-2030-1", "CVE-2030-2"))
    asyncio.run(found.look())
    assert len(found.open) == 2
    listed("[")
    asyncio.run(found.look())
    assert (len(found.open), bool(found.problem)) == (2, True)
