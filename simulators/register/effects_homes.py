# SPDX-License-Identifier: Apache-2.0
"""What the forms about living somewhere together do.

A household that keeps all its members keeps its number when it moves; those who leave
one form another.
"""

from simulators.register.errors import EntryRefused, Fault, Rule
from simulators.register.forms import HouseholdChange, MoveWithin
from simulators.register.reasons import Reason
from simulators.register.record import ResidentRecord
from simulators.register.work import Effect, Work


def move_within(form: MoveWithin, work: Work) -> Effect:
    """A new address for all of a household, or for some who then form another."""
    movers = work.all_present((place.record for place in form.placements), "placements")
    if any(record.home == form.home for record in movers):
        raise EntryRefused(Fault("home", Rule.NOTHING_CHANGED))
    household = work.joined(form.household) or _household_of(movers, work)
    changes = [
        work.change(
            record,
            Reason.MOVED_WITHIN,
            form.moved_on,
            home=form.home,
            address_established=form.moved_on,
            household=household,
            relationship=place.relationship,
        )
        for record, place in zip(movers, form.placements, strict=True)
    ]
    changes += work.remaining(form.remaining, movers[0], form.moved_on)
    return Effect(tuple(changes))


def change_household(form: HouseholdChange, work: Work) -> Effect:
    """世帯分離, 世帯合併, 世帯主変更."""
    members = work.all_present(
        (place.record for place in form.placements), "placements"
    )
    household = work.joined(form.household) or _household_of(members, work)
    changes = work.placed(form.placements, household, form.changed_on)
    changes += work.remaining(form.remaining, members[0], form.changed_on)
    if not changes:
        raise EntryRefused(Fault("placements", Rule.NOTHING_CHANGED))
    return Effect(tuple(changes))


def _household_of(movers: tuple[ResidentRecord, ...], work: Work) -> int:
    """The household that is theirs alone, or a new one."""
    first = movers[0].household
    everybody = {member.number for member in work.books.household(first)}
    if everybody == {mover.number for mover in movers}:
        return first
    return work.books.new_household()
