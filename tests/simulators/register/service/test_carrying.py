# SPDX-License-Identifier: Apache-2.0
"""To the CS and from it: in order, once, and nothing is lost where somebody is away."""

from datetime import date

import pytest

from schemas.messages import (
    SubmissionAccepted,
    SubmissionRefused,
    read_payload,
    write_payload,
)
from schemas.move_messages import (
    FamilyRegisterSupplementMismatch,
    FamilyRegisterSupplementUpdate,
    MoveInNotice,
    MoveOutCertificateResendRequest,
    WideAreaIssuanceRequest,
)
from schemas.number_messages import IndividualNumberGenerationResponse
from schemas.payload import type_of
from schemas.systems import CS
from simulators.register.errors import NotNow
from simulators.register.service.arrivals import again
from simulators.register.service.courier import Courier
from simulators.register.wire import payload_of
from tests.simulators.register.desk import ALICE as SOMEBODY
from tests.simulators.register.desk import BOB as ANOTHER
from tests.simulators.register.desk import certificate, number
from tests.simulators.register.service.lone import ALICE, fetched
from tests.values import replace

MAEBASHI = "102016"


def refusal(retry):
    return write_payload(
        SubmissionRefused(
            code="SK-J02",
            rules=("R-085",),
            text_ja="宛先がない",
            text_en="no such receiver",
            what_to_do="Name another.",
            retry=retry,
        )
    )


def carried(lone, cs):
    return Courier(lone.register, cs.post).carry()


def kinds(cs):
    return [type_of(body) for _, body in cs.posted]


def arrive(cs, value, message="01" * 16, source=MAEBASHI):
    body = write_payload(value)
    cs.waits[message] = (type_of(body), source, body)


# -- out ---------------------------------------------------------------------------


def test_update_and_notice_outlive_a_cs_that_is_down_and_both_go(lone, cs):
    """R-089: both or neither; a peer that fails loses neither of them."""
    cs.up = False
    lone.desk.settled()
    assert carried(lone, cs) == 0
    both = {"identity_information_update", "move_in_notice"}
    assert both <= {one.type for one in lone.register.outbox.waiting(CS)}
    cs.up = True
    carried(lone, cs)
    assert both <= set(kinds(cs))
    assert lone.register.outbox.next(CS) is None
    assert dict(zip(kinds(cs), [to for to, _ in cs.posted], strict=True))[
        "move_in_notice"
    ] == (MAEBASHI)


def test_where_the_notice_cannot_be_owed_the_update_is_not_either(lone, monkeypatch):
    """R-089: the move-in owes both in one transaction."""
    form = lone.desk.move_in()
    entry = lone.register.entries.enter(form, SOMEBODY)
    owe = type(lone.register.outbox).owe

    def fails(self, message, cause, record=None):
        if type(message).__name__ == "MoveInNotice":
            raise NotNow("no more paper")
        return owe(self, message, cause, record)

    monkeypatch.setattr(type(lone.register.outbox), "owe", fails)
    before = lone.desk.fingerprint()
    with pytest.raises(NotNow):
        lone.register.entries.check(entry, ANOTHER, form.basis.reference)
    assert lone.desk.fingerprint() == before
    assert lone.desk.owed("identity_information_update") == []


def test_what_the_cs_never_takes_stays_with_its_code_and_holds_up_nothing(lone, cs):
    lone.desk.settled()
    waiting = len(lone.register.outbox.waiting(CS))
    cs.answer = refusal(retry=False)
    assert carried(lone, cs) == waiting
    codes = {one["code"] for one in lone.look("outbox") if one["receiver"] == CS}
    assert codes == {"SK-J02"}
    assert lone.look("status")["counts"]["refused"] == waiting


def test_what_the_cs_takes_later_waits_in_its_place(lone, cs):
    lone.desk.settled()
    first = lone.register.outbox.next(CS)
    cs.answer = refusal(retry=True)
    assert carried(lone, cs) == 0
    assert lone.register.outbox.next(CS) == first
    assert len(cs.posted) == 1


@pytest.mark.parametrize("answer", [b"", b"<a/>", b"\xff", b"<!DOCTYPE a><a/>"])
def test_an_answer_that_is_none_settles_nothing(lone, cs, answer):
    lone.desk.settled()
    cs.answer = answer
    assert carried(lone, cs) == 0


def test_the_id_that_the_cs_gave_is_kept(lone, cs):
    cs.answer = write_payload(SubmissionAccepted(b"\x07" * 16))
    lone.desk.settled()
    carried(lone, cs)
    (update,) = lone.register.outbox.sent("identity_information_update")
    assert (update.delivered, update.sent_as) == (True, "07" * 16)


def test_a_moment_finer_than_a_second_is_told_to_the_second(lone, cs):
    lone.desk.now = lone.desk.now.replace(microsecond=123456)
    lone.desk.settled()
    carried(lone, cs)
    assert "identity_information_update" in kinds(cs)


# -- in ----------------------------------------------------------------------------


def test_the_number_that_jlis_made_comes_in_and_waits_for_its_designation(lone, cs):
    child = lone.desk.born()
    (request,) = lone.register.numbers.open(child.number)
    arrive(
        cs,
        IndividualNumberGenerationResponse(
            request_management_number=request,
            resident_record_code=child.resident_record_code,
            individual_number=number(77),
        ),
        source="J00001",
    )
    assert fetched(lone, cs) == 1
    assert [one["state"] for one in lone.look("numbers")] == ["answered"]
    assert cs.waits == {}


def test_what_was_acknowledged_in_vain_is_taken_in_once(lone, cs):
    arrive(cs, payload_of(certificate(5), "102016", str))
    cs.loses_acknowledgements = True
    fetched(lone, cs)
    fetched(lone, cs)
    assert len(lone.look("certificates")) == 1
    cs.loses_acknowledgements = False
    fetched(lone, cs)
    assert (cs.waits, len(lone.look("certificates"))) == ({}, 1)


def test_what_cannot_be_taken_in_is_set_aside_and_the_others_go_on(lone, cs):
    other = replace(certificate(6), destination="102041")
    arrive(cs, payload_of(other, "102016", str), "02" * 16)
    arrive(cs, payload_of(certificate(5), "102016", str))
    assert fetched(lone, cs) == 2
    states = {one["message"]: one["state"] for one in lone.look("arrivals")}
    assert states == {"02" * 16: "set aside", "01" * 16: "taken in"}
    assert lone.look("status")["counts"]["set_aside"] == 1
    told = lone.refused("arrivals/again", message="02" * 16, by=ALICE)
    assert told == ("EntryRefused", {("destination", "unknown_code")})


def test_what_was_set_aside_is_taken_in_once_its_cause_is_mended(lone, cs):
    child = lone.desk.born()
    (request,) = lone.register.numbers.open(child.number)
    answer = IndividualNumberGenerationResponse(
        request_management_number=request,
        resident_record_code=child.resident_record_code,
        individual_number=number(77),
    )
    lone.register.inward.isolate("jlis", "carol")
    arrive(cs, answer, source="J00001")
    fetched(lone, cs)
    lone.register.inward.restore("jlis", "carol")
    lone.done("arrivals/again", message="01" * 16)
    assert [one["state"] for one in lone.look("numbers")] == ["answered"]
    with pytest.raises(NotNow):
        again(lone.register, "01" * 16)


@pytest.mark.parametrize("body", [b"", b"<a/>", b"\xff\xfe", b"x" * 100])
def test_what_cannot_be_read_is_set_aside_or_left(lone, cs, body):
    cs.waits["03" * 16] = ("move_in_notice", MAEBASHI, body)
    cs.waits["04" * 16] = ("unheard_of", MAEBASHI, b"<a/>")
    fetched(lone, cs)
    assert lone.register.inward.certificate_of("1") is None
    assert "04" * 16 in {one["message"] for one in lone.look("arrivals")}


def test_what_comes_of_an_isolated_source_stays_at_the_cs(lone, cs):
    lone.done("sources/isolate", source=MAEBASHI)
    arrive(cs, payload_of(certificate(5), "102016", str))
    assert fetched(lone, cs) == 0
    assert len(cs.waits) == 1
    lone.done("sources/restore", source=MAEBASHI)
    assert fetched(lone, cs) == 1


def test_an_arrival_elsewhere_is_noted(lone, cs):
    person = lone.desk.single()
    arrive(
        cs,
        MoveInNotice(
            resident_record_code=person.resident_record_code,
            kanji_name=person.name,
            date_of_birth=person.born,
            address=person.home.text,
            new_municipality_code=MAEBASHI,
            new_address="群馬県前橋市亀泉町３番地",
            move_in_date=date(2026, 4, 1),
        ),
    )
    fetched(lone, cs)
    assert lone.desk.happened("arrival elsewhere: unannounced") == 1


def test_a_certificate_that_did_not_come_goes_once_more(lone, cs):
    family = lone.desk.family()
    lone.desk.do(lone.desk.move_out(*family))
    (sent,) = lone.desk.messages("move_out_certificate_information")
    asks = MoveOutCertificateResendRequest(
        resident_record_code=family[1].resident_record_code,
        kanji_name=family[1].name,
        date_of_birth=family[1].born,
    )
    arrive(cs, asks)
    fetched(lone, cs)
    assert lone.desk.messages("move_out_certificate_information") == [sent, sent]


@pytest.mark.parametrize("wrong", ["name", "source", "stays"])
def test_a_certificate_goes_again_only_to_where_this_person_went(lone, cs, wrong):
    person = lone.desk.single()
    if wrong != "stays":
        lone.desk.do(lone.desk.move_out(person))
    asks = MoveOutCertificateResendRequest(
        resident_record_code=person.resident_record_code,
        kanji_name="別人" if wrong == "name" else person.name,
        date_of_birth=person.born,
    )
    arrive(cs, asks, source="102041" if wrong == "source" else MAEBASHI)
    before = len(lone.desk.messages("move_out_certificate_information"))
    fetched(lone, cs)
    assert len(lone.desk.messages("move_out_certificate_information")) == before
    assert lone.desk.happened("nothing to send once more") == 1


def test_a_supplement_of_another_city_and_a_mismatch_are_understood(lone, cs):
    person = next(
        one
        for one in lone.register.books.all()
        if one.domicile and one.domicile.municipality == "102024"
    )
    told = {
        "resident_record_code": person.resident_record_code,
        "registered_domicile": person.domicile.text,
        "domicile_head_name": person.domicile.holder,
        "kanji_name": person.name,
        "date_of_birth": person.born,
    }
    arrive(
        cs,
        FamilyRegisterSupplementUpdate(
            municipality_code=MAEBASHI,
            sex=person.sex,
            address="群馬県前橋市亀泉町３番地",
            date_address_established=date(2026, 4, 1),
            change_reason="S01",
            change_date=date(2026, 4, 1),
            **told,
        ),
    )
    mismatch = FamilyRegisterSupplementMismatch(differing=("kanji_name",), **told)
    arrive(cs, mismatch, "02" * 16)
    assert fetched(lone, cs) == 2
    lines = lone.register.supplement.lines(person.resident_record_code)
    assert (lines[-1].municipality, len(lines)) == (MAEBASHI, 2)
    assert lone.desk.happened("supplement mismatch told") == 1


# -- 広域交付 ----------------------------------------------------------------------


def wide_area(lone, cs, person, **changes):
    """What Maebashi is answered for somebody at its counter."""
    fields = {
        "request_management_number": "W-1",
        "resident_record_code": person.resident_record_code,
        "whole_household": True,
        "show_relationship": True,
        "show_resident_record_code": False,
        "show_individual_number": False,
    }
    arrive(cs, WideAreaIssuanceRequest(**{**fields, **changes}))
    fetched(lone, cs)
    carried(lone, cs)
    to, body = cs.posted[-1]
    assert to == MAEBASHI
    return read_payload("wide_area_issuance_reply", body)


def test_a_copy_for_another_counter_shows_the_household_and_what_was_asked(lone, cs):
    family = lone.desk.family()
    reply = wide_area(lone, cs, family[1])
    assert {one.kanji_name for one in reply.members} == {one.name for one in family}
    assert {one.individual_number for one in reply.members} == {None}
    assert {one.resident_record_code for one in reply.members} == {None}
    assert all(one.relationship for one in reply.members)
    assert lone.look("status")["counts"]["issued"] == 1


def test_a_number_stands_on_the_copy_only_where_it_was_asked_for(lone, cs):
    person = lone.desk.single()
    reply = wide_area(
        lone, cs, person, whole_household=False, show_individual_number=True
    )
    (page,) = reply.members
    assert page.individual_number == person.individual_number


def test_nobody_is_told_of_a_protected_person_and_nothing_says_why(lone, cs):
    family, stranger = lone.desk.family(), lone.desk.single()
    lone.desk.do(lone.desk.move_out(stranger))
    until = lone.desk.today.replace(year=2027)
    lone.register.flags.protect(
        family[0].number,
        until,
        lone.desk.notice(),
        SOMEBODY,
        ANOTHER,
    )
    protected = wide_area(lone, cs, family[1])
    unknown = wide_area(lone, cs, stranger)
    assert protected == unknown
    assert protected.members == ()


def test_the_same_request_is_answered_once(lone, cs):
    person = lone.desk.single()
    wide_area(lone, cs, person)
    arrive(
        cs,
        WideAreaIssuanceRequest(
            request_management_number="W-1",
            resident_record_code=person.resident_record_code,
            whole_household=True,
            show_relationship=True,
            show_resident_record_code=False,
            show_individual_number=False,
        ),
        "05" * 16,
    )
    fetched(lone, cs)
    assert carried(lone, cs) == 0
