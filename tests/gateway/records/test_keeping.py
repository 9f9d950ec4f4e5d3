# SPDX-License-Identifier: Apache-2.0
"""150 years are counted from the day, and nothing makes them shorter."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.jst import JST
from gateway.records.keeping import is_dead, is_removed, last_moment, since
from tests.gateway.people import resident_record

RECORD = resident_record()
DAYS = st.dates(date(1900, 1, 1), date(9800, 1, 1))


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ((2030, 1, 1), (2180, 1, 1)),
        ((2030, 12, 31), (2180, 12, 31)),
        ((2028, 2, 29), (2178, 2, 28)),
        ((2028, 2, 28), (2178, 2, 28)),
        ((1950, 3, 1), (2100, 3, 1)),
    ],
    ids=["a day", "year's end", "29 February", "before it", "no leap year at the end"],
)
def test_the_last_day_is_whole_and_the_next_one_is_over(day, last):
    ends = datetime(*last, tzinfo=JST) + timedelta(days=1)
    assert last_moment(date(*day)) == ends - timedelta(microseconds=1)


@given(day=DAYS)
def test_it_is_never_shorter_than_150_years(day):
    ends = last_moment(day).astimezone(JST).date()
    whole = (day.year + 150, day.month, min(day.day, 28) if day.month == 2 else day.day)
    assert (ends.year, ends.month, ends.day) >= whole


@given(day=DAYS, other=DAYS)
def test_whoever_went_later_is_kept_as_long_or_longer(day, other):
    if day <= other:
        assert last_moment(day) <= last_moment(other)


def test_a_date_at_the_end_of_the_calendar_is_kept_for_ever():
    assert last_moment(date.max) == datetime(9999, 12, 31, tzinfo=UTC)


@given(change=DAYS, notified=DAYS, today=DAYS)
def test_the_time_begins_on_the_last_of_all_days(change, notified, today):
    """Neither a clock that stands back nor an old date makes it begin earlier."""
    record = replace(RECORD, change_date=change, notification_date=notified)
    written = RECORD.timestamp.astimezone(JST).date()
    assert since(record, today) == max(change, notified, today, written)
    assert since(record, None) == max(change, notified, written)


@pytest.mark.parametrize(
    ("reason", "status", "removed", "dead"),
    [
        ("S04", "1", True, False),
        ("S18", "1", True, False),
        ("S10", "3", True, False),
        ("S16", "4", True, False),
        ("S05", "2", True, True),
        ("S05", "0", True, True),
        ("S12", "2", True, True),
        ("S02", "0", False, False),
    ],
    ids=[
        "moved out",
        "went abroad",
        "ex officio",
        "naturalised",
        "died",
        "died, without its status",
        "corrected after death",
        "lives here",
    ],
)
def test_each_reason_for_removal(reason, status, removed, dead):
    """R-011: death is the one removal that the file does not cover."""
    record = replace(RECORD, change_reason=reason, record_status_flag=status)
    assert (is_removed(record), is_dead(record)) == (removed, dead)
