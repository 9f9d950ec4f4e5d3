# SPDX-License-Identifier: Apache-2.0
"""This room's SQL as PostgreSQL understands it.

The room writes one SQL, SQLite's. What differs is little and turned here, statement by
statement: how values are marked, how bytes are written, what a row without a key is
called. `postgres` keeps what was turned once. A schema is not turned file by file: the
numbered files are applied to an empty SQLite database, and what came of them is told
to PostgreSQL. So both cannot drift apart.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from gateway.records.statements import schema_files, statements

NUMBERED: Final = "sqlite_sequence"
"""The table of the numbers given out, named and kept as SQLite does."""
_TURNS: Final = (
    (re.compile(r"%"), "%%"),
    (re.compile(r"\?"), "%b"),
    (re.compile(r"\bx'([0-9a-f]*)'"), r"'\\x\1'::bytea"),
    (re.compile(r"CAST\((\w+) AS BLOB\)"), r"convert_to(\1, 'UTF8')"),
    (re.compile(r"\browid IN \(SELECT rowid\b"), "ctid IN (SELECT ctid"),
    (re.compile(r"\bIS NOT (?!NULL\b)"), "IS DISTINCT FROM "),
    (
        re.compile(r"strftime\('%%Y-%%m', (.*?), 'unixepoch'\)"),
        r"to_char(to_timestamp(\1) AT TIME ZONE 'UTC', 'YYYY-MM')",
    ),
)
_TYPES: Final = (
    (re.compile(r"--[^\n]*"), ""),
    (re.compile(r"\)\s*(WITHOUT ROWID, )?STRICT\s*$"), ")"),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
    (re.compile(r"\bx'([0-9a-f]*)'"), r"'\\x\1'::bytea"),
)
_FIRST: Final = """
CREATE TABLE sqlite_sequence (name TEXT COLLATE "C" PRIMARY KEY, seq BIGINT NOT NULL);
CREATE FUNCTION next_number(given TEXT) RETURNS BIGINT LANGUAGE sql AS $$
    INSERT INTO {schema}.sqlite_sequence AS s (name, seq) VALUES (given, 1)
    ON CONFLICT (name) DO UPDATE SET seq = s.seq + 1 RETURNING seq
$$;
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_LAST: Final = """
INSERT INTO copy_version (one, last) VALUES (1, 0) ON CONFLICT DO NOTHING;
CREATE INDEX events_seq ON events (seq);
CREATE TRIGGER events_keep BEFORE UPDATE ON events FOR EACH ROW
    EXECUTE FUNCTION never('a record is never changed');
CREATE FUNCTION events_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM {schema}.erasures WHERE step = 'rows' AND seq > OLD.seq
            AND begins <= OLD.at AND OLD.at < ends) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a record is never removed'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_stay BEFORE DELETE ON events FOR EACH ROW
    EXECUTE FUNCTION events_stay();
CREATE TRIGGER media_acts_keep BEFORE UPDATE ON media_acts FOR EACH ROW
    EXECUTE FUNCTION never('an act is never changed');
CREATE FUNCTION media_acts_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT 1 FROM {schema}.media WHERE number = OLD.number) THEN
        RAISE EXCEPTION 'an act stays as long as its medium'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER media_acts_stay BEFORE DELETE ON media_acts FOR EACH ROW
    EXECUTE FUNCTION media_acts_stay()
"""


def turned(sql: str) -> str:
    """A statement of this room, for psycopg."""
    for pattern, text in _TURNS:
        sql = pattern.sub(text, sql)
    if sql.lstrip().startswith("CREATE TEMP TABLE"):
        sql = _typed(sql)
    return sql


def schema_of(schema: str, directory: Path) -> Iterator[str]:
    """What makes the newest schema in an empty one, statement by statement."""
    yield from _parts(_FIRST, schema)
    for made in made_by(directory):
        yield _created(made)
    yield from _parts(_LAST, schema)


def upgrade_of(file: str) -> Iterator[str]:
    """A numbered file that came later, statement by statement."""
    for statement in statements(file):
        text = statement.strip().rstrip(";")
        if _TYPES[0][0].sub("", text).strip():
            yield _created(text)


def made_by(directory: Path) -> list[str]:
    """The tables and indexes that SQLite has after all numbered files."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for _, file in schema_files(directory):
            for statement in statements(file.read_text(encoding="utf-8")):
                db.execute(statement)
        sql = (
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> ?"
            " AND type IN ('table', 'index') ORDER BY type DESC, rowid"
        )
        return [row[0] for row in db.execute(sql, (NUMBERED,))]


def _created(sql: str) -> str:
    sql = _typed(sql)
    named = re.match(r"\s*CREATE TABLE \"?(\w+)", sql)
    if named is None:
        return sql
    number = f"BIGINT PRIMARY KEY DEFAULT next_number('{named[1]}')"
    if named[1] == "events":
        number = "BIGINT NOT NULL DEFAULT next_number('events')"
        sql = f"{sql} PARTITION BY RANGE (record_id)"
    if named[1] == "announced":  # read in the order in which they came
        sql = sql.replace("(", "(rowid BIGINT GENERATED ALWAYS AS IDENTITY,", 1)
    return sql.replace("BIGINT PRIMARY KEY AUTOINCREMENT", number)


def _typed(sql: str) -> str:
    for pattern, text in _TYPES:
        sql = pattern.sub(text, sql)
    return sql


def _parts(text: str, schema: str) -> Iterator[str]:
    """Statements; a function's body ends with `$$`, every other line with `;`."""
    yield from re.split(r";\n(?=CREATE)", text.replace("{schema}", schema).strip())
