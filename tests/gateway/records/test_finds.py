# SPDX-License-Identifier: Apache-2.0
"""Events are found by everything an operator may know, each once, page by page."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.records import finds
from gateway.records.event import Event, EventKind, prepare
from gateway.records.finds import Asked
from gateway.records.store import Store, StoreReader, commit_once
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import (
    CORE,
    KEY,
    NOON,
    PROVIDER,
    REQUESTER,
    Turns,
    digest,
    event,
    full_event,
    number,
    open_store,
)

SECOND = timedelta(seconds=1)
PERSON = "0123456789abcdef0123456789abcdef"


def record(path: Path, *events: Event) -> None:
    for one in events:
        prepared = prepare(one)
        commit_once(path, KEY, partial(Transaction.record, prepared=prepared))


@pytest.fixture
def path(store_path: Path) -> Path:
    open_store(store_path, Turns()).close()
    return store_path


@pytest.fixture
def reader(path: Path) -> Iterator[StoreReader]:
    with StoreReader.open(path, KEY) as store:
        yield store


def numbers(store: StoreReader, asked: Asked, **more: Any) -> list[int]:
    return [stored.seq for stored in store.found(asked, **more)]


OTHER = event(
    EventKind.ATTEMPTED,
    at=NOON + 5 * SECOND,
    direction="out",
    peer=CORE,
    message_type="information_inquiry",
    message_id=number(9).hex(),
    processing_number=number(8).hex(),
    item_no=11,
    permit_digest=digest(7).hex(),
    person_tag="cd" * 16,
    operator="運用 花子",
)


THE_ONE = (
    Asked(message_id=number(1).hex()),
    Asked(processing_number=number(2).hex()),
    Asked(permit_digest=digest(4).hex()),
    Asked(person_tags=("ab" * 16, "ee" * 16)),
    Asked(peer=REQUESTER),
    Asked(message_type="provision_order"),
    Asked(kinds=(EventKind.REFUSED, EventKind.HELD)),
    Asked(direction="in"),
    Asked(code="SK-C04"),
    Asked(item_no=3),
    Asked(operator="監査 太郎"),
    Asked(operator="監査\u3000太郎 "),
    Asked(until=NOON + SECOND),
    Asked(item_no=3, operator="監査 太郎", permit_digest=digest(4).hex()),
    Asked(peer=REQUESTER, code="SK-C04", item_no=3, until=NOON + SECOND),
)
"""What finds the one event and not the other."""
NOTHING = (
    Asked(peer=REQUESTER, item_no=11),
    Asked(operator="監査 太郎", code="SK-C05"),
    Asked(person_tags=()),
    Asked(since=NOON + 6 * SECOND),
    Asked(peer=PROVIDER),
)


@pytest.mark.parametrize("newest", [False, True])
def test_an_event_is_found_by_what_is_known_of_it(
    path: Path, reader: StoreReader, newest: bool
) -> None:
    record(path, full_event(), OTHER)
    for place, asked in enumerate(THE_ONE):
        assert numbers(reader, asked, newest=newest) == [1], place


def test_all_that_is_asked_must_hold(path: Path, reader: StoreReader) -> None:
    record(path, full_event(), OTHER)
    for place, asked in enumerate(NOTHING):
        assert numbers(reader, asked) == [], place


def test_a_moment_is_exact_to_the_microsecond(path: Path, reader: StoreReader) -> None:
    moments = [NOON + timedelta(microseconds=n) for n in (999, 1000, 1001)]
    record(path, *(event(at=at) for at in moments))
    assert numbers(reader, Asked(since=moments[1])) == [2, 3]
    assert numbers(reader, Asked(until=moments[1])) == [1]


def test_a_time_is_whole_though_the_clock_went_back(
    path: Path, reader: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the time is a short one or a long one."""
    record(path, *(event(at=NOON + n * SECOND) for n in (0, 5, 9, 1, 6, 2)))
    asked = Asked(since=NOON + SECOND, until=NOON + 6 * SECOND)
    for short, newest in product((1, 2, 3, 100), (False, True)):
        monkeypatch.setattr(finds, "SHORT", short)
        assert sorted(numbers(reader, asked, newest=newest)) == [2, 4, 6]
        assert numbers(reader, asked, newest=newest, after=2, before=6) == [4]
        assert numbers(reader, Asked(until=NOON), newest=newest) == []


def test_the_newest_come_first_where_that_is_asked(
    path: Path, reader: StoreReader
) -> None:
    record(path, *(event() for _ in range(5)))
    page = reader.find(Asked(), 2, newest=True)
    assert [stored.seq for stored in page] == [5, 4]
    page = reader.find(Asked(), 2, newest=True, before=4)
    assert [stored.seq for stored in page] == [3, 2]


def test_an_operators_name_is_not_readable_beside_the_event(
    path: Path, reader: StoreReader
) -> None:
    record(path, full_event())
    (row,) = reader._all("SELECT item_no, permit_digest, operator_tag FROM event_finds")
    assert row[:2] == (3, digest(4))
    assert "監査".encode() not in row[2]
    assert len(row[2]) == 16


def test_an_event_without_any_of_it_leaves_no_row(
    path: Path, reader: StoreReader
) -> None:
    record(path, event())
    assert reader._all("SELECT * FROM event_finds") == []


def test_what_does_not_stand_leaves_no_row(path: Path, reader: StoreReader) -> None:
    def work(tx: Transaction) -> None:
        tx.record(prepare(full_event()))
        raise KeyError

    with pytest.raises(KeyError):
        commit_once(path, KEY, work)
    assert reader._all("SELECT * FROM event_finds") == []


HIDING = (
    "UPDATE event_finds SET item_no = 4 WHERE seq = 1",
    "UPDATE event_finds SET operator_tag = NULL WHERE seq = 1",
    "DELETE FROM event_finds WHERE seq = 1",
    "INSERT INTO event_finds (seq, record_id, item_no)"
    " SELECT seq, record_id, 9 FROM events WHERE seq = 1",
    "UPDATE event_finds SET record_id ="
    " (SELECT record_id FROM events WHERE seq = 2) WHERE seq = 1",
    "UPDATE event_finds SET person_tag = record_id WHERE seq = 1",
)


def test_whoever_hides_an_event_from_a_search_is_found(
    path: Path, reader: StoreReader
) -> None:
    record(path, full_event(), event(), OTHER)
    assert list(reader.check_finds()) == []
    for sql in HIDING:
        commit_once(path, KEY, lambda tx, sql=sql: tx._changes(sql))
        (damage,) = reader.check_finds()
        assert damage.seq == 1


def test_a_search_uses_an_index_where_it_asks_for_little(tmp_path: Path) -> None:
    """So that it costs the same however long the record is."""
    path = tmp_path / "records.sqlite"
    open_store(path, Turns()).close()
    with StoreReader.open(path, KEY) as reader:
        _must_use_indexes(path, reader)


def _must_use_indexes(path: Path, reader: StoreReader) -> None:
    seen: list[str] = []
    reader._reader.set_trace_callback(seen.append)
    for asked, index in (
        (Asked(item_no=3), "event_finds_item"),
        (Asked(permit_digest=digest(4).hex()), "event_finds_permit"),
        (Asked(operator="監査 太郎"), "event_finds_operator"),
        (Asked(peer=REQUESTER), "events_peer"),
        (Asked(person_tags=("ab" * 16,)), "event_finds_person"),
        (Asked(code="SK-C04"), "events_refused"),
        (Asked(message_id=number(1).hex()), "events_message"),
        (Asked(processing_number=number(1).hex()), "events_processing"),
    ):
        seen.clear()
        record(path, event())
        numbers(reader, asked)
        plan = [
            str(row)
            for sql in seen
            if "ORDER BY" in sql
            for row in reader._all(f"EXPLAIN QUERY PLAN {sql}")
        ]
        assert any(index in line for line in plan), (index, plan)


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(0, 2)),
        st.tuples(st.just("page"), st.integers(1, 4)),
    ),
    max_size=40,
)
MADE = (full_event(), OTHER, event())


@settings(max_examples=40, deadline=None)
@given(acts=ACTS, page=st.integers(1, 3), which=st.integers(0, 3))
def test_paging_gives_every_event_once_while_others_are_recorded(
    tmp_path_factory: pytest.TempPathFactory,
    acts: list[tuple[str, int]],
    page: int,
    which: int,
) -> None:
    """Whatever is recorded between two pages, and however large a page is."""
    asked = (Asked(), Asked(item_no=3), Asked(peer=CORE), Asked(direction="in"))[which]
    path = tmp_path_factory.mktemp("paging") / "records.sqlite"
    turns = Turns()
    store = open_store(path, turns)
    try:
        seen, kinds = _paged(store, turns, acts, asked, page)
        while more := store.find(asked, page, after=seen[-1] if seen else 0):
            seen += [stored.seq for stored in more]
    finally:
        store.close()
    wanted = {0: (0, 1, 2), 1: (0,), 2: (1,), 3: (0, 2)}[which]
    expected = [seq for seq, kind in enumerate(kinds, 1) if kind in wanted]
    assert seen == expected


def _paged(
    store: Store,
    turns: Turns,
    acts: list[tuple[str, int]],
    asked: Asked,
    page: int,
) -> tuple[list[int], list[int]]:
    seen: list[int] = []
    kinds: list[int] = []
    for act, value in acts:
        if act == "record":
            kinds.append(value)
            prepared = prepare(MADE[value])
            turns.wait(store.commit(partial(Transaction.record, prepared=prepared)))
        else:
            after = seen[-1] if seen else 0
            found = store.find(asked, page + value, after=after)
            seen += [stored.seq for stored in found]
    return seen, kinds


def test_a_long_way_is_read_in_pages(
    path: Path, reader: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finds, "PAGE", 2)
    record(path, *(full_event() for _ in range(7)))
    for newest in (False, True):
        for asked in (Asked(), Asked(item_no=3)):
            found = numbers(reader, asked, newest=newest)
            assert sorted(found) == list(range(1, 8))
