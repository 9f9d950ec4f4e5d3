# SPDX-License-Identifier: Apache-2.0
"""Whatever the register owes is a valid payload of the network, by its XSD."""

import pytest

from schemas.messages import read_payload, write_payload
from schemas.systems import ADDRESSEE, CS
from simulators.register import forms, wire
from simulators.register.cards import CardEvent
from simulators.register.errors import EntryRefused
from simulators.register.inward import Arrival
from simulators.register.owed import TYPES, IdentifierCodeRequest
from simulators.register.rehearsal import SELECTOR
from tests.simulators.register.desk import (
    ALICE,
    DOMICILE,
    FOREIGN,
    HOME,
    SURE,
    certificate,
    newcomer,
    number,
)
from tests.simulators.register.test_desks import (
    moved,
    single_with_domicile,
    supplement_of,
)
from tests.values import replace


def addressee(record):
    return f"{record:015}"


def a_busy_day(desk):
    """Something of everything that a register tells others."""
    register = desk.register
    waiting = register.inward.receive_certificate(certificate(5), CS)
    desk.do(
        forms.SpecialMoveIn(
            basis=desk.notice(),
            moved_on=desk.today,
            home=HOME,
            certificate=waiting,
            relationships=("世帯主",),
            confirmation=SURE,
            card="CARD-5",
        )
    )
    desk.number_given(desk.born())
    person = single_with_domicile(desk, here=True)
    moved(desk, person)
    name = f"{person.name[0]}{SELECTOR}{person.name[1:]}"
    register.supplement.receive(supplement_of(person, name=name), "102016", CS)
    register.cards.issue(person.number, "CARD-1", "0A1B2C3D", ALICE)
    register.cards.happen("CARD-1", CardEvent.SUSPENDED, ALICE)
    register.cards.happen("CARD-1", CardEvent.RELEASED, ALICE)
    desk.do(desk.move_out(register.books.record(person.number)))
    request = IdentifierCodeRequest(
        processing_number="d1" * 16, individual_number=number(1)
    )
    register.relay.hand_on(request, ADDRESSEE)


def test_every_message_is_a_valid_payload_of_its_type(desk):
    a_busy_day(desk)
    types = set()
    for receiver in desk.register.outbox.receivers():
        for one in desk.register.outbox.waiting(receiver):
            payload = wire.payload_of(one.message, "102024", addressee)
            assert read_payload(one.type, write_payload(payload)) == payload
            types.add(one.type)
    assert types == set(TYPES)


def test_a_move_out_certificate_crosses_and_can_be_used(desk):
    person = desk.single()
    desk.do(desk.move_out(person))
    (sent,) = desk.messages("move_out_certificate_information")
    value = wire.payload_of(sent, "102024", addressee)
    back = wire.certificate_of(value, "102024", lambda _: person.domicile.municipality)
    assert back == replace(
        sent,
        persons=tuple(
            replace(one, former_surname_furigana=None) for one in sent.persons
        ),
    )


def test_a_foreign_mover_cannot_cross_and_says_so(desk):
    (person,) = desk.settled(newcomer(domicile=None, foreign=FOREIGN))
    desk.do(desk.move_out(person))
    (sent,) = desk.messages("move_out_certificate_information")
    value = wire.payload_of(sent, "102024", addressee)
    with pytest.raises(EntryRefused, match="registered_domicile"):
        wire.certificate_of(value, "102024", lambda _: DOMICILE.municipality)


def test_a_move_in_notice_is_understood_where_it_arrives(desk):
    person = desk.single()
    (settled,) = desk.settled()
    (sent,) = desk.messages("move_in_notice")
    value = wire.payload_of(sent, "102024", addressee)
    back = wire.move_in_notice_of(value, "102016")
    assert back == sent
    here = replace(back, resident_record_code=person.resident_record_code)
    outcome = desk.register.inward.receive_move_in_notice(here, "102016", CS)
    assert outcome is Arrival.UNANNOUNCED
    assert settled.present


def test_a_foreign_residents_notice_is_a_valid_payload(desk):
    desk.settled(newcomer(domicile=None, foreign=FOREIGN))
    (notice,) = desk.register.foreign.output(ALICE)
    value = wire.foreign_notice(notice, "102024")
    data = write_payload(value)
    assert read_payload("foreign_resident_notice", data) == value
    assert number(1).encode() not in data
