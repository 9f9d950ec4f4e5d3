# SPDX-License-Identifier: Apache-2.0
"""When a station is open: hours, holidays, maintenance, and what is due by closing."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.calendar import (
    ALL_DAY,
    DAY,
    DAY_MINUTES,
    JST,
    Calendar,
    Maintenance,
    Why,
)
from gateway.rules.hours import Hours
from tests.gateway.calendars import (
    AFTERNOON,
    MORNING,
    NEW_YEAR,
    OFFICE,
    at,
    day,
    maintained,
)

MOMENTS = st.datetimes(
    datetime(2029, 11, 1), datetime(2031, 3, 1), timezones=st.just(JST)
)
DATES = st.dates(date(2029, 11, 1), date(2031, 3, 1))


@st.composite
def spans(draw):
    cuts = sorted(draw(st.sets(st.integers(0, DAY_MINUTES), max_size=6)))
    return tuple(zip(cuts[::2], cuts[1::2], strict=False))


@st.composite
def calendars(draw):
    week = draw(st.lists(spans(), min_size=7, max_size=7).filter(any))
    windows = draw(
        st.lists(st.tuples(MOMENTS, st.timedeltas(timedelta(1), 9 * DAY)), max_size=3)
    )
    return Calendar(
        week=tuple(week),
        holidays=dict.fromkeys(draw(st.sets(DATES, max_size=5)), ""),
        yearly=draw(st.sampled_from([frozenset(), NEW_YEAR])),
        maintenance=tuple(Maintenance(begins, begins + d) for begins, d in windows),
    )


# --- the week -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2030-01-07 08:29:59", False),
        ("2030-01-07 08:30", True),
        ("2030-01-07 17:14:59", True),
        ("2030-01-07 17:15", False),
        ("2030-01-12 10:00", False),
    ],
)
def test_an_office_is_open_from_its_first_minute_to_before_its_last(moment, is_open):
    assert OFFICE.window(at(moment)).is_open is is_open


def test_a_lunch_hour_closes():
    lunch = replace(OFFICE, week=((MORNING, AFTERNOON),) * 7)
    assert not lunch.window(at("2030-01-07 12:30")).is_open
    assert lunch.next_opening(at("2030-01-07 12:30")) == at("2030-01-07 13:00")


def test_after_a_weekend_it_opens_on_monday():
    assert OFFICE.next_opening(at("2030-01-11 17:15")) == at("2030-01-14 08:30")


def test_a_holiday_closes_the_whole_day_and_says_so():
    closed = replace(OFFICE, holidays={day("2030-01-14"): "成人の日"})
    found = closed.window(at("2030-01-14 10:00"))
    assert (found.is_open, found.why) == (False, Why.HOLIDAY)
    assert closed.next_opening(at("2030-01-11 18:00")) == at("2030-01-15 08:30")


def test_the_new_year_closes_in_every_year():
    closed = replace(OFFICE, yearly=NEW_YEAR)
    assert closed.next_opening(at("2030-12-28 18:00")) == at("2031-01-06 08:30")


def test_maintenance_closes_in_the_middle_of_a_day():
    closed = replace(
        OFFICE, maintenance=(maintained("2030-01-07 10:00", "2030-01-07 11:00"),)
    )
    found = closed.window(at("2030-01-07 10:30"))
    assert (found.is_open, found.why) == (False, Why.MAINTENANCE)
    assert found.ends == at("2030-01-07 11:00")
    assert closed.window(at("2030-01-07 09:00")).ends == at("2030-01-07 10:00")


def test_who_is_open_around_the_clock_closes_for_maintenance_only():
    closed = Calendar(maintenance=(maintained("2030-01-12 17:00", "2030-01-13 09:00"),))
    for since in ("2030-01-12 00:00", "2030-01-02 00:00", "2029-01-02 00:00"):
        assert closed.window(at(since)).ends == at("2030-01-12 17:00")
    assert closed.next_opening(at("2030-01-12 17:00")) == at("2030-01-13 09:00")


def test_the_same_moment_in_another_zone_has_the_same_answer():
    utc = datetime.fromisoformat("2030-01-06T23:30:00+00:00")
    assert OFFICE.window(utc) == OFFICE.window(at("2030-01-07 08:30"))
    assert not OFFICE.window(utc - timedelta(seconds=1)).is_open


# --- business time --------------------------------------------------------------------


def test_by_closing_skips_days_on_which_nobody_is_there():
    closed = replace(OFFICE, holidays={day("2030-01-14"): "成人の日"})
    assert closed.by_closing(at("2030-01-11 09:00"), 1) == at("2030-01-15 17:15")
    assert closed.by_closing(at("2030-01-12 09:00"), 2) == at("2030-01-16 17:15")


def test_business_hours_go_on_the_next_morning():
    ends = OFFICE.add_business_time(at("2030-01-11 16:15"), timedelta(hours=2))
    assert ends == at("2030-01-14 09:30")


def test_what_ends_at_night_is_to_be_done_by_the_closing_before():
    assert OFFICE.last_open(at("2030-01-13 03:00")) == at("2030-01-11 17:15")
    assert OFFICE.last_open(at("2030-01-11 10:00")) == at("2030-01-11 10:00")


def test_who_was_closed_for_longer_than_anybody_looks_has_no_last_hour():
    years = tuple(
        maintained(f"{year}-01-01 00:00", f"{year + 1}-01-01 00:00")
        for year in (2028, 2029)
    )
    assert replace(OFFICE, maintenance=years).last_open(at("2029-12-31 00:00")) is None


# --- whatever the calendar ------------------------------------------------------------


@given(calendars(), DATES)
def test_a_day_is_cut_without_gaps_and_without_overlaps(calendar, day):
    parts = calendar.parts(day)
    assert parts[0].begins == datetime(day.year, day.month, day.day, tzinfo=JST)
    assert parts[-1].ends == parts[0].begins + DAY
    assert all(a.ends == b.begins for a, b in pairwise(parts))


@given(calendars(), MOMENTS)
def test_a_window_holds_its_moment_and_changes_at_its_end(calendar, moment):
    found = calendar.window(moment)
    assert found.holds(moment)
    after = calendar.window(found.ends)
    assert after.is_open is not found.is_open or found.ends - moment > 300 * DAY


@given(calendars(), MOMENTS)
def test_there_is_always_a_next_opening_and_nothing_open_before_it(calendar, moment):
    opening = calendar.next_opening(moment)
    assert opening >= moment
    assert calendar.window(opening).is_open
    assert calendar.business_time(moment, opening) == timedelta(0)


@given(calendars(), MOMENTS, st.timedeltas(timedelta(seconds=1), 5 * DAY))
def test_added_business_time_is_open_for_just_as_long(calendar, moment, span):
    assert calendar.business_time(moment, calendar.add_business_time(moment, span)) == (
        span
    )


@given(calendars(), MOMENTS, st.integers(1, 30))
def test_more_business_days_end_later_each_at_a_closing(calendar, moment, days):
    first = calendar.by_closing(moment, days)
    assert first > moment
    assert calendar.by_closing(moment, days + 1) > first
    just_before = first - timedelta(microseconds=1)
    assert calendar.closing(just_before.astimezone(JST).date()) == first


@given(calendars(), MOMENTS)
def test_nothing_is_open_between_the_last_open_moment_and_now(calendar, moment):
    last = calendar.last_open(moment)
    if last is not None:
        assert last <= moment
        assert calendar.business_time(last, moment) == timedelta(0)


# --- kept while it holds --------------------------------------------------------------


@given(calendars(), st.lists(MOMENTS, min_size=1, max_size=12))
def test_a_clock_that_jumps_anywhere_gets_the_answer_of_there(calendar, moments):
    hours = Hours(calendar)
    for moment in moments:
        assert hours.is_open(moment) is calendar.window(moment).is_open


def test_without_a_calendar_it_is_always_open():
    hours = Hours()
    assert hours.is_open(at("1970-01-01 00:00"))
    assert hours.next_opening(at("2030-01-12 03:00")) == at("2030-01-12 03:00")


def test_another_calendar_counts_at_once():
    hours = Hours(Calendar())
    assert hours.is_open(at("2030-01-12 10:00"))
    hours.follow(OFFICE)
    assert not hours.is_open(at("2030-01-12 10:00"))
    hours.follow(None)
    assert hours.is_open(at("2030-01-12 10:00"))


def test_a_calendar_of_its_own_is_open_all_week():
    assert Calendar().week == (ALL_DAY,) * 7
