# SPDX-License-Identifier: Apache-2.0
"""Where the stations' stores lie: files of their own, or one PostgreSQL server.

On a server each network has a database, which is a copy of the first one's, as the
files are copies of the first one's; in it each station has a schema.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final

from gateway.config_tables import StoreFile
from gateway.records.move_store import move
from gateway.records.postgres_place import Place, tell_place
from pki.keystore import load_secret
from tests.kills.plan import SQLITE
from tests.postgres import TestServer
from tests.postgres import running as a_server

FIRST: Final = "template_of_networks"


class Files:
    """SQLite: there is nothing to do beside copying."""

    def first(self, stores: dict[str, StoreFile]) -> None:
        """After the stores of the first network were made, in files."""

    def copied(self, stores: dict[str, StoreFile]) -> None:
        """After the files of a network were copied."""

    def restart(self) -> None:
        """There is no server."""
        raise AssertionError("SQLite cannot be restarted")


class Server(Files):
    """PostgreSQL."""

    def __init__(self, server: TestServer) -> None:
        self._server = server
        self._numbers = count(1)

    def first(self, stores: dict[str, StoreFile]) -> None:
        self._server.psql(f"CREATE DATABASE {FIRST}")
        for title, kept in stores.items():
            moved = kept.path.with_name("moved")
            key = load_secret(kept.key)
            move(kept.path, key, moved, self._place(FIRST, title), lambda _: "")
            for end in ("", "-wal", "-shm"):
                kept.path.with_name(kept.path.name + end).unlink(missing_ok=True)
            moved.rename(kept.path)

    def copied(self, stores: dict[str, StoreFile]) -> None:
        name = f"network_{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {FIRST}")
        for title, kept in stores.items():
            kept.path.unlink()
            tell_place(kept.path, self._place(name, title))

    def restart(self) -> None:
        """As a crash of the machine would, and up again."""
        self._server.stop("immediate")
        self._server.start()

    def _place(self, name: str, title: str) -> Place:
        conninfo = self._server.conninfo.replace("dbname=postgres", f"dbname={name}")
        return Place(conninfo, f"station_{title.replace('-', '_')}")


@contextmanager
def database(store: str) -> Iterator[Files]:
    """For a run of seeds; ``store`` is one of `plan.STORES`."""
    if store == SQLITE:
        yield Files()
        return
    with a_server() as server:
        yield Server(server)
