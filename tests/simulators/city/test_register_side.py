# SPDX-License-Identifier: Apache-2.0
"""A register and the systems of its city: one change, and whom it reaches."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from schemas.messages import read_payload, write_payload
from schemas.number_messages import PersonalIdentifierCodeRequest
from schemas.systems import (
    ADDRESSEE,
    CS,
    EXISTING,
    FAMILY_REGISTER,
    INTERMEDIATE,
    PLATFORM,
    STORES,
    SYSTEMS,
)
from simulators.city.addressee import AddresseeSystem
from simulators.city.center import IssuanceCenter
from simulators.city.common_platform import CommonPlatform
from simulators.city.courier import Office, deliver
from simulators.city.family_register import FamilyRegisterSystem
from simulators.city.faults import Fault
from simulators.city.register_side import RegisterSide
from simulators.city.stores import Ending, IssuanceSystem
from simulators.register.cards import CardEvent
from simulators.register.wire import payload_of
from tests.simulators.city.office import CITY, given, neighbour, real, sender
from tests.simulators.register.desk import ALICE, BOB, Desk, newcomer, number
from tests.simulators.register.test_desks import moved, single_with_domicile

PROCESSING = bytes(range(16))


class Town:
    """A register, and every system of its city that it speaks to."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.register = desk.register
        self.addressee = AddresseeSystem(CITY, given())
        self.platform = CommonPlatform(CITY, given())
        self.shops = IssuanceSystem(CITY, given())
        self.family = FamilyRegisterSystem(CITY, given())
        self.server = neighbour(INTERMEDIATE)
        systems = (self.addressee, self.platform, self.shops, self.family)
        as_register = sender(EXISTING)
        self.side = RegisterSide(
            self.register,
            {
                one.role: lambda body, one=one: one.take(body, as_register).body
                for one in systems
            },
        )

    def settle(self) -> None:
        while (
            self.side.carry() + Office(self.addressee, self.shops, self.server).settle()
        ):
            pass

    def waits_for(self, role: str) -> int:
        return len(self.register.outbox.waiting(role, 1000))

    def addressee_number(self, record: int) -> str:
        found = self.addressee.persons.addressee_of(EXISTING, f"R-{record:09}")
        assert found is not None
        return found


@pytest.fixture
def town() -> Iterator[Town]:
    made = Town(Desk())
    yield made
    made.register.close()


def test_one_change_reaches_platform_addressee_system_and_server(town):
    """R-040, R-109: F1-10-1a, F1-10-1b, F1-10-2, each once."""
    (record,) = town.desk.settled()
    town.settle()
    own = town.addressee_number(record.number)
    assert town.platform.held(own).change_date == record.changed
    (copy,) = town.server.told("resident_record_copy")
    assert copy.addressee_number == own
    for system, kind in (
        (town.addressee, "numbered_resident_record_change"),
        (town.platform, "resident_record_change"),
    ):
        taken = system.history.events(what="taken")
        assert [one.about for one in taken].count(kind) == 1
    assert town.waits_for(PLATFORM) == town.waits_for(ADDRESSEE) == 0


def test_each_of_several_changes_is_told_to_both(town):
    """R-109: counts agree."""
    for serial in (1, 2, 3):
        town.desk.settled(newcomer(serial))
    town.settle()
    counts = [
        [one.about for one in system.history.events(what="taken")].count(kind)
        for system, kind in (
            (town.addressee, "numbered_resident_record_change"),
            (town.platform, "resident_record_change"),
        )
    ]
    assert counts == [3, 3]


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.ANSWER_LOST])
def test_what_was_lost_on_the_way_is_sent_again(town, fault):
    """R-040."""
    (record,) = town.desk.settled()
    town.addressee.faults.set(fault)
    town.platform.faults.set(fault)
    town.side.carry()
    assert town.waits_for(PLATFORM) == 1
    town.settle()
    assert town.waits_for(PLATFORM) == town.waits_for(ADDRESSEE) == 0
    assert town.platform.held(town.addressee_number(record.number)) is not None
    assert len(town.server.told("resident_record_copy")) == 1


def test_whoever_has_no_number_yet_waits_for_it(town):
    child = town.desk.born()
    town.settle()
    assert town.waits_for(PLATFORM) == 1
    town.desk.number_given(child)
    town.settle()
    assert town.waits_for(PLATFORM) == 0
    assert town.platform.held(town.addressee_number(child.number)) is not None


def test_whoever_comes_back_is_the_same_person(town):
    """A new record, whose changes are numbered anew: not older than what is held."""
    (record,) = town.desk.settled()
    town.settle()
    own = town.addressee_number(record.number)
    town.desk.do(town.desk.move_out(record))
    town.desk.pass_days(30)
    (again,) = town.desk.settled()
    town.settle()
    assert again.number != record.number
    assert town.addressee_number(again.number) == own
    assert town.platform.held(own).change_date == again.changed
    assert town.addressee.persons.by_addressee(own).changed == again.changed


def printed(town, with_number: bool = False):
    center = IssuanceCenter("CVS000", given())
    request = center.request("0A1B2C", "residence_record", with_number)
    Office(center, town.shops).settle()
    return center.paper(request)


@pytest.fixture
def holder(town):
    """Somebody who moved in and has a card."""
    (record,) = town.desk.settled()
    town.register.cards.issue(record.number, "CARD-1", "0A1B2C", ALICE)
    town.settle()
    return record


def test_a_card_that_was_issued_prints_in_the_shops(town, holder):
    """R-021: from the register to the machine; the number by the addressee system."""
    paper = printed(town, with_number=True)
    said = {one.label: one.value for one in paper.items}
    assert (said["氏名"], said["住所"]) == (holder.name, holder.home.text)
    assert paper.individual_number == holder.individual_number
    assert town.waits_for(STORES) == 0
    (taken,) = [
        one
        for one in town.shops.history.events(what="taken")
        if one.about == "user_certificate_serial_notice"
    ]
    assert taken.by == f"{CITY}/{EXISTING}"


def test_a_card_that_is_suspended_prints_nothing(town, holder):
    town.register.cards.happen("CARD-1", CardEvent.SUSPENDED, ALICE)
    town.settle()
    assert printed(town).items == ()
    assert town.shops.issues()[-1].ending is Ending.CARD
    town.register.cards.happen("CARD-1", CardEvent.RELEASED, ALICE)
    town.settle()
    assert printed(town).items != ()


def test_whoever_left_prints_nothing(town, holder):
    town.desk.do(town.desk.move_out(holder))
    town.settle()
    assert printed(town).items == ()


def test_a_protected_persons_record_is_not_printed_and_nobody_is_told_why(town, holder):
    register, desk = town.register, town.desk
    until = desk.today + timedelta(days=300)
    register.flags.protect(holder.number, until, desk.decision(), ALICE, BOB)
    town.settle()
    assert printed(town) == printed_stranger(town)
    assert town.shops.issues()[-2].ending is Ending.STOPPED


def printed_stranger(town):
    center = IssuanceCenter("CVS000", given())
    request = center.request("FF", "residence_record")
    Office(center, town.shops).settle()
    return center.paper(request)


def test_a_supplement_reaches_the_family_register_system(town):
    """F1-09-4b."""
    person = single_with_domicile(town.desk, here=True)
    domicile = person.domicile
    member = town.family.enter(
        domicile.text, domicile.holder, person.name, person.born, "heidi"
    )
    moved(town.desk, person)
    town.settle()
    assert town.waits_for(FAMILY_REGISTER) == 0
    assert [line.municipality for line in town.family.lines(member)] == [CITY]
    assert town.family.aside() == ()


def test_a_code_request_goes_by_the_register_to_the_cs(town):
    """R-029, R-142: from server to CS, by way of two systems, as it came."""
    town.desk.settled()
    town.settle()
    request = PersonalIdentifierCodeRequest(
        processing_number=PROCESSING, individual_number=number(1)
    )
    taken = town.addressee.take(write_payload(request), sender(INTERMEDIATE))
    assert taken.status == 202
    as_addressee = sender(ADDRESSEE)
    line = lambda body: town.side.take(body, as_addressee).body  # noqa: E731
    assert deliver(town.addressee, EXISTING, line)
    (owed,) = [
        one
        for one in town.register.outbox.waiting(CS, 1000)
        if one.type == "personal_identifier_code_request"
    ]
    assert payload_of(owed.message, CITY, lambda _: "") == request


@pytest.mark.parametrize("role", sorted(SYSTEMS - {ADDRESSEE}))
def test_nobody_else_sends_a_code_request_by_the_register(town, role):
    request = PersonalIdentifierCodeRequest(
        processing_number=PROCESSING, individual_number=number(1)
    )
    taken = town.side.take(write_payload(request), sender(role))
    assert taken.code == "SK-M05"


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", "SK-M04"),
        (b"<a/>", "SK-M04"),
        (
            write_payload(
                PersonalIdentifierCodeRequest(
                    processing_number=PROCESSING, individual_number=real()
                )
            ),
            "SK-X04",
        ),
    ],
    ids=["nothing", "no message", "a real number"],
)
def test_what_is_no_request_of_the_simulation_is_refused(town, data, refusal):
    assert town.side.take(data, sender(ADDRESSEE)).code == refusal


def test_what_the_city_refuses_is_on_record_and_holds_nothing_up(town):
    town.desk.settled(newcomer(1))
    town.desk.settled(newcomer(2))
    refused = town.addressee.take(b"<a/>", sender()).body
    answers = iter([refused])
    straight = town.side._lines[ADDRESSEE]
    lines = {ADDRESSEE: lambda body: next(answers, None) or straight(body)}
    RegisterSide(town.register, lines).carry()
    assert town.waits_for(ADDRESSEE) == 0
    assert town.desk.happened("refused in the city") == 1
    assert read_payload("submission_refused", refused).code == "SK-M04"
