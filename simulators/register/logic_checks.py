# SPDX-License-Identifier: Apache-2.0
"""Does a change make sense? Asked of every change before it is written.

Pure: what was, what shall be, what day it is. `MAY_CHANGE` is held here against the two
records themselves, so that no form and no program of ours can do with one reason what
belongs to another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from typing import Final

from simulators.register.errors import Fault, Rule
from simulators.register.reasons import MAY_CHANGE
from simulators.register.record import Change, ResidentRecord

__all__ = ["change_faults", "household_faults"]

_MARKS: Final = frozenset(
    {
        "number",
        "reason",
        "changed",
        "notified",
        "detail",
        "operator",
        "terminal",
        "sequence",
        "recorded",
    }
)
"""What the register itself writes at a change."""
OLDEST: Final = 150
"""Years: nobody is born longer ago than a record is kept."""
_FIELDS: Final = tuple(
    field.name for field in fields(ResidentRecord) if field.name not in _MARKS
)


def change_faults(change: Change, today: date) -> list[Fault]:
    """What is wrong with a change; nothing where it makes sense."""
    before, after = change.before, change.after
    if before is None:
        return [*_date_faults(change, today), *_age_faults(after, today)]
    faults = [*_date_faults(change, today)]
    if after.born != before.born:
        faults += _age_faults(after, today)
    changed = [one for one in _FIELDS if getattr(before, one) != getattr(after, one)]
    allowed = MAY_CHANGE[change.reason]
    faults += [
        Fault(name, Rule.MORE_THAN_ALLOWED) for name in changed if name not in allowed
    ]
    if not changed:
        faults.append(Fault("form", Rule.NOTHING_CHANGED))
    if not before.present and "removal" in changed:
        faults.append(Fault("record", Rule.NOT_PRESENT))
    return faults


def _date_faults(change: Change, today: date) -> Iterator[Fault]:
    after = change.after
    days = {
        "changed_on": change.on,
        "became_resident": after.became_resident,
        "address_established": after.address_established,
        "code_used_from": after.code_used_from,
    }
    if after.removal is not None:
        days["removal.on"] = after.removal.on
    for name, day in days.items():
        if day > today:
            yield Fault(name, Rule.IN_THE_FUTURE)
        if day < after.born:
            yield Fault(name, Rule.BEFORE_BIRTH)
    if after.address_established < after.became_resident:
        yield Fault("address_established", Rule.BEFORE_LAST)
    if after.removal is not None and after.removal.on < after.became_resident:
        yield Fault("removal.on", Rule.BEFORE_LAST)


def _age_faults(record: ResidentRecord, today: date) -> Iterator[Fault]:
    if record.born > today:
        yield Fault("born", Rule.IN_THE_FUTURE)
    if record.born.year < today.year - OLDEST:
        yield Fault("born", Rule.FORMAT)


def household_faults(members: Iterable[ResidentRecord]) -> list[Fault]:
    """What is wrong with a household as its present members stand now."""
    there = list(members)
    if not there:
        return []
    heads = sum(member.is_head for member in there)
    faults = []
    if heads == 0:
        faults.append(Fault("remaining", Rule.NO_HEAD))
    if heads > 1:
        faults.append(Fault("relationship", Rule.TWO_HEADS))
    if len({member.home for member in there}) > 1:
        faults.append(Fault("home", Rule.TWO_HOMES))
    return faults
