# SPDX-License-Identifier: Apache-2.0
"""What the forms about leaving do.

Whoever moves out before the planned day stays present, with the plan noted, until the
day comes (`departures`); the destination is told at once.
"""

from dataclasses import replace
from datetime import date

from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.forms import MoveOut, MoveOutCancellation
from simulators.register.logic_checks import household_faults
from simulators.register.owed import MoveOutCertificateInformation, MovingPerson
from simulators.register.reasons import Reason, Removed
from simulators.register.record import Change, Leaving, Removal, ResidentRecord
from simulators.register.work import Effect, Work


def move_out(form: MoveOut, work: Work) -> Effect:
    """Removed on the planned day; told to the destination at once."""
    leavers = work.all_present(form.records, "records")
    if form.destination_municipality == work.books.municipality:
        raise EntryRefused(Fault("destination_municipality", Rule.ALREADY_PRESENT))
    notified = work.basis.on
    going = Leaving(
        on=form.leaving_on,
        municipality=form.destination_municipality,
        address=form.destination_address,
        remaining=form.remaining,
    )
    if form.leaving_on <= work.today:
        changes = [moved_out(one, going, notified) for one in leavers]
        changes += work.remaining(form.remaining, leavers[0], form.leaving_on)
    else:
        changes = [
            work.change(one, Reason.LEAVING, work.today, leaving=going)
            for one in leavers
        ]
        _must_leave_a_head(leavers, form, work)
    return Effect(tuple(changes), _certificate(form, leavers, work))


def cancel_move_out(form: MoveOutCancellation, work: Work) -> Effect:
    """The plan goes; not where the person has arrived elsewhere."""
    record = work.books.present(form.record)
    if record.leaving is None:
        raise EntryRefused(Fault("record", Rule.NOT_LEAVING))
    if work.inward.arrived_elsewhere(record):
        raise EntryRefused(Fault("record", Rule.ARRIVED_ELSEWHERE))
    change = work.change(record, Reason.CANCELLED, work.today, leaving=None)
    return Effect((change,))


def moved_out(record: ResidentRecord, going: Leaving, notified: date) -> Change:
    """消除 of a record on the day of the move-out."""
    abroad = going.municipality is None
    removal = Removal(on=going.on, by=Removed.MOVED_OUT)
    return Change(
        before=record,
        after=replace(record, removal=removal, leaving=going),
        reason=Reason.MOVED_ABROAD if abroad else Reason.MOVED_OUT,
        on=going.on,
        notified=notified,
    )


def moving_person(record: ResidentRecord, head_name: str) -> MovingPerson:
    """What a move-out certificate says of somebody who has a number."""
    return MovingPerson(
        resident_record_code=record.resident_record_code,
        individual_number=record.individual_number or "",
        name=record.name,
        furigana=record.furigana,
        born=record.born,
        born_unknown=record.born_unknown,
        sex=record.sex,
        relationship=record.relationship,
        head_name=head_name,
        domicile=record.domicile,
        foreign=record.foreign,
        former_surname=record.former_surname,
        former_surname_furigana=record.former_surname_furigana,
        alias=record.alias,
    )


def _must_leave_a_head(
    leavers: tuple[ResidentRecord, ...], form: MoveOut, work: Work
) -> None:
    """Whether those who stay will have one head when the planned day comes."""
    gone = {one.number for one in leavers}
    then = {place.record: place.relationship for place in form.remaining}
    for household in {one.household for one in leavers}:
        stay = [
            replace(member, relationship=then.get(member.number, member.relationship))
            for member in work.books.household(household)
            if member.number not in gone
        ]
        faults = household_faults(stay)
        if faults:
            raise EntryRefused(*faults)


def _certificate(
    form: MoveOut, leavers: tuple[ResidentRecord, ...], work: Work
) -> tuple[MoveOutCertificateInformation, ...]:
    """転出証明書情報, for those who have a number, to where they go."""
    if form.destination_municipality is None:
        return ()
    persons = tuple(
        moving_person(one, work.books.head_name(one))
        for one in leavers
        if one.individual_number is not None
    )
    if not persons:
        return ()
    return (
        MoveOutCertificateInformation(
            certificate=form.basis.reference,
            origin=work.books.municipality,
            destination=form.destination_municipality,
            planned=form.leaving_on,
            previous_address=leavers[0].home.text,
            destination_address=form.destination_address,
            persons=persons,
        ),
    )
