# SPDX-License-Identifier: Apache-2.0
"""What a municipal CS asks of a message that came from outside for its own city.

Who may send it is asked of every message (`rules.message`). Here: are its numbers
right, and is it still in the time for which it may be kept at all.
"""

from datetime import date, datetime, timedelta
from typing import Final

from gateway.outcome import Case
from gateway.records.jst import JST
from gateway.rules.check import Check, that
from gateway.rules.resident import numbers_fault
from schemas.move_messages import MoveOutCertificateInformation

KEPT_AFTER_THE_MOVE: Final = timedelta(days=30)
"""転出証明書情報 is gone 30 days after the planned day, used or not (R-087)."""


def last_moment(planned: date) -> datetime:
    """Until when move-out certificate information for that day may be kept."""
    ends = planned + KEPT_AFTER_THE_MOVE + timedelta(days=1)
    return datetime(ends.year, ends.month, ends.day, tzinfo=JST) - timedelta(seconds=1)


def _numbers(case: Case) -> Case | str:
    return numbers_fault(case.value, case.station.facts.realm) or case


def _in_time(case: Case) -> bool:
    value = case.value
    return not isinstance(
        value, MoveOutCertificateInformation
    ) or case.now <= last_moment(value.planned_move_out_date)


ARRIVAL_CHECKS: tuple[Check, ...] = (
    Check("R-072", "its numbers carry this network's check digits", _numbers),
    that("R-087", "its time is not over", "SK-J06", _in_time),
)
"""The way of whatever is kept for one of our own systems."""
