# SPDX-License-Identifier: Apache-2.0
"""How a household came to where it lives: births, one move in, one move within.

Three households in four moved in once, all together; whoever was born later was born
here. The others were always here, and grown-ups who live together then moved within the
city at least once, to where they live. Each person's last event gives the reason of the
record (異動事由); it was notified within fourteen days, on a weekday.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Final

from simulators.residents.chance import Dice
from simulators.residents.family import CHILDREN, STANDING_DAY, Member
from simulators.residents.tables import (
    Municipality,
    Origin,
    Town,
    buildings,
    origins_other_than,
)

NETWORK_START: Final = date(2002, 8, 5)
"""The resident-register network's first day: no code and no record is older."""

_GROWN_UP: Final = timedelta(days=18 * 366)
_NOTICE_DAYS: Final = 11
"""With a weekend behind it, still within the fourteen days of the law."""
_WIDE: Final = str.maketrans("0123456789", "０１２３４５６７８９")


class ChangeReason(Enum):
    """異動事由 of the last event."""

    MOVED_IN = "転入"
    MOVED_WITHIN = "転居"
    BORN = "出生"


@dataclass(frozen=True, slots=True)
class Story:
    """What one household did."""

    town: Town
    address: str
    moved_in: date | None
    moved_within: date | None
    origin: Origin | None
    """Where it moved in from, with the house; None as `moved_in` is."""
    notice: timedelta
    """From an event to its notification, weekends aside."""
    written: time
    """The time of day (UTC) at which its records were written."""


@dataclass(frozen=True, slots=True)
class History:
    """What the register says of one person's coming to live here."""

    became_resident: date
    address_established: date
    notified: date
    reason: ChangeReason
    origin: Origin | None
    recorded: datetime


def story(dice: Dice, place: Municipality, family: tuple[Member, ...]) -> Story:
    """The way of a household to its home. Nobody moves before all are grown up."""
    alone = len(family) == 1
    adults = [one.born for one in family if one.relationship not in CHILDREN]
    settled = max(adults) + _GROWN_UP
    town = dice.pick(place.towns)
    house = _house(dice, 0.6 if alone else 0.2)
    moved_in, origin, moved_within = None, None, None
    if dice.chance(0.75):
        moved_in = dice.day(settled, STANDING_DAY)
        left = dice.pick(origins_other_than(place.code))
        origin = Origin(left.municipality, f"{left.address}{_house(dice, 0.3)}")
    if dice.chance(0.4) or (moved_in is None and len(adults) > 1):
        moved_within = dice.day(moved_in or settled, STANDING_DAY)
    return Story(
        town=town,
        address=f"{place.prefecture}{place.city}{town.name}{house}",
        moved_in=moved_in,
        moved_within=moved_within,
        origin=origin,
        notice=timedelta(days=dice.between(0, _NOTICE_DAYS)),
        written=time(dice.between(0, 7), dice.between(0, 59), dice.between(0, 59)),
    )


def history(told: Story, born: date) -> History:
    """What follows for the member who was born on ``born``."""
    became, origin, reason = born, None, ChangeReason.BORN
    if told.moved_in is not None and told.moved_in >= born:
        became, origin, reason = told.moved_in, told.origin, ChangeReason.MOVED_IN
    established = became
    if told.moved_within is not None and told.moved_within > became:
        established, reason = told.moved_within, ChangeReason.MOVED_WITHIN
    notified = min(_weekday(established + told.notice), STANDING_DAY)
    written = max(notified, NETWORK_START)
    recorded = datetime.combine(written, told.written, UTC)
    return History(became, established, notified, reason, origin, recorded)


def _house(dice: Dice, in_building: float) -> str:
    """House number in full-width digits, and for some a room of a building."""
    number = f"{dice.between(1, 1900)}番地{dice.between(1, 30)}"
    if dice.chance(in_building):
        building = dice.weighted(buildings())
        room = 100 * dice.between(1, building.floors) + dice.between(1, 8)
        number = f"{number}　{building.name}{room}号"
    return number.translate(_WIDE)


def _weekday(day: date) -> date:
    """The day itself, or the Monday behind its weekend."""
    days_to_monday = 7 - day.weekday()
    return day + timedelta(days=days_to_monday) if days_to_monday <= 2 else day
