# SPDX-License-Identifier: Apache-2.0
"""Whatever is keyed in or sent, the register answers in its own words and stays whole.

Anything but a `RegisterError` is a fault of ours; so is a register that changed.
"""

import dataclasses
import os
import sqlite3
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.systems import ADDRESSEE, CS
from simulators.register import forms, paper
from simulators.register.errors import RegisterError, Rule, StoreFault
from simulators.register.forms import Amendment, Placement
from simulators.register.owed import IdentifierCodeRequest
from simulators.register.search import Query
from tests.simulators.register.desk import (
    ALICE,
    BOB,
    DOMICILE,
    FOREIGN,
    HOME,
    MANAGER,
    SURE,
    Desk,
    certificate,
    newborn,
    newcomer,
    number,
    opened,
)
from tests.values import replace

DESK = Desk()
FAMILY = DESK.family()
ONE = FAMILY[1].number
WAITING = DESK.register.inward.receive_certificate(certificate(9), CS)
PLACES = (Placement(record=ONE, relationship="世帯主"),)


def every_form() -> list[forms.Form]:
    """One of each, good or nearly so."""
    told, decided, today = DESK.notice(), DESK.decision(), DESK.today
    amendment = Amendment(name="改　名", home=HOME, domicile=DOMICILE, foreign=FOREIGN)
    amended = {"record": ONE, "changed_on": today, "amendment": amendment}
    return [
        DESK.move_in(newcomer(3, foreign=FOREIGN)),
        forms.SpecialMoveIn(
            basis=told,
            moved_on=today,
            home=HOME,
            certificate=WAITING,
            relationships=("世帯主",),
            confirmation=SURE,
            card="CARD-1",
        ),
        forms.EnterExOfficio(
            basis=decided, since=today, home=HOME, newcomers=(newcomer(4),)
        ),
        forms.Birth(basis=told, newborn=newborn(), household=FAMILY[0].household),
        forms.Death(basis=told, record=ONE, died_on=today, remaining=PLACES),
        DESK.move_out(FAMILY[1], remaining=PLACES),
        forms.MoveOutCancellation(basis=told, record=ONE),
        forms.MoveWithin(basis=told, moved_on=today, home=HOME, placements=PLACES),
        forms.HouseholdChange(basis=told, changed_on=today, placements=PLACES),
        forms.FamilyRegisterChange(basis=told, **amended),
        forms.ChangeExOfficio(basis=decided, **amended),
        forms.Correction(basis=told, approval=MANAGER, **amended),
        forms.MinorCorrection(basis=decided, **amended),
        forms.BuildingRename(
            basis=decided,
            changed_on=today,
            town_code=FAMILY[0].home.town_code,
            before="棟",
            after="館",
        ),
        forms.RemoveExOfficio(basis=decided, record=ONE, removed_on=today),
        forms.Naturalisation(
            basis=told,
            record=ONE,
            naturalised_on=today,
            name="帰化",
            furigana="きか",
            domicile=DOMICILE,
        ),
        forms.NumberChange(basis=told, record=ONE),
        forms.CodeChange(basis=told, record=ONE),
        forms.Revision(basis=decided, record=ONE),
    ]


FORMS = every_form()
TEXTS = st.sampled_from(
    ["", " ", "\x00", "\ud800", "\U0010ffff", "%", "' OR 1=1", "あ" * 5000, "１", "-1"]
)
NUMBERS = st.sampled_from([0, -1, 1, 2, 2**31, 2**63, 2**200, -(2**70)])
DAYS = st.sampled_from([date.min, date(1, 1, 2), date(1868, 1, 1), date.max])


def test_there_is_one_of_every_form():
    assert {type(form) for form in FORMS} == set(paper.KINDS.values())


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every text, number and day in a value."""
    if dataclasses.is_dataclass(value):
        parts = [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)]
    elif isinstance(value, tuple):
        parts = list(enumerate(value))
    else:
        plain = isinstance(value, str | int | date) and not isinstance(value, bool)
        return [path] if plain else []
    return [leaf for name, part in parts for leaf in leaves(part, (*path, name))]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with the leaf at the end of the path replaced."""
    if not path:
        return new
    step, *rest = path
    inner = changed(at(value, (step,)), tuple(rest), new)
    if isinstance(step, int):
        return (*value[:step], inner, *value[step + 1 :])
    return replace(value, **{step: inner})


@given(st.sampled_from(FORMS), st.data())
def test_whatever_stands_in_a_form_the_answer_is_ours(form, data):
    path = data.draw(st.sampled_from(leaves(form)))
    old = at(form, path)
    kind = TEXTS if isinstance(old, str) else NUMBERS if isinstance(old, int) else DAYS
    bad = changed(form, path, data.draw(kind))
    before = DESK.fingerprint()
    try:
        entry = DESK.register.entries.enter(bad, ALICE)
    except RegisterError:
        assert DESK.fingerprint() == before
        return
    DESK.register.entries.send_back(entry, BOB, "tried")
    assert DESK.fingerprint()[:3] == before[:3]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    st.sampled_from(sorted(paper.KINDS)),
)
def test_whatever_a_terminal_sends_the_answer_is_ours(given_value, kind):
    fields = given_value if isinstance(given_value, dict) else {"basis": given_value}
    with pytest.raises(RegisterError):
        paper.form_of(kind, fields)


@given(TEXTS, TEXTS)
def test_whatever_is_searched_for_the_answer_is_ours(one, other):
    for query in (
        Query(name=one, address=other),
        Query(reading=one, born=date.min),
        Query(resident_record_code=one),
        Query(individual_number=other),
    ):
        try:
            found = DESK.register.search.find(query, ALICE, "CHECK")
        except RegisterError:
            continue
        assert found.records == ()


@given(TEXTS, TEXTS)
def test_whatever_comes_in_the_answer_is_ours(one, other):
    register = DESK.register
    sent = certificate(8)
    person = replace(sent.persons[0], name=one, furigana=other)
    for attempt in (
        lambda: register.inward.receive_certificate(replace(sent, origin=one), CS),
        lambda: register.inward.receive_certificate(
            replace(sent, persons=(person,)), CS
        ),
        lambda: register.inward.receive_certificate(sent, one),
        lambda: register.numbers.receive(one, other, number(1), CS),
        lambda: register.cards.issue(ONE, one, other, ALICE),
        lambda: register.relay.hand_on(
            IdentifierCodeRequest(processing_number=one, individual_number=other),
            ADDRESSEE,
        ),
    ):
        with suppress(RegisterError):
            attempt()


def test_a_household_that_nobody_lives_in_is_not_joined(desk):
    for household in (9_999, 0, -1):
        form = desk.move_in(household=household or 5_000)
        assert desk.refusal(form) == {Rule.NOT_PRESENT}


def test_nobody_moves_out_to_where_he_lives(desk):
    form = desk.move_out(desk.single(), destination_municipality="102024")
    assert desk.refusal(form) == {Rule.ALREADY_PRESENT}


def test_a_failure_in_the_middle_leaves_nothing_half_done(desk, monkeypatch):
    """The last message of an entry cannot be written: no part of it is."""
    form = desk.move_in(newcomer(1), newcomer(2, relationship="妻"))
    entry = desk.register.entries.enter(form, ALICE)
    before = desk.fingerprint()
    outbox = desk.register.outbox
    owe = type(outbox).owe

    def breaks(self, message, cause, record=None):
        if cause.endswith("/1"):
            raise ConnectionError
        return owe(self, message, cause, record)

    monkeypatch.setattr(type(outbox), "owe", breaks)
    with pytest.raises(ConnectionError):
        desk.register.entries.check(entry, BOB, form.basis.reference)
    assert desk.fingerprint() == before
    monkeypatch.undo()
    desk.register.entries.check(entry, BOB, form.basis.reference)
    assert len(desk.messages("move_in_notice")) == 2


def test_a_register_that_somebody_else_writes_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("simulators.store.BUSY_SECONDS", 0.0)
    path = tmp_path / "register"
    register = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFault):
        register.pool.receive([])
    other.execute("ROLLBACK")
    other.close()
    assert register.pool.receive([]) == 0


def test_a_damaged_file_says_so(tmp_path):
    path = tmp_path / "register"
    desk = Desk(path)
    desk.register.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with pytest.raises(StoreFault):
        list(opened(path).consistency.stream())
