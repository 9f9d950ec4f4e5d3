# SPDX-License-Identifier: Apache-2.0
"""A store in PostgreSQL, spoken to as this room speaks to SQLite.

Laws: one writer at a time, over all machines: a transaction that writes holds the
schema's advisory lock, as `BEGIN IMMEDIATE` holds SQLite's. A commit that returned is
synchronised on the server. A connection that broke is made anew only where nothing is
under way: a writer's at its next BEGIN, a reader's at its next statement. It goes on
only with the same schema of the same server. Errors are sqlite3's, as everybody in this
room expects them; none says a value.

The events lie in a table for each month (`postgres_months`), made ahead within the
writer's transaction.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql as names
from psycopg.abc import Buffer
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader

from gateway.records.connection import BUSY_SECONDS, STATEMENTS, ServerFault
from gateway.records.errors import Reason, StoreMismatch
from gateway.records.postgres_errors import translated
from gateway.records.postgres_months import Months
from gateway.records.postgres_place import Place
from gateway.records.postgres_sql import turned

OLDEST: Final = 130000
"""The first version whose partitioned tables take all that the record's need."""
RETRY_SECONDS: Final = 1.0
"""Between two attempts of a reader to reach a server that is gone."""
_LOCK: Final = 0x53454B49
"""Of the lock that one transaction at a time holds."""
_OPEN: Final = _LOCK + 1
"""Of the lock that every connection which writes shares for its life."""
_KEY: Final = "%b::int, ((%b::bigint & 2147483647))::int"
_TYPES: Final = {"INTEGER": "int8", "TEXT": "text", "BLOB": "bytea"}
_BEHAVIOUR: Final = {
    "connect_timeout": "3",
    "tcp_user_timeout": "10000",
    "keepalives_idle": "5",
    "application_name": "sekisho",
    "client_encoding": "utf8",
}
_SETTINGS: Final = (
    ("synchronous_commit", "on"),
    ("lock_timeout", f"{int(BUSY_SECONDS * 1000)}"),
    ("standard_conforming_strings", "on"),
    ("timezone", "UTC"),
)
_IDENTITY: Final = (
    "SELECT (SELECT system_identifier FROM pg_control_system()),"
    " to_regnamespace(current_setting('sekisho.schema'))::oid::bigint,"
    " current_setting('fsync')"
)
_BEGIN: Final = (
    f"SELECT pg_advisory_xact_lock({_KEY}),"
    " to_regnamespace(current_setting('sekisho.schema'))::oid::bigint"
)


class _Whole(NumericBinaryLoader):
    """A sum of whole numbers is one."""

    def load(self, data: Buffer) -> int:  # type: ignore[override]
        return int(super().load(data))


class Rows:
    """What a statement gave where it gave none: as an empty cursor."""

    rowcount = -1

    def fetchone(self) -> Any:
        return None

    def fetchall(self) -> list[Any]:
        return []

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class Server:
    """A connection to a store's schema. Has the ways of `sqlite3.Connection`."""

    def __init__(
        self,
        place: Place,
        *,
        writes: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect; raises `ServerFault` or `StoreMismatch`."""
        self.place = place
        self._writes = writes
        self._monotonic = monotonic
        self._tried = monotonic() - RETRY_SECONDS
        self._turned: dict[str, str] = {}
        self._months = Months()
        self._schema: int | None = None
        self._server: int | None = None
        self._db = self._connected()

    @property
    def in_transaction(self) -> bool:
        """Whether one is open, failed ones too; of a connection that broke, none."""
        return self._db.info.transaction_status in (
            TransactionStatus.INTRANS,
            TransactionStatus.INERROR,
        )

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Any:
        """Run a statement of this room; an empty cursor for what is SQLite's alone."""
        text = self._turned.get(sql)
        if text is None:
            text = self._turned.setdefault(sql, turned(sql))
        if text.startswith("PRAGMA"):
            return Rows()
        if text in ("BEGIN", "BEGIN IMMEDIATE"):
            return self._begin(locked=text == "BEGIN IMMEDIATE")
        given = [_plain(value) for value in values]
        if not self._writes:
            return self._read(text, given)
        if self._months.lies_in(sql):
            self._months.make_room(self, values)
        cursor = self.run(text, given)
        if text.startswith("ROLLBACK"):
            self._months.forget()
        if text == "COMMIT" and cursor.statusmessage != "COMMIT":
            raise sqlite3.OperationalError("the transaction was not committed")
        return cursor

    def run(self, text: str, values: Sequence[Any] = ()) -> Any:
        """Run a statement of PostgreSQL's."""
        try:
            return self._db.cursor(binary=True).execute(text, values or None)
        except psycopg.Error as error:
            raise translated(error) from None

    def load(
        self,
        table: str,
        columns: Sequence[str],
        types: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Add many rows, by the way that PostgreSQL has for many."""
        into = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        try:
            with self._db.cursor().copy(into) as copy:
                copy.set_types([_TYPES[one] for one in types])
                for row in rows:
                    copy.write_row(row)
        except psycopg.Error as error:
            raise translated(error) from None

    def is_alone(self) -> bool:
        """Whether no other connection that writes is open; none can be from now on."""
        key = [_OPEN, self._schema or 0]
        return bool(self.run(f"SELECT pg_try_advisory_lock({_KEY})", key).fetchone()[0])

    def close(self) -> None:
        """Let go of the server."""
        self._db.close()

    def set_authorizer(self, _: object) -> None:
        """SQLite's own way of narrowing a connection; here it reads only anyway."""

    def _begin(self, *, locked: bool) -> Any:
        if self._db.closed or self._db.broken:
            self._db = self._connected()
        cursor = self.run("BEGIN")
        if not locked:
            return cursor
        try:
            key = [_LOCK, self._schema or 0]
            found = self.run(_BEGIN, key).fetchone()[1]
        except BaseException:
            self._give_up()
            raise
        if found != self._schema:
            self._give_up()
            raise ServerFault(Reason.REMOVED)
        return cursor

    def _give_up(self) -> None:
        if self.in_transaction:
            self.run("ROLLBACK")

    def _read(self, text: str, values: Sequence[Any]) -> Any:
        """A reader's statement; asked again where the connection turns out broken."""
        self._reach()
        try:
            return self.run(text, values)
        except ServerFault:
            if not self._db.closed:
                raise
        self._reach()
        return self.run(text, values)

    def _reach(self) -> None:
        """A reader's connection that broke is made anew, now and then."""
        if not self._db.closed and not self._db.broken:
            return
        now = self._monotonic()
        if now < self._tried + RETRY_SECONDS:
            raise ServerFault(Reason.SERVER)
        self._tried = now
        self._db = self._connected()

    def _connected(self) -> psycopg.Connection[Any]:
        try:
            given = conninfo_to_dict(self.place.conninfo)
            known = {k: v for k, v in _BEHAVIOUR.items() if k not in given}
            db = psycopg.connect(
                make_conninfo(self.place.conninfo, **known), autocommit=True
            )
        except psycopg.Error as error:
            raise translated(error) from None
        try:
            self._settle(db)
        except BaseException as error:
            db.close()
            if isinstance(error, psycopg.Error):
                raise translated(error) from None
            raise
        return db

    def _settle(self, db: psycopg.Connection[Any]) -> None:
        if db.info.server_version < OLDEST:
            raise StoreMismatch("PostgreSQL 13 or later is needed")
        db.adapters.register_dumper(int, Int8BinaryDumper)
        db.adapters.register_loader("numeric", _Whole)
        db.prepared_max = STATEMENTS
        known = (
            *_SETTINGS,
            ("sekisho.schema", self.place.schema),
            ("search_path", f"{self.place.schema}, pg_temp"),
            ("default_transaction_read_only", "off" if self._writes else "on"),
        )
        asked = names.SQL(", ").join(
            names.SQL("set_config({}, {}, false)").format(*map(names.Literal, one))
            for one in known
        )
        db.execute(names.SQL("SELECT {}").format(asked))
        row = db.execute(_IDENTITY).fetchone()
        assert row is not None  # a SELECT without FROM gives one row
        server, schema, fsync = row
        if fsync != "on":
            raise StoreMismatch("the server runs with fsync off: nothing is durable")
        if self._server not in (None, server) or self._schema not in (None, schema):
            raise ServerFault(Reason.REMOVED)
        self._server, self._schema = server, schema
        self._months.forget()
        self._share(db)

    def _share(self, db: psycopg.Connection[Any]) -> None:
        """Let others see that somebody writes here, and see whether one is alone."""
        if not self._writes or self._schema is None:
            return
        share = f"SELECT pg_try_advisory_lock_shared({_KEY})"
        held = db.execute(share, [_OPEN, self._schema]).fetchone()
        if not (held and held[0]):
            raise ServerFault(Reason.LOCKED)

    def made(self) -> None:
        """The schema was made just now, over this connection."""
        if self._schema is None:
            self._schema = self.run(_IDENTITY).fetchone()[1]
            self._share(self._db)


@contextmanager
def connected(place: Place, *, writes: bool) -> Iterator[Server]:
    """A connection for as long as it is needed."""
    with closing(Server(place, writes=writes)) as db:
        yield db


def _plain(value: Any) -> Any:
    """A value as the driver knows it: an enum's text as text, a truth as 0 or 1."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and type(value) is not str:
        return str(value)
    return value
