# SPDX-License-Identifier: Apache-2.0
"""Who a story and the stations know of a city, however many live there."""

import json
import secrets
from pathlib import Path

import pytest

from schemas.matching_list import ITEMS
from simulators.network import copies
from simulators.network import parties as people
from simulators.network.files import Files


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
