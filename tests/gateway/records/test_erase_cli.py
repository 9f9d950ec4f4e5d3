# SPDX-License-Identifier: Apache-2.0
"""`sekisho records erase | legal-hold`: what an operator asks, and what is told.

The station's records are of May 2015 and of January 2030; it was stamped today.
"""

import json
import shutil

import pytest
from click.testing import CliRunner

from gateway.records.cli import records
from gateway.records.event import EventKind
from gateway.records.months import Month
from gateway.records.store import StoreReader
from tests.gateway.records.erased import about
from tests.gateway.records.helpers import full_event
from tests.gateway.vouched import PROVIDER, Vouched, vouched

LONG_AGO, LATER = Month(2015, 5), Month(2030, 1)
WHO = ("--operator", "記録 管理")
WHY = ("--reason", "a law-suit")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    made = vouched(tmp_path_factory.mktemp("erase"), 0)
    events = [about(LONG_AGO, day) for day in (1, 20)] + [full_event()]
    made.write(lambda tx: [tx.record(tx.prepared(one)) for one in events])
    made.record(1)
    return made


@pytest.fixture
def station(built, tmp_path):
    """As it was built, for one test; the configuration names this place."""
    place = tmp_path / "station"
    shutil.copytree(built.folder, place)
    text = (place / "station.toml").read_text("utf-8")
    moved = text.replace(str(built.folder), str(place))
    (place / "station.toml").write_text(moved, encoding="utf-8")
    return Vouched(place, built.now)


@pytest.fixture
def run(station):
    def command(*words, status=0):
        asked = [*words, "--config", str(station.config)]
        done = CliRunner().invoke(records, asked)
        assert done.exit_code == status, done.output
        return done.output

    return command


def ids(station):
    with StoreReader.open(station.store, station.store_key) as store:
        return [stored.record_id.hex() for stored in store.all_events()]


def test_a_dry_run_tells_what_would_go_and_changes_nothing(run, station):
    before = ids(station)
    told = {
        one["month"]: one for one in json.loads(run("erase", "--dry-run", "--json"))
    }
    assert told["2015-05"] == {"month": "2015-05", "records": 2, "kept_because": ""}
    assert "kept until 2037-02-01" in told["2030-01"]["kept_because"]
    assert "would be erased" in run("erase", "--dry-run")
    assert ids(station) == before


def test_what_is_past_its_time_goes_and_who_did_it_is_on_record(run, station):
    told = run("erase", *WHO)
    assert "2015-05 2 erased" in " ".join(told.split())
    with StoreReader.open(station.store, station.store_key) as store:
        assert [stored.seq for stored in store.all_events()] == [3, 4, 5]
        (erased,) = store.events(kind=EventKind.ERASED)
        assert erased.event.operator == "記録 管理"
        assert store.month_keys().months()[0] > LONG_AGO
    station.record(1)
    assert "0 damaged or missing" in run("verify")


def test_nobody_erases_without_a_name(run, station):
    assert "--operator" in run("erase", status=2)
    assert "--operator" in run("erase", "--operator", " ", status=2)
    assert len(ids(station)) == 4


def test_an_erased_record_is_proven_without_what_it_said(run, station, tmp_path):
    gone = ids(station)[0]
    kept, bare = tmp_path / "kept", tmp_path / "bare"
    run("prove", gone, "--out", str(kept))
    run("erase", *WHO)
    key = station.key(PROVIDER).verifier.text
    believed = ["verify", "--proof", str(kept), "--key", key]
    assert "what only the record says" in CliRunner().invoke(records, believed).output
    told = run("prove", gone, "--out", str(bare))
    assert "record 1 was erased at" in told
    assert "7 years are over (R-110" in told
    entry = told.strip().rsplit(" ", 1)[1]
    words = ["verify", "--proof", str(bare), "--key", key, "--entry", entry]
    done = CliRunner().invoke(records, words)
    assert (done.exit_code, "entry 0 of 4" in done.output) == (0, True)
    assert "no such record" in run("show", gone, status=1)


def test_a_held_month_stays_until_the_hold_is_ended(run, station):
    run("legal-hold", "add", "--from", "2015-01", "--until", "2015-12", *WHO, *WHY)
    told = run("erase", *WHO)
    assert "held by 記録 管理 (legal hold 1): a law-suit" in told
    assert len(ids(station)) == 5
    run("legal-hold", "end", "1", *WHO, "--reason", "it is over")
    run("erase", *WHO)
    with StoreReader.open(station.store, station.store_key) as store:
        assert [stored.seq for stored in store.all_events()] == [3, 4, 5, 6, 7]
        said = [stored.event.detail for stored in store.events()][-3:-1]
    assert said == [
        "legal hold set: 2015-01 to 2015-12: a law-suit",
        "legal hold ended: 2015-01 to 2015-12: it is over",
    ]


def test_holds_are_listed_with_who_and_why(run):
    run("legal-hold", "add", "--from", "2015-05", *WHO, *WHY)
    (told,) = json.loads(run("legal-hold", "list", "--json"))
    assert (told["first"], told["last"]) == ("2015-05", "2015-05")
    assert (told["operator"], told["reason"]) == ("記録 管理", "a law-suit")
    assert told["ended"] is None
    assert "a law-suit" in run("legal-hold", "list")


@pytest.mark.parametrize(
    "words",
    [
        ("add", "--from", "2015-13", *WHO, *WHY),
        ("add", "--from", "2015-05", "--until", "2015-04", *WHO, *WHY),
        ("add", "--from", "2015-05", *WHO, "--reason", " "),
        ("add", "--from", "2015-05", "--operator", "", *WHY),
    ],
)
def test_a_hold_that_is_not_clear_is_not_set(run, words):
    run("legal-hold", *words, status=2)
    assert run("legal-hold", "list").strip() == ""


def test_a_hold_that_is_not_there_is_not_ended(run):
    run("legal-hold", "add", "--from", "2015-05", *WHO, *WHY)
    run("legal-hold", "end", "1", *WHO, *WHY)
    assert "no such hold" in run("legal-hold", "end", "1", *WHO, *WHY, status=1)
    assert "no such hold" in run("legal-hold", "end", "2", *WHO, *WHY, status=1)


def test_a_hold_that_comes_too_late_says_so(run):
    run("erase", *WHO)
    told = run("legal-hold", "add", "--from", "2015-05", *WHO, *WHY)
    assert "2015-05 was erased before" in told


def test_a_time_stamp_that_is_not_the_authoritys_lets_nothing_go(run, station):
    """Somebody writes a stamp of their own into the store."""

    def forge(tx):
        tx._db.execute("UPDATE log_stamps SET at = at + 1000000")

    station.write(forge)
    told = run("erase", *WHO, status=1)
    assert "nothing is erased: time-stamp 1" in told
    assert len(ids(station)) == 4


def test_without_witnesses_and_authority_nothing_goes(run, station):
    station.write(lambda tx: tx._db.execute("DELETE FROM log_stamps"))
    told = {one["month"]: one for one in json.loads(run("erase", *WHO, "--json"))}
    assert "no time-stamp" in told["2015-05"]["kept_because"]
    assert len(ids(station)) == 4
