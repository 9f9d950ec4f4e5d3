# SPDX-License-Identifier: Apache-2.0
"""Record files: a station's store, lines of events, and what `records` writes."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.inspection.look import look
from gateway.inspection.report import Report, Verdict
from gateway.records import tell as records_tell
from gateway.records.event import Event, EventKind, canonical, prepare
from gateway.records.store import StoreReader, commit_once
from tests.gateway.inspection.desk import (
    NOTHING,
    NOW,
    facts,
    findings,
    inspected,
    layer,
    personal,
    said,
)
from tests.gateway.world import STORE_KEY, new_store


def event(code: str = "SK-P01", evidence: bytes | None = None) -> Event:
    return Event(
        EventKind.REFUSED,
        NOW,
        "in",
        peer="Q00001/intermediate_server",
        message_type="information_inquiry",
        message_id="00" * 16,
        person_tag="ab" * 16,
        code=code,
        verdicts=(("R-104", "the item is on the matching list", "refused"),),
        operator="高崎花子",
        detail="a word about a person",
        evidence={} if evidence is None else {"header": evidence},
    )


EVENT = event()
SECRETS = ("高崎花子", "a word about a person", "ab" * 16)
WITH_KEY = replace(NOTHING, store_key=STORE_KEY)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with three events, at rest."""
    path = new_store(tmp_path)

    def work(tx) -> None:  # type: ignore[no-untyped-def]
        for _ in range(3):
            tx.record(prepare(event(evidence=b"signed")))

    commit_once(path, STORE_KEY, work)
    return path


def edited(path: Path, *statements: str) -> Report:
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return look(path, WITH_KEY)


# -- a store ---------------------------------------------------------------------------


def test_a_sound_store_is_told_with_its_counts(store: Path) -> None:
    report = look(store, WITH_KEY)
    assert report.status == 0
    assert findings(report, Verdict.UNCHECKED) == []
    assert facts(report, "store")["events"] == "3"
    assert facts(report, "record") == {"refused": "3"}


def test_the_rows_of_every_table_are_counted(store: Path) -> None:
    with closing(sqlite3.connect(store)) as db:
        tables = db.execute(
            "SELECT name FROM sqlite_schema"
            " WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        ).fetchall()
    told = facts(look(store, WITH_KEY), "store")
    assert set(told) == {"schema", *(name for (name,) in tables)}


def test_without_the_key_nothing_of_the_record_can_be_read(store: Path) -> None:
    report = look(store, NOTHING)
    assert layer(report, "record").verdict is Verdict.UNCHECKED
    assert layer(report, "store").verdict is Verdict.UNCHECKED


def test_another_key_is_refused(store: Path) -> None:
    report = look(store, replace(NOTHING, store_key=bytes(32)))
    assert "another key file" in said(report)
    assert report.status == 1


def test_inspecting_writes_nothing_not_even_beside_the_file(store: Path) -> None:
    def there() -> dict[Path, bytes]:
        files = (path for path in store.parent.rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files}

    before = there()
    look(store, WITH_KEY)
    assert there() == before


def test_a_store_in_use_is_read_with_its_log(store: Path) -> None:
    db = sqlite3.connect(store)
    db.execute("INSERT INTO imports VALUES (1, 0, 'x', 0, 0, 0)")
    db.commit()
    assert facts(look(store, WITH_KEY), "store")["imports"] == "1"
    db.close()


def without_triggers(path: Path, *statements: str) -> Report:
    """Edit as somebody would who then puts the schema back as it was."""
    db = sqlite3.connect(path)
    kept = dict(
        db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    )
    db.close()
    dropped = (f"DROP TRIGGER {name}" for name in kept)
    return edited(path, *dropped, *statements, *kept.values())


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE events SET code = 'SK-P02' WHERE seq = 2", "record 2: its search"),
        ("UPDATE events SET content = zeroblob(99) WHERE seq = 1", "record 1: what it"),
        ("DELETE FROM events WHERE seq = 2", "record 2: records 2 to 2 are gone"),
        ("UPDATE events SET evidence = zeroblob(9) WHERE seq = 3", "record 3: what it"),
    ],
)
def test_a_record_that_was_touched_is_named(
    store: Path, statement: str, told: str
) -> None:
    report = without_triggers(store, statement)
    assert report.status == 1
    assert told in said(report)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER events_keep",
        "DROP TABLE copies",
        "CREATE TABLE more (x)",
        "ALTER TABLE imports ADD COLUMN y TEXT",
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 7",
    ],
)
def test_another_schema_is_refused_before_a_table_is_read(
    store: Path, statement: str
) -> None:
    report = edited(store, statement)
    assert report.status == 1
    assert [each.name for each in report.layers] == ["carrier", "store"]


def test_a_view_that_never_ends_is_never_asked(store: Path) -> None:
    endless = (
        "CREATE VIEW events AS WITH RECURSIVE n(x) AS "
        "(SELECT 1 UNION ALL SELECT x FROM n) SELECT x AS seq FROM n"
    )
    assert edited(store, "DROP TABLE events", endless).status == 1


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE people (name)")
    db.close()
    assert "another program" in said(look(path, NOTHING))


def test_only_the_head_of_a_store_is_a_damaged_store() -> None:
    report = inspected(b"SQLite format 3\0" + bytes(40))
    assert report.status == 1
    assert "damaged" in said(report)


@pytest.fixture(scope="module")
def bytes_of_a_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = new_store(tmp_path_factory.mktemp("bytes"))
    commit_once(path, STORE_KEY, lambda tx: tx.record(prepare(EVENT)))
    return path.read_bytes()


@settings(max_examples=200)
@given(data=st.data())
def test_turned_bits_in_a_store_give_a_verdict(
    bytes_of_a_store: bytes, data: st.DataObject
) -> None:
    turned = bytearray(bytes_of_a_store)
    for bit in data.draw(st.lists(st.integers(0, len(turned) * 8 - 1), max_size=8)):
        turned[bit // 8] ^= 1 << bit % 8
    report = inspected(bytes(turned), WITH_KEY)
    assert report.status in (0, 1, 2)
    assert not [secret for secret in SECRETS if secret in said(report)]


# -- lines -----------------------------------------------------------------------------


def as_told(tmp_path: Path) -> list[dict]:  # type: ignore[type-arg]
    """What ``sekisho records list --json`` writes of one event."""
    path = new_store(tmp_path)
    commit_once(path, STORE_KEY, lambda tx: tx.record(prepare(EVENT)))
    with StoreReader.open(path, STORE_KEY) as reader:
        return [records_tell.event_json("station", one) for one in reader.events()]


def lines_of_a_day(_: Path) -> bytes:
    return canonical(EVENT) + b"\n" + canonical(event(code="")) + b"\n"


def json_array(folder: Path) -> bytes:
    return json.dumps(as_told(folder) * 2, ensure_ascii=False).encode()


def json_lines(folder: Path) -> bytes:
    one = json.dumps(as_told(folder)[0], ensure_ascii=False)
    return f"{one}\n{one}\n".encode()


@pytest.mark.parametrize("form", [lines_of_a_day, json_array, json_lines])
def test_every_form_of_a_record_is_read(
    tmp_path: Path, form: Callable[[Path], bytes]
) -> None:
    report = inspected(form(tmp_path))
    assert report.status == 0
    assert facts(report, "record") == {"events": "2", "  refused": "2"}
    assert facts(report, "event")["code"].startswith("SK-P01 ")
    assert "R-104 the item is on the matching list" in said(report)


@pytest.mark.parametrize("form", [lines_of_a_day, json_array, json_lines])
def test_words_about_persons_are_shown_only_to_whoever_asks(
    tmp_path: Path, form: Callable[[Path], bytes]
) -> None:
    data = form(tmp_path)
    hidden, shown = said(inspected(data)), said(inspected(data, personal(NOTHING)))
    for secret in SECRETS:
        assert secret not in hidden
        assert secret in shown


def test_another_spelling_is_not_what_the_commitment_covers() -> None:
    again = json.dumps(json.loads(canonical(EVENT)), ensure_ascii=False).encode()
    report = inspected(again)
    assert report.status == 1
    assert "another spelling" in said(report)


def test_a_line_that_is_no_event_is_counted_wherever_it_stands() -> None:
    lines = [canonical(EVENT)] * 40 + [b'{"kind": "nothing"}']
    report = inspected(b"\n".join(lines))
    assert report.status == 1
    assert "1 of 41 are not" in said(report)


def test_ever_more_wrong_lines_are_not_looked_at() -> None:
    report = inspected(canonical(EVENT) + b"\n" + b"1\n" * 50_000)
    assert "the rest was not looked at" in said(report)


@pytest.mark.parametrize("data", [b"{}", b"[1, 2]", b'{"a": 1}', b"[", b"[" * 100_000])
def test_other_json_is_nothing_of_ours(data: bytes) -> None:
    assert inspected(data).status == 2
