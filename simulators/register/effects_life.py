# SPDX-License-Identifier: Apache-2.0
"""What the forms about birth, death, names, nationality and numbers do."""

from dataclasses import fields, replace
from datetime import date
from typing import Any, Final

from simulators.register.basis import Cause, Kind, approved
from simulators.register.errors import EntryRefused, Fault, NotAllowed, Rule
from simulators.register.forms import (
    Amendment,
    Birth,
    BuildingRename,
    ChangeExOfficio,
    CodeChange,
    Correction,
    Death,
    FamilyRegisterChange,
    MinorCorrection,
    Naturalisation,
    NumberChange,
    RemoveExOfficio,
    Revision,
)
from simulators.register.reasons import Reason, Removed
from simulators.register.record import Change, Placement, Removal
from simulators.register.work import Effect, Work

_ROOM: Final = "０１２３４５６７８９"


def birth(form: Birth, work: Work) -> Effect:
    """A record at the address of the household, a new code, a request for a number."""
    child = form.newborn
    if child.resident_record_code or child.individual_number:
        raise EntryRefused(Fault("newborn", Rule.NOT_ON_THE_FORM))
    family = work.books.household(form.household)
    if not family:
        raise EntryRefused(Fault("household", Rule.NOT_PRESENT))
    change = work.made(
        child,
        household=form.household,
        home=family[0].home,
        since=child.born,
        reason=Reason.BORN,
    )
    settled = max(child.born, family[0].address_established)
    after = replace(change.after, address_established=settled)
    return Effect((replace(change, after=after),), wants_numbers=(after.number,))


def death(form: Death, work: Work) -> Effect:
    """死亡による消除."""
    return _removal(
        form.record, form.died_on, Reason.DIED, Removed.DIED, form.remaining, work
    )


def remove_ex_officio(form: RemoveExOfficio, work: Work) -> Effect:
    """職権消除."""
    return _removal(
        form.record,
        form.removed_on,
        Reason.REMOVED_EX_OFFICIO,
        Removed.EX_OFFICIO,
        form.remaining,
        work,
    )


def family_register_change(form: FamilyRegisterChange, work: Work) -> Effect:
    """Name, former surname, domicile."""
    return _amended(
        form.record, form.changed_on, form.amendment, Reason.FAMILY_REGISTER, work
    )


def change_ex_officio(form: ChangeExOfficio, work: Work) -> Effect:
    """By a decision of a court, a survey or a notice."""
    return _amended(
        form.record, form.changed_on, form.amendment, Reason.CHANGED_EX_OFFICIO, work
    )


def minor_correction(form: MinorCorrection, work: Work) -> Effect:
    """Another form of a character, a street renumbered."""
    return _amended(form.record, form.changed_on, form.amendment, Reason.MINOR, work)


def correction(form: Correction, work: Work) -> Effect:
    """What was entered wrongly, with the permission of a manager."""
    try:
        approved(form.approval, work.operator.name)
    except NotAllowed:
        raise EntryRefused(Fault("approval", Rule.APPROVAL)) from None
    return _amended(
        form.record, form.changed_on, form.amendment, Reason.CORRECTED, work
    )


def rename_building(form: BuildingRename, work: Work) -> Effect:
    """The building's name in the address of all who live there; rooms stay."""
    if form.town_code not in work.books.towns:
        raise EntryRefused(Fault("town_code", Rule.UNKNOWN_CODE))
    if not form.before:
        raise EntryRefused(Fault("before", Rule.MISSING))
    changes = []
    for record in work.books.in_town(form.town_code):
        building = record.home.building
        if building is None or not building.startswith(form.before):
            continue
        room = building[len(form.before) :]
        if room and room[0] not in _ROOM:
            continue
        home = replace(record.home, building=f"{form.after}{room}")
        changes.append(work.change(record, Reason.MINOR, form.changed_on, home=home))
    if not changes:
        raise EntryRefused(Fault("before", Rule.NOTHING_CHANGED))
    return Effect(tuple(changes))


def naturalisation(form: Naturalisation, work: Work) -> Effect:
    """The foreign resident's record goes, one of a Japanese takes its place."""
    record = work.books.present(form.record)
    if record.foreign is None:
        raise EntryRefused(Fault("record", Rule.DOMICILE))
    day = form.naturalised_on
    removal = Removal(on=day, by=Removed.NATURALISED)
    gone = work.change(record, Reason.NATURALISED, day, removal=removal)
    after = replace(
        record,
        number=work.books.new_record(),
        name=form.name,
        furigana=form.furigana,
        alias=None,
        foreign=None,
        domicile=form.domicile,
        edition=1,
    )
    made = Change(
        before=None,
        after=after,
        reason=Reason.NATURALISED,
        on=day,
        notified=work.basis.on,
    )
    return Effect((gone, made))


def change_number(form: NumberChange, work: Work) -> Effect:
    """Only asks J-LIS: on application, or ex officio for a leak (R-007)."""
    record = work.books.present(form.record)
    if work.basis.kind is Kind.EX_OFFICIO and work.basis.cause is not Cause.LEAK:
        raise EntryRefused(Fault("basis.cause", Rule.CAUSE))
    if record.individual_number is None:
        raise EntryRefused(Fault("individual_number", Rule.MISSING))
    return Effect((), wants_numbers=(record.number,))


def change_code(form: CodeChange, work: Work) -> Effect:
    """A code of the pool in place of the old one, on the resident's request (R-006)."""
    record = work.books.present(form.record)
    change = work.change(
        record,
        Reason.CODE_CHANGED,
        work.today,
        resident_record_code=work.pool.take(),
        old_resident_record_code=record.resident_record_code,
        code_used_from=work.today,
    )
    return Effect((change,))


def revise(form: Revision, work: Work) -> Effect:
    """改製: the state before stays as the pre-revision record."""
    record = work.books.present(form.record)
    edition = record.edition + 1
    return Effect((work.change(record, Reason.REVISED, work.today, edition=edition),))


def _removal(
    number: int,
    on: date,
    reason: Reason,
    by: Removed,
    remaining: tuple[Placement, ...],
    work: Work,
) -> Effect:
    record = work.books.present(number)
    gone = work.change(record, reason, on, removal=Removal(on=on, by=by))
    return Effect((gone, *work.remaining(remaining, record, on)))


def _amended(
    number: int, on: date, amendment: Amendment, reason: Reason, work: Work
) -> Effect:
    record = work.books.present(number)
    return Effect((work.change(record, reason, on, **_given(amendment)),))


def _given(amendment: Amendment) -> dict[str, Any]:
    """The fields that the amendment names."""
    pairs = ((one.name, getattr(amendment, one.name)) for one in fields(amendment))
    given = {name: value for name, value in pairs if value is not None}
    if not given:
        raise EntryRefused(Fault("amendment", Rule.NOTHING_CHANGED))
    if "born" in given:
        given["born_unknown"] = amendment.born_unknown
    return given
