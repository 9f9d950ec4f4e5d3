# SPDX-License-Identifier: Apache-2.0
"""A tree in tiles is the same tree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.tlog import merkle
from protocols.tlog.errors import HashMissing, Malformed
from protocols.tlog.tiles import (
    WIDTH,
    Tile,
    TileHashes,
    read_bundle,
    tile_at,
    tiles_of,
    write_bundle,
)
from tests.protocols.tlog.grown import Tree, hashes_of

SIZE = 70_000
TREE = Tree(SIZE)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 1_234_067), "tile/1/x001/x234/067"),
        (Tile(2, 999, 17), "tile/2/999.p/17"),
        (Tile(0, 1000, 1), "tile/0/x001/000.p/1"),
    ],
)
def test_a_tile_lies_where_the_format_says(tile, path):
    assert tile.path == path
    assert tile_at(path) == (tile, False)
    assert tile_at(tile.bundle) == (Tile(0, tile.number, tile.width), True)


@pytest.mark.parametrize(
    "path",
    [
        "tile/00/000",
        "tile/8/000",
        "tile/0/0",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/٠٠٠",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
    ],
)
def test_a_path_has_one_spelling(path):
    with pytest.raises(Malformed):
        tile_at(path)


def test_a_tree_of_70000_has_the_tiles_that_the_format_counts():
    """The example of C2SP tlog-tiles, section Partial Tiles."""
    found = list(tiles_of(SIZE))
    full = [
        sum(t.level == level and t.width == WIDTH for t in found) for level in (0, 1)
    ]
    assert full == [273, 1]
    partial = [tile for tile in found if tile.width != WIDTH]
    assert partial == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert len(found) == 277


def test_a_full_tile_stands_beside_the_one_above_that_begins():
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]


@given(st.integers(0, SIZE), st.integers(0, SIZE))
def test_what_is_new_and_what_was_there_is_all_there_is(one, other):
    old, new = sorted((one, other))
    added = set(tiles_of(new, old))
    assert added <= set(tiles_of(new))
    assert set(tiles_of(new)) - set(tiles_of(old)) == added


@settings(max_examples=40, deadline=None)
@given(st.integers(1, SIZE), st.data())
def test_tiles_give_the_hashes_of_the_tree(size, data):
    stored = TileHashes(size, lambda tile: hashes_of(tile, TREE))
    assert merkle.root(size, stored) == merkle.root(size, TREE)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(index, size, TREE)
    assert merkle.inclusion(index, size, stored) == path


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33)])
def test_a_tile_of_another_length_is_missing(data):
    with pytest.raises(HashMissing):
        TileHashes(1, lambda _: data)(0, 0)


def test_what_is_not_complete_yet_has_no_hash():
    with pytest.raises(HashMissing):
        TileHashes(3, lambda tile: hashes_of(tile, TREE))(1, 1)


@given(st.lists(st.binary(max_size=40), max_size=WIDTH))
def test_a_bundle_is_read_as_it_was_written(entries):
    assert read_bundle(write_bundle(entries)) == entries


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=5), st.data())
def test_a_bundle_that_was_cut_gives_no_other_entries(entries, data):
    whole = write_bundle(entries)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        found = read_bundle(cut)
    except Malformed:
        return
    assert found == entries[: len(found)]


def test_an_entry_has_a_length_that_two_bytes_can_tell():
    assert read_bundle(write_bundle([bytes(65_535)])) == [bytes(65_535)]
    with pytest.raises(ValueError, match="65,535"):
        write_bundle([bytes(65_536)])


def test_a_bundle_has_256_entries_at_most():
    with pytest.raises(Malformed):
        read_bundle(write_bundle([b""] * 257))
