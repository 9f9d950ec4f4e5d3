# SPDX-License-Identifier: Apache-2.0
"""Reads a calendar from its TOML file, or says on which line it cannot be used.

    holiday_list = "syukujitsu.csv"        the Cabinet Office's file, if there is one
    holidays = [2030-03-18]                more days on which it is closed
    yearly_holidays = ["12-29", "01-03"]   month and day, closed in every year

    [hours]                                a day that is not named is closed
    monday = ["08:30-12:00", "13:00-17:15"]

    [[maintenance]]
    from = 2030-01-12T17:00:00             Japanese time
    until = 2030-01-13T09:00:00
    reason = "年次改版"

Without ``[hours]`` it is open around the clock. Anything else in the file is refused.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from gateway.config import ConfigRefused
from gateway.holiday_list import HolidayListRefused
from gateway.holiday_list import read as read_list
from gateway.rules.calendar import ALL_DAY, JST, Calendar, Maintenance, Span

LARGEST: Final = 256 * 1024
MOST_HOLIDAYS: Final = 1000
MOST_YEARLY: Final = 60
"""More days without work than that in a year are no holidays."""
MOST_WINDOWS: Final = 200
LONGEST_WINDOW: Final = timedelta(days=31)
WEEK: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_TOP: Final = ("holiday_list", "holidays", "yearly_holidays", "hours", "maintenance")
_SPAN: Final = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_MONTH_DAY: Final = re.compile(r"(\d\d)-(\d\d)")
_FIRST, _LAST = date(1900, 1, 1), date(2199, 12, 31)


class CalendarRefused(ConfigRefused):
    """A calendar cannot be used.

    The text names file, line and key, what is wrong there and what to write. The one
    that was in use before stays in use.
    """


class _Fault(Exception):
    """What is wrong, and under which key."""

    def __init__(self, key: str, what: str, place: int = 0) -> None:
        super().__init__(key, what, place)
        self.key, self.what, self.place = key, what, place


@dataclass(frozen=True, slots=True)
class Read:
    """A calendar and every file that it came from."""

    calendar: Calendar
    files: tuple[Path, ...]


def load(path: Path) -> Read:
    """The calendar in ``path``; raises `CalendarRefused`."""
    text = _text(path)
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        line = found[1] if found else str(max(1, len(text.splitlines())))
        raise CalendarRefused(
            f"{path}:{line}: is not TOML here; look at quotes, brackets, dates and "
            "names used twice"
        ) from None
    try:
        return _calendar(raw, path)
    except _Fault as fault:
        line = _line(text, fault.key, fault.place)
        raise CalendarRefused(f"{path}:{line}: {fault.key}: {fault.what}") from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise CalendarRefused(f"{path}: is no calendar: over {LARGEST} bytes")
        return data.decode("utf-8")
    except OSError as error:
        raise CalendarRefused(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CalendarRefused(f"{path}:{line}: is not UTF-8; save it so") from None


def _calendar(raw: dict[str, Any], path: Path) -> Read:
    for key in raw:
        if key not in _TOP:
            raise _Fault(_shown(key), f"unknown key; known: {', '.join(_TOP)}")
    holidays = dict.fromkeys(_days(raw.get("holidays", [])), "")
    files, until = [path], None
    if "holiday_list" in raw:
        listed = path.parent / _path(raw["holiday_list"])
        files.append(listed)
        try:
            named = read_list(listed)
        except HolidayListRefused as error:
            raise _Fault("holiday_list", str(error)) from None
        holidays, until = {**named, **holidays}, max(named).replace(month=12, day=31)
    calendar = Calendar(
        week=_week(raw["hours"]) if "hours" in raw else (ALL_DAY,) * 7,
        holidays=holidays,
        yearly=_yearly(raw.get("yearly_holidays", [])),
        maintenance=_maintenance(raw.get("maintenance", [])),
        listed_until=until,
    )
    return Read(calendar, tuple(files))


def _path(value: Any) -> str:
    if isinstance(value, str) and value and "\0" not in value:
        return value
    raise _Fault("holiday_list", "write a path, beginning at the folder of this file")


def _days(value: Any) -> Iterable[date]:
    for day in _list("holidays", value, MOST_HOLIDAYS, "dates such as 2030-03-18"):
        if type(day) is not date or not _FIRST <= day <= _LAST:
            raise _Fault("holidays", "write dates such as 2030-03-18, without quotes")
        yield day


def _yearly(value: Any) -> frozenset[tuple[int, int]]:
    key, wanted = "yearly_holidays", 'month and day, such as "12-29"'
    found = set()
    for text in _list(key, value, MOST_YEARLY, wanted):
        parts = _MONTH_DAY.fullmatch(text) if isinstance(text, str) else None
        try:
            day = date(2000, int(parts[1]), int(parts[2])) if parts else None
        except ValueError:
            day = None
        if day is None:
            raise _Fault(key, f"write {wanted}")
        found.add((day.month, day.day))
    return frozenset(found)


def _list(key: str, value: Any, most: int, wanted: str) -> list[Any]:
    if isinstance(value, list) and len(value) <= most:
        return value
    raise _Fault(key, f"write a list of at most {most} {wanted}")


def _week(value: Any) -> tuple[tuple[Span, ...], ...]:
    if not isinstance(value, dict):
        raise _Fault("hours", "must be a table; write [hours] with its days below")
    for key in value:
        if key not in WEEK:
            known = ", ".join(WEEK)
            raise _Fault(f"hours.{_shown(key)}", f"unknown day; known: {known}")
    week = tuple(_spans(f"hours.{day}", value.get(day, [])) for day in WEEK)
    if not any(week):
        raise _Fault("hours", "opens on no day; name a day with its hours")
    return week


def _spans(key: str, value: Any) -> tuple[Span, ...]:
    wanted = 'hours such as "08:30-17:15"'
    found: list[Span] = []
    for text in _list(key, value, 12, wanted):
        parts = _SPAN.fullmatch(text) if isinstance(text, str) else None
        if parts is None:
            raise _Fault(key, f"write {wanted}")
        first, last = (int(parts[n]) * 60 + int(parts[n + 1]) for n in (1, 3))
        if not first < last <= 24 * 60 or (found and first <= found[-1][1]):
            raise _Fault(key, "hours go forward and stand apart: write them in order")
        found.append((first, last))
    return tuple(found)


def _maintenance(value: Any) -> tuple[Maintenance, ...]:
    if not isinstance(value, list) or len(value) > MOST_WINDOWS:
        raise _Fault("maintenance", f"write [[maintenance]], at most {MOST_WINDOWS}")
    found = [_one_window(one, place) for place, one in enumerate(value)]
    return tuple(sorted(found, key=lambda one: one.begins))


def _one_window(value: Any, place: int) -> Maintenance:
    def fault(key: str, what: str) -> _Fault:
        return _Fault(f"maintenance.{key}", what, place)

    if not isinstance(value, dict):
        raise fault("from", "write [[maintenance]] with from and until below")
    for key in value:
        if key not in ("from", "until", "reason"):
            raise fault(_shown(key), "unknown key; known: from, until, reason")
    for key in ("from", "until"):
        at = value.get(key)
        if not isinstance(at, datetime) or at.tzinfo is not None:
            raise fault(key, "write Japanese time such as 2030-01-12T17:00:00")
        if not _FIRST <= at.date() <= _LAST:
            raise fault(key, f"write a year from {_FIRST.year} to {_LAST.year}")
    begins, ends = (value[key].replace(tzinfo=JST) for key in ("from", "until"))
    if not timedelta(0) < ends - begins <= LONGEST_WINDOW:
        raise fault("until", f"write a later time, at most {LONGEST_WINDOW.days} days")
    reason = value.get("reason", "")
    if not isinstance(reason, str) or len(reason) > 200 or not reason.isprintable():
        raise fault("reason", "write at most 200 characters on one line")
    return Maintenance(begins, ends, reason)


def _shown(key: str) -> str:
    return re.sub(r"[^0-9A-Za-z_-]", "?", key)[:40]


def _line(text: str, key: str, place: int) -> int:
    """The line of a key, or of its table where it is missing; 1 at worst."""
    table, _, name = key.rpartition(".")
    head = re.compile(r"\s*\[\[?\s*([A-Za-z_]+)\s*\]\]?")
    own = re.compile(rf'\s*"?{re.escape(name)}"?\s*=')
    inside, seen, best = "", -1, 1
    for number, line in enumerate(text.splitlines(), 1):
        found = head.match(line)
        if found:
            inside = found[1]
            seen += inside == "maintenance"
        here = inside == table and (table != "maintenance" or seen == place)
        if found and (inside == key or here):
            best = number
        elif here and own.match(line):
            return number
    return best
