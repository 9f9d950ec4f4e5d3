# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the store's tests: a reactor turned by hand, a store, a small disk."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.records.store import Store
from tests.gateway.records.helpers import Turns, open_store
from tests.tools import mount


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


@pytest.fixture
def store(store_path: Path, turns: Turns) -> Iterator[Store]:
    opened = open_store(store_path, turns)
    yield opened
    opened.close()
    turns.run_all()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own, where the machine lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
