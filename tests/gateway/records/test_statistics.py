# SPDX-License-Identifier: Apache-2.0
"""Totals are what the record says, by month and item; they read nothing else."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cs_cli import cs
from gateway.records import statistics
from gateway.records.cli import records
from gateway.records.event import Event, EventKind, prepare
from gateway.records.jst import JST
from gateway.records.opening import checked_reader
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader, commit_once
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import (
    KEY,
    NOON,
    PROVIDER,
    Turns,
    event,
    number,
    open_store,
)
from tests.gateway.records.test_records_cli import Network

CS = "102024/municipal_cs"
TAG = "ab" * 16
DENIED = r"prohibited|not authorized"
DONE = sorted({done for those in statistics.LINKAGE.values() for done in those})


def recorded(path: Path, *events: Event) -> None:
    def work(tx: Transaction) -> None:
        for one in events:
            tx.record(prepare(one))

    commit_once(path, KEY, work)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "records.sqlite"
    open_store(made, Turns()).close()
    return made


def order(place: int = 1, **fields: object) -> Event:
    given = {
        "message_type": "provision_order",
        "processing_number": number(place).hex(),
        "person_tag": TAG,
        "item_no": 15,
    }
    return event(**{**given, **fields})


def told(path: Path) -> dict[tuple[str, int | None, str], int]:
    return {one[:3]: one.times for one in statistics.linkage(path, KEY)}


# -- the totals of linkage (R-150) -----------------------------------------------------


def test_inquiries_provisions_refusals_and_holds_are_totalled(path: Path) -> None:
    provided = partial(
        order,
        kind=EventKind.RECEIPTED,
        direction="out",
        message_type="information_provision",
    )
    recorded(
        path,
        event(message_type="information_inquiry_request", item_no=15),
        order(1),
        provided(1),
        order(2, kind=EventKind.REFUSED, code="SK-C04"),
        order(3, kind=EventKind.HELD),
        order(
            3,
            kind=EventKind.RELEASED,
            direction="local",
            message_type="information_provision",
        ),
        provided(3),
    )
    assert told(path) == {
        ("2030-01", 15, "inquiries"): 1,
        ("2030-01", 15, "orders"): 2,
        ("2030-01", 15, "orders refused"): 1,
        ("2030-01", 15, "provisions"): 2,
        ("2030-01", 15, "holds"): 1,
        ("2030-01", 15, "holds released"): 1,
    }


def test_a_receipt_counts_for_the_item_of_its_processing_number(path: Path) -> None:
    receipt = order(
        kind=EventKind.RECEIPTED,
        direction="out",
        message_type="information_provision",
        item_no=None,
    )
    recorded(path, order(item_no=7), receipt)
    assert told(path)["2030-01", 7, "provisions"] == 1


def test_a_month_begins_at_midnight_in_japan(path: Path) -> None:
    midnight = datetime(2030, 2, 1, tzinfo=JST)
    recorded(path, order(1, at=midnight - timedelta(microseconds=1)))
    recorded(path, order(2, at=midnight))
    assert told(path) == {
        ("2030-01", 15, "orders"): 1,
        ("2030-02", 15, "orders"): 1,
    }


def test_what_is_offered_again_is_no_refusal_yet(path: Path) -> None:
    failed = partial(
        order,
        kind=EventKind.FAILED,
        direction="out",
        message_type="information_inquiry",
    )
    recorded(path, failed(1, code="SK-T01"), failed(1, code="SK-T01"))
    assert told(path) == {}
    recorded(path, failed(1, code="SK-C10"))
    assert told(path) == {("2030-01", 15, "inquiries refused"): 1}


@pytest.mark.parametrize(
    ("message_type", "name"),
    [
        ("provision_order", "orders refused"),
        ("information_provision", "answers refused"),
        ("information_inquiry_request", "inquiries not taken"),
    ],
)
def test_nor_is_what_a_peer_has_to_offer_again(
    path: Path, message_type: str, name: str
) -> None:
    """It comes every few minutes until we take it: a closed evening is no refusal."""
    refused = partial(order, kind=EventKind.REFUSED, message_type=message_type)
    recorded(path, refused(1, code="SK-M12"), refused(1, code="SK-M12"))
    assert told(path) == {}
    recorded(path, refused(1, code="SK-C10"))
    assert told(path) == {("2030-01", 15, name): 1}


def an_event(place: int, done: statistics.Done, days: int, item: int | None) -> Event:
    return Event(
        kind=EventKind(done.kind),
        at=NOON + timedelta(days=days),
        direction=done.direction,
        message_type=done.message_type,
        item_no=item,
        processing_number=number(place).hex(),
        person_tag=TAG,
        code="SK-C10" if done.kind in (EventKind.FAILED, EventKind.REFUSED) else "",
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(DONE),
            st.integers(0, 90),
            st.none() | st.integers(1, 3),
        ),
        max_size=12,
    )
)
def test_totals_are_the_counts_over_the_record(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[statistics.Done, int, int | None]],
) -> None:
    path = tmp_path_factory.mktemp("drawn") / "records.sqlite"
    open_store(path, Turns()).close()
    recorded(path, *(an_event(place, *one) for place, one in enumerate(drawn)))
    expected: Counter[tuple[str, int | None, str]] = Counter()
    with StoreReader.open(path, KEY) as store:
        for stored in store.all_events():
            seen = stored.event
            done = statistics.Done(seen.kind, seen.direction, seen.message_type)
            month = f"{seen.at.astimezone(JST):%Y-%m}"
            for name, those in statistics.LINKAGE.items():
                expected[month, seen.item_no, name] += those.count(done)
    assert told(path) == +expected


# -- the counts of a CS (R-206, R-207) -------------------------------------------------


def update(**fields: object) -> Event:
    given = {"message_type": "identity_information_update", "person_tag": TAG}
    return event(**{**given, **fields})


def test_a_cs_counts_updates_searches_and_confirmations(path: Path) -> None:
    recorded(
        path,
        update(),
        update(),
        update(kind=EventKind.REFUSED, code="SK-J03"),
        event(message_type="identity_information_search", person_tag=TAG),
        event(message_type="identity_confirmation_request", person_tag=TAG),
    )
    found = {one[:3]: one.times for one in statistics.identity(path, KEY)}
    assert found == {
        ("2030-01", None, "updates"): 2,
        ("2030-01", None, "updates refused"): 1,
        ("2030-01", None, "searches"): 1,
        ("2030-01", None, "confirmations"): 1,
    }


def test_of_two_updates_of_one_person_nothing_tells_that_they_are(path: Path) -> None:
    """R-206: nothing is counted by anything of a person."""
    recorded(path, update(), update(detail="one"))
    one = statistics.identity(path, KEY)
    other = path.with_name("other.sqlite")
    open_store(other, Turns()).close()
    recorded(other, update(person_tag="01" * 16), update(person_tag="02" * 16))
    assert statistics.identity(other, KEY) == one


def tables(path: Path) -> list[tuple[str, str]]:
    """Every table of the schema, with one of its columns."""
    with closing(sqlite3.connect(path)) as db:
        names = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return [
            (name, db.execute(f"PRAGMA table_info({name})").fetchone()[1])
            for (name,) in names.fetchall()
        ]


@pytest.mark.parametrize(
    "columns", [statistics._COUNTED_BY, statistics._ITEMS_BY], ids=["CS", "linkage"]
)
def test_who_counts_can_read_no_table_but_the_record(
    path: Path, columns: frozenset[str]
) -> None:
    """R-207: the sending-destination file among them."""
    names = tables(path)
    assert {"destinations", "destination_persons", "identities"} <= dict(names).keys()
    with closing(checked_reader(path, StoreKeys(KEY))) as reader:
        statistics.confine(reader, columns)
        for name, column in names:
            for what in (column, "count(*)"):
                if (name, what) == ("events", "count(*)"):
                    continue
                with pytest.raises(sqlite3.DatabaseError, match=DENIED):
                    reader.execute(f"SELECT {what} FROM {name}")


def test_nor_can_it_read_of_the_record_who_it_was(path: Path) -> None:
    secret = ("person_tag", "message_id", "peer", "evidence", "content", "commitment")
    with closing(checked_reader(path, StoreKeys(KEY))) as reader:
        statistics.confine(reader, statistics._COUNTED_BY)
        for column in secret:
            with pytest.raises(sqlite3.DatabaseError, match=DENIED):
                reader.execute(f"SELECT {column} FROM events")
        for sql in (
            "DELETE FROM events",
            "ATTACH ':memory:' AS x",
            "PRAGMA user_version",
        ):
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                reader.execute(sql)


def test_no_message_about_sending_destinations_is_counted_either() -> None:
    names = {
        done.message_type for those in statistics.IDENTITY.values() for done in those
    }
    assert not [name for name in names if "destination" in name]


# -- the commands ----------------------------------------------------------------------


@pytest.fixture
def network(tmp_path: Path) -> Network:
    made = Network(tmp_path / "network")
    made._make(CS)
    return made


def test_an_operator_asks_for_a_month_and_its_items(network: Network) -> None:
    network.record(PROVIDER, order(1), order(2, item_no=7))
    network.record(PROVIDER, order(3, at=NOON + timedelta(days=60)))
    assert [one["count"] for one in network.json("statistics")] == [2, 1]
    found = network.json("statistics", "--items", "--month", "2030-01")
    assert found == [
        {
            "station": PROVIDER,
            "month": "2030-01",
            "item_no": item,
            "what": "orders",
            "count": 1,
        }
        for item in (7, 15)
    ]
    assert "orders" in network.run("statistics").output


def test_no_total_holds_a_tag_a_number_or_a_peer(network: Network) -> None:
    network.record(PROVIDER, order(1, peer="131016/intermediate_server"))
    text = network.run("statistics", "--items").output + str(network.json("statistics"))
    assert TAG not in text
    assert "131016" not in text
    assert number(1).hex() not in text


def test_another_station_has_no_such_totals(network: Network) -> None:
    config = network.place(CS) / "station.toml"
    done = CliRunner().invoke(records, ["statistics", "--config", str(config)])
    assert done.exit_code == 1
    assert "none of these stations is an intermediate server" in done.output


def test_a_cs_tells_what_it_did(network: Network) -> None:
    network.record(CS, update(), update())
    config = str(network.place(CS) / "station.toml")
    done = CliRunner().invoke(cs, ["statistics", "--config", config, "--json"])
    assert json.loads(done.stdout) == [
        {"station": CS, "month": "2030-01", "what": "updates", "count": 2}
    ]


def test_there_is_no_span_but_the_month(network: Network) -> None:
    config = str(network.place(CS) / "station.toml")
    for words in (["--month", "2030-01-15"], ["--since", "2030-01-15"]):
        done = CliRunner().invoke(cs, ["statistics", "--config", config, *words])
        assert done.exit_code == 2
