# SPDX-License-Identifier: Apache-2.0
"""How long a municipal CS keeps what it knows of a person: 150 years.

住民基本台帳法施行令第34条第2項. Kept so long are the states before the present one
(履歴), the record of somebody who was removed (消除者), and the numbers of the dead.
The present record of a resident has no end. Somebody who died is no part of the
identity information file any more (R-011); what was last told of them stands in the
history.

The time begins on the day when another state took its place, as the register tells
it, and never before the day on which the CS heard of it: a wrong date, or a clock that
stands years back, cannot make it shorter. It is counted as in 民法第140条 and
第143条: the first day is not counted, and the last one is whole.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway.records.jst import JST
from schemas.messages import IdentityRecord

KEPT_YEARS: Final = 150
PRESENT: Final = "0"
"""The record status of somebody who is a resident."""
DEAD: Final = "2"
"""Of somebody who was removed for death; of the simulation, as `PRESENT` is."""
DIED: Final = "S05"
"""死亡: the reason of that removal."""
_FOR_EVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


def is_dead(record: IdentityRecord) -> bool:
    """Whether somebody was removed for death (死亡による消除)."""
    return record.record_status_flag == DEAD or record.change_reason == DIED


def is_removed(record: IdentityRecord) -> bool:
    """Whether somebody was removed, for whatever reason."""
    return is_dead(record) or record.record_status_flag != PRESENT


def since(record: IdentityRecord, today: date | None) -> date:
    """The day on which a record took the place of the one before."""
    told = record.timestamp.astimezone(JST).date()
    days = (record.change_date, record.notification_date, told, today or date.min)
    return max(days)


def last_moment(day: date) -> datetime:
    """Until when something is kept whose time began on that day; UTC."""
    year = day.year + KEPT_YEARS
    if year >= _FOR_EVER.year:
        return _FOR_EVER
    first = day + timedelta(days=1)
    try:
        ends = first.replace(year=first.year + KEPT_YEARS)
    except ValueError:  # 29 February: no such day, and the month's last is whole
        ends = date(first.year + KEPT_YEARS, 3, 1)
    midnight = datetime(ends.year, ends.month, ends.day, tzinfo=JST)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)
