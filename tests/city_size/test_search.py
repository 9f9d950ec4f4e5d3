# SPDX-License-Identifier: Apache-2.0
"""Every search that is allowed is answered from an index, in each of the three files.

SQLite itself is asked how it would go about it: a search that walks through the city
says SCAN, and one that walks along an order until it has enough names no condition.
"""

import itertools
import re
import sqlite3

import pytest

from gateway.records.opening import bring_up_to_date
from gateway.records.sealed import StoreKeys
from gateway.records.store import StoreReader, commit_once
from schemas.people import FourItems, SearchKey
from simulators.peers.persons import PersonFile
from simulators.peers.store import Store as PeerStore
from simulators.register.search import Query
from tests.gateway.people import resident_record
from tests.simulators.peers.desk import person
from tests.simulators.register.desk import ALICE, Desk

KEY = bytes(range(32))
RECORD = resident_record()
SEARCH = re.compile(r"SEARCH \w+ USING (COVERING )?(INDEX|PRIMARY KEY) ?\w* ?\(\w+[=>]")


def searches(*names):
    """Every set of these keys that two items of are enough: sex is none (R-066)."""
    return [
        chosen
        for n in range(2, len(names) + 1)
        for chosen in itertools.combinations(names, n)
        if len({"name" if key == "reading" else key for key in chosen} - {"sex"}) >= 2
    ]


class Explained:
    """A connection that notes how each search would be gone about."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.plans: list[str] = []

    def __getattr__(self, name):
        return getattr(self._db, name)

    def execute(self, sql, values=()):
        if sql.startswith("SELECT"):
            rows = self._db.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            self.plans += [row[3] for row in rows]
        return self._db.execute(sql, values)


def by_an_index(plans):
    return bool(plans) and all(
        SEARCH.match(plan) or plan == "USE TEMP B-TREE FOR ORDER BY" for plan in plans
    )


@pytest.fixture(scope="module")
def cs(tmp_path_factory):
    path = tmp_path_factory.mktemp("cs") / "records.sqlite"
    bring_up_to_date(path, StoreKeys(KEY), create=True)
    commit_once(path, KEY, lambda tx: tx.put_identity(RECORD))
    with StoreReader.open(path, KEY) as reader:
        yield reader


@pytest.mark.parametrize("keys", searches("name", "birth", "address"))
def test_the_cs_finds_people_by_an_index(cs, keys):
    values = {
        "name": RECORD.kanji_name,
        "birth": RECORD.date_of_birth,
        "address": RECORD.address,
    }
    cs._reader = explained = Explained(cs._reader)
    found = cs.identities_like(**{key: values[key] for key in keys})
    cs._reader = explained._db
    assert found == [RECORD]
    assert by_an_index(explained.plans), explained.plans


def test_the_cs_finds_one_person_by_an_index(cs):
    cs._reader = explained = Explained(cs._reader)
    assert cs.identity_by_code(RECORD.resident_record_code) == RECORD
    assert cs.identity_by_number(RECORD.individual_number) == RECORD
    cs._reader = explained._db
    assert by_an_index(explained.plans), explained.plans


FOUR = ("kanji_name", "address", "sex", "date_of_birth")


@pytest.fixture(scope="module")
def server():
    store = PeerStore(None)
    persons = PersonFile(store)
    persons.load([(person(1), "102024")], 0)
    yield store, persons
    store.close()


@pytest.mark.parametrize(
    "keys", [*searches(*FOUR), ("resident_record_code",), ("individual_number",)]
)
def test_a_server_finds_people_by_an_index(server, keys):
    store, persons = server
    values = {key: getattr(person(1), key) for key in keys}
    if set(keys) <= set(FOUR):
        values = {"four_items": FourItems(**values)}
    store._db = explained = Explained(store._db)
    found = persons.find(SearchKey(**values), 10)
    store._db = explained._db
    assert found == [person(1)]
    assert by_an_index(explained.plans), explained.plans


@pytest.fixture(scope="module")
def register():
    return Desk()


@pytest.mark.parametrize(
    "keys",
    [
        *searches("name", "reading", "address", "born", "sex"),
        ("resident_record_code",),
        ("individual_number",),
    ],
)
def test_the_register_finds_people_by_an_index(register, keys):
    one = register.single()
    values = {
        "name": one.name,
        "reading": one.furigana,
        "address": one.home.address[:6],
        "born": one.born,
        "sex": one.sex,
        "resident_record_code": one.resident_record_code,
        "individual_number": one.individual_number,
    }
    query = Query(**{key: values[key] for key in keys})
    store = register.register.store
    store._db = explained = Explained(store._db)
    found = register.register.search.find(query, ALICE, "CHECK")
    store._db = explained._db
    assert one in found.records
    of_records = [plan for plan in explained.plans if "records" in plan]
    assert by_an_index(of_records), explained.plans


def test_the_looking_glass_sees_a_scan():
    """What the others rest on: a search without an index does not pass."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE people (name TEXT, code TEXT PRIMARY KEY)")
    explained = Explained(db)
    explained.execute("SELECT * FROM people WHERE name = ? ORDER BY code", ("x",))
    assert not by_an_index(explained.plans)
