# SPDX-License-Identifier: Apache-2.0
"""The vectors, shown to ``openssl cms``: where it is less strict is stated, and so."""

from pathlib import Path

import pytest

from tests.tools import need
from tests.vectors.openssl import BELIEVED, Judge
from tests.vectors.recipes import VECTORS
from tests.vectors.stations import FOLDER


@pytest.fixture(scope="module")
def believed(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Every vector that openssl accepts, by id."""
    judge = Judge(need("openssl"), Path(tmp_path_factory.mktemp("openssl")))
    return frozenset(
        vector.id
        for vector in VECTORS
        if judge.believes(vector, (FOLDER / vector.file).read_bytes())
    )


def test_openssl_accepts_every_vector_that_we_accept(believed: frozenset[str]) -> None:
    assert {vector.id for vector in VECTORS if vector.accepted} <= believed


def test_openssl_accepts_what_the_manifest_says_and_no_more(
    believed: frozenset[str],
) -> None:
    assert {
        "it also accepts": sorted(believed - BELIEVED),
        "it refuses": sorted(BELIEVED - believed),
    } == {"it also accepts": [], "it refuses": []}


def test_the_list_names_vectors_only() -> None:
    assert {vector.id for vector in VECTORS} >= BELIEVED
