# SPDX-License-Identifier: Apache-2.0
"""`sekisho backup` and `sekisho restore`: what an operator types, and what is told."""

import json

import pytest
from click.testing import CliRunner

from gateway.backup_cli import backup
from gateway.cli import gateway
from gateway.records.event import EventKind
from gateway.records.manifest import beside
from gateway.records.restoring import DECIDED, PeerTold
from gateway.records.store import StoreReader, commit_once
from gateway.restore_cli import restore
from tests.gateway.test_restore import lose, station_in
from tests.gateway.world import CORE, NOON, OTHER, PROVIDER, STORE_KEY

OPERATOR = ("--operator", "復元 一郎")


@pytest.fixture
def station(world, tmp_path):
    return station_in(world, tmp_path)


@pytest.fixture
def where(station, tmp_path):
    return ("--config", tmp_path / "station.toml")


@pytest.fixture
def copy(where, tmp_path):
    assert run(backup, *where, "--to", tmp_path / "copy").exit_code == 0
    return tmp_path / "copy"


def run(command, *words):
    found = CliRunner().invoke(command, [*map(str, words)])
    assert found.exception is None or isinstance(found.exception, SystemExit)
    return found


def store_of(station):
    return StoreReader.open(station.store.path, STORE_KEY)


def waits_for(station, *peers):
    def work(tx):
        for peer in peers:
            tx.put_peer_told(PeerTold(str(peer), problem="it is away"), NOON)

    commit_once(station.store.path, STORE_KEY, work)


def test_a_backup_is_made_and_looked_at(where, copy):
    plain, whole = run(backup, "check", copy), run(backup, "check", *where, copy)
    assert "the bytes are its own" in plain.output
    assert "sound" in whole.output
    assert whole.output.startswith(str(PROVIDER))


def test_the_word_of_earlier_versions_makes_the_same(where, tmp_path):
    made = run(gateway, "backup", *where, tmp_path / "other")
    assert f"{PROVIDER}: " in made.output
    assert beside(tmp_path / "other").exists()


def test_what_is_wrong_with_a_backup_is_told_in_a_sentence(copy):
    copy.write_bytes(b"cut")
    found = run(backup, "check", copy)
    assert found.exit_code == 1
    assert "is not the file that its manifest describes" in found.output


def test_a_restored_station_says_that_it_is_closed(station, where, copy):
    lose(station)
    done = run(restore, *where, copy, *OPERATOR)
    assert done.exit_code == 0
    assert "closed until its peers have told" in " ".join(done.output.split())
    told = run(restore, "status", *where)
    assert "the station has not asked anybody yet" in told.output


def test_what_is_in_the_way_is_told_with_the_word_that_moves_it(where, copy):
    found = run(restore, *where, copy, *OPERATOR)
    assert found.exit_code == 1
    assert "--aside" in found.output
    assert run(restore, *where, copy, *OPERATOR, "--aside").exit_code == 0


def test_nobody_restores_without_a_name(where, copy):
    assert run(restore, *where, copy).exit_code == 2
    assert run(restore, *where, copy, "--operator", " ").exit_code == 2


def test_a_station_that_never_was_restored_says_so(where):
    assert "never restored" in run(restore, "status", *where).output
    found = json.loads(run(restore, "status", *where, "--json").output)
    assert found == {"restored": None, "closed": False, "peers": []}


@pytest.fixture
def closed(station, where, copy):
    lose(station)
    run(restore, *where, copy, *OPERATOR)
    waits_for(station, CORE, OTHER)
    return station


def test_it_says_whom_it_waits_for(closed, where):
    found = json.loads(run(restore, "status", *where, "--json").output)
    assert found["closed"] is True
    assert [(one["peer"], one["problem"]) for one in found["peers"]] == [
        (str(CORE), "it is away"),
        (str(OTHER), "it is away"),
    ]
    told = run(restore, "status", *where).output
    assert "closed: 2 of 2 peers have not told everything" in told


def test_a_person_decides_about_one_peer_and_that_is_on_record(closed, where):
    words = ("--peer", OTHER, "--reason", "its machine burnt", *OPERATOR)
    assert run(restore, "decide", *where, *words).exit_code == 0
    with store_of(closed) as store:
        states = {one.peer: one.state for one in store.peers_told().values()}
        (told,) = store.events(kind=EventKind.OPERATOR)
    assert states == {str(CORE): "asked", str(OTHER): DECIDED}
    assert (told.event.operator, told.event.peer) == ("復元 一郎", str(OTHER))
    assert "its machine burnt" in told.event.detail


def test_a_person_decides_about_all_who_are_silent(closed, where):
    words = ("--every-silent", "--reason", "nobody is left", *OPERATOR)
    assert run(restore, "decide", *where, *words).exit_code == 0
    with store_of(closed) as store:
        assert {one.state for one in store.peers_told().values()} == {DECIDED}
        assert store.permits_forgotten_until() is not None


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--peer", OTHER, "--every-silent"),
    ],
)
def test_about_whom_must_be_said(closed, where, words):
    found = run(restore, "decide", *where, *words, "--reason", "so", *OPERATOR)
    assert found.exit_code == 2


def test_nobody_decides_about_who_is_not_waited_for(closed, where):
    words = ("--peer", PROVIDER, "--reason", "so", *OPERATOR)
    found = run(restore, "decide", *where, *words)
    assert found.exit_code == 1
    assert "is not waited for" in found.output


def test_nobody_decides_where_nothing_is_closed(where):
    words = ("--every-silent", "--reason", "so", *OPERATOR)
    found = run(restore, "decide", *where, *words)
    assert found.exit_code == 1
    assert "not closed by a restore" in found.output
