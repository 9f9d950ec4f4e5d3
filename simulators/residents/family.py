# SPDX-License-Identifier: Apache-2.0
"""Who lives in a household: relationships, sexes and birthdays that fit together.

Law: the head (世帯主) comes first and is grown up; a child is born to a mother of 20
to 45; siblings are at least a year and a half apart; a couple is at most six years
apart. All have one surname. The words are those of the register (続柄).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from simulators.residents.chance import Dice, Weighted
from simulators.residents.tables import Pattern, Sex

STANDING_DAY: Final = date(2026, 4, 1)
"""The day on which every town of residents stands: nothing is later than this."""

HEAD: Final = "世帯主"
CHILDREN: Final = frozenset({"子", "子の子"})

_YEAR: Final = 365.2425
_GROWN_UP: Final = 22
"""From this age on a child may have left the household."""
_HOW_MANY: Final = Weighted([(1, 40), (2, 45), (3, 15)])


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a household, not yet named."""

    relationship: str
    sex: Sex
    born: date


def members(dice: Dice, pattern: Pattern, age_band: int) -> tuple[Member, ...]:
    """A household whose head is in the five years from ``age_band`` on."""
    age = age_band + dice.between(0, 4)
    born = _years_later(STANDING_DAY, -age - 1, dice, 1)
    match pattern:
        case Pattern.ALONE:
            return (Member(HEAD, _either(dice), born),)
        case Pattern.COUPLE:
            return _couple(dice, born)
        case Pattern.FAMILY:
            return _family(dice, born)
        case Pattern.ONE_PARENT:
            return _one_parent(dice, born)
        case Pattern.WITH_PARENTS:
            return (*_family(dice, born), *_parents(dice, born))
        case Pattern.WITH_HEIR:
            return _with_heir(dice, born)


def _couple(dice: Dice, head_born: date) -> tuple[Member, Member]:
    """The head, five times in a hundred the wife, and the spouse."""
    if dice.chance(0.05):
        born = _years_later(head_born, -6, dice, 9)
        return Member(HEAD, Sex.FEMALE, head_born), Member("夫", Sex.MALE, born)
    born = _years_later(head_born, -3, dice, 9)
    return Member(HEAD, Sex.MALE, head_born), Member("妻", Sex.FEMALE, born)


def _family(dice: Dice, head_born: date) -> tuple[Member, ...]:
    head, spouse = _couple(dice, head_born)
    mother = head if head.sex is Sex.FEMALE else spouse
    return (head, spouse, *_children(dice, mother.born, "子"))


def _one_parent(dice: Dice, head_born: date) -> tuple[Member, ...]:
    """Mother or father with children; an absent mother was of the father's age."""
    sex = Sex.FEMALE if dice.chance(0.85) else Sex.MALE
    return (Member(HEAD, sex, head_born), *_children(dice, head_born, "子"))


def _parents(dice: Dice, head_born: date) -> tuple[Member, ...]:
    """The head's mother, and in three of ten the father too."""
    mother_born = _years_later(head_born, -32, dice, 10)
    mother = Member("母", Sex.FEMALE, mother_born)
    if not dice.chance(0.3):
        return (mother,)
    return (Member("父", Sex.MALE, _years_later(mother_born, -5, dice, 5)), mother)


def _with_heir(dice: Dice, head_born: date) -> tuple[Member, ...]:
    head = Member(HEAD, Sex.MALE, head_born)
    wife = Member("妻", Sex.FEMALE, _years_later(head_born, -2, dice, 6))
    heir = Member("子", Sex.MALE, _years_later(wife.born, 22, dice, 6))
    heirs_wife = Member("子の妻", Sex.FEMALE, _years_later(heir.born, -2, dice, 6))
    children = _children(dice, heirs_wife.born, "子の子")
    return (head, wife, heir, heirs_wife, *children)


def _children(dice: Dice, mother_born: date, relationship: str) -> list[Member]:
    """Children who are born by now; the first always is, and always lives here."""
    mothers_age = int((STANDING_DAY - mother_born).days / _YEAR)
    born = _years_later(mother_born, 20, dice, min(14, mothers_age - 21))
    found = [Member(relationship, _either(dice), born)]
    for _ in range(dice.weighted(_HOW_MANY) - 1):
        born = _years_later(born, 1.5, dice, 3)
        if born > STANDING_DAY:
            break
        grown_up = (STANDING_DAY - born).days > _GROWN_UP * _YEAR
        if not (grown_up and dice.chance(0.6)):
            found.append(Member(relationship, _either(dice), born))
    return found


def _years_later(start: date, years: float, dice: Dice, within: float) -> date:
    """A day of the ``within`` years that begin ``years`` after ``start``."""
    first = start + timedelta(days=round(years * _YEAR))
    return first + timedelta(days=dice.between(0, round(within * _YEAR)))


def _either(dice: Dice) -> Sex:
    return Sex.MALE if dice.chance(0.5) else Sex.FEMALE
