# SPDX-License-Identifier: Apache-2.0
"""What the forms about coming here do.

Whoever moves in brings code and number, or gets a code of the list and waits for a
number. Where they come from is told; who comes by card has the card going on.
"""

from simulators.register.basis import is_reference
from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.forms import (
    EnterExOfficio,
    MoveIn,
    Newcomer,
    NumberProof,
    SpecialMoveIn,
)
from simulators.register.owed import CardContinuedUse, MoveInNotice, MovingPerson
from simulators.register.reasons import Reason
from simulators.register.record import Change
from simulators.register.work import Effect, Work, newcomer_faults


def move_in(form: MoveIn, work: Work) -> Effect:
    """New records, a notice to where they come from, a request where no number is."""
    faults = newcomer_faults(form.newcomers)
    if not form.newcomers:
        faults.append(Fault("newcomers", Rule.MISSING))
    if form.previous_municipality == work.books.municipality:
        faults.append(Fault("previous_municipality", Rule.ALREADY_PRESENT))
    if (form.previous_municipality is None) is not (form.previous_address is None):
        faults.append(Fault("previous_address", Rule.MISSING))
    if faults:
        raise EntryRefused(*faults)
    household = work.joined(form.household) or work.books.new_household()
    previous = (form.previous_municipality, form.previous_address)
    changes = tuple(
        work.made(
            person,
            household=household,
            home=form.home,
            since=form.moved_on,
            reason=Reason.MOVED_IN,
            previous=previous,
        )
        for person in form.newcomers
    )
    return Effect(
        changes, _notices(changes, form.previous_municipality), _numberless(changes)
    )


def special_move_in(form: SpecialMoveIn, work: Work) -> Effect:
    """特例転入: the same with the certificate's persons, and the card goes on."""
    if not form.confirmation.confirmed or not form.confirmation.reference:
        raise EntryRefused(Fault("confirmation", Rule.CONFIRMATION))
    information = work.inward.certificate(form.certificate)
    if len(form.relationships) != len(information.persons):
        raise EntryRefused(Fault("relationships", Rule.MISSING))
    household = work.joined(form.household) or work.books.new_household()
    changes = tuple(
        work.made(
            _newcomer(person, relationship),
            household=household,
            home=form.home,
            since=form.moved_on,
            reason=Reason.MOVED_IN_BY_CARD,
            previous=(information.origin, information.previous_address),
        )
        for person, relationship in zip(
            information.persons, form.relationships, strict=True
        )
    )
    if not (0 <= form.holder < len(changes) and is_reference(form.card)):
        raise EntryRefused(Fault("card", Rule.FORMAT))
    holder = changes[form.holder].after
    continued = CardContinuedUse(
        resident_record_code=holder.resident_record_code,
        card=form.card,
        name=holder.name,
        address=holder.home.text,
        on=form.moved_on,
    )
    return Effect(
        changes,
        (*_notices(changes, information.origin), continued),
        uses_certificate=form.certificate,
        keeps_card=(holder.number, form.card),
    )


def enter_ex_officio(form: EnterExOfficio, work: Work) -> Effect:
    """職権記載: new records of people who were found to live here."""
    faults = newcomer_faults(form.newcomers)
    if not form.newcomers:
        faults.append(Fault("newcomers", Rule.MISSING))
    if faults:
        raise EntryRefused(*faults)
    household = work.joined(form.household) or work.books.new_household()
    changes = tuple(
        work.made(
            person,
            household=household,
            home=form.home,
            since=form.since,
            reason=Reason.ENTERED_EX_OFFICIO,
        )
        for person in form.newcomers
    )
    return Effect(changes, wants_numbers=_numberless(changes))


def _notices(
    changes: tuple[Change, ...], origin: str | None
) -> tuple[MoveInNotice, ...]:
    """転入通知, one for each person; nobody is told abroad."""
    if origin is None:
        return ()
    return tuple(
        MoveInNotice(
            municipality=origin,
            resident_record_code=change.after.resident_record_code,
            name=change.after.name,
            born=change.after.born,
            previous_address=change.after.previous_address or "",
            address=change.after.home.text,
            moved_on=change.on,
        )
        for change in changes
    )


def _numberless(changes: tuple[Change, ...]) -> tuple[int, ...]:
    return tuple(
        change.after.number
        for change in changes
        if change.after.individual_number is None
    )


def _newcomer(person: MovingPerson, relationship: str) -> Newcomer:
    return Newcomer(
        name=person.name,
        furigana=person.furigana,
        born=person.born,
        born_unknown=person.born_unknown,
        sex=person.sex,
        relationship=relationship,
        resident_record_code=person.resident_record_code,
        individual_number=person.individual_number,
        number_proof=NumberProof.CARD,
        former_surname=person.former_surname,
        former_surname_furigana=person.former_surname_furigana,
        alias=person.alias,
        domicile=person.domicile,
        foreign=person.foreign,
    )
