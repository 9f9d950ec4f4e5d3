# SPDX-License-Identifier: Apache-2.0
"""The record: found by what is known, never changed unnoticed."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.records.base import to_micros
from gateway.records.errors import StoreDamaged
from gateway.records.event import Event, EventKind, Prepared, prepare
from gateway.records.month_key import CONTENT, EVIDENCE
from gateway.records.store import Store, StoreReader
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import (
    CORE,
    KEY,
    NOON,
    PROVIDER,
    Turns,
    digest,
    event,
    full_event,
    number,
    open_store,
)


def record(store: Store, turns: Turns, *events: Event) -> list[Prepared]:
    prepared = [prepare(one) for one in events]
    for one in prepared:
        turns.wait(store.commit(partial(Transaction.record, prepared=one)))
    return prepared


def test_an_event_is_given_back_as_it_was(store: Store, turns: Turns) -> None:
    (prepared,) = record(store, turns, full_event())
    (stored,) = store.events()
    assert stored.seq == 1
    assert stored.record_id == prepared.record_id
    assert stored.commitment == prepared.commitment
    assert stored.event.verdicts == full_event().verdicts
    assert stored.event.evidence == {}
    assert set(stored.evidence_digests) == {"signed_header", "permit"}
    assert store.event_evidence(prepared.record_id) == full_event().evidence
    assert store.event(prepared.record_id) == stored


def test_what_is_not_recorded_is_not_found(store: Store) -> None:
    assert store.events() == []
    assert store.event(bytes(16)) is None
    assert store.event_evidence(bytes(16)) == {}
    assert list(store.all_events()) == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [1, 2, 3, 4]),
        ({"message_id": number(1).hex()}, [1]),
        ({"processing_number": number(9).hex()}, [1, 2]),
        ({"peer": CORE}, [3]),
        ({"kind": EventKind.REFUSED}, [2]),
        ({"code": "SK-C04"}, [2]),
        ({"person_tag": "ab" * 16}, [1, 3]),
        ({"since": NOON + timedelta(seconds=2)}, [3, 4]),
        ({"until": NOON + timedelta(seconds=2)}, [1, 2]),
        ({"limit": 2}, [3, 4]),
        ({"person_tag": "ab" * 16, "peer": CORE}, [3]),
        ({"message_id": number(77).hex()}, []),
    ],
)
def test_events_are_found_by_what_is_known(
    store: Store, turns: Turns, filters: dict[str, object], expected: list[int]
) -> None:
    tag, nine = "ab" * 16, number(9).hex()
    record(
        store,
        turns,
        event(message_id=number(1).hex(), processing_number=nine, person_tag=tag),
        event(
            EventKind.REFUSED,
            at=NOON + timedelta(seconds=1),
            processing_number=nine,
            code="SK-C04",
            peer=PROVIDER,
        ),
        event(at=NOON + timedelta(seconds=2), peer=CORE, person_tag=tag),
        event(at=NOON + timedelta(seconds=3)),
    )
    found = store.events(**filters)  # type: ignore[arg-type]
    assert [stored.seq for stored in found] == expected


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_search_by_time_finds_just_what_lies_between_its_moments(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Several lie in one millisecond; the first moment counts, the last does not."""
    near = st.integers(-2500, 2500).map(lambda n: NOON + timedelta(microseconds=n))
    moments = data.draw(st.lists(near, min_size=1, max_size=12))
    edges = st.sampled_from([None, *moments]) | near
    since, until = data.draw(edges), data.draw(edges)
    turns = Turns()
    store = open_store(tmp_path_factory.mktemp("time") / "records.sqlite", turns)
    try:
        made = [prepare(event(at=moment)) for moment in moments]
        turns.wait(store.commit(lambda tx: [tx.record(one) for one in made]))
        found = store.events(since=since, until=until)
        assert [stored.event.at for stored in found] == [
            moment
            for moment in moments
            if (since is None or since <= moment) and (until is None or moment < until)
        ]
    finally:
        store.close()


@pytest.mark.parametrize(
    "moment", [datetime.min, datetime(1969, 12, 31), datetime.max], ids=str
)
def test_a_search_may_ask_for_any_moment(
    store: Store, turns: Turns, moment: datetime
) -> None:
    record(store, turns, event())
    before = moment.replace(tzinfo=UTC) < NOON
    assert len(store.events(since=moment.replace(tzinfo=UTC))) == before
    assert len(store.events(until=moment.replace(tzinfo=UTC))) == (not before)


def test_a_search_by_time_reads_the_index_of_the_ids(
    store: Store, turns: Turns, store_path: Path
) -> None:
    record(store, turns, event())
    asked: list[str] = []
    store._reader.set_trace_callback(asked.append)
    store.events(since=NOON, until=NOON + timedelta(seconds=1))
    (sql,) = asked
    db = sqlite3.connect(store_path)
    plan = " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}"))
    db.close()
    assert "record_id>? AND record_id<?" in plan


def test_a_search_for_an_id_that_is_not_hex_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="hex"):
        store.events(message_id="zz")


def test_all_events_are_read_page_by_page(store: Store, turns: Turns) -> None:
    prepared = [prepare(event(message_id=number(n).hex())) for n in range(1201)]

    def work(tx: Transaction) -> None:
        for one in prepared:
            tx.record(one)

    turns.wait(store.commit(work))
    assert [stored.seq for stored in store.all_events()] == list(range(1, 1202))
    assert store.verify_events() == []


@pytest.mark.parametrize(
    "change", ["DELETE FROM events", "UPDATE events SET code = 'SK-C04'"]
)
def test_a_record_is_neither_removed_nor_changed_by_accident(
    store: Store, turns: Turns, store_path: Path, change: str
) -> None:
    record(store, turns, event())
    db = sqlite3.connect(store_path)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        db.execute(change)
    db.close()


def tamper(path: Path, change: str) -> None:
    """What somebody with the file in hands can do."""
    db = sqlite3.connect(path)
    db.execute("DROP TRIGGER events_stay")
    db.execute("DROP TRIGGER events_keep")
    db.execute(change)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("change", "seq", "what"),
    [
        ("UPDATE events SET code = 'SK-P01' WHERE seq = 2", 2, "search columns"),
        ("UPDATE events SET person_tag = NULL WHERE seq = 2", 2, "search columns"),
        ("UPDATE events SET at = at + 1 WHERE seq = 2", 2, "search columns"),
        ("UPDATE events SET evidence = x'' WHERE seq = 2", 2, "evidence"),
        ("UPDATE events SET evidence = x'00' WHERE seq = 2", 2, "cannot be opened"),
        ("UPDATE events SET evidence = content WHERE seq = 2", 2, "cannot be opened"),
        ("UPDATE events SET content = zeroblob(99) WHERE seq = 2", 2, "be opened"),
        ("UPDATE events SET commitment = zeroblob(32) WHERE seq = 2", 2, "commitment"),
        ("UPDATE events SET code = CAST(x'ff' AS TEXT) WHERE seq = 2", 2, "columns"),
        ("UPDATE events SET record_id = x'00' WHERE seq = 2", 2, "cannot be opened"),
        (
            "UPDATE events SET content = (SELECT content FROM events WHERE seq = 1)"
            " WHERE seq = 2",
            2,
            "cannot be opened",
        ),
        ("DELETE FROM events WHERE seq = 1", 1, "records 1 to 1 are gone"),
        ("DELETE FROM events WHERE seq = 2", 2, "records 2 to 2 are gone"),
        ("DELETE FROM events WHERE seq = 3", 3, "records 3 to 3 are gone"),
        ("DELETE FROM events", 1, "records 1 to 3 are gone"),
    ],
)
def test_a_record_changed_or_removed_is_found_and_named(
    store: Store, turns: Turns, store_path: Path, change: str, seq: int, what: str
) -> None:
    record(store, turns, event(), full_event(), event())
    assert store.verify_events() == []
    tamper(store_path, change)
    (damage,) = store.verify_events()
    assert damage.seq == seq
    assert what in damage.what


def resealed(path: Path, part: bytes, change: Callable[[bytes], bytes]) -> None:
    """What somebody with the file and all keys can do to the record."""
    with StoreReader.open(path, KEY) as reader:
        (one,) = reader.events()
        key = reader._keys.months.key_of(to_micros(one.event.at))
    db = sqlite3.connect(path)
    name = part.decode()
    ((sealed,),) = db.execute(f"SELECT {name} FROM events")
    plain = change(key.open(one.record_id, part, sealed))
    db.execute("DROP TRIGGER events_keep")
    again = key.seal(one.record_id, part, plain)
    db.execute(f"UPDATE events SET {name} = ?", (again,))
    db.commit()
    db.close()


def test_content_that_was_sealed_anew_does_not_match_its_commitment(
    store: Store, turns: Turns, store_path: Path
) -> None:
    record(store, turns, full_event())
    resealed(store_path, CONTENT, lambda plain: plain.replace(b"SK-C04", b""))
    (damage,) = store.verify_events()
    assert "commitment" in damage.what


@pytest.mark.parametrize("evidence", ["00", "81A1FFC400", "81A16101", "80"])
def test_damaged_evidence_is_told_as_damage(
    store: Store, turns: Turns, store_path: Path, evidence: str
) -> None:
    (prepared,) = record(store, turns, full_event())
    resealed(store_path, EVIDENCE, lambda _: bytes.fromhex(evidence))
    assert len(store.verify_events()) == 1
    if evidence == "80":  # it can be read, and is not what peers signed
        return
    with pytest.raises(StoreDamaged, match="evidence"):
        store.event_evidence(prepared.record_id)


@pytest.mark.parametrize("value", ["'text'", "7", "NULL", "1.5"])
@pytest.mark.parametrize(
    "column",
    [
        *("record_id", "at", "kind", "peer", "message_id", "person_tag", "code"),
        *("commitment", "content", "evidence"),
    ],
)
def test_a_column_of_another_type_is_named_as_damage(
    store: Store, turns: Turns, store_path: Path, column: str, value: str
) -> None:
    """As in a file whose pages were edited: SQLite itself would not let it in."""
    record(store, turns, event(), full_event(), event())
    turns.run_all()
    loosened(store_path, f"UPDATE events SET {column} = {value} WHERE seq = 2")
    with StoreReader.open(store_path, KEY) as reader:
        (damage,) = reader.verify_events()
    assert damage.seq == 2
    assert isinstance(damage.record_id, bytes)


@pytest.mark.parametrize("value", ["'text'", "7", "1.5", "x'80'"])
def test_an_event_of_another_type_is_damage_for_whoever_reads_it(
    store: Store, turns: Turns, store_path: Path, value: str
) -> None:
    record(store, turns, event())
    loosened(store_path, f"UPDATE events SET content = {value}")
    with StoreReader.open(store_path, KEY) as reader, pytest.raises(StoreDamaged):
        reader.events()


def loosened(path: Path, change: str) -> None:
    """A change that the types and rules of the table would forbid."""
    db = sqlite3.connect(path)
    db.execute("DROP TRIGGER events_stay")
    db.execute("DROP TRIGGER events_keep")
    db.execute("PRAGMA writable_schema = ON")
    db.execute(
        "UPDATE sqlite_schema SET sql = replace(replace(sql, 'STRICT', ''),"
        " 'NOT NULL', '') WHERE name = 'events'"
    )
    db.commit()
    db.close()
    db = sqlite3.connect(path)
    db.execute(change)
    db.commit()
    db.close()


def test_records_of_one_work_stand_or_fall_together(store: Store, turns: Turns) -> None:
    def work(tx: Transaction) -> None:
        tx.record(prepare(event()))
        raise LookupError

    turns.outcome(store.commit(work))
    record(store, turns, event())
    assert [stored.seq for stored in store.events()] == [1]
    assert store.verify_events() == []


def test_a_reader_of_another_process_sees_what_is_durable(
    store: Store, turns: Turns, store_path: Path
) -> None:
    with StoreReader.open(store_path, KEY) as reader:
        assert reader.events() == []
        record(store, turns, event(header_digest=digest(1).hex()))
        assert len(reader.events()) == 1


def test_the_record_of_a_person_is_found_by_a_tag_that_nobody_can_read(
    store: Store, turns: Turns, store_path: Path
) -> None:
    code = "fedcba9876543210fedcba9876543210"
    about = store.prepared(event(person_tag=store.person_tag(code)))
    turns.wait(store.commit(partial(Transaction.record, prepared=about)))
    (tag,) = store.tags(store.person_tag(code))
    assert len(store.events(person_tag=tag)) == 1
    assert store.events(person_tag=store.person_tag(code)) == []
    for file in store_path.parent.rglob("*.*"):
        content = file.read_bytes() if file.is_file() else b""
        assert code.encode() not in content
        assert bytes.fromhex(code) not in content
