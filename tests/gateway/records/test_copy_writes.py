# SPDX-License-Identifier: Apache-2.0
"""Copies by message: in their order, beside imports, each code one person's."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.records.copies import Copy, import_copies
from gateway.records.copies_out import export_copies, view_copy
from gateway.records.copy_rows import RecordRow
from gateway.records.store import Store, commit_once
from tests.gateway.records.helpers import KEY, NOON, Turns, open_store
from tests.gateway.records.test_copies import RECORD, code, row, take_in

NUMBER, OTHER = f"{1:015}", f"{2:015}"


def content(text: str) -> RecordRow:
    return RecordRow(False, text, "子")


def put(path: Path, sequence: int, text: str, number: str = NUMBER) -> bool:
    return commit_once(
        path, KEY, lambda tx: tx.put_copy(number, sequence, content(text))
    )


def tie(path: Path, value: int, number: str = NUMBER) -> bool:
    return commit_once(path, KEY, lambda tx: tx.tie_code(number, code(value)))


def held(store: Store, number: str = NUMBER) -> Copy:
    found = store.copy_by_addressee(number)
    assert found is not None
    return found


def name_in(copy: Copy) -> str:
    return copy.kinds["resident_record_information"].head_name


@pytest.mark.parametrize("first", ["copy", "code"])
def test_a_copy_and_its_code_come_in_either_order(
    store: Store, store_path: Path, first: str
) -> None:
    if first == "copy":
        assert put(store_path, 1, "甲")
        assert held(store).linkage_code == ""
        assert store.copy_by_code("") is None
        assert tie(store_path, 1)
    else:
        assert tie(store_path, 1)
        assert held(store).kinds == {}
        assert put(store_path, 1, "甲")
    assert store.copy_by_code(code(1)) == held(store)
    assert name_in(held(store)) == "甲"
    assert not held(store).suppressed


def test_an_older_copy_does_not_bring_an_old_household_back(
    store: Store, store_path: Path
) -> None:
    assert put(store_path, 5, "新")
    assert not put(store_path, 4, "旧")
    assert not put(store_path, 5, "別")
    assert name_in(held(store)) == "新"


@settings(max_examples=60)
@given(told=st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_in_whatever_order_they_come_the_newest_stands(
    told: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, turns = tmp_path_factory.mktemp("order") / "records.sqlite", Turns()
    store = open_store(path, turns)
    try:
        for place, sequence in enumerate(told):
            taken = put(path, sequence, f"第{sequence}")
            assert taken is (sequence >= max(told[: place + 1]))
        assert name_in(held(store)) == f"第{max(told)}"
    finally:
        store.close()
        turns.run_all()


def test_the_same_copy_again_changes_nothing(store: Store, store_path: Path) -> None:
    put(store_path, 1, "甲")
    before = held(store)
    assert put(store_path, 1, "甲")
    assert held(store) == before
    assert put(store_path, 3, "甲"), "told again under a newer number"
    assert held(store) == before
    assert not put(store_path, 2, "乙"), "that newer number counts"


def test_a_flag_stays_whatever_the_messages_say(store: Store, store_path: Path) -> None:
    take_in(store_path, row(1, suppressed=True))
    put(store_path, 1, "甲")
    assert held(store).suppressed
    assert name_in(held(store)) == "甲"


def test_a_flag_can_be_raised_before_copy_and_code_come(
    store: Store, store_path: Path
) -> None:
    take_in(
        store_path,
        row(1, linkage_code=None, resident_record_information=None, suppressed=True),
    )
    put(store_path, 1, "甲")
    tie(store_path, 1)
    found = store.copy_by_code(code(1))
    assert found is not None
    assert found.suppressed


def test_a_code_is_one_numbers_and_stays_there(store: Store, store_path: Path) -> None:
    put(store_path, 1, "甲")
    put(store_path, 1, "乙", OTHER)
    assert tie(store_path, 1)
    assert tie(store_path, 1), "told again"
    assert not tie(store_path, 1, OTHER)
    assert held(store).linkage_code == code(1)
    assert held(store, OTHER).linkage_code == ""


def test_a_new_code_takes_the_place_of_the_old_one(
    store: Store, store_path: Path
) -> None:
    put(store_path, 1, "甲")
    tie(store_path, 1)
    tie(store_path, 2)
    assert store.copy_by_code(code(1)) is None
    assert store.copy_by_code(code(2)) == held(store)


def test_an_import_without_a_code_leaves_the_tie_and_the_order(
    store: Store, store_path: Path
) -> None:
    put(store_path, 3, "甲")
    tie(store_path, 1)
    take_in(store_path, row(1, linkage_code=None))
    assert held(store).linkage_code == code(1)
    assert name_in(held(store)) == RECORD["head_name"]
    assert not put(store_path, 2, "旧")
    assert put(store_path, 4, "新")


def test_a_version_never_comes_again_whoever_writes(
    store: Store, store_path: Path
) -> None:
    """Else an answer made from one content could pass for one made from another."""
    versions = []
    for step in range(4):
        put(store_path, step, f"第{step}")
        versions.append(held(store).flag_version)
        take_in(store_path, row(1, suppressed=bool(step % 2)))
        versions.append(held(store).flag_version)
        take_in(store_path, replace=True)
        tie(store_path, step)
        versions.append(held(store).flag_version)
    assert versions == sorted(set(versions))


def test_what_came_by_message_is_exported_and_imported_again(
    store: Store, store_path: Path
) -> None:
    put(store_path, 1, "甲")
    put(store_path, 1, "乙", OTHER)
    tie(store_path, 2, OTHER)
    lines = export_copies(store_path, KEY, at=NOON, operator="operator")
    assert b"linkage_code" not in lines[0]
    assert code(2).encode() in lines[1]
    before = held(store), held(store, OTHER)
    done = import_copies(store_path, KEY, lines, at=NOON, operator="op", replace=True)
    assert (done.changed, done.removed) == (0, 0)
    assert (held(store), held(store, OTHER)) == before


def test_who_has_no_code_yet_can_be_looked_at_under_no_tag(
    store: Store, store_path: Path
) -> None:
    put(store_path, 1, "甲")
    seen = view_copy(store_path, KEY, NUMBER, at=NOON, operator="operator")
    assert seen == held(store)
    assert store.events()[-1].event.person_tag == ""
