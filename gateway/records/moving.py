# SPDX-License-Identifier: Apache-2.0
"""Copies a whole store into the other kind of database, row by row, and looks again.

Laws: the source is only read; every table and number is copied, in bounded memory, in
one transaction of the target, which so holds all of it or nothing. Before that commits,
each table of the target is read back: as many rows with the same digest. What is sealed
stays sealed; keys, commitments, tiles and heads are the same bytes, so that every proof
stays valid.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.records.connection import Database
from gateway.records.errors import RecordsError
from gateway.records.event import moment_id
from gateway.records.months import Month
from gateway.records.postgres_months import make_table
from gateway.records.postgres_schema import as_server
from gateway.records.postgres_sql import NUMBERED
from gateway.records.statements import SCHEMA, schema_files, statements

PAGE: Final = 1000
_ORDERED: Final = {"announced": "rowid"}
"""Tables whose rows are read in the order in which they came."""
_WIDTH: Final = 32


class MoveRefused(RecordsError):
    """The store was not moved; the source is as it was, and the target is no store.

    The target holds something already, or the station runs, or what was copied is not
    what was read. Stop the station, choose an empty place, and look at both disks.
    """


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a store, as both databases have it."""

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    """As SQLite says them: INTEGER, TEXT, BLOB."""

    @property
    def rows(self) -> str:
        """Every row, in an order that the target keeps where it matters."""
        order = _ORDERED.get(self.name)
        tail = "" if order is None else f" ORDER BY {order}"
        return f"SELECT {', '.join(self.columns)} FROM {self.name}{tail}"


class Sum:
    """How many rows, and a digest of them that does not depend on their order."""

    __slots__ = ("_total", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self._total = 0

    def add(self, row: tuple[Any, ...]) -> None:
        """Count one."""
        digest = hashlib.sha256(repr(row).encode()).digest()
        self._total = (self._total + int.from_bytes(digest)) % 2 ** (8 * _WIDTH)
        self.rows += 1

    @property
    def digest(self) -> str:
        """Of all of them."""
        return self._total.to_bytes(_WIDTH).hex()


def tables(directory: Path = SCHEMA) -> list[Table]:
    """The tables of the newest schema, each behind those that it refers to."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for _, file in schema_files(directory):
            for statement in statements(file.read_text(encoding="utf-8")):
                db.execute(statement)
        sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid"
        return [_table(db, name) for (name,) in db.execute(sql).fetchall()]


def copy_all(source: Database, target: Database) -> dict[str, Sum]:
    """Copy every table; both are in a transaction. Raises `MoveRefused`."""
    copied: dict[str, Sum] = {}
    found = sorted(tables(), key=lambda one: one.name == NUMBERED)
    for table in found:
        target.execute(f"DELETE FROM {table.name}")
    for table in found:
        if table.name == NUMBERED:  # SQLite has counted what came
            target.execute(f"DELETE FROM {table.name}")
        copied[table.name] = total = Sum()
        rows = _counted(_rows(source, table), total)
        if isinstance(target, sqlite3.Connection):
            marks = ", ".join("?" * len(table.columns))
            names = ", ".join(table.columns)
            sql = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"
            target.executemany(sql, rows)
        else:
            if table.name == "events":
                _make_months(source, target)
            _load(target, table, rows)
    for table in found:
        again = Sum()
        for row in _rows(target, table):
            again.add(row)
        if (again.rows, again.digest) != (
            copied[table.name].rows,
            copied[table.name].digest,
        ):
            raise MoveRefused(f"{table.name}: what was copied is not what was read")
    return copied


def _table(db: sqlite3.Connection, name: str) -> Table:
    found = db.execute(f"PRAGMA table_info({name})").fetchall()
    columns = tuple(row[1] for row in found)
    if name == NUMBERED:  # SQLite's own, which says no types
        return Table(name, columns, ("TEXT", "INTEGER"))
    return Table(name, columns, tuple(row[2] for row in found))


def _rows(db: Database, table: Table) -> Iterator[tuple[Any, ...]]:
    """Every row of a table, never many at once in memory."""
    if isinstance(db, sqlite3.Connection):
        yield from db.execute(table.rows)
        return
    server = as_server(db)
    server.run(f"DECLARE moving CURSOR FOR {table.rows}")
    while page := server.run(f"FETCH {PAGE} FROM moving").fetchall():
        yield from page
    server.run("CLOSE moving")


def _counted(rows: Iterator[tuple[Any, ...]], total: Sum) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        total.add(row)
        yield row


def _load(db: Database, table: Table, rows: Iterator[tuple[Any, ...]]) -> None:
    """Many rows into PostgreSQL, by its own way for many."""
    as_server(db).load(table.name, table.columns, table.types, rows)


def _make_months(source: Database, target: Database) -> None:
    begins = b""
    sql = "SELECT record_id FROM events WHERE record_id >= ? ORDER BY record_id LIMIT 1"
    while (row := source.execute(sql, (begins,)).fetchone()) is not None:
        month = Month.of_micros(int.from_bytes(row[0][:6]) * 1000)
        make_table(as_server(target), month)
        begins = moment_id(month.span()[1])
