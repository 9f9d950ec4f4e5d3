# SPDX-License-Identifier: Apache-2.0
"""`sekisho holds`: a named person sees what would be sent, and decides about that."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from gateway.holds_cli import holds
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import EventKind
from gateway.records.rows import Hold
from gateway.records.store import StoreReader, commit_once
from protocols.envelope import digest
from tests.gateway.files import configured
from tests.gateway.words import ITEM, NUMBER, RECORD
from tests.gateway.world import (
    DAY,
    FLAGGED,
    HOUR,
    NOON,
    PROVIDER,
    REQUESTER,
    STORE_KEY,
    code_of,
    new_store,
)

OPERATOR, REASON = "審査 花子", "本人の同意を確認した"
CONTENT = "<information_provision>高崎　太郎</information_provision>".encode()


@pytest.fixture
def config(world, tmp_path):
    new_store(tmp_path)
    return configured(world, PROVIDER, tmp_path)


@pytest.fixture
def path(config):
    return config.parent / "records.sqlite"


@pytest.fixture
def hold(path):
    """A hold that waits, for longer than this machine will run."""
    made = Hold(
        hold_id="0123456789",
        processing_number=NUMBER,
        opened=NOON,
        answer_by=NOON + HOUR,
        release_by=datetime.now(UTC) + 7 * DAY,
        requester=str(REQUESTER),
        item_no=ITEM,
        kinds=(RECORD,),
        person_tag="ab" * 16,
        subject_code=code_of(FLAGGED, PROVIDER.organisation),
        payload=CONTENT,
        payload_digest=digest(CONTENT),
        flag_version=1,
        permit=b"permit",
        route=b"route",
    )
    commit_once(path, STORE_KEY, lambda tx: tx.open_hold(made))
    return made


@pytest.fixture
def run(config):
    """Run a command; its result."""

    def ask(*words, config=config):
        found = CliRunner().invoke(holds, [*words, "--config", str(config)])
        assert found.exception is None or isinstance(found.exception, SystemExit)
        return found

    return ask


@pytest.fixture
def events(path):
    def read(kind=None):
        with StoreReader.open(path, STORE_KEY) as store:
            return [stored.event for stored in store.events(kind=kind)]

    return read


@pytest.fixture
def kept(path, hold):
    """The hold as it stands in the store now."""

    def read():
        with StoreReader.open(path, STORE_KEY) as store:
            return store.hold(hold.hold_id)

    return read


def decision(name, *more):
    return (name, "0123456789", "--operator", OPERATOR, "--reason", REASON, *more)


# --- looking --------------------------------------------------------------------------


def test_where_nothing_is_held_it_says_so(run):
    found = run("list")
    assert (found.exit_code, found.output) == (0, "nothing is held\n")
    assert json.loads(run("list", "--json").output) == []


def test_a_list_names_each_hold_and_no_person(run, hold):
    for words in (("list",), ("list", "--json")):
        output = run(*words).output
        assert hold.hold_id in output
        assert "高崎" not in output
        assert hold.subject_code not in output


def test_a_list_for_programs_tells_what_a_decision_needs(run, hold):
    (row,) = json.loads(run("list", "--json").output)
    assert row["hold"] == hold.hold_id
    assert row["processing_number"] == NUMBER.hex()
    assert row["payload_digest"] == hold.payload_digest.hex()
    assert (row["requester"], row["item_no"]) == (str(REQUESTER), ITEM)
    assert row["state"] == "open"


def test_what_is_shown_is_exactly_what_would_be_sent(run, hold):
    found = run("show", hold.hold_id, "--operator", OPERATOR, "--xml")
    assert found.stdout_bytes == hold.payload
    told = run("show", hold.hold_id, "--operator", OPERATOR).output
    assert hold.payload.decode() in told.replace("\n", "")
    assert hold.payload_digest.hex() in told.replace("\n", "").replace(" ", "")


def test_who_looked_is_on_record_before_anything_is_shown(run, hold, events, path):
    run("show", hold.hold_id, "--operator", OPERATOR)
    (viewed,) = events(EventKind.OPERATOR)
    assert (viewed.operator, viewed.detail) == (OPERATOR, "hold viewed")
    assert viewed.processing_number == NUMBER.hex()
    with StoreReader.open(path, STORE_KEY) as store:
        assert viewed.person_tag in store.tags(hold.person_tag)


def test_where_it_cannot_be_recorded_nothing_is_shown(run, hold, monkeypatch):
    def fails(path, key, work):
        raise StoreUnavailable(Reason.FULL)

    monkeypatch.setattr("gateway.holds_cli.commit_once", fails)
    found = run("show", hold.hold_id, "--operator", OPERATOR, "--xml")
    assert found.exit_code == 1
    assert "disk is full" in found.output
    assert "高崎" not in found.output


# --- deciding -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "kind", "code"),
    [
        ("release", "released", EventKind.RELEASED, ""),
        ("refuse", "refused", EventKind.DECLINED, "SK-H01"),
    ],
)
def test_a_decision_has_a_name_a_reason_and_a_record(
    run, kept, events, name, state, kind, code
):
    found = run(*decision(name))
    assert found.exit_code == 0
    assert f"{state} by {OPERATOR}" in found.output
    now = kept()
    assert (now.state, now.operator, now.reason) == (state, OPERATOR, REASON)
    assert not now.done, "the station carries it out, not the command"
    (event,) = events(kind)
    assert (event.operator, event.detail, event.code) == (OPERATOR, REASON, code)
    assert event.processing_number == NUMBER.hex()


def test_a_hold_is_decided_once(run, kept, events):
    run(*decision("refuse"))
    again = run(*decision("release"))
    assert again.exit_code == 1
    assert "decided or over" in again.output
    assert kept().state == "refused"
    assert events(EventKind.RELEASED) == []


def test_a_release_can_be_bound_to_the_content_that_was_seen(run, hold, kept):
    other = run(*decision("release", "--digest", "00" * 32))
    assert other.exit_code == 1
    assert kept().state == "open"
    same = run(*decision("release", "--digest", hold.payload_digest.hex()))
    assert same.exit_code == 0
    assert kept().state == "released"


def test_a_digest_that_is_none_is_explained(run, kept):
    found = run(*decision("release", "--digest", "nothing"))
    assert found.exit_code == 2
    assert "hexadecimal" in found.output
    assert kept().state == "open"


def test_after_its_time_a_hold_cannot_be_released(run, path, hold):
    over = replace(hold, hold_id="over", release_by=NOON - timedelta(days=3650))
    commit_once(path, STORE_KEY, lambda tx: tx.open_hold(over))
    words = ("release", "over", "--operator", OPERATOR, "--reason", REASON)
    assert run(*words).exit_code == 1


@pytest.mark.parametrize("name", ["show", "release", "refuse"])
def test_nobody_decides_or_looks_without_a_name(run, kept, events, name):
    for operator in ("", "  "):
        found = run(
            name,
            "0123456789",
            "--operator",
            operator,
            *(() if name == "show" else ("--reason", REASON)),
        )
        assert found.exit_code == 2
        assert "name under it" in found.output
    assert run(name, "0123456789").exit_code == 2
    assert kept().state == "open"
    assert events() == []


@pytest.mark.parametrize("name", ["release", "refuse"])
def test_a_decision_needs_its_reason(run, kept, name):
    found = run(name, "0123456789", "--operator", OPERATOR)
    assert found.exit_code == 2
    assert kept().state == "open"


# --- what goes wrong ------------------------------------------------------------------


def test_an_unknown_hold_is_named(run):
    found = run("show", "unknown", "--operator", OPERATOR)
    assert found.exit_code == 1
    assert "unknown: no such hold" in found.output


def test_a_configuration_or_store_that_is_not_there_is_named(run, config, path):
    gone = run("list", config=config.with_name("gone.toml"))
    assert gone.exit_code == 1
    assert "gone.toml" in gone.output
    path.rename(path.with_suffix(".away"))
    assert "no store file" in run("list").output.replace("\n", " ")
