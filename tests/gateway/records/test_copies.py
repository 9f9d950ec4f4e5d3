# SPDX-License-Identifier: Apache-2.0
"""Copies: taken in whole or not at all, sealed at rest, seen at once."""

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.records.copies import Imported, import_copies
from gateway.records.copies_out import export_copies
from gateway.records.copy_rows import check_rows, encode_row
from gateway.records.copy_writes import CopyWrites
from gateway.records.errors import ImportRefused, StoreDamaged, StoreMismatch
from gateway.records.event import EventKind
from gateway.records.store import Store
from gateway.records.transaction import Transaction
from tests.gateway.records.helpers import KEY, NOON

RECORD = {
    "head_of_household": False,
    "head_name": "髙﨑　𠮷\U000e0100郎",
    "relationship": "妻",
}


def row(value: int, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "addressee_number": f"{value:015}",
        "linkage_code": f"{value:032x}",
        "suppressed": False,
        "resident_record_information": RECORD,
    }
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def lines(rows: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in rows]


def take_in(path: Path, *rows: dict[str, Any], **options: Any) -> Imported:
    return import_copies(
        path, KEY, lines(rows), at=NOON, operator="operator", **options
    )


def code(value: int) -> str:
    return f"{value:032x}"


def test_an_imported_copy_is_found_by_code_and_by_addressee(
    store: Store, store_path: Path
) -> None:
    assert store.copy_by_code(code(1)) is None
    assert take_in(store_path, row(1), row(2, suppressed=True)) == Imported(2, 2, 0)
    first = store.copy_by_code(code(1))
    assert first is not None
    assert first == store.copy_by_addressee(f"{1:015}")
    assert first.linkage_code == code(1)
    assert not first.suppressed
    record = first.kinds["resident_record_information"]
    assert record.head_name == RECORD["head_name"], "not normalised"
    assert (record.head_of_household, record.relationship) == (False, "妻")
    second = store.copy_by_code(code(2))
    assert second is not None
    assert second.suppressed
    assert store.copy_count() == 2


def test_a_copy_may_hold_no_information_at_all(store: Store, store_path: Path) -> None:
    take_in(store_path, row(1, resident_record_information=None))
    found = store.copy_by_code(code(1))
    assert found is not None
    assert found.kinds == {}


def test_a_running_daemon_sees_a_finished_import_at_once(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1))
    before = store.copy_by_code(code(1))
    take_in(store_path, row(1, suppressed=True))
    after = store.copy_by_code(code(1))
    assert before is not None
    assert after is not None
    assert not before.suppressed
    assert after.suppressed


def test_the_flag_version_rises_with_flag_or_content_and_only_then(
    store: Store, store_path: Path
) -> None:
    def version() -> int:
        found = store.copy_by_code(code(1))
        assert found is not None
        return found.flag_version

    take_in(store_path, row(1), row(2))
    first = version()
    assert take_in(store_path, row(1), row(2)) == Imported(2, 0, 0)
    assert version() == first
    assert take_in(store_path, row(1, suppressed=True)) == Imported(1, 1, 0)
    second = version()
    changed = row(1, suppressed=True, resident_record_information=None)
    take_in(store_path, changed)
    third = version()
    assert first < second < third


def test_a_copy_that_went_and_came_back_has_a_new_version(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1))
    first = store.copy_by_code(code(1))
    take_in(store_path, replace=True)
    take_in(store_path, row(1))
    again = store.copy_by_code(code(1))
    assert first is not None
    assert again is not None
    assert again.flag_version > first.flag_version


def test_copies_that_are_not_in_the_file_stay_unless_it_replaces_all(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1), row(2))
    assert take_in(store_path, row(3)) == Imported(1, 1, 0)
    assert store.copy_count() == 3
    assert take_in(store_path, row(3), replace=True) == Imported(1, 0, 2)
    assert store.copy_by_code(code(1)) is None
    assert store.copy_by_code(code(3)) is not None


def test_two_persons_may_change_codes_in_one_import(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1), row(2))
    take_in(store_path, row(1, linkage_code=code(2)), row(2, linkage_code=code(1)))
    found = store.copy_by_code(code(2))
    assert found is not None
    assert found.addressee_number == f"{1:015}"


BAD_ROWS = [
    (b"", "JSON"),
    (b"[]", "another type"),
    (b"{", "JSON"),
    (b"\xff", "JSON"),
    (lines([row(9, addressee_number="12345678901234")])[0], "addressee_number"),
    (lines([row(9, addressee_number="1234567890123456")])[0], "addressee_number"),
    (lines([row(9, addressee_number="12345678901234\n")])[0], "addressee_number"),
    (lines([row(9, addressee_number=123456789012345)])[0], "addressee_number"),
    (lines([row(9, linkage_code="AB" * 16)])[0], "linkage_code"),
    (lines([row(9, linkage_code="ab" * 15)])[0], "linkage_code"),
    (lines([row(9, suppressed=None)])[0], "missing"),
    (lines([row(9, suppressed="no")])[0], "suppressed"),
    (lines([row(9, individual_number="123456789018")])[0], "unknown"),
    (lines([row(9, resident_record_information={})])[0], "another type|information"),
    (
        lines([row(9, resident_record_information={**RECORD, "head_name": ""})])[0],
        "head_name",
    ),
    (
        lines([row(9, resident_record_information={**RECORD, "head_name": "a\x00"})])[
            0
        ],
        "control character",
    ),
    (lines([row(1)])[0], "addressee number came before"),
    (lines([row(9, linkage_code=code(1))])[0], "linkage code came before"),
    (b" " * 70_000, "longer"),
]


@pytest.mark.parametrize(("bad", "fault"), BAD_ROWS)
def test_a_bad_row_is_refused_by_its_number_and_nothing_is_changed(
    store: Store, store_path: Path, bad: bytes, fault: str
) -> None:
    take_in(store_path, row(50))
    file = [*lines([row(1), row(2)]), bad, *lines([row(3)])]
    with pytest.raises(ImportRefused) as refused:
        import_copies(store_path, KEY, file, at=NOON, operator="operator", replace=True)
    assert refused.value.row == 3
    assert str(refused.value).startswith("row 3: ")
    assert re.search(fault, str(refused.value))
    assert store.copy_count() == 1
    assert store.copy_by_code(code(50)) is not None
    assert [stored.event.kind for stored in store.events()] == [EventKind.IMPORTED]


def test_a_code_that_is_another_persons_in_the_store_is_refused(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1), row(2))
    with pytest.raises(ImportRefused) as refused:
        take_in(store_path, row(5), row(6, linkage_code=code(2)))
    assert refused.value.row == 2
    assert store.copy_count() == 2


@pytest.mark.parametrize("bad", [bad for bad, _ in BAD_ROWS])
def test_a_refusal_shows_nothing_of_a_person(
    store: Store, store_path: Path, bad: bytes
) -> None:
    file = [*lines([row(1)]), bad]
    with pytest.raises(ImportRefused) as refused:
        import_copies(store_path, KEY, file, at=NOON, operator="operator")
    told = str(refused.value) + repr(refused.value)
    assert "髙" not in told
    assert not re.search(r"[0-9a-fA-F]{12}", told)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@settings(max_examples=200)
@given(data=st.binary(max_size=120) | st.text(max_size=60).map(str.encode))
def test_whatever_stands_in_a_row_only_our_own_error_comes_out(data: bytes) -> None:
    with suppress(ImportRefused):
        list(check_rows([data]))


@given(cut=st.integers(0, 200))
def test_a_cut_row_is_refused(cut: int) -> None:
    line = lines([row(1)])[0].rstrip()
    with pytest.raises(ImportRefused):
        list(check_rows([line[: cut % len(line)]]))


def test_a_doubled_row_is_refused() -> None:
    line = lines([row(1)])[0].rstrip()
    with pytest.raises(ImportRefused):
        list(check_rows([line + line]))


def test_neither_codes_nor_names_nor_flags_can_be_read_in_the_files(
    store: Store, store_path: Path
) -> None:
    secret = row(
        7,
        addressee_number="987654321098765",
        linkage_code="fedcba98765432100123456789abcdef",
        suppressed=True,
        resident_record_information={
            "head_of_household": True,
            "head_name": "高崎　太郎",
            "relationship": "世帯主",
        },
    )
    take_in(store_path, secret)
    found = store.copy_by_code(secret["linkage_code"])
    assert found is not None
    assert "高崎" not in repr(found)
    assert secret["linkage_code"] not in repr(found)
    content = b"".join(
        file.read_bytes() for file in store_path.parent.rglob("*.*") if file.is_file()
    )
    assert len(content) > 10_000
    for text in (
        "987654321098765",
        "高崎　太郎",
        "世帯主",
        'suppressed":',
        "head_name",
    ):
        assert text.encode() not in content
    assert secret["linkage_code"].encode() not in content
    assert bytes.fromhex(secret["linkage_code"]) not in content


def test_a_copy_moved_to_another_person_is_found(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1, suppressed=True), row(2))
    db = sqlite3.connect(store_path)
    rows = db.execute("SELECT rowid, sealed FROM copies ORDER BY rowid").fetchall()
    (first, _), (_, second_sealed) = rows
    db.execute("UPDATE copies SET sealed = ? WHERE rowid = ?", (second_sealed, first))
    db.commit()
    db.close()
    with pytest.raises(StoreDamaged):
        store.copy_by_code(code(1))


def test_a_version_set_back_is_found(store: Store, store_path: Path) -> None:
    take_in(store_path, row(1))
    take_in(store_path, row(1, suppressed=True))
    db = sqlite3.connect(store_path)
    db.execute("UPDATE copies SET flag_version = 1")
    db.commit()
    db.close()
    with pytest.raises(StoreDamaged):
        store.copy_by_code(code(1))


def test_beside_an_import_two_messages_alone_write_copies() -> None:
    """The addressee system's content, and the core's code."""
    public = (name for name in dir(CopyWrites) if not name.startswith("_"))
    assert set(public) == {"put_copy", "tie_code"}
    writes = [name for name in dir(Transaction) if "cop" in name.lower()]
    assert writes == ["put_copy"]


def test_an_import_is_on_record_with_its_operator(
    store: Store, store_path: Path
) -> None:
    take_in(store_path, row(1), row(2))
    (stored,) = store.events()
    assert stored.event.kind is EventKind.IMPORTED
    assert stored.event.operator == "operator"
    assert "2 rows, 2 changed, 0 removed" in stored.event.detail


def test_an_import_with_another_stations_key_changes_nothing(
    store: Store, store_path: Path
) -> None:
    with pytest.raises(StoreMismatch):
        import_copies(store_path, bytes(32), lines([row(1)]), at=NOON, operator="op")
    assert store.copy_count() == 0


def test_an_export_is_the_import_again_and_is_on_record(
    store: Store, store_path: Path
) -> None:
    file = lines([row(3), row(1), row(2, resident_record_information=None)])
    import_copies(store_path, KEY, file, at=NOON, operator="operator")
    exported = export_copies(store_path, KEY, at=NOON, operator="auditor")
    assert [json.loads(line) for line in exported] == [
        row(1),
        row(2, resident_record_information=None),
        row(3),
    ]
    assert exported == [encode_row(one) for one in check_rows(exported)]
    last = store.events()[-1].event
    assert (last.kind, last.operator) == (EventKind.OPERATOR, "auditor")


def test_a_difference_from_the_original_is_found_by_comparing(
    store: Store, store_path: Path
) -> None:
    originals = [row(value) for value in range(20)]
    copies = [*originals[:13], row(13, suppressed=True), *originals[14:]]
    take_in(store_path, *copies)
    exported = export_copies(store_path, KEY, at=NOON, operator="auditor")
    kept = [encode_row(one) for one in check_rows(lines(originals))]
    differing = [
        n for n, (a, b) in enumerate(zip(kept, exported, strict=True)) if a != b
    ]
    assert differing == [13]


def test_a_thousand_copies_are_taken_in(store: Store, store_path: Path) -> None:
    assert take_in(store_path, *map(row, range(1000))) == Imported(1000, 1000, 0)
    assert store.copy_count() == 1000


@pytest.mark.parametrize(
    "changes",
    [{"head_name": "髙" * 101}, {"relationship": ""}, {"relationship": "妻" * 41}],
)
def test_a_copy_that_no_answer_could_carry_is_refused_at_import(
    store: Store, store_path: Path, changes: dict[str, str]
) -> None:
    wrong = row(1, resident_record_information=RECORD | changes)
    with pytest.raises(ImportRefused, match="row 1"):
        take_in(store_path, wrong)
