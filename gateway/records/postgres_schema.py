# SPDX-License-Identifier: Apache-2.0
"""Which schema a store in PostgreSQL has, and how it is brought to the newest.

The number stands in the comment on the schema, which changes with the tables in one
transaction: an upgrade is done whole or not at all, and needs no copy beforehand.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from gateway.records.connection import Database, transaction
from gateway.records.errors import StoreMismatch
from gateway.records.postgres_place import Place
from gateway.records.postgres_sql import schema_of, upgrade_of
from gateway.records.statements import schema_files

MARK: Final = "record store of sekisho"
_TOLD: Final = re.compile(rf"{MARK}, schema ([0-9]+)\Z")
_COMMENT: Final = (
    "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace"
    " WHERE nspname = current_setting('sekisho.schema')"
)
_TABLES: Final = (
    "SELECT count(*) FROM pg_class"
    " WHERE relnamespace = to_regnamespace(current_setting('sekisho.schema'))"
)


class Served(Database, Protocol):
    """What a connection to PostgreSQL can do beyond; `postgres` has it."""

    place: Place

    def run(self, text: str, values: Sequence[Any] = ()) -> Any:
        """Run a statement of PostgreSQL's."""

    def load(
        self,
        table: str,
        columns: Sequence[str],
        types: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Add many rows."""

    def is_alone(self) -> bool:
        """Whether no other connection that writes is open."""

    def made(self) -> None:
        """The schema was made just now."""


def server_version(db: Database) -> int:
    """The schema of a store; raises `StoreMismatch` for what is no store of ours."""
    row = db.execute(_COMMENT).fetchone()
    told = None if row is None or row[0] is None else _TOLD.match(row[0])
    if told is not None:
        return int(told[1])
    if db.execute(_TABLES).fetchone()[0]:
        raise StoreMismatch("the schema holds something of another program")
    return 0


def bring_up(db: Database, version: int, directory: Path) -> None:
    """Make the newest schema, or apply what came since; all of it or nothing."""
    server = as_server(db)
    if version == 0:
        make_schema(server, directory)
        return
    later = [(n, file) for n, file in schema_files(directory) if n > version]
    if not later:
        return
    with transaction(server):
        if server_version(server) != version:
            return  # another process was first
        for number, file in later:
            for statement in upgrade_of(file.read_text(encoding="utf-8")):
                server.run(statement)
            tell_version(server, number)


def make_schema(server: Served, directory: Path) -> None:
    """An empty store; raises `StoreMismatch` where another process makes one."""
    name = server.place.schema
    server.execute("BEGIN")
    try:
        server.run("SELECT pg_advisory_xact_lock(hashtext(%b))", [name])
        if server_version(server) == 0:
            server.run(f"CREATE SCHEMA IF NOT EXISTS {name}")
            for statement in schema_of(name, directory):
                server.run(statement)
            tell_version(server, max(n for n, _ in schema_files(directory)))
        server.execute("COMMIT")
    finally:
        if server.in_transaction:
            server.execute("ROLLBACK")
    server.made()


def tell_version(server: Served, number: int) -> None:
    """Have the schema say which it is."""
    name = server.place.schema
    server.run(f"COMMENT ON SCHEMA {name} IS '{MARK}, schema {number}'")


def as_server(db: Database) -> Served:
    """A connection that is known to be one to PostgreSQL."""
    from gateway.records.postgres import Server

    assert isinstance(db, Server)
    return db
