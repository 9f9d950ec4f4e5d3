# SPDX-License-Identifier: Apache-2.0
"""The table of keeping times holds everything that a store holds, and what is true."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import keeping_times
from gateway.keeping_times import KEPT, STAYS
from gateway.records.migrate import migrate
from tests.house import ROOT


def tables():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        migrate(db, Path())
        sql = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        return {name for (name,) in db.execute(sql)} - {"sqlite_sequence"}


def test_no_table_of_the_store_is_without_a_keeping_time():
    told = Counter(name for row in KEPT for name in row.tables)
    assert set(told) == tables()
    assert set(told.values()) == {1}


@pytest.mark.parametrize("row", KEPT, ids=lambda row: row.tables[0])
def test_each_has_a_rule_and_what_ends_it(row):
    assert row.rule
    assert (row.how_long == STAYS) == (row.ends_by == "")


def test_the_numbers_are_those_of_the_rules():
    kept = {row.tables[0]: row.how_long for row in KEPT}
    assert kept["events"].startswith("7 years")
    assert kept["holds"].startswith("7 years")
    assert kept["identity_history"] == "150 years"
    assert kept["destinations"].startswith("30 days")
    assert "never in a backup" in kept["destinations"]
    assert "30 days after the planned day" in kept["arrivals"]
    assert kept["outbox"].endswith("then 7 days, without content")
    assert timedelta(days=7 * 365) < keeping_times.media.KEPT


def test_every_rule_that_is_named_is_one_of_the_document():
    known = (ROOT / "tests" / "rules_ids.csv").read_text("utf-8")
    for row in KEPT:
        for word in row.rule.replace(";", ",").replace(":", ",").split(","):
            if word.strip().startswith("R-"):
                assert word.strip() in known
