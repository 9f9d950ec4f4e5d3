# SPDX-License-Identifier: Apache-2.0
"""The terminals: who sits there, what is open to them, and what is on the screen."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from schemas.move_messages import WideAreaIssuanceReply, WideAreaIssuanceRequest
from schemas.people import ConfirmationKey, ConfirmedPerson, FourItems, SearchKey
from schemas.register_messages import ForeignResidentNotice
from schemas.search_messages import (
    IdentityConfirmationRequest,
    IdentityConfirmationResult,
    IdentityInformationSearchResult,
    JlisIdentityInformationResponse,
)
from schemas.systems import CS, JUSTICE, SYSTEMS
from simulators.city.courier import Office
from simulators.city.integrated_terminal import IntegratedTerminal
from simulators.city.justice_terminal import JusticeTerminal
from simulators.city.register_terminal import RegisterTerminal
from simulators.city.server_terminal import ServerTerminal
from simulators.city.terminals import IDLE, Terminal
from simulators.register import Register
from simulators.register.certificates import Application, Capacity, Paper
from simulators.register.entries import State
from simulators.register.errors import NotAllowed
from simulators.register.search import Query
from tests.simulators.city.office import (
    CITY,
    Clock,
    addressee,
    chance,
    code_of,
    everything,
    given,
    neighbour,
    post,
    real,
    sender,
)
from tests.simulators.register.desk import ALICE, Desk, code, newcomer

BORN = date(1990, 5, 5)


def open_to(terminal: Terminal, person: str, *functions: str) -> str:
    """Somebody's session, with these functions."""
    terminal.enrol(person, "市民課", f"finger of {person}", "manager")
    for function in functions:
        terminal.grant(person, function, "manager")
    return terminal.log_in(person, f"finger of {person}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


# -- the integrated terminal -----------------------------------------------------------


def answering(asked: Any) -> Any:
    """A CS that finds nobody."""
    name = type(asked).__name__
    if name == "IdentityConfirmationRequest":
        return IdentityConfirmationResult(key=asked.key, confirmed=False)
    if name == "IdentityInformationSearch":
        return IdentityInformationSearchResult(key=asked.key, more=False, persons=())
    if name == "JlisIdentityInformationInquiry":
        return JlisIdentityInformationResponse(key=asked.key)
    return None


@pytest.fixture
def desk(clock: Clock) -> IntegratedTerminal:
    return IntegratedTerminal(CITY, given(clock))


@pytest.fixture
def session(desk: IntegratedTerminal) -> str:
    return open_to(desk, "ivan", "confirm", "search", "move in", "issue")


def by_code() -> ConfirmationKey:
    return ConfirmationKey(resident_record_code=code(1))


def confirming(asked: Any) -> Any:
    """A CS that confirms whoever is asked for by a code; takes everything else."""
    if not isinstance(asked, IdentityConfirmationRequest):
        return None
    person = ConfirmedPerson(
        resident_record_code=asked.key.resident_record_code,
        kanji_name="髙橋　花子",
        date_of_birth=BORN,
        sex="2",
        address="群馬県高崎市中尾町９９番地",
    )
    return IdentityConfirmationResult(key=asked.key, confirmed=True, person=person)


def asked_for(desk, session, cs, key=None) -> int:
    """A confirmation whose answer came; the number of its question."""
    question = desk.confirm(session, key or by_code())
    Office(desk, cs).settle()
    return question


def confirmed(desk, session, cs, key=None) -> int:
    """A confirmation that was looked at, and in which the person was the same."""
    question = asked_for(desk, session, cs, key)
    desk.look(session, question)
    desk.conclude(session, question, same=True)
    return question


def copy_of(person: int) -> WideAreaIssuanceRequest:
    return WideAreaIssuanceRequest(
        request_management_number="Q-1",
        resident_record_code=code(person),
        whole_household=False,
        show_relationship=False,
        show_resident_record_code=False,
        show_individual_number=False,
    )


def test_a_search_goes_through_the_cs_and_its_answer_is_on_the_screen(desk, session):
    cs = neighbour(CS, answer=answering)
    key = SearchKey(four_items=FourItems(kanji_name="髙橋　花子", date_of_birth=BORN))
    questions = [
        desk.search(session, key),
        desk.inquire(session, key),
        desk.confirm(session, by_code()),
    ]
    Office(desk, cs).settle()
    assert [kind for kind, _, _ in cs.heard] == [
        "identity_information_search",
        "jlis_identity_information_inquiry",
        "identity_confirmation_request",
    ]
    assert [desk.screen(one).key for one in questions] == [key, key, by_code()]


def test_a_move_out_certificate_is_asked_for_again(desk, session):
    cs = neighbour(CS, answer=confirming)
    confirmation = confirmed(desk, session, cs)
    desk.ask_again(session, confirmation, code(1), "髙橋　花子", BORN)
    Office(desk, cs).settle()
    (asked,) = cs.told("move_out_certificate_resend_request")
    assert asked.resident_record_code == code(1)


def test_a_copy_of_elsewhere_comes_to_whoever_asked_for_it(desk, session):
    confirmation = confirmed(desk, session, neighbour(CS, answer=confirming))
    desk.issue(session, confirmation, copy_of(1))
    reply = WideAreaIssuanceReply(request_management_number="Q-1", members=())
    assert post(desk, reply, sender(CS)).status == 202
    assert desk.copy("Q-1") == reply
    other = WideAreaIssuanceReply(request_management_number="Q-2", members=())
    assert post(desk, other, sender(CS)).code == "SK-Y07"


@pytest.mark.parametrize("role", sorted(SYSTEMS - {CS}))
def test_the_terminal_hears_of_the_cs_alone(desk, role):
    reply = WideAreaIssuanceReply(request_management_number="Q-1", members=())
    assert post(desk, reply, sender(role)).code == "SK-M05"


def test_an_answer_to_another_question_is_not_shown(desk, session):
    def wrong(asked):
        other = ConfirmationKey(resident_record_code=code(2))
        return IdentityConfirmationResult(key=other, confirmed=False)

    question = desk.confirm(session, by_code())
    Office(desk, neighbour(CS, answer=wrong)).settle()
    assert desk.screen(question) is None
    assert desk.outbox.next(CS).number == question


def test_what_is_on_the_screen_is_gone_after_a_while(desk, session, clock):
    """R-196."""
    question = desk.confirm(session, by_code())
    Office(desk, neighbour(CS, answer=answering)).settle()
    clock.move(IDLE - timedelta(seconds=1))
    assert desk.screen(question) is not None
    clock.move(timedelta(seconds=1))
    assert desk.screen(question) is None
    clock.move(-timedelta(minutes=1))
    assert desk.screen(question) is None


def test_each_function_is_open_to_those_to_whom_it_was_granted(desk):
    """R-176, R-177: by the reader, one person, one set of functions."""
    session = open_to(desk, "judy", "confirm")
    assert desk.confirm(session, by_code())
    key = SearchKey(resident_record_code=code(1))
    assert code_of(lambda: desk.search(session, key)) == "SK-Y05"
    assert code_of(lambda: desk.inquire(session, key)) == "SK-Y05"
    work = lambda: desk.ask_again(session, 1, code(1), "x", BORN)  # noqa: E731
    assert code_of(work) == "SK-Y05"
    assert code_of(lambda: desk.grant("judy", "everything", "x")) == "SK-Y11"


@pytest.mark.parametrize(
    ("person", "finger"), [("ivan", "finger of judy"), ("judy", "finger of judy")]
)
def test_whoever_is_not_enrolled_gets_no_session(desk, session, person, finger):
    """R-176."""
    assert code_of(lambda: desk.log_in(person, finger)) == "SK-Y05"
    assert code_of(lambda: desk.confirm("", by_code())) == "SK-Y05"


def test_one_enrolment_is_one_person(desk, session):
    """R-177: nobody is enrolled twice, nor under somebody else's name."""
    again = lambda: desk.enrol("ivan", "保育課", "another finger", "manager")  # noqa: E731
    assert code_of(again) == "SK-Y12"
    assert code_of(lambda: desk.log_in("ivan", "another finger")) == "SK-Y05"
    assert desk.staff.who(session, "confirm") == "ivan"


def test_whoever_moves_is_out_at_once(desk, session):
    """R-186: on the ledger, by whom."""
    desk.revoke("ivan", "manager")
    assert code_of(lambda: desk.confirm(session, by_code())) == "SK-Y05"
    assert desk.staff.ledger()[-1] == ("ivan", "revoked", "manager")


def test_after_logging_out_nothing_is_open(desk, session):
    desk.log_out(session)
    assert code_of(lambda: desk.confirm(session, by_code())) == "SK-Y05"


def test_a_hard_copy_needs_a_reason_and_is_on_record(desk, session):
    """R-198."""
    assert code_of(lambda: desk.hard_copy(session, "confirm", " ")) == "SK-Y11"
    desk.hard_copy(session, "confirm", "counter slip")
    (event,) = desk.history.events(what="hard copy")
    assert (event.by, event.about) == ("ivan", "counter slip")


def test_a_real_number_is_not_searched_for(desk, session):
    key = SearchKey(individual_number=real())
    assert code_of(lambda: desk.search(session, key)) == "SK-X04"


def test_the_reader_leaves_no_finger_behind(desk, session):
    assert "finger" not in everything(desk)


# -- the terminal of the register ------------------------------------------------------


@pytest.fixture
def register(clock: Clock) -> Iterator[Register]:
    made = Register.open(None, clock, chance("register"))
    yield made
    made.close()


@pytest.fixture
def counter(clock: Clock, register: Register) -> RegisterTerminal:
    return RegisterTerminal(CITY, given(clock), register, "T-01")


def test_a_search_needs_a_session_and_two_of_the_four_items(counter):
    """R-174, R-175: by ID and password, and only what is open."""
    searching = open_to(counter, "ken", "search")
    found = counter.search(searching, Query(name="架空　花子", born=BORN), "Q-1")
    assert counter.screen.seen() == found
    with pytest.raises(NotAllowed):
        counter.search(searching, Query(name="架空　花子"), "Q-1")
    entering = open_to(counter, "lena", "enter")
    work = lambda: counter.search(entering, Query(name="x", born=BORN), "Q-1")  # noqa: E731
    assert code_of(work) == "SK-Y05"


def test_the_register_has_on_record_who_sat_at_which_terminal(counter, register):
    """R-112."""
    searching = open_to(counter, "ken", "search")
    counter.search(searching, Query(name="架空　花子", born=BORN), "Q-1")
    row = register.store.row("SELECT * FROM inquiries ORDER BY number DESC LIMIT 1")
    assert {"ken", "T-01"} <= set(row)


def test_nothing_is_issued_that_nobody_may_have(counter):
    issuing = open_to(counter, "ken", "issue")
    wanted = Application(
        reference="A-1",
        paper=Paper.PERSON,
        record=77,
        capacity=Capacity.SELF,
        applicant=77,
    )
    with pytest.raises(NotAllowed):
        counter.issue(issuing, wanted)


@pytest.mark.parametrize(
    ("person", "password"),
    [("", "finger of ken"), ("ken", "wrong"), ("ken", ""), ("nora", "finger of ken")],
    ids=["no ID", "wrong password", "no password", "not on the list"],
)
def test_the_register_is_open_to_listed_staff_with_their_password(
    counter, person, password
):
    """R-174."""
    assert open_to(counter, "ken", "search")
    assert code_of(lambda: counter.log_in(person, password)) == "SK-Y05"


FUNCTIONS = ("enter", "check", "search", "issue")


@pytest.mark.parametrize("granted", FUNCTIONS)
@pytest.mark.parametrize("wanted", FUNCTIONS)
def test_each_function_of_the_register_is_open_to_those_who_have_it(
    window, town, granted, wanted
):
    """R-175: every function against every other."""
    session = open_to(window, "ken", granted)
    person = town.single()
    copy = Application(
        reference="A-1",
        paper=Paper.PERSON,
        record=person.number,
        capacity=Capacity.SELF,
        applicant=person.number,
    )
    form = town.move_in(newcomer(1))
    entry = town.register.entries.enter(form, ALICE) if wanted == "check" else 0
    work = {
        "enter": lambda: window.enter(session, form),
        "check": lambda: window.check(session, entry, form.basis.reference),
        "search": lambda: window.search(
            session, Query(name=person.name, born=person.born), "Q-1"
        ),
        "issue": lambda: window.issue(session, copy),
    }[wanted]
    if granted == wanted:
        work()
    else:
        assert code_of(work) == "SK-Y05"


def test_whoever_leaves_the_register_is_out_at_once(counter):
    """R-184."""
    session = open_to(counter, "ken", "search")
    counter.revoke("ken", "manager")
    work = lambda: counter.search(session, Query(name="x", born=BORN), "Q-1")  # noqa: E731
    assert code_of(work) == "SK-Y05"
    assert code_of(lambda: counter.log_in("ken", "finger of ken")) == "SK-Y05"


def test_checking_is_a_function_of_its_own(counter):
    entering = open_to(counter, "lena", "enter")
    assert code_of(lambda: counter.check(entering, 1, "N-1")) == "SK-Y05"
    assert code_of(lambda: counter.send_back(entering, 1, "no")) == "SK-Y05"


@pytest.fixture
def town() -> Iterator[Desk]:
    """A register with people in it."""
    made = Desk()
    yield made
    made.register.close()


@pytest.fixture
def window(clock: Clock, town: Desk) -> RegisterTerminal:
    return RegisterTerminal(CITY, given(clock), town.register, "T-01")


def test_what_one_enters_another_checks(window, town):
    """R-057: by different people, each in their own session."""
    form = town.move_in(newcomer(1))
    lena = open_to(window, "lena", "enter", "check")
    entry = window.enter(lena, form)
    with pytest.raises(NotAllowed):
        window.check(lena, entry, form.basis.reference)
    mark = open_to(window, "mark", "check")
    window.check(mark, entry, form.basis.reference)
    assert town.latest().operator == "lena"


def test_what_was_entered_wrongly_is_sent_back(window, town):
    form = town.move_in(newcomer(1))
    entry = window.enter(open_to(window, "lena", "enter"), form)
    window.send_back(open_to(window, "mark", "check"), entry, "other-name")
    assert town.register.entries.state(entry) is State.SENT_BACK


def test_a_certificate_is_made_and_issued_at_the_terminal(window, town, clock):
    """F1-05-2; and the screen shows it for a while."""
    issuing = open_to(window, "ken", "issue")
    person = town.single()
    wanted = Application(
        reference="A-1",
        paper=Paper.PERSON,
        record=person.number,
        capacity=Capacity.SELF,
        applicant=person.number,
    )
    paper = window.issue(issuing, wanted)
    assert [page.name for page in paper.pages] == [person.name]
    assert window.screen.seen() == paper
    clock.move(IDLE)
    assert window.screen.seen() is None


# -- the terminal of the Ministry of Justice -------------------------------------------


def notice(**changes: Any) -> ForeignResidentNotice:
    fields: dict[str, Any] = {
        "residence_card_number": "ZZ12345678ZZ",
        "roman_name": "KAKU TARO",
        "date_of_birth": BORN,
        "sex": "1",
        "nationality": "BRA",
        "municipality_code": CITY,
        "address": "群馬県高崎市中尾町９９番地",
        "change_reason": "move_in",
        "change_date": date(2026, 4, 1),
    }
    return ForeignResidentNotice(**{**fields, **changes})


@pytest.fixture
def ministry(clock: Clock) -> JusticeTerminal:
    return JusticeTerminal(CITY, given(clock))


def test_a_notice_goes_to_the_ministry_after_a_second_person_checked_it(ministry):
    """F1-08-3, F1-08-4."""
    there = neighbour(JUSTICE, "MOJ000")
    office = Office(ministry, there)
    entering, checking = (
        open_to(ministry, "mia", "enter"),
        open_to(ministry, "ned", "check"),
    )
    entry = ministry.enter(entering, notice(), "OUT-1")
    office.settle()
    assert there.heard == []
    ministry.check(checking, entry, "OUT-1")
    office.settle()
    assert there.told("foreign_resident_notice") == [notice()]
    assert "KAKU" not in everything(ministry)


def test_nobody_checks_what_he_entered_himself(ministry):
    both = open_to(ministry, "mia", "enter", "check")
    entry = ministry.enter(both, notice(), "OUT-1")
    assert code_of(lambda: ministry.check(both, entry, "OUT-1")) == "SK-Y06"
    other = open_to(ministry, "ned", "check")
    assert code_of(lambda: ministry.check(other, entry, "OUT-2")) == "SK-Y06"
    assert ministry.outbox.sent() == ()


def test_a_piece_of_output_is_entered_once(ministry):
    entering = open_to(ministry, "mia", "enter")
    entry = ministry.enter(entering, notice(), "OUT-1")
    again = lambda: ministry.enter(entering, notice(), "OUT-1")  # noqa: E731
    assert code_of(again) == "SK-Y12"
    checking = open_to(ministry, "ned", "check")
    ministry.send_back(checking, entry)
    assert ministry.enter(entering, notice(), "OUT-1")
    assert code_of(lambda: ministry.send_back(checking, 99)) == "SK-Y12"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"residence_card_number": "AB12345678CD"}, "SK-X04"),
        ({"municipality_code": "112020"}, "SK-Y11"),
        ({"address": "\x07"}, "SK-Y11"),
        ({"roman_name": ""}, "SK-Y11"),
    ],
    ids=["a card that could be real", "another city's", "a control", "no name"],
)
def test_a_notice_is_of_the_simulation_and_of_this_city(ministry, changes, refusal):
    entering = open_to(ministry, "mia", "enter")
    work = lambda: ministry.enter(entering, notice(**changes), "OUT-1")  # noqa: E731
    assert code_of(work) == refusal


def test_a_notice_has_no_place_for_an_individual_number():
    assert not [f for f in notice().__dataclass_fields__ if "individual" in f]


# -- the terminal of the intermediate server -------------------------------------------


def test_a_look_is_made_by_a_named_person_and_shown_for_a_while(clock):
    """R-147."""
    asked = []

    def read(number, operator):
        asked.append((number, operator))
        return {"relationship": "世帯主"} if number == addressee() else None

    terminal = ServerTerminal(CITY, given(clock), read)
    session = open_to(terminal, "olga", "look")
    assert terminal.look(session, addressee()) == {"relationship": "世帯主"}
    assert asked == [(addressee(), "olga")]
    assert terminal.screen.seen() is not None
    clock.move(IDLE)
    assert terminal.screen.seen() is None
    assert code_of(lambda: terminal.look(session, addressee(2))) == "SK-Y07"
    assert addressee() not in everything(terminal)


def test_without_a_session_no_copy_is_read(clock):
    terminal = ServerTerminal(CITY, given(clock), lambda *_: pytest.fail("was read"))
    assert code_of(lambda: terminal.look("", addressee())) == "SK-Y05"
