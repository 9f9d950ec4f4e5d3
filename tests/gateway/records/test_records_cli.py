# SPDX-License-Identifier: Apache-2.0
"""`sekisho records`: what an operator asks, and what is answered."""

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.records.cli import records
from gateway.records.event import Event, EventKind, prepare
from gateway.records.store import commit_once
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import (
    CORE,
    KEY,
    NOON,
    PROVIDER,
    REQUESTER,
    Turns,
    core_transaction,
    event,
    full_event,
    inquiry,
    number,
    open_store,
    record_certificate,
)

TOML = """
[station]
organisation = "{organisation}"
role = "{role}"
[outside]
port = 1
[keys]
directory = "keys"
chain = "chain.pem"
crl = "crl.pem"
[master]
path = "master.cms"
anchor = "anchor.crt"
[store]
path = "records.sqlite"
key = "store.key"
"""


class Network:
    """The folder of a network with three stations, and the command on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for station in (REQUESTER, PROVIDER, CORE):
            self._make(station)

    def _make(self, station: str) -> None:
        organisation, role = station.split("/")
        place = self.place(station)
        place.mkdir(parents=True)
        text = TOML.format(organisation=organisation, role=role)
        (place / "station.toml").write_text(text)
        key = place / "store.key"
        key.write_bytes(KEY)
        key.chmod(0o600)
        (place / "keys").mkdir()
        (place / "keys" / "record.crt").write_bytes(record_certificate())
        open_store(place / "records.sqlite", Turns()).close()

    def place(self, station: str) -> Path:
        return self.folder / "stations" / station.replace("/", "-")

    def write(self, station: str, work: Callable[[Transaction], object]) -> None:
        commit_once(self.place(station) / "records.sqlite", KEY, work)

    def record(self, station: str, *events: Event) -> None:
        for one in events:
            self.write(station, partial(Transaction.record, prepared=prepare(one)))

    def run(self, *words: str, status: int = 0, **options: Any) -> Result:
        return self.alone(
            *words, "--network", str(self.folder), status=status, **options
        )

    def alone(self, *words: str, status: int = 0, **options: Any) -> Result:
        done = CliRunner().invoke(records, words, **options)
        assert done.exit_code == status, done.output
        return done

    def json(self, *words: str, status: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", status=status).stdout)


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path / "network")


def test_events_of_all_stations_are_listed_in_their_order(network: Network) -> None:
    network.record(PROVIDER, event(at=NOON + timedelta(seconds=1), code="SK-C04"))
    network.record(CORE, event(at=NOON))
    found = network.json("list")
    assert [one["station"] for one in found] == [CORE, PROVIDER]
    assert found[1]["code"] == "SK-C04"
    text = network.run("list").output
    assert "2030-01-01 21:00:01.000" in text, "Japan Standard Time"
    assert "SK-C04" in text
    assert len(network.json("list", "--limit", "1")) == 1


def test_one_station_is_asked_by_its_configuration(network: Network) -> None:
    network.record(PROVIDER, event())
    network.record(CORE, event())
    config = network.place(CORE) / "station.toml"
    done = CliRunner().invoke(records, ["list", "--config", str(config), "--json"])
    assert [one["station"] for one in json.loads(done.stdout)] == [CORE]


def test_nobody_in_particular_is_not_asked() -> None:
    done = CliRunner().invoke(records, ["list"])
    assert done.exit_code == 2
    assert "--config FILE or --network DIR" in done.output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--message-id", number(1).hex()], 1),
        (["--processing-number", number(2).hex()], 1),
        (["--code", "SK-C04"], 1),
        (["--kind", "refused"], 1),
        (["--peer", REQUESTER], 1),
        (["--person-tag", "ab" * 16], 1),
        (["--since", "2030-01-01 21:00:01"], 1),
        (["--until", "2030-01-01 21:00:01"], 1),
        (["--until", "2030-01-01 20:00:00"], 0),
        ([], 2),
    ],
)
def test_events_are_found(network: Network, words: list[str], expected: int) -> None:
    network.record(PROVIDER, full_event(), event(at=NOON + timedelta(seconds=1)))
    assert len(network.json("search", *words)) == expected


def test_a_person_is_found_by_a_code_that_is_not_shown(network: Network) -> None:
    code = "fedcba9876543210fedcba9876543210"
    path = network.place(PROVIDER) / "records.sqlite"
    store = open_store(path, Turns())
    network.record(PROVIDER, event(person_tag=store.person_tag(code)), event())
    store.close()
    done = network.run("search", "--person", "--json", input=code + "\n")
    assert code not in done.output
    assert len(json.loads(done.stdout.splitlines()[-1])) == 1


@pytest.mark.parametrize("name", ["--message-id", "--person-tag"])
def test_an_id_that_is_not_hex_is_a_message_and_not_a_traceback(
    network: Network, name: str
) -> None:
    assert "hexadecimal" in network.run("search", name, "zz", status=1).output


def test_one_record_is_shown_with_every_check(network: Network) -> None:
    network.record(PROVIDER, full_event())
    (listed,) = network.json("list")
    shown = network.json("show", listed["record_id"])
    assert shown == listed
    assert shown["verdicts"][1] == [
        "R-128", "the permit was not used before", "refused"
    ]  # fmt: skip
    text = network.run("show", listed["record_id"]).output
    assert "R-128  the permit was not used before: refused" in text
    assert "signed_header" in text
    assert "no such record" in network.run("show", "00" * 16, status=1).output


def provide(network: Network, outcome_at_core: str) -> None:
    done = inquiry(1, state="provided")
    network.write(REQUESTER, lambda tx: tx.open_inquiry(done))
    row = core_transaction(1, outcome=outcome_at_core, outcome_at=NOON)
    network.write(CORE, lambda tx: tx.open_transaction(row))
    shared: dict[str, Any] = {"processing_number": number(1).hex()}
    about = {**shared, "item_no": 1, "kinds": ("resident_record_information",)}
    network.record(
        PROVIDER,
        event(message_type="provision_order", peer=CORE, **about),
        event(
            EventKind.RECEIPTED,
            direction="out",
            peer=REQUESTER,
            message_type="information_provision",
            **shared,
        ),
    )


def test_three_records_that_agree_are_reconciled(network: Network) -> None:
    provide(network, "provided")
    assert network.json("reconcile") == []
    assert "1 processing numbers, 0 differences" in network.run("reconcile").output


def test_records_that_differ_are_shown_and_end_with_a_status(
    network: Network,
) -> None:
    provide(network, "lapsed")
    (found,) = network.json("reconcile", status=1)
    assert found["processing_number"] == number(1).hex()
    assert found["point"] == "outcome"
    assert found["said"]["core"] == "lapsed"
    assert "core: lapsed" in network.run("reconcile", status=1).output


def test_a_difference_that_may_settle_is_told_apart(network: Network) -> None:
    provide(network, "")
    (found,) = network.json("reconcile")
    assert not found["final"]
    assert "1 that may still settle" in network.run("reconcile").output


def test_a_changed_record_is_found_by_the_command(network: Network) -> None:
    network.record(PROVIDER, full_event())
    assert "3 stores, 0 damaged" in network.run("verify").output
    db = sqlite3.connect(network.place(PROVIDER) / "records.sqlite")
    db.execute("DROP TRIGGER events_keep")
    db.execute("UPDATE events SET code = ''")
    db.commit()
    db.close()
    assert "do not match" in network.run("verify", status=1).output
    (found,) = network.json("verify", status=1)
    assert (found["station"], found["seq"]) == (PROVIDER, 1)


def test_a_missing_store_is_said_in_the_operators_words(network: Network) -> None:
    (network.place(CORE) / "records.sqlite").unlink()
    assert "there is no store file" in network.run("list", status=1).output


def test_a_key_file_that_others_can_read_is_refused(network: Network) -> None:
    (network.place(CORE) / "store.key").chmod(0o644)
    assert "store.key" in network.run("list", status=1).output


def test_another_stations_key_is_said_so(network: Network) -> None:
    (network.place(CORE) / "store.key").write_bytes(bytes(32))
    assert "another key file" in network.run("list", status=1).output
