# SPDX-License-Identifier: Apache-2.0
"""The addressee system: who is who, who may know, and what it passes on."""

from datetime import timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from schemas.charset import unwritable
from schemas.messages import write_payload
from schemas.number_messages import (
    PersonalIdentifierCodeRequest,
    ProcessingNumberNotice,
)
from schemas.systems import (
    BUSINESS,
    CS,
    EXISTING,
    INTERMEDIATE,
    STORES,
    SYSTEMS,
    TAX,
)
from schemas.transfer_affairs import AFFAIRS
from simulators.city.addressee import Acquiring, AddresseeSystem
from simulators.city.courier import Office
from simulators.city.stores import IssuanceSystem
from tests.simulators.city.office import (
    CHILD,
    CITY,
    OTHER_CITY,
    WELFARE,
    Clock,
    code_of,
    everything,
    given,
    inquiry,
    neighbour,
    number,
    numbered,
    post,
    real,
    sender,
    welfare,
)

PROCESSING = bytes(range(16))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def system(clock: Clock) -> AddresseeSystem:
    made = AddresseeSystem(CITY, given(clock))
    made.apply("welfare", WELFARE, "U-1", "alice")
    made.approve("U-1", "市民課", "bob")
    return made


@pytest.fixture
def separated() -> AddresseeSystem:
    return AddresseeSystem(CITY, given(), Acquiring.SEPARATED)


def who(system: AddresseeSystem, serial: int = 1) -> str:
    """The addressee number of somebody."""
    person = system.persons.by_number(number(serial))
    assert person is not None
    return person.addressee_number


# -- 1 and 3: one person, one number ---------------------------------------------------


def test_somebody_new_gets_a_number_that_says_nothing(system):
    assert post(system, numbered()).status == 202
    assert len(who(system)) == 15
    assert number()[:11] not in who(system)


def test_the_same_person_keeps_the_number(system):
    post(system, numbered())
    before = who(system)
    post(system, numbered(update_sequence_number=2, sex="1"))
    assert who(system) == before


def test_two_persons_have_two_numbers(system):
    post(system, numbered(1))
    post(system, numbered(2))
    assert who(system, 1) != who(system, 2)


@drawn(serials=st.lists(st.integers(1, 30), max_size=20))
def test_number_and_addressee_number_stand_for_each_other(serials):
    """R-046."""
    system = AddresseeSystem(CITY, given())
    for turn, serial in enumerate(serials, 1):
        post(system, numbered(serial, update_sequence_number=turn))
    found = {serial: who(system, serial) for serial in serials}
    assert len(set(found.values())) == len(found)
    for serial, own in found.items():
        person = system.persons.by_addressee(own)
        assert person is not None
        assert person.individual_number == number(serial)


def test_a_replaced_number_is_no_bodys_any_more(system):
    post(system, numbered())
    own = who(system)
    post(system, numbered(update_sequence_number=2, individual_number=number(7)))
    assert who(system, 7) == own
    assert system.persons.by_number(number(1)) is None
    again = numbered(5, individual_number=number(1))
    assert post(system, again).code == "SK-Y08"


def test_two_persons_do_not_become_one(system):
    """R-046: a second tie of a number is refused."""
    post(system, numbered(1, update_sequence_number=5))
    post(system, numbered(2, update_sequence_number=5))
    for sequence in (4, 9):
        mixed = numbered(
            1, individual_number=number(2), update_sequence_number=sequence
        )
        assert post(system, mixed).code == "SK-Y08"
    assert who(system, 1) != who(system, 2)


def test_another_content_under_the_same_sequence_number_is_refused(system):
    post(system, numbered())
    assert post(system, numbered(sex="1")).code == "SK-Y08"


def test_what_is_older_changes_nothing(system):
    post(system, numbered(update_sequence_number=3))
    assert post(system, numbered(update_sequence_number=2, sex="1")).status == 202
    person = system.persons.by_number(number())
    assert (person.sex, person.sequence) == ("2", 3)
    assert system.history.events(what="older than what is held")


def test_told_twice_is_told_once(system):
    for _ in range(2):
        assert post(system, numbered()).status == 202
    assert len(system.outbox.sent("resident_record_copy")) == 1


def test_the_numbers_of_business_systems_are_tied_to_one_person(system):
    """R-047."""
    post(system, numbered())
    own = who(system)
    system.tie_local("welfare", "W-77", own)
    assert system.persons.locals_of(own) == (
        (EXISTING, "R-000000001"),
        ("welfare", "W-77"),
    )
    post(system, numbered(2))
    other = who(system, 2)
    assert code_of(lambda: system.tie_local("welfare", "W-77", other)) == "SK-Y08"


# -- strictness ------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(SYSTEMS - {EXISTING}))
def test_only_the_register_tells_who_lives_here(system, role):
    """R-038: the source of what goes to the intermediate server."""
    assert post(system, numbered(), sender(role)).code == "SK-M05"


def test_another_citys_register_does_not(system):
    foreign = sender(EXISTING, organisation=OTHER_CITY)
    assert post(system, numbered(), foreign).code == "SK-M05"


def test_a_number_of_the_real_realm_is_refused_and_nowhere_kept(system):
    value = numbered(individual_number=real())
    assert post(system, value).code == "SK-X04"
    assert real() not in everything(system)


@pytest.mark.parametrize("data", [b"", b"<a/>", b"\xff", b"<!DOCTYPE a []><a/>"])
def test_what_is_no_message_is_refused(system, data):
    assert system.take(data, sender()).code.startswith(("SK-X", "SK-M"))


@drawn(data=st.binary(max_size=200))
def test_no_bytes_break_it(data):
    system = AddresseeSystem(CITY, given())
    assert system.take(data, sender()).status == 422


def test_a_cs_may_say_nothing_here(system):
    """R-029: CS and addressee system are not connected, either way."""
    request = PersonalIdentifierCodeRequest(
        processing_number=PROCESSING, individual_number=number()
    )
    post(system, numbered())
    assert post(system, request, sender(CS)).code == "SK-M05"
    assert CS not in system.outbox.receivers()
    assert code_of(lambda: system.owe(CS, request, "somebody")) == "SK-M05"


# -- 4: addressee information ----------------------------------------------------------


def test_an_approved_system_gets_what_it_asks_for_and_no_more(system):
    """R-037, by either number."""
    post(system, numbered())
    for key in (
        {"individual_number": number()},
        {"addressee_number": who(system)},
    ):
        told = post(system, inquiry("kanji_name", "sex", **key), welfare()).value
        assert (told.kanji_name, told.sex) == ("髙橋　花子", "2")
        assert (told.address, told.individual_number) == (None, None)


def test_of_a_stranger_nothing_is_told(system):
    told = post(
        system, inquiry("kanji_name", individual_number=number(9)), welfare()
    ).value
    assert told.kanji_name is None
    assert told.addressee_number is None


def test_nothing_goes_out_to_a_business_system_unasked(system):
    """R-037: no answer without a request."""
    post(system, numbered())
    assert set(system.outbox.receivers()) == {INTERMEDIATE, STORES}


def test_each_affair_has_its_table_and_no_other_affair_has_anything(system):
    """R-031."""
    assert all(system.access.items(affair) for affair in AFFAIRS)
    for affair in ("1", "106", "82"):
        assert affair not in AFFAIRS
        assert system.access.items(affair) == frozenset()
        question = inquiry("sex", affair=affair, individual_number=number())
        assert post(system, question, welfare()).code == "SK-Y01"


def test_an_item_outside_the_table_is_refused_and_logged(system):
    """R-032: the number, until it is opened for the affair."""
    post(system, numbered())
    question = inquiry("individual_number", addressee_number=who(system))
    assert post(system, question, welfare()).code == "SK-Y02"
    (look,) = system.history.looks(person=who(system))
    assert (look.code, look.items) == ("SK-Y02", "individual_number")
    system.open_item(WELFARE, "individual_number", "K-1", "carol")
    assert post(system, question, welfare()).value.individual_number == number()
    assert "individual_number" not in system.access.items(CHILD)


def test_an_item_that_nobody_has_is_refused(system):
    question = inquiry("resident_record_code", individual_number=number())
    assert post(system, question, welfare()).code == "SK-Y02"


def test_without_an_approved_application_nothing_is_told(system):
    """R-035."""
    post(system, numbered())
    question = inquiry("sex", affair=CHILD, individual_number=number())
    assert post(system, question, welfare()).code == "SK-Y03"
    system.apply("welfare", CHILD, "U-2", "alice")
    assert post(system, question, welfare()).code == "SK-Y03"
    system.approve("U-2", "市民課", "bob")
    assert post(system, question, welfare()).status == 200
    system.withdraw("welfare", CHILD, "bob")
    assert post(system, question, welfare()).code == "SK-Y03"


@pytest.mark.parametrize("by", [sender(BUSINESS), sender(BUSINESS, "pension")])
def test_another_business_system_does_not_ask_on_its_approval(system, by):
    question = inquiry("sex", individual_number=number())
    assert post(system, question, by).code == "SK-Y03"


def test_the_tax_system_asks_under_its_own_affair(system):
    post(system, numbered())
    system.apply(TAX, "24", "U-3", "alice")
    system.approve("U-3", "市民課", "bob")
    question = inquiry("sex", affair="24", individual_number=number())
    assert post(system, question, sender(TAX)).value.sex == "2"


def test_the_register_asks_back_its_own_residents_number_alone(system):
    post(system, numbered())
    question = inquiry("addressee_number", individual_number=number())
    assert post(system, question).value.addressee_number == who(system)
    assert post(system, inquiry("sex", individual_number=number())).code == "SK-Y02"


@pytest.mark.parametrize(
    "approve",
    [
        lambda s: s.approve("U-9", "社会福祉課", "bob"),
        lambda s: s.approve("U-9", "市民課", "alice"),
        lambda s: s.approve("U-8", "市民課", "bob"),
    ],
    ids=["another department", "the one who applied", "no such application"],
)
def test_who_may_not_approve(system, approve):
    system.apply("welfare", CHILD, "U-9", "alice")
    assert code_of(lambda: approve(system)) in {"SK-Y04", "SK-Y06", "SK-Y12"}
    question = inquiry("sex", affair=CHILD, individual_number=number())
    assert post(system, question, welfare()).code == "SK-Y03"


# -- 2: affair, department, person -----------------------------------------------------


def look(system, **other: str):
    words = {
        "who": "dave",
        "department": "社会福祉課",
        "place": "T-9",
        "affair": WELFARE,
        **other,
    }
    return system.look_up(wanted=("sex",), individual_number=number(), **words)


def test_who_is_in_charge_may_look_and_it_is_on_record(system):
    """R-188, R-112: who, where, whom, under which affair, when."""
    post(system, numbered())
    system.put_in_charge(WELFARE, "社会福祉課", "dave", "O-1", "carol")
    assert look(system).sex == "2"
    (seen,) = system.history.looks(person=who(system))
    assert (seen.who, seen.place, seen.affair, seen.code) == ("dave", "T-9", "23", "")
    assert seen.at.startswith("2026-04-02T03:00")


@pytest.mark.parametrize(
    "other",
    [{"affair": "52"}, {"department": "保育課"}, {"who": "erin"}],
    ids=["affair", "department", "person"],
)
def test_one_of_the_three_changed_is_refused_and_logged(system, other):
    """R-188, R-111."""
    post(system, numbered())
    system.put_in_charge(WELFARE, "社会福祉課", "dave", "O-1", "carol")
    assert code_of(lambda: look(system, **other)) == "SK-Y04"
    (seen,) = system.history.looks(person=who(system))
    assert seen.code == "SK-Y04"


def test_nobody_is_put_in_charge_in_a_department_that_does_not_handle_it(system):
    work = lambda: system.put_in_charge(WELFARE, "保育課", "dave", "O-1", "x")  # noqa: E731
    assert code_of(work) == "SK-Y04"


def test_whoever_leaves_is_out(system):
    post(system, numbered())
    system.put_in_charge(WELFARE, "社会福祉課", "dave", "O-1", "carol")
    assert system.take_out_of_charge("dave", "carol") == 1
    assert code_of(lambda: look(system)) == "SK-Y04"


def test_given_a_resident_it_is_told_who_looked(system):
    """R-195."""
    post(system, numbered(1))
    post(system, numbered(2))
    system.put_in_charge(WELFARE, "社会福祉課", "dave", "O-1", "carol")
    look(system)
    post(system, inquiry("sex", individual_number=number(1)), welfare())
    post(system, inquiry("sex", individual_number=number(2)), welfare())
    looked = [
        (one.who, one.place, one.affair)
        for one in system.history.looks(person=who(system, 1))
    ]
    assert looked == [("dave", "T-9", "23"), (f"{CITY}/{BUSINESS}", "welfare", "23")]


def test_looks_are_kept_seven_years_to_the_day(system, clock):
    """R-110."""
    post(system, numbered())
    post(system, inquiry("sex", individual_number=number()), welfare())
    clock.now = clock.now.replace(year=2033) - timedelta(seconds=1)
    assert system.history.erase_old("carol") == 0
    assert len(system.history.looks()) == 1
    clock.move(timedelta(seconds=2))
    assert system.history.erase_old("carol") == 1
    assert system.history.looks() == ()
    assert system.history.events(what="old looks erased")[-1].about == "1"


def test_what_cannot_be_recorded_is_not_told(system):
    post(system, numbered())
    system.store.run("DROP TABLE looks")
    taken = post(system, inquiry("sex", individual_number=number()), welfare())
    assert (taken.status, taken.body) == (503, b"")


# -- 5 and 6: what it passes on --------------------------------------------------------


def test_a_change_reaches_the_intermediate_server_as_a_copy_in_jis(system):
    """R-038."""
    server, shops = neighbour(INTERMEDIATE), IssuanceSystem(CITY, given())
    post(system, numbered())
    Office(system, server, shops).settle()
    (copy,) = server.told("resident_record_copy")
    assert copy.addressee_number == who(system)
    assert unwritable(copy.resident_record_information.head_name) is None
    assert number().encode() not in write_payload(copy)
    (pair,) = server.told("number_pair_registration")
    assert (pair.individual_number, pair.addressee_number) == (number(), who(system))


def test_the_pair_goes_before_any_request_for_a_code(system):
    """R-048."""
    server, register = neighbour(INTERMEDIATE), neighbour(EXISTING)
    request = PersonalIdentifierCodeRequest(
        processing_number=PROCESSING, individual_number=number()
    )
    assert post(system, request, sender(INTERMEDIATE)).code == "SK-Y07"
    post(system, numbered())
    Office(system, server, register).settle()
    assert server.told("number_pair_registration")
    assert register.heard == []
    post(system, request, sender(INTERMEDIATE))
    Office(system, server, register).settle()
    kinds = [one.kind for one in system.outbox.sent()]
    pair = kinds.index("number_pair_registration")
    assert pair < kinds.index("personal_identifier_code_request")


def test_a_code_request_goes_on_to_the_register_as_it_came(system):
    """R-142, R-048: through the addressee system, to the CS by the register."""
    register = neighbour(EXISTING)
    post(system, numbered())
    request = PersonalIdentifierCodeRequest(
        processing_number=PROCESSING, individual_number=number()
    )
    for _ in range(2):
        assert post(system, request, sender(INTERMEDIATE)).status == 202
    Office(system, register).settle()
    assert register.told("personal_identifier_code_request") == [request]
    (sent,) = system.outbox.sent("personal_identifier_code_request")
    assert (sent.receiver, sent.state) == (EXISTING, "delivered")


def test_a_processing_number_stands_for_one_person(system):
    post(system, numbered(1))
    post(system, numbered(2))
    first, second = (
        PersonalIdentifierCodeRequest(
            processing_number=PROCESSING, individual_number=number(serial)
        )
        for serial in (1, 2)
    )
    assert post(system, first, sender(INTERMEDIATE)).status == 202
    assert post(system, second, sender(INTERMEDIATE)).code == "SK-C11"


def test_a_request_for_a_stranger_goes_nowhere(system):
    request = PersonalIdentifierCodeRequest(
        processing_number=PROCESSING, individual_number=number()
    )
    assert post(system, request, sender(INTERMEDIATE)).code == "SK-Y07"
    assert EXISTING not in system.outbox.receivers()


def test_separated_the_server_never_meets_a_number(separated):
    """番号法第21条の2: it is asked for a processing number by the addressee number."""
    notice = lambda asked: (  # noqa: E731
        ProcessingNumberNotice(
            addressee_number=asked.addressee_number, processing_number=PROCESSING
        )
        if hasattr(asked, "addressee_number") and not hasattr(asked, "layout_version")
        else None
    )
    server, register = neighbour(INTERMEDIATE, answer=notice), neighbour(EXISTING)
    post(separated, numbered())
    Office(separated, server, register).settle()
    assert number() not in everything(server) + repr(server.heard)
    heard = {kind for kind, _, _ in server.heard}
    assert heard == {"resident_record_copy", "processing_number_request"}
    (request,) = register.told("personal_identifier_code_request")
    assert request.individual_number == number()
    assert request.processing_number == PROCESSING


def test_separated_a_request_that_comes_with_a_number_is_refused(separated):
    post(separated, numbered())
    request = PersonalIdentifierCodeRequest(
        processing_number=PROCESSING, individual_number=number()
    )
    assert post(separated, request, sender(INTERMEDIATE)).code == "SK-Y10"


def test_a_processing_number_for_somebody_else_is_not_used(separated):
    def another(asked):
        if hasattr(asked, "layout_version"):
            return None
        return ProcessingNumberNotice(
            addressee_number=who(separated, 2), processing_number=PROCESSING
        )

    server, register = neighbour(INTERMEDIATE, answer=another), neighbour(EXISTING)
    post(separated, numbered(1))
    post(separated, numbered(2))
    separated.store.run("DELETE FROM outbox WHERE number > 3")
    Office(separated, server, register).settle()
    assert register.heard == []
    assert separated.outbox.next(INTERMEDIATE).kind == "processing_number_request"


def test_the_shops_are_told_a_number_when_it_is_new_and_when_it_changes(system):
    shops = IssuanceSystem(CITY, given())
    office = Office(system, shops)
    post(system, numbered())
    post(system, numbered(update_sequence_number=2, sex="1"))
    office.settle()
    assert len(system.outbox.sent("certificate_individual_number_link")) == 1
    post(system, numbered(update_sequence_number=3, individual_number=number(7)))
    office.settle()
    kept = shops.store.rows("SELECT addressee, individual_number FROM numbers")
    assert kept == [(who(system, 7), number(7))]


def test_nobody_shows_in_a_repr_or_a_history(system):
    post(system, numbered())
    post(system, numbered(2, individual_number=real()))
    person = system.persons.by_number(number())
    told = repr((person, system.history.events(), system.history.looks()))
    told += repr((system.outbox.sent(), system.outbox.next(INTERMEDIATE)))
    for secret in (number(), real(), person.addressee_number, "花子", "1990"):
        assert secret not in told
