# SPDX-License-Identifier: Apache-2.0
"""A city is loaded as a stream, and comes out again as it went in."""

import itertools
from dataclasses import replace

import pytest

from simulators.network.story_register import record_of as identity_value
from simulators.register import loading
from simulators.register.errors import EntryRefused, NotNow
from simulators.register.service.filling import fill
from simulators.residents import generate
from tests.simulators.register.desk import Desk, opened
from tests.simulators.town import the_town


def empty():
    return opened(None)


def test_the_forty_fields_come_out_as_the_generator_has_them():
    """R-071: the record has the 40 fields; the register fills each."""
    register = empty()
    people = the_town()[:300]
    register.loading.load(people)
    ours = {one.resident_record_code: one for one in register.consistency.stream()}
    assert len(ours) == len(people)
    for one in people:
        assert ours[one.resident_record_code] == identity_value(one)


def test_names_are_kept_code_point_by_code_point():
    register = empty()
    people = the_town()[:3000]
    register.loading.load(people)
    kept = sorted(record.name for record in register.books.all())
    assert kept == sorted(one.kanji_name for one in people)
    assert any(not name.isascii() and "髙" in name for name in kept)


def test_every_resident_is_in_one_household_with_one_head():
    """R-001: one record per person, grouped by household."""
    desk = Desk()
    records = list(desk.register.books.all())
    codes = {record.resident_record_code for record in records}
    assert len(codes) == len(records)
    for household in {record.household for record in records}:
        members = desk.register.books.household(household)
        assert sum(member.is_head for member in members) == 1
    with_households = sum(
        len(desk.register.books.household(household))
        for household in {record.household for record in records}
    )
    assert with_households == len(records)


def test_an_interrupted_load_goes_on_where_it_stopped(monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 50)
    people = the_town()[:180]

    def breaks_off():
        yield from people[:130]
        raise ConnectionError

    register = empty()
    with pytest.raises(ConnectionError):
        register.loading.load(breaks_off())
    assert register.loading.loaded() == 100
    result = register.loading.load(people)
    assert (result.before, result.written) == (100, 80)
    whole = empty()
    whole.loading.load(people)
    assert register.consistency.digest() == whole.consistency.digest()


def test_a_load_takes_its_residents_one_by_one():
    """Never a list of all: what is asked for ahead is one batch at most."""
    register = empty()
    most = 0
    given = 0

    def counted():
        nonlocal given, most
        for one in itertools.islice(generate(3, 10**6), 5000):
            given += 1
            most = max(most, given - register.loading.loaded())
            yield one

    told: list[int] = []
    register.loading.load(counted(), told.append)
    assert most <= loading.BATCH
    assert told == [2000, 4000, 5000]


def test_a_resident_with_a_real_number_stops_the_load():
    register = empty()
    one = the_town()[0]
    wrong = str((int(one.individual_number[-1]) + 5) % 10)
    real = replace(one, individual_number=one.individual_number[:-1] + wrong)
    with pytest.raises(EntryRefused, match="individual_number"):
        register.loading.load([real])
    assert register.loading.loaded() == 0
    assert list(register.books.all()) == []


def test_a_register_that_has_entries_is_not_filled_again(desk):
    desk.do(desk.move_in())
    with pytest.raises(NotNow):
        desk.register.loading.load(the_town()[:10])
    with pytest.raises(NotNow):  # nor by `simulate fill`, which says so
        fill(desk.register, the_town()[:10], "seed")


def test_what_is_loaded_owes_nothing():
    assert Desk().register.outbox.receivers() == ()
