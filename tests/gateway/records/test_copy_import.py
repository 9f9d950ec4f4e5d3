# SPDX-License-Identifier: Apache-2.0
"""An import of any length: it holds nothing up, and messages go on beside it."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records import copy_import
from gateway.records.copies import Imported, import_copies
from gateway.records.errors import ImportRefused
from gateway.records.store import Store
from tests.gateway.records.helpers import KEY, NOON
from tests.gateway.records.test_copies import RECORD, code, lines, row
from tests.gateway.records.test_copy_writes import put, tie

COUNTS = (6_000, 12_000)
"""Rows of two imports whose memory is compared."""


def taken(path: Path, rows: Iterator[bytes] | list[bytes], **how: bool) -> Imported:
    return import_copies(path, KEY, rows, at=NOON, operator="operator", **how)


def with_a_message(path: Path, number: str, file: list[bytes]) -> Iterator[bytes]:
    """The file, and behind its last row a message that changes somebody's copy."""
    yield from file
    assert put(path, 5, "別　人", number)


def test_a_store_can_be_written_while_a_file_is_read(
    store: Store, store_path: Path
) -> None:
    """A running station goes on: until the last row nothing is locked."""
    other = row(9)["addressee_number"]
    done = taken(store_path, with_a_message(store_path, other, lines([row(1)])))
    assert done == Imported(1, 1, 0)
    assert store.copy_count() == 2


def test_what_a_message_changed_meanwhile_is_weighed_again(
    store: Store, store_path: Path
) -> None:
    """The file is the newer word; the version is one that the copy never had."""
    file = lines([row(1)])
    taken(store_path, file)
    before = store.copy_version(code(1))
    number = row(1)["addressee_number"]
    done = taken(store_path, with_a_message(store_path, number, file))
    assert done == Imported(1, 1, 0)
    after = store.copy_by_code(code(1))
    assert after is not None
    assert before is not None
    assert after.flag_version > before + 1
    assert after.kinds["resident_record_information"].head_name == RECORD["head_name"]


def test_the_newest_number_stands_that_came_while_a_file_was_read(
    store: Store, store_path: Path
) -> None:
    """Its message said what was held; what is older must not come in behind it."""
    number = row(1)["addressee_number"]
    put(store_path, 1, "別　人", number)
    file = lines([row(1, suppressed=True)])
    taken(store_path, with_a_message(store_path, number, file))
    assert not put(store_path, 4, "旧　人", number)


def test_a_code_that_was_tied_while_a_file_was_read_stays(
    store: Store, store_path: Path
) -> None:
    number = row(1)["addressee_number"]
    tie(store_path, 1, number)

    def with_a_code() -> Iterator[bytes]:
        yield from lines([row(1, linkage_code=None)])
        assert tie(store_path, 2, number)

    taken(store_path, with_a_code())
    found = store.copy_by_addressee(number)
    assert found is not None
    assert found.kinds
    assert found.linkage_code == code(2)


def test_codes_that_change_places_are_taken(store: Store, store_path: Path) -> None:
    taken(store_path, lines([row(1), row(2)]))
    swapped = [row(1, linkage_code=code(2)), row(2, linkage_code=code(1))]
    assert taken(store_path, lines(swapped)) == Imported(2, 2, 0)
    found = store.copy_by_code(code(2))
    assert found is not None
    assert found.addressee_number == row(1)["addressee_number"]


def test_a_file_that_breaks_off_changes_nothing(store: Store, store_path: Path) -> None:
    def breaks_off() -> Iterator[bytes]:
        yield from lines([row(1), row(2)])
        raise ConnectionError

    taken(store_path, lines([row(3)]))
    with pytest.raises(ConnectionError):
        taken(store_path, breaks_off(), replace=True)
    assert store.copy_count() == 1
    assert taken(store_path, lines([row(1), row(2)])) == Imported(2, 2, 0)


def test_the_temporary_table_is_sealed_as_the_store_is(
    store_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def look(db: sqlite3.Connection, replace: bool) -> Imported:
        seen.extend(
            bytes(repr(tuple(r)), "utf-8") for r in db.execute("SELECT * FROM coming")
        )
        raise ImportRefused(1, "looked at")

    monkeypatch.setattr(copy_import, "_move_in", look)
    with pytest.raises(ImportRefused):
        taken(store_path, lines([row(1, addressee_number="987654321098765")]))
    (laid,) = seen
    for secret in ("987654321098765", code(1), RECORD["head_name"]):
        assert secret.encode() not in laid
        assert repr(secret.encode())[2:-1].encode() not in laid


def test_it_is_told_how_far_it_is(store: Store, store_path: Path) -> None:
    heard: list[int] = []
    file = (line for line in lines([row(n) for n in range(2_500)]))
    import_copies(
        store_path, KEY, file, at=NOON, operator="operator", told=heard.append
    )
    assert heard == [1_000, 2_000]


CHILD = """
import sys, json
from pathlib import Path
from datetime import UTC, datetime
from gateway.records import copy_import
from gateway.records.copies import import_copies
from gateway.records.opening import bring_up_to_date
from gateway.records.sealed import StoreKeys
from tests.gateway.records.test_copies import code, row

def rows(count):
    for n in range(count):
        yield json.dumps(row(n)).encode()

def highest():
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0])

# What SQLite may remember is bounded by a number; here everything else is looked at.
copy_import._PRAGMAS = ("temp_store = FILE",)
path, key, peaks = Path(sys.argv[1]), bytes(32), []
bring_up_to_date(path, StoreKeys(key), create=True)
for count in map(int, sys.argv[2:]):
    import_copies(path, key, rows(count), at=datetime.now(UTC), operator="x")
    peaks.append(highest())
print(json.dumps(peaks))
"""


def test_the_memory_of_an_import_does_not_grow_with_the_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "s.sqlite")]
    run = subprocess.run(
        [*command, *map(str, COUNTS)], capture_output=True, check=True, text=True
    )
    few, many = json.loads(run.stdout)
    grown = COUNTS[1] - COUNTS[0]
    assert (many - few) * 1024 / grown < 400, "bytes for each row more"
