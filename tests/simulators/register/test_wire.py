# SPDX-License-Identifier: Apache-2.0
"""Whatever the register owes is a valid payload of the network, by its XSD."""

from datetime import date

import pytest

from schemas.messages import read_payload, write_payload
from schemas.systems import ADDRESSEE, CS
from simulators.register import forms, wire
from simulators.register.births import Unknown
from simulators.register.cards import CardEvent
from simulators.register.errors import EntryRefused
from simulators.register.inward import Arrival
from simulators.register.owed import TYPES, IdentifierCodeRequest
from simulators.register.rehearsal import SELECTOR
from simulators.register.wide_area import WideAreaRequest
from tests.simulators.register.desk import (
    ALICE,
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


def asked(record, **changes):
    """Somebody stands at a counter in Maebashi."""
    fields = {
        "request": "W-1",
        "resident_record_code": record.resident_record_code,
        "whole_household": True,
        "show_relationship": True,
        "show_code": False,
        "show_number": True,
    }
    return WideAreaRequest(**{**fields, **changes})


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
    register.wide_area.receive(asked(desk.family()[0]), "102016", CS)


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
    assert wire.certificate_of(value, "102024") == sent


@pytest.mark.parametrize(
    "who",
    [
        {"domicile": None, "foreign": FOREIGN, "alias": "架空　アンナ"},
        {"former_surname": "見本", "former_surname_furigana": "みほん"},
        {"born": date(1950, 5, 1), "born_unknown": Unknown.DAY},
        {"born": date(1950, 1, 1), "born_unknown": Unknown.ALL},
    ],
    ids=["foreign", "former surname", "day unknown", "all unknown"],
)
def test_whoever_moves_takes_along_everything_that_the_record_says(desk, who):
    (person,) = desk.settled(newcomer(**who))
    desk.do(desk.move_out(person))
    (sent,) = desk.messages("move_out_certificate_information")
    data = write_payload(wire.payload_of(sent, "102024", addressee))
    value = read_payload("move_out_certificate_information", data)
    back = wire.certificate_of(value, "102024")
    assert back == sent
    assert {name: getattr(back.persons[0], name) for name in who} == who


@pytest.mark.parametrize(
    "broken",
    [
        {"registered_domicile": None},
        {"domicile_municipality_code": None},
        {"domicile_head_name": None},
    ],
)
def test_a_mover_of_whom_half_a_domicile_is_told_is_refused(desk, broken):
    desk.do(desk.move_out(desk.single()))
    (sent,) = desk.messages("move_out_certificate_information")
    value = wire.payload_of(sent, "102024", addressee)
    cut = replace(value, movers=(replace(value.movers[0], **broken),))
    with pytest.raises(EntryRefused, match="registered_domicile"):
        wire.certificate_of(cut, "102024")


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
