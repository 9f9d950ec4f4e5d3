# SPDX-License-Identifier: Apache-2.0
"""Found by enough keys, shown within bounds, and every look on record."""

import itertools
from datetime import date

import pytest

from simulators.register import search
from simulators.register.basis import Operator
from simulators.register.errors import NotAllowed
from simulators.register.old import OldRecord
from simulators.register.search import Found, Query, TooMany, is_enough
from tests.simulators.register.desk import ALICE, HOME, code, newcomer
from tests.values import replace

FOUR = ("name", "address", "sex", "born")


def find(desk, **keys):
    return desk.register.search.find(Query(**keys), ALICE, "CERTIFICATE")


@pytest.mark.parametrize(
    "chosen", [c for n in range(5) for c in itertools.combinations(FOUR, n)]
)
def test_two_of_the_four_items_are_needed_and_sex_does_not_count(desk, chosen):
    """R-065, R-066, at the register: all sixteen subsets of the four items."""
    person = desk.single()
    values = {
        "name": person.name,
        "address": person.home.text,
        "sex": person.sex,
        "born": person.born,
    }
    keys = {key: values[key] for key in chosen}
    if len(set(chosen) - {"sex"}) >= 2:
        found = find(desk, **keys)
        assert person in found.records
    else:
        with pytest.raises(NotAllowed):
            find(desk, **keys)


def test_code_or_number_alone_finds_one_person(desk):
    person = desk.single()
    by_code = find(desk, resident_record_code=person.resident_record_code)
    by_number = find(desk, individual_number=person.individual_number)
    assert by_code.records == by_number.records == (person,)


def test_an_empty_key_is_no_key(desk):
    for keys in (
        {"resident_record_code": ""},
        {"individual_number": ""},
        {"name": "", "born": date(2000, 1, 1)},
        {"name": "x", "address": ""},
    ):
        assert not is_enough(Query(**keys))


def test_a_name_and_its_reading_are_one_item():
    """R-066: written and read, it is the name."""
    assert not is_enough(Query(name="架空　花子", reading="かくう　はなこ"))


def test_a_search_finds_what_a_plain_filter_finds(desk):
    """R-067, R-068, at the register: all that match, and nobody else."""
    people = list(desk.register.books.all())
    for person in people:
        query = Query(born=person.born, address="群馬県高崎市", sex=person.sex)
        found = desk.register.search.find(query, ALICE, "CHECK")
        assert found.query == query
        assert list(found.records) == [
            one for one in people if one.born == person.born and one.sex == person.sex
        ]


def test_a_reading_is_compared_unvoiced_and_a_name_as_it_is_written(desk):
    person = newcomer(name="\ufa19谷　太", furigana="かみがい　ぷう")
    (record,) = desk.settled(person)
    born = record.born
    assert find(desk, reading="かみかい　ふう", born=born).records == (record,)
    assert find(desk, name="\ufa19谷　太", born=born).records == (record,)
    assert find(desk, name="\u795e谷　太", born=born).records == ()


def test_an_address_is_found_from_its_beginning_only(desk):
    (record,) = desk.settled(home=replace(HOME, building="メゾン１０１号"))
    assert find(desk, address=HOME.address, born=record.born).records == (record,)
    assert find(desk, address="高崎市中尾町", born=record.born).records == ()
    assert find(desk, address="%", born=record.born).records == ()


def test_too_many_are_told_and_not_shown(desk, monkeypatch):
    """Nobody leafs through the city: the bound, and one more than it."""
    people = [newcomer(n, name="同　名", relationship="同居人") for n in range(2, 5)]
    desk.settled(newcomer(1, name="同　名"), *people)
    monkeypatch.setattr(search, "MOST", 4)
    keys = {"name": "同　名", "address": "群馬県高崎市"}
    assert len(find(desk, **keys).records) == 4
    monkeypatch.setattr(search, "MOST", 3)
    assert isinstance(find(desk, **keys), TooMany)
    *_, last = desk.register.inquiries.all()
    assert (last.outcome, last.records) == ("too many", ())


def test_removed_records_are_found_only_when_asked_for(desk):
    person = desk.single()
    desk.do(desk.move_out(person))
    code_of = person.resident_record_code
    assert find(desk, resident_record_code=code_of).records == ()
    found = find(desk, resident_record_code=code_of, removed=True)
    assert [one.number for one in found.records] == [person.number]


def test_each_look_is_written_with_who_where_whom_and_when(desk):
    """R-112: terminal, staff, resident and time; one row for each look."""
    person = desk.single()
    for _ in range(2):
        find(desk, individual_number=person.individual_number)
    rows = list(desk.register.inquiries.all())
    assert len(rows) == 2
    for row in rows:
        assert (row.operator, row.terminal) == (ALICE.name, ALICE.terminal)
        assert row.records == (person.number,)
        assert row.at.startswith("2026-04-02T03:00")
        assert (row.purpose, row.keys) == ("CERTIFICATE", "individual_number")


@pytest.mark.parametrize(
    ("operator", "purpose"),
    [
        (Operator("", "T-1"), "CHECK"),
        (Operator("alice", ""), "CHECK"),
        (ALICE, ""),
        (ALICE, "just looking"),
    ],
)
def test_nothing_is_shown_without_operator_terminal_and_purpose(
    desk, operator, purpose
):
    """R-112: none of them empty."""
    query = Query(individual_number=desk.single().individual_number)
    with pytest.raises(NotAllowed):
        desk.register.search.find(query, operator, purpose)
    assert list(desk.register.inquiries.all()) == []


def test_a_refused_search_is_on_record_and_no_value_is(desk):
    person = desk.single()
    with pytest.raises(NotAllowed):
        find(desk, name=person.name)
    find(desk, name=person.name, born=person.born)
    rows = desk.register.store.rows("SELECT * FROM inquiries")
    assert [row[5] for row in rows] == ["refused", "shown"]
    assert person.name not in str(rows)


def test_what_was_found_does_not_show_itself(desk):
    person = desk.single()
    found = find(desk, individual_number=person.individual_number)
    assert isinstance(found, Found)
    assert repr(found) == "Found(<hidden>)"
    assert repr(found.query) == "Query(<hidden>)"


# -- the old system's records


def old_record(place):
    return OldRecord(
        number=place,
        resident_record_code=code(7000 + place),
        name="旧　記録",
        born=date(1950, 1, place),
        address="群馬県高崎市中尾町１番地",
        lines=("旧　記録", "昭和２５年"),
    )


def test_records_of_the_old_system_are_found_and_the_look_is_on_record(desk):
    records = [old_record(1), old_record(2)]
    desk.register.old.load(records)
    query = Query(name="旧　記録", born=date(1950, 1, 2))
    assert desk.register.old.find(query, ALICE, "CHECK") == (records[1],)
    query = Query(name="旧　記録", address="群馬県高崎市")
    assert desk.register.old.find(query, ALICE, "CHECK") == tuple(records)
    assert len(list(desk.register.inquiries.all())) == 2


def test_old_records_need_enough_keys_too(desk):
    desk.register.old.load([old_record(1)])
    for query in (Query(name="旧　記録"), Query(individual_number="1")):
        with pytest.raises(NotAllowed):
            desk.register.old.find(query, ALICE, "CHECK")
