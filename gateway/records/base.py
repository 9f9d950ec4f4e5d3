# SPDX-License-Identifier: Apache-2.0
"""What every table family of the store shares: its two ends, and the column types.

A family has a *writes* class (inside a transaction, in the journal's thread) and a
*reads* class (the read-only connection, in the reactor's thread). `transaction` and
`store` put the families together.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

from gateway.records.connection import (
    Database,
    store_errors,
)
from gateway.records.sealed import StoreKeys

Value = bytes | str | int | None
"""What a column of a STRICT table holds here."""
Row = tuple[Any, ...]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Writes:
    """Statements inside the transaction of one work."""

    __slots__ = ("_db", "_keys")

    def __init__(self, db: Database, keys: StoreKeys) -> None:
        self._db = db
        self._keys = keys

    def _changes(self, sql: str, *values: Value) -> int:
        """Run a statement; how many rows it changed."""
        return self._db.execute(sql, values).rowcount

    def _all(self, sql: str, *values: Value) -> list[Row]:
        return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _overwriting(self) -> Iterator[None]:
        """What is erased in it is overwritten with zeros, and in no free page left."""
        self._db.execute("PRAGMA secure_delete = ON").fetchall()
        try:
            yield
        finally:
            self._db.execute("PRAGMA secure_delete = OFF").fetchall()


class Reads:
    """Statements outside of any transaction: each sees the newest commit.

    Every method can raise `StoreUnavailable`, and `StoreDamaged` where a row is not
    what this station wrote.
    """

    __slots__ = ("_keys", "_reader")

    def __init__(self, reader: Database, keys: StoreKeys) -> None:
        self._reader = reader
        self._keys = keys

    def _all(self, sql: str, *values: Value) -> list[Row]:
        try:
            return self._reader.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self._failed(error)  # only now: it costs as much as a statement

    def _failed(self, error: sqlite3.Error) -> NoReturn:
        """Raise what a failed look means."""
        with store_errors():
            raise error

    def _one(self, sql: str, *values: Value) -> Row | None:
        found = self._all(sql, *values)
        return found[0] if found else None


def to_micros(at: datetime) -> int:
    """A moment as its column."""
    return (at - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """A column as its moment, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def maybe_micros(at: datetime | None) -> int | None:
    """A moment that may be absent, as its column."""
    return None if at is None else to_micros(at)


def maybe_moment(value: int | None) -> datetime | None:
    """A column that may be null, as its moment."""
    return None if value is None else from_micros(value)


def from_hex(text: str) -> bytes | None:
    """A hex text as its column; null for none."""
    return bytes.fromhex(text) if text else None


def to_list(values: Sequence[str]) -> str:
    """Ids as one JSON column."""
    return json.dumps(list(values))


def from_list(text: str) -> tuple[str, ...]:
    """The ids of a JSON column."""
    return tuple(json.loads(text))
