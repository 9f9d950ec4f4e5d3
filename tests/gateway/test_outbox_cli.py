# SPDX-License-Identifier: Apache-2.0
"""`sekisho outbox`: a named person sees what is owed, not what it says, and decides."""

import json

import pytest
from click.testing import CliRunner

from gateway.outbox_cli import outbox
from gateway.records.errors import Reason, StoreUnavailable
from gateway.records.event import EventKind
from gateway.records.store import StoreReader, commit_once
from tests.gateway.files import configured
from tests.gateway.records.helpers import CODE, number, outgoing
from tests.gateway.world import (
    CORE,
    NOON,
    PROVIDER,
    REQUESTER,
    STORE_KEY,
    new_store,
)

OPERATOR, REASON = "運用 花子", "先方から連絡があった"
BY = ("--operator", OPERATOR, "--reason", REASON)


@pytest.fixture
def config(world, tmp_path):
    new_store(tmp_path)
    return configured(world, PROVIDER, tmp_path)


@pytest.fixture
def path(config):
    return config.parent / "records.sqlite"


@pytest.fixture
def owe(path):
    def enqueue(value, **changes):
        made = outgoing(value, **{"peer": str(CORE), "next_at": NOON, **changes})
        commit_once(path, STORE_KEY, lambda tx: tx.enqueue(made))
        return made.message_id.hex()

    return enqueue


@pytest.fixture
def write(path):
    return lambda work: commit_once(path, STORE_KEY, work)


@pytest.fixture
def run(config):
    def ask(*words, status=0):
        found = CliRunner().invoke(outbox, [*words, "--config", str(config)])
        assert found.exit_code == status, found.output
        return found.output

    return ask


@pytest.fixture
def listed(run):
    return lambda *words: json.loads(run("list", "--json", *words))


@pytest.fixture
def acts(path):
    def read():
        with StoreReader.open(path, STORE_KEY) as store:
            return [one.event for one in store.events(kind=EventKind.OPERATOR)]

    return read


@pytest.fixture
def kept(path):
    def read(message_id):
        with StoreReader.open(path, STORE_KEY) as store:
            return store.owed_one(bytes.fromhex(message_id))

    return read


# --- looking --------------------------------------------------------------------------


def test_where_nothing_is_owed_it_says_so(run, listed):
    assert run("list") == "nothing waits\n"
    assert listed() == []


def test_what_waits_is_listed_in_the_order_in_which_it_was_owed(owe, listed):
    ids = [owe(value) for value in (3, 1, 2)]
    assert [one["message_id"] for one in listed()] == ids


def test_neither_content_nor_person_is_shown(owe, run):
    tag = "ab" * 16
    message_id = owe(1, person_tag=tag, context=b"secret context")
    for words in (["list"], ["list", "--json"], ["show"], ["show", "--json"]):
        if words[0] == "show":
            words.insert(1, message_id)
        told = run(*words)
        assert message_id in told
        for hidden in ("envelope 1", CODE, tag, "secret"):
            assert hidden not in told


def test_one_peers_messages_are_listed_alone(owe, listed):
    owe(1)
    wanted = owe(2, peer=str(REQUESTER))
    assert [one["message_id"] for one in listed("--peer", str(REQUESTER))] == [wanted]


def test_what_was_settled_is_listed_when_it_is_asked_for(owe, write, listed):
    owe(1)
    write(lambda tx: tx.settle(number(1), "delivered", b"receipt"))
    assert listed() == []
    (one,) = listed("--all")
    assert (one["state"], one["bytes"]) == ("delivered", 0)


def test_a_long_list_goes_on_behind_its_last_turn(owe, run, listed):
    ids = [owe(value) for value in range(5)]
    first = listed("--limit", "3")
    assert f"--after {first[-1]['turn']}" in run("list", "--limit", "3")
    rest = listed("--limit", "3", "--after", str(first[-1]["turn"]))
    assert [one["message_id"] for one in (*first, *rest)] == ids


def test_one_message_is_told_with_what_its_last_failure_means(owe, write, run):
    message_id = owe(1)
    write(lambda tx: tx.postpone(number(1), 4, NOON, "SK-T01"))
    told = run("show", message_id)
    assert "SK-T01" in told
    assert "peer cannot be reached" in told


def test_a_message_that_waits_behind_another_is_told_so(owe, run):
    owe(1, person_tag="ab" * 16)
    behind = owe(2, person_tag="ab" * 16)
    assert "older message about the same person" in run("show", behind)
    assert not json.loads(run("show", behind, "--json"))["its_turn"]


@pytest.mark.parametrize("text", ["no id", "ab" * 16])
def test_what_is_not_there_is_said(run, text):
    assert text in run("show", text, status=1)


# --- deciding -------------------------------------------------------------------------


def test_a_retry_makes_it_due_now_and_is_on_record(owe, write, run, kept, acts):
    message_id = owe(1)
    later = NOON.replace(year=2100)
    write(lambda tx: tx.postpone(number(1), 4, later, "SK-T01"))
    run("retry", message_id, *BY)
    now = kept(message_id)
    assert now.next_at < later
    assert (now.attempts, now.state) == (4, "waiting")
    (act,) = acts()
    assert (act.operator, act.detail) == (OPERATOR, f"outbox retry: {REASON}")
    assert (act.message_id, act.peer) == (message_id, str(CORE))


def test_a_give_up_is_on_record_and_left_to_the_station(owe, run, kept, acts, listed):
    message_id = owe(1)
    run("give-up", message_id, *BY)
    now = kept(message_id)
    assert now.state == "waiting", "the station settles it, not the command"
    assert (now.given_up.operator, now.given_up.reason) == (OPERATOR, REASON)
    (act,) = acts()
    assert (act.operator, act.detail) == (OPERATOR, f"outbox give-up: {REASON}")
    assert listed()[0]["given_up_by"] == OPERATOR
    assert "giving up" in run("list")


def test_what_is_given_up_is_neither_retried_nor_given_up_again(owe, run, acts):
    message_id = owe(1)
    run("give-up", message_id, *BY)
    for name in ("give-up", "retry"):
        assert "given up already" in run(name, message_id, *BY, status=1)
    assert len(acts()) == 1


@pytest.mark.parametrize("name", ["give-up", "retry"])
def test_what_is_settled_is_decided_no_more(owe, write, run, acts, name):
    message_id = owe(1)
    write(lambda tx: tx.settle(number(1), "delivered"))
    assert "is settled" in run(name, message_id, *BY, status=1)
    assert acts() == []


def test_of_several_all_are_decided_or_none(owe, write, run, acts, kept):
    first, second = owe(1), owe(2)
    write(lambda tx: tx.settle(number(2), "delivered"))
    run("give-up", first, second, *BY, status=1)
    assert kept(first).given_up is None
    assert acts() == []
    third = owe(3)
    run("give-up", first, third, first, *BY)
    assert len(acts()) == 2


@pytest.mark.parametrize("name", ["give-up", "retry"])
@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--operator", OPERATOR),
        ("--reason", REASON),
        ("--operator", " ", "--reason", REASON),
        ("--operator", OPERATOR, "--reason", " "),
    ],
)
def test_nobody_decides_without_a_name_and_a_reason(owe, run, kept, name, words):
    message_id = owe(1)
    run(name, message_id, *words, status=2)
    assert kept(message_id).given_up is None


def test_what_cannot_be_recorded_is_not_done(owe, run, kept, monkeypatch):
    def fails(path, key, work):
        raise StoreUnavailable(Reason.FULL)

    message_id = owe(1)
    monkeypatch.setattr("gateway.outbox_cli.commit_once", fails)
    assert "disk is full" in run("give-up", message_id, *BY, status=1)
    assert kept(message_id).given_up is None


def test_what_was_decided_is_forgotten_with_its_message(owe, write, run, path):
    run("give-up", owe(1), *BY)
    run("give-up", owe(2), *BY)
    write(lambda tx: tx.settle(number(1), "given_up"))
    write(lambda tx: tx.forget_settled(NOON.replace(year=2100)))
    write(lambda tx: tx.forget_given_up())
    with StoreReader.open(path, STORE_KEY) as store:
        assert store.given_up(number(1)) is None
        assert store.given_up(number(2)) is not None
