# SPDX-License-Identifier: Apache-2.0
"""Who stands at the counter is confirmed, seen and compared before anything goes on."""

from datetime import timedelta

import pytest

from schemas.people import ConfirmationKey
from schemas.search_messages import IdentityConfirmationResult
from schemas.systems import CS
from simulators.city.courier import Office
from simulators.city.faults import Fault
from simulators.city.integrated_terminal import IntegratedTerminal
from simulators.city.terminals import IDLE
from tests.simulators.city.office import (
    CITY,
    Clock,
    code_of,
    everything,
    given,
    neighbour,
)
from tests.simulators.city.test_terminals import (
    BORN,
    asked_for,
    by_code,
    confirmed,
    confirming,
    copy_of,
    open_to,
)
from tests.simulators.register.desk import code

FIRST = "SK-Y14"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> IntegratedTerminal:
    return IntegratedTerminal(CITY, given(clock))


@pytest.fixture
def session(desk: IntegratedTerminal) -> str:
    return open_to(desk, "ivan", "confirm", "move in", "issue")


@pytest.fixture
def cs():
    return neighbour(CS, answer=confirming)


def procedures(desk, session, confirmation, person=1):
    """Both that begin with a confirmation: special move-in, and wide-area issue."""
    return (
        lambda: desk.ask_again(session, confirmation, code(person), "髙橋　花子", BORN),
        lambda: desk.issue(session, confirmation, copy_of(person)),
    )


def told(cs):
    """What left for the CS, confirmations left out."""
    return [kind for kind, _, _ in cs.heard if "confirmation" not in kind]


# -- the comparison (R-063) ------------------------------------------------------------


@pytest.mark.parametrize(("same", "word"), [(True, "same"), (False, "other")])
def test_what_was_concluded_from_the_comparison_is_on_record(
    desk, session, cs, same, word
):
    """R-063: the result of the comparison, and who compared."""
    question = asked_for(desk, session, cs)
    desk.look(session, question)
    desk.conclude(session, question, same=same)
    (event,) = desk.history.events(what=f"confirmation {word}")
    assert (event.by, event.about) == ("ivan", f"question {question}")


def test_nobody_concludes_what_they_did_not_see(desk, session, cs):
    question = asked_for(desk, session, cs)
    for same in (True, False):
        work = lambda: desk.conclude(session, question, same=same)  # noqa: B023, E731
        assert code_of(work) == FIRST
    desk.look(session, question)
    other = open_to(desk, "judy", "confirm")
    assert code_of(lambda: desk.conclude(other, question, same=True)) == FIRST


def test_what_is_gone_from_the_screen_is_not_looked_at(desk, session, cs, clock):
    question = asked_for(desk, session, cs)
    clock.move(IDLE)
    assert code_of(lambda: desk.look(session, question)) == FIRST


@pytest.mark.parametrize("same", [True, False])
def test_a_conclusion_is_not_changed(desk, session, cs, same):
    question = asked_for(desk, session, cs)
    desk.look(session, question)
    desk.conclude(session, question, same=same)
    assert code_of(lambda: desk.conclude(session, question, same=not same)) == FIRST
    assert code_of(lambda: desk.look(session, question)) == FIRST


def test_who_is_not_confirmed_is_not_the_same(desk, session):
    def nobody(asked):
        return IdentityConfirmationResult(key=asked.key, confirmed=False)

    question = asked_for(desk, session, neighbour(CS, answer=nobody))
    desk.look(session, question)
    assert code_of(lambda: desk.conclude(session, question, same=True)) == FIRST
    desk.conclude(session, question, same=False)


def test_a_result_that_comes_twice_changes_nothing(desk, session, cs):
    desk.faults.set(Fault.SENDS_TWICE)
    question = confirmed(desk, session, cs)
    Office(desk, cs).settle()
    desk.issue(session, question, copy_of(1))


# -- the procedures (R-064) ------------------------------------------------------------


def test_request_result_and_view_are_each_on_record(desk, session, cs):
    """R-064."""
    question = confirmed(desk, session, cs)
    (sent,) = desk.outbox.sent("identity_confirmation_request")
    assert (sent.number, sent.by, sent.state) == (question, "ivan", "delivered")
    (seen,) = desk.history.events(what="confirmation seen")
    assert (seen.by, seen.about) == ("ivan", f"question {question}")


@pytest.mark.parametrize("place", [0, 1], ids=["special move-in", "wide-area issue"])
def test_after_it_the_procedure_goes_on_once(desk, session, cs, place):
    question = confirmed(desk, session, cs)
    procedures(desk, session, question)[place]()
    Office(desk, cs).settle()
    assert len(told(cs)) == 1
    for again in procedures(desk, session, question):
        assert code_of(again) == FIRST


@pytest.mark.parametrize("place", [0, 1], ids=["special move-in", "wide-area issue"])
def test_without_a_result_the_procedure_does_not_go_on(desk, session, cs, place):
    """R-064: not asked, asked, answered, seen: each is too little."""
    assert code_of(procedures(desk, session, 1)[place]) == FIRST
    question = desk.confirm(session, by_code())
    assert code_of(procedures(desk, session, question)[place]) == FIRST
    Office(desk, cs).settle()
    assert code_of(procedures(desk, session, question)[place]) == FIRST
    desk.look(session, question)
    assert code_of(procedures(desk, session, question)[place]) == FIRST
    desk.conclude(session, question, same=False)
    assert code_of(procedures(desk, session, question)[place]) == FIRST
    Office(desk, cs).settle()
    assert told(cs) == []


def test_one_persons_confirmation_is_not_anothers(desk, session, cs):
    question = confirmed(
        desk, session, cs, ConfirmationKey(resident_record_code=code(2))
    )
    for work in procedures(desk, session, question, person=1):
        assert code_of(work) == FIRST


def test_yesterdays_confirmation_is_none(desk, session, cs, clock):
    question = confirmed(desk, session, cs)
    clock.move(timedelta(days=1))
    for work in procedures(desk, session, question):
        assert code_of(work) == FIRST


def test_who_was_confirmed_is_forgotten_with_the_use_or_the_day(
    desk, session, cs, clock
):
    question = confirmed(desk, session, cs)
    assert desk.store.value("SELECT person FROM confirmations") == code(1)
    desk.issue(session, question, copy_of(1))
    assert desk.store.value("SELECT person FROM confirmations") == ""
    Office(desk, cs).settle()
    confirmed(desk, session, cs)
    clock.move(timedelta(days=1))
    asked_for(desk, session, cs, ConfirmationKey(resident_record_code=code(2)))
    assert code(1) not in everything(desk)
