# SPDX-License-Identifier: Apache-2.0
"""A tree's proofs lead to its root, and to no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.tlog import merkle
from protocols.tlog.errors import NotConsistent, NotProven
from protocols.tlog.merkle import Frontier, leaf_hash, node_hash
from tests.protocols.tlog.grown import (
    Tree,
    defined_path,
    defined_proof,
    defined_root,
    entry,
)

MOST = 70
TREE = Tree(MOST)
ENTRIES = [entry(number) for number in range(MOST)]
SIZES = st.integers(1, MOST)
KNOWN = ["", "00", "10", "2021", "3031", "40414243"]
KNOWN += ["5051525354555657", "606162636465666768696a6b6c6d6e6f"]


@pytest.mark.parametrize(
    ("size", "root"),
    [
        (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ],
)
def test_roots_are_those_that_certificate_transparency_is_tested_with(size, root):
    frontier = Frontier()
    frontier.extend(leaf_hash(bytes.fromhex(one)) for one in KNOWN[:size])
    assert frontier.root().hex() == root


@pytest.mark.parametrize("size", range(MOST + 1))
def test_a_root_is_the_one_that_is_defined(size):
    wanted = defined_root(ENTRIES[:size])
    assert merkle.root(size, TREE) == wanted
    assert Frontier.of(size, TREE).root() == wanted


@given(st.integers(0, MOST), st.integers(0, MOST))
def test_a_tree_goes_on_from_its_frontier(one, other):
    old, new = sorted((one, other))
    frontier = Frontier.of(old, TREE)
    frontier.extend(map(leaf_hash, ENTRIES[old:new]))
    assert (frontier.size, frontier.root()) == (new, merkle.root(new, TREE))


def test_peaks_that_are_not_those_of_the_size_are_refused():
    with pytest.raises(ValueError, match="one peak"):
        Frontier(3, [bytes(32)])


@given(SIZES, st.data())
def test_every_leaf_is_proven_by_the_path_that_is_defined(size, data):
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion(index, size, TREE)
    assert path == defined_path(index, ENTRIES[:size])
    leaf = leaf_hash(ENTRIES[index])
    merkle.check_inclusion(leaf, index, size, path, merkle.root(size, TREE))


@given(SIZES, st.data())
def test_nothing_else_is_proven_by_it(size, data):
    index = data.draw(st.integers(0, size - 1))
    path, wanted = merkle.inclusion(index, size, TREE), merkle.root(size, TREE)
    leaf = leaf_hash(ENTRIES[index])
    false = [
        (leaf_hash(b"another"), index, size, path, wanted),
        (leaf, size, size, path, wanted),
        (leaf, -1, size, path, wanted),
        (leaf, index, size, [*path, bytes(32)], wanted),
        (leaf, index, size, path, bytes(32)),
    ]
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        false += [
            (leaf, index, size, path[:-1], wanted),
            (leaf, index ^ 1, size, path, wanted),
            (leaf, index, size, [*path[:at], bytes(32), *path[at + 1 :]], wanted),
        ]
    for one in false:
        with pytest.raises(NotProven):
            merkle.check_inclusion(*one)


@given(st.integers(1, MOST), st.integers(1, MOST))
def test_a_tree_that_grew_is_proven_as_defined(one, other):
    old, new = sorted((one, other))
    proof = merkle.consistency(old, new, TREE)
    assert proof == defined_proof(old, ENTRIES[:new])
    roots = merkle.root(old, TREE), merkle.root(new, TREE)
    merkle.check_consistency(old, roots[0], new, roots[1], proof)


@given(st.integers(1, MOST), st.integers(1, MOST), st.data())
def test_a_tree_that_was_changed_is_not(one, other, data):
    old, new = sorted((one, other))
    proof = merkle.consistency(old, new, TREE)
    roots = merkle.root(old, TREE), merkle.root(new, TREE)
    false = [
        (old, bytes(32), new, roots[1], proof),
        (old, roots[0], new, bytes(32), proof),
        (old, roots[0], new, roots[1], [*proof, bytes(32)]),
        (new + 1, roots[0], new, roots[1], proof),
        (-1, roots[0], new, roots[1], proof),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:at], bytes(32), *proof[at + 1 :]]
        false.append((old, roots[0], new, roots[1], changed))
        false.append((old, roots[0], new, roots[1], proof[:-1]))
        false.append((old, roots[0], new, roots[1], []))
    for one_of in false:
        with pytest.raises(NotConsistent):
            merkle.check_consistency(*one_of)


A, B, C, D = (leaf_hash(bytes((number,))) for number in range(4))


@pytest.mark.parametrize(
    ("size", "path", "root"),
    [
        (2, [], A),
        (4, [B], node_hash(A, B)),
        (1, [B], node_hash(B, A)),
        (2, [B, C], node_hash(C, node_hash(A, B))),
    ],
    ids=["shorter", "too short for four", "longer", "too long for two"],
)
def test_a_path_is_as_long_as_the_tree_is_high(size, path, root):
    """It leads to the root that is told, and belongs to a tree of another size."""
    with pytest.raises(NotProven):
        merkle.check_inclusion(A, 0, size, path, root)


@pytest.mark.parametrize(("new", "more"), [(8, []), (4, [D])])
def test_a_proof_that_a_tree_grew_is_as_long_as_the_newer_is_high(new, more):
    old_root, new_root = node_hash(C, A), node_hash(C, node_hash(A, B))
    merkle.check_consistency(3, old_root, 4, new_root, [A, B, C])
    for one in more:
        old_root, new_root = node_hash(one, old_root), node_hash(one, new_root)
    with pytest.raises(NotConsistent):
        merkle.check_consistency(3, old_root, new, new_root, [A, B, C, *more])


def test_an_empty_tree_begins_every_tree_and_has_one_root():
    root = merkle.root(5, TREE)
    merkle.check_consistency(0, merkle.EMPTY_ROOT, 5, root, [])
    for false in (
        (0, bytes(32), 5, root, []),
        (0, merkle.EMPTY_ROOT, 5, root, [bytes(32)]),
        (0, merkle.EMPTY_ROOT, 0, bytes(32), []),
    ):
        with pytest.raises(NotConsistent):
            merkle.check_consistency(*false)


@pytest.mark.parametrize("numbers", [(5, 5), (-1, 5), (0, 0)])
def test_what_lies_in_no_tree_has_no_path(numbers):
    with pytest.raises(ValueError, match="in its tree"):
        merkle.inclusion(*numbers, TREE)


def test_a_tree_does_not_shrink():
    with pytest.raises(ValueError, match="grows"):
        merkle.consistency(6, 5, TREE)
