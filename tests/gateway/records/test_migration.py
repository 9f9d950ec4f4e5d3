# SPDX-License-Identifier: Apache-2.0
"""A store of the first schema, with rows, is a store of ours after the next start."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.msgpack import encode as packb

from gateway.records.base import to_micros
from gateway.records.connection import create_file, open_writer
from gateway.records.copy_rows import RecordRow
from gateway.records.errors import MonthKeyFault
from gateway.records.event import Event, commitment, prepare
from gateway.records.finds import Asked
from gateway.records.migrate import SCHEMA, migrate
from gateway.records.sealed import StoreKeys
from gateway.records.store import Store, commit_once
from tests.gateway.records.helpers import (
    BUSINESS,
    CODE,
    KEY,
    NOON,
    REQUESTER,
    Turns,
    digest,
    event,
    number,
    open_store,
)

KEYS = StoreKeys(KEY)
ABOUT_SOMEBODY = event(
    peer=REQUESTER,
    processing_number="02" * 16,
    person_tag=KEYS.person_tag(CODE),
    item_no=3,
    permit_digest=digest(3).hex(),
    operator="監査 太郎",
    evidence={"signed_header": b"what a peer signed"},
)
_SCHEMAS = (
    "SELECT type, name, tbl_name, sql FROM sqlite_schema"
    " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"
)


def asked(value: int) -> Event:
    """The record of a question that an inside system posted."""
    return event(
        peer=BUSINESS,
        message_type="information_inquiry_request",
        processing_number=number(value).hex(),
    )


def recorded(db: sqlite3.Connection, one: Event) -> None:
    """As it was before there were keys of months: in the clear."""
    made = prepare(one)
    row = (
        *made.columns[:-1],
        *(made.salt, made.commitment, made.canonical, packb(dict(one.evidence))),
    )
    db.execute(
        "INSERT INTO events (record_id, at, kind, direction, peer, message_type,"
        " message_id, processing_number, person_tag, code, salt, commitment, canonical,"
        f" evidence) VALUES ({', '.join('?' * len(row))})",
        row,
    )


def inquired(db: sqlite3.Connection, value: int) -> None:
    sealed = KEYS.seal("inquiries", number(value), b"0" * 15)
    row = (number(value), 1, "[]", "102024", sealed, to_micros(NOON), "provided", "")
    db.execute("INSERT INTO inquiries VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", row)


def owed(db: sqlite3.Connection, value: int, state: str) -> None:
    at = to_micros(NOON)
    sealed = KEYS.seal("outbox", number(value), b"\x92\xc0\xc4\x01c")
    row = (
        *(number(value), REQUESTER, "information_provision", b"envelope", digest(1)),
        *(number(value), at, at, 1, sealed, 0, at, "", state, b"receipt"),
    )
    db.execute(f"INSERT INTO outbox VALUES ({', '.join('?' * len(row))})", row)


@pytest.fixture
def old(tmp_path: Path, store_path: Path) -> Path:
    """A store as the first schema had it."""
    schema = tmp_path / "schema"
    schema.mkdir()
    shutil.copy(SCHEMA / "0001.sql", schema)
    create_file(store_path)
    with closing(open_writer(store_path)) as db:
        migrate(db, store_path, schema)
        for one in (asked(1), ABOUT_SOMEBODY):
            recorded(db, one)
        inquired(db, 1)
        inquired(db, 2)
        owed(db, 3, "delivered")
        owed(db, 4, "waiting")
        db.execute("INSERT INTO permits VALUES (?, ?, ?, 7)", (number(5), b"d", b"p"))
    return store_path


@pytest.fixture
def upgraded(old: Path, turns: Turns) -> Iterator[Store]:
    opened = open_store(old, turns)
    yield opened
    opened.close()
    turns.run_all()


def test_who_asked_is_taken_from_the_record_and_else_is_nobody(upgraded: Store) -> None:
    whose = {one.processing_number: one.asked_by for one in upgraded.inquiries()}
    assert whose == {number(1): BUSINESS, number(2): ""}


def test_used_permits_stay_used(upgraded: Store) -> None:
    assert upgraded.permit_used(number(5))
    assert not upgraded.permit_used(number(6))


def test_what_was_settled_keeps_its_answer_and_what_waits_everything(
    upgraded: Store,
) -> None:
    settled, waiting = upgraded.outgoing(number(3)), upgraded.outgoing(number(4))
    assert settled is not None
    assert waiting is not None
    assert (settled.envelope, settled.context) == (b"", b"")
    assert (settled.state, settled.answer) == ("delivered", b"receipt")
    assert (waiting.envelope, waiting.context) == (b"envelope", b"c")


def test_a_copy_is_still_its_persons_and_any_message_is_newer(
    old: Path, turns: Turns
) -> None:
    number_tag = KEYS.lookup_tag("addressee", f"{1:015}")
    code_tag = KEYS.lookup_tag("code", CODE)
    bound = number_tag + code_tag + (9).to_bytes(8)
    copy = b'{"addressee_number":"%015d","linkage_code":"%s","suppressed":true}'
    sealed = KEYS.seal("copies", bound, copy % (1, CODE.encode()))
    with closing(open_writer(old)) as db:
        db.execute("INSERT INTO imports VALUES (9, 0, 'op', 1, 1, 0)")
        row = (number_tag, code_tag, 9, sealed)
        db.execute("INSERT INTO copies VALUES (?, ?, ?, ?)", row)
    store = open_store(old, turns)
    found = store.copy_by_code(CODE)
    assert found is not None
    assert (found.suppressed, found.flag_version) == (True, 9)
    told = RecordRow(True, "世帯主", "世帯主")
    assert commit_once(old, KEY, lambda tx: tx.put_copy(f"{1:015}", 0, told))
    changed = store.copy_by_code(CODE)
    store.close()
    turns.run_all()
    assert changed is not None
    assert (changed.suppressed, changed.flag_version) == (True, 10)


def test_the_record_is_as_it_was(upgraded: Store) -> None:
    assert upgraded.verify_events() == []
    assert [stored.seq for stored in upgraded.events(since=NOON)] == [1, 2]


def test_what_a_record_says_is_sealed_and_says_the_same(upgraded: Store) -> None:
    _, stored = upgraded.events()
    assert stored.event.item_no == 3
    assert stored.event.operator == "監査 太郎"
    assert upgraded.event_evidence(stored.record_id) == dict(ABOUT_SOMEBODY.evidence)
    place, salt, canonical = upgraded.content_of(stored.record_id) or (0, b"", b"")
    assert place == 1
    assert commitment(salt, canonical) == stored.commitment


def test_nothing_of_a_record_stands_in_the_clear_after_it(
    old: Path, turns: Turns
) -> None:
    said = ("監査 太郎".encode(), b"what a peer signed", b'"operator"')
    before = old.read_bytes()
    assert all(one in before for one in said)
    assert bytes.fromhex(ABOUT_SOMEBODY.person_tag) in before
    store = open_store(old, turns)
    files = [old, Path(f"{old}-wal"), Path(f"{old}-shm")]
    after = b"".join(one.read_bytes() for one in files)
    store.close()
    turns.run_all()
    assert not any(one in after for one in said)
    assert bytes.fromhex(ABOUT_SOMEBODY.person_tag) not in after


def test_somebody_is_found_by_the_tag_of_the_month_from_then_on(
    upgraded: Store,
) -> None:
    (tag,) = upgraded.tags(KEYS.person_tag(CODE))
    (stored,) = upgraded.events(person_tag=tag)
    assert stored.event.person_tag == tag
    assert tag != KEYS.person_tag(CODE)


@pytest.mark.parametrize(
    "asked",
    [
        Asked(item_no=3),
        Asked(permit_digest=digest(3).hex()),
        Asked(operator="監査　太郎"),
    ],
    ids=str,
)
def test_what_stood_in_the_content_only_is_found_without_reading_it(
    upgraded: Store, asked: Asked
) -> None:
    (found,) = upgraded.find(asked, 5)
    assert found.seq == 2


def test_an_upgrade_that_cannot_make_keys_changes_nothing(
    old: Path, turns: Turns
) -> None:
    old.with_name("records.sqlite.months").write_bytes(b"")  # no folder, a file
    with pytest.raises(MonthKeyFault, match="months"):
        open_store(old, turns)
    with closing(sqlite3.connect(old)) as db:
        assert (
            db.execute("SELECT count(*), max(canonical) FROM events").fetchone()[0] == 2
        )


def test_an_upgraded_store_has_the_tables_of_a_new_one(
    upgraded: Store, old: Path, tmp_path: Path, turns: Turns
) -> None:
    fresh = tmp_path / "fresh.sqlite"
    open_store(fresh, turns).close()
    found = []
    for path in (old, fresh):
        with closing(sqlite3.connect(path)) as db:
            found.append(db.execute(_SCHEMAS).fetchall())
    assert found[0] == found[1]


def test_the_store_as_it_was_lies_beside_it(upgraded: Store, old: Path) -> None:
    with closing(sqlite3.connect(old.with_name("records.sqlite.schema-1"))) as db:
        assert db.execute("SELECT count(*) FROM inquiries").fetchone() == (2,)
        assert CODE not in str(db.execute("SELECT * FROM outbox").fetchall())
