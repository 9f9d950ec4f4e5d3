# SPDX-License-Identifier: Apache-2.0
"""Who a story and the stations know of a city, however many live there."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schemas.matching_list import ITEMS
from schemas.systems import ADDRESSEE
from simulators.network import copies, house
from simulators.network import parties as people
from simulators.network.files import Files
from simulators.network.shown import shown
from simulators.residents import Resident


def test_a_story_knows_the_first_of_a_city_of_any_size() -> None:
    found = copies.first("1", 370_000, people.CITY)
    assert found == copies.residents("1", copies.KNOWN, people.CITY)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path)
    kinds = {item.requester_kind for item in ITEMS.values()}
    for station in (
        people.PROVIDER,
        people.SECOND_PROVIDER,
        *map(people.requester, kinds),
    ):
        made.copies(station).parent.mkdir(parents=True, exist_ok=True)
    made.code_key.write_bytes(secrets.token_bytes(32))
    return made


def test_copies_are_written_without_the_whole_city_at_hand(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = copies.residents("1", 300, people.CITY)
    held = copies.flagged(city)
    monkeypatch.setattr(copies, "residents", None)
    copies.write_all(files, "1", 300)
    lines = files.copies(people.PROVIDER).read_text("utf-8").splitlines()
    rows = {row["addressee_number"]: row for row in map(json.loads, lines)}
    assert rows.keys() >= {one.addressee_number for one in city}
    assert {number for number, row in rows.items() if row["suppressed"]} == held
    assert len(lines) == len(rows)


def test_a_large_city_tells_how_far_it_is_and_passes_through() -> None:
    told: list[str] = []
    passed = shown(iter(range(20_000)), 20_000, "copies", told.append)  # type: ignore[arg-type]
    assert sum(1 for _ in passed) == 20_000
    assert told[0] == "  copies: 2,000 of 20,000"
    assert told[-1] == "  copies: 20,000 of 20,000"
    assert len(told) == 10


def test_the_addressee_system_keeps_a_batch_before_it_takes_the_next(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a whole city is never at hand: a list of it would be pulled before a row."""
    monkeypatch.setattr(house, "BATCH", 10)
    kept: list[int] = []

    def watched() -> Iterator[Resident]:
        for one in copies.stream("1", 200, people.CITY):
            kept.append(_persons_in(files))
            yield one

    house.fill(files, watched())
    assert kept == [taken // 10 * 10 for taken in range(200)]
    assert _persons_in(files) == 200


def _persons_in(files: Files) -> int:
    path = files.house / f"{people.CITY}-{ADDRESSEE}.sqlite"
    with closing(sqlite3.connect(path)) as file:
        found: int = file.execute("SELECT count(*) FROM persons").fetchone()[0]
        return found
