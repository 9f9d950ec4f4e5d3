# SPDX-License-Identifier: Apache-2.0
"""Whoever sees copies has a name on record, and many need a second person."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.records.copies_out import MANY, export_copies, view_copy
from gateway.records.errors import OutputRefused, StoreDamaged
from gateway.records.event import Event, EventKind
from gateway.records.store import Store
from tests.gateway.records.helpers import KEY, NOON
from tests.gateway.records.test_copies import row, take_in


def last(store: Store) -> Event:
    """The newest event, which no copy's text stands in."""
    return store.events(limit=1)[0].event


def view(path: Path, value: int):
    number = row(value)["addressee_number"]
    return view_copy(path, KEY, number, at=NOON, operator="審査 花子")


def test_one_copy_is_shown_and_who_looked_at_whom_is_on_record(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1), row(2))
    seen = view(store_path, 2)
    assert seen is not None
    assert seen.linkage_code == row(2)["linkage_code"]
    event = last(store)
    assert (event.kind, event.operator) == (EventKind.OPERATOR, "審査 花子")
    assert (event.person_tag,) == store.tags_of(seen.linkage_code)[1:]
    assert seen.addressee_number not in event.detail


def test_that_somebody_was_looked_for_in_vain_is_on_record(
    store: Store, store_path: Path
) -> None:
    assert view(store_path, 3) is None
    assert (last(store).operator, last(store).person_tag) == ("審査 花子", "")
    assert "none is held" in last(store).detail


def export(path: Path, **changes: str) -> list[bytes]:
    return export_copies(path, KEY, **{"at": NOON, "operator": "審査 花子", **changes})


@pytest.mark.parametrize("approved_by", ["", " ", "審査　花子", "審査花子"])
def test_many_copies_are_not_exported_on_one_persons_word(
    store: Store, store_path: Path, approved_by: str
) -> None:
    take_in(store_path, *map(row, range(MANY + 1)))
    with pytest.raises(OutputRefused, match=f"{MANY + 1} copies"):
        export(store_path, approved_by=approved_by)
    assert "refused" in last(store).detail
    assert last(store).operator == "審査 花子"


def test_many_copies_are_exported_when_another_approved_it(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, *map(row, range(MANY + 1)))
    assert len(export(store_path, approved_by="管理 太郎")) == MANY + 1
    detail = f"{MANY + 1} copies exported, approved by 管理 太郎"
    assert last(store).detail == detail


def test_few_copies_need_no_second_person(store: Store, store_path: Path) -> None:
    take_in(store_path, *map(row, range(MANY)))
    assert len(export(store_path, way="in the clear")) == MANY
    assert last(store).detail == f"{MANY} copies exported, in the clear"


def test_what_cannot_be_exported_was_recorded_first(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1))
    with closing(sqlite3.connect(store_path)) as db, db:
        db.execute("UPDATE copies SET flag_version = 99")
    with pytest.raises(StoreDamaged):
        export(store_path)
    assert last(store).detail == "1 copies exported"
