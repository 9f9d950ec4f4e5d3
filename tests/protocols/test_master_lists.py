# SPDX-License-Identifier: Apache-2.0
"""The matching list in the master: whole, in its order, in force from its moment on."""

import json
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import master
from protocols.master import Master, MasterRefused
from schemas.matching_list import ITEMS, MatchingList, shipped
from tests.pki import forge
from tests.protocols.network import NOON, World
from tests.protocols.test_master import crypto, read, refused, signed

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)


def without(number: int, **changes: Any) -> MatchingList:
    """The list that ships, with one item less."""
    fewer = {n: item for n, item in ITEMS.items() if n != number}
    return replace(shipped(NOON), items=MappingProxyType(fewer), **changes)


def with_lists(world: World, *lists: MatchingList) -> bytes:
    made = replace(world.master, lists=lists)
    return master.write(made, world.core.signer, NOON)


@pytest.fixture
def raw(world: World) -> dict[str, Any]:
    """The JSON of a master with one list, to be spoilt."""
    written = with_lists(world, shipped(NOON))
    return dict(json.loads(forge.read(written).at(1, 0, 2, 1, 0).octets))


def test_the_whole_list_is_read_back_with_the_wording_of_the_law(world: World) -> None:
    told = read(world, with_lists(world, shipped(NOON)))
    assert told.lists == (shipped(NOON),)
    assert told.items(NOON) == ITEMS
    assert told.items(NOON)[28].affair == ITEMS[28].affair


def test_each_list_is_in_force_from_its_moment_until_the_next_ones(
    world: World,
) -> None:
    later = without(28, version="2", in_force=NOON + DAY)
    told = read(world, with_lists(world, shipped(NOON), later))
    times = (NOON, NOON + DAY - MOMENT, NOON + DAY, NOON + 1000 * DAY)
    assert [28 in told.items(at) for at in times] == [True, True, False, False]
    assert [min(set(ITEMS) - {28}) in told.items(at) for at in times] == [True] * 4


def test_before_the_first_list_nothing_may_be_asked_for(world: World) -> None:
    told = read(world, with_lists(world, shipped(NOON)))
    assert told.matching_list(NOON - MOMENT) is None
    assert not told.items(NOON - MOMENT)


def test_a_master_without_a_list_allows_nothing(world: World) -> None:
    told = read(world, with_lists(world))
    assert not told.items(NOON)
    assert not told.items(NOON + 1000 * DAY)


@crypto
@given(
    numbers=st.lists(st.sampled_from(sorted(ITEMS)), unique=True),
    steps=st.lists(st.integers(1, 10**8), max_size=3),
)
def test_any_lists_are_read_back_as_they_were_written(
    world: World, numbers: list[int], steps: list[int]
) -> None:
    items = MappingProxyType({number: ITEMS[number] for number in numbers})
    moments = [NOON + timedelta(seconds=sum(steps[:n])) for n in range(len(steps))]
    drawn = tuple(MatchingList(f"v{n}", at, items) for n, at in enumerate(moments))
    assert read(world, with_lists(world, *drawn)).lists == drawn


@pytest.mark.parametrize(
    "lists",
    [
        (shipped(NOON, "1"), shipped(NOON, "2")),
        (shipped(NOON, "1"), shipped(NOON - DAY, "2")),
        (shipped(NOON, "1"), shipped(NOON + DAY, "1")),
        (shipped(NOON + MOMENT, "1"),),
        (shipped(NOON, ""),),
        (shipped(NOON, "x" * 17),),
        (shipped(NOON, "1\n"),),
    ],
    ids=[
        "at one moment",
        "newest first",
        "one version twice",
        "within a second",
        "no version",
        "too long a version",
        "a version of two lines",
    ],
)
def test_lists_that_nobody_could_follow_are_refused(world: World, lists) -> None:
    assert "content is malformed" in refused(world, with_lists(world, *lists))


@pytest.mark.parametrize(
    "change",
    [
        {"requester_kind": "invented"},
        {"kinds": ["invented"]},
        {"kinds": []},
        {"item": 0},
        {"item": 1000},
        {"article": 0},
        {"more": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_item_that_this_program_cannot_judge_by_refuses_the_master(
    world: World, raw: dict[str, Any], change: dict[str, Any]
) -> None:
    raw["matching_lists"][0]["items"][0].update(change)
    assert "content is malformed" in refused(world, signed(world, raw))


def test_an_item_that_stands_there_twice_refuses_the_master(
    world: World, raw: dict[str, Any]
) -> None:
    items = raw["matching_lists"][0]["items"]
    items.append(items[0])
    assert "stands there twice" in refused(world, signed(world, raw))


def test_a_master_knows_the_digest_of_the_bytes_that_it_was_read_from(
    world: World,
) -> None:
    one, other = (with_lists(world, shipped(NOON)) for _ in range(2))
    digests = [read(world, data).digest for data in (one, one, other)]
    assert digests[0] == digests[1] != digests[2]
    assert {len(each) for each in digests} == {32}


def test_its_own_writer_reads_it_without_a_look_at_the_signature(world: World) -> None:
    told: Master = master.unverified(with_lists(world, shipped(NOON)))
    assert told.lists == (shipped(NOON),)
    with pytest.raises(MasterRefused):
        master.unverified(signed(world, {}))
