# SPDX-License-Identifier: Apache-2.0
"""Which month a moment lies in, in Japan, and when its seven years are over."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.base import to_micros
from gateway.records.months import Month

JAPAN = timezone(timedelta(hours=9))
MOMENTS = st.datetimes(
    datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC)
)


@given(at=MOMENTS)
def test_a_moment_lies_in_the_month_that_japan_calls_so(at: datetime) -> None:
    month, there = Month.of(at), at.astimezone(JAPAN)
    assert (month.year, month.number) == (there.year, there.month)
    assert month.begins() <= at < month.ends()
    begins, ends = month.span()
    assert begins <= to_micros(at) < ends
    assert Month.of_micros(to_micros(at)) == month


@given(at=MOMENTS)
def test_months_follow_each_other_without_gap(at: datetime) -> None:
    month = Month.of(at)
    assert month.ends() == month.following().begins()
    assert month < month.following()
    assert Month.of(month.ends()) == month.following()
    assert Month.of(month.ends() - timedelta(microseconds=1)) == month


@given(at=MOMENTS)
def test_a_month_is_read_as_it_is_written(at: datetime) -> None:
    month = Month.of(at)
    assert Month.read(str(month)) == month


@given(at=MOMENTS.filter(lambda at: at.year < 8000))
def test_every_record_is_kept_for_whole_seven_years(at: datetime) -> None:
    """The day of the record is not counted; the last day is whole (民法140・143条)."""
    there = at.astimezone(JAPAN).date()
    try:
        last = there.replace(year=there.year + 7)
    except ValueError:  # no 29 February then: the month's last day
        last = date(there.year + 7, 2, 28)
    last_midnight = datetime(last.year, last.month, last.day, tzinfo=JAPAN)
    assert Month.of(at).over_at() >= last_midnight + timedelta(days=1)


@pytest.mark.parametrize(
    ("month", "over"),
    [
        ("2026-11", datetime(2033, 11, 30, 15, tzinfo=UTC)),
        ("2026-12", datetime(2033, 12, 31, 15, tzinfo=UTC)),
        ("2028-02", datetime(2035, 2, 28, 15, tzinfo=UTC)),
    ],
)
def test_a_month_is_over_at_the_midnight_after_its_seven_years(
    month: str, over: datetime
) -> None:
    assert Month.read(month).over_at() == over


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-1", "2026-13", "2026-00", "26-11", "2026-11-1", "２０２６-11"],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.read(text)
