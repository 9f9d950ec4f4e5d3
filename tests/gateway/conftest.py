# SPDX-License-Identifier: Apache-2.0
"""The small network of the gateway's tests, made once, and desks at its stations."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pki.names import StationName
from tests.gateway import world as worlds
from tests.gateway.works import Works, works
from tests.gateway.world import Desk, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return worlds.made(tmp_path_factory.mktemp("world") / "pki")


@pytest.fixture
def desk_at(world: World, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Makes a station with a store of its own; its readers are closed at the end."""
    with ExitStack() as stack:

        def make(name: StationName, **timing: float) -> Desk:
            folder = tmp_path / f"{name.organisation}-{name.role}"
            folder.mkdir()
            made = worlds.desk(world, name, folder, **timing)
            stack.callback(made.store.close)
            return made

        yield make


@pytest.fixture
def works_at(world: World, tmp_path: Path) -> Iterator[Callable[..., Works]]:
    """Makes a station at work; its store is closed at the end."""
    with ExitStack() as stack:

        def make(name: StationName, *rows: dict, **timing: float) -> Works:
            folder = tmp_path / f"{name.organisation}-{name.role}"
            folder.mkdir()
            made = works(world, name, folder, **timing)
            stack.callback(made.store.close)
            if rows:
                worlds.take_in(made.path, *rows)
            return made

        yield make
